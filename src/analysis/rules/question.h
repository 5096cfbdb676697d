/*
 * Questions: what the data must answer before a statement may run, as SQL for psql and sqlite3.
 *
 * A question is put to the database as it is before the change. Where an earlier statement of the
 * change alters what it asks about, its answer would decide nothing: the finding then has the query
 * as its hint only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_QUESTION_H
#define ANALYSIS_RULES_QUESTION_H

#include "analysis/rules/rules.h"

// A statement's question while it is put together.
struct asking {
    struct rule_place *place;
    const struct action *action;            // whose question; NULL: of a query
    const struct schema_relation *relation; // the table asked about, NULL: not known
    struct name table;                      // resolved
    struct data_question question;
    const char *hint; // the safe form of this statement; NULL: as the rule says
    bool is_moot; // an earlier statement of the change alters what is asked
};

struct asking ask(struct rule_place *place, const struct action *action, struct name table);
// The question needs these: a column or table that the change makes cannot be asked about before.
void ask_needs_columns(struct asking *asking, const char *const *columns, size_t n);
void ask_needs_table(struct asking *asking, struct name table, const char *const *columns,
                     size_t n);
// Any of the table's rows and values.
void ask_needs_rows(struct asking *asking, struct name table);

// Words of SQL under place->mem.
const char *ask_name(const struct asking *asking, const char *column); // quoted where needed
const char *ask_table(const struct asking *asking);                    // "public.emails"
// "ONLY " in front where children have their own constraints.
const char *ask_table_alone(const struct asking *asking);
// "a, b", each behind `prefix` ("c." or "").
const char *ask_list(const struct asking *asking, const char *prefix, const char *const *names,
                     size_t n);

// Whether there is one of them: `rest` follows SELECT 1 behind `with`.
void ask_decision(struct asking *asking, const char *with, const char *rest);
// How many rows of `from` are such; a few of them by their keys.
void ask_rows(struct asking *asking, const char *from, const char *condition);
// Report with the question: the rule's own severity is `place->rule->severity`.
void ask_report(struct asking *asking, enum severity severity, const char *title,
                const char *format, ...) PRINTF_LIKE(4, 5);

#endif
