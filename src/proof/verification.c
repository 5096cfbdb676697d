/*
 * Verification: invariants and tables after the change, and the verdict over both.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/verification.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/text.h"
#include "proof/observation.h"
#include "proof/offenders.h"
#include "proof/runs.h"
#include "proof/sql.h"
#include "proof/table_writes.h"

const char *expectation_name(enum expectation expectation)
{
    return expectation == EXPECT_APPLIED ? "applied" : "as-before";
}

bool verification_expect(const struct target *target, const struct baseline *baseline, int recorded,
                         enum expectation *out, struct error *err)
{
    char digest[65];

    TRY(target->driver->catalog->digest(target->engine, digest, err));
    bool is_same = strcmp(digest, baseline->schema_digest) == 0;
    bool is_absent = recorded == 0 || (recorded < 0 && is_same && baseline->changes_schema);
    *out = is_absent ? EXPECT_AS_BEFORE : EXPECT_APPLIED;
    return true;
}

struct verifying {
    TALLOC_CTX *mem;
    const struct verification_request *request;
    struct table_file *file;
    struct schema *schema; // as it is now
    struct attribution attribution;
    struct writers writers;
    struct invariants invariants;
    struct results results; // of the invariants
};

// --- which invariants

static bool is_user(const struct invariant *invariant)
{
    return invariant->catalogue == NULL;
}

// The user's as tminus.yaml has them now: one may have been added, or made stricter, since.
static void add_current(struct verifying *verifying, const struct config *config)
{
    for (size_t i = 0; i < config->n_invariants; i++) {
        const struct config_invariant *given = &config->invariants[i];
        *mem_append(verifying->mem, verifying->invariants.list,
                    verifying->invariants.n) = (struct invariant){
            .name = given->name,
            .title = given->name,
            .kind = given->kind,
            .moments = MOMENT_BOTH,
            .sql = given->sql,
            .tolerance = given->tolerance,
            .expect = given->expect,
            .is_required = true,
            .because = mem_printf(verifying->mem, "%s:%zu", file_base(config->path), given->line),
        };
    }
}

static void choose_invariants(struct verifying *verifying)
{
    const struct verification_request *request = verifying->request;
    const struct invariants *stored = &request->baseline->invariants;
    bool has_config = request->config != NULL && request->config->path != NULL;

    if (has_config)
        add_current(verifying, request->config);
    for (size_t i = 0; i < stored->n; i++) {
        struct invariant invariant = stored->list[i];
        // Taken out of tminus.yaml since: it was promised, so it is asked.
        if (has_config && is_user(&invariant) &&
            invariants_find(&verifying->invariants, invariant.name) != NULL)
            continue;
        if (request->expectation == EXPECT_AS_BEFORE) {
            // The change is not there: what is asked is what was asked before it.
            if (invariant.moments != MOMENT_BOTH)
                continue;
            if (invariant.sql_before != NULL)
                invariant.sql = invariant.sql_before;
        } else if ((invariant.moments & MOMENT_AFTER) == 0) {
            continue;
        }
        *mem_append(verifying->mem, verifying->invariants.list, verifying->invariants.n) =
            invariant;
    }
}

// A question that was changed since the baseline has no answer to compare with.
static bool is_asked_anew(const struct verifying *verifying, const struct invariant *invariant)
{
    const struct invariant *stored =
        invariants_find(&verifying->request->baseline->invariants, invariant->name);
    return is_user(invariant) && stored != NULL && strcmp(stored->sql, invariant->sql) != 0 &&
           (invariant->kind == INVARIANT_SAME || invariant->kind == INVARIANT_KEYS_KEPT);
}

static bool judge_invariant(struct verifying *verifying, const struct invariant *invariant,
                            struct error *err)
{
    const struct target *target = verifying->request->target;
    struct result *result =
        mem_append(verifying->mem, verifying->results.list, verifying->results.n);

    TRY(observation_take(verifying->file, target, invariant, MOMENT_AFTER, err));
    TRY(observation_judge_after(verifying->mem, verifying->file, target, invariant, result, err));
    if (is_asked_anew(verifying, invariant)) {
        result->status = STATUS_UNKNOWN;
        result->observed = "unknown";
        result->detail =
            "its query was changed since the baseline; save a new one before the change";
    }
    const struct offenders_request offenders = {
        .writers = &verifying->writers,
        .baseline = verifying->request->baseline,
        .schema = verifying->schema,
        .file = verifying->file,
    };
    return offenders_explain(verifying->mem, &offenders, invariant, result, err);
}

static bool judge_invariants(struct verifying *verifying, struct error *err)
{
    const struct target *target = verifying->request->target;

    for (size_t i = 0; i < verifying->invariants.n; i++) {
        if (target->progress != NULL)
            target->progress(target->context, "invariants", (int64_t)i,
                             (int64_t)verifying->invariants.n);
        TRY(judge_invariant(verifying, &verifying->invariants.list[i], err));
    }
    return true;
}

// What contradicted the change already at the baseline is no verdict now; it tells the cause.
static bool add_causes(struct verifying *verifying, struct error *err)
{
    const struct verification_request *request = verifying->request;
    struct results before;

    if (request->expectation == EXPECT_AS_BEFORE)
        return true;
    TRY(baseline_results(verifying->mem, request->baseline, request->target, &before, err));
    for (size_t i = 0; i < before.n; i++) {
        const struct invariant *invariant =
            invariants_find(&request->baseline->invariants, before.list[i].name);
        // What the copy would lose or double is by now seen in the table itself.
        if (before.list[i].status != STATUS_FAIL || invariant->moments != MOMENT_BEFORE ||
            text_ends_with(invariant->name, ".before"))
            continue;
        struct result result = before.list[i];
        result.status = STATUS_WARN;
        result.is_required = false;
        result.title = mem_printf(verifying->mem, "already at the baseline: %s", result.title);
        *mem_append(verifying->mem, verifying->results.list, verifying->results.n) = result;
    }
    return true;
}

// Undone means the schema too.
static bool judge_schema(struct verifying *verifying, struct error *err)
{
    struct result result;

    if (verifying->request->expectation == EXPECT_APPLIED)
        return true;
    TRY(verification_schema_result(verifying->mem, verifying->request, &result, err));
    *mem_append(verifying->mem, verifying->results.list, verifying->results.n) = result;
    return true;
}

// A change that keeps all rows, and makes nothing that could be looked for (COMMENT, GRANT): the
// record is all that tells.
static void judge_recorded(struct verifying *verifying)
{
    const struct verification_request *request = verifying->request;
    if (!request->baseline->keeps_rows || request->expectation != EXPECT_APPLIED ||
        verifying->results.n > 0 || request->baseline->n_tables > 0)
        return;
    *mem_append(verifying->mem, verifying->results.list, verifying->results.n) = (struct result){
        .name = "I15/applied",
        .title = "the migrations are applied, and touch no row",
        .status = request->is_recorded ? STATUS_PASS : STATUS_UNKNOWN,
        .is_required = true,
        .command = "tminus migrate --dry-run",
        .expected = "all are recorded as applied",
        .observed = request->is_recorded ? "all are" : "not known",
        .layer = LAYER_KNOWN,
        .at_ms = clock_wall_ms(),
    };
}

// Half of a change is neither what was before nor what it leaves.
static void judge_applied(struct verifying *verifying)
{
    if (verifying->request->partly == NULL)
        return;
    *mem_append(verifying->mem, verifying->results.list, verifying->results.n) = (struct result){
        .name = "I15/applied",
        .title = "all migrations of the baseline are applied, or none",
        .status = STATUS_UNKNOWN,
        .is_required = true,
        .command = "tminus migrate --dry-run",
        .expected = "all or none are recorded as applied",
        .observed = verifying->request->partly,
        .detail = mem_printf(verifying->mem,
                             "%s\napply the rest, or undo them all, then verify again: "
                             "the rest of this is of the whole change",
                             verifying->request->partly),
        .layer = LAYER_KNOWN,
        .at_ms = clock_wall_ms(),
    };
}

// --- tables

static bool compare_tables(struct verifying *verifying, struct verification *out, struct error *err)
{
    const struct verification_request *request = verifying->request;

    for (size_t i = 0; i < request->baseline->n_tables; i++) {
        const struct baseline_table *table = &request->baseline->tables[i];
        const struct comparison_request comparison = {
            .target = request->target,
            .baseline = request->baseline,
            .table = table,
            .traced = trace_find_before(request->baseline->trace, table->name),
            .as_before = request->expectation == EXPECT_AS_BEFORE,
            .file = verifying->file,
            .schema = verifying->schema,
            .writers = writers_are_told(&verifying->writers) ? &verifying->writers : NULL,
        };
        struct comparison *made = mem_append(verifying->mem, out->tables, out->n_tables);
        TRY(comparison_make(verifying->mem, &comparison, made, err));
    }
    return true;
}

static bool attribute_tables(struct verifying *verifying, struct verification *made,
                             struct error *err)
{
    const struct table_writes_request request = {
        .writers = &verifying->writers,
        .baseline = verifying->request->baseline,
        .schema = verifying->schema,
        .file = verifying->file,
    };

    for (size_t i = 0; i < made->n_tables; i++) {
        struct attribution_table facts;
        if (!comparison_is_unexplained(&made->tables[i]))
            continue;
        TRY(table_writes_read(&request, &made->tables[i], &facts, err));
        comparison_attribute(verifying->mem, &made->tables[i], &facts);
    }
    return true;
}

static bool is_accusing(const struct verification *made)
{
    for (size_t i = 0; i < made->n_tables; i++)
        if (made->tables[i].damage == NULL && comparison_status(&made->tables[i]) == STATUS_FAIL)
            return true;
    return false;
}

// Sessions that wrote may not have been added up yet: who says "nobody else wrote" waits for them.
static bool settle(const struct verifying *verifying, int64_t until_ms, struct error *err)
{
    const struct target *target = verifying->request->target;
    int64_t left_ms = until_ms - clock_wall_ms();
    bool is_never = false;
    struct error failure;

    if (target->wait == NULL || left_ms <= 0)
        return true;
    if (target->progress != NULL)
        target->progress(target->context, "waiting for the server's counters", 0, 0);
    if (wait_until(target->wait, &is_never, clock_monotonic_ms() + left_ms, &failure) ||
        failure.code == ERROR_UNREACHABLE)
        return true;
    *err = failure;
    return false;
}

static bool attribute_settled(struct verifying *verifying, struct verification *made,
                              int64_t compared_ms, struct error *err)
{
    const struct table_writes_request request = {.writers = &verifying->writers};
    int64_t settled_ms = table_writes_settled_ms(&request, compared_ms);

    TRY(attribute_tables(verifying, made, err));
    if (!is_accusing(made) || clock_wall_ms() >= settled_ms)
        return true;
    TRY(settle(verifying, settled_ms, err));
    return attribute_tables(verifying, made, err);
}

// --- the whole

static int rank(const struct result *result)
{
    static const int ranks[] = {
        [STATUS_FAIL] = 0, [STATUS_UNKNOWN] = 1, [STATUS_MANUAL] = 2,
        [STATUS_WARN] = 3, [STATUS_WAIVED] = 4,  [STATUS_PASS] = 5,
    };
    return ranks[result->status];
}

// Worst first; otherwise the order stays: tables come first, then the user's own.
static void sort_results(struct results *results)
{
    for (size_t i = 1; i < results->n; i++) {
        struct result moving = results->list[i];
        size_t at = i;
        for (; at > 0 && rank(&results->list[at - 1]) > rank(&moving); at--)
            results->list[at] = results->list[at - 1];
        results->list[at] = moving;
    }
}

static struct results all_results(struct verifying *verifying, const struct verification *made)
{
    TALLOC_CTX *mem = verifying->mem;
    struct results all = {0};

    for (size_t i = 0; i < made->n_tables; i++) {
        *mem_append(mem, all.list, all.n) =
            verification_table_result(mem, verifying->request, &made->tables[i]);
        if (made->tables[i].n_foreign > 0)
            *mem_append(mem, all.list, all.n) = verification_foreign_result(mem, &made->tables[i]);
    }
    verification_weigh(mem, made, &verifying->invariants, &verifying->results);
    for (size_t i = 0; i < verifying->results.n; i++)
        *mem_append(mem, all.list, all.n) = verifying->results.list[i];
    sort_results(&all);
    return all;
}

static bool open_file(struct verifying *verifying, TALLOC_CTX *tmp, struct error *err)
{
    TRY(table_file_open(tmp, "the temporary file of verify", TABLE_FILE_TEMPORARY, &verifying->file,
                        err));
    TRY(table_file_attach(verifying->file, verifying->request->baseline->path, "base", err));
    if (verifying->request->noted != NULL)
        TRY(table_file_attach(verifying->file, verifying->request->noted, "noted", err));
    TRY(table_file_run(verifying->file,
                       "PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF;"
                       "PRAGMA main.cache_size = -16384",
                       err));
    return observation_tables(verifying->file, err);
}

static bool read_runs(struct verifying *verifying, struct error *err)
{
    const struct verification_request *request = verifying->request;

    verifying->writers = (struct writers){
        .target = request->target,
        .instant = request->is_alone ? NULL : request->baseline->instant,
        .attribution = &verifying->attribution,
        .has_noted = request->noted != NULL,
    };
    verifying->attribution.unknown = "there is no journal of what was run";
    if (request->journal == NULL || !writers_are_told(&verifying->writers))
        return true;
    return runs_read(verifying->mem, request->journal, request->baseline,
                     request->expectation == EXPECT_APPLIED, &verifying->attribution, err);
}

static bool verify_all(struct verifying *verifying, struct verification *out, struct error *err)
{
    const struct target *target = verifying->request->target;

    TRY(target->driver->catalog->read(verifying->mem, target->engine, &verifying->schema, err));
    TRY(compare_tables(verifying, out, err));
    choose_invariants(verifying);
    judge_applied(verifying);
    TRY(judge_invariants(verifying, err));
    TRY(judge_schema(verifying, err));
    judge_recorded(verifying);
    return add_causes(verifying, err);
}

static bool verify_in_snapshot(struct verifying *verifying, struct verification *out,
                               struct error *err)
{
    const struct target *target = verifying->request->target;
    struct error ignored;

    TRY(target->driver->session->snapshot_begin(target->engine, err));
    bool is_done = verify_all(verifying, out, err);
    bool is_ended = target->driver->session->snapshot_end(target->engine, is_done ? err : &ignored);
    return is_done && is_ended;
}

bool verification_make(TALLOC_CTX *mem, const struct verification_request *request,
                       struct verification *out, struct error *err)
{
    SCRATCH(tmp);
    struct verifying verifying = {.mem = mem, .request = request};
    struct verification made = {.expectation = request->expectation, .baseline = request->baseline};
    int64_t started_ms = clock_monotonic_ms();

    TRY(read_runs(&verifying, err));
    TRY(open_file(&verifying, tmp, err));
    TRY(table_file_run(verifying.file, "BEGIN", err));
    TRY(verify_in_snapshot(&verifying, &made, err));
    TRY(attribute_settled(&verifying, &made, clock_wall_ms(), err));
    TRY(table_file_run(verifying.file, "COMMIT", err));
    made.invariants = all_results(&verifying, &made);
    made.verdict = results_verdict(&made.invariants);
    made.decisive = verification_decisive(&made, &verifying.invariants);
    made.took_ms = clock_monotonic_ms() - started_ms;
    *out = made;
    return true;
}
