/* SPDX-License-Identifier: Apache-2.0 */
/* Every block of memory is overwritten when it is freed.
 *
 * libsignet wipes what it holds of a key; the decoders of the crypto library leave copies of parts of it in blocks that they
 * only free.  The C library calls the free() of the program for every library, and hands its own out by another name (glibc;
 * its M_PERTURB spares the blocks that it keeps for each thread).  Seen by tests/signer/test_secrets.py: without this file
 * dropped keys are still in memory.  Not under a sanitizer, whose free() it would replace. */
#include <features.h>
#include <malloc.h>
#include <string.h>

#include "../loop/sanitizer.h"

#if defined(__GLIBC__) && !UNDER_SANITIZER

void __libc_free(void *at);
__attribute__((visibility("default"))) void free(void *at);

void free(void *at)
{
	if (at) {
		explicit_bzero(at, malloc_usable_size(at));
	}
	__libc_free(at);
}

#endif
