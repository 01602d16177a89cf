/* SPDX-License-Identifier: Apache-2.0 */
/* landlock: only these directories, and no network.  For confine.c only.
 *
 * The header of the kernel is not used: what is here is fixed by the kernel's interface, and a program built on an old
 * system then uses what a new kernel can do. */
#ifndef SIGNET_SERVICE_LOOP_LANDLOCK_H
#define SIGNET_SERVICE_LOOP_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Absolute paths, or NULL: none. */
struct landlock_rules {
	const char *read_below;
	const char *const *also_read; /* NULL ends the list */
	const char *write_below;
	const char *remove_in;
	const char *const *also_remove;
	bool uses_tcp;
	const uint16_t *connect_ports; /* if it does: only these, 0 ends the list; NULL: any */
};

/* Needs no_new_privs.  `*ret_abi` is what the kernel speaks, 0: it has no Landlock and nothing was done.  0, or -errno with
 * the directory that it is about, if any, in `*ret_path`. */
int landlock_confine(const struct landlock_rules *keeps, int *ret_abi, const char **ret_path);

#endif
