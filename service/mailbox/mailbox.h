/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox: where the messages to check come from.
 *
 *     struct mailbox *box = mailbox_open(paths, n);     // files, mboxes, Maildirs, "-" for standard input
 *     struct mailbox_item item;
 *     while (mailbox_next(box, &item)) {                // from as many threads as there are
 *             while (mailbox_read(&item, buffer, sizeof(buffer), &n) == SIGNET_OK && n) { feed(buffer, n); }
 *             if (item.error) complain(item.path, item.error);
 *             mailbox_rewind(&item);                    // the same octets once more
 *             mailbox_close_item(&item);
 *     }
 *     mailbox_free(box);
 *
 * What a path is decides its content, not its name: a directory with cur/ or new/ is a Maildir, another directory stands
 * for the files in it, a file that begins with a "From " line is an mbox, every other file is one message, however odd
 * its octets.  An mbox is split only where an empty line is followed by "From " and a date; ">From " is left as it is,
 * because octets are judged as they are stored (the quoting is not reversible, and undoing a ">" that the sender wrote
 * would break the signature of a good message).
 *
 * Messages come out as on the wire: if a message has no CRLF at all every LF becomes CRLF, else nothing is changed.
 *
 * Memory does not grow with the size of a message or an mbox (one window and the caller's buffer); a Maildir costs the
 * names of its files. */
#ifndef SIGNET_SERVICE_MAILBOX_H
#define SIGNET_SERVICE_MAILBOX_H

#include <signet/types.h>

struct mailbox;
struct mailbox_file;

/* One message, or what stands in the way of one. */
struct mailbox_item {
	const char *path; /* of the file, "-": standard input; lives until the item is closed */
	size_t number; /* of the message in its mbox, 1 the first; 0: the file is one message */
	uint64_t offset; /* of the first octet of the message in the file */
	uint64_t length; /* octets as stored */
	const char *error; /* static text: why it cannot be read (any further); NULL: fine */
	/* the rest belongs to the mailbox */
	struct mailbox *box;
	struct mailbox_file *file;
	uint64_t at; /* octets read */
	uint64_t span; /* octets of the file this item stands for: "From " line and separator included */
	uint64_t counted; /* of span, in the progress */
	enum { MAILBOX_LINES_UNKNOWN, MAILBOX_LINES_AS_STORED, MAILBOX_LINES_LF } lines;
};

/* Looks at the paths: sizes are summed up and Maildirs listed; files are opened one by one later.  What cannot be read
 * becomes an item with an error.  `paths` must live as long as the mailbox.  NULL if memory is short. */
struct mailbox *mailbox_open(const char *const *paths, size_t n);
void mailbox_free(struct mailbox *box);

/* The next message, each given to one caller only; false: there are no more.  Messages of one file come in order. */
bool mailbox_next(struct mailbox *box, struct mailbox_item *ret);

#define MAILBOX_ROOM_MIN 2 /* an LF needs two octets */

/* Reads on into `buffer`; `*ret_n` == 0 is the end.  SIGNET_IO: `item->error` says why.  `room` is MAILBOX_ROOM_MIN at
 * the least; a buffer of 64 KiB or more is quick. */
enum signet_status mailbox_read(struct mailbox_item *item, char *buffer, size_t room, size_t *ret_n);
/* The next mailbox_read begins at the first octet again. */
void mailbox_rewind(struct mailbox_item *item);
/* True if it is stored with LF line ends; known once something was read. */
bool mailbox_has_lf_lines(const struct mailbox_item *item);
void mailbox_close_item(struct mailbox_item *item);

/* For a progress bar: octets read for the first time, and of all.  What comes from a pipe counts from its arrival. */
void mailbox_progress(struct mailbox *box, uint64_t *ret_done, uint64_t *ret_total);

#endif
