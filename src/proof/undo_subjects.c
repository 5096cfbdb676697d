/*
 * What an undo log keeps: see undo_subjects.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/undo_subjects.h"
#include "base/file.h"

static bool loses_columns(const struct trace_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i]->dropped != NULL)
            return true;
    return table->dropped != NULL || table->is_rewritten;
}

// The columns that were there and that UPDATEs name; none where something else may write others.
static void name_columns(TALLOC_CTX *mem, const struct trace_table *table,
                         struct engine_undo_subject *out)
{
    const char **columns = NULL;
    for (size_t i = 0; table->indirect == NULL && i < table->n_columns; i++)
        if (table->columns[i]->written.cause != NULL && table->columns[i]->before != NULL)
            *mem_append(mem, columns, out->n_updated) = table->columns[i]->before;
    out->updated = columns;
    out->is_updated_only = table->indirect == NULL && table->added == NULL &&
                           table->removed.cause == NULL && !out->is_rewritten;
}

static void name_renames(TALLOC_CTX *mem, const struct trace_table *table,
                         struct engine_undo_subject *out)
{
    struct engine_undo_rename *renamed = NULL;
    if (table->after.name != NULL && strcmp(table->before.name, table->after.name) != 0)
        out->after = table->after.name;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct trace_column *column = table->columns[i];
        if (column->before != NULL && column->after != NULL &&
            strcmp(column->before, column->after) != 0)
            *mem_append(mem, renamed, out->n_renamed) =
                (struct engine_undo_rename){column->before, column->after};
    }
    out->renamed = renamed;
}

// Does it overwrite or delete anything that was there?
static bool overwrites(const struct trace_table *table, const struct engine_undo_subject *subject)
{
    return subject->n_updated > 0 || subject->is_rewritten || table->removed.cause != NULL ||
           table->indirect != NULL;
}

struct naming {
    TALLOC_CTX *mem;
    struct engine_undo_subject *list;
    size_t n;
};

static void name_traced(struct naming *naming, const struct trace *trace)
{
    for (size_t i = 0; i < trace->n_tables; i++) {
        const struct trace_table *table = trace->tables[i];
        if (table->before.name == NULL || !trace_is_changed(table))
            continue;
        struct engine_undo_subject subject = {.table = table->before,
                                              .is_rewritten = loses_columns(table)};
        name_columns(naming->mem, table, &subject);
        name_renames(naming->mem, table, &subject);
        if (overwrites(table, &subject))
            *mem_append(naming->mem, naming->list, naming->n) = subject;
    }
}

// --- what a DO block says to write: whether it does, and which columns, its text does not tell

static void add_whole(struct naming *naming, const struct schema *schema, struct name name)
{
    const struct schema_relation *relation = schema_find(schema, name);
    if (relation == NULL)
        return;
    for (size_t i = 0; i < naming->n; i++) {
        struct engine_undo_subject *subject = &naming->list[i];
        if (!trace_is_same_name(subject->table, relation->name))
            continue;
        subject->n_updated = 0;
        subject->is_updated_only = false;
        return;
    }
    *mem_append(naming->mem, naming->list, naming->n) =
        (struct engine_undo_subject){.table = relation->name};
}

static void name_inner(struct naming *naming, const struct schema *schema,
                       const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct query *query = statement->actions[i].query;
        if (query != NULL && query->target.name != NULL && query->verb != QUERY_SELECT)
            add_whole(naming, schema, query->target);
    }
}

// CASCADE takes tables and columns with it that no text names.
static bool drops_unnamed(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        bool holds_others = action->object == OBJECT_SCHEMA || action->object == OBJECT_TYPE ||
                            action->object == OBJECT_DOMAIN || action->object == OBJECT_EXTENSION;
        if (action->kind == ACTION_DROP && action->cascade && holds_others)
            return true;
    }
    return false;
}

static bool is_up(const struct assessed_script *script)
{
    return !script->is_down && !script->migration->is_context && script->script != NULL;
}

static const char *name_scripts(struct naming *naming, const struct reading *reading)
{
    const char *unread = NULL;
    for (size_t i = 0; i < reading->assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &reading->assessment->scripts[i];
        const struct script *script = assessed->script;
        if (!is_up(assessed))
            continue;
        if (script->n_not_understood > 0 && unread == NULL)
            unread = mem_printf(naming->mem, "%s:%zu", file_base(script->not_understood[0].path),
                                script->not_understood[0].line);
        for (size_t s = 0; s < script->n_statements; s++) {
            const struct statement *statement = &script->statements[s];
            if (statement->is_inner)
                name_inner(naming, reading->schema, statement);
            if (drops_unnamed(statement) && unread == NULL)
                unread = trace_cause(naming->mem, statement);
        }
    }
    return unread;
}

bool undo_subjects_name(TALLOC_CTX *mem, const struct reading *reading,
                        struct engine_undo_request *out)
{
    struct naming naming = {.mem = mem};
    name_traced(&naming, reading->trace);
    const char *unread = name_scripts(&naming, reading);
    out->subjects = naming.list;
    out->n_subjects = naming.n;
    out->acting = reading->trace->acting;
    out->n_acting = reading->trace->n_acting;
    out->unnamed = reading->trace->unnamed != NULL ? reading->trace->unnamed : unread;
    // Who writes unseen may write any column, and delete.
    for (size_t i = 0; (out->n_acting > 0 || out->unnamed != NULL) && i < naming.n; i++) {
        naming.list[i].n_updated = 0;
        naming.list[i].is_updated_only = false;
    }
    return out->n_subjects > 0 || out->n_acting > 0 || out->unnamed != NULL;
}
