/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the input are the texts of a model; what is written must be read back as the same model. */
#include "../src/authres/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice rest = slice_make((const char *)data, size), text[7];
	for (size_t i = 0; i < 7; i++) {
		text[i] = slice_split(&rest, '\n');
	}
	struct signet_arena a;
	arena_init(&a, 1 << 20);
	struct signet_authres_prop props[] = { { S("header"), S("d"), text[0] }, { text[1], S("b"), text[2] } };
	struct signet_authres_result results[] = {
		{ .method = S("dkim"),
		  .result = S("fail"),
		  .reason = text[3],
		  .comment = text[4],
		  .props = props,
		  .n_props = 2 },
		{ .method = text[5], .result = S("pass"), .comment = text[4], .method_version = 2 },
	};
	struct signet_authres model = { .authserv_id = text[6], .results = results, .n_results = 2 }, back;
	const struct signet_authres_style plain = { .no_comments = true };
	slice out = signet_authres_write(&model, NULL, &a), short_out = signet_authres_write(&model, &plain, &a);
	bool ok = out.len == 0 || signet_authres_read(out, SIGNET_AUTHRES_STRICT, true, &a, NULL, &back);
	/* Octets that no value may hold became "?": what is read back is then another model. */
	if (ok && out.len && !memchr(out.at, '?', out.len)) {
		ok = slice_eq(signet_authres_write(&back, NULL, &a), short_out) &&
		     slice_eq(back.results[0].props[0].value, text[0]);
	}
	arena_finish(&a);
	if (!ok) {
		__builtin_trap();
	}
	return 0;
}
