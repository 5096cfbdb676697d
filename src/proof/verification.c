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
#include "proof/sql.h"

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
    struct invariants invariants;
    struct results results;
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
    return true;
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
    const struct verification_request *request = verifying->request;
    char digest[65];

    if (request->expectation == EXPECT_APPLIED)
        return true;
    TRY(request->target->driver->catalog->digest(request->target->engine, digest, err));
    bool is_same = strcmp(digest, request->baseline->schema_digest) == 0;
    *mem_append(verifying->mem, verifying->results.list, verifying->results.n) = (struct result){
        .name = "I15/schema",
        .title = "the schema is as at the baseline",
        .status = is_same ? STATUS_PASS : STATUS_FAIL,
        .is_required = true,
        .command = target_command(verifying->mem, request->target,
                                  request->target->driver->dialect == DIALECT_SQLITE
                                      ? "SELECT sql FROM sqlite_schema ORDER BY type, name"
                                      : "SELECT * FROM information_schema.columns"),
        .expected = mem_strndup(verifying->mem, request->baseline->schema_digest, 12),
        .observed = mem_strndup(verifying->mem, digest, 12),
        .layer = LAYER_KNOWN,
        .at_ms = clock_wall_ms(),
    };
    return true;
}

// --- tables

static const char *names_text(TALLOC_CTX *mem, char *const *names, size_t n, int64_t all)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < n && i < 5; i++)
        text = mem_printf(mem, "%s%s%s", text, i == 0 ? "" : ", ", names[i]);
    return all > 5 ? mem_printf(mem, "%s, …", text) : text;
}

// `one` and `many`: what is so of one row, and of several.
static const char *keys_text(TALLOC_CTX *mem, const char *one, const char *many,
                             const struct key_difference *keys)
{
    const char *trait = "";
    int64_t n = keys->is_exact ? keys->unattributed : keys->keys;
    if (keys->trait != NULL && !keys->is_exact)
        trait = mem_printf(mem, " (%s whose %s)",
                           keys->is_exact_trait ? "every row" : "all are rows", keys->trait);
    if (keys->is_exact)
        trait = mem_printf(mem, " (%s does not delete %s)", keys->cause, n == 1 ? "it" : "them");
    return mem_printf(mem, "%s row%s %s: %s%s", quantity_count(mem, n), n == 1 ? "" : "s",
                      n == 1 ? one : many, names_text(mem, keys->samples, keys->n_samples, n),
                      trait);
}

// How a column differs, and in which rows.
static const char *column_text(TALLOC_CTX *mem, const struct column_difference *column)
{
    int64_t n = column->is_exact ? column->unattributed : column->rows;
    const char *rows = mem_printf(mem, "%s row%s", quantity_count(mem, n), n == 1 ? "" : "s");
    const char *keys = names_text(mem, column->samples, column->n_samples, n);

    if (column->is_exact && column->wrong == n)
        return mem_printf(mem, "%s is not what %s gives in %s: %s", column->column, column->cause,
                          rows, keys);
    if (column->is_exact)
        return mem_printf(mem, "%s differs in %s that %s does not explain: %s", column->column,
                          rows, column->cause, keys);
    if (column->cause == NULL)
        return mem_printf(mem, "%s differs in %s: %s", column->column, rows, keys);
    return mem_printf(mem, "%s differs in %s, %s more than %s names: %s", column->column, rows,
                      quantity_count(mem, column->unattributed), column->cause, keys);
}

static const char *add_line(TALLOC_CTX *mem, const char *text, const char *line)
{
    return text == NULL ? line : mem_printf(mem, "%s\n%s", text, line);
}

static const char *difference_text(TALLOC_CTX *mem, const struct comparison *comparison)
{
    const char *text = NULL;

    if (comparison->missing.unattributed > 0)
        text = add_line(mem, text, keys_text(mem, "is gone", "are gone", &comparison->missing));
    if (comparison->doubled.keys > 0)
        text = add_line(
            mem, text,
            keys_text(mem, "stands more than once", "stand more than once", &comparison->doubled));
    if (comparison->extra.unattributed > 0)
        text = add_line(mem, text, keys_text(mem, "is new", "are new", &comparison->extra));
    if (comparison->kept.keys > 0)
        text = add_line(
            mem, text,
            mem_printf(mem, "%s, although %s deletes %s",
                       keys_text(mem, "is still there", "are still there", &comparison->kept),
                       comparison->kept.cause, comparison->kept.keys == 1 ? "it" : "them"));
    for (size_t i = 0; i < comparison->n_columns; i++) {
        const struct column_difference *column = &comparison->columns[i];
        if (column->unattributed > 0)
            text = add_line(mem, text, column_text(mem, column));
    }
    return text;
}

// What came out of one table, as a result like the others.
static struct result verification_table_result(TALLOC_CTX *mem,
                                               const struct verification_request *request,
                                               const struct comparison *comparison)
{
    const char *name = sql_shown(mem, comparison->before->name);
    int64_t unattributed = comparison_unattributed(comparison);
    struct result result = {
        .name = mem_printf(mem, "I18/%s", name),
        .title = mem_printf(mem, "%s: every row is there once, as it was", name),
        .status = STATUS_PASS,
        .is_required = true,
        .command = mem_printf(mem, "tminus verify --baseline %s", request->baseline->path),
        .expected = mem_printf(mem, "%s rows", quantity_count(mem, comparison->before->rows)),
        .observed = mem_printf(mem, "%s rows", quantity_count(mem, comparison->rows_after)),
        .has_value = true,
        .value = (double)unattributed,
        .unit = "rows",
        .layer = LAYER_MEASURED,
        .at_ms = clock_wall_ms(),
    };
    if (comparison->after.name == NULL) {
        result.status = comparison->before->rows > 0 ? STATUS_WARN : STATUS_PASS;
        result.observed = mem_printf(mem, "dropped by %s", comparison->dropped);
        result.is_required = false;
    } else if (comparison->unknown != NULL) {
        result.status = STATUS_UNKNOWN;
        result.observed = "unknown";
        result.detail = comparison->unknown;
        result.has_value = false;
    } else if (unattributed > 0) {
        result.status = STATUS_FAIL;
        result.observed =
            mem_printf(mem, "%s difference%s that nothing explains",
                       quantity_count(mem, unattributed), unattributed == 1 ? "" : "s");
        result.expected = "none";
        result.detail = difference_text(mem, comparison);
    }
    return result;
}

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
        };
        struct comparison *made = mem_append(verifying->mem, out->tables, out->n_tables);
        TRY(comparison_make(verifying->mem, &comparison, made, err));
        *mem_append(verifying->mem, verifying->results.list, verifying->results.n) =
            verification_table_result(verifying->mem, request, made);
    }
    return true;
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

static bool open_file(struct verifying *verifying, TALLOC_CTX *tmp, struct error *err)
{
    TRY(table_file_open(tmp, "the temporary file of verify", TABLE_FILE_TEMPORARY, &verifying->file,
                        err));
    TRY(table_file_attach(verifying->file, verifying->request->baseline->path, "base", err));
    TRY(table_file_run(verifying->file,
                       "PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF;"
                       "PRAGMA main.cache_size = -65536",
                       err));
    return observation_tables(verifying->file, err);
}

static bool verify_all(struct verifying *verifying, struct verification *out, struct error *err)
{
    TRY(compare_tables(verifying, out, err));
    choose_invariants(verifying);
    TRY(judge_invariants(verifying, err));
    TRY(judge_schema(verifying, err));
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

    TRY(open_file(&verifying, tmp, err));
    TRY(table_file_run(verifying.file, "BEGIN", err));
    TRY(verify_in_snapshot(&verifying, &made, err));
    TRY(table_file_run(verifying.file, "COMMIT", err));
    sort_results(&verifying.results);
    made.invariants = verifying.results;
    made.verdict = results_verdict(&made.invariants);
    made.took_ms = clock_monotonic_ms() - started_ms;
    *out = made;
    return true;
}
