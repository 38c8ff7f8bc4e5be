/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our reading of a ClientHello beside libssl's, over real ones: tests/unit/data/hellos (recorded by
 * tests/support/capture_hellos.py), build/hellos (recorded on this machine, if any), ../shared/corpus/clienthello
 * (fuzzers' finds). Where we accept, libssl must, and see the same; where libssl does and we do not, hello_reasons.c
 * says why.
 */
#include "bytes_take.h"
#include "clienthello.h"
#include "hello_bytes.h"
#include "hello_reasons.h"
#include "openssl_hello.h"
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS  "tests/unit/data/hellos"
#define RECORDED "build/hellos"
#define CORPUS   "../shared/corpus/clienthello"

/* The one client that offers nothing we speak: a reject beside the accepts. */
#define OLD_CLIENT "openssl-tls11.bin"

enum { N_RANDOM_CUTS = 8, N_REASONS = 16, N_MUTANTS = 400 };

static uint8_t file_memory[HELLO_BYTES_MAX], message_memory[HELLO_BYTES_MAX], other_stream[HELLO_BYTES_MAX],
	scratch[CLIENTHELLO_MAX_BYTES + 4], other_scratch[CLIENTHELLO_MAX_BYTES + 4];

typedef void (*visitor)(const char *name, struct bytes stream);

/* @return how many files there were; -1 if there is no such folder. */
static int visit_folder(const char *folder, visitor visit)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;
	char path[600];
	int n_files = 0;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL) {
		size_t len;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		CU_ASSERT_TRUE_FATAL(hello_bytes_read_file(path, file_memory, &len));
		visit(entry->d_name, (struct bytes){file_memory, len});
		n_files++;
	}
	closedir(directory);
	return n_files;
}

static void check(bool right, const char *name, const char *what)
{
	if (!right)
		printf("FAILED: %s: %s\n", name, what);
	CU_ASSERT_TRUE(right);
}

static struct hello_verdict parse(struct bytes stream, uint8_t *memory, struct clienthello *out)
{
	struct hello_verdict verdict = {0};
	verdict.result = clienthello_parse(stream, memory, out, &verdict.fault, &verdict.alert);
	return verdict;
}

/* @param skip  octets of framing in front of ours, in their body. */
static bool same(struct bytes ours, struct bytes theirs, size_t skip)
{
	if (theirs.len == 0)
		return ours.len == 0;
	return theirs.len == ours.len + skip && memcmp(ours.data, theirs.data + skip, ours.len) == 0;
}

/* The host name is the body's end; other names may stand in front of it or, unread by libssl, behind. */
static bool same_name(const struct clienthello *ours, const struct openssl_hello *theirs)
{
	struct bytes body = theirs->bodies[OPENSSL_HELLO_SERVER_NAME];
	if (ours->has_server_name != theirs->present[OPENSSL_HELLO_SERVER_NAME])
		return false;
	return !ours->has_server_name || same(ours->server_name, body, 5) || body.data[2] != 0;
}

static void check_fields(const char *name, const struct clienthello *ours, const struct openssl_hello *theirs)
{
	const struct bytes *bodies = theirs->bodies;
	check(ours->legacy_version == theirs->legacy_version, name, "legacy_version");
	check(same(ours->random, theirs->random, 0), name, "random");
	check(same(ours->legacy_session_id, theirs->session_id, 0), name, "legacy_session_id");
	check(same(ours->cipher_suites, theirs->cipher_suites, 0), name, "cipher_suites");
	check(same(ours->compression_methods, theirs->compression, 0), name, "compression_methods");
	check(same_name(ours, theirs), name, "server_name");
	check(same(ours->supported_groups, bodies[OPENSSL_HELLO_GROUPS], 2), name, "supported_groups");
	check(same(ours->signature_algorithms, bodies[OPENSSL_HELLO_SCHEMES], 2), name, "signature_algorithms");
	check(same(ours->alpn, bodies[OPENSSL_HELLO_ALPN], 2), name, "alpn");
	check(same(ours->supported_versions, bodies[OPENSSL_HELLO_VERSIONS], 1), name, "supported_versions");
	check(same(ours->key_shares, bodies[OPENSSL_HELLO_KEY_SHARE], 2), name, "key_shares");
	check(ours->has_key_share == theirs->present[OPENSSL_HELLO_KEY_SHARE], name, "has_key_share");
	check(ours->has_pre_shared_key == theirs->present[OPENSSL_HELLO_PSK], name, "has_pre_shared_key");
	check(ours->has_early_data == theirs->present[OPENSSL_HELLO_EARLY_DATA], name, "has_early_data");
	check(ours->has_session_ticket == theirs->present[OPENSSL_HELLO_TICKET], name, "has_session_ticket");
}

/* How the verdicts fell, for the report. */
static struct tally {
	unsigned both_accept, both_refuse, excused;
	struct {
		const struct hello_reason *reason;
		unsigned n;
	} by_reason[N_REASONS];
} tally;

static void count_reason(const struct hello_reason *reason)
{
	tally.excused++;
	for (size_t i = 0; i < N_REASONS; i++) {
		if (tally.by_reason[i].reason != NULL && tally.by_reason[i].reason != reason)
			continue;
		tally.by_reason[i].reason = reason;
		tally.by_reason[i].n++;
		return;
	}
}

static void print_tally(const char *what)
{
	printf("%s: %u accepted by both, %u refused by both, %u refused by us for an RFC's MUST:\n", what,
		tally.both_accept, tally.both_refuse, tally.excused);
	for (size_t i = 0; i < N_REASONS && tally.by_reason[i].reason != NULL; i++)
		printf("  %4u  %s\n", tally.by_reason[i].n, tally.by_reason[i].reason->text);
}

/*
 * libssl refuses use_srtp (RFC 5764) outside DTLS before its callback. We do not know the extension, and what is not
 * known MUST be ignored (RFC 8446 section 4.2): libssl sends the alert when it is given the hello.
 */
static bool offers_srtp(const struct clienthello *hello)
{
	struct bytes block = hello->extensions, body;
	uint16_t type;

	while (bytes_take_number16(&block, &type) && bytes_take_vector16(&block, &body)) {
		if (type == 14)
			return true;
	}
	return false;
}

static void compare_verdicts(const char *name, struct bytes stream)
{
	struct clienthello ours;
	struct openssl_hello theirs;
	struct hello_verdict verdict = parse(stream, scratch, &ours);

	openssl_hello_read(stream, &theirs);
	if (verdict.result == CLIENTHELLO_OK) {
		check(theirs.reached || offers_srtp(&ours), name, "we accept what libssl refuses");
		if (!theirs.reached)
			return;
		check_fields(name, &ours, &theirs);
		tally.both_accept++;
		return;
	}
	if (!theirs.reached) {
		tally.both_refuse++;
		return;
	}
	struct bytes message = {message_memory, hello_bytes_from_records(stream, message_memory)};
	const struct hello_reason *reason = hello_reasons_find(verdict.fault, verdict.alert, &theirs, stream, message);
	check(reason != NULL, name, "libssl accepts, we refuse, and no reason holds");
	if (reason != NULL)
		count_reason(reason);
}

/* One to four octets of a real hello overwritten or its lengths off by a little: near misses, the same in every run. */
static void compare_mutants(const char *name, struct bytes stream)
{
	uint32_t seed = 1;
	for (unsigned i = 0; i < N_MUTANTS; i++) {
		memcpy(other_stream, stream.data, stream.len);
		for (unsigned n = 0; n <= i % 4; n++) {
			seed = seed * 1664525U + 1013904223U;
			uint8_t *octet = &other_stream[(seed >> 8) % stream.len];
			*octet = (uint8_t)(i % 2 == 0 ? *octet + 1U : seed >> 24);
		}
		compare_verdicts(name, (struct bytes){other_stream, stream.len});
	}
}

static void compare_segments(const char *name, struct bytes stream)
{
	struct hello_verdict whole = hello_bytes_feed(stream, stream.len), bytewise = hello_bytes_feed(stream, 1);

	check(hello_bytes_same_verdict(&whole, &bytewise), name, "one byte per segment");
	for (size_t cut = 0; cut <= stream.len; cut++) {
		struct hello_verdict verdict = hello_bytes_feed_cut(stream, cut);
		if (!hello_bytes_same_verdict(&whole, &verdict))
			check(false, name, "a split into two segments changes the verdict");
	}
}

/* The message in other records: we and libssl must both read the same as from the first ones. */
static void compare_recorded(const char *name, const struct clienthello *first, struct bytes stream)
{
	struct clienthello again;
	struct openssl_hello theirs;

	check(parse(stream, other_scratch, &again).result == CLIENTHELLO_OK, name, "refused in other records");
	check(hello_bytes_same(first, &again), name, "read differently in other records");
	openssl_hello_read(stream, &theirs);
	check(theirs.reached, name, "libssl refuses it in other records");
	check_fields(name, &again, &theirs);
	compare_segments(name, stream);
}

static void compare_splits(const char *name, struct bytes stream)
{
	struct clienthello hello;

	compare_segments(name, stream);
	if (parse(stream, scratch, &hello).result != CLIENTHELLO_OK)
		return;
	for (size_t record_bytes = 1; record_bytes <= 64; record_bytes *= 4) {
		size_t len = hello_bytes_to_records(hello.message, record_bytes, other_stream);
		if (len <= CLIENTHELLO_STREAM_MAX_BYTES)
			compare_recorded(name, &hello, (struct bytes){other_stream, len});
	}
	for (uint32_t seed = 1; seed <= N_RANDOM_CUTS; seed++) {
		size_t len = hello_bytes_to_random_records(hello.message, seed, other_stream);
		compare_recorded(name, &hello, (struct bytes){other_stream, len});
	}
}

/* Two records, cut at every byte of the message. */
static void compare_two_records(const char *name, struct bytes stream)
{
	struct clienthello hello, again;
	if (parse(stream, scratch, &hello).result != CLIENTHELLO_OK)
		return;
	for (size_t cut = 1; cut < hello.message.len; cut++) {
		struct bytes left = {hello.message.data, cut};
		struct bytes right = {hello.message.data + cut, hello.message.len - cut};
		size_t len = hello_bytes_to_records(left, cut, other_stream);
		len += hello_bytes_to_records(right, right.len, other_stream + len);
		struct bytes cut_stream = {other_stream, len};
		if (parse(cut_stream, other_scratch, &again).result != CLIENTHELLO_OK ||
			!hello_bytes_same(&hello, &again))
			check(false, name, "a split into two records changes the reading");
	}
}

static void accept_client(const char *name, struct bytes stream)
{
	struct clienthello hello;
	struct hello_verdict verdict = parse(stream, scratch, &hello);
	bool old = strcmp(name, OLD_CLIENT) == 0;

	check((verdict.result == CLIENTHELLO_OK) != old, name, "verdict");
	if (old)
		check(verdict.fault == CLIENTHELLO_FAULT_VERSION, name,
			"an old client is told that its version is old");
	if (verdict.result == CLIENTHELLO_OK && hello.has_server_name)
		check(hello.server_name.len == 15 && memcmp(hello.server_name.data, "www.example.com", 15) == 0, name,
			"server name");
}

static void visit_clients(visitor visit)
{
	CU_ASSERT_TRUE(visit_folder(CLIENTS, visit) >= 20);
	if (visit_folder(RECORDED, visit) < 0)
		printf("SKIP: %s: `make hellos` records what the clients of this machine send\n", RECORDED);
}

static void test_clients_are_accepted(void)
{
	visit_clients(accept_client);
}

static void test_clients_beside_libssl(void)
{
	tally = (struct tally){0};
	visit_clients(compare_verdicts);
	CU_ASSERT_EQUAL(tally.both_refuse, 0);
}

static void test_mutants_beside_libssl(void)
{
	tally = (struct tally){0};
	CU_ASSERT_TRUE(visit_folder(CLIENTS, compare_mutants) >= 20);
	print_tally("mutants");
	CU_ASSERT_TRUE(tally.both_accept > 0 && tally.both_refuse > 0);
}

static void test_clients_in_every_split(void)
{
	visit_clients(compare_splits);
	visit_clients(compare_two_records);
}

static void test_corpus_beside_libssl(void)
{
	tally = (struct tally){0};
	if (visit_folder(CORPUS, compare_verdicts) < 0) {
		printf("SKIP: no %s\n", CORPUS);
		return;
	}
	print_tally("corpus");
	CU_ASSERT_TRUE(tally.both_accept > 0);
}

static void test_corpus_in_every_split(void)
{
	if (visit_folder(CORPUS, compare_splits) < 0)
		printf("SKIP: no %s\n", CORPUS);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"real clients are accepted", test_clients_are_accepted},
		{"real clients read as libssl reads them", test_clients_beside_libssl},
		{"mutants of real clients' hellos beside libssl", test_mutants_beside_libssl},
		{"real clients in every split", test_clients_in_every_split},
		{"corpus: verdicts and fields beside libssl", test_corpus_beside_libssl},
		{"corpus in every split", test_corpus_in_every_split},
		CU_TEST_INFO_NULL,
	};
	return unit_run("clienthello differential", tests);
}
