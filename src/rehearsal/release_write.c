/*
 * What the new release writes, so that going back shows what it would lose.
 *
 * Where no statements of it are known: of each table that the change touches, rows like the last
 * one, and values in new columns of rows that are there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "proof/sql.h"
#include "rehearsal/release.h"
#include "rehearsal/row_merge.h"
#include <inttypes.h>
#include <stdlib.h>

#define ROWS_WRITTEN 3
#define KEYS_MAX 100000

struct writing {
    TALLOC_CTX *mem;
    const struct new_release_request *request;
    struct new_rows *out;
    int64_t key; // above every one that there is or was, in any table: the downs may bring rows
                 // back, and move rows from one table to another
};

static void note(const struct writing *writing, const char *text)
{
    *mem_append(writing->mem, writing->out->notes, writing->out->n_notes) = text;
}

// --- running

static bool run(const struct writing *writing, const char *name, const char *sql, struct error *err)
{
    SCRATCH(tmp);
    const struct target *work = writing->request->work;
    const struct engine_run_request request = {
        .path = name, .text = sql, .end = strlen(sql), .in_transaction = true};
    struct engine_run result;
    struct error why = {0};
    if (work->driver->session->run(tmp, work->engine, &request, &result, &why)) {
        writing->out->n_written++;
        return true;
    }
    if (why.code == ERROR_UNREACHABLE || why.code == ERROR_INTERRUPTED) {
        *err = why;
        return false;
    }
    note(writing,
         mem_printf(writing->mem, "not written as the new release would: %s", why.message));
    return true;
}

// --- a row like the last one

static bool take_highest(void *context, const char *const *names, const struct engine_value *values,
                         size_t n)
{
    struct writing *writing = context;
    (void)names;
    int64_t highest = n == 0 || values[0].is_null ? 0 : strtoll(values[0].text, NULL, 10);
    if (highest > writing->key)
        writing->key = highest;
    return false;
}

static bool is_only_of(const char *const *columns, size_t n, const char *column)
{
    return n == 1 && strcmp(columns[0], column) == 0;
}

static bool is_first_of(const char *const *columns, size_t n, const char *column)
{
    return n > 1 && strcmp(columns[0], column) == 0;
}

// Must no other row have its value? Of a key of several columns the first one makes it another.
static bool is_key_column(const struct schema_relation *table, const char *column, bool *is_alone)
{
    *is_alone = false;
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct schema_constraint *constraint = &table->constraints[i];
        if (constraint->kind != CONSTRAINT_PRIMARY_KEY && constraint->kind != CONSTRAINT_UNIQUE)
            continue;
        if (is_only_of(constraint->columns, constraint->n_columns, column)) {
            *is_alone = true;
            return true;
        }
        if (is_first_of(constraint->columns, constraint->n_columns, column))
            return true;
    }
    for (size_t i = 0; i < table->n_indexes; i++)
        if (table->indexes[i].is_unique && table->indexes[i].n_columns > 0 &&
            table->indexes[i].columns[0].column != NULL &&
            strcmp(table->indexes[i].columns[0].column, column) == 0)
            return true;
    return false;
}

enum value_class {
    CLASS_TEXT,
    CLASS_NUMBER,
    CLASS_BOOLEAN,
    CLASS_MOMENT,
    CLASS_UUID,
    CLASS_JSON,
    CLASS_OTHER
};

static enum value_class class_of(const struct schema_column *column)
{
    static const struct {
        const char *part;
        enum value_class class;
    } parts[] = {{"int", CLASS_NUMBER},       {"serial", CLASS_NUMBER}, {"numeric", CLASS_NUMBER},
                 {"float", CLASS_NUMBER},     {"real", CLASS_NUMBER},   {"double", CLASS_NUMBER},
                 {"decimal", CLASS_NUMBER},   {"char", CLASS_TEXT},     {"text", CLASS_TEXT},
                 {"clob", CLASS_TEXT},        {"bool", CLASS_BOOLEAN},  {"date", CLASS_MOMENT},
                 {"timestamp", CLASS_MOMENT}, {"uuid", CLASS_UUID},     {"json", CLASS_JSON}};
    const char *name = column->type.name;
    if (column->type.is_array || name == NULL || strcasestr(name, "interval") != NULL)
        return CLASS_OTHER;
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strcasestr(name, parts[i].part) != NULL)
            return parts[i].class;
    return CLASS_OTHER;
}

// A constant of the column's type, for a column that holds nothing yet; NULL: none is known.
static const char *constant_of(enum dialect dialect, const struct schema_column *column)
{
    switch (class_of(column)) {
    case CLASS_TEXT: return "'tminus'";
    case CLASS_NUMBER: return "1";
    case CLASS_BOOLEAN: return dialect == DIALECT_SQLITE ? "1" : "true";
    case CLASS_MOMENT: return "CURRENT_TIMESTAMP";
    case CLASS_UUID:
        return dialect == DIALECT_SQLITE ? "'00000000-0000-4000-8000-000000000001'"
                                         : "pg_catalog.gen_random_uuid()";
    case CLASS_JSON: return "'{}'";
    case CLASS_OTHER: return NULL;
    }
    bug("class %d", (int)class_of(column));
}

// A value that no other row has; NULL: none is known.
static const char *new_value(TALLOC_CTX *mem, const struct writing *writing,
                             const struct schema_column *column, int row)
{
    enum dialect dialect = writing->request->work->driver->dialect;
    const char *name = sql_name(mem, column->name);
    switch (class_of(column)) {
    case CLASS_NUMBER: return mem_printf(mem, "%" PRId64, writing->key);
    case CLASS_TEXT: return mem_printf(mem, "'tminus-%d-' || t.%s", row, name);
    case CLASS_UUID: return constant_of(dialect, column);
    case CLASS_BOOLEAN:
    case CLASS_MOMENT:
    case CLASS_JSON:
    case CLASS_OTHER: return NULL;
    }
    bug("class %d", (int)class_of(column));
}

struct insert {
    char *columns, *values;
    const char *unknown; // a column that cannot be filled; NULL
};

static void add_column(TALLOC_CTX *mem, const struct writing *writing,
                       const struct schema_relation *table, const struct schema_column *column,
                       int row, struct insert *out)
{
    enum dialect dialect = writing->request->work->driver->dialect;
    const char *name = sql_name(mem, column->name), *value;
    bool is_alone;
    bool is_unique = is_key_column(table, column->name, &is_alone);
    if (column->is_generated || column->is_identity || column->owned_sequence != NULL ||
        (is_alone && column->has_default))
        return;
    if (is_unique)
        value = new_value(mem, writing, column, row);
    else if (constant_of(dialect, column) != NULL)
        value = mem_printf(mem, "coalesce(t.%s, %s)", name, constant_of(dialect, column));
    else
        value = mem_printf(mem, "t.%s", name);
    if (value == NULL) {
        out->unknown = column->name;
        return;
    }
    out->columns = mem_printf(mem, "%s%s%s", out->columns, *out->columns ? ", " : "", name);
    out->values = mem_printf(mem, "%s%s%s", out->values, *out->values ? ", " : "", value);
}

static bool write_row(struct writing *writing, const struct schema_relation *table, int row,
                      struct error *err)
{
    SCRATCH(tmp);
    writing->key++;
    struct insert insert = {mem_strdup(tmp, ""), mem_strdup(tmp, ""), NULL};
    const char *relation = sql_relation(tmp, table->name);
    for (size_t i = 0; i < table->n_columns; i++)
        add_column(tmp, writing, table, &table->columns[i], row, &insert);
    if (insert.unknown != NULL) {
        if (row == 1)
            note(writing, mem_printf(writing->mem,
                                     "no row was written to %s as the new release "
                                     "would: its %s must be unique",
                                     table->name.name, insert.unknown));
        return true;
    }
    if (*insert.columns == '\0')
        return true;
    return run(writing, mem_printf(tmp, "a new row of %s", table->name.name),
               mem_printf(tmp, "INSERT INTO %s (%s) SELECT %s FROM %s t LIMIT 1", relation,
                          insert.columns, insert.values, relation),
               err);
}

// Values of the new columns, in a few rows that were there.
static bool write_new_columns(const struct writing *writing, const struct trace_table *traced,
                              const struct schema_relation *table, struct error *err)
{
    SCRATCH(tmp);
    enum dialect dialect = writing->request->work->driver->dialect;
    const char *relation = sql_relation(tmp, table->name);
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct schema_column *column = &table->columns[i];
        const struct trace_column *trace = trace_column_now(traced, column->name);
        const char *constant = constant_of(dialect, column);
        if (trace == NULL || trace->before != NULL || column->is_generated || constant == NULL)
            continue;
        const char *row = dialect == DIALECT_SQLITE ? "rowid" : "ctid";
        if (dialect == DIALECT_SQLITE && table->options != NULL)
            continue; // WITHOUT ROWID
        const char *name = sql_name(tmp, column->name);
        TRY(run(writing, mem_printf(tmp, "a new value of %s.%s", table->name.name, column->name),
                mem_printf(tmp,
                           "UPDATE %s SET %s = %s WHERE %s IN (SELECT %s FROM %s WHERE %s IS NULL "
                           "LIMIT %d)",
                           relation, name, constant, row, row, relation, name, ROWS_WRITTEN),
                err));
    }
    return true;
}

static bool has_key(const struct schema_relation *table)
{
    for (size_t i = 0; i < table->n_constraints; i++)
        if (table->constraints[i].kind == CONSTRAINT_PRIMARY_KEY)
            return true;
    return false;
}

// The highest whole number in a column that must be unique.
static bool find_highest(struct writing *writing, const struct target *target, const char *relation,
                         const char *column, struct error *err)
{
    SCRATCH(tmp);
    const char *sql = mem_printf(tmp, "SELECT max(%s) FROM %s", sql_name(tmp, column), relation);
    struct error why = {0};
    if (target->driver->session->query(target->engine, sql, take_highest, writing, &why) ||
        (why.code != ERROR_UNREACHABLE && why.code != ERROR_INTERRUPTED))
        return true;
    *err = why;
    return false;
}

static bool find_key(struct writing *writing, const struct trace_table *traced,
                     const struct schema_relation *table, struct error *err)
{
    SCRATCH(tmp);
    const struct new_release_request *request = writing->request;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct schema_column *column = &table->columns[i];
        const struct trace_column *trace = trace_column_now(traced, column->name);
        bool is_alone;
        if (class_of(column) != CLASS_NUMBER || !is_key_column(table, column->name, &is_alone))
            continue;
        TRY(find_highest(writing, request->work, sql_relation(tmp, table->name), column->name,
                         err));
        if (request->before != NULL && traced->before.name != NULL && trace != NULL &&
            trace->before != NULL)
            TRY(find_highest(writing, request->before, sql_relation(tmp, traced->before),
                             trace->before, err));
    }
    return true;
}

static const struct schema_relation *table_of(const struct writing *writing,
                                              const struct trace_table *traced)
{
    return traced->after.name == NULL ? NULL : schema_find(writing->request->schema, traced->after);
}

static bool write_table(struct writing *writing, const struct trace_table *traced,
                        struct error *err)
{
    const struct schema_relation *table = table_of(writing, traced);
    // What a release writes to a table that was not there nobody knows; it goes with the table.
    if (table == NULL || traced->before.name == NULL || !trace_is_changed(traced))
        return true;
    if (!has_key(table)) {
        note(writing, mem_printf(writing->mem,
                                 "%s has no key: no rows were written to it as the new release "
                                 "would, because they could not be told from others",
                                 table->name.name));
        return true;
    }
    if (table->n_triggers > 0) {
        note(writing, mem_printf(writing->mem,
                                 "%s has triggers: no rows were written to it as the new release "
                                 "would, because they would write others",
                                 table->name.name));
        return true;
    }
    for (int row = 1; row <= ROWS_WRITTEN; row++)
        TRY(write_row(writing, table, row, err));
    return write_new_columns(writing, traced, table, err);
}

bool release_write(TALLOC_CTX *mem, const struct new_release_request *request, struct new_rows *out,
                   struct error *err)
{
    struct writing writing = {mem, request, out, 0};
    const struct trace *trace = request->trace;
    bool is_invented = request->statements == NULL;
    *out = (struct new_rows){0};
    for (size_t i = 0; request->statements != NULL && i < request->statements->n; i++)
        TRY(run(&writing, request->statements->list[i].name, request->statements->list[i].sql,
                err));
    for (size_t i = 0; is_invented && i < trace->n_tables; i++)
        if (table_of(&writing, trace->tables[i]) != NULL)
            TRY(find_key(&writing, trace->tables[i], table_of(&writing, trace->tables[i]), err));
    for (size_t i = 0; is_invented && i < trace->n_tables; i++)
        TRY(write_table(&writing, trace->tables[i], err));
    return true;
}

// --- which rows those are

struct finding_rows {
    TALLOC_CTX *mem;
    struct effects_exception *out;
    const char **keys;
};

static void take_pair(void *context, const struct engine_row_image *before,
                      const struct engine_row_image *after)
{
    struct finding_rows *finding = context;
    if (after == NULL || finding->out->n_keys == KEYS_MAX)
        return;
    if (before != NULL && memcmp(before->row_hash, after->row_hash, sizeof after->row_hash) == 0)
        return;
    *mem_append(finding->mem, finding->keys, finding->out->n_keys) =
        mem_strdup(finding->mem, after->key_text);
}

static bool find_rows(const struct writing *writing, const struct target *kept,
                      const struct schema_relation *table, struct error *err)
{
    struct effects_exception found = {.table = table->name};
    struct finding_rows finding = {.mem = writing->mem, .out = &found};
    const struct row_merge merge = {
        .before = {kept, {.table = table->name}},
        .after = {writing->request->work, {.table = table->name}},
        .pair = take_pair,
        .context = &finding,
    };
    if (!has_key(table)) {
        note(writing, mem_printf(writing->mem,
                                 "%s has no key: what the new release loses of it is "
                                 "not told",
                                 table->name.name));
        return true;
    }
    TRY(row_merge_run(&merge, err));
    found.key_texts = finding.keys;
    if (found.n_keys > 0)
        *mem_append(writing->mem, writing->out->rows, writing->out->n_rows) = found;
    return true;
}

bool release_find_rows(TALLOC_CTX *mem, const struct new_release_request *request,
                       const struct target *kept, struct new_rows *out, struct error *err)
{
    const struct writing writing = {mem, request, out, 0};
    for (size_t i = 0; i < request->trace->n_tables; i++) {
        const struct trace_table *traced = request->trace->tables[i];
        const struct schema_relation *table =
            traced->after.name == NULL ? NULL : schema_find(request->schema, traced->after);
        if (table != NULL && (table->kind == RELATION_TABLE || table->kind == RELATION_PARTITIONED))
            TRY(find_rows(&writing, kept, table, err));
    }
    return true;
}
