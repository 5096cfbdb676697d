/*
 * Invariants: statements about the data that must hold, as queries with an expected value.
 *
 * Two sources: derived from the migrations by the table in docs/invariants.md (each with the
 * catalogue's id, I1 … I30), and the user's own from tminus.yaml. An invariant is evaluated before
 * (its value goes into the baseline) and after; what is compared is said by its kind. It never
 * passes on unknown: a refused or failing query is UNKNOWN.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_INVARIANT_H
#define PROOF_INVARIANT_H

#include "analysis/assessment.h"
#include "base/json.h"
#include "change/config.h"
#include "proof/trace.h"
#include <stdbool.h>
#include <stddef.h>

enum invariant_moment {
    MOMENT_BEFORE = 1, // must hold before the deploy (a pre-check)
    MOMENT_AFTER = 2,  // must hold after it
    MOMENT_BOTH = 3
};

struct invariant {
    const char *name;      // stable id: "I1/emails.category_id", or the user's name
    const char *catalogue; // "I1", NULL for the user's
    const char *title;     // for people: "every email has a category_id"
    // ZERO: one number, which must be 0; or rows (value …, how many) of offenders, of which there
    // must be none. SAME: rows (group …, number) equal to the baseline's, within the tolerance.
    // KEYS_KEPT: rows that are keys; each of the baseline must still be there. VALUE: one value.
    enum invariant_kind kind;
    unsigned moments;       // MOMENT_…
    const char *sql;        // one SELECT; before and after may differ (a renamed column)
    const char *sql_before; // NULL: the same
    const char *samples;    // a SELECT of a few keys of offenders, run when it fails; NULL
    // ZERO, SAME: what it counts are the rows of this table after the change for which this holds;
    // NULL: it is no such count. So they can be told by who wrote them.
    const char *offenders;
    struct name offenders_of;
    const char *omission; // the column that whoever wrote an offender left out; NULL
    bool allows_traffic;  // rows that traffic wrote may be among them, and it is only said
    bool may_shrink;      // SAME: less than at the baseline is as good
    struct tolerance tolerance;
    struct config_expectation expect;
    bool is_required;
    const char *because; // "derived from 0007_x.sql:3 UPDATE emails"; "tminus.yaml:12"
    const char *table;   // the table it is about, or NULL
};

struct invariants {
    struct invariant *list;
    size_t n;
};

// Derive from the change's ups. `schema` is the schema before the change. `*trace` is where its
// tables and columns are afterwards.
MUST_CHECK bool invariants_derive(TALLOC_CTX *mem, const struct assessment *assessment,
                                  const struct schema *schema, const struct config *config,
                                  struct invariants *out, struct trace **trace, struct error *err);

json_t *invariants_to_json(const struct invariants *invariants);
MUST_CHECK bool invariants_from_json(TALLOC_CTX *mem, const json_t *json, struct invariants *out,
                                     struct error *err);
const char *invariant_kind_name(enum invariant_kind kind); // "zero" "same" "keys_kept" "value"
bool invariant_kind_by_name(const char *name, enum invariant_kind *out); // NULL: false
const struct invariant *invariants_find(const struct invariants *invariants, const char *name);

#endif
