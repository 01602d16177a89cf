/* SPDX-License-Identifier: Apache-2.0 */
/* libopendkim behind a pipe, for matrix.py.  A request is one line, "VERB NAME=VALUE ... LENGTH", and LENGTH octets of
 * message; a reply is one line with the length of what follows.
 *   keys                        the octets are lines "NAME TEXT": all the key records there are
 *   features                    -> "ed25519" if this library was built with it
 *   dkim                        -> a word for each signature, from the top
 *   sign a= h= b= d= s= key=    -> the DKIM-Signature field; h= and b= are the canonicalizations, key= a file */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <opendkim/dkim.h>

#define LINE 4096

static char *records; /* "NAME TEXT\n"... */

static char *read_octets(size_t n)
{
	char *at = malloc(n + 1);
	if (!at || fread(at, 1, n, stdin) != n) {
		exit(3);
	}
	at[n] = 0;
	return at;
}

static void reply(const char *text)
{
	printf("%zu\n%s", strlen(text), text);
	fflush(stdout);
}

/* The value of "NAME=" in the request, or "". */
static const char *option(const char *line, const char *name, char at[static LINE])
{
	char key[32];
	snprintf(key, sizeof(key), " %s=", name);
	const char *from = strstr(line, key);
	at[0] = 0;
	if (from) {
		from += strlen(key);
		snprintf(at, LINE, "%.*s", (int)strcspn(from, " \n"), from);
	}
	return at;
}

static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *sig, u_char *to, size_t room)
{
	char name[LINE];
	(void)dkim;
	int n = snprintf(name, sizeof(name), "%s._domainkey.%s ", (const char *)dkim_sig_getselector(sig),
	                 (const char *)dkim_sig_getdomain(sig));
	for (const char *line = records; line && *line; line = strchr(line, '\n') + 1) {
		if (strncasecmp(line, name, (size_t)n) == 0) {
			snprintf((char *)to, room, "%.*s", (int)strcspn(line + n, "\n"), line + n);
			return DKIM_CBSTAT_CONTINUE;
		}
	}
	return DKIM_CBSTAT_NOTFOUND;
}

/* Fields one by one without their CRLF, then the body. */
static DKIM_STAT feed(DKIM *dkim, char *message, size_t length)
{
	char *at = message, *end = message + length;
	while (at < end && *at != '\r') {
		char *stop = at;
		do {
			char *lf = memchr(stop, '\n', (size_t)(end - stop));
			stop = lf ? lf + 1 : end;
		} while (stop < end && (*stop == ' ' || *stop == '\t'));
		size_t n = (size_t)(stop - at);
		n -= n >= 2 && stop[-1] == '\n' ? 2 : 0;
		dkim_header(dkim, (u_char *)at, n);
		at = stop;
	}
	at += at < end ? 2 : 0;
	DKIM_STAT status = dkim_eoh(dkim);
	if (status == DKIM_STAT_OK && at < end) {
		status = dkim_body(dkim, (u_char *)at, (size_t)(end - at));
	}
	return status;
}

static void verify(DKIM_LIB *library, char *message, size_t length)
{
	DKIM_STAT status;
	DKIM_SIGINFO **signatures = NULL;
	char words[LINE] = "";
	_Bool testing;
	int n = 0;
	DKIM *dkim = dkim_verify(library, (const unsigned char *)"x", NULL, &status);
	feed(dkim, message, length);
	dkim_eom(dkim, &testing);
	if (dkim_getsiglist(dkim, &signatures, &n) == DKIM_STAT_OK) {
		for (int i = 0; i < n; i++) {
			dkim_sig_process(dkim, signatures[i]);
			bool good = (dkim_sig_getflags(signatures[i]) & DKIM_SIGFLAG_PASSED) &&
			            dkim_sig_getbh(signatures[i]) == DKIM_SIGBH_MATCH;
			const char *why = dkim_sig_geterrorstr(dkim_sig_geterror(signatures[i]));
			size_t used = strlen(words);
			snprintf(words + used, sizeof(words) - used, "%s%s", i ? " " : "",
			         good                       ? "pass"
			         : why && !strchr(why, ' ') ? why
			                                    : "fail");
		}
	}
	dkim_free(dkim);
	reply(words);
}

static void sign(DKIM_LIB *library, const char *line, char *message, size_t length)
{
	static char key[1 << 16];
	char at[LINE], domain[LINE], selector[LINE];
	DKIM_STAT status;
	u_char *field = NULL;
	size_t n = 0;
	_Bool testing;
	FILE *file = fopen(option(line, "key", at), "rb");
	if (!file) {
		reply("error key");
		return;
	}
	key[fread(key, 1, sizeof(key) - 1, file)] = 0;
	fclose(file);
	option(line, "d", domain);
	option(line, "s", selector);
	bool ed25519 = strcmp(option(line, "a", at), "ed25519-sha256") == 0;
	bool header_simple = strcmp(option(line, "h", at), "simple") == 0;
	bool body_simple = strcmp(option(line, "b", at), "simple") == 0;
	DKIM *dkim = dkim_sign(library, (const unsigned char *)"x", NULL, (dkim_sigkey_t)key, (unsigned char *)selector,
	                       (unsigned char *)domain, header_simple ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED,
	                       body_simple ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED,
	                       ed25519 ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256, -1, &status);
	if (!dkim) {
		reply("error sign");
		return;
	}
	status = feed(dkim, message, length);
	status = status == DKIM_STAT_OK ? dkim_eom(dkim, &testing) : status;
	status = status == DKIM_STAT_OK ? dkim_getsighdr_d(dkim, strlen(DKIM_SIGNHEADER) + 2, &field, &n) : status;
	if (status == DKIM_STAT_OK) {
		printf("%zu\n%s: %.*s\r\n", strlen(DKIM_SIGNHEADER) + n + 4, DKIM_SIGNHEADER, (int)n,
		       (const char *)field);
		fflush(stdout);
	} else {
		char text[LINE];
		snprintf(text, sizeof(text), "error %s", dkim_getresultstr(status));
		reply(text);
	}
	dkim_free(dkim);
}

int main(void)
{
	char line[LINE];
	DKIM_LIB *library = dkim_init(NULL, NULL);
	if (!library) {
		return 3;
	}
	dkim_set_key_lookup(library, look_up);
	while (fgets(line, sizeof(line), stdin)) {
		const char *last = strrchr(line, ' ');
		size_t length = last ? strtoul(last, NULL, 10) : 0;
		char *octets = read_octets(length);
		if (strncmp(line, "keys ", 5) == 0) {
			records = octets;
			reply("");
			continue;
		}
		if (strncmp(line, "dkim ", 5) == 0) {
			verify(library, octets, length);
		} else if (strncmp(line, "sign ", 5) == 0) {
			sign(library, line, octets, length);
		} else {
			reply(dkim_libfeature(library, DKIM_FEATURE_ED25519) ? "ed25519" : "");
		}
		free(octets);
	}
	free(records);
	dkim_close(library);
	return 0;
}
