/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences for the stable words of the diagnosis: causes of a DMARC result and changes in transit. */
#ifndef SIGNET_SERVICE_TELL_WORDS_H
#define SIGNET_SERVICE_TELL_WORDS_H

/* Sentence parts without a full stop; NULL for a word that is not known. */
const char *words_of_cause(const char *cause);
const char *words_of_transformation(const char *transformation);

#endif
