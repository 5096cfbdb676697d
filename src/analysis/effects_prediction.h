/*
 * Prediction: the effects of one statement while they are being collected.
 *
 * Every dialect's predictor fills effects through these functions, so that the same rules hold
 * everywhere: each relation is named once with its strongest lock, under the name that it had when
 * the migration began; what the migration itself created is left out; work under a lock that blocks
 * writes is found at the end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_EFFECTS_PREDICTION_H
#define ANALYSIS_EFFECTS_PREDICTION_H

#include "analysis/effects.h"
#include "analysis/schema_edit.h"

struct prediction {
    TALLOC_CTX *mem;             // of the effects
    TALLOC_CTX *tmp;             // until the statement is done
    const struct schema *schema; // before the action that is being looked at
    const struct statement *statement;
    const struct action *action;
    unsigned pg_version;
    struct effects *effects;
    bool is_in_body; // of a function that the statement calls
};

// Known relations by their struct, others by name (a history may start in the middle).
void predict_lock(struct prediction *p, const struct schema_relation *relation,
                  enum lock_mode mode);
void predict_lock_name(struct prediction *p, struct name name, enum lock_mode mode);
// The index of `table`, unless it is new.
void predict_lock_index(struct prediction *p, const struct schema_relation *table,
                        const struct schema_index *index, enum lock_mode mode);
// What the action names: it, and its descendants unless ONLY; an unknown one by its name.
struct relation_list predict_lock_targets(struct prediction *p, enum lock_mode mode);

// Work over all rows. A partitioned table has none of its own: its partitions are named.
void predict_scan(struct prediction *p, const struct schema_relation *relation);
void predict_rewrite(struct prediction *p, const struct schema_relation *relation);
void predict_index_build(struct prediction *p, const struct schema_relation *relation);
// The same for a relation that is not known.
void predict_scan_name(struct prediction *p, struct name name);
void predict_rewrite_name(struct prediction *p, struct name name);
void predict_index_build_name(struct prediction *p, struct name name);

// `member` NULL: the relation itself. What the migration created is not destroyed by it.
void predict_destroy(struct prediction *p, struct name relation, const char *member,
                     const char *what);
void predict_unknown(struct prediction *p, const char *format, ...)
    PRINTF_LIKE(2, 3); // the first stays

// The predictors; each adds what its action does and leaves the schema alone.
typedef void predictor(struct prediction *p);
void predict_postgres(struct prediction *p);
void predict_sqlite(struct prediction *p);

#endif
