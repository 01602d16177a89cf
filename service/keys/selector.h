/* SPDX-License-Identifier: Apache-2.0 */
/* selector: names for new keys, from a template.
 *
 *     s{yyyy}{mm}     s202611
 *     ed{yyyy}{mm}    ed202611
 *     mail{n}         mail1, mail2...: the first that was never used
 *
 * A selector is never used twice (RFC 5863 3.4: signatures of the old key would be laid against the new one): if the name is
 * taken and the template has no {n}, "-2", "-3"... is put behind it. */
#ifndef SIGNET_SERVICE_KEYS_SELECTOR_H
#define SIGNET_SERVICE_KEYS_SELECTOR_H

#include "state.h"

#define SELECTOR_RSA "s{yyyy}{mm}"
#define SELECTOR_ED25519 "ed{yyyy}{mm}"

/* True if every name it makes is a selector. */
bool selector_template_is_good(const char *template);
/* The next name; in the arena of `s`.  Empty: no name of this template is free, or memory is short. */
slice selector_next(const char *template, const struct key_state *s, int64_t now);

#endif
