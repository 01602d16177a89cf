/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in the signer process: what signet sign and signet seal do with --signer instead of reading key files. */
#ifndef SIGNET_CMD_REMOTE_H
#define SIGNET_CMD_REMOTE_H

#include "../service/keys/signer_client.h"
#include "command.h"

#define REMOTE_TIMEOUT_MS 10000 /* for one answer: a busy signer has a queue */

/* Which algorithm and size the key of that domain and selector has.  False after a line on standard error; `*ret_status`
 * says what that means. */
bool remote_find_key(const struct options *o, struct signer_client *client, slice domain, slice selector,
                     enum signet_algorithm *ret, unsigned *ret_bits, enum exit_status *ret_status);
/* A signature, or a sentence why there is none. */
const char *remote_sign(struct signer_client *client, slice domain, slice selector, enum signet_algorithm algorithm,
                        const uint8_t digest[static SIGNET_DIGEST_OCTETS], uint8_t ret[static SIGNET_SIGNATURE_OCTETS],
                        size_t *ret_octets);

#endif
