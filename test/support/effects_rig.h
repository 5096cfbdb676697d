/*
 * For tests of effects: two databases that were one, of PostgreSQL or SQLite, and what differs between them as text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_EFFECTS_RIG_H
#define SUPPORT_EFFECTS_RIG_H

#include "proof/verification.h"
#include "postgres_server.h"
#include "rehearsal/effects_find.h"

struct effects_rig {
    struct database *databases[2]; // before, after
    struct target targets[2];
    struct config config;
    struct config_table settings;
    struct measured_effects effects;
    bool is_traced; // the text of the change is read as well
    const char *const *except;
    size_t n_except;
    bool is_only_except;
    struct error err;
};

static inline void effects_rig_open(struct effects_rig *rig, size_t i, const struct engine_driver *driver)
{
    struct database *database = rig->databases[i];
    const struct engine_open_options options = {
        .url = secret_make(database, database->path), .read_only = true, .timeout_ms = 60000};
    rig->targets[i] = (struct target){.driver = driver};
    if (!driver->session->open(database, &options, &rig->targets[i].engine, &rig->err) ||
        !driver->session->identity(database, rig->targets[i].engine, &rig->targets[i].identity, &rig->err))
        fail_msg("%s", rig->err.message);
}

// Both databases as `sql` makes them; `change` is run on the second.
static inline void effects_rig_make(struct effects_rig *rig, const struct engine_driver *driver, const char *sql)
{
    bool is_postgres = driver == &engine_postgres;
    for (size_t i = 0; i < 2; i++) {
        const char *origin = i == 1 && is_postgres ? rig->databases[0]->folder : NULL;
        rig->databases[i] = is_postgres ? postgres_database_copy(origin, sql) : database_make(sql);
    }
    for (size_t i = 0; i < 2; i++)
        effects_rig_open(rig, i, driver);
}

static inline void effects_rig_change(struct effects_rig *rig, const char *sql)
{
    const char *path = rig->databases[1]->path;
    if (rig->targets[0].driver == &engine_postgres)
        postgres_execute(path, sql);
    else
        database_execute(path, sql);
}

static inline void effects_rig_end(struct effects_rig *rig)
{
    for (size_t i = 0; i < 2; i++) {
        talloc_free(rig->targets[i].engine);
        talloc_free(rig->databases[i]);
    }
}

// Where tables and columns are after `change`, by its text.
static inline struct trace *effects_rig_trace(TALLOC_CTX *mem, struct effects_rig *rig, const char *change)
{
    const struct target *target = &rig->targets[0];
    struct migration *migration = mem_new(mem, struct migration);
    struct change *changes = mem_new(mem, struct change);
    struct assessment_options options = {.dialect = target->driver->dialect};
    struct assessment *assessment;
    struct invariants invariants;
    struct schema *schema;
    struct trace *trace;

    size_t len = change != NULL ? strlen(change) : 0;
    *migration = (struct migration){
        .version = "0003",
        .name = "change",
        .path = "0003_change.up.sql",
        .up = {.path = "0003_change.up.sql", .text = change, .len = len, .end = len, .in_transaction = true},
    };
    changes->migrations = migration;
    changes->n_migrations = 1;
    if (!target->driver->catalog->read(mem, target->engine, &schema, &rig->err))
        fail_msg("%s", rig->err.message);
    if (target->driver->dialect == DIALECT_POSTGRES)
        options.known = schema;
    if (!assessment_make(mem, changes, &options, &assessment, &rig->err) ||
        !invariants_derive(mem, assessment, schema, &rig->config, &invariants, &trace, &rig->err))
        fail_msg("%s", rig->err.message);
    return trace;
}

static inline bool effects_rig_find(TALLOC_CTX *mem, struct effects_rig *rig, const char *change)
{
    struct effects_exception except = {
        .table = {rig->targets[0].driver == &engine_postgres ? "public" : "main", "t"},
        .key_texts = rig->except,
        .n_keys = rig->n_except,
    };
    const struct effects_request request = {
        .before = &rig->targets[0],
        .after = &rig->targets[1],
        .config = &rig->config,
        .trace = rig->is_traced ? effects_rig_trace(mem, rig, change) : NULL,
        .except = &except,
        .n_except = rig->n_except > 0,
        .is_only_except = rig->is_only_except,
    };
    return effects_find(mem, &request, &rig->effects, &rig->err);
}

// --- as text

static inline void effects_write_sample(FILE *out, const char *what, const struct key_sample *sample)
{
    if (sample->rows == 0)
        return;
    fprintf(out, " %s %lld", what, (long long)sample->rows);
    for (size_t i = 0; i < sample->n_keys; i++)
        fprintf(out, "%s%s", i ? " " : ": ", sample->keys[i]);
    fputc(';', out);
}

static inline void effects_write_column(FILE *out, const struct column_effect *column)
{
    fprintf(out, " [%s", column->column);
    if (column->before == NULL)
        fputs(" new", out);
    else if (strcmp(column->before, column->column) != 0)
        fprintf(out, " was %s", column->before);
    fprintf(out, "%s %lld", column->is_dropped ? " dropped" : "", (long long)column->changed);
    if (column->to_null > 0)
        fprintf(out, " to_null %lld", (long long)column->to_null);
    if (column->from_null > 0)
        fprintf(out, " from_null %lld", (long long)column->from_null);
    if (column->unknown != NULL)
        fprintf(out, " unknown: %s", column->unknown);
    if (column->is_masked)
        fputs(" masked", out);
    for (size_t i = 0; i < column->n_pairs; i++)
        fprintf(out, "%s%s→%s %lld", i ? ", " : ": ", column->pairs[i].before ? column->pairs[i].before : "NULL",
                column->pairs[i].after ? column->pairs[i].after : "NULL", (long long)column->pairs[i].rows);
    fprintf(out, "%s]", column->n_pairs > 0 && !column->has_all_pairs ? " …" : "");
}

// "public.t 3 rows, 2 now: removed 1: id=2; changed 1: id=3; [x 1: a→b 1]", a line a table.
static inline char *effects_text(TALLOC_CTX *mem, const struct measured_effects *effects)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; i < effects->n_tables; i++) {
        const struct table_effect *table = &effects->tables[i];
        fprintf(out, "%s%s", i ? "\n" : "", table->table);
        if (table->before == NULL)
            fputs(" new", out);
        else if (strcmp(table->before, table->table) != 0)
            fprintf(out, " was %s", table->before);
        fprintf(out, "%s %lld→%lld%s:", table->is_dropped ? " dropped" : "", (long long)table->rows_before,
                (long long)table->rows_after, table->has_key ? "" : " without key");
        effects_write_sample(out, "added", &table->added);
        effects_write_sample(out, "removed", &table->removed);
        effects_write_sample(out, "changed", &table->changed);
        effects_write_sample(out, "doubled", &table->duplicated);
        for (size_t k = 0; k < table->n_columns; k++)
            effects_write_column(out, &table->columns[k]);
        if (table->unknown != NULL)
            fprintf(out, " unknown: %s", table->unknown);
    }
    fclose(out);
    char *line = mem_strdup(mem, text);
    free(text);
    return line;
}

#endif
