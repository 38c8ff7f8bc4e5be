/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes from where, and whole handshakes with and without vectors; the algorithms have tests of their own. */
#include "crypto_provider.h"
#include "crypto_provider_internal.h"
#include "crypto_x25519.h"
#include "memory_client.h"
#include "tls_fixture.h"
#include "tls_session_internal.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>

struct world {
	OSSL_LIB_CTX *library;
	OSSL_PROVIDER *openssl, *ours;
};

static struct world begin(bool allow_vectors)
{
	struct world world = {.library = OSSL_LIB_CTX_new()};
	world.openssl = OSSL_PROVIDER_load(world.library, "default");
	world.ours = crypto_provider_load(world.library, allow_vectors);
	CU_ASSERT_TRUE_FATAL(world.openssl && world.ours);
	return world;
}

static void end(struct world *world)
{
	OSSL_PROVIDER_unload(world->ours);
	OSSL_PROVIDER_unload(world->openssl);
	OSSL_LIB_CTX_free(world->library);
}

static const char *provider_of_x25519(const struct world *world)
{
	EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(world->library, "X25519", CRYPTO_PROVIDER_PROPERTIES);
	EVP_KEYEXCH *exchange = EVP_KEYEXCH_fetch(world->library, "X25519", CRYPTO_PROVIDER_PROPERTIES);
	CU_ASSERT_TRUE_FATAL(keys && exchange);
	const char *name = OSSL_PROVIDER_get0_name(EVP_KEYMGMT_get0_provider(keys));
	CU_ASSERT_STRING_EQUAL(name, OSSL_PROVIDER_get0_name(EVP_KEYEXCH_get0_provider(exchange)));
	EVP_KEYEXCH_free(exchange);
	EVP_KEYMGMT_free(keys);
	return name; /* lives as long as the provider */
}

static const char *provider_of_kdf(const struct world *world, const char *kdf_name)
{
	EVP_KDF *kdf = EVP_KDF_fetch(world->library, kdf_name, CRYPTO_PROVIDER_PROPERTIES);
	CU_ASSERT_PTR_NOT_NULL_FATAL(kdf);
	const char *name = OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(kdf));
	EVP_KDF_free(kdf);
	return name;
}

static void test_with_vectors(void)
{
	struct world world = begin(true);
	CU_ASSERT_STRING_EQUAL(provider_of_kdf(&world, "TLS13-KDF"), "handfast");
	CU_ASSERT_STRING_EQUAL(provider_of_kdf(&world, "HKDF"), "default");
	CU_ASSERT_STRING_EQUAL(provider_of_x25519(&world), crypto_x25519_is_supported() ? "handfast" : "default");
	end(&world);
}

static void test_without_vectors(void)
{
	struct world world = begin(false);
	CU_ASSERT_STRING_EQUAL(provider_of_kdf(&world, "TLS13-KDF"), "handfast");
	CU_ASSERT_STRING_EQUAL(provider_of_x25519(&world), "default");
	crypto_provider_forget(world.ours); /* there is nothing: nothing happens */
	end(&world);
}

/* libssl asks providers for groups: with ours, x25519 must be there once, and usable. */
static void test_group_of_tls(void)
{
	for (int allow_vectors = 0; allow_vectors < 2; allow_vectors++) {
		struct world world = begin(allow_vectors);
		SSL_CTX *ctx = SSL_CTX_new_ex(world.library, CRYPTO_PROVIDER_PROPERTIES, TLS_server_method());
		CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
		CU_ASSERT_EQUAL(SSL_CTX_set1_groups_list(ctx, "X25519:P-256"), 1);
		CU_ASSERT_NOT_EQUAL(SSL_CTX_set1_groups_list(ctx, "X25519:X25519"), 1);
		SSL_CTX_free(ctx);
		end(&world);
	}
}

static struct tls_fixture fixture;

static void shake_hands(bool tls13, const char *version)
{
	struct memory_client *client = tls_fixture_pair(&fixture, TLS_FIXTURE_P256, tls13, false);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).version, version);
	CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).group, "X25519");
	tls_fixture_part(client);
}

/* Ten of each, so that pairs come from two lots; forgetting them in between disturbs nobody. */
static void handshakes(bool allow_vectors)
{
	char error[128];
	const struct tls_session_settings settings = {.live_certificates = 4, .allow_vectors = allow_vectors};
	struct tls_session_engine *usual = fixture.engine;
	fixture.engine = tls_session_engine_create(&settings, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(fixture.engine);
	for (int i = 0; i < 10; i++) {
		shake_hands(true, "TLSv1.3");
		shake_hands(false, "TLSv1.2");
		if (i == 5)
			tls_session_engine_age(fixture.engine);
	}
	tls_session_engine_destroy(fixture.engine);
	fixture.engine = usual;
}

static void test_handshakes_with_vectors(void)
{
	handshakes(true);
}

static void test_handshakes_without_vectors(void)
{
	handshakes(false);
}

/* @return key pairs made ahead; 0 where there is no X25519 of ours. */
static unsigned pairs_left(const struct tls_session_engine *engine)
{
	const struct crypto_provider *provider = OSSL_PROVIDER_get0_provider_ctx(engine->own_provider);
	return provider->pool != NULL ? provider->pool->left : 0;
}

static void test_pairs_do_not_stay(void)
{
	void (*const wipes[])(struct tls_session_engine *) = {tls_session_engine_age, tls_session_engine_leave};
	for (size_t i = 0; i < sizeof(wipes) / sizeof(wipes[0]); i++) {
		tls_session_engine_age(fixture.engine);
		shake_hands(true, "TLSv1.3");
		CU_ASSERT_EQUAL(pairs_left(fixture.engine) > 0, crypto_x25519_is_supported());
		wipes[i](fixture.engine);
		CU_ASSERT_EQUAL(pairs_left(fixture.engine), 0);
	}
}

/* --- fibres: libssl runs all of this on stacks of 32 KiB of the heap's, with no guard page below --- */

enum { FIBRE_STACK_BYTES = 32768, FIBRES_MAX = 16, PAINT = 0xa5, FIBRE_SPARE_BYTES = 4096 };

static uint8_t *fibre_stacks[FIBRES_MAX];
static size_t n_fibre_stacks;

static void *allocate(size_t size, const char *file, int line)
{
	uint8_t *memory = malloc(size);
	(void)line;
	if (memory && size == FIBRE_STACK_BYTES && strstr(file, "async") && n_fibre_stacks < FIBRES_MAX) {
		memset(memory, PAINT, size);
		fibre_stacks[n_fibre_stacks++] = memory;
	}
	return memory;
}

static void *reallocate(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(memory, size);
}

static void release(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	for (size_t i = 0; i < n_fibre_stacks; i++)
		if (fibre_stacks[i] == memory)
			fibre_stacks[i] = fibre_stacks[--n_fibre_stacks];
	free(memory);
}

/* @return octets that no fibre has ever written to. */
static size_t spare_stack(void)
{
	size_t least = FIBRE_STACK_BYTES;
	for (size_t i = 0; i < n_fibre_stacks; i++) {
		size_t spare = 0;
		while (spare < least && fibre_stacks[i][spare] == PAINT)
			spare++;
		least = spare;
	}
	return least;
}

static void test_fibres_have_room(void)
{
	for (int kind = 0; kind < TLS_FIXTURE_KINDS; kind++)
		for (int tls13 = 0; tls13 < 2; tls13++) {
			struct memory_client *client =
				tls_fixture_pair(&fixture, (enum tls_fixture_kind)kind, tls13 != 0, false);
			CU_ASSERT_TRUE(memory_client_handshake(client));
			tls_fixture_part(client);
		}
	CU_ASSERT_TRUE_FATAL(n_fibre_stacks > 0);
	const size_t spare = spare_stack();
	printf("%zu of %d octets spare: ", spare, FIBRE_STACK_BYTES);
	CU_ASSERT_TRUE(spare >= FIBRE_SPARE_BYTES);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"with vectors: keys are derived here, X25519 where the processor can", test_with_vectors},
		{"without: X25519 is OpenSSL's", test_without_vectors},
		{"x25519 is a group of TLS, once", test_group_of_tls},
		{"handshakes with vectors", test_handshakes_with_vectors},
		{"handshakes without", test_handshakes_without_vectors},
		{"pairs made ahead do not stay: in time, and when the worker leaves", test_pairs_do_not_stay},
		{"fibres have room to spare", test_fibres_have_room},
		CU_TEST_INFO_NULL,
	};
	if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1 || !tls_fixture_init(&fixture))
		return 2;
	const int status = unit_run("crypto_provider", tests);
	tls_fixture_fini(&fixture);
	return status;
}
