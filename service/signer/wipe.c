/* SPDX-License-Identifier: Apache-2.0 */
/* Every block of memory is overwritten when it is freed or given back in part.
 *
 * libsignet wipes what it holds of a key; the decoders of the crypto library leave copies of parts of it in blocks that they
 * only free.  The C library calls the free() of the program for every library, and hands its own out by another name (glibc;
 * its M_PERTURB spares the blocks that it keeps for each thread).  Seen by tests/signer/test_secrets.py: without this file
 * dropped keys are still in memory.  realloc() gives blocks back by itself, a moved one and the end of a shorter one, so
 * it is replaced too: a new block, a copy, and free().  Not under a sanitizer, whose functions these would replace. */
#include <errno.h>
#include <features.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "../loop/sanitizer.h"

#if defined(__GLIBC__) && !UNDER_SANITIZER

void __libc_free(void *at);
__attribute__((visibility("default"))) void free(void *at);
__attribute__((visibility("default"))) void *realloc(void *at, size_t octets);

/* As the C library's: what was set before stays. */
void free(void *at)
{
	int number = errno;
	if (at) {
		explicit_bzero(at, malloc_usable_size(at));
	}
	__libc_free(at);
	errno = number;
}

void *realloc(void *at, size_t octets)
{
	if (at && octets == 0) {
		free(at);
		return NULL;
	}
	void *to = malloc(octets);
	if (at && to) {
		size_t had = malloc_usable_size(at);
		memcpy(to, at, had < octets ? had : octets);
		free(at);
	}
	return to;
}

#endif
