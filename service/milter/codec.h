/* SPDX-License-Identifier: Apache-2.0 */
/* codec: the frames of the milter protocol, versions 2 to 6.  Octets in, structs out, and back; nothing else.
 *
 *      0        4   5
 *     +--------+---+----------------------+
 *     | length |cmd| the rest, by command |      length: octets behind the length itself, network order, 1 at least
 *     +--------+---+----------------------+
 *
 *     the mail server says            with
 *       O  options                    version(4) actions(4) protocol(4)
 *       D  macros                     command of which they are, then { name NUL value NUL }*
 *       C  connect                    host name NUL family [port(2) address NUL]      nothing behind family U
 *       H  HELO, EHLO                 argument NUL
 *       M  MAIL    R  RCPT            address NUL { argument NUL }*
 *       T  DATA    N  end of header
 *       L  a header field             name NUL value NUL
 *       B  body    E  end of message  octets; E may carry the last of the body
 *       U  an unknown command         text NUL
 *       A  abort   Q  quit    K  quit, and a new connection follows on the same socket
 *
 *     the filter says
 *       O  options, as asked for, then { stage(4) names NUL }* for the macros it wants
 *       c  continue   r  reject   t  try again later   y  a reply code: text NUL   p  still at work
 *       i  insert     index(4) name NUL value NUL        from 0, of all fields as delivered
 *       m  change     index(4) name NUL value NUL        from 1, of the fields of that name as received; empty: deleted
 *       q  quarantine reason NUL
 *
 * Readers return false for what does not have its form; `ret` parameters are then untouched, and slices point into the
 * input.  Writers append one frame; what a mail server could not take (NUL, CR, "%" in a reply) they turn into what it can. */
#ifndef SIGNET_SERVICE_MILTER_CODEC_H
#define SIGNET_SERVICE_MILTER_CODEC_H

#include "../../src/base/buf.h"

#define CODEC_VERSION_LEAST 2 /* of Sendmail 8.12; nothing older is about */
#define CODEC_VERSION 6
#define CODEC_HEAD_OCTETS 5
#define CODEC_REPLY_OCTETS 510 /* of one line; RFC 5321 4.5.3.1.5 without CRLF */

/* What a filter may do to a message. */
enum codec_action {
	CODEC_ADD_FIELDS = 0x1,
	CODEC_CHANGE_FIELDS = 0x10,
	CODEC_QUARANTINE = 0x20,
	CODEC_SYMBOLS = 0x100, /* it says which macros it wants */
};

/* What is left out of the dialogue. */
enum codec_protocol {
	CODEC_NO_UNKNOWN = 0x100, /* unknown commands are not told */
	CODEC_NO_DATA = 0x200, /* nor is DATA */
	CODEC_QUIET_FIELD = 0x80, /* no reply to a field ... */
	CODEC_QUIET_CONNECT = 0x1000,
	CODEC_QUIET_HELO = 0x2000,
	CODEC_QUIET_MAIL = 0x4000,
	CODEC_QUIET_RCPT = 0x8000,
	CODEC_QUIET_DATA = 0x10000,
	CODEC_QUIET_UNKNOWN = 0x20000,
	CODEC_QUIET_END_OF_HEADER = 0x40000,
	CODEC_QUIET_BODY = 0x80000,
	CODEC_LEADING_SPACE = 0x100000, /* values of fields as they are, with what follows the colon */
};

/* When macros are told (SETSYMLIST). */
enum codec_stage {
	CODEC_AT_CONNECT,
	CODEC_AT_HELO,
	CODEC_AT_MAIL,
	CODEC_AT_RCPT,
	CODEC_AT_DATA,
	CODEC_AT_END_OF_MESSAGE,
	CODEC_AT_END_OF_HEADER,
};

struct codec_options {
	uint32_t version;
	uint32_t actions; /* enum codec_action, and others that are not ours */
	uint32_t protocol; /* enum codec_protocol, likewise */
};

struct codec_symbols {
	enum codec_stage stage;
	const char *names; /* with spaces between them */
};

struct codec_connect {
	slice host; /* as the mail server calls the client: a name, "[192.0.2.1]", "unknown" */
	struct signet_ip ip; /* family 0: local, or not told */
	uint16_t port;
};

/* ---- reading ---- */

/* The front of a frame: the command, and how many octets follow CODEC_HEAD_OCTETS.  `in` holds CODEC_HEAD_OCTETS at least.
 * False: a length of 0. */
bool codec_head_read(slice in, char *ret_command, size_t *ret_octets);
bool codec_options_read(slice data, struct codec_options *ret);
/* An address that is none of its family is an error: it must not look like local mail. */
bool codec_connect_read(slice data, struct codec_connect *ret);
/* One string. */
bool codec_text_read(slice data, slice *ret);
/* A string and, for codec_text_take, those behind it. */
bool codec_envelope_read(slice data, slice *ret_address, slice *ret_arguments);
bool codec_field_read(slice data, slice *ret_name, slice *ret_value);
/* `*ret_pairs` is for codec_macro_take. */
bool codec_macros_read(slice data, char *ret_command, slice *ret_pairs);
/* The next pair, its name without braces; false at the end. */
bool codec_macro_take(slice *pairs, slice *ret_name, slice *ret_value);
/* The next string; false at the end, or where its NUL is missing. */
bool codec_text_take(slice *rest, slice *ret);
/* The address in "<@a,@b:user@example.com>": without brackets and without the source route, which RFC 5321 F.2 bids to
 * ignore. */
slice codec_address(slice path);

/* ---- writing ---- */

void codec_put_options(struct buf *b, const struct codec_options *options, const struct codec_symbols *symbols,
                       size_t n_symbols);
/* A reply of one letter. */
void codec_put_reply(struct buf *b, char reply);
/* "550 5.7.1 why": a reply code, an enhanced code that may be missing, a text; LF between lines, which all get the codes.
 * False, and nothing is written, if it is no reply code of class `reply_class` ('4' or '5') or has another class in its
 * enhanced code: the mail server would put its own words in place of it. */
bool codec_put_reply_text(struct buf *b, slice text, char reply_class);
void codec_put_quarantine(struct buf *b, slice reason);
/* `leading_space`: agreed with the mail server, which otherwise puts a blank in by itself. */
void codec_put_insert(struct buf *b, uint32_t index, slice name, slice value, bool leading_space);
void codec_put_delete(struct buf *b, uint32_t index, slice name);

#endif
