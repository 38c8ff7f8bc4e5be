/* SPDX-License-Identifier: BSD-3-Clause */
/* The key schedule against the trace of RFC 8448 section 3. */
#include "tls13_keys.h"
#include "hex.h"
#include "rfc8448.h"
#include "unit.h"

#define SHA256 TLS_HASH_SHA256

static bool is(const struct tls13_keys_secret *secret, const char *text)
{
	return hex_equals((struct bytes){secret->octets, 32}, text);
}

struct schedule {
	struct tls13_keys_secret early, handshake, master;
};

static void make_schedule(struct schedule *schedule)
{
	uint8_t shared[32];
	hex_read(RFC8448_SHARED, shared, sizeof(shared));
	tls13_keys_early(SHA256, (struct bytes){0}, &schedule->early);
	tls13_keys_advance(SHA256, &schedule->early, (struct bytes){shared, 32}, &schedule->handshake);
	tls13_keys_advance(SHA256, &schedule->handshake, (struct bytes){0}, &schedule->master);
}

static void derive(const struct tls13_keys_secret *secret, const char *label, const char *transcript,
	struct tls13_keys_secret *out)
{
	uint8_t hash[32];
	hex_read(transcript, hash, sizeof(hash));
	tls13_keys_derive(SHA256, secret, label, hash, out);
}

static void test_stages(void)
{
	struct schedule schedule;
	struct tls13_keys_secret secret;
	make_schedule(&schedule);
	CU_ASSERT(is(&schedule.early, RFC8448_EARLY));
	CU_ASSERT(is(&schedule.handshake, RFC8448_HANDSHAKE));
	CU_ASSERT(is(&schedule.master, RFC8448_MASTER));
	tls13_keys_derive(SHA256, &schedule.early, "derived", NULL, &secret);
	CU_ASSERT(is(&secret, RFC8448_DERIVED_EARLY));
	tls13_keys_derive(SHA256, &schedule.handshake, "derived", NULL, &secret);
	CU_ASSERT(is(&secret, RFC8448_DERIVED_HANDSHAKE));
}

static void test_traffic_secrets(void)
{
	struct schedule schedule;
	struct tls13_keys_secret secret;
	make_schedule(&schedule);
	derive(&schedule.handshake, "c hs traffic", RFC8448_HASH_HELLOS, &secret);
	CU_ASSERT(is(&secret, RFC8448_CLIENT_HANDSHAKE));
	derive(&schedule.handshake, "s hs traffic", RFC8448_HASH_HELLOS, &secret);
	CU_ASSERT(is(&secret, RFC8448_SERVER_HANDSHAKE));
	derive(&schedule.master, "c ap traffic", RFC8448_HASH_SERVER_FINISHED, &secret);
	CU_ASSERT(is(&secret, RFC8448_CLIENT_APPLICATION));
	derive(&schedule.master, "s ap traffic", RFC8448_HASH_SERVER_FINISHED, &secret);
	CU_ASSERT(is(&secret, RFC8448_SERVER_APPLICATION));
	derive(&schedule.master, "res master", RFC8448_HASH_CLIENT_FINISHED, &secret);
	CU_ASSERT(is(&secret, RFC8448_RESUMPTION));
}

static void test_traffic_keys(void)
{
	struct tls13_keys_secret secret;
	struct tls13_keys_traffic keys;
	hex_read(RFC8448_SERVER_HANDSHAKE, secret.octets, 32);
	tls13_keys_traffic(tls13_suite_find(0x1301), &secret, &keys);
	CU_ASSERT(hex_equals((struct bytes){keys.key, 16}, RFC8448_SERVER_HANDSHAKE_KEY));
	CU_ASSERT(hex_equals((struct bytes){keys.iv, 12}, RFC8448_SERVER_HANDSHAKE_IV));
	hex_read(RFC8448_CLIENT_HANDSHAKE, secret.octets, 32);
	tls13_keys_traffic(tls13_suite_find(0x1301), &secret, &keys);
	CU_ASSERT(hex_equals((struct bytes){keys.key, 16}, RFC8448_CLIENT_HANDSHAKE_KEY));
	CU_ASSERT(hex_equals((struct bytes){keys.iv, 12}, RFC8448_CLIENT_HANDSHAKE_IV));
}

/* The whole trace: messages → transcript → both Finished. */
static void test_finished_over_messages(void)
{
	static const char *const messages[] = {RFC8448_CLIENT_HELLO, RFC8448_SERVER_HELLO, RFC8448_ENCRYPTED_EXTENSIONS,
		RFC8448_CERTIFICATE, RFC8448_CERTIFICATE_VERIFY, "14000020" RFC8448_SERVER_FINISHED};
	struct tls_hash transcript;
	struct tls13_keys_secret base;
	uint8_t message[512], hash[TLS_HASH_MAX_BYTES], mac[TLS_HASH_MAX_BYTES];
	tls_hash_init(&transcript, SHA256);
	for (unsigned i = 0; i < 6; i++) {
		tls_hash_peek(&transcript, hash);
		if (i == 2)
			CU_ASSERT(hex_equals((struct bytes){hash, 32}, RFC8448_HASH_HELLOS));
		tls_hash_update(&transcript, (struct bytes){message, hex_read(messages[i], message, sizeof(message))});
	}
	hex_read(RFC8448_SERVER_HANDSHAKE, base.octets, 32);
	tls13_keys_finished(SHA256, &base, hash, mac); /* up to CertificateVerify */
	CU_ASSERT(hex_equals((struct bytes){mac, 32}, RFC8448_SERVER_FINISHED));
	tls_hash_peek(&transcript, hash);
	CU_ASSERT(hex_equals((struct bytes){hash, 32}, RFC8448_HASH_SERVER_FINISHED));
	hex_read(RFC8448_CLIENT_HANDSHAKE, base.octets, 32);
	tls13_keys_finished(SHA256, &base, hash, mac);
	CU_ASSERT(hex_equals((struct bytes){mac, 32}, RFC8448_CLIENT_FINISHED));
	hash[0] ^= 1;
	tls13_keys_finished(SHA256, &base, hash, mac);
	CU_ASSERT_FALSE(hex_equals((struct bytes){mac, 32}, RFC8448_CLIENT_FINISHED));
}

static void test_ticket(void)
{
	struct tls13_keys_secret master, psk;
	hex_read(RFC8448_RESUMPTION, master.octets, 32);
	tls13_keys_ticket(SHA256, &master, (struct bytes){(const uint8_t *)"\0\0", 2}, &psk);
	CU_ASSERT(is(&psk, RFC8448_TICKET_PSK));
	tls13_keys_ticket(SHA256, &master, (struct bytes){(const uint8_t *)"\0\1", 2}, &psk);
	CU_ASSERT_FALSE(is(&psk, RFC8448_TICKET_PSK));
}

static void test_update(void)
{
	struct tls13_keys_secret first, second;
	hex_read(RFC8448_CLIENT_APPLICATION, first.octets, 32);
	second = first;
	tls13_keys_update(SHA256, &second);
	CU_ASSERT_NOT_EQUAL(memcmp(first.octets, second.octets, 32), 0);
	/* By section 7.2, over the function that the rest of the trace has checked. */
	struct tls13_keys_secret expected;
	tls_hash_expand_label(SHA256, first.octets, "traffic upd", (struct bytes){0}, expected.octets, 32);
	CU_ASSERT_EQUAL(memcmp(second.octets, expected.octets, 32), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"early, handshake and master secret", test_stages},
		{"traffic secrets", test_traffic_secrets},
		{"keys and ivs", test_traffic_keys},
		{"both Finished, from the messages", test_finished_over_messages},
		{"the pre-shared key of a ticket", test_ticket},
		{"KeyUpdate gives another secret", test_update},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls13_keys", tests);
}
