/* SPDX-License-Identifier: Apache-2.0 */
#include "finding.h"

static const struct signet_finding_kind kinds[F_COUNT] = {
	[F_NONE] = { "unknown", SIGNET_NOTICE, "", "unknown finding", "", "" },
#define FINDING(id, name, severity, clause, sentence, why, fix)                                                        \
	[F_##id] = { name, SIGNET_##severity, clause, sentence, why, fix },
#include "catalogue.def"
#undef FINDING
};

const struct signet_finding_kind *signet_finding_kind(uint16_t id)
{
	return &kinds[id < F_COUNT ? id : F_NONE];
}

uint16_t signet_finding_id(signet_slice name)
{
	for (unsigned id = 1; id < F_COUNT; id++) {
		if (slice_eq(name, slice_of(kinds[id].name))) {
			return (uint16_t)id;
		}
	}
	return F_NONE;
}

size_t signet_finding_count(void)
{
	return F_COUNT - 1;
}

const char *signet_severity_name(enum signet_severity severity)
{
	static const char names[][9] = { "good", "notice", "warning", "error", "critical" };
	return names[severity <= SIGNET_CRITICAL ? severity : SIGNET_NOTICE];
}

const char *signet_status_name(enum signet_status status)
{
	static const char names[][10] = { "ok", "pending", "no memory", "limit", "misuse", "io" };
	return status <= SIGNET_IO ? names[status] : "?";
}

void findings_init(struct signet_findings *f, struct signet_arena *a)
{
	*f = (struct signet_findings){ .arena = a };
}

void note_args(struct signet_findings *f, enum finding_id id, slice input, size_t offset,
	       const struct signet_arg args[static SIGNET_FINDING_ARGS])
{
	if (f->n == f->room) {
		size_t room = f->room ? f->room * 2 : 4;
		struct signet_finding *at =
			room <= FINDINGS_MAX ? arena_array(f->arena, room, sizeof(*at)) : NULL;
		if (!at) {
			return;
		}
		if (f->n) {
			memcpy(at, f->at, f->n * sizeof(*at));
		}
		f->at = at;
		f->room = room;
	}
	struct signet_finding *finding = &f->at[f->n++];
	*finding = (struct signet_finding){ .id = (uint16_t)id, .input = input, .offset = offset };
	memcpy(finding->args, args, sizeof(finding->args));
}

void findings_append(struct signet_findings *f, const struct signet_findings *more)
{
	for (size_t i = 0; i < more->n; i++) {
		note_args(f, more->at[i].id, more->at[i].input, more->at[i].offset, more->at[i].args);
	}
}

bool findings_has(const struct signet_findings *f, enum finding_id id)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->at[i].id == id) {
			return true;
		}
	}
	return false;
}

void finding_put(struct buf *b, const char *text, const struct signet_finding *finding)
{
	for (const char *at = text; *at; at++) {
		if (at[0] == '{' && at[1] >= '0' && at[1] < '0' + SIGNET_FINDING_ARGS && at[2] == '}') {
			const struct signet_arg *arg = &finding->args[at[1] - '0'];
			if (arg->is_number) {
				buf_put_number(b, arg->number);
			} else {
				buf_put(b, arg->text);
			}
			at += 2;
		} else {
			buf_put_char(b, *at);
		}
	}
}
