/*
 * Safe form: what to write instead of a statement that keeps others waiting, as SQL for this very
 * statement.
 *
 * Steps in the order in which they run. They end in the schema that the statement ends in: names
 * that the server would choose are written out, options are kept as they were written. A form with
 * an obstacle is for reading only: something in it must be decided or done by people.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SAFE_FORM_H
#define ANALYSIS_SAFE_FORM_H

#include "analysis/schema.h"

enum safe_place {
    SAFE_TRANSACTION,     // in one transaction with those beside it
    SAFE_OWN_TRANSACTION, // not with the step that took the strong lock; steps that only read
                          // the rows may share one
    SAFE_OUTSIDE          // alone, outside any transaction
};

struct safe_step {
    const char *sql; // one statement without its semicolon
    enum safe_place place;
    bool locks_strongly; // set lock_timeout before it: everybody waits behind its lock
    const char *undo;    // takes away what only the form needs; NULL: nothing
    const char *drop;    // takes away the constraint itself; NULL: none, or another statement's
};

struct safe_form {
    const char **rules; // whose findings it settles
    size_t n_rules;
    struct safe_step *steps;
    size_t n_steps;
    const char *obstacle; // why it cannot be put in the statement's place as it is; NULL: it can
};

struct safe_question {
    const struct schema *schema; // before the statement
    const struct statement *statement;
    unsigned pg_version;
};

// Of one action of the statement, as if it stood alone; `action` NULL: of the whole statement, in
// which every action that has a safe form gets it. NULL: there is none, or none is needed.
struct safe_form *safe_form_make(TALLOC_CTX *mem, const struct safe_question *question,
                                 const struct action *action);

// The same as text for a hint: statements with their semicolons, and a comment where a transaction
// ends; NULL where there is none.
char *safe_form_text(TALLOC_CTX *mem, const struct safe_question *question,
                     const struct action *action);

#endif
