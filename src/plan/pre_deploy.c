/*
 * Pre-Deploy (Required): what must be known and signed before anything is changed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "change/expected_value.h"
#include "plan/making.h"
#include "proof/sql.h"

#define ACTIVITY_AGE "5 min" // PLAN_TRANSACTION_MAX_AGE_MS

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void add_assessment(struct making *making)
{
    const struct assessment *assessment = making->facts->assessment;
    size_t n_stops = findings_count(&assessment->findings, SEVERITY_STOP);
    struct plan_step *step = making_add(
        making, PLAN_PRE_DEPLOY,
        (struct plan_step){
            .kind = STEP_CHECK,
            .name = "pre.assess",
            .title = "Nothing in the migrations must stop the change",
            .command = command_assessment(making),
            .proof = "every statement is read by the database's own grammar and judged by rules",
            .expected = "no finding of severity stop, every statement understood",
            .is_required = true,
            .owner = making->reviewer,
            .layer = LAYER_PREDICTED,
        });

    step->status = n_stops > 0                        ? STATUS_FAIL
                   : assessment->n_not_understood > 0 ? STATUS_UNKNOWN
                                                      : STATUS_PASS;
    step->at = making->facts->made_at;
    step->observed = mem_printf(making->mem, "%zu stop, %zu warn; %zu of %zu statements understood",
                                n_stops, findings_count(&assessment->findings, SEVERITY_WARN),
                                assessment->n_understood, assessment->n_statements);
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        if (finding->severity == SEVERITY_STOP)
            step->detail = mem_printf(making->mem, "%s%s%s:%zu %s: %s",
                                      step->detail == NULL ? "" : step->detail,
                                      step->detail == NULL ? "" : "\n", base_name(finding->path),
                                      finding->line, finding->rule, finding->message);
    }
}

// What the data must answer before a statement may run.
static void add_questions(struct making *making)
{
    const struct findings *findings = &making->facts->assessment->findings;

    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        if (finding->question == NULL)
            continue;
        making_add(making, PLAN_PRE_DEPLOY,
                   (struct plan_step){
                       .kind = STEP_CHECK,
                       .name = mem_printf(making->mem, "pre.%s/%s:%zu", finding->rule,
                                          base_name(finding->path), finding->line),
                       .title = finding->question->title,
                       .command = command_query(making, finding->question->sql),
                       .sql = finding->question->sql,
                       .decision = finding->question->decision,
                       .samples = finding->question->samples,
                       .answer = INVARIANT_ZERO,
                       .proof = mem_printf(
                           making->mem, "%s:%zu %s", base_name(finding->path), finding->line,
                           finding->question->loses
                               ? "loses or changes what is counted, and no error says so"
                               : "fails on any row that is counted"),
                       .expected = "0",
                       .is_required = true,
                       .owner = making->database_owner,
                   });
    }
}

// --- the tables that the change looks values up in

struct writing {
    struct name table;
    bool is_written;
};

static void note_write(void *context, const struct query *query)
{
    struct writing *writing = context;

    if (query->target.name != NULL && strcmp(query->target.name, writing->table.name) == 0)
        writing->is_written = true;
}

static bool is_written(struct making *making, struct name table)
{
    struct writing writing = {.table = table};

    making_each_write(making, note_write, &writing);
    return writing.is_written;
}

static void add_mapping(struct making *making, struct name table)
{
    SCRATCH(tmp);
    const struct schema_relation *relation = schema_find(making->facts->schema, table);
    struct name known = relation == NULL ? table : relation->name;
    const char *shown = sql_shown(tmp, known);
    char *name = mem_printf(making->mem, "pre.mapping/%s", shown);

    if (plan_find(making->plan, name) != NULL || is_written(making, table) ||
        (relation == NULL && schema_is_complete(making->facts->schema)))
        return;
    const char *sql = mem_printf(making->mem, "SELECT count(*) FROM %s", sql_relation(tmp, known));
    making_add(making, PLAN_PRE_DEPLOY,
               (struct plan_step){
                   .kind = STEP_CHECK,
                   .name = name,
                   .title = mem_printf(making->mem, "Mapping data is there: %s", shown),
                   .command = command_query(making, sql),
                   .sql = sql,
                   .answer = INVARIANT_VALUE,
                   .expect = {.has_above = true, .above = 0},
                   .proof = "the change takes values from it",
                   .expected = "above 0 rows",
                   .is_required = true,
                   .owner = making->database_owner,
               });
}

// Of a copy, the rows themselves come from the first; what is joined to it maps them.
static void add_mappings(void *context, const struct query *query)
{
    struct making *making = context;
    bool is_copy = query->verb == QUERY_INSERT;

    for (size_t i = is_copy ? 1 : 0; i < query->n_reads; i++)
        add_mapping(making, query->reads[i]);
}

// --- baseline

static const char *expected_before(const struct making *making, const struct invariant *invariant)
{
    const struct config_expectation *expect = &invariant->expect;

    if (invariant->kind == INVARIANT_ZERO)
        return "0";
    if (invariant->kind != INVARIANT_VALUE)
        return "a value, which is saved and compared after the deploy";
    return expected_value_text(making->mem, expect);
}

static void add_invariant(struct making *making, const struct invariant *invariant)
{
    const char *sql = invariant->sql_before != NULL ? invariant->sql_before : invariant->sql;

    making_add(making, PLAN_PRE_DEPLOY,
               (struct plan_step){
                   .kind = STEP_CHECK,
                   .name = mem_printf(making->mem, "pre.%s", invariant->name),
                   .title = invariant->title,
                   .command = command_query(making, sql),
                   .sql = sql,
                   .samples = invariant->samples,
                   .answer = invariant->kind,
                   .expect = invariant->expect,
                   .proof = invariant->because,
                   .expected = expected_before(making, invariant),
                   .is_required = invariant->is_required,
                   .is_invariant = true,
                   .is_given = invariant->catalogue == NULL,
                   .owner = making->database_owner,
               });
}

static void add_baseline(struct making *making)
{
    SCRATCH(tmp);
    const char *age = quantity_duration(tmp, making->plan->baseline_max_age_ms);
    const char *of = making->plan->n_migrations == 0 ? "all tables" : "these migrations";

    making_add(making, PLAN_PRE_DEPLOY,
               (struct plan_step){
                   .kind = STEP_CHECK,
                   .name = "pre.baseline",
                   .title = "Save the expected values",
                   .command = command_tminus(making, "baseline save"),
                   .proof = "its SHA-256 stands in the journal; tminus baseline show lists it",
                   .expected = mem_printf(making->mem,
                                          "a baseline of %s with verdict GO, not "
                                          "older than %s when the change begins",
                                          of, age),
                   .is_required = true,
                   .undo = "none: it reads the database and writes a file beside the journal",
                   .owner = making->database_owner,
               });
}

static void add_activity(struct making *making)
{
    if (making->facts->assessment->dialect != DIALECT_POSTGRES)
        return;
    making_add(
        making, PLAN_PRE_DEPLOY,
        (struct plan_step){
            .kind = STEP_CHECK,
            .name = "pre.activity",
            .title = "Nothing in the server would hold the migration up",
            .command = command_query(
                making, "SELECT pid, usename, application_name, state, now() - xact_start AS "
                        "age FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY "
                        "xact_start"),
            .proof = "a lock waits for every transaction that holds one, and everybody "
                     "after it waits too",
            .expected = "no transaction older than " ACTIVITY_AGE
                        ", none prepared, nobody waiting for a lock",
            .is_required = true,
            .owner = making->database_owner,
        });
}

// --- what a person looks at

static bool has_environment(const struct making *making, const char *name)
{
    for (size_t i = 0; i < making->facts->config->n_environments; i++)
        if (strcmp(making->facts->config->environments[i].name, name) == 0)
            return true;
    return false;
}

static void add_staging(struct making *making)
{
    bool is_known = has_environment(making, "staging");
    const char *environment = making->plan->environment;

    if (making->plan->n_migrations == 0 ||
        (environment != NULL && strcmp(environment, "staging") == 0))
        return;
    making_add(making, PLAN_PRE_DEPLOY,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = "pre.staging",
                   .title = "The same migrations passed on staging",
                   .command = is_known ? "tminus verify --env staging" : NULL,
                   .proof = "its journal has the run: tminus journal show --env staging",
                   .expected = "applied there with these bytes, and verified with GO",
                   .is_required = true,
                   .undo = UNDO_READS,
                   .owner = making->deployer,
               });
    if (!is_known)
        plan_note(making->mem, making->plan,
                  "no environment 'staging' in tminus.yaml: with one, tminus verify --env staging "
                  "answers pre.staging");
}

static const char *copy_command(const struct making *making, const struct loss *loss,
                                const char *copy)
{
    SCRATCH(tmp);
    char *tables = mem_strdup(tmp, "");

    if (making->facts->assessment->dialect == DIALECT_SQLITE)
        return mem_printf(making->mem, "sqlite3 %s \"VACUUM INTO '%s.db'\"", making->facts->url,
                          copy);
    for (size_t i = 0; i < loss->n_tables; i++)
        tables = mem_printf(tmp, "%s --table=%s", tables, text_shell_quoted(tmp, loss->tables[i]));
    return mem_printf(making->mem, "pg_dump --format=custom%s --file=%s.dump --dbname=%s", tables,
                      copy, making->facts->url);
}

static void add_copy(struct making *making)
{
    struct loss loss = making_loss(making);
    bool is_sqlite = making->facts->assessment->dialect == DIALECT_SQLITE;
    const char *copy = making_copy_name(making);

    if (loss.n_tables == 0 || loss.is_unrecorded)
        return;
    making_add(
        making, PLAN_PRE_DEPLOY,
        (struct plan_step){
            .kind = STEP_MANUAL,
            .name = "pre.copy",
            .title = "Copy what the change overwrites or removes",
            .command = copy_command(making, &loss, copy),
            .proof = is_sqlite ? mem_printf(making->mem,
                                            "sqlite3 %s.db 'PRAGMA integrity_check' says ok", copy)
                               : mem_printf(making->mem,
                                            "pg_restore --file=/dev/null %s.dump reads it whole "
                                            "and ends with 0",
                                            copy),
            .expected = mem_printf(making->mem, "ends with 0; the copy holds %s%s", loss.tables[0],
                                   loss.n_tables > 1 ? " and the others" : ""),
            .is_required = true,
            .undo = mem_printf(making->mem, "rm %s.%s", copy, is_sqlite ? "db" : "dump"),
            .owner = making->database_owner,
        });
}

static void add_review(struct making *making)
{
    making_add(making, PLAN_PRE_DEPLOY,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = "pre.rollback_plan",
                   .title = "The rollback plan was read and accepted",
                   .proof = "somebody other than the author signs this plan's digest",
                   .expected = mem_printf(making->mem, "accepted as class %s",
                                          rollback_class_name(making->plan->rollback.class)),
                   .detail = making->plan->rollback.reason,
                   .is_required = true,
                   .undo = UNDO_READS,
                   .owner = making->reviewer,
               });
}

// Source: the checklist, "No - irreversible change (document why this is acceptable)".
static void add_acceptance(struct making *making)
{
    if (making->plan->rollback.class != ROLLBACK_IRREVERSIBLE)
        return;
    making_add(making, PLAN_PRE_DEPLOY,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = "pre.irreversible",
                   .title = "Write down why it is acceptable that there is no way back",
                   .proof = "the reason and who accepts it stand in the deployment ticket",
                   .expected = "a reason, and the name of somebody other than the author",
                   .detail = making->plan->rollback.reason,
                   .is_required = true,
                   .undo = UNDO_READS,
                   .owner = making->reviewer,
               });
}

void making_pre_deploy(struct making *making)
{
    const struct invariants *invariants = making->facts->invariants;

    add_assessment(making);
    making_deployed_code(making);
    add_questions(making);
    making_each_write(making, add_mappings, making);
    for (size_t i = 0; i < invariants->n; i++)
        if ((invariants->list[i].moments & MOMENT_BEFORE) != 0)
            add_invariant(making, &invariants->list[i]);
    add_baseline(making);
    add_activity(making);
    add_staging(making);
    add_copy(making);
    add_review(making);
    add_acceptance(making);
}
