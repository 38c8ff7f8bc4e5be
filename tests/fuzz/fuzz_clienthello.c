/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a stream: the verdict does not depend on segments; a parse agrees with the feed; views lie inside; a
 * hello that is accepted says the same after its message has been cut into other records.
 */
#include "clienthello.h"
#include "hello_bytes.h"

#include <stdlib.h>
#include <string.h>

static uint8_t scratch[CLIENTHELLO_MAX_BYTES + 4], other_scratch[CLIENTHELLO_MAX_BYTES + 4],
	other_stream[HELLO_BYTES_MAX];

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Read what a view shows, so that a sanitizer sees one that lies outside. */
static void touch(const struct clienthello *hello)
{
	unsigned sum = 0;
	for (size_t i = 0; i < hello->server_name.len; i++)
		sum += hello->server_name.data[i];
	sum += clienthello_list_has(hello->cipher_suites, 0x1301);
	sum += clienthello_list_has(hello->supported_groups, 0x001d);
	sum += clienthello_list_has(hello->signature_algorithms, 0x0403);
	sum += clienthello_offers_protocol(hello, "h2");
	require(sum != UINT32_MAX);
}

static struct hello_verdict parse(struct bytes stream, uint8_t *memory, struct clienthello *out)
{
	struct hello_verdict verdict = {0};
	verdict.result = clienthello_parse(stream, memory, out, &verdict.fault, &verdict.alert);
	return verdict;
}

static void check_other_records(const struct clienthello *hello, uint32_t seed)
{
	struct clienthello same;
	struct bytes stream = {other_stream, hello_bytes_to_random_records(hello->message, seed, other_stream)};
	if (stream.len > CLIENTHELLO_STREAM_MAX_BYTES)
		return;
	require(parse(stream, other_scratch, &same).result == CLIENTHELLO_OK);
	require(hello_bytes_views_inside(&same, stream, other_scratch));
	require(hello_bytes_same(hello, &same));
}

static void check_segments(struct bytes stream, const struct hello_verdict *whole, uint32_t seed)
{
	struct hello_verdict cut = hello_bytes_feed_cut(stream, seed % (stream.len + 1));
	struct hello_verdict some = hello_bytes_feed(stream, 1 + seed % 97);
	require(hello_bytes_same_verdict(whole, &cut));
	require(stream.len == 0 || hello_bytes_same_verdict(whole, &some));
	/* A thousand small calls for each input would cost more than they find: one input in eight. */
	if (stream.len != 0 && stream.len <= 1024 && seed % 8 == 0) {
		struct hello_verdict bytewise = hello_bytes_feed(stream, 1);
		require(hello_bytes_same_verdict(whole, &bytewise));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes stream = {data, size};
	struct clienthello hello;
	uint32_t seed = (uint32_t)(size * 2654435761U) ^ (size == 0 ? 0 : data[size / 2]);

	if (size > HELLO_BYTES_MAX)
		return -1;
	struct hello_verdict fed = hello_bytes_feed_cut(stream, size), parsed = parse(stream, scratch, &hello);
	check_segments(stream, &fed, seed);
	require(fed.stream_bytes <= CLIENTHELLO_STREAM_MAX_BYTES);
	if (fed.result != CLIENTHELLO_OK) {
		require(parsed.result == fed.result && parsed.fault == fed.fault && parsed.alert == fed.alert);
		return 0;
	}
	require(parsed.result != CLIENTHELLO_NEED_MORE);
	require((parsed.result == CLIENTHELLO_OK) == (parsed.fault == CLIENTHELLO_FAULT_NONE));
	if (parsed.result != CLIENTHELLO_OK)
		return 0;
	require(hello_bytes_views_inside(&hello, stream, scratch));
	require(hello.offers_tls12 || hello.offers_tls13);
	touch(&hello);
	check_other_records(&hello, seed);
	return 0;
}
