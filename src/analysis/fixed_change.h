/*
 * Fixed change: the migrations of a change in their safe forms, as the parts that a tool runs one
 * after the other.
 *
 * A part is one transaction, or one statement outside of any. The order of the statements is kept,
 * but that validations and index builds wait for what follows and does not depend on them, so that
 * few parts are needed. What cannot be taken apart stays as it is, with the reason.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_FIXED_CHANGE_H
#define ANALYSIS_FIXED_CHANGE_H

#include "analysis/assessment.h"

// Of a file that knows no lock_timeout of its own.
#define FIX_LOCK_TIMEOUT "2s"

struct fixed_part {
    const char *label; // "validate" "index" …; NULL: the migration itself
    const char *up;
    const char *down; // NULL: the migration has none
    bool in_transaction, down_in_transaction;
};

// A statement that has a safe form.
struct fixed_place {
    const char *rule;
    const char *path;
    size_t line;
    const char *obstacle; // why it stays; NULL: it is fixed
};

struct fixed_migration {
    const struct migration *migration;
    struct fixed_part *parts;
    size_t n_parts; // 0: it stays
    struct fixed_place *places;
    size_t n_places;
};

struct fixed_change {
    struct fixed_migration *list; // those with a place, in the order of the change
    size_t n;
};

// Of what `assessment` judged. ERROR_INPUT as assessment_make.
MUST_CHECK bool fixed_change_make(TALLOC_CTX *mem, const struct change *change,
                                  const struct assessment *assessment, struct fixed_change **out,
                                  struct error *err);

// Judge the change with the parts in it, as `before` judged it without them: a migration in whose
// parts a rule finds more than in itself stays, with that for its reason.
MUST_CHECK bool fixed_change_verify(struct fixed_change *fixed, const struct change *change,
                                    const struct assessment_options *options,
                                    const struct assessment *before, struct error *err);

#endif
