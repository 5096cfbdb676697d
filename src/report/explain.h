/*
 * Report of explain: one rule, all rules, or what statements do.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "analysis/assessment.h"
#include "analysis/postgres_fact.h"
#include "analysis/rule.h"
#include <stdio.h>

// Somebody whose lock the statement would wait for.
struct explain_blocker {
    const char *kind;
    const char *who;
    int64_t age_ms;
    bool has_lock;    // one that conflicts; false: CONCURRENTLY waits for every transaction
    const char *text; // one line for people
};

// The database that the statement would run in; zero: none was asked.
struct explain_scene {
    const char *database; // in words
    const char *read_at;
    const struct schema *schema; // with sizes; NULL: not known
    bool is_watched;             // it was asked who is in the way
    struct explain_blocker *in_way;
    size_t n_in_way;
    const char *unseen; // what the role may not see, NULL
};

void report_rules_text(FILE *out);
void report_rules_json(FILE *out);
// A rule, a row of PostgreSQL's facts, or both; NULL: there is none of that name.
void report_word_text(FILE *out, const struct rule *rule, const struct postgres_fact *fact);
void report_word_json(FILE *out, const struct rule *rule, const struct postgres_fact *fact);
// The statements of an assessment, each with its effects, and the findings on them.
void report_explain_text(FILE *out, const struct assessment *assessment,
                         const struct explain_scene *scene);
void report_explain_json(FILE *out, const struct assessment *assessment,
                         const struct explain_scene *scene);

#endif
