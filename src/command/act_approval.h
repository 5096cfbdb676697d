/*
 * Approvals of acts: what loses or overwrites something is signed by somebody else than who does
 * it.
 *
 * What is signed is the digest of just this act, with all that it says it does and loses; of
 * another act, or of the same one when what it does changed, the signature is nothing. It counts
 * for a day.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_ACT_APPROVAL_H
#define COMMAND_ACT_APPROVAL_H

#include "base/digest.h"
#include "journal/journal.h"

struct act {
    const char *name;        // "rollback" "restore"
    const char *what;        // one sentence for people: what is signed
    const char *environment; // NULL: none is configured
    struct digest_text digest;
};

struct act_approval {
    const char *actor; // NULL: nobody but who does it, or nobody
    const char *reason;
};

// Of `content`, which says what is done and what it loses.
struct digest_text act_digest(const json_t *content);
// As the actor of the journal. ERROR_USAGE: without a reason nothing is signed.
MUST_CHECK bool act_approve(struct journal *journal, const struct act *act, const char *reason,
                            struct error *err);
// The last one by somebody else than the actor of the journal.
MUST_CHECK bool act_find_approval(TALLOC_CTX *mem, struct journal *journal, const struct act *act,
                                  struct act_approval *out, struct error *err);

#endif
