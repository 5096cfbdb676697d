/*
 * The rows in which two relations of one database differ: a full join by the key.
 *
 * Values are compared as they are stored (`*<>` on records: record_image_ops), so 1.0 and 1.00, two
 * forms of one array, A and a of citext differ. That is half the work of two fingerprints. Which
 * columns differ is asked only of the rows that do.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/reading.h"
#include "driver/engine/postgres/selection.h"
#include "driver/engine/postgres/value_text.h"

enum { FIELD_KIND, FIELD_COLUMNS, FIELD_KEY }; // of each row of the answer

struct joining {
    const struct engine_differences_request *request;
    const struct relation *before, *after;
    struct selection key; // its texts are those of the answer
    engine_differs *each;
    void *context;
    TALLOC_CTX *mem;
    struct copy_field *fields;
    struct value_buffer text;
    size_t *columns;
};

static bool find_column(const struct relation *relation, const char *name,
                        const struct relation_column **out, struct error *err)
{
    const struct relation_column *column = relation_column(relation, name);
    if (column == NULL)
        return error_set(err, ERROR_INPUT, "table '%s' has no column '%s'", relation->shown, name);
    if (column->unknown != NULL)
        return error_set(err, ERROR_UNKNOWN, "%s: column '%s' cannot be read: %s", relation->shown,
                         name, column->unknown);
    *out = column;
    return true;
}

static bool check_columns(const struct joining *joining, struct error *err)
{
    for (size_t i = 0; i < joining->request->n_columns; i++) {
        const char *name = joining->request->columns[i];
        const struct relation_column *before, *after;
        TRY(find_column(joining->before, name, &before, err));
        TRY(find_column(joining->after, name, &after, err));
        if (before->type_oid != after->type_oid)
            return error_set(err, ERROR_INPUT, "column '%s' is %s in '%s' and %s in '%s'", name,
                             before->type, joining->before->shown, after->type,
                             joining->after->shown);
    }
    return true;
}

static bool take_key(struct joining *joining, struct error *err)
{
    const struct engine_differences_request *request = joining->request;
    joining->key.key = mem_array(joining->mem, struct selected_column, request->n_key);
    joining->fields = mem_array(joining->mem, struct copy_field, request->n_key);
    joining->key.n_key = request->n_key;
    for (size_t i = 0; i < request->n_key; i++) {
        const struct relation_column *before, *after;
        TRY(find_column(joining->before, request->key[i], &before, err));
        TRY(find_column(joining->after, request->key[i], &after, err));
        joining->key.key[i] = (struct selected_column){
            .column = before, .place = i, .text = i, .type_oid = before->base_oid};
    }
    return true;
}

// --- SQL

// "a", "b", …, with `alias` as "a" AS k0, "b" AS k1, …
static void write_names(FILE *out, const char *const *names, size_t n, const char *alias)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        fprintf(out, "%s%s", i ? ", " : "", quote_name(tmp, names[i]));
        if (alias != NULL)
            fprintf(out, " AS %s%zu", alias, i);
    }
}

// One side; its columns are k0 … and c0 …, and `here` where the row is from it.
static void write_side(FILE *out, const struct joining *joining, const struct relation *relation)
{
    fputs("(SELECT true AS here, ", out);
    write_names(out, joining->request->key, joining->request->n_key, "k");
    fputs(joining->request->n_columns > 0 ? ", " : "", out);
    write_names(out, joining->request->columns, joining->request->n_columns, "c");
    fprintf(out, " FROM %s)", relation->sql);
}

// For each of n: the parts with its number between them.
static void write_each(FILE *out, const char *const parts[3], size_t n, const char *between)
{
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "%s%s%zu%s", i ? between : "", parts[0], i, parts[1]);
        if (parts[2] != NULL)
            fprintf(out, "%zu%s", i, parts[2]);
    }
}

static void write_answer(FILE *out, size_t n_columns, size_t n_key)
{
    static const char *const differs[] = {"ROW(a.c", ")::record OPERATOR(pg_catalog.*<>) ROW(b.c",
                                          ")::record"};
    static const char *const text[] = {"COALESCE(a.k", ", b.k", ")::pg_catalog.text"};
    fputs("SELECT CASE WHEN a.here IS NULL THEN 'extra' WHEN b.here IS NULL THEN 'missing'"
          " ELSE 'changed' END, ",
          out);
    fputs(n_columns > 0 ? "ARRAY[" : "''", out);
    write_each(out, differs, n_columns, ", ");
    fputs(n_columns > 0 ? "], " : ", ", out);
    write_each(out, text, n_key, ", ");
}

static void write_condition(FILE *out, size_t n_columns)
{
    static const char *const before[] = {"a.c", "", NULL};
    static const char *const after[] = {"b.c", "", NULL};
    fputs(" WHERE a.here IS NULL OR b.here IS NULL", out);
    if (n_columns == 0)
        return;
    fputs(" OR ROW(", out);
    write_each(out, before, n_columns, ", ");
    fputs(")::record OPERATOR(pg_catalog.*<>) ROW(", out); // two rows would be columns
    write_each(out, after, n_columns, ", ");
    fputs(")::record", out);
}

static char *join_sql(TALLOC_CTX *mem, const struct joining *joining)
{
    static const char *const equal[] = {"a.k", " = b.k", ""};
    static const char *const order[] = {"COALESCE(a.k", ", b.k", ")"};
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    write_answer(out, joining->request->n_columns, joining->request->n_key);
    fputs(" FROM ", out);
    write_side(out, joining, joining->before);
    fputs(" a FULL JOIN ", out);
    write_side(out, joining, joining->after);
    fputs(" b ON ", out);
    write_each(out, equal, joining->request->n_key, " AND ");
    write_condition(out, joining->request->n_columns);
    fputs(" ORDER BY ", out);
    write_each(out, order, joining->request->n_key, ", ");
    fclose(out);
    char *sql = mem_strdup(mem, text);
    free(text);
    return sql;
}

// --- the key

static bool is_primary_key(const struct relation *relation, const struct joining *joining)
{
    if (relation->n_key != joining->key.n_key || relation->has_children)
        return false;
    for (size_t i = 0; i < joining->key.n_key; i++)
        if (relation_column(relation, joining->key.key[i].column->name)->key_position == 0)
            return false;
    return true;
}

// A key that stands in two rows would make one difference of each pair of them.
static bool check_unique(struct joining *joining, struct engine *engine,
                         const struct relation *relation, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    char *names;
    size_t len;
    if (is_primary_key(relation, joining))
        return true;
    FILE *out = open_memstream(&names, &len);
    write_names(out, joining->request->key, joining->request->n_key, NULL);
    fclose(out);
    char *list = mem_strdup(tmp, names);
    free(names);
    const char *sql = mem_printf(
        tmp,
        "SELECT count(*) OPERATOR(pg_catalog.>) 1 FROM %s GROUP BY %s"
        " HAVING count(*) OPERATOR(pg_catalog.>) 1 OR num_nulls(%s) OPERATOR(pg_catalog.>) 0"
        " LIMIT 1",
        relation->sql, list, list);
    TRY(connection_ask(tmp, engine->connection, sql, NULL, 0, &result, err));
    if (PQntuples(result) == 0)
        return true;
    error_set(err, ERROR_INPUT, "%s: its rows cannot be told by (%s): a value %s", relation->shown,
              list, PQgetvalue(result, 0, 0)[0] == 't' ? "stands in more than one" : "is NULL");
    return error_hint(err, "name a key whose values are unique and not NULL");
}

// --- the answer

static size_t read_columns(struct joining *joining, const char *flags)
{
    size_t n = 0;
    size_t place = 0;
    for (; *flags != '\0'; flags++) { // {t,f,…}
        if (*flags == 't')
            joining->columns[n++] = place;
        place += *flags == ',';
    }
    return n;
}

static bool take_difference(void *context, const PGresult *row)
{
    struct joining *joining = context;
    const char *kind = PQgetvalue(row, 0, FIELD_KIND);
    struct engine_difference difference = {.columns = joining->columns};
    switch (kind[0]) {
    case 'e': difference.kind = DIFFERENCE_EXTRA; break;
    case 'm': difference.kind = DIFFERENCE_MISSING; break;
    default:
        difference.kind = DIFFERENCE_CHANGED;
        difference.n_columns = read_columns(joining, PQgetvalue(row, 0, FIELD_COLUMNS));
    }
    for (size_t i = 0; i < joining->key.n_key; i++)
        joining->fields[i] =
            (struct copy_field){.bytes = (const uint8_t *)PQgetvalue(row, 0, FIELD_KEY + (int)i),
                                .len = PQgetlength(row, 0, FIELD_KEY + (int)i)};
    difference.key_text =
        value_text_key(joining->mem, &joining->key, joining->fields, &joining->text);
    return joining->each(joining->context, &difference);
}

static bool join(struct joining *joining, struct engine *engine, struct error *err)
{
    SCRATCH(tmp);
    struct relation *before, *after;
    TRY(relation_read(tmp, engine, joining->request->before, NULL, &before, err));
    TRY(relation_read(tmp, engine, joining->request->after, NULL, &after, err));
    joining->before = before;
    joining->after = after;
    TRY(take_key(joining, err));
    TRY(check_columns(joining, err));
    const char *sql = join_sql(tmp, joining);
    if (before->rows == ROWS_COMPUTED || after->rows == ROWS_COMPUTED)
        TRY(guard_allow(engine, sql, err));
    TRY(check_unique(joining, engine, before, err));
    TRY(check_unique(joining, engine, after, err));
    return connection_each(engine->connection, sql, take_difference, joining, err);
}

bool postgres_differences(struct engine *engine, const struct engine_differences_request *request,
                          engine_differs *each, void *context, struct error *err)
{
    SCRATCH(tmp);
    struct joining joining = {
        .request = request,
        .each = each,
        .context = context,
        .mem = tmp,
        .columns = mem_array(tmp, size_t, request->n_columns),
    };
    if (request->n_key == 0)
        return error_set(err, ERROR_INPUT, "%s: no key to match rows by", request->before.name);
    TRY(reading_begin(engine, err));
    bool is_done = join(&joining, engine, err);
    reading_end(engine);
    return is_done;
}
