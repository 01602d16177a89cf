/* SPDX-License-Identifier: Apache-2.0 */
/* body: the attempts to undo a change of the body, one function each, one file a family.  Each looks at u->effort, tries
 * what it knows and returns true when a trial fitted; u->label then names the change. */
#ifndef SIGNET_TRANSIT_BODY_H
#define SIGNET_TRANSIT_BODY_H

#include "leaf.h"

/* Runs the attempts in order of likelihood and cost. */
bool body_undo(struct undo *u);

/* body_text.c: text in front or behind */
bool undo_text_behind(struct undo *u); /* footer-text, footer-html, epilogue-added, blank-lines-added */
bool undo_text_in_front(struct undo *u); /* disclaimer-top, blank-lines-added */
bool undo_part_footer(struct undo *u); /* footer-text, footer-html in a part or under an encoding */
bool undo_part_disclaimer(struct undo *u); /* disclaimer-top likewise */
/* The label for text that was taken away from the end of a leaf or a body of that type. */
const char *footer_label(slice removed, bool html);
/* body_html.c */
bool undo_html_injected(struct undo *u); /* html-injected, footer-html */
/* The same in one leaf, together with another edit that stands before it. */
bool undo_html_with(struct undo *u, const struct leaf *leaf, const char *label, const struct edit *before);
bool undo_html_top_with(struct undo *u, const struct leaf *leaf, const char *label, const struct edit *before);
/* body_mime.c */
bool undo_part_added(struct undo *u); /* footer-mime-part */
bool undo_wrapped(struct undo *u); /* footer-mime-wrap; sets u->ambient */
bool undo_preamble(struct undo *u); /* mime-preamble-removed */
bool undo_boundary(struct undo *u); /* boundary-changed */
bool undo_part_headers(struct undo *u); /* mime-reserialized */
/* body_white.c: white space and single octets */
bool undo_octets(struct undo *u); /* nul-inserted, bom-inserted, bare-cr-inserted */
bool undo_escapes(struct undo *u); /* dot-stuffing-left, mbox-from-escaped */
bool undo_dots_lost(struct undo *u); /* dot-lost */
bool undo_spaces_added(struct undo *u); /* trailing-space-added, tabs-to-spaces */
bool undo_spaces_lost(struct undo *u); /* trailing-space-removed, leading-space-removed, whitespace-collapsed */
bool undo_blank_lines(struct undo *u); /* blank-lines-added, blank-lines-removed */
/* body_lines.c */
bool undo_folding(struct undo *u); /* long-line-folded */
bool undo_wrapping(struct undo *u); /* text-rewrapped */
/* body_encoding.c: transfer encodings and character sets */
bool undo_encoding(struct undo *u); /* 8bit-to-..., quoted-printable-to-8bit, ...-rewrapped, ...-hex-case */
bool undo_charset(struct undo *u); /* charset-transcoded, mojibake */
bool undo_eighth_bit(struct undo *u); /* eighth-bit-stripped */
/* body_link.c */
bool undo_links(struct undo *u); /* link-rewritten */
/* body_signer.c: the signer's own mistake, no change at all */
bool undo_signer(struct undo *u); /* signer-bh-wrong */
bool undo_other_canon(struct undo *u); /* the same: the other canonicalisation, or the whole in spite of l= */

#endif
