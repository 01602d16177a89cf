/* SPDX-License-Identifier: Apache-2.0 */
/* The four forms of a value among packed octets (pack.h). */
#ifndef SIGNET_SERVICE_SPOOL_PACK_WIRE_H
#define SIGNET_SERVICE_SPOOL_PACK_WIRE_H

enum pack_wire {
	WIRE_NUMBER,
	WIRE_TEXT,
	WIRE_AGAIN,
	WIRE_STRUCT,
};

#endif
