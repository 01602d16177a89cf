/* SPDX-License-Identifier: Apache-2.0 */
/* A dialogue at once and in pieces: the first octet says how it is split and when answers come; calls and replies are the
 * same, every message that began is closed, and memory is bounded. */
#include "../service/milter/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct scene {
	uint64_t calls; /* a hash of all that was called */
	int open;
	bool slow;
};

static void hash(struct scene *c, const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		c->calls = (c->calls ^ (unsigned char)at[i]) * 0x100000001b3;
	}
}

static void *on_begin(void *data, struct session *s, const struct facts *f)
{
	struct scene *c = data;
	(void)s;
	hash(c, f->mail_from.at, f->mail_from.len);
	hash(c, f->helo.at, f->helo.len);
	hash(c, f->login.at, f->login.len);
	c->open++;
	return c;
}

static bool on_end(void *message)
{
	hash(message, "end", 3);
	return !((struct scene *)message)->slow;
}

static void on_field(void *message, slice name, slice value)
{
	hash(message, name.at, name.len);
	hash(message, value.at, value.len);
}

static void on_end_of_header(void *message)
{
	hash(message, "header", 6);
}

static void on_body(void *message, slice octets)
{
	hash(message, octets.at, octets.len);
}

static const struct outcome *on_outcome(void *message)
{
	static const struct outcome_edit edit = { OUTCOME_INSERT, 0, { "A", 1 }, { " b", 2 } };
	static const struct outcome done = { .edits = &edit, .n_edits = 1 };
	hash(message, "outcome", 7);
	return &done;
}

static void on_close(void *message)
{
	((struct scene *)message)->open--;
}

static const struct session_calls calls = { on_begin, on_end, on_field,   on_end_of_header,
	                                    on_body,  on_end, on_outcome, on_close };

static uint64_t play(slice in, size_t step, bool early, bool slow)
{
	static const struct session_settings settings[] = { { false, 10000 }, { true, 10000 } };
	struct scene c = { .slow = slow };
	struct session *s = session_new(&settings[early], &calls, &c);
	enum session_state state = SESSION_READS;
	uint64_t held = 0;
	while (s && in.len && state != SESSION_ENDS) {
		state = session_feed(s, slice_first(in, step));
		while (state == SESSION_WAITS) {
			state = session_wake(s);
		}
		in = slice_from(in, step);
		held = session_octets(s) > held ? session_octets(s) : held;
	}
	if (s && held > SESSION_FACTS_OCTETS * 2 + SESSION_RECIPIENT_OCTETS + 2 * SESSION_WAITING_OCTETS + (1 << 20)) {
		__builtin_trap();
	}
	if (s) {
		hash(&c, session_out(s)->at, session_out(s)->len);
	}
	session_free(s);
	if (c.open != 0) {
		__builtin_trap();
	}
	return c.calls;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	slice in = { (const char *)data + 1, size - 1 };
	size_t step = data[0] & 0x3f;
	bool early = data[0] & 0x40, slow = data[0] & 0x80;
	uint64_t whole = play(in, in.len, early, false);
	if (play(in, step ? step : 64, early, false) != whole) {
		__builtin_trap();
	}
	if (slow) { /* then an ABORT or QUIT that came with the end of a message is seen before the answer, or after it */
		play(in, in.len, early, true);
		play(in, step ? step : 64, early, true);
	}
	return 0;
}
