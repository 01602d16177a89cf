/* SPDX-License-Identifier: Apache-2.0 */
/* The conductor: octets -> header -> identities -> evidence -> verdict -> dossier.
 *
 * It owns the order of the stations and the memory, and no rule of any standard: those stand in the folders below.  The
 * public face is <signet/check.h>; what other folders of src may ask is here. */
#ifndef SIGNET_CHECK_CHECK_H
#define SIGNET_CHECK_CHECK_H

#include <signet/check.h>

#include "../mail/header.h"

/* The parsed header; NULL before it was complete. */
const struct mail_header *check_header(const struct signet_check *check);

/* How many of the topmost Received fields our own hosts wrote. */
size_t check_own_hops(const struct signet_check *check);

#endif
