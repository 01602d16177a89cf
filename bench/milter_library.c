/* SPDX-License-Identifier: Apache-2.0 */
/* A filter on libmilter that looks at nothing and puts one field on top: what that road costs any filter.
 *
 *     bench-milter-library unix:PATH plain|quiet      "quiet" agrees on no replies before the end of a message */
#include <stdio.h>
#include <string.h>

#include <libmilter/mfapi.h>

#define QUIET                                                                                                          \
	(SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH | \
	 SMFIP_NR_BODY)

static sfsistat go_on = SMFIS_CONTINUE;

static sfsistat on_options(SMFICTX *c, unsigned long actions, unsigned long protocol, unsigned long f2,
                           unsigned long f3, unsigned long *ret_actions, unsigned long *ret_protocol,
                           unsigned long *ret_f2, unsigned long *ret_f3)
{
	(void)c;
	(void)f2;
	(void)f3;
	*ret_actions = actions & SMFIF_ADDHDRS;
	*ret_protocol = go_on == SMFIS_NOREPLY ? protocol & QUIET : 0;
	*ret_f2 = *ret_f3 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *c, char *host, _SOCK_ADDR *address)
{
	(void)c;
	(void)host;
	(void)address;
	return go_on;
}

static sfsistat on_text(SMFICTX *c, char *text)
{
	(void)c;
	(void)text;
	return go_on;
}

static sfsistat on_envelope(SMFICTX *c, char **arguments)
{
	(void)c;
	(void)arguments;
	return go_on;
}

static sfsistat on_field(SMFICTX *c, char *name, char *value)
{
	(void)c;
	(void)name;
	(void)value;
	return go_on;
}

static sfsistat on_nothing(SMFICTX *c)
{
	(void)c;
	return go_on;
}

static sfsistat on_body(SMFICTX *c, unsigned char *octets, size_t n)
{
	(void)c;
	(void)octets;
	(void)n;
	return go_on;
}

static sfsistat on_end(SMFICTX *c)
{
	char name[] = "Authentication-Results", value[] = "mx.example; none";
	return smfi_insheader(c, 0, name, value) == MI_SUCCESS ? SMFIS_ACCEPT : SMFIS_TEMPFAIL;
}

int main(int argc, char **argv)
{
	char name[] = "noop";
	if (argc != 3) {
		fprintf(stderr, "usage: bench-milter-library unix:PATH plain|quiet\n");
		return 2;
	}
	if (strcmp(argv[2], "quiet") == 0) {
		go_on = SMFIS_NOREPLY;
	}
	struct smfiDesc filter = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_text,
		.xxfi_envfrom = on_envelope,
		.xxfi_envrcpt = on_envelope,
		.xxfi_header = on_field,
		.xxfi_eoh = on_nothing,
		.xxfi_body = on_body,
		.xxfi_eom = on_end,
		.xxfi_data = on_nothing,
		.xxfi_negotiate = on_options,
	};
	if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS) {
		return 1;
	}
	return smfi_main();
}
