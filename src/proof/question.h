/*
 * Questions: one guarded query asked now, and whether its answer is the one that must come out.
 *
 * The query is asked and judged as an invariant's before the change: what is compared with a
 * baseline later must only have an answer now, and what that is, is told.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_QUESTION_H
#define PROOF_QUESTION_H

#include "driver/table_file.h"
#include "proof/invariant.h"
#include "proof/target.h"

struct questions {
    const struct target *target;
    struct table_file *file; // of what is observed; temporary
};

MUST_CHECK bool questions_begin(TALLOC_CTX *mem, const struct target *target, struct questions *out,
                                struct error *err);
// `asked->sql` now; `sql_before` is not looked at. A query that is refused or fails is an answer:
// UNKNOWN with the reason. Fails only when the target is gone or on an interruption.
MUST_CHECK bool question_ask(TALLOC_CTX *mem, const struct questions *questions,
                             const struct invariant *asked, struct result *out, struct error *err);

#endif
