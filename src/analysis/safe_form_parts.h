/*
 * A safe form while it is made: what the families of forms share.
 *
 * An action of ALTER TABLE is taken apart into what runs before the statement, what stands in its
 * place in it, what validates behind it and what comes last. Other statements have steps only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SAFE_FORM_PARTS_H
#define ANALYSIS_SAFE_FORM_PARTS_H

#include "analysis/effects.h"
#include "analysis/safe_form.h"
#include "analysis/safe_form_source.h"

struct safe_steps {
    struct safe_step *list;
    size_t n;
};

struct forming {
    TALLOC_CTX *mem;
    const struct safe_question *question;
    const struct effects *effects;       // of the statement
    const char *head;                    // "ALTER TABLE public.t"; NULL: of another kind
    const struct schema_relation *table; // what the action is on; NULL: not known
    const char *table_sql;               // its name, quoted as it must be
    const char *rule;                    // of the action at hand
    const char **rules;
    size_t n_rules;
    struct safe_steps before, validate, behind;
    const char *instead;     // in the action's place; NULL: nothing stays
    const char *undo, *drop; // of the statement with what is in its actions' places
    const char *obstacle;
};

// A safe form was found and put into `forming`.
typedef bool form_maker(struct forming *forming, const struct action *action);

// safe_form_constraint.c
form_maker form_add_constraint, form_set_not_null;
// In the place of a constraint: `definition` added NOT VALID; its validation is put behind.
const char *forming_add_not_valid(struct forming *forming, const char *name,
                                  const char *definition);
// Can a constraint of that kind be added to the table NOT VALID?
bool forming_allows_not_valid(const struct forming *forming, enum constraint_kind kind);
// Steps that make `column` NOT NULL, put before the statement.
void forming_require_not_null(struct forming *forming, const char *column);
// safe_form_key.c
form_maker form_add_key;
// A key of these words ("UNIQUE (a) DEFERRABLE"); of a column constraint, `columns` is "(c)", else
// NULL.
void forming_add_key(struct forming *forming, const char *words, const char *columns,
                     const char *name, bool is_index_first);
// safe_form_column.c
form_maker form_add_column, form_alter_type;
// safe_form_index.c
form_maker form_create_index, form_drop_index, form_reindex, form_refresh;
// safe_form_partition.c
form_maker form_partitioned_index, form_attach, form_detach;

void step_add(TALLOC_CTX *mem, struct safe_steps *steps, enum safe_place place, const char *sql);
void step_add_with_undo(TALLOC_CTX *mem, struct safe_steps *steps, enum safe_place place,
                        const char *sql, const char *undo);
// The first obstacle stays.
void forming_obstruct(struct forming *forming, const char *format, ...) PRINTF_LIKE(2, 3);
const char *forming_quote(const struct forming *forming, const char *name);
// Does the statement read every row of the table, or write it again?
bool forming_scans(const struct forming *forming);
bool forming_rewrites(const struct forming *forming);
// The name that the constraint of `action` gets, written or chosen by the server; `nth` of those
// that the action adds. NULL: it adds none.
const char *forming_constraint_name(const struct forming *forming, const struct action *action,
                                    size_t nth);
// A name that no constraint of the table has: BASE, BASE1, …
const char *forming_free_name(const struct forming *forming, const char *base);

#endif
