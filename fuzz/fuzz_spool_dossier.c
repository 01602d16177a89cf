/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a message: whatever can be read can be told, and is written and read again as the same octets. */
#include "../service/spool/dossier.h"
#include "../service/tell/tell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena *a = signet_arena_new(DOSSIER_BYTES);
	struct signet_book *book = signet_book_new(0);
	struct packer *p = packer_new();
	struct dossier_read read, again;
	struct buf first, second, text;
	buf_init(&first, DOSSIER_OCTETS);
	buf_init(&second, DOSSIER_OCTETS);
	buf_init(&text, (size_t)1 << 20);
	if (dossier_unpack(slice_make((const char *)data, size), a, &read) &&
	    dossier_fill_book(&read, book) == SIGNET_OK) {
		read.row.book = book;
		if (read.row.dossier) {
			tell_story(&(struct tell) { .to = &text }, read.row.dossier, book);
			tell_table(&(struct tell) { .to = &text }, read.row.dossier);
		}
		if (dossier_pack(p, &read.row, &first) == DOSSIER_WHOLE && buf_ok(&first) && first.len) {
			if (!dossier_unpack(buf_slice(&first), a, &again) ||
			    (again.row.dossier != NULL) != (read.row.dossier != NULL)) {
				__builtin_trap();
			}
			again.row.book = book;
			(void)dossier_pack(p, &again.row, &second);
			if (!slice_eq(buf_slice(&first), buf_slice(&second))) {
				__builtin_trap();
			}
		}
	}
	buf_finish(&first);
	buf_finish(&second);
	buf_finish(&text);
	packer_free(p);
	signet_book_free(book);
	signet_arena_free(a);
	return 0;
}
