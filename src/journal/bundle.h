/*
 * Bundles: a whole journal as signed evidence, to be verified elsewhere without it.
 *
 * An in-toto Statement v1 about the journal's head, with all events as its predicate, in a DSSE
 * envelope with an Ed25519 signature: other programs verify the signature, `tminus` the chain, too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_BUNDLE_H
#define JOURNAL_BUNDLE_H

#include "base/signature.h"
#include "journal/exported.h"

#define BUNDLE_PAYLOAD_TYPE "application/vnd.in-toto+json"
#define BUNDLE_STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define BUNDLE_PREDICATE_TYPE "urn:tminus:journal:1"

// ERROR_INPUT: the journal is empty or broken; only what is whole is signed.
MUST_CHECK bool bundle_make(TALLOC_CTX *mem, struct journal *journal,
                            const struct signature_pair *pair, char **out,
                            struct journal_head *head, struct error *err);

struct bundle_question {
    const char *path; // for messages
    const char *text;
    size_t len;
    const struct signature_public *key;
    const struct journal_head *expected; // NULL: any
};
struct bundle_verdict {
    bool is_signed;               // by the key
    struct journal_verdict chain; // of what was signed; its reason says what is wrong with either
    struct exported exported;
};
// ERROR_INPUT: it is no bundle at all. Whatever is wrong with one is an answer.
MUST_CHECK bool bundle_verify(TALLOC_CTX *mem, const struct bundle_question *question,
                              struct bundle_verdict *out, struct error *err);
// Does the text look like a bundle, rather than JSON lines?
bool bundle_is(const char *text, size_t len);

#endif
