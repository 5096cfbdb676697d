/*
 * Measuring a run on PostgreSQL: what each statement locked, wrote anew, read, built and wrote.
 *
 * Within a transaction its own session is asked between statements; a statement that stands alone
 * and may stand in a transaction gets one for it. What cannot is watched from the second connection
 * while it runs. Nothing that the migration could see is set but client_min_messages, which it may
 * set itself: then the server's remarks are missing, and nothing else.
 *
 * Sources: what is read and why it tells was tried on PostgreSQL 15; docs/measured-run.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/run_measure.h"
#include "base/text.h"
#include <ctype.h>

#define LOOK_MS 5
#define WRITES_NONE(c) ((c).inserted + (c).updated + (c).deleted == 0)

// What is told of one statement.
struct report {
    TALLOC_CTX *mem;
    const struct run_measure *measure;
    const struct run_statement *statement;
    struct engine_measured measured;
    struct engine_lock *locks;
    struct engine_written *written;
};

static bool is_open(const struct run *run)
{
    return PQtransactionStatus(run->connection->handle) == PQTRANS_INTRANS;
}

// --- what kind of statement

static bool begins_with(const struct run_statement *statement, const char *word)
{
    size_t len = strlen(word);
    return strncasecmp(statement->sql, word, len) == 0 &&
           !isalnum((unsigned char)statement->sql[len]) && statement->sql[len] != '_';
}

static bool begins_with_any(const struct run_statement *statement, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (begins_with(statement, *words))
            return true;
    }
    return false;
}

// Work on rows that the form of the statement asks for, not a plan.
static bool is_definition(const struct run_statement *statement)
{
    static const char *const words[] = {"alter",   "create", "drop",    "reindex",
                                        "cluster", "vacuum", "refresh", NULL};
    return begins_with_any(statement, words);
}

bool run_measure_wraps(const struct run *run, const struct run_statement *statement)
{
    static const char *const words[] = {
        "alter",    "create",  "drop", "insert",  "update", "delete",  "merge",
        "with",     "select",  "do",   "comment", "grant",  "revoke",  "refresh",
        "truncate", "reindex", "copy", "cluster", "import", "analyze", NULL};
    return run->measure != NULL && !is_open(run) && statement->word == RUN_OTHER &&
           !statement->is_outside && !statement->may_commit && begins_with_any(statement, words);
}

// --- before

static void forget_files(struct run_measure *measure)
{
    for (size_t i = 0; i < measure->n; i++) {
        struct measure_relation *relation = &measure->relations[i];
        relation->is_rewritten = relation->is_emptied = relation->is_indexed = false;
    }
}

bool run_measure_open(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    if (run->request->measured == NULL)
        return true;
    if (run->is_pooled) {
        error_set(err, ERROR_INPUT, "%s: a run through a pooler cannot be measured",
                  run->connection->place);
        return error_hint(err, "give the URL of the server itself");
    }
    run->measure = mem_new(run->mem, struct run_measure);
    run->measure->mem = run->measure;
    TRY(measure_read_relations(run, err));
    unsigned *modes = mem_array(tmp, unsigned, run->measure->n + 1);
    return measure_read_locks(run, modes, err);
}

// After a rollback, to a savepoint too, files are again what they were.
static bool refresh(struct run *run, struct error *err)
{
    if (!run->measure->is_stale)
        return true;
    TRY(measure_read_relations(run, err));
    forget_files(run->measure);
    run->measure->is_stale = false;
    return true;
}

bool run_measure_begin(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    struct run_measure *measure = run->measure;
    if (measure == NULL || measure->has_baseline || !is_open(run))
        return true;
    TRY(refresh(run, err));
    TRY(measure_read_counts(run, err));
    unsigned *modes = mem_array(tmp, unsigned, measure->n + 1);
    TRY(measure_read_locks(run, modes, err));
    for (size_t i = 0; i < measure->n; i++)
        measure->relations[i].ours = modes[i] & ~measure->relations[i].modes;
    measure->has_baseline = true;
    return true;
}

static void look(void *context);

bool run_measure_before(struct run *run, const struct run_statement *statement, struct error *err)
{
    struct run_measure *measure = run->measure;
    if (measure == NULL)
        return true;
    if (statement->word == RUN_OTHER)
        TRY(refresh(run, err) && run_measure_begin(run, err));
    measure->is_watched = !is_open(run) && statement->word == RUN_OTHER;
    if (!measure->is_watched)
        return true;
    if (statement->may_commit)
        TRY(measure_read_stored(run, err));
    for (size_t i = 0; i < measure->n; i++)
        measure->relations[i].did = (struct measure_counts){0};
    run->connection->look = look;
    run->connection->look_context = run;
    run->connection->look_every_ms = LOOK_MS;
    return true;
}

// --- while it runs

void run_measure_remark(struct run *run, const char *text)
{
    struct run_measure *measure = run->measure;
    if (measure != NULL && run->at != NULL && measure->n_remarks < MEASURE_REMARKS_MAX)
        *mem_append(measure->mem, measure->remarks, measure->n_remarks) =
            mem_strdup(measure->mem, text);
}

static void look_at_locks(struct run *run)
{
    SCRATCH(tmp);
    struct error ignored;
    struct run_measure *measure = run->measure;
    unsigned *modes = mem_array(tmp, unsigned, measure->n + 1);
    if (!measure_read_locks(run, modes, &ignored))
        return;
    for (size_t i = 0; i < measure->n; i++)
        measure->relations[i].got_modes |= modes[i];
}

static void look_at_progress(struct run *run)
{
    SCRATCH(tmp);
    struct error ignored;
    struct run_measure *measure = run->measure;
    PGresult *result;
    if (!run->at->is_concurrent ||
        !run_watch_ask(tmp, &run->watch,
                       "SELECT phase FROM pg_stat_progress_create_index WHERE pid = $1::int4",
                       run->watch.process, &result, &ignored) ||
        PQntuples(result) == 0)
        return;
    const char *phase = PQgetvalue(result, 0, 0);
    const char *last = measure->n_remarks > 0 ? measure->remarks[measure->n_remarks - 1] : "";
    if (strcmp(last, phase) != 0)
        run_measure_remark(run, phase);
}

static void look(void *context)
{
    struct run *run = context;
    run_watch_look(&run->watch);
    if (run->watch.connection == NULL || run->at == NULL)
        return;
    look_at_locks(run);
    look_at_progress(run);
}

// --- after

static int strongest(unsigned modes)
{
    return modes == 0 ? -1 : 31 - __builtin_clz(modes);
}

static bool read_locks(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    struct run_measure *measure = run->measure;
    unsigned *modes = mem_array(tmp, unsigned, measure->n + 1);
    TRY(measure_read_locks(run, modes, err));
    for (size_t i = 0; i < measure->n; i++) {
        struct measure_relation *relation = &measure->relations[i];
        unsigned now = modes[i] & ~relation->ours;
        bool is_stronger = strongest(now) > strongest(relation->modes);
        relation->got_modes = is_stronger ? now : 0;
        relation->modes = now;
    }
    return true;
}

static char *locked_tables(TALLOC_CTX *mem, const struct run_measure *measure)
{
    char *oids = mem_strdup(mem, "{");
    for (size_t i = 0; i < measure->n; i++) {
        const struct measure_relation *relation = &measure->relations[i];
        if (relation->modes == 0 && relation->ours == 0)
            continue;
        unsigned oid = relation->table ? relation->table : relation->oid;
        oids = mem_printf(mem, "%s%s%u", oids, oids[1] == '\0' ? "" : ",", oid);
    }
    return mem_printf(mem, "%s}", oids);
}

static bool read_open(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    struct run_measure *measure = run->measure;
    for (size_t i = 0; i < measure->n; i++)
        measure->relations[i].did = (struct measure_counts){0};
    TRY(read_locks(run, err));
    if (!measure->has_baseline)
        return true;
    const char *oids = locked_tables(tmp, measure);
    return strcmp(oids, "{}") == 0 || measure_read_touched(run, oids, err);
}

static bool read_watched(struct run *run, const struct run_statement *statement, struct error *err)
{
    struct run_measure *measure = run->measure;
    SCRATCH(tmp);
    unsigned *modes = mem_array(tmp, unsigned, measure->n + 1);
    TRY(measure_read_locks(run, modes, err)); // for the log's place
    if (statement->may_commit) {
        for (size_t i = 0; i < measure->n; i++)
            measure->relations[i].did = (struct measure_counts){0};
        TRY(measure_read_stored(run, err));
    }
    return measure_read_relations(run, err);
}

static void forget(struct run_measure *measure, bool is_over)
{
    for (size_t i = 0; i < measure->n; i++) {
        struct measure_relation *relation = &measure->relations[i];
        relation->got_modes = 0;
        relation->did = (struct measure_counts){0};
        if (is_over)
            relation->modes = relation->ours = 0;
    }
    forget_files(measure);
    measure->has_baseline &= !is_over;
    measure->n_remarks = 0;
    measure->remarks = NULL;
}

// --- the report

static const char *title(const struct report *report, const struct measure_relation *relation)
{
    return mem_printf(report->mem, "%s.%s", relation->name.schema, relation->name.name);
}

static void tell_lock(struct report *report, const struct measure_relation *relation)
{
    bool is_index = relation->kind == 'i' || relation->kind == 'I';
    if (relation->got_modes == 0)
        return;
    enum lock_mode mode = (enum lock_mode)strongest(relation->got_modes);
    if (is_index && mode < LOCK_SHARE_UPDATE_EXCLUSIVE)
        return;
    *mem_append(report->mem, report->locks, report->measured.n_locks) =
        (struct engine_lock){.relation = title(report, relation), .mode = lock_mode_name(mode)};
}

// The server names relations without their schema.
static bool is_remarked(const struct report *report, const struct measure_relation *relation,
                        const char *what)
{
    SCRATCH(tmp);
    const char *name = mem_printf(tmp, "\"%s\"", relation->name.name);
    for (size_t i = 0; i < report->measure->n_remarks; i++) {
        const char *remark = report->measure->remarks[i];
        if (text_starts_with(remark, what) && strstr(remark, name) != NULL)
            return true;
    }
    return false;
}

// A query of the statement reads too; what its form asks for happens under a lock that it takes. A
// foreign key's check reads one side through its index, as its plan has it.
static bool is_scanned(const struct report *report, const struct measure_relation *relation)
{
    bool is_locked = relation->modes >> LOCK_ROW_SHARE != 0;
    if (relation->is_indexed)
        return true;
    if (relation->did.scans + relation->did.lookups == 0 || !is_locked)
        return false;
    return is_definition(report->statement) || is_remarked(report, relation, "verifying table") ||
           is_remarked(report, relation, "validating foreign key");
}

static void tell_work(struct report *report, const struct measure_relation *relation)
{
    struct engine_measured *measured = &report->measured;
    bool is_emptied = begins_with(report->statement, "truncate") ||
                      (relation->is_emptied && !is_definition(report->statement) &&
                       !is_remarked(report, relation, "rewriting table"));
    if (is_emptied)
        return;
    if (relation->is_rewritten && (relation->kind == 'r' || relation->kind == 'm'))
        *mem_append(report->mem, measured->rewrites, measured->n_rewrites) =
            title(report, relation);
    if (is_scanned(report, relation))
        *mem_append(report->mem, measured->scans, measured->n_scans) = title(report, relation);
    if (relation->is_indexed)
        *mem_append(report->mem, measured->index_builds, measured->n_index_builds) =
            title(report, relation);
}

static void tell_written(struct report *report, const struct measure_relation *relation)
{
    if (WRITES_NONE(relation->did))
        return;
    *mem_append(report->mem, report->written, report->measured.n_written) = (struct engine_written){
        .table = relation->name,
        .inserted = relation->did.inserted,
        .updated = relation->did.updated,
        .deleted = relation->did.deleted,
    };
}

static void tell(struct run *run, const struct run_statement *statement, int64_t took_us,
                 int64_t wal_before)
{
    SCRATCH(tmp);
    struct run_measure *measure = run->measure;
    struct report report = {.mem = tmp, .measure = measure, .statement = statement};
    for (size_t i = 0; i < measure->n; i++) {
        tell_lock(&report, &measure->relations[i]);
        tell_work(&report, &measure->relations[i]);
        tell_written(&report, &measure->relations[i]);
    }
    report.measured.start = statement->start;
    report.measured.end = statement->end;
    report.measured.took_us = took_us;
    report.measured.wal_bytes = measure->wal - wal_before;
    report.measured.locks = report.locks;
    report.measured.written = report.written;
    report.measured.remarks = measure->remarks;
    report.measured.n_remarks = measure->n_remarks;
    run->request->measured(run->request->measured_context, &report.measured);
}

static bool gives_back(const struct run_statement *statement)
{
    return begins_with(statement, "rollback") || begins_with(statement, "abort");
}

bool run_measure_after(struct run *run, const struct run_statement *statement, int64_t took_us,
                       struct error *err)
{
    struct run_measure *measure = run->measure;
    int64_t wal_before = measure->wal;
    if (measure->is_watched)
        TRY(read_watched(run, statement, err));
    else if (is_open(run))
        TRY(read_open(run, err));
    measure->is_watched = false;
    if (gives_back(statement)) {
        measure->is_stale = true;
        forget(measure, false);
    }
    tell(run, statement, took_us, wal_before);
    forget(measure, !is_open(run));
    return true;
}

void run_measure_over(struct run *run)
{
    if (run->measure != NULL)
        forget(run->measure, true);
}

bool run_measure_end(struct run *run, int64_t took_us, struct error *err)
{
    struct run_measure *measure = run->measure;
    size_t end = run->request->end;
    const struct run_statement commit = {.start = end, .end = end, .sql = "COMMIT"};
    if (measure == NULL)
        return true;
    int64_t wal_before = measure->wal;
    TRY(read_open(run, err));
    bool has_work = false;
    for (size_t i = 0; i < measure->n; i++) {
        const struct measure_relation *relation = &measure->relations[i];
        has_work |= relation->got_modes != 0 || !WRITES_NONE(relation->did);
    }
    if (has_work)
        tell(run, &commit, took_us, wal_before);
    forget(measure, false);
    return true;
}
