/*
 * Runs: the migrations that were run since a baseline, read from the journal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/runs.h"
#include "base/clock.h"
#include "journal/events.h"

struct reading {
    TALLOC_CTX *mem;
    const struct baseline *baseline;
    struct attribution *out;
    char *begun;        // path of a run that has no result yet
    bool is_taken_back; // one failed, and nothing of it stayed
};

static bool is_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_of_database(const struct reading *reading, const json_t *data)
{
    const struct engine_identity *own = &reading->baseline->identity;
    const char *system = json_get_text(data, "system");

    return is_same(json_get_text(data, "database"), own->database) &&
           (own->system == NULL || system == NULL || strcmp(system, own->system) == 0);
}

// The first reason stands.
static void set_unknown(struct reading *reading, const char *reason)
{
    if (reading->out->unknown == NULL)
        reading->out->unknown = reason;
}

static void read_written(TALLOC_CTX *mem, const json_t *list, struct attribution_run *run)
{
    run->has_written = json_is_array(list);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *from = json_array_get(list, i);
        *mem_append(mem, run->written, run->n_written) = (struct engine_written){
            .table = {NULL, mem_strdup(mem, json_get_text(from, "table"))},
            .inserted = json_get_integer(from, "inserted", 0),
            .updated = json_get_integer(from, "updated", 0),
            .deleted = json_get_integer(from, "deleted", 0),
        };
    }
}

static const json_t *find_migration(const struct reading *reading, const char *sha256)
{
    const json_t *migrations = reading->baseline->migrations;

    for (size_t i = 0; i < json_array_size(migrations); i++)
        if (is_same(json_get_text(json_array_get(migrations, i), "sha256"), sha256))
            return json_array_get(migrations, i);
    return NULL;
}

// A migration that writes no rows needs no number: CREATE INDEX CONCURRENTLY has none.
static bool writes_no_rows(const struct reading *reading, const char *sha256)
{
    return json_is_false(json_object_get(find_migration(reading, sha256), "writes"));
}

static void add_run(struct reading *reading, const json_t *event, const json_t *data)
{
    TALLOC_CTX *mem = reading->mem;
    struct attribution_run run = {
        .migration = mem_strdup(mem, json_get_text(data, "migration")),
        .sha256 = mem_strdup(mem, json_get_text(data, "sha256")),
        .transaction = (uint64_t)json_get_integer(data, "transaction", 0),
        .end = (uint64_t)json_get_integer(data, "transaction_end", 0),
    };
    struct error ignored;

    if (!clock_parse(json_get_text(event, "ts") ?: "", &run.ended_ms, &ignored))
        run.ended_ms = 0;
    read_written(mem, json_object_get(data, "written"), &run);
    if (run.transaction == 0 && writes_no_rows(reading, run.sha256))
        run.has_written = true;
    else if (run.transaction == 0)
        set_unknown(reading, mem_printf(mem, "%s was not run in one transaction of known number",
                                        run.migration));
    if (find_migration(reading, run.sha256) == NULL ||
        !is_same(json_get_text(data, "direction"), "up"))
        reading->out->is_traced = false;
    *mem_append(mem, reading->out->runs, reading->out->n_runs) = run;
}

static bool take_event(void *context, const json_t *event)
{
    struct reading *reading = context;
    const json_t *data = json_object_get(event, "data");
    const char *name = json_get_text(event, "event") ?: "";
    const char *migration = json_get_text(data, "migration");

    bool is_data = strcmp(name, EVENT_DATA_UNDO_STARTED) == 0 ||
                   strcmp(name, EVENT_DATA_UNDONE) == 0 ||
                   strcmp(name, EVENT_DATA_UNDO_FAILED) == 0;

    if ((!is_data && strncmp(name, "migration-", strlen("migration-")) != 0) ||
        !is_of_database(reading, data))
        return true;
    if (strcmp(name, EVENT_MIGRATION_STARTED) == 0 || strcmp(name, EVENT_DATA_UNDO_STARTED) == 0) {
        reading->begun = mem_strdup(reading->mem, migration);
        return true;
    }
    reading->begun = NULL;
    if (strcmp(name, EVENT_DATA_UNDO_FAILED) == 0)
        return true; // nothing went back
    if (strcmp(name, EVENT_MIGRATION_FAILED) != 0)
        add_run(reading, event, data);
    else if (is_same(json_get_text(data, "state"), "taken back"))
        reading->is_taken_back = true;
    else
        set_unknown(reading, mem_printf(reading->mem, "%s was applied in part", migration));
    return true;
}

// By its text: paths depend on where tminus was started, and records write versions in their own
// way.
static bool was_run(const struct attribution *attribution, const json_t *migration)
{
    for (size_t i = 0; i < attribution->n_runs; i++)
        if (is_same(attribution->runs[i].sha256, json_get_text(migration, "sha256")))
            return true;
    return false;
}

static void check_whole(struct reading *reading, bool is_applied)
{
    const json_t *migrations = reading->baseline->migrations;

    for (size_t i = 0; is_applied && i < json_array_size(migrations); i++) {
        const json_t *migration = json_array_get(migrations, i);
        if (!was_run(reading->out, migration))
            set_unknown(reading, mem_printf(reading->mem, "%s was not run by tminus migrate",
                                            json_get_text(migration, "path")));
    }
    if (reading->out->n_runs == 0 && (is_applied || !reading->is_taken_back))
        set_unknown(reading, "no migration was run by tminus migrate since the baseline");
}

bool runs_read(TALLOC_CTX *mem, struct journal *journal, const struct baseline *baseline,
               bool is_applied, struct attribution *out, struct error *err)
{
    json_auto_t *saved = NULL;
    struct attribution attribution = {.is_traced = true};
    struct reading reading = {.mem = mem, .baseline = baseline, .out = &attribution};

    TRY(journal_last(journal, EVENT_BASELINE_SAVED, "sha256", baseline->sha256, &saved, err));
    TRY(journal_read(journal, saved == NULL ? 1 : json_get_integer(saved, "seq", 0) + 1, take_event,
                     &reading, err));
    if (reading.begun != NULL)
        set_unknown(&reading, mem_printf(mem, "%s was begun and never ended", reading.begun));
    check_whole(&reading, is_applied);
    *out = attribution;
    return true;
}

static bool is_called(const struct name *name, const char *text)
{
    SCRATCH(tmp);

    return text != NULL && (is_same(name->name, text) ||
                            (name->schema != NULL &&
                             is_same(mem_printf(tmp, "%s.%s", name->schema, name->name), text)));
}

static void add_written(const struct attribution_run *run, const struct name *name,
                        struct engine_written *sum)
{
    for (size_t i = 0; i < run->n_written; i++) {
        const struct engine_written *written = &run->written[i];
        if (!is_called(name, written->table.name))
            continue;
        sum->inserted += written->inserted;
        sum->updated += written->updated;
        sum->deleted += written->deleted;
    }
}

bool runs_wrote(const struct attribution *attribution, const struct name *names, size_t n,
                struct engine_written *out)
{
    struct engine_written sum = {0};

    for (size_t i = 0; i < attribution->n_runs; i++) {
        if (!attribution->runs[i].has_written)
            return false;
        for (size_t t = 0; t < n; t++)
            add_written(&attribution->runs[i], &names[t], &sum);
    }
    *out = sum;
    return attribution->unknown == NULL;
}

int64_t runs_ended_ms(const struct attribution *attribution)
{
    int64_t last = 0;
    for (size_t i = 0; i < attribution->n_runs; i++)
        if (attribution->runs[i].ended_ms > last)
            last = attribution->runs[i].ended_ms;
    return last;
}
