/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <stddef.h>
#include <string.h>

struct word {
	const char *word;
	const char *sentence;
};

static const struct word causes[] = {
	{ "pass", "an aligned identifier passed" },
	{ "mailing-list", "a mailing list passed it on and changed it" },
	{ "forwarded-plain", "it was forwarded, so the client is not one of the sender's hosts" },
	{ "forwarded-srs", "it was forwarded with a rewritten envelope sender, so SPF speaks for the forwarder" },
	{ "spoof", "nothing in it comes from the domain it names" },
	{ "esp-unaligned", "a sending service signed it and takes its bounces under its own domain" },
	{ "spf-unaligned", "SPF passes, but for another domain" },
	{ "strict-alignment", "the domains are related, but the owner asks for identical ones (strict alignment)" },
	{ "psd-boundary", "a public suffix lies between the domains, so they belong to different organizations" },
	{ "sub-domain-not-existing", "the domain in From does not exist, and the policy for such names (np) applies" },
	{ "bounce", "it has no envelope sender, and the HELO name does not align" },
	{ "no-policy", "the domain publishes no DMARC policy" },
	{ "spf-fail", "the client is not among the hosts the domain lists" },
	{ "spf-neutral", "the domain's SPF record does not say whether the client may send" },
	{ "spf-no-record", "the domain has no SPF record, and no aligned signature passed" },
	{ "spf-permerror-lookups", "the domain's SPF record needs more than ten look-ups" },
	{ "spf-permerror-voids", "the domain's SPF record refers to more than two names that give nothing" },
	{ "spf-permerror-syntax", "the domain's SPF record has a syntax error" },
	{ "spf-permerror-multiple", "the domain has more than one SPF record" },
	{ "spf-permerror-include", "the domain's SPF record includes a domain without a usable one" },
	{ "from-missing", "it has no From field" },
	{ "from-multiple", "it names several authors, and not all of them are proven" },
	{ "from-invalid", "its From field names no domain that can be judged" },
	{ "dkim-broken-in-transit", "it was changed after it was signed" },
	{ "dkim-key-revoked", "the key of its signature has been revoked" },
	{ "dkim-key-missing", "the key of its signature is not in the DNS" },
	{ "dkim-key-replaced", "the key in the DNS is not the one it was signed with" },
	{ "dkim-key-weak", "the key of its signature is too short" },
	{ "dkim-key-invalid", "the key of its signature cannot be used" },
	{ "dkim-signature-invalid", "its signature cannot be used" },
	{ "dkim-expired", "its signature has expired" },
	{ "dkim-future", "its signature claims to be made in the future" },
	{ "dkim-body-length", "its signature leaves a part of the body unsigned (l=)" },
	{ "dmarc-multiple-records", "the domain has more than one DMARC record, which counts as none" },
	{ "dmarc-policy-typo", "the policy in the domain's DMARC record is misspelled" },
	{ "dmarc-record-invalid", "the domain's DMARC record cannot be used" },
	{ "dns-temperror-spf", "the DNS did not answer for SPF" },
	{ "dns-temperror-dkim", "the DNS did not answer for a key" },
	{ "dns-temperror-dmarc", "the DNS did not answer for the policy" },
};

static const struct word transformations[] = {
	{ "footer-text", "a footer was added to the text" },
	{ "footer-html", "a footer was added to the HTML text" },
	{ "footer-mime-part", "a footer was added as a part of its own" },
	{ "footer-mime-wrap", "the message was wrapped into a new multipart with a footer" },
	{ "disclaimer-top", "a disclaimer was put above the text" },
	{ "html-injected", "something was put into the HTML text" },
	{ "epilogue-added", "text was added behind the last part" },
	{ "mime-preamble-removed", "the text before the first part was removed" },
	{ "mime-reserialized", "the MIME structure was written anew" },
	{ "boundary-changed", "the MIME boundary was changed" },
	{ "attachment-removed", "an attachment was removed" },
	{ "html-part-removed", "the HTML part was removed" },
	{ "link-rewritten", "links were rewritten" },
	{ "trailing-space-added", "white space was added at the end of lines" },
	{ "trailing-space-removed", "white space at the end of lines was removed" },
	{ "tabs-to-spaces", "tabs became spaces" },
	{ "whitespace-collapsed", "runs of white space became one space" },
	{ "leading-space-removed", "white space at the start of lines was removed" },
	{ "blank-lines-added", "blank lines were added" },
	{ "blank-lines-removed", "blank lines were removed" },
	{ "bare-cr-inserted", "stray carriage returns were inserted" },
	{ "nul-inserted", "NUL octets were inserted" },
	{ "bom-inserted", "a byte order mark was inserted" },
	{ "body-truncated", "the body was cut short" },
	{ "body-emptied", "the body was removed" },
	{ "appended-under-l", "text was appended where l= leaves the body unsigned" },
	{ "8bit-to-quoted-printable", "8-bit text was re-encoded as quoted-printable" },
	{ "8bit-to-base64", "8-bit text was re-encoded as base64" },
	{ "quoted-printable-to-8bit", "quoted-printable was decoded to 8-bit text" },
	{ "quoted-printable-rewrapped", "quoted-printable lines were wrapped anew" },
	{ "quoted-printable-hex-case", "quoted-printable hex digits changed case" },
	{ "base64-rewrapped", "base64 lines were wrapped anew" },
	{ "charset-transcoded", "the text was converted to another character set" },
	{ "eighth-bit-stripped", "the eighth bit was stripped" },
	{ "mojibake", "the text was converted to UTF-8 twice" },
	{ "long-line-folded", "long lines were folded on the way (998 octets)" },
	{ "text-rewrapped", "the lines of the text were wrapped anew" },
	{ "dot-stuffing-left", "the doubled dots of SMTP were left in" },
	{ "dot-lost", "a dot at the start of a line was lost" },
	{ "mbox-from-escaped", "lines that begin with \"From \" were escaped" },
	{ "body-changed", "the body was changed" },
	{ "subject-tag", "a tag was added to the subject" },
	{ "subject-tag-and-footer", "a tag was added to the subject and a footer to the text" },
	{ "subject-reencoded", "the subject was encoded anew" },
	{ "subject-decoded", "the encoded subject was decoded" },
	{ "header-refolded", "a header field was folded anew" },
	{ "header-unfolded", "a folded header field was unfolded" },
	{ "header-leading-space-lost", "the space after a field's colon was lost" },
	{ "header-trailing-space-lost", "white space at the end of a field was lost" },
	{ "header-whitespace-changed", "white space inside a field was changed" },
	{ "header-case-changed", "the case of a field was changed" },
	{ "header-order-changed", "the order of fields was changed" },
	{ "header-removed", "a signed field was removed" },
	{ "reply-to-added", "a Reply-To field was added" },
	{ "reply-to-replaced", "the Reply-To field was replaced" },
	{ "sender-added", "a Sender field was added" },
	{ "list-header-added", "list fields were added" },
	{ "list-header-replaced", "list fields were replaced" },
	{ "from-rewritten", "the From address was rewritten" },
	{ "from-reformatted", "the From field was formatted anew" },
	{ "from-display-changed", "the display name in From was changed" },
	{ "second-from-added", "a second From field was added" },
	{ "to-changed", "the To field was changed" },
	{ "date-reformatted", "the Date field was formatted anew" },
	{ "message-id-changed", "the Message-ID was changed" },
	{ "content-type-reformatted", "the Content-Type field was formatted anew" },
	{ "charset-header-changed", "the character set in Content-Type was changed" },
	{ "header-changed", "a signed header field was changed" },
	{ "signature-damaged", "the signature itself is damaged" },
	{ "signature-refolded", "the signature field was folded anew" },
	{ "signature-syntax", "the signature field has a syntax error" },
	{ "signature-expired", "the signature has expired" },
	{ "signature-future", "the signature claims to be made in the future" },
	{ "signer-bh-wrong", "the signer computed a wrong body hash" },
	{ "expiry-before-signing", "the signature expires before it was made" },
	{ "identity-mismatch", "the signing identity (i=) is outside the signing domain (d=)" },
	{ "identity-strict", "the key allows no sub-domain as identity (t=s)" },
	{ "from-not-signed", "the From field is not signed" },
	{ "tag-missing", "a required tag of the signature is missing" },
	{ "algorithm-unknown", "the algorithm of the signature is not known" },
	{ "algorithm-obsolete", "the algorithm of the signature is obsolete (SHA-1)" },
	{ "canonicalization-unknown", "the canonicalization of the signature is not known" },
	{ "version-unknown", "the version of the signature is not known" },
	{ "key-missing", "the key is not in the DNS" },
	{ "key-revoked", "the key has been revoked" },
	{ "key-replaced", "the key in the DNS is not the one that signed" },
	{ "key-weak", "the key is too short" },
	{ "key-syntax", "the key record cannot be read" },
	{ "key-type-mismatch", "the key is of another type than the signature" },
	{ "key-service", "the key is not meant for mail (s=)" },
	{ "key-hash", "the key does not allow the hash of the signature (h=)" },
	{ "key-duplicate", "there are several keys under one name" },
	{ "key-timeout", "the DNS did not answer for the key in time" },
	{ "key-servfail", "the DNS failed for the key" },
};

static const char *find(const struct word *words, size_t n, const char *word)
{
	for (size_t i = 0; word && i < n; i++) {
		if (strcmp(words[i].word, word) == 0) {
			return words[i].sentence;
		}
	}
	return NULL;
}

const char *words_of_cause(const char *cause)
{
	return find(causes, sizeof(causes) / sizeof(causes[0]), cause);
}

const char *words_of_transformation(const char *transformation)
{
	return find(transformations, sizeof(transformations) / sizeof(transformations[0]), transformation);
}
