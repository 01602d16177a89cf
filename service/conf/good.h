/* SPDX-License-Identifier: Apache-2.0 */
/* good: what the values of a configuration may be; each tells of one text. */
#ifndef SIGNET_SERVICE_CONF_GOOD_H
#define SIGNET_SERVICE_CONF_GOOD_H

#include <stdbool.h>
#include <stdint.h>

bool good_mode(const char *value);
bool good_network(const char *value); /* "192.0.2.0/24", "2001:db8::1" */
bool good_client(const char *value); /* the same, or "localhost" */
bool good_domain(const char *value);
bool good_domain_or_below(const char *value); /* ".example.com": all below it */
bool good_span(const char *value);
bool good_key_algorithm(const char *value);
bool good_key_bits(const char *value);
bool good_absolute(const char *value);
bool good_absolute_or_none(const char *value);
bool good_signature_algorithm(const char *value);
bool good_role(const char *value);
bool good_quarantine(const char *value);
bool good_fault(const char *value);
bool good_temperror(const char *value);
bool good_single(const char *value);
bool good_decision(const char *value);
bool good_dmarc_code(const char *value);
bool good_replay_action(const char *value);
bool good_port(const char *value); /* 1 to 65535 */
bool good_socket_mode(const char *value); /* "0660" */
bool good_field_name(const char *value); /* RFC 5322 3.6.8 */
bool good_listener(const char *value); /* a word of a log */
bool good_recipient(
	const char *value); /* "joe@example.com", "postmaster@" or "postmaster", "@example.com" or "example.com" */
/* unix:/PATH, inet:ADDRESS:PORT, inet6:[ADDRESS]:PORT, inherited:NAME and the like (service/net/listen.h) */
bool good_socket(const char *value);
bool good_bool(const char *value, bool *ret); /* true yes on, false no off */
bool good_number(const char *value, uint64_t *ret);
bool good_octets(const char *value, uint64_t *ret); /* 4096, 64k, 16M, 2G */

#endif
