/*
 * The plan of a migration run: which steps, and every reason not to begin.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/text.h"
#include "change/layout.h"
#include "flight/migrate.h"
#include "statement/lexer.h"

struct plan {
    TALLOC_CTX *mem;
    const struct migrate_request *request;
    const struct record *record;
    const struct migrate_undo *undo;
    struct migrate_report *report;
};

void migrate_sha256(const struct migration *migration, char out[65])
{
    const struct migration_text *up = &migration->up;
    struct digest_text digest = {""};
    if (up->path != NULL)
        digest = digest_of(up->text + up->start, up->end - up->start);
    memcpy(out, digest.hex, sizeof digest.hex);
}

static const struct record_entry *entry_of(const struct plan *plan,
                                           const struct migration *migration)
{
    SCRATCH(tmp);
    return record_find(plan->record, record_version(tmp, plan->record->format, migration));
}

// --- reasons not to begin

static bool check_dirty(const struct plan *plan, struct error *err)
{
    const char *table = plan->record->table_title;
    for (size_t i = 0; i < plan->record->n; i++) {
        if (!plan->record->entries[i].is_dirty)
            continue;
        error_set(err, ERROR_PARTIAL, "version %s was begun and never finished, says '%s'",
                  plan->record->entries[i].version, table);
        return error_hint(err,
                          "see what it left, finish or undo it by hand, then correct its row "
                          "in '%s'",
                          table);
    }
    return true;
}

static bool is_given(const struct plan *plan, const char *version)
{
    SCRATCH(tmp);
    const struct change *change = plan->request->change;
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        if (strcmp(record_version(tmp, plan->record->format, migration), version) == 0)
            return true;
    }
    return false;
}

static bool check_missing(const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->record->n; i++) {
        const char *version = plan->record->entries[i].version;
        if (is_given(plan, version))
            continue;
        error_set(err, ERROR_INPUT, "version %s was applied, says '%s', and no file of it is given",
                  version, plan->record->table_title);
        return error_hint(err, "give the folder that holds all applied migrations");
    }
    return true;
}

static bool check_edited(const struct plan *plan, struct error *err)
{
    const struct change *change = plan->request->change;
    for (size_t i = 0; i < change->n_migrations; i++) {
        char sha256[65];
        const struct record_entry *entry = entry_of(plan, &change->migrations[i]);
        migrate_sha256(&change->migrations[i], sha256);
        if (entry == NULL || entry->sha256 == NULL || strcmp(entry->sha256, sha256) == 0)
            continue;
        error_set(err, ERROR_INPUT,
                  "%s: changed after it was applied (SHA-256 %.12s then, %.12s now)",
                  change->migrations[i].path, entry->sha256, sha256);
        return error_hint(err, "bring the file back as it was, and write the change as a new "
                               "migration");
    }
    return true;
}

static bool is_empty(const struct migration_text *text, enum dialect dialect)
{
    struct lexer lexer = lexer_make(dialect, text->text, text->start, text->end);
    struct token token = lexer_next(&lexer);
    while (token.kind == TOKEN_SEMICOLON)
        token = lexer_next(&lexer);
    return token.kind == TOKEN_END;
}

static bool check_text(const struct plan *plan, const struct migration *migration,
                       struct error *err)
{
    bool is_undo = plan->request->is_undo;
    const struct migration_text *text = is_undo ? &migration->down : &migration->up;
    const char *direction = is_undo ? "down" : "up";
    if (text->path == NULL || (is_undo && is_empty(text, plan->request->driver->dialect))) {
        error_set(err, ERROR_INPUT, "%s: %s %s", migration->path,
                  text->path ? "has an empty" : "has no", direction);
        return error_hint(err, "nothing was touched");
    }
    if (text->unseen == NULL)
        return true;
    error_set(err, ERROR_UNKNOWN, "%s:%zu: %s runs here and is not in the text", text->path,
              text->unseen_line, text->unseen);
    return error_hint(err, "run this migration with its own tool");
}

// Of one release both halves go back one behind the other, and not one through the other.
static bool check_phase(const struct plan *plan, const struct migration *migration,
                        struct error *err)
{
    bool is_after = migration->phase == PHASE_AFTER_RELEASE;

    if (migration->phase == plan->request->phase)
        return true;
    error_set(err, ERROR_INPUT, "%s: is applied, and runs %s the release", migration->path,
              is_after ? "after" : "before");
    return error_hint(err, "%s",
                      is_after ? "what runs after the release is undone first: "
                                 "tminus migrate --undo --after-release --steps N"
                               : "without --after-release it is undone");
}

// What runs after the release waits for what runs before it.
static bool check_none_before(const struct plan *plan, struct error *err)
{
    const struct change *change = plan->request->change;

    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        if (migration->phase != PHASE_BEFORE_RELEASE || entry_of(plan, migration) != NULL)
            continue;
        error_set(err, ERROR_POLICY, "%s: is pending, and runs before the release",
                  migration->path);
        return error_hint(err, "what runs after the release waits for it: tminus migrate");
    }
    return true;
}

// --- steps

static struct migrate_step *add_step(struct plan *plan, const struct migration *migration,
                                     const struct migration *previous)
{
    struct migrate_report *report = plan->report;
    struct migrate_step *step = mem_append(plan->mem, report->steps, report->n_steps);
    step->migration = migration;
    step->previous = previous;
    step->version = record_version(plan->mem, plan->record->format, migration);
    migrate_sha256(migration, step->sha256);
    return step;
}

static const struct migration *applied_before(const struct plan *plan, size_t at)
{
    const struct change *change = plan->request->change;
    while (at-- > 0) {
        if (entry_of(plan, &change->migrations[at]) != NULL)
            return &change->migrations[at];
    }
    return NULL;
}

static bool plan_undo(struct plan *plan, struct error *err)
{
    const struct migrate_request *request = plan->request;
    const struct change *change = request->change;
    for (size_t i = change->n_migrations; i-- > 0;) {
        const struct migration *migration = &change->migrations[i];
        if ((int64_t)plan->report->n_steps == request->steps)
            return true;
        bool is_applied = entry_of(plan, migration) != NULL;
        if (!is_applied && !plan->undo[i].waits)
            continue;
        TRY(check_phase(plan, migration, err));
        if (is_applied && !plan->undo[i].is_data_alone)
            TRY(check_text(plan, migration, err));
        add_step(plan, migration, applied_before(plan, i))->is_data_only = !is_applied;
    }
    if ((int64_t)plan->report->n_steps == request->steps)
        return true;
    error_set(err, ERROR_INPUT, "%lld steps are to be undone, and %zu migrations are applied",
              (long long)request->steps, plan->report->n_steps);
    return error_hint(err, "nothing was touched");
}

// The place behind the last migration to apply.
// As its file writes it (0003) or as the record does (3).
static bool is_version(const struct plan *plan, const struct migration *migration, const char *text)
{
    SCRATCH(tmp);
    return strcmp(migration->version, text) == 0 ||
           strcmp(record_version(tmp, plan->record->format, migration), text) == 0;
}

static bool find_end(const struct plan *plan, size_t *end, struct error *err)
{
    const struct change *change = plan->request->change;
    const char *to = plan->request->to;
    for (*end = 0; *end < change->n_migrations; (*end)++) {
        if (to != NULL && is_version(plan, &change->migrations[*end], to)) {
            (*end)++;
            return true;
        }
    }
    if (to == NULL)
        return true;
    error_set(err, ERROR_USAGE, "no migration has the version '%s'", to);
    return error_hint(err, "the last one is '%s'",
                      *end ? change->migrations[*end - 1].version : "(none)");
}

static bool check_gap(struct plan *plan, size_t at, size_t n_applied_behind, struct error *err)
{
    const struct migration *migration = &plan->request->change->migrations[at];
    if (n_applied_behind == 0)
        return true;
    if (record_refuses_gaps(plan->record->format)) {
        error_set(err, ERROR_INPUT, "%s: is not applied, and a later one is", migration->path);
        return error_hint(err, "%s refuses that too; give it a higher version",
                          plan->request->change->layout->name);
    }
    struct migrate_report *report = plan->report;
    *mem_append(plan->mem, report->notes, report->n_notes) =
        mem_printf(plan->mem, "%s: is not applied, and %zu later ones are: it runs behind them",
                   migration->path, n_applied_behind);
    return true;
}

static bool plan_apply(struct plan *plan, struct error *err)
{
    const struct change *change = plan->request->change;
    size_t end;
    size_t n_left = plan->record->n;
    TRY(find_end(plan, &end, err));
    if (plan->request->phase == PHASE_AFTER_RELEASE)
        TRY(check_none_before(plan, err));
    for (size_t i = 0; i < end; i++) {
        const struct migration *migration = &change->migrations[i];
        if (entry_of(plan, migration) != NULL) {
            n_left--;
            continue;
        }
        if (migration->phase != plan->request->phase)
            continue;
        TRY(check_text(plan, migration, err));
        TRY(check_gap(plan, i, n_left, err));
        add_step(plan, migration, i > 0 ? &change->migrations[i - 1] : NULL);
    }
    return true;
}

bool migrate_plan(TALLOC_CTX *mem, const struct migrate_request *request,
                  const struct record *record, const struct migrate_undo *undo,
                  struct migrate_report *report, struct error *err)
{
    struct plan plan = {
        .mem = mem, .request = request, .record = record, .undo = undo, .report = report};
    TRY(check_dirty(&plan, err));
    TRY(check_missing(&plan, err));
    TRY(check_edited(&plan, err));
    return request->is_undo ? plan_undo(&plan, err) : plan_apply(&plan, err);
}
