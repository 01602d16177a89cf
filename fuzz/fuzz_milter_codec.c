/* SPDX-License-Identifier: Apache-2.0 */
/* Every reader on the same octets; what they give lies within them. */
#include "../service/milter/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(slice in, slice part)
{
	if (part.len && (part.at < in.at || part.at + part.len > in.at + in.len)) {
		__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice in = { (const char *)data, size }, a = { 0 }, b = { 0 };
	struct codec_options options;
	struct codec_connect client = { 0 };
	char command;
	size_t n;
	struct buf out;
	(void)(size >= CODEC_HEAD_OCTETS && codec_head_read(in, &command, &n));
	(void)codec_options_read(in, &options);
	if (codec_connect_read(in, &client)) {
		inside(in, client.host);
	}
	if (codec_field_read(in, &a, &b) || codec_text_read(in, &a)) {
		inside(in, a);
		inside(in, b);
	}
	if (codec_envelope_read(in, &a, &b)) {
		inside(in, codec_address(a));
		while (codec_text_take(&b, &a)) {
			inside(in, a);
		}
	}
	if (codec_macros_read(in, &command, &b)) {
		for (slice name; codec_macro_take(&b, &name, &a); inside(in, name)) {
			inside(in, a);
		}
	}
	buf_init(&out, 4 * size + 1000);
	if (codec_put_reply_text(&out, in, '5') && !buf_ok(&out) && size < 100) {
		__builtin_trap();
	}
	codec_put_quarantine(&out, in);
	codec_put_insert(&out, 0, slice_first(in, 5), in, false);
	buf_finish(&out);
	return 0;
}
