/* SPDX-License-Identifier: Apache-2.0 */
/* UNDER_SANITIZER is 1 where AddressSanitizer or ThreadSanitizer is linked in, by gcc or clang, and 0 otherwise. */
#ifndef SIGNET_SERVICE_LOOP_SANITIZER_H
#define SIGNET_SERVICE_LOOP_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

#endif
