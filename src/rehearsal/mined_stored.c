/*
 * What a change leaves wrong without touching a row of a table: materialized views that show what
 * was, or nothing at all, and enum types whose labels are in another order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "proof/sql.h"
#include "rehearsal/mined_table.h"

// A row for each column that a materialized view reads, through views and other ones too.
#define SQL_VIEWS                                                                                  \
    "WITH RECURSIVE reach(seen, relation, number) AS ("                                            \
    "  SELECT c.oid, c.oid, 0 FROM pg_catalog.pg_class c WHERE c.relkind = 'm' UNION"              \
    "  SELECT r.seen, d.refobjid, d.refobjsubid FROM reach r"                                      \
    "  JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.relation"                                    \
    "  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass"               \
    "  AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass)"                    \
    " SELECT vn.nspname, v.relname, v.relispopulated::text, v.relfilenode::text,"                  \
    "  n.nspname || '.' || c.relname, a.attname"                                                   \
    " FROM reach JOIN pg_catalog.pg_class v ON v.oid = reach.seen"                                 \
    " JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace"                                  \
    " JOIN pg_catalog.pg_class c ON c.oid = reach.relation"                                        \
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"                                    \
    " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = reach.number"       \
    "  AND a.attnum > 0"                                                                           \
    " ORDER BY 1, 2, reach.relation = reach.seen DESC, 5, 6"

#define SQL_LABELS                                                                                 \
    "SELECT n.nspname, t.typname, e.enumlabel FROM pg_catalog.pg_enum e"                           \
    " JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid"                                            \
    " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace ORDER BY 1, 2, e.enumsortorder"

#define FIELDS_MAX 6

struct fields {
    const char *texts[FIELDS_MAX];
};

struct rows {
    TALLOC_CTX *mem;
    struct fields *list;
    size_t n;
};

static bool take_row(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    struct rows *rows = context;
    struct fields *fields = mem_append(rows->mem, rows->list, rows->n);
    (void)names;
    for (size_t i = 0; i < n && i < FIELDS_MAX; i++)
        fields->texts[i] = mem_strdup(rows->mem, values[i].is_null ? "" : values[i].text);
    return true;
}

static bool read_rows(const struct target *target, const char *sql, struct rows *out,
                      struct error *err)
{
    return target->driver->session->query(target->engine, sql, take_row, out, err);
}

static bool is_same_object(const struct fields *a, const struct fields *b)
{
    return strcmp(a->texts[0], b->texts[0]) == 0 && strcmp(a->texts[1], b->texts[1]) == 0;
}

static const struct fields *find_object(const struct rows *rows, const struct fields *other)
{
    for (size_t i = 0; i < rows->n; i++)
        if (is_same_object(&rows->list[i], other))
            return &rows->list[i];
    return NULL;
}

// --- materialized views

enum { SCHEMA, VIEW, IS_POPULATED, FILE_NUMBER, READS, COLUMN };

static bool has_changed(const struct table_effect *table, const char *column)
{
    if (table->added.rows > 0 || table->removed.rows > 0 || table->unknown != NULL)
        return true;
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].column, column) == 0 && table->columns[i].changed > 0)
            return true;
    return false;
}

static bool is_changed(const struct mining *mining, const struct fields *row)
{
    const struct measured_effects *effects = mining->request->effects;
    for (size_t i = 0; i < effects->n_tables; i++)
        if (strcmp(effects->tables[i].table, row->texts[READS]) == 0)
            return has_changed(&effects->tables[i], row->texts[COLUMN]);
    return false;
}

// CONCURRENTLY keeps its file.
static bool is_refreshed(const struct mining *mining, const char *view)
{
    const struct measured_run *run = mining->request->run;
    for (size_t i = 0; run != NULL && i < run->n_statements; i++)
        if (text_starts_with(run->statements[i].kind, "REFRESH") &&
            strstr(run->statements[i].sql, view) != NULL)
            return true;
    return false;
}

static void mine_view(const struct mining *mining, const struct fields *row,
                      const struct fields *before)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = mining->mem;
    struct name name = {.schema = row->texts[SCHEMA], .name = row->texts[VIEW]};
    const char *shown = sql_shown(tmp, name);
    const char *hint = mem_printf(mem, "REFRESH MATERIALIZED VIEW %s", sql_relation(tmp, name));
    bool is_empty = strcmp(row->texts[IS_POPULATED], "true") != 0;
    bool is_same_file = strcmp(row->texts[FILE_NUMBER], before->texts[FILE_NUMBER]) == 0;

    if (is_empty && strcmp(before->texts[IS_POPULATED], "true") == 0)
        mining_add(
            mining, "mined-stored", SEVERITY_WARN,
            mem_printf(mem, "%s holds nothing any more: whoever reads it gets an error", shown),
            hint, shown);
    else if (!is_empty && is_same_file && is_changed(mining, row) &&
             !is_refreshed(mining, row->texts[VIEW]))
        mining_add(
            mining, "mined-stored", SEVERITY_NOTE,
            mem_printf(mem, "%s is not refreshed: it shows %s as it was", shown, row->texts[READS]),
            hint, shown);
}

static bool mine_views(const struct mining *mining, struct error *err)
{
    SCRATCH(tmp);
    struct rows before = {.mem = tmp}, after = {.mem = tmp};
    TRY(read_rows(mining->request->before, SQL_VIEWS, &before, err));
    TRY(read_rows(mining->request->after, SQL_VIEWS, &after, err));
    size_t n_found = mining->out->n;
    for (size_t i = 0; i < after.n; i++) {
        const struct fields *was = find_object(&before, &after.list[i]);
        if (i == 0 || !is_same_object(&after.list[i], &after.list[i - 1]))
            n_found = mining->out->n;
        if (was != NULL && mining->out->n == n_found) // one finding a view
            mine_view(mining, &after.list[i], was);
    }
    return true;
}

// --- labels of enums

static size_t place_of(const struct rows *rows, const struct fields *label)
{
    for (size_t i = 0; i < rows->n; i++)
        if (is_same_object(&rows->list[i], label) &&
            strcmp(rows->list[i].texts[2], label->texts[2]) == 0)
            return i;
    return rows->n;
}

static bool mine_labels(const struct mining *mining, struct error *err)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = mining->mem;
    struct rows before = {.mem = tmp}, after = {.mem = tmp};
    TRY(read_rows(mining->request->before, SQL_LABELS, &before, err));
    TRY(read_rows(mining->request->after, SQL_LABELS, &after, err));
    const struct fields *last = NULL; // that was there before
    for (size_t i = 0; i < after.n; i++) {
        const struct fields *label = &after.list[i];
        size_t place = place_of(&before, label);
        if (place == before.n)
            continue;
        if (last != NULL && is_same_object(last, label) && place_of(&before, last) > place) {
            const char *shown =
                sql_shown(tmp, (struct name){.schema = label->texts[0], .name = label->texts[1]});
            mining_add(mining, "mined-labels", SEVERITY_WARN,
                       mem_printf(mem,
                                  "type %s: '%s' comes before '%s' now, and came after it: what "
                                  "sorts or compares its values comes to something else",
                                  shown, last->texts[2], label->texts[2]),
                       "make the new type with the labels in their old order, or approve it in the "
                       "effects file",
                       shown);
        }
        last = label;
    }
    return true;
}

bool mine_stored(const struct mining *mining, struct error *err)
{
    if (mining->request->after->driver->dialect == DIALECT_SQLITE)
        return true; // it has neither
    return mine_views(mining, err) && mine_labels(mining, err);
}
