/* SPDX-License-Identifier: Apache-2.0 */
#include "good.h"

#include <signet/check.h>
#include <signet/privkey.h>
#include <strings.h>

#include "../../src/base/chars.h"
#include "../../src/base/cursor.h"
#include "../../src/base/date.h"
#include "../../src/base/name.h"

#define NAME_BYTES 4096
#define LISTENER_OCTETS 64
#define FIELD_NAME_OCTETS 76
#define SOCKET_OCTETS 107 /* of a path: struct sockaddr_un has 108 with its NUL */

static bool is_one_of(const char *value, const char *const words[])
{
	size_t i = 0;
	while (words[i] && strcmp(words[i], value) != 0) {
		i++;
	}
	return words[i];
}

static bool is_made_of(slice text, const char *further, size_t most)
{
	bool good = text.len > 0 && text.len <= most;
	for (size_t i = 0; i < text.len; i++) {
		good &= char_is(text.at[i], C_ALPHA | C_DIGIT) || (text.at[i] && strchr(further, text.at[i]));
	}
	return good;
}

bool good_mode(const char *value)
{
	enum signet_mode ignored;
	return signet_mode_parse(slice_of(value), &ignored);
}

bool good_network(const char *value)
{
	struct signet_network ignored;
	return signet_network_parse(slice_of(value), &ignored);
}

bool good_client(const char *value)
{
	return good_network(value) || strcmp(value, "localhost") == 0;
}

static bool is_domain(slice value)
{
	struct signet_arena arena;
	slice ignored;
	arena_init(&arena, NAME_BYTES);
	bool good = name_normalize(value, &arena, &ignored) == NAME_GOOD;
	arena_finish(&arena);
	return good;
}

bool good_domain(const char *value)
{
	return is_domain(slice_of(value));
}

bool good_domain_or_below(const char *value)
{
	return good_domain(*value == '.' ? value + 1 : value);
}

bool good_span(const char *value)
{
	int64_t ignored;
	return span_parse(slice_of(value), &ignored);
}

bool good_key_algorithm(const char *value)
{
	return is_one_of(value, (const char *const[]) { "rsa", "ed25519", "both", NULL });
}

bool good_key_bits(const char *value)
{
	uint64_t bits;
	return number_parse(slice_of(value), 4096, &bits) && bits >= 2048;
}

bool good_absolute(const char *value)
{
	return *value == '/';
}

bool good_absolute_or_none(const char *value)
{
	return *value == '/' || strcmp(value, "none") == 0;
}

bool good_signature_algorithm(const char *value)
{
	enum signet_algorithm ignored;
	return signet_algorithm_parse(slice_of(value), &ignored);
}

bool good_role(const char *value)
{
	return is_one_of(value, (const char *const[]) { "verify", "sign", "both", NULL });
}

bool good_quarantine(const char *value)
{
	return is_one_of(value, (const char *const[]) { "mark", "hold", NULL });
}

bool good_fault(const char *value)
{
	return is_one_of(value, (const char *const[]) { "pass", "defer", NULL });
}

bool good_temperror(const char *value)
{
	return is_one_of(value, (const char *const[]) { "defer", "accept", NULL });
}

bool good_decision(const char *value)
{
	return is_one_of(value, (const char *const[]) { "accept", "quarantine", "reject", "tempfail", NULL });
}

bool good_dmarc_code(const char *value)
{
	return is_one_of(value, (const char *const[]) { "5.7.1", "5.7.26", NULL });
}

bool good_single(const char *value)
{
	return is_one_of(value, (const char *const[]) { "accept", "mark", "reject", NULL });
}

bool good_replay_action(const char *value)
{
	return is_one_of(value, (const char *const[]) { "none", "quarantine", NULL });
}

bool good_port(const char *value)
{
	uint64_t port;
	return number_parse(slice_of(value), UINT16_MAX, &port) && port > 0;
}

/* Read and write of owner, group and others; nobody executes a socket. */
bool good_socket_mode(const char *value)
{
	size_t n = strlen(value);
	bool good = (n == 3 || (n == 4 && *value == '0')) && strspn(value, "0246") == n;
	return good && value[n - 3] == '6'; /* we could not use it ourselves */
}

/* Fields that mean something already: what comes in with the field of the quarantine loses it. */
static bool is_known_field(slice name)
{
	static const char *const fields[] = { "From",         "Sender",       "Reply-To",     "To",
		                              "Cc",           "Bcc",          "Subject",      "Date",
		                              "Message-ID",   "In-Reply-To",  "References",   "Comments",
		                              "Keywords",     "Received",     "Return-Path",  "Authentication-Results",
		                              "Delivered-To", "MIME-Version", "Received-SPF", "DKIM-Signature" };
	static const char *const families[] = { "Content-", "ARC-", "List-", "Resent-", "BIMI-" };
	bool known = false;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		known |= slice_eq_nocase(name, slice_of(fields[i]));
	}
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		known |= slice_eq_nocase(slice_first(name, strlen(families[i])), slice_of(families[i]));
	}
	return known;
}

bool good_field_name(const char *value)
{
	slice name = slice_of(value);
	bool good = name.len > 0 && name.len <= FIELD_NAME_OCTETS && !is_known_field(name);
	for (size_t i = 0; i < name.len; i++) {
		good &= name.at[i] > ' ' && name.at[i] < 0x7f && name.at[i] != ':';
	}
	return good;
}

bool good_listener(const char *value)
{
	return is_made_of(slice_of(value), "_.-", LISTENER_OCTETS);
}

bool good_recipient(const char *value)
{
	slice text = slice_of(value);
	size_t at = slice_find_last_char(text, '@');
	if (at == SLICE_NONE) {
		return text.len && (slice_find_char(text, '.') == SLICE_NONE || is_domain(text));
	}
	return text.len > 1 && (at + 1 == text.len || is_domain(slice_from(text, at + 1)));
}

static bool is_host(slice host)
{
	struct signet_ip ignored;
	return host.at && host.len &&
	       (slice_eq(host, S("*")) || slice_eq(host, S("localhost")) || signet_ip_parse(host, &ignored));
}

/* HOST:PORT, [HOST]:PORT, PORT@HOST */
static bool is_inet(slice text)
{
	uint64_t port;
	size_t at = slice_find_char(text, '@'), colon = slice_find_last_char(text, ':');
	slice host, number;
	if (at != SLICE_NONE) {
		number = slice_first(text, at);
		host = slice_from(text, at + 1);
	} else if (colon != SLICE_NONE) {
		host = slice_first(text, colon);
		number = slice_from(text, colon + 1);
	} else {
		return false;
	}
	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
		host = slice_make(host.at + 1, host.len - 2);
	}
	return is_host(host) && number_parse(number, UINT16_MAX, &port);
}

bool good_socket(const char *value)
{
	static const char *const local[] = { "unix:", "local:", "" };
	slice text = slice_of(value);
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		slice path = slice_from(text, strlen(local[i]));
		if (slice_starts(text, slice_of(local[i])) && path.len && path.at[0] == '/') {
			return path.len <= SOCKET_OCTETS;
		}
	}
	if (slice_starts(text, S("inherited:"))) {
		return is_made_of(slice_from(text, 10), "_.-", LISTENER_OCTETS);
	}
	size_t scheme = slice_starts(text, S("inet:")) ? 5 : slice_starts(text, S("inet6:")) ? 6 : 0;
	return is_inet(slice_from(text, scheme));
}

bool good_bool(const char *value, bool *ret)
{
	static const char *const words[] = { "false", "no", "off", "true", "yes", "on" }; /* as libConfuse has them */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i], value) == 0) {
			*ret = i >= 3;
			return true;
		}
	}
	return false;
}

bool good_number(const char *value, uint64_t *ret)
{
	return number_parse(slice_of(value), INT64_MAX, ret);
}

bool good_octets(const char *value, uint64_t *ret)
{
	static const char letters[] = "kMG";
	slice text = slice_of(value);
	const char *letter = text.len ? strchr(letters, text.at[text.len - 1]) : NULL;
	unsigned shift = letter ? 10 * (unsigned)(letter - letters + 1) : 0;
	uint64_t n;
	if (!number_parse(slice_first(text, text.len - (letter ? 1 : 0)), INT64_MAX >> shift, &n)) {
		return false;
	}
	*ret = n << shift;
	return true;
}
