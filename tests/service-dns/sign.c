/* SPDX-License-Identifier: Apache-2.0 */
#include "sign.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void must(ldns_status status, const char *what)
{
	if (status != LDNS_STATUS_OK) {
		fprintf(stderr, "%s: %s\n", what, ldns_get_errorstr_by_id(status));
		abort();
	}
}

static ldns_key *make_key(const ldns_rdf *origin)
{
	ldns_key *key = ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, 256);
	if (!key) {
		abort();
	}
	time_t now = time(NULL);
	ldns_key_set_pubkey_owner(key, ldns_rdf_clone(origin));
	ldns_key_set_flags(key, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
	ldns_key_set_inception(key, (uint32_t)now - 86400);
	ldns_key_set_expiration(key, (uint32_t)now + 86400);
	ldns_rr *public = ldns_key2rr(key);
	ldns_key_set_keytag(key, ldns_calc_keytag(public));
	ldns_rr_free(public);
	return key;
}

static ldns_dnssec_zone *read_zone(const char *text)
{
	ldns_zone *plain;
	ldns_dnssec_zone *zone = ldns_dnssec_zone_new();
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	must(ldns_zone_new_frm_fp(&plain, f, NULL, 3600, LDNS_RR_CLASS_IN), "zone");
	fclose(f);
	must(ldns_dnssec_zone_add_rr(zone, ldns_zone_soa(plain)), "soa");
	for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_zone_rrs(plain)); i++) {
		must(ldns_dnssec_zone_add_rr(zone, ldns_rr_list_rr(ldns_zone_rrs(plain), i)), "record");
	}
	ldns_zone_free(plain); /* the records are the other's now */
	return zone;
}

void sign_zone(const char *text, const char *origin, char **ret_signed, char **ret_anchor)
{
	ldns_rdf *name = ldns_dname_new_frm_str(origin);
	ldns_dnssec_zone *zone = read_zone(text);
	ldns_key_list *keys = ldns_key_list_new();
	ldns_rr_list *made = ldns_rr_list_new();
	ldns_key *key = make_key(name);
	ldns_rr *public = ldns_key2rr(key);
	size_t size;
	ldns_key_list_push_key(keys, key);
	*ret_anchor = ldns_rr2str(public);
	must(ldns_dnssec_zone_add_rr(zone, public), "key");
	must(ldns_dnssec_zone_sign(zone, made, keys, ldns_dnssec_default_replace_signatures, NULL), "sign");
	FILE *out = open_memstream(ret_signed, &size);
	ldns_dnssec_zone_print(out, zone);
	fclose(out);
	ldns_dnssec_zone_deep_free(zone);
	ldns_rr_list_free(made);
	ldns_key_list_free(keys);
	ldns_rdf_deep_free(name);
}
