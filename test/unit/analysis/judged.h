/*
 * Judged: SQL in, assessment out, for the tests of rules.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_JUDGED_H
#define TEST_JUDGED_H

#include "analysis/assessment.h"
#include "analysis/rule.h"
#include "analysis/rule_setting.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the four above.
#include <cmocka.h>

struct judged_case {
    const char *before; // replayed as the schema before the change, NULL: nothing
    const char *up;
    const char *down;   // NULL: none
    bool without_transaction;
    bool is_complete;   // `before` is all there is (--schema)
    enum dialect dialect;
    bool has_style;     // rules that are off by default are on
    const char *sizes;  // as of --sizes, NULL: none
    const struct config_budget *budget; // of tminus.yaml, NULL: none
    unsigned pg_version; // 0: 15
};

static struct migration_text judged_text(const char *path, const char *sql, bool in_transaction)
{
    if (sql == NULL)
        return (struct migration_text){0};
    return (struct migration_text){.path = path, .text = sql, .len = strlen(sql),
                                   .end = strlen(sql), .in_transaction = in_transaction};
}

static inline struct assessment *judged(TALLOC_CTX *mem, const struct judged_case *c)
{
    struct error err;
    struct assessment *assessment = NULL;
    const char *before = c->before == NULL ? "" : c->before;
    struct migration migrations[2] = {
        {.path = "1.up.sql", .is_context = true, .up = judged_text("1.up.sql", before, true)},
        {.path = "2.up.sql", .up = judged_text("2.up.sql", c->up, !c->without_transaction),
         .down = judged_text("2.down.sql", c->down, !c->without_transaction)},
    };
    struct change change = {.migrations = c->is_complete ? migrations + 1 : migrations,
                            .n_migrations = c->is_complete ? 1 : 2};
    struct script_source schema = {.path = "schema.sql", .text = before, .len = strlen(before),
                                   .end = strlen(before)};
    struct assessment_options options = {.dialect = c->dialect, .pg_version = c->pg_version,
                                         .schemas = &schema,
                                         .n_schemas = c->is_complete ? 1 : 0};
    const struct rule_settings style = {.has_style = true};
    options.rules = c->has_style ? &style : NULL;
    struct sizes *sizes = NULL;
    if (c->sizes != NULL && !sizes_read(mem, "sizes", c->sizes, strlen(c->sizes), &sizes, &err))
        fail_msg("%s", err.message);
    options.sizes = sizes;
    options.budget = c->budget;
    if (!assessment_make(mem, &change, &options, &assessment, &err))
        fail_msg("%s", err.message);
    return assessment;
}

static inline const struct finding *judged_find(const struct assessment *assessment, const char *rule)
{
    for (size_t i = 0; i < assessment->findings.n; i++) {
        if (strcmp(assessment->findings.list[i].rule, rule) == 0)
            return &assessment->findings.list[i];
    }
    return NULL;
}

#endif
