/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any octets as a client's plaintext. The first octet chooses the protocol and how the rest is cut; the answers of
 * HTTP/1.1 must be the same however it is cut.
 */
#include "responder.h"
#include "responder_buffer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum responder_result result;
	unsigned requests;
	size_t len;
	uint8_t output[2 * RESPONDER_BUFFER_MAX_BYTES];
};

static struct outcome whole, parts;

/* Nothing is consumed on the way: what is held must stay bounded all the same. */
static void run(struct bytes input, bool http2, size_t step, struct outcome *out)
{
	static const struct responder_page page = {
		.server_name = "a.example", .tier = 3, .tier_name = "store", .file = "\033"};
	struct responder *responder = responder_create(&page, http2, 20);
	out->result = RESPONDER_OPEN;
	out->requests = 0;
	for (size_t at = 0; at < input.len && out->result == RESPONDER_OPEN; at += step) {
		unsigned requests;
		size_t len = input.len - at < step ? input.len - at : step;
		out->result = responder_feed(responder, (struct bytes){input.data + at, len}, &requests);
		out->requests += requests;
	}
	struct bytes output = responder_output(responder);
	if (out->requests > 20 || output.len > sizeof(out->output))
		abort();
	if (output.len > 0)
		memcpy(out->output, output.data, output.len);
	out->len = output.len;
	responder_output_consume(responder, output.len);
	responder_destroy(responder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	bool http2 = (data[0] & 1) != 0;
	struct bytes input = {data + 1, size - 1};
	run(input, http2, size, &whole);
	run(input, http2, 1 + (data[0] >> 1), &parts);
	if (!http2 && (whole.result != parts.result || whole.requests != parts.requests || whole.len != parts.len ||
			      memcmp(whole.output, parts.output, whole.len) != 0))
		abort();
	return 0;
}
