/* SPDX-License-Identifier: Apache-2.0 */
/* Roles: small executables of their own, which the front only starts.  What a role links is in its process alone. */
#ifndef SIGNET_CMD_ROLE_H
#define SIGNET_CMD_ROLE_H

#include "command.h"

/* Becomes the program of the role, with argv[2..] as its options; returns only if there is none.  It is looked for in libexec
 * beside the folder of this program, in its build tree, and where it was configured to be installed. */
enum exit_status role_start(const char *role, char **argv);

#endif
