/* SPDX-License-Identifier: Apache-2.0 */
/* Report addresses: the URIs of rua= and ruf= (RFC 9989 4.7, 4.8).
 *
 *     slice uri;
 *     if (dmarc_uri_parse(part, &uri, &has_size)) ...   // "mailto:a@b!10m" -> "mailto:a@b", has_size
 *     slice host = dmarc_uri_host(uri, arena);          // "b"
 *
 * The octets of a URI are kept as published: percent-encoding is not undone. */
#ifndef SIGNET_DMARC_URI_H
#define SIGNET_DMARC_URI_H

#include "../base/arena.h"

/* One part of the comma list, without white space around it.  `*ret` is the URI without the size suffix of RFC 7489
 * 6.4, which is read and ignored; `*ret_has_size` tells whether there was one.  False (nothing written) if it is no URI
 * (RFC 3986 3), holds a bare "!" or a size past 64 bits, or is a mailto: without exactly one address. */
bool dmarc_uri_parse(slice part, slice *ret, bool *ret_has_size);
bool dmarc_uri_is_mailto(slice uri);
/* The host a report to `uri` goes to, in normal form (RFC 9990 4): of mailto: the domain of the address, else that of
 * the authority.  Empty if there is none that DNS could know, or if the URI hides a second address.  Lives in `a`. */
slice dmarc_uri_host(slice uri, struct signet_arena *a);

#endif
