/*
 * What the statements of a server's log are: see command_statements.h.
 *
 * A tool asks much about the catalog, and writes its own record; and a data migration may send one
 * statement a row. Neither is worth a line each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/command_statements.h"
#include "statement/reader.h"
#include <ctype.h>

struct seen { // of one logged text
    bool counts;
    const char *kind;
    struct name target; // of a lone statement that writes rows; name NULL: of another one
};

struct taking {
    TALLOC_CTX *mem;
    struct reader *reader;
    const char *path;
    const struct name *records;
    size_t n_records;
    struct measured_run *run;
    struct seen last;   // told
    int64_t n_repeated; // of the last one
    size_t n_told;
    int64_t n_more, more_us; // past the limit
};

static bool is_record(const struct taking *taking, struct name name)
{
    for (size_t i = 0; name.name != NULL && i < taking->n_records; i++) {
        const struct name *record = &taking->records[i];
        if (strcmp(record->name, name.name) == 0 &&
            (name.schema == NULL || strcmp(record->schema, name.schema) == 0))
            return true;
    }
    return false;
}

static bool query_writes(const struct taking *taking, const struct query *query)
{
    bool reads_only =
        query->verb == QUERY_SELECT || query->verb == QUERY_VALUES || query->copies_to;
    if (query->selects_into || (!reads_only && !is_record(taking, query->target)))
        return true;
    for (size_t i = 0; i < query->n_inner; i++)
        if (!is_record(taking, query->inner[i]->target))
            return true;
    return false;
}

static bool action_counts(const struct taking *taking, const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_BEGIN:
    case ACTION_COMMIT:
    case ACTION_ROLLBACK:
    case ACTION_SAVEPOINT:
    case ACTION_SET_VARIABLE:
    case ACTION_LOCK_TABLE:
    case ACTION_EXECUTE: return false;
    case ACTION_QUERY: return action->query == NULL || query_writes(taking, action->query);
    case ACTION_OTHER: return false; // SHOW, DECLARE, LISTEN …
    default: return !is_record(taking, action->relation);
    }
}

static bool is_row_query(const struct statement *statement)
{
    return statement->n_actions == 1 && statement->actions[0].kind == ACTION_QUERY &&
           statement->actions[0].query != NULL && statement->actions[0].query->target.name != NULL;
}

static void look(const struct taking *taking, const struct statement *statement, struct seen *out)
{
    bool counts = false;
    if (statement->is_inner)
        return;
    for (size_t i = 0; i < statement->n_actions; i++)
        counts |= action_counts(taking, &statement->actions[i]);
    if (!counts)
        return;
    out->target = (struct name){0};
    if (!out->counts && is_row_query(statement))
        out->target = statement->actions[0].query->target;
    out->kind = out->counts ? out->kind : statement->kind;
    out->counts = true;
}

// Of a text that our grammar does not know: its first word.
static char *first_word(TALLOC_CTX *mem, const char *sql)
{
    size_t len = strcspn(sql, " \t\n(;");
    char *word = mem_strndup(mem, sql, len);
    for (char *c = word; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    return word;
}

static bool see(const struct taking *taking, const char *sql, struct seen *out, struct error *err)
{
    struct script *script;
    const struct script_source source = {
        .path = taking->path, .text = sql, .len = strlen(sql), .end = strlen(sql)};
    *out = (struct seen){0};
    if (!reader_read(taking->mem, taking->reader, &source, &script, err)) {
        if (err->code != ERROR_INPUT)
            return false;
        *out = (struct seen){.counts = true, .kind = first_word(taking->mem, sql)};
        return true;
    }
    for (size_t i = 0; i < script->n_statements; i++)
        look(taking, &script->statements[i], out);
    if (script->n_not_understood > 0 && !out->counts)
        *out = (struct seen){.counts = true, .kind = first_word(taking->mem, sql)};
    return true;
}

// The same for other rows, as the one before it.
static bool is_repeated(const struct taking *taking, const struct seen *seen)
{
    const struct name a = taking->last.target;
    const struct name b = seen->target;
    return a.name != NULL && b.name != NULL && strcmp(a.name, b.name) == 0 &&
           strcmp(taking->last.kind, seen->kind) == 0 && (a.schema == NULL) == (b.schema == NULL) &&
           (a.schema == NULL || strcmp(a.schema, b.schema) == 0);
}

static void remark(struct taking *taking)
{
    struct measured_run *run = taking->run;
    if (taking->n_repeated == 0)
        return;
    struct measured_statement *last = &run->statements[run->n_statements - 1];
    *mem_append(taking->mem, last->remarks, last->n_remarks) =
        mem_printf(taking->mem, "and %lld more like it", (long long)taking->n_repeated);
    taking->n_repeated = 0;
}

static struct measured_statement *append(struct taking *taking, const char *kind, const char *sql)
{
    struct measured_run *run = taking->run;
    struct effects *effects = mem_new(taking->mem, struct effects);
    effects->layer = LAYER_MEASURED;
    effects->unknown_reason = "another program sent it";
    struct measured_statement *one = mem_append(taking->mem, run->statements, run->n_statements);
    *one = (struct measured_statement){.path = taking->path,
                                       .line = ++taking->n_told,
                                       .column = 1,
                                       .sql = sql,
                                       .kind = kind,
                                       .effects = effects,
                                       .wal_bytes = -1};
    return one;
}

static bool take(struct taking *taking, const struct logged_statement *logged, struct error *err)
{
    struct seen seen;
    struct measured_run *run = taking->run;
    int64_t took_us = logged->took_us > 0 ? logged->took_us : 0;
    if (logged->has_failed)
        return true;
    TRY(see(taking, logged->sql, &seen, err));
    if (!seen.counts)
        return true;
    run->took_us += took_us;
    if (taking->n_told > 0 && is_repeated(taking, &seen)) {
        run->statements[run->n_statements - 1].took_us += took_us;
        taking->n_repeated++;
        return true;
    }
    if (taking->n_told >= COMMAND_STATEMENTS_MAX) {
        taking->n_more++;
        taking->more_us += took_us;
        return true;
    }
    remark(taking);
    append(taking, seen.kind, logged->sql)->took_us = took_us;
    taking->last = seen;
    return true;
}

bool command_statements_take(TALLOC_CTX *mem, const struct server_log *log, const char *path,
                             const struct name *records, size_t n, struct measured_run *run,
                             struct error *err)
{
    struct taking taking = {
        .mem = mem, .path = path, .records = records, .n_records = n, .run = run};
    taking.n_more = (int64_t)log->n_more;
    TRY(reader_open(mem, DIALECT_POSTGRES, &taking.reader, err));
    for (size_t i = 0; i < log->n; i++)
        TRY(take(&taking, &log->list[i], err));
    remark(&taking);
    if (taking.n_more > 0)
        append(&taking, "OTHER", mem_printf(mem, "%lld statements more", (long long)taking.n_more))
            ->took_us = taking.more_us;
    return true;
}
