/* SPDX-License-Identifier: BSD-3-Clause */
#include "loader_process.h"

#include "certificate_file.h"
#include "channel.h"
#include "loader_sandbox.h"
#include "log.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Everything that would open a file later, done before the sandbox closes: configuration, providers, the time zone. */
static void warm_up(void)
{
	tzset();
	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
	/* RC2 and 3DES with PKCS#12's own derivation: files of Windows Server before 2019. Without the provider such
	 * files are reported as an unsupported algorithm. */
	OSSL_PROVIDER_load(NULL, "legacy");
	OSSL_PROVIDER_load(NULL, "default");
}

/* Cut the next part from a message. */
static bool take(struct bytes *rest, size_t len, struct bytes *out)
{
	if (rest->len < len)
		return false;
	*out = (struct bytes){rest->data, len};
	rest->data += len;
	rest->len -= len;
	return true;
}

struct texts {
	char file[NAME_MAX + 1];
	char password[1024];
};

static bool copy_text(struct bytes text, char *out, size_t size)
{
	if (text.len >= size)
		return false;
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return true;
}

static bool read_request(struct bytes message, struct texts *texts, struct certificate_file_request *out)
{
	struct loader_process_request head;
	struct bytes name, file, password;
	if (message.len < sizeof(head))
		return false;
	memcpy(&head, message.data, sizeof(head));
	struct bytes rest = {message.data + sizeof(head), message.len - sizeof(head)};
	*out = (struct certificate_file_request){
		.now_s = head.now_s,
		.refuse_expired = (head.flags & LOADER_PROCESS_REFUSE_EXPIRED) != 0,
		.require_name_match = (head.flags & LOADER_PROCESS_REQUIRE_NAME_MATCH) != 0,
		.file = texts->file,
		.password = (head.flags & LOADER_PROCESS_HAS_PASSWORD) != 0 ? texts->password : NULL,
	};
	if (!take(&rest, head.name_len, &name) || !take(&rest, head.file_len, &file) ||
		!take(&rest, head.password_len, &password) || !take(&rest, head.content_len, &out->content))
		return false;
	out->name.len = (uint8_t)(name.len <= HOST_NAME_MAX_LEN ? name.len : 0);
	return copy_text(name, out->name.text, sizeof(out->name.text)) &&
	       copy_text(file, texts->file, sizeof(texts->file)) &&
	       copy_text(password, texts->password, sizeof(texts->password));
}

static int answer(int socket, struct bytes message, struct certificate_issuers *issuers)
{
	struct texts texts;
	struct certificate_file_request request;
	uint8_t *encoded = NULL;
	size_t len = 0;
	if (!read_request(message, &texts, &request))
		return -EBADMSG;
	request.issuers = issuers;
	loader_sandbox_start_clock(LOADER_PROCESS_CPU_S);
	struct loader_process_answer head = {.fault = certificate_file_parse(&request, &encoded, &len)};
	loader_sandbox_start_clock(0);
	explicit_bzero(&texts, sizeof(texts));
	int error = channel_send(socket, (struct bytes){(const uint8_t *)&head, sizeof(head)},
		(struct bytes){encoded, encoded ? len : 0});
	if (encoded != NULL)
		explicit_bzero(encoded, len);
	free(encoded);
	return error;
}

int loader_process_run(int socket, const void *context)
{
	(void)context;
	uint8_t *message = malloc(CHANNEL_MESSAGE_MAX_BYTES);
	warm_up();
	int error = message == NULL ? -ENOMEM : loader_sandbox_enter(LOADER_PROCESS_MEMORY_BYTES);
	if (error != 0) {
		/* Parsing outside the sandbox is not a choice: without it nothing is loaded, and the log says why. */
		log_event(CONFIG_LOG_ERROR, "loader cannot enter its sandbox", "reason", strerrordesc_np(-error));
		free(message);
		return 1;
	}
	size_t len;
	struct certificate_issuers issuers = {0};
	while (error == 0) {
		error = channel_receive(socket, message, CHANNEL_MESSAGE_MAX_BYTES, &len);
		if (error == 0) {
			error = answer(socket, (struct bytes){message, len}, &issuers);
			explicit_bzero(message, len);
		}
	}
	certificate_issuers_fini(&issuers);
	free(message);
	return error == -EPIPE ? 0 : 1;
}
