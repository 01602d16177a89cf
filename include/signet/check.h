/* SPDX-License-Identifier: Apache-2.0 */
/* One message: octets in, ONE dossier out.
 *
 *     struct signet_check *check = signet_check_new(signet, &settings, &envelope);
 *     while (read(chunk)) signet_check_feed(check, chunk);        // chunks of any size
 *     signet_check_end(check);
 *     while (signet_check_step(check) == SIGNET_PENDING) { answer the questions of signet_check_book(check); }
 *     if (signet_check_wants_message(check)) signet_check_diagnose(check, message, true);   // why did it fail?
 *     const struct signet_dossier *d = signet_check_dossier(check);
 *     signet_check_free(check);
 *
 * Questions are known as soon as the header is complete: the book may be answered while the body still comes.  Memory is
 * bounded by the header, not by the body. */
#ifndef SIGNET_CHECK_H
#define SIGNET_CHECK_H

#include <signet/arc.h>
#include <signet/dkim.h>
#include <signet/dmarc.h>
#include <signet/spf.h>

/* What the SMTP session told us. */
struct signet_envelope {
	struct signet_ip ip;      /* family 0: no trustworthy client address; SPF is not evaluated */
	signet_slice helo;
	bool has_mail_from;       /* false: not known; true with an empty mail_from: the null sender */
	signet_slice mail_from;   /* without <> */
	int64_t received_at;      /* seconds since 1970, for x= of signatures; 0: settings.now */
	const char *source;       /* static: where it came from, "options", "milter"...; the dossier may say "return-path",
				   * "received" or both; NULL: nothing is known */
};

enum signet_mode { /* how we act on the owner's policy */
	SIGNET_MODE_RFC9989, /* reject only with a positive second fact (RFC 9989 7.4) */
	SIGNET_MODE_CLASSIC, /* the published policy as it stands */
	SIGNET_MODE_MONITOR, /* never more than a header */
};
SIGNET_PUBLIC const char *signet_mode_name(enum signet_mode mode);
SIGNET_PUBLIC bool signet_mode_parse(signet_slice text, enum signet_mode *ret);

enum signet_decision {
	SIGNET_ACCEPT,
	SIGNET_QUARANTINE,
	SIGNET_REJECT,
	SIGNET_TEMPFAIL,
};
SIGNET_PUBLIC const char *signet_decision_name(enum signet_decision decision);

/* Positive facts that support a reject in mode rfc9989.  Absence of a list sign is not one. */
struct signet_facts {
	bool history;     /* mail of this Author Domain has here practically always carried an aligned pass */
	bool order;       /* the owner or the postmaster ordered it for this domain */
	bool content;     /* a content verdict was handed in */
	bool forwarder;   /* the client is a configured forwarder: softens */
};

/* How messages are judged; zeroed is the default.  Slices and arrays must outlive the check. */
struct signet_settings {
	enum signet_mode mode;
	bool rfc7489;
	const struct signet_psl *psl;
	signet_slice authserv_id;           /* empty: "localhost" */
	signet_slice receiver;              /* our host name, for %{r} */
	const struct signet_network *trusted_nets; /* our own relays: their Received fields count if the envelope is unknown */
	size_t n_trusted_nets;
	const signet_slice *trusted_sealers; /* normal form; a listed domain covers itself only */
	size_t n_trusted_sealers;
	const signet_slice *trusted_lists;   /* domains of mailing lists whose own DKIM or SPF pass softens */
	size_t n_trusted_lists;
	const struct signet_network *forwarders; /* a client in one of them is a configured forwarder, as in `facts` */
	size_t n_forwarders;
	int64_t now;
	size_t header_bytes;                /* 0: 2 MiB */
	unsigned max_signatures;            /* 0: 10 */
	unsigned max_arc_sets;              /* 0: 20 */
	unsigned max_author_domains;        /* 0: 10 */
	bool accept_body_length;            /* honour l= although octets are unsigned */
	bool accept_no_author;              /* do not reject messages without exactly one From field */
	bool temperror_accept;              /* accept and mark where the default defers */
	bool leading_space_lost;            /* fields were handed over without the blank behind the colon, and it was put back
					     * by guess: worth a finding where a simple header signature fails */
	unsigned diagnosis_thrift;          /* 0: signet_check_diagnose() makes all the effort that is reasonable, which may
					     * take some tenths of a second; else it halves it so many times; past 12 it
					     * makes none, and says so */
	struct signet_facts facts;
};

struct signet_author {
	signet_slice address; /* as written, without display name */
	signet_slice domain;  /* normal form; empty: not usable */
};

/* Who claims to have written this message, without a check of it: every mailbox of every From field, then those that only
 * other readings of the header show.  `message` begins with the header, of which nothing may be missing; what follows is
 * not looked at.  Whoever chooses a key for the author asks about each of them: one that may not sign is a reason not to.
 * `*ret` and its texts live in `arena` and in `message`; `*ret_n` is 0 if From names nobody (RFC 5322 3.6.2). */
SIGNET_PUBLIC enum signet_status signet_authors(signet_slice message, struct signet_arena *arena,
                                                const struct signet_author **ret, size_t *ret_n);

/* Everything found out about one message. */
struct signet_dossier {
	struct signet_envelope envelope; /* as given, completed from the message */
	/* the message */
	size_t n_from_fields;
	const struct signet_author *from; /* every mailbox of every From field */
	size_t n_from;
	signet_slice message_id, date;       /* the topmost field of this name, unfolded */
	signet_slice from_text, to, subject; /* and with encoded-words decoded: for people, not for decisions */
	int64_t date_epoch;         /* 0: none or unreadable */
	uint64_t header_octets, body_octets;
	/* evidence: entry 0 of spf is MAIL FROM; a separate HELO check may follow */
	const struct signet_spf *spf;
	size_t n_spf;
	const struct signet_dkim *dkim; /* in the order of the fields */
	size_t n_dkim;
	struct signet_arc arc;
	/* verdict */
	struct signet_dmarc dmarc;          /* of the Author Domain with the strictest failing policy */
	const struct signet_dmarc *dmarc_all;
	size_t n_dmarc_all;
	const char *cause;                  /* one main reason; see product words; never NULL */
	enum signet_decision decision;
	const char *rule;                   /* static: the rule that made the decision, a sentence part */
	struct signet_findings findings;    /* of the message as a whole */
};

struct signet_check;

/* NULL if memory is short.  `envelope` and `settings` are copied, the slices in them are not. */
SIGNET_PUBLIC struct signet_check *signet_check_new(struct signet *signet, const struct signet_settings *settings,
						    const struct signet_envelope *envelope);
/* Starts over with another message, keeping the memory. */
SIGNET_PUBLIC void signet_check_reset(struct signet_check *check, const struct signet_settings *settings,
				      const struct signet_envelope *envelope);
SIGNET_PUBLIC void signet_check_free(struct signet_check *check);

/* Octets of the message as on the wire: CRLF line ends, no dot-stuffing. */
SIGNET_PUBLIC enum signet_status signet_check_feed(struct signet_check *check, signet_slice octets);
SIGNET_PUBLIC enum signet_status signet_check_end(struct signet_check *check);
/* Who handed it over, as the dossier will say: as given, completed from the Received fields of our own relays.  NULL before the
 * header is complete.  Lives as long as the message. */
SIGNET_PUBLIC const struct signet_envelope *signet_check_envelope(const struct signet_check *check);
/* Who wrote it, as the dossier will say: every mailbox of every From field.  Known once the header is complete; before that
 * `*ret_n` is 0.  Lives as long as the message. */
SIGNET_PUBLIC const struct signet_author *signet_check_authors(const struct signet_check *check, size_t *ret_n);
/* Effort of a diagnosis for this message, instead of the setting: it may take a hundred milliseconds. */
SIGNET_PUBLIC void signet_check_set_thrift(struct signet_check *check, unsigned thrift);
/* Instead of what the settings said: for who has rules by author.  Before the first step. */
SIGNET_PUBLIC void signet_check_set_mode(struct signet_check *check, enum signet_mode mode, const struct signet_facts *facts);
SIGNET_PUBLIC struct signet_book *signet_check_book(struct signet_check *check);
SIGNET_PUBLIC enum signet_status signet_check_step(struct signet_check *check);
/* True if something failed in a way that looking at the message again may explain. */
SIGNET_PUBLIC bool signet_check_wants_message(const struct signet_check *check);
/* Looks for the change in transit that broke a signature; `message` is what was fed, all of it if `is_whole`, else its
 * beginning: then only the header is looked at.  May soften the decision. */
SIGNET_PUBLIC enum signet_status signet_check_diagnose(struct signet_check *check, signet_slice message, bool is_whole);
/* Says of the signature `index` that it came with so many messages for so many recipients of late (dkim.replayed), which only
 * the caller can know.  After signet_check_step(), and after the diagnosis. */
SIGNET_PUBLIC void signet_check_note_replay(struct signet_check *check, size_t index, uint64_t messages, uint64_t recipients);
/* Valid after signet_check_step() returned SIGNET_OK, until reset or free. */
SIGNET_PUBLIC const struct signet_dossier *signet_check_dossier(const struct signet_check *check);

#endif
