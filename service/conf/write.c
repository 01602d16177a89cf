/* SPDX-License-Identifier: Apache-2.0 */
/* Values as they would be written in a configuration. */
#include "conf.h"
#include "schema.h"

static void put_quoted(struct buf *to, const char *text)
{
	buf_put_char(to, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\') {
			buf_put_char(to, '\\');
		}
		buf_put_char(to, *text);
	}
	buf_put_char(to, '"');
}

static void put_list(struct buf *to, const struct conf_list *list)
{
	buf_put_text(to, "{");
	for (size_t i = 0; i < list->n; i++) {
		buf_put_text(to, i ? ", " : " ");
		put_quoted(to, list->at[i]);
	}
	buf_put_text(to, " }");
}

static void put_octets(struct buf *to, uint64_t n)
{
	static const char letters[] = "kMG";
	size_t i = 0;
	while (i < 3 && n && n % 1024 == 0) {
		n /= 1024;
		i++;
	}
	buf_put_number(to, n);
	if (i) {
		buf_put_char(to, letters[i - 1]);
	}
}

static void put_span(struct buf *to, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		char letter;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;
	while (i < 3 && (seconds == 0 || seconds % units[i].seconds)) {
		i++;
	}
	buf_put_number(to, (uint64_t)(seconds / units[i].seconds));
	buf_put_char(to, units[i].letter);
}

void conf_put_value(struct buf *to, const struct conf_key *key, const void *into)
{
	const void *at = (const char *)into + key->where;
	switch (key->kind) {
	case CONF_TEXT:
		if (*(const char *const *)at) {
			put_quoted(to, *(const char *const *)at);
		}
		break;
	case CONF_BOOL:
		buf_put_text(to, *(const bool *)at ? "true" : "false");
		break;
	case CONF_SWITCH:
		buf_put_text(to, *(const enum conf_switch *)at == CONF_ON    ? "true"
		                 : *(const enum conf_switch *)at == CONF_OFF ? "false"
		                                                             : "");
		break;
	case CONF_LIST:
		if (((const struct conf_list *)at)->n || key->presets) {
			put_list(to, at);
		}
		break;
	case CONF_NUMBER:
		buf_put_number(to, *(const uint64_t *)at);
		break;
	case CONF_OCTETS:
		put_octets(to, *(const uint64_t *)at);
		break;
	case CONF_SPAN:
		put_span(to, *(const int64_t *)at);
		break;
	}
}
