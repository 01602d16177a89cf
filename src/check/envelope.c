/* SPDX-License-Identifier: Apache-2.0 */
#include "envelope.h"

#include "../base/ip.h"
#include "../mail/received.h"

/* "<a@b.example>" or "<>"; what stands around the angle brackets is dropped, without brackets it is an address as such. */
static bool read_return_path(const struct mail_header *h, struct signet_arena *a, slice *ret)
{
	const struct mail_field *field = header_find(h, S("Return-Path"), 0);
	if (!field) {
		return false;
	}
	slice value = header_unfold(field->value, a);
	size_t open = slice_find_char(value, '<');
	size_t close = slice_find_last_char(value, '>');
	if (open != SLICE_NONE && close != SLICE_NONE && open < close) {
		value = slice_make(value.at + open + 1, close - open - 1);
	}
	*ret = slice_trim_fws(value);
	return true;
}

static bool is_ours(const struct signet_settings *settings, const struct signet_ip *ip)
{
	static const struct signet_network loopback[] = { { { 4, { 127 } }, 8 },
							  { { 6, { [15] = 1 } }, 128 } };
	for (size_t i = 0; i < settings->n_trusted_nets; i++) {
		if (ip_network_has(&settings->trusted_nets[i], ip)) {
			return true;
		}
	}
	return ip_network_has(&loopback[0], ip) || ip_network_has(&loopback[1], ip);
}

/* "by [192.0.2.1]": a server that names its own address must be one of ours. */
static bool is_written_by_us(const struct signet_settings *settings, const struct received *hop)
{
	struct signet_ip ip;
	slice by = hop->by;
	if (by.len > 2 && by.at[0] == '[' && by.at[by.len - 1] == ']') {
		by = slice_make(by.at + 1, by.len - 2);
	}
	return !signet_ip_parse(by, &ip) || is_ours(settings, &ip);
}

/* The hop at which a client that is not one of our relays handed the message over. */
static bool find_entry(const struct mail_header *h, const struct signet_settings *settings, struct received *ret)
{
	const struct mail_field *field;
	for (size_t i = 0; settings->n_trusted_nets && (field = header_find(h, S("Received"), i)); i++) {
		received_parse(field->value, ret);
		if (!is_written_by_us(settings, ret)) {
			return false;
		}
		if (ret->has_ip && !is_ours(settings, &ret->ip)) {
			return true;
		}
	}
	return false;
}

size_t envelope_count_own_hops(const struct mail_header *h, const struct signet_settings *settings)
{
	const struct mail_field *field;
	size_t n = 0;
	for (; settings->n_trusted_nets && (field = header_find(h, S("Received"), n)); n++) {
		struct received hop;
		received_parse(field->value, &hop);
		if (!is_written_by_us(settings, &hop)) {
			return n;
		}
		if (!hop.has_ip || !is_ours(settings, &hop.ip)) {
			return n + 1;
		}
	}
	return n;
}

bool envelope_is_known(const struct signet_envelope *e)
{
	return e->ip.family != 0 && (e->mail_from.len || e->helo.len);
}

void envelope_complete(const struct mail_header *h, const struct signet_settings *settings, struct signet_arena *a,
		       struct signet_envelope *e)
{
	struct received hop;
	bool from_path = !e->has_mail_from && read_return_path(h, a, &e->mail_from);
	bool from_hop = e->ip.family == 0 && find_entry(h, settings, &hop);
	if (from_path) {
		e->has_mail_from = true;
		e->source = e->source ? "options and return-path" : "return-path";
	}
	if (from_hop) {
		e->ip = hop.ip;
		e->helo = e->helo.len ? e->helo : hop.helo.len ? hop.helo : hop.from;
		e->received_at = hop.has_date ? hop.date : 0;
		e->source = from_path ? "return-path and received" : e->source ? "options and received" : "received";
	}
}
