/* SPDX-License-Identifier: Apache-2.0 */
/* Questions, answers and the book that holds them: DNS without I/O.
 *
 * Evaluations never wait.  They look into a book; what is not there yet is noted as a question and the evaluation
 * returns SIGNET_PENDING.  Whoever owns a loop answers and calls the evaluation again:
 *
 *     while ((status = signet_spf_eval(&query, book, arena, &spf)) == SIGNET_PENDING) {
 *             struct signet_question q;
 *             while (signet_book_next(book, &q)) {
 *                     my_resolver_ask(q);         // at some time: signet_book_answer(book, &q, &answer)
 *             }
 *             my_loop_wait();
 *     }
 *
 * A time-out, a refusal and a bogus signature are answers too.  When the time for a message is over the owner calls
 * signet_book_expire() and runs the evaluation once more: it then ends with the RFC's result for lost answers. */
#ifndef SIGNET_RESOLVER_H
#define SIGNET_RESOLVER_H

#include <signet/types.h>

enum signet_rrtype {
	SIGNET_RR_A = 1,
	SIGNET_RR_NS = 2,
	SIGNET_RR_CNAME = 5,
	SIGNET_RR_SOA = 6,
	SIGNET_RR_PTR = 12,
	SIGNET_RR_MX = 15,
	SIGNET_RR_TXT = 16,
	SIGNET_RR_AAAA = 28,
	SIGNET_RR_TLSA = 52,
};

/* "TXT"; "TYPE123" is not produced: an unknown type is "?". */
SIGNET_PUBLIC const char *signet_rrtype_name(enum signet_rrtype type);

enum signet_dns_status {
	SIGNET_DNS_UNANSWERED,
	SIGNET_DNS_NOERROR,   /* with no record: the name exists, the type does not (NODATA) */
	SIGNET_DNS_NXDOMAIN,
	SIGNET_DNS_SERVFAIL,
	SIGNET_DNS_REFUSED,
	SIGNET_DNS_OTHER,     /* FORMERR, NOTIMP and every other RCODE */
	SIGNET_DNS_BOGUS,     /* DNSSEC validation failed */
	SIGNET_DNS_MALFORMED, /* the answer could not be read */
	SIGNET_DNS_TIMEOUT,
	SIGNET_DNS_BUDGET,    /* not asked: the message has used up its questions */
};

/* "noerror", "nxdomain"... */
SIGNET_PUBLIC const char *signet_dns_status_name(enum signet_dns_status status);

/* Absolute name without the final dot, A-labels, lower case. */
struct signet_question {
	signet_slice name;
	enum signet_rrtype type;
};

/* One record.  `data` is: TXT the character-strings joined without separator; A 4 and AAAA 16 octets; MX, PTR, NS and
 * CNAME a name in text form without the final dot (the root is ""); other types the rdata as on the wire. */
struct signet_rr {
	uint16_t preference; /* MX only */
	signet_slice data;
};

/* What came back at the end of the CNAME chain, if there was one. */
struct signet_answer {
	enum signet_dns_status status;
	bool secure;    /* the whole chain was validated by DNSSEC */
	bool aliased;   /* the name owns a CNAME, so it exists whatever the status (RFC 9989 3.2.13) */
	uint32_t ttl_s; /* the least of the chain; of a negative answer by RFC 2308 */
	size_t n;
	const struct signet_rr *rr;
};

/* Transient trouble: everything but NOERROR and NXDOMAIN. */
static inline bool signet_answer_is_error(const struct signet_answer *answer)
{
	return answer->status != SIGNET_DNS_NOERROR && answer->status != SIGNET_DNS_NXDOMAIN;
}

#define SIGNET_BOOK_QUESTIONS 300 /* default cap per message: SPF alone may legally need 10 x (1 MX + 10 addresses) */

struct signet_book;

/* An empty book that takes at most `max_questions` (0: the default).  NULL if memory is short. */
SIGNET_PUBLIC struct signet_book *signet_book_new(size_t max_questions);
SIGNET_PUBLIC void signet_book_reset(struct signet_book *book);
SIGNET_PUBLIC void signet_book_free(struct signet_book *book);

/* Answers at hand.  A source is told of each new question before anybody else.  True: it knows the answer from memory (a
 * cache, a zone), and `*ret` is it; the book copies what it points to before it does anything else.  False: the question
 * is noted as without a source.  An evaluation whose answers are all at hand runs once, to its end.
 *
 * A source must not wait and must not touch the book.  Which questions are asked, how many of them, and what is made of
 * the answers does not depend on it. */
typedef bool signet_book_source(void *data, const struct signet_question *question, struct signet_answer *ret);
/* For all questions from now on, also after a reset.  NULL: none. */
SIGNET_PUBLIC void signet_book_set_source(struct signet_book *book, signet_book_source *source, void *data);

/* The next question nobody has been told of; false if there is none.  `ret->name` lives as long as the book. */
SIGNET_PUBLIC bool signet_book_next(struct signet_book *book, struct signet_question *ret);
/* True while a question has no answer. */
SIGNET_PUBLIC bool signet_book_is_open(const struct signet_book *book);
/* Writes an answer down; it is copied.  The first answer stands: a later one is ignored.  An answer to a question
 * that was not asked is kept as well; one with status UNANSWERED only notes the question, as it stood in the book it came
 * from. */
SIGNET_PUBLIC enum signet_status signet_book_answer(struct signet_book *book, const struct signet_question *question,
						    const struct signet_answer *answer);
/* The same from a DNS message (RFC 1035 4.1) as a resolver returned it.  `secure` and `bogus` are the resolver's word. */
SIGNET_PUBLIC enum signet_status signet_book_answer_wire(struct signet_book *book, const struct signet_question *question,
							 signet_slice packet, bool secure, bool bogus);
/* Every open question becomes a time-out. */
SIGNET_PUBLIC void signet_book_expire(struct signet_book *book);
/* The answer to a question; false if there is none (yet).  It lives as long as the book. */
SIGNET_PUBLIC bool signet_book_find(const struct signet_book *book, const struct signet_question *question,
				    struct signet_answer *ret);
/* The i-th question in the order they were asked; false past the end.  An open one has status UNANSWERED. */
SIGNET_PUBLIC bool signet_book_entry(const struct signet_book *book, size_t i, struct signet_question *ret_question,
				     struct signet_answer *ret_answer);

#endif
