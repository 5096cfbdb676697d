/*
 * tminus verify: is the data what the change says it should be, by the baseline from before it?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "command/verify_against.h"
#include "journal/events.h"
#include "proof/report.h"
#include "proof/traffic.h"
#include "proof/verification.h"

#define KEY_DATABASE 0x201
#define KEY_BASELINE 0x202
#define KEY_EXPECT 0x203
#define PENDING_SHOWN 3
#define KEY_AGAINST 0x204
#define KEY_TABLE 0x205

#define MAX_AGE_MS ((int64_t)3600 * 1000) // the runbook's hour, where tminus.yaml says nothing

struct request {
    const struct program *program;
    TALLOC_CTX *mem;
    struct options options;
    const char *database;
    const char *baseline;
    bool is_expected; // `expectation` was given
    enum expectation expectation;
    const char *against;
    struct against_pair *pairs;
    size_t n_pairs;
    const char **paths;
    size_t n_paths;
};

static const struct argp_option table[] = {
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 1},
    {"baseline", KEY_BASELINE, "FILE", 0, "this baseline, instead of the last one of the database",
     1},
    {"expect", KEY_EXPECT, "STATE", 0,
     "applied or as-before, instead of what the record of migrations says", 1},
    {"against", KEY_AGAINST, "URL", 0,
     "compare with the tables of this database as they are now, instead of a baseline", 1},
    {"table", KEY_TABLE, "T[=OTHER]", 0,
     "with --against: this table, with OTHER of the other database; repeatable", 1},
    {0},
};

static void read_expectation(struct argp_state *state, struct request *request, const char *text)
{
    request->is_expected = true;
    if (strcmp(text, "applied") == 0)
        request->expectation = EXPECT_APPLIED;
    else if (strcmp(text, "as-before") == 0)
        request->expectation = EXPECT_AS_BEFORE;
    else
        argp_error(state, "--expect is applied or as-before, not '%s'", text);
}

static void read_pair(struct request *request, char *text)
{
    char *other = strchr(text, '=');
    if (other != NULL)
        *other++ = '\0';
    *mem_append(request->mem, request->pairs, request->n_pairs) =
        (struct against_pair){.here = text, .there = other == NULL ? text : other};
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_BASELINE: request->baseline = value; return 0;
    case KEY_AGAINST: request->against = value; return 0;
    case KEY_TABLE: read_pair(request, value); return 0;
    case KEY_EXPECT: read_expectation(state, request, value); return 0;
    case ARGP_KEY_ARG:
        *mem_append(request->mem, request->paths, request->n_paths) = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "[MIGRATIONS…]",
    .doc =
        "Compare the database with its baseline: invariants, and every row of the tables that the "
        "change touches. Where the change is applied, each difference must be explained by it; "
        "where "
        "it is not, everything must be as it was. With --against, two databases' tables are "
        "compared "
        "row by row, or two tables of one. Ends with 0 GO, 1 NO-GO, 3 HOLD.",
    .children = options_children,
};

// --- the migrations, as they were when the baseline was taken

static const struct migration *find_version(const struct change *change, const char *version)
{
    for (size_t i = 0; i < change->n_migrations; i++)
        if (change->migrations[i].version != NULL && version != NULL &&
            strcmp(change->migrations[i].version, version) == 0)
            return &change->migrations[i];
    return NULL;
}

static bool check_unchanged(const struct change *change, const struct baseline *baseline,
                            struct error *err)
{
    json_auto_t *now = inspection_migrations(change);

    for (size_t i = 0; i < json_array_size(baseline->migrations); i++) {
        const json_t *then = json_array_get(baseline->migrations, i);
        const struct migration *migration = find_version(change, json_get_text(then, "version"));
        if (migration == NULL)
            continue;
        const json_t *same = json_array_get(now, (size_t)(migration - change->migrations));
        const char *a = json_get_text(then, "sha256"), *b = json_get_text(same, "sha256");
        if (a != NULL && b != NULL && strcmp(a, b) == 0)
            continue;
        error_set(err, ERROR_BASELINE, "%s: changed since the baseline was saved", migration->path);
        return error_hint(
            err, "the baseline was made for another text of it; save a new one before the change");
    }
    return true;
}

struct recorded {
    int all; // 1: every migration of the baseline is recorded as applied; 0: none; -1: else
    const char *partly; // "5 of 6 are, and these are not: …"; NULL: all or none, or not known
};

static struct recorded count_recorded(TALLOC_CTX *mem, const struct change *change,
                                      const struct baseline *baseline, const bool *is_applied)
{
    size_t n = json_array_size(baseline->migrations), n_applied = 0, n_found = 0;
    const char *pending = "";

    for (size_t i = 0; i < n; i++) {
        const struct migration *migration =
            find_version(change, json_get_text(json_array_get(baseline->migrations, i), "version"));
        if (migration == NULL)
            continue;
        n_found++;
        if (is_applied[migration - change->migrations])
            n_applied++;
        else if (n_found - n_applied <= PENDING_SHOWN)
            pending = mem_printf(mem, "%s%s%s", pending, *pending ? ", " : "", migration->path);
    }
    if (n == 0 || n_found < n)
        return (struct recorded){-1, NULL};
    if (n_applied == n || n_applied == 0)
        return (struct recorded){n_applied == n, NULL};
    return (struct recorded){-1, mem_printf(mem, "%zu of %zu are, and %zu not: %s%s", n_applied, n,
                                            n - n_applied, pending,
                                            n - n_applied > PENDING_SHOWN ? ", …" : "")};
}

static bool read_recorded(TALLOC_CTX *mem, const struct inspection *inspection,
                          const struct request *request, const struct baseline *baseline,
                          struct recorded *recorded, struct error *err)
{
    const char **paths = request->paths;
    size_t n = request->n_paths;
    bool has_folder = database_has_migrations(&inspection->choice);
    struct change *change;
    int64_t n_applied;

    *recorded = (struct recorded){-1, NULL};
    // Neither a path nor a folder: the files that the baseline was taken for.
    if (n == 0 && !has_folder)
        for (size_t i = 0; i < json_array_size(baseline->migrations); i++)
            *mem_append(mem, paths, n) =
                json_get_text(json_array_get(baseline->migrations, i), "path");
    if (n == 0 && !has_folder)
        return true;
    TRY(database_read_change(mem, &inspection->choice, paths, n, &change, err));
    bool *is_applied = mem_array(mem, bool, change->n_migrations + 1);
    TRY(inspection_count_applied(mem, inspection, change, is_applied, &n_applied, err));
    if (n_applied >= 0)
        *recorded = count_recorded(mem, change, baseline, is_applied);
    return check_unchanged(change, baseline, err);
}

// --- may the baseline be used?

static bool check_age(const struct inspection *inspection, const struct baseline *baseline,
                      struct error *err)
{
    const struct config_environment *environment = inspection->choice.environment;
    int64_t max_age_ms = environment == NULL ? MAX_AGE_MS : environment->baseline_max_age_ms;
    int64_t moment_ms = clock_wall_ms(), migrated_ms;
    struct error ignored;
    json_t *event;

    // What counts is how old it was when the change was made, not when somebody looks.
    const struct engine_identity *identity = &inspection->target.identity;
    TRY(journal_last(inspection->journal, EVENT_MIGRATION_APPLIED, "database", identity->database,
                     &event, err));
    if (event != NULL && clock_parse(json_get_text(event, "ts"), &migrated_ms, &ignored) &&
        migrated_ms > baseline->taken_ms)
        moment_ms = migrated_ms;
    json_decref(event);
    return baseline_check_age(baseline, moment_ms, max_age_ms, err);
}

static bool choose_expectation(TALLOC_CTX *mem, const struct inspection *inspection,
                               const struct request *request, const struct baseline *baseline,
                               struct verification_request *out, struct error *err)
{
    struct recorded recorded;

    TRY(read_recorded(mem, inspection, request, baseline, &recorded, err));
    out->is_recorded = recorded.all == 1;
    if (request->is_expected) {
        out->expectation = request->expectation;
        return true;
    }
    out->partly = recorded.partly;
    return verification_expect(&inspection->target, baseline, recorded.all, &out->expectation, err);
}

// --- the record of it

static json_t *verified_event(const struct inspection *inspection,
                              const struct verification *verification)
{
    json_t *data = json_object();
    int64_t counts[STATUS_MANUAL + 1] = {0};
    int64_t missing = 0, extra = 0, doubled = 0, unattributed = 0, by_traffic = 0;

    for (size_t i = 0; i < verification->invariants.n; i++)
        counts[verification->invariants.list[i].status]++;
    for (size_t i = 0; i < verification->n_tables; i++) {
        missing += verification->tables[i].missing.keys;
        extra += verification->tables[i].extra.keys;
        doubled += verification->tables[i].doubled.keys;
        unattributed += comparison_unattributed(&verification->tables[i]);
        by_traffic += comparison_by_traffic(&verification->tables[i]);
    }
    json_put_text(data, "baseline", verification->baseline->path);
    json_put_text(data, "sha256", verification->baseline->sha256);
    json_put_text(data, "database", inspection->target.identity.database);
    json_put_text(data, "environment", inspection->choice.environment_name);
    json_put_text(data, "verdict", verdict_name(verification->verdict));
    json_put_bool(data, "unattributable",
                  verification->verdict == VERDICT_NO_GO && verification->decisive == NULL);
    json_put_text(data, "expectation", expectation_name(verification->expectation));
    json_put_integer(data, "passed", counts[STATUS_PASS]);
    json_put_integer(data, "failed", counts[STATUS_FAIL]);
    json_put_integer(data, "unknown", counts[STATUS_UNKNOWN]);
    json_put_integer(data, "tables", (int64_t)verification->n_tables);
    json_put_integer(data, "missing_keys", missing);
    json_put_integer(data, "extra_keys", extra);
    json_put_integer(data, "duplicated_keys", doubled);
    json_put_integer(data, "unattributed", unattributed);
    json_put_integer(data, "by_traffic", by_traffic);
    return data;
}

static bool verify(TALLOC_CTX *mem, struct inspection *inspection, const struct request *request,
                   struct verification *out, struct journal_head *head, struct error *err)
{
    struct baseline *baseline;
    struct verification_request verification = {
        .target = &inspection->target,
        .config = inspection->choice.config,
    };

    TRY(inspection_open_baseline(mem, inspection, request->baseline, &baseline, err));
    // Also where tminus.yaml is not at hand, or forgot them since.
    target_mask(mem, &inspection->target, baseline->masked, baseline->n_masked);
    TRY(baseline_check_identity(baseline, &inspection->target.identity, err));
    TRY(check_age(inspection, baseline, err));
    TRY(choose_expectation(mem, inspection, request, baseline, &verification, err));
    verification.baseline = baseline;
    verification.journal = inspection->journal;
    TRY(traffic_find(mem, inspection->journal, baseline, &verification.noted, err));
    TRY(verification_make(mem, &verification, out, err));
    TRY(journal_append(inspection->journal, EVENT_VERIFIED, verified_event(inspection, out), err));
    return journal_head(inspection->journal, head, err);
}

static bool check_together(const struct request *request, struct error *err)
{
    if (request->against == NULL && request->n_pairs > 0)
        return error_set(err, ERROR_USAGE, "--table goes with --against");
    if (request->against != NULL &&
        (request->baseline != NULL || request->is_expected || request->n_paths > 0))
        return error_set(err, ERROR_USAGE,
                         "--against compares two databases as they are: it takes no baseline, no "
                         "--expect and no migrations");
    return options_format_allowed(&request->options,
                                  OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err);
}

static int run_against(const struct program *program, const struct request *request,
                       struct error *err)
{
    const struct verify_against against = {
        .options = &request->options,
        .database = request->database,
        .url = request->against,
        .pairs = request->pairs,
        .n_pairs = request->n_pairs,
    };
    return verify_against_run(program, &against, err);
}

static int verify_database(void *context, const char *database, bool *is_shown, struct error *err)
{
    SCRATCH(tmp);
    const struct request *request = context;
    struct inspection inspection = {.query_timeout_ms = INSPECTION_LONG_MS};
    struct verification verification;
    struct journal_head head;

    if (!inspection_open(tmp, request->program, &request->options, database, &inspection, err))
        return -1;
    bool is_verified = verify(tmp, &inspection, request, &verification, &head, err);
    inspection_end_progress(&inspection);
    if (!is_verified)
        return -1;
    const struct report_proof_options options = {
        .is_colored = log_is_colored(stdout),
        .is_whole = request->options.verbosity > 0,
        .journal = &head,
    };
    if (request->options.format == FORMAT_JSON)
        report_verification_json(stdout, &verification, &options);
    else
        report_verification_text(stdout, &verification, &options);
    *is_shown = true;
    return command_exit_status(verification.verdict);
}

static int verify_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {.mem = tmp, .program = program};

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!check_together(&request, err))
        return -1;
    if (request.against != NULL)
        return run_against(program, &request, err);
    const struct database_work work = {
        .options = &request.options,
        .given = request.database,
        .needs_name = request.n_paths > 0 || request.baseline != NULL,
        .schema = "tminus/verify/1",
        .run = verify_database,
        .context = &request,
    };
    return database_each(&work, err);
}

const struct command command_verify = {
    .name = "verify",
    .arguments = "[PATH…]",
    .summary = "is the data what the change says it should be",
    .when = "after",
    .run = verify_run,
};
