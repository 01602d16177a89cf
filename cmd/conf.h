/* SPDX-License-Identifier: Apache-2.0 */
/* conf: what the actions of signet conf share. */
#ifndef SIGNET_CMD_CONF_H
#define SIGNET_CMD_CONF_H

#include "../service/conf/conf.h"
#include "command.h"

#define CONF_FILE "/etc/signet/signet.conf" /* unless somebody says another */

/* The file that is meant: the operand behind the action, --config, or CONF_FILE. */
const char *conf_file(const struct options *o);
/* Of "PATH:LINE: text" or "PATH: text"; line 0: none. */
void conf_split_line(slice text, slice *ret_path, uint64_t *ret_line, slice *ret_text);

enum exit_status conf_show(const struct options *o);

#endif
