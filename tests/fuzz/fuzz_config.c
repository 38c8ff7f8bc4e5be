/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a configuration: never a crash, a configuration exactly if there is no error, and every message
 * printable. */
#include "config.h"
#include "libconfig_leak.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_messages(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		for (const char *at = problems->items[i].message; *at != '\0'; at++) {
			if ((unsigned char)*at < 0x20 || *at == 0x7f)
				abort();
		}
	}
}

static void check_bindings(const struct config *config)
{
	for (size_t i = 0; i < config->n_bindings; i++) {
		const struct config_binding *binding = &config->bindings[i];
		if (binding->port == 0 || (binding->ssl_flags & ~(uint32_t)CONFIG_SSL_ALL) != 0)
			abort();
		if (binding->certificate != NULL &&
			strcmp(config->certificates[binding->certificate_index].name, binding->certificate) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_problems problems = {0};
	struct config *config;
	char *text = malloc(size + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	/* Nothing of this machine's files: what is in them is not the input. */
	if (strstr(text, "@include") == NULL && strstr(text, "_file") == NULL) {
		int result = config_load_text(text, "fuzz.cfg", &problems, &config);
		if ((result == 0) != (config != NULL) || (result == 0) != (problems.n_errors == 0))
			abort();
		check_messages(&problems);
		if (config != NULL)
			check_bindings(config);
		config_free(config);
		config_problems_free(&problems);
	}
	free(text);
	return 0;
}
