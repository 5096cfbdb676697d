/*
 * Planned: SQL in, plan out, for the tests of plan/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_PLANNED_H
#define TEST_PLANNED_H

#include "analysis/size.h"
#include "change/layout.h"
#include "plan/facts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the four above.
#include <cmocka.h>

struct planned_case {
    const char *before; // the whole schema before the change
    const char *up;
    const char *down;  // NULL: none
    const char *sizes; // as of --sizes, NULL: none
    const char *yaml;  // tminus.yaml, NULL: none; its first environment is taken
    enum dialect dialect;
    const char *version, *previous; // release commits
    const char *database;           // that was asked, NULL: none
    const char *layout;             // NULL: golang-migrate
    bool has_own_tool;              // tminus does not write its record
    enum plan_console console;
    enum migration_phase phase;
};

static inline struct migration_text planned_text(const char *path, const char *sql)
{
    if (sql == NULL)
        return (struct migration_text){0};
    return (struct migration_text){
        .path = path, .text = sql, .len = strlen(sql), .end = strlen(sql), .in_transaction = true};
}

static inline struct config *planned_config(TALLOC_CTX *mem, const char *yaml)
{
    struct error err;
    struct config *config = mem_new(mem, struct config);
    struct yaml *document;

    config->service = "shop";
    if (yaml == NULL)
        return config;
    if (!yaml_read(mem, "tminus.yaml", yaml, strlen(yaml), &document, &err))
        fail_msg("%s", err.message);
    const struct yaml *environments = yaml_get(document, "environments");
    config->document = document;
    config->environments = mem_new(mem, struct config_environment);
    config->environments->name = environments->entries[0].key;
    config->environments->baseline_max_age_ms = PLAN_BASELINE_MAX_AGE_MS;
    config->n_environments = 1;
    return config;
}

static inline void planned_assess(TALLOC_CTX *mem, const struct planned_case *c,
                                  struct plan_facts *facts)
{
    struct error err;
    struct sizes *sizes = NULL;
    struct assessment *assessment;
    struct change *change = mem_new(mem, struct change);
    const char *before = c->before == NULL ? "" : c->before;
    struct script_source schema = {
        .path = "schema.sql", .text = before, .len = strlen(before), .end = strlen(before)};
    struct assessment_options options = {
        .dialect = c->dialect, .schemas = &schema, .n_schemas = 1};

    change->layout = layout_find(c->layout == NULL ? "golang-migrate" : c->layout);
    change->migrations = mem_array(mem, struct migration, 1);
    change->n_migrations = c->up == NULL ? 0 : 1;
    change->migrations[0] = (struct migration){.version = "0002",
                                               .name = "emails",
                                               .path = "db/0002_emails.up.sql",
                                               .up = planned_text("db/0002_emails.up.sql", c->up),
                                               .down =
                                                   planned_text("db/0002_emails.down.sql", c->down),
                                               .phase = c->phase};
    if (c->sizes != NULL && !sizes_read(mem, "sizes", c->sizes, strlen(c->sizes), &sizes, &err))
        fail_msg("%s", err.message);
    options.sizes = sizes;
    if (!assessment_make(mem, change, &options, &assessment, &err))
        fail_msg("%s", err.message);
    facts->change = change;
    facts->assessment = assessment;
    facts->schema = assessment->before;
}

static inline struct plan *planned(TALLOC_CTX *mem, const struct planned_case *c)
{
    struct error err;
    struct invariants *invariants = mem_new(mem, struct invariants);
    struct trace *trace;
    struct config *config = planned_config(mem, c->yaml);
    struct plan_facts facts = {
        .config = config,
        .environment = config->n_environments > 0 ? config->environments : NULL,
        .target = {.engine = dialect_name(c->dialect), .database = c->database, .text = c->database},
        .title = "Classify emails",
        .version = c->version,
        .previous = c->previous,
        .options = "--env production",
        .assess_options = "--env production",
        .paths = "",
        .url = "\"$DATABASE_URL\"",
        .client = "psql \"$DATABASE_URL\" -Xc",
        .folder = "db",
        .runs_migrations = !c->has_own_tool,
        .console = c->console,
        .made_at = "2026-11-21T14:00:00.000Z",
    };

    planned_assess(mem, c, &facts);
    if (!invariants_derive(mem, facts.assessment, facts.schema, config, invariants, &trace, &err))
        fail_msg("%s", err.message);
    facts.invariants = invariants;
    facts.trace = trace;
    return plan_make(mem, &facts);
}

static inline struct plan_step *planned_step(struct plan *plan, const char *name)
{
    struct plan_step *step = plan_find(plan, name);
    if (step == NULL)
        fail_msg("the plan has no step '%s'", name);
    return step;
}

#endif
