/* SPDX-License-Identifier: Apache-2.0 */
/* A message, perhaps with a chain: it is sealed twice as it comes.  A chain that did not fail before passes afterwards. */
#include <signet/check.h>
#include <signet/seal.h>

#include "../tests/dkim/sign_message.h"
#include "../tests/support/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct signet *engine;
static struct zone *zone;
static struct signet_privkey *key;

static enum signet_arc_result validate(slice message)
{
	struct signet_settings settings = { .max_arc_sets = SIGNET_ARC_SETS };
	struct signet_envelope envelope = { 0 };
	struct signet_check *check = signet_check_new(engine, &settings, &envelope);
	enum signet_status status = signet_check_feed(check, message);
	status = status == SIGNET_OK ? signet_check_end(check) : status;
	while (status == SIGNET_OK && (status = signet_check_step(check)) == SIGNET_PENDING) {
		(void)zone_answer_all(zone, signet_check_book(check));
		status = SIGNET_OK;
	}
	must(status == SIGNET_OK);
	enum signet_arc_result result = signet_check_dossier(check)->arc.result;
	signet_check_free(check);
	return result;
}

/* The new fields; empty if there are none. */
static slice seal_once(slice message, enum signet_arc_result cv, struct signet_arena *a)
{
	const struct signet_seal_settings settings = {
		.now = 1, .domain = S("d.example"), .selector = S("s"), .algorithm = SIGNET_ED25519_SHA256
	};
	struct signet_seal *seal = signet_seal_new(engine, &settings);
	struct signet_sign_request request;
	must(signet_seal_feed(seal, message) == SIGNET_OK && signet_seal_end(seal, cv, S("x; none")) == SIGNET_OK);
	while (signet_seal_next(seal, &request)) {
		uint8_t octets[SIGNET_SIGNATURE_OCTETS];
		size_t n;
		must(signet_privkey_sign(key, request.digest, octets, &n) == SIGNET_OK);
		must(signet_seal_answer(seal, request.index, slice_make((const char *)octets, n)) == SIGNET_OK);
	}
	slice fields = arena_copy(a, signet_seal_fields(seal));
	signet_seal_free(seal);
	return fields;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena a;
	arena_init(&a, (size_t)64 << 20);
	if (!engine) {
		engine = signet_new();
		key = test_key(engine, SIGNET_ED25519_SHA256);
		zone = zone_of_text(ARENA_JOIN(&a, test_record(key, "s", "d.example", &a), slice_make("", 1)).at);
	}
	slice message = slice_make((const char *)data, size);
	enum signet_arc_result cv = validate(message);
	for (int i = 0; i < 2; i++) {
		slice fields = seal_once(message, cv, &a);
		if (fields.len == 0) {
			break;
		}
		message = ARENA_JOIN(&a, fields, message);
		enum signet_arc_result want = cv == SIGNET_ARC_FAIL ? SIGNET_ARC_FAIL : SIGNET_ARC_PASS;
		cv = validate(message);
		must(cv == want);
	}
	arena_finish(&a);
	return 0;
}
