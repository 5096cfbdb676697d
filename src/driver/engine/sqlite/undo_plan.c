/*
 * What is to be run around a migration so that the rows which it overwrites can come back.
 *
 * A table is copied before, and what differs behind the migration, whatever made it differ, becomes
 * the log: key, values before, values after. Nobody else can write in between, because the
 * migration's transaction holds the only write lock. A trigger notes
 * keys that are updated, since no comparison tells those from a row deleted and another inserted.
 * Where it is known that UPDATEs of some columns are all that there is, these alone are kept,
 * packed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/sqlite/undo_copy.h"
#include "driver/engine/sqlite/undo_pack.h"
#include "driver/engine/sqlite/undo_reach.h"
#include "driver/engine/undo.h"

#define COLUMNS_MAX 900 // twice as many are in the log's table; SQLITE_MAX_COLUMN is 2000

static const char tables_sql[] =
    "CREATE TABLE IF NOT EXISTS tminus_undo_log (id TEXT PRIMARY KEY NOT NULL, made_at TEXT NOT "
    "NULL, ended_at TEXT, rolled_back_at TEXT);\n"
    "CREATE TABLE IF NOT EXISTS tminus_undo_table (log TEXT NOT NULL, n INTEGER NOT NULL, name "
    "TEXT NOT NULL, kept INTEGER NOT NULL, rootpage INTEGER, shape TEXT, moved_to TEXT, shape_then "
    "TEXT, PRIMARY KEY (log, n));\n"
    "CREATE TABLE IF NOT EXISTS tminus_undo_column (log TEXT NOT NULL, n INTEGER NOT NULL, place "
    "INTEGER NOT NULL, name TEXT NOT NULL, key_position INTEGER NOT NULL, is_rowid INTEGER NOT "
    "NULL, is_lost INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (log, n, place));\n";

struct planning {
    TALLOC_CTX *mem;
    const char *id;
    bool in_transaction;
    struct undo_reach reach; // tables that triggers write
    char *first, *last;
};

// --- one table

static void add_record(struct planning *planning, const struct undo_table *table)
{
    SCRATCH(tmp);
    planning->first = talloc_asprintf_append(
        planning->first,
        "INSERT INTO tminus_undo_table SELECT '%s', %lld, %s, %d, t.rootpage, " UNDO_SHAPE
        ", NULL, NULL FROM (SELECT 1) LEFT JOIN sqlite_schema t ON t.type = 'table' AND "
        "lower(t.name) = lower(%s);\n",
        table->log, (long long)table->n, undo_quote_text(tmp, table->name), (int)table->kept,
        undo_quote_text(tmp, table->name));
    // Nothing in SQLite but its root page is a table's own whatever it is called, and that until
    // the next VACUUM.
    planning->last = talloc_asprintf_append(
        planning->last,
        "UPDATE tminus_undo_table AS l SET moved_to = (SELECT t.name FROM sqlite_schema t WHERE "
        "t.type = 'table' AND t.rootpage = l.rootpage AND lower(t.name) <> lower(l.name)), "
        "shape_then = (SELECT iif(t.rootpage = l.rootpage, '', 'anew ') || " UNDO_SHAPE
        " FROM sqlite_schema t WHERE t.type = 'table' AND lower(t.name) = lower(l.name)) WHERE "
        "l.log = '%s' AND l.n = %lld;\n",
        table->log, (long long)table->n);
    for (size_t i = 0; i < table->n_columns; i++)
        planning->first = talloc_asprintf_append(
            planning->first,
            "INSERT INTO tminus_undo_column (log, n, place, name, key_position, is_rowid) VALUES "
            "('%s', %lld, %zu, %s, %d, %d);\n",
            table->log, (long long)table->n, i + 1, undo_quote_text(tmp, table->columns[i].name),
            table->columns[i].key_position, table->columns[i].is_rowid);
}

// The copy; and a note of each key that is updated.
static void add_copy(struct planning *planning, const struct undo_table *table)
{
    SCRATCH(tmp);
    const char *prefix = undo_table_prefix(tmp, table);
    const char *name = undo_quote_name(tmp, table->name);
    planning->first =
        talloc_asprintf_append(planning->first,
                               "CREATE TABLE %s_before AS SELECT %s FROM main.%s;\n"
                               "CREATE TABLE %s (has_after INTEGER, %s, %s);\n"
                               "CREATE TABLE %s_key (%s);\n",
                               prefix, undo_table_text(tmp, table, COLUMNS_ALL, "%c AS %o", ", "),
                               name, prefix, undo_table_text(tmp, table, COLUMNS_ALL, "%o", ", "),
                               undo_table_text(tmp, table, COLUMNS_ALL, "%n", ", "), prefix,
                               undo_table_text(tmp, table, COLUMNS_KEY, "%o", ", "));
    if (table->key_is_rowid || table->kept == KEPT_COPY)
        return;
    planning->first = talloc_asprintf_append(
        planning->first,
        "CREATE TRIGGER %s_keys AFTER UPDATE OF %s ON %s WHEN NOT (%s) BEGIN INSERT INTO %s_key "
        "VALUES (%s); END;\n",
        prefix, undo_table_text(tmp, table, COLUMNS_KEY, "%c", ", "), name,
        undo_table_text(tmp, table, COLUMNS_KEY, UNDO_SAME("old.%c", "new.%c"), " AND "), prefix,
        undo_table_text(tmp, table, COLUMNS_KEY, "old.%c", ", "));
    planning->last =
        talloc_asprintf_append(planning->last, "DROP TRIGGER IF EXISTS %s_keys;\n", prefix);
}

// The table as the migration leaves it: under other names, with the same places.
static struct undo_table table_then(TALLOC_CTX *mem, const struct undo_table *table,
                                    const struct engine_undo_subject *subject)
{
    struct undo_table then = *table;
    then.name = subject->after != NULL ? subject->after : table->name;
    then.columns = mem_array(mem, struct undo_column, table->n_columns);
    for (size_t i = 0; i < table->n_columns; i++) {
        then.columns[i] = table->columns[i];
        for (size_t r = 0; r < subject->n_renamed; r++)
            if (text_equal_nocase(subject->renamed[r].before, table->columns[i].name))
                then.columns[i].name = subject->renamed[r].after;
    }
    return then;
}

// What differs from the copy. A table that is rewritten may not be there any more: all is kept, and
// completed with what is left of it (undo_copy.h).
static void add_difference(struct planning *planning, const struct undo_table *table,
                           const struct undo_table *then)
{
    SCRATCH(tmp);
    const char *prefix = undo_table_prefix(tmp, table);
    const char *olds = undo_table_text(tmp, table, COLUMNS_ALL, "%o", ", ");
    if (table->kept == KEPT_COPY)
        planning->last = talloc_asprintf_append(
            planning->last,
            "INSERT INTO %s (has_after, %s) SELECT NULL, %s FROM %s_before;\n"
            "SELECT " UNDO_COMPLETE "('%s', %lld);\n",
            prefix, olds, olds, prefix, table->log, (long long)table->n);
    else
        planning->last = talloc_asprintf_append(
            planning->last,
            "INSERT INTO %s (has_after, %s, %s) SELECT t.tminus_is_there IS NOT NULL, %s, %s FROM "
            "%s_before l LEFT JOIN (SELECT 1 AS tminus_is_there, %s FROM main.%s) t ON %s WHERE "
            "t.tminus_is_there IS NULL OR NOT (%s);\n",
            prefix, olds, undo_table_text(tmp, table, COLUMNS_ALL, "%n", ", "),
            undo_table_text(tmp, table, COLUMNS_ALL, "l.%o", ", "),
            undo_table_text(tmp, then, COLUMNS_ALL, "t.%c", ", "), prefix,
            undo_table_text(tmp, then, COLUMNS_ALL, "%c", ", "), undo_quote_name(tmp, then->name),
            undo_table_text(tmp, then, COLUMNS_KEY, "t.%c = l.%o", " AND "),
            undo_table_text(tmp, then, COLUMNS_ALL, UNDO_SAME("t.%c", "l.%o"), " AND "));
    planning->last = talloc_asprintf_append(planning->last, "DROP TABLE %s_before;\n", prefix);
}

static char *look_text(TALLOC_CTX *mem, const char *prefix, const struct undo_table *table)
{
    return mem_printf(mem, "('%s', %s, %s) FROM main.%s NOT INDEXED;\n", prefix,
                      undo_table_text(mem, table, COLUMNS_KEY, "%c", ""),
                      undo_table_text(mem, table, COLUMNS_NOT_KEY, "%c", ", "),
                      undo_quote_name(mem, table->name));
}

// Both looks at the table, and what roll_back makes rows of them in.
static void add_packed(struct planning *planning, const struct undo_table *table,
                       const struct undo_table *then)
{
    SCRATCH(tmp);
    const char *prefix = undo_table_prefix(tmp, table);
    planning->first = talloc_asprintf_append(
        planning->first,
        "CREATE TABLE %s_before (n INTEGER PRIMARY KEY, n_rows INTEGER NOT NULL, bytes BLOB NOT "
        "NULL);\n"
        "CREATE TABLE %s_packed (n INTEGER PRIMARY KEY, n_rows INTEGER NOT NULL, bytes BLOB NOT "
        "NULL);\n"
        "CREATE TABLE %s (has_after INTEGER, %s, %s);\n"
        "CREATE TABLE %s_key (%s);\n"
        "SELECT " UNDO_PACK "%s",
        prefix, prefix, prefix, undo_table_text(tmp, table, COLUMNS_ALL, "%o", ", "),
        undo_table_text(tmp, table, COLUMNS_ALL, "%n", ", "), prefix,
        undo_table_text(tmp, table, COLUMNS_KEY, "%o", ", "), look_text(tmp, prefix, table));
    planning->last =
        talloc_asprintf_append(planning->last, "SELECT " UNDO_DIFFER "%sDROP TABLE %s_before;\n",
                               look_text(tmp, prefix, then), prefix);
}

static bool has_triggers(struct engine *engine, const char *name, bool *out, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    TRY(cursor_make(tmp, engine,
                    mem_printf(tmp,
                               "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND "
                               "lower(tbl_name) = lower(%s)",
                               undo_quote_text(tmp, name)),
                    &cursor, err));
    return cursor_step(engine, cursor, out, err);
}

// A unique index over an updated column: REPLACE deletes whole rows, of which the pack has none,
// and values in each other's way come back with their rows alone.
static bool is_unique_updated(struct engine *engine, const struct engine_undo_subject *subject,
                              bool *out, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    *out = false;
    TRY(cursor_make(tmp, engine,
                    mem_printf(tmp,
                               "SELECT i.partial OR c.name IS NULL, c.name FROM "
                               "pragma_index_list(%s) i JOIN pragma_index_info(i.name) c WHERE "
                               "i.\"unique\"",
                               undo_quote_text(tmp, subject->table.name)),
                    &cursor, err));
    for (bool has_row; !*out;) {
        TRY(cursor_step(engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        *out = sqlite3_column_int(cursor->statement, 0) != 0;
        for (size_t i = 0; i < subject->n_updated && !*out; i++)
            *out = text_equal_nocase(subject->updated[i], cursor_text(cursor, 1));
    }
    return true;
}

// Outside of a transaction what is half done must be legible.
static bool can_be_packed(const struct planning *planning, const struct undo_table *table,
                          const struct engine_undo_subject *subject, bool is_triggered)
{
    return planning->in_transaction && subject->is_updated_only && subject->n_updated > 0 &&
           subject->n_updated <= UNDO_PACKED_COLUMNS_MAX && !subject->is_rewritten &&
           table->is_key_order && !is_triggered && !undo_reach_has(&planning->reach, table->name);
}

static void keep_table(struct planning *planning, const struct engine_undo_subject *subject,
                       struct undo_table *table, bool may_pack)
{
    struct undo_table narrow = *table;
    table->kept = subject->is_rewritten ? KEPT_COPY : KEPT_DIFFERENCES;
    if (may_pack &&
        undo_table_narrow(planning->mem, &narrow, subject->updated, subject->n_updated)) {
        *table = narrow;
        table->kept = KEPT_PACKED;
    }
    const struct undo_table then = table_then(planning->mem, table, subject);
    add_record(planning, table);
    if (table->kept == KEPT_PACKED) {
        add_packed(planning, table, &then);
    } else {
        add_copy(planning, table);
        add_difference(planning, table, &then);
    }
}

static bool plan_table(struct planning *planning, struct engine *engine,
                       const struct engine_undo_subject *subject, struct engine_undo_plan *plan,
                       struct error *err)
{
    struct undo_table table;
    bool is_triggered;
    TRY(undo_table_read(planning->mem, engine, subject->table.name, &table, err));
    TRY(has_triggers(engine, subject->table.name, &is_triggered, err));
    const char *none = NULL;
    if (table.n_columns == 0)
        none = "there is no such table before the migration";
    else if (table.n_columns > COLUMNS_MAX)
        none = "it has more than 900 columns";
    else if (undo_table_text(planning->mem, &table, COLUMNS_KEY, "%o", "")[0] == '\0')
        none = "it has no key, and its columns hide the rowid";
    if (none != NULL) {
        undo_plan_add(planning->mem, plan, subject->table, UNDO_NONE, none);
        return true;
    }
    bool is_known = true;
    if (is_triggered)
        TRY(undo_reach_add(&planning->reach, engine, &table, &is_known, err));
    const char *why =
        !is_known ? "what its triggers write to other tables is not foreseen"
        : table.key_is_rowid
            ? "it has no key: its rows are known by their rowid, which VACUUM may change"
            : NULL;
    undo_plan_add(planning->mem, plan, subject->table,
                  subject->is_rewritten ? UNDO_COPY : UNDO_TRIGGER, why)
        ->may_miss = !is_known;
    table.log = planning->id;
    table.n = (int64_t)plan->n_tables;
    bool is_packed = can_be_packed(planning, &table, subject, is_triggered);
    bool is_unique = false;
    if (is_packed)
        TRY(is_unique_updated(engine, subject, &is_unique, err));
    keep_table(planning, subject, &table, is_packed && !is_unique);
    return true;
}

static bool is_subject(const struct engine_undo_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_subjects; i++)
        if (text_equal_nocase(request->subjects[i].table.name, name))
            return true;
    return false;
}

// A table, or a view whose triggers write in its place.
static bool reach_name(struct planning *planning, struct engine *engine, const char *name,
                       bool *is_known, struct error *err)
{
    SCRATCH(tmp);
    struct undo_table table;
    TRY(undo_table_read(tmp, engine, name, &table, err));
    if (table.n_columns == 0)
        return undo_reach_add_view(&planning->reach, engine, name, is_known, err);
    return undo_reach_add(&planning->reach, engine, &table, is_known, err);
}

static bool read_reach(struct planning *planning, struct engine *engine,
                       const struct engine_undo_request *request, const char **unknown,
                       struct error *err)
{
    bool is_known;
    planning->reach.mem = planning->mem;
    for (size_t i = 0; i < request->n_subjects; i++)
        TRY(reach_name(planning, engine, request->subjects[i].table.name, &is_known, err));
    for (size_t i = 0; i < request->n_acting; i++) {
        TRY(reach_name(planning, engine, request->acting[i].name, &is_known, err));
        if (!is_known && *unknown == NULL)
            *unknown = mem_printf(planning->mem, "what triggers of %s write is not foreseen",
                                  request->acting[i].name);
    }
    return true;
}

// Other tables, which triggers of the subjects write. What is none (full text, a view) has no rows.
static bool plan_reached(struct planning *planning, struct engine *engine,
                         const struct engine_undo_request *request, struct engine_undo_plan *plan,
                         struct error *err)
{
    for (size_t i = 0; i < planning->reach.n_names; i++) {
        struct undo_table table;
        const struct engine_undo_subject subject = {.table.name = planning->reach.names[i]};
        TRY(undo_table_read(planning->mem, engine, subject.table.name, &table, err));
        if (table.n_columns > 0 && !is_subject(request, subject.table.name))
            TRY(plan_table(planning, engine, &subject, plan, err));
    }
    return true;
}

bool sqlite_undo_plan(TALLOC_CTX *mem, struct engine *engine,
                      const struct engine_undo_request *request, struct engine_undo_plan *out,
                      struct error *err)
{
    struct engine_undo_plan plan = {0};
    TRY(undo_id_check(request->id, err));
    struct planning planning = {
        .mem = mem, .id = request->id, .in_transaction = request->in_transaction};
    planning.first = mem_printf(
        mem, "%sINSERT INTO tminus_undo_log VALUES ('%s', datetime('now'), NULL, NULL);\n",
        tables_sql, request->id);
    planning.last = talloc_strdup(mem, "");
    TRY(read_reach(&planning, engine, request, &plan.unknown, err));
    for (size_t i = 0; i < request->n_subjects; i++)
        TRY(plan_table(&planning, engine, &request->subjects[i], &plan, err));
    TRY(plan_reached(&planning, engine, request, &plan, err));
    if (request->unnamed != NULL)
        plan.unknown =
            mem_printf(mem, "%s may write to tables that it does not name", request->unnamed);
    if (plan.n_tables > 0) {
        plan.first = planning.first;
        plan.last = talloc_asprintf_append(
            planning.last,
            "UPDATE tminus_undo_log SET ended_at = datetime('now') WHERE id = '%s';\n",
            request->id);
    }
    *out = plan;
    return true;
}
