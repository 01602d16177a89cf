/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>

#include "../../src/base/chars.h"
#include "../../src/base/cursor.h"

#define ROOT_ANCHOR "/usr/share/dns/root.key" /* package dns-root-data */
#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_CONF_SERVERS 16

/* What libunbound's defaults for libraries (16 sockets, 1 MB of cache) do not give a mail server. */
static const struct {
	const char *option, *value;
} settings[] = {
	{ "outgoing-range:", "200" },        { "num-queries-per-thread:", "1024" },
	{ "outgoing-num-tcp:", "32" },       { "msg-cache-size:", "16m" },
	{ "rrset-cache-size:", "32m" },      { "key-cache-size:", "4m" },
	{ "do-not-query-localhost:", "no" }, /* a forwarder on loopback is the normal case */
	{ "infra-keep-probing:", "yes" }, /* a server that was down may be the only one */
	{ "infra-host-ttl:", "60" },         { "val-bogus-ttl:", "10" },
	{ "infra-cache-max-rtt:", "12000" }, /* nobody waits longer, and what was given up is tried on in vain */
	{ "unblock-lan-zones:", "yes" }, /* 10.in-addr.arpa and kin are asked like others */
	{ "insecure-lan-zones:", "yes" },
};

/* Zones libunbound answers itself that we want asked: a forwarder may know them; else they are NXDOMAIN all the same.
 * "localhost." and "onion." stay (RFC 6761 6.3, RFC 7686 2). */
static const char *const open_zones[] = { "test.", "invalid.", "home.arpa." };

static bool fail(char *error, size_t error_size, const char *text, const char *value)
{
	(void)snprintf(error, error_size, "%s%s", text, value);
	return false;
}

static bool set_all(struct ub_ctx *ctx, char *error, size_t error_size)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (ub_ctx_set_option(ctx, settings[i].option, settings[i].value) != 0) {
			return fail(error, error_size, "libunbound does not take the option ", settings[i].option);
		}
	}
	return true;
}

/* The word after "nameserver" (resolv.conf(5)), or empty. */
static slice server_of(slice line)
{
	struct cursor c = cursor_of(line);
	(void)cursor_take(&c, C_WSP);
	if (!cursor_take_text(&c, S("nameserver")) || cursor_take(&c, C_WSP).len == 0) {
		return S("");
	}
	return cursor_take(&c, C_VCHAR);
}

/* Forwards to the servers the file names; a line that libunbound cannot use is passed over, as the C library does. */
static size_t forward_to_system(struct ub_ctx *ctx, const char *path)
{
	char line[512];
	size_t n = 0;
	FILE *stream = fopen(path, "re");
	while (stream && n < RESOLV_CONF_SERVERS && fgets(line, sizeof(line), stream)) {
		char address[64];
		slice server = server_of(slice_of(line));
		if (server.len && server.len < sizeof(address)) {
			memcpy(address, server.at, server.len);
			address[server.len] = 0;
			n += ub_ctx_set_fwd(ctx, address) == 0;
		}
	}
	if (stream) {
		fclose(stream);
	}
	return n;
}

static bool set_anchor(struct ub_ctx *ctx, const char *wanted, bool forwards, char *error, size_t error_size)
{
	const char *path = wanted ? wanted : ROOT_ANCHOR;
	if (*path == 0 || (!wanted && access(path, R_OK) != 0)) {
		return true;
	}
	if (access(path, R_OK) != 0) {
		(void)snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return false;
	}
	if (!wanted && forwards &&
	    (ub_ctx_set_option(ctx, "val-permissive-mode:", "yes") != 0 ||
	     ub_ctx_set_option(ctx, "harden-dnssec-stripped:", "no") != 0)) {
		return fail(error, error_size, "libunbound does not take the options for forwarding", "");
	}
	return ub_ctx_add_ta_file(ctx, path) == 0 || fail(error, error_size, path, ": no trust anchor could be read");
}

static bool set_up(struct ub_ctx *ctx, const struct signet_resolver_options *o, char *error, size_t error_size)
{
	bool forwards = true;
	(void)ub_ctx_debugout(ctx, NULL); /* it would write to stderr */
	if (!set_all(ctx, error, error_size)) {
		return false;
	}
	if (!o->forward) {
		forwards = forward_to_system(ctx, o->resolv_conf ? o->resolv_conf : RESOLV_CONF) > 0;
	} else if (ub_ctx_set_fwd(ctx, o->forward) != 0) {
		return fail(error, error_size, "want ADDRESS or ADDRESS@PORT for the resolver, not ", o->forward);
	}
	if (!set_anchor(ctx, o->trust_anchor, forwards, error, error_size)) {
		return false;
	}
	/* The first change of local zones makes the context final; then mistakes in files show. */
	for (size_t i = 0; i < sizeof(open_zones) / sizeof(open_zones[0]); i++) {
		if (ub_ctx_zone_remove(ctx, open_zones[i]) != 0) {
			return fail(error, error_size, "libunbound cannot start with trust anchor ",
			            o->trust_anchor ? o->trust_anchor : ROOT_ANCHOR);
		}
	}
	return true;
}

/* libunbound (seen in 1.17) makes its process-wide log lock with the first context, and a second thread that makes its own
 * at that moment may take the lock before it is one; a run of `signet check --jobs 8 --resolver 127.0.0.1@1` under
 * ThreadSanitizer shows whether this is still so. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static struct ub_ctx *create(void)
{
	pthread_mutex_lock(&one_at_a_time);
	struct ub_ctx *ctx = ub_ctx_create();
	pthread_mutex_unlock(&one_at_a_time);
	return ctx;
}

struct ub_ctx *context_new(const struct signet_resolver_options *options, char *error, size_t error_size)
{
	struct ub_ctx *ctx = create();
	if (!ctx || ub_ctx_async(ctx, 1) != 0) {
		ub_ctx_delete(ctx);
		ctx = NULL;
		(void)fail(error, error_size, "libunbound cannot start", "");
	} else if (!set_up(ctx, options, error, error_size)) {
		ub_ctx_delete(ctx);
		ctx = NULL;
	}
	return ctx;
}
