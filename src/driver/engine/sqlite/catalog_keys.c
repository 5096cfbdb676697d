/*
 * Keys of the SQLite catalog: primary keys, indexes, unique constraints, foreign keys.
 *
 * SQLite keeps no names of these constraints; they are called as the replayed schema calls unnamed
 * ones, so that both can be compared.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/sqlite/catalog.h"

static const char *joined_name(TALLOC_CTX *mem, const struct schema_relation *table,
                               const char *const *columns, size_t n, const char *ending)
{
    char *name = mem_strdup(mem, table->name.name);
    for (size_t i = 0; i < n; i++)
        name = mem_printf(mem, "%s_%s", name, columns[i]);
    return mem_printf(mem, "%s_%s", name, ending);
}

static struct schema_constraint *add_constraint(struct schema_relation *table,
                                                enum constraint_kind kind)
{
    struct schema_constraint *added = mem_append(table, table->constraints, table->n_constraints);
    added->kind = kind;
    added->is_valid = true;
    return added;
}

// --- primary key

struct key_columns {
    TALLOC_CTX *mem;
    const char **names;
    size_t n;
    bool is_integer; // the first one's type is INTEGER
};

static bool add_key_column(struct catalog *catalog, struct cursor *row, void *context,
                           struct error *err)
{
    struct key_columns *key = context;
    (void)catalog;
    (void)err;
    key->is_integer = text_equal_nocase(cursor_text(row, 1), "INTEGER");
    *mem_append(key->mem, key->names, key->n) = mem_strdup(key->mem, cursor_text(row, 0));
    return true;
}

static bool read_key_columns(struct catalog *catalog, const char *table, struct key_columns *key,
                             struct error *err)
{
    return catalog_scan(catalog,
                        "SELECT name, type FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0 "
                        "ORDER BY pk",
                        table, add_key_column, key, err);
}

static bool read_primary_key(struct catalog *catalog, struct schema_relation *table,
                             struct error *err)
{
    struct key_columns key = {.mem = table};
    TRY(read_key_columns(catalog, table->name.name, &key, err));
    if (key.n == 0)
        return true;
    struct schema_constraint *primary = add_constraint(table, CONSTRAINT_PRIMARY_KEY);
    primary->columns = key.names;
    primary->n_columns = key.n;
    primary->name = joined_name(table, table, NULL, 0, "pkey");
    // Only the alias of the rowid can never be NULL without saying so.
    struct schema_column *first = schema_find_column(table, key.names[0]);
    if (key.n == 1 && key.is_integer && first != NULL)
        first->is_not_null = true;
    return true;
}

// --- indexes

struct index_target {
    TALLOC_CTX *mem;
    struct schema_index *index;
};

static bool add_index_column(struct catalog *catalog, struct cursor *row, void *context,
                             struct error *err)
{
    const struct index_target *target = context;
    struct schema_index *index = target->index;
    TALLOC_CTX *mem = target->mem;
    (void)catalog;
    (void)err;
    struct index_column *column = mem_append(mem, index->columns, index->n_columns);
    bool is_expression = sqlite3_column_type(row->statement, 0) == SQLITE_NULL;
    const char *collation = cursor_text(row, 1);
    if (!is_expression)
        column->column = mem_strdup(mem, cursor_text(row, 0));
    if (strcmp(collation, "BINARY") != 0)
        column->collation = mem_strdup(mem, collation);
    return true;
}

static void add_unique_constraint(struct schema_relation *table, const struct schema_index *index)
{
    struct schema_constraint *unique = add_constraint(table, CONSTRAINT_UNIQUE);
    unique->index = index->name;
    unique->columns = mem_array(table, const char *, index->n_columns);
    unique->n_columns = index->n_columns;
    for (size_t i = 0; i < index->n_columns; i++)
        unique->columns[i] = index->columns[i].column;
    unique->name = joined_name(table, table, unique->columns, unique->n_columns, "key");
}

// name, unique, origin, sql
static bool add_index(struct catalog *catalog, struct cursor *row, void *context, struct error *err)
{
    struct schema_relation *table = context;
    const char *origin = cursor_text(row, 2);
    const char *sql = cursor_text(row, 3);
    struct schema_index index = {
        .name = mem_strdup(table, cursor_text(row, 0)),
        .method = "btree",
        .is_unique = sqlite3_column_int(row->statement, 1) != 0,
        .is_primary = strcmp(origin, "pk") == 0,
        .is_valid = true,
        .predicate_text = catalog_predicate(table, sql),
    };
    TRY(catalog_scan(
        catalog, "SELECT name, coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno",
        index.name, add_index_column, &(struct index_target){.mem = table, .index = &index}, err));
    bool has_expression = index.predicate_text != NULL;
    for (size_t i = 0; i < index.n_columns; i++)
        has_expression = has_expression || index.columns[i].column == NULL;
    if (has_expression)
        catalog_named_columns(table, table, strchr(sql, '(') ? strchr(sql, '(') : sql,
                              &index.expression_columns, &index.n_expression_columns);
    *mem_append(table, table->indexes, table->n_indexes) = index;
    if (strcmp(origin, "u") == 0)
        add_unique_constraint(table, &index);
    if (index.is_primary)
        table->constraints[0].index = index.name; // the primary key is read first
    struct name name = {.schema = "main", .name = index.name};
    schema_add(catalog->schema, name, RELATION_INDEX)->owned_by = table->name;
    return true;
}

// --- foreign keys

struct foreign_keys {
    struct schema_relation *table;
    int last_id;
};

static void append_text(TALLOC_CTX *mem, const char ***list, size_t *n, const char *text)
{
    *mem_append(mem, *list, *n) = mem_strdup(mem, text);
}

static const char *rule_text(TALLOC_CTX *mem, const char *rule)
{
    return strcmp(rule, "NO ACTION") == 0 ? NULL : mem_strdup(mem, rule);
}

// id, table, from, to, on_update, on_delete
static bool add_foreign_key(struct catalog *catalog, struct cursor *row, void *context,
                            struct error *err)
{
    struct foreign_keys *keys = context;
    struct schema_relation *table = keys->table;
    int id = sqlite3_column_int(row->statement, 0);
    struct schema_constraint *key = id == keys->last_id
                                        ? &table->constraints[table->n_constraints - 1]
                                        : add_constraint(table, CONSTRAINT_FOREIGN_KEY);
    const char *parent = mem_strdup(table, cursor_text(row, 1));
    bool is_new = id != keys->last_id;
    keys->last_id = id;
    append_text(table, &key->columns, &key->n_columns, cursor_text(row, 2));
    key->references = (struct name){.schema = "main", .name = parent};
    key->on_update = rule_text(table, cursor_text(row, 4));
    key->on_delete = rule_text(table, cursor_text(row, 5));
    key->name = joined_name(table, table, key->columns, key->n_columns, "fkey");
    if (sqlite3_column_type(row->statement, 3) != SQLITE_NULL) {
        append_text(table, &key->referenced, &key->n_referenced, cursor_text(row, 3));
        return true;
    }
    if (!is_new)
        return true;
    struct key_columns primary = {.mem = table};
    TRY(read_key_columns(catalog, parent, &primary, err));
    key->referenced = primary.names;
    key->n_referenced = primary.n;
    return true;
}

bool catalog_read_keys(struct catalog *catalog, struct schema_relation *table, struct error *err)
{
    struct foreign_keys keys = {.table = table, .last_id = -1};
    TRY(read_primary_key(catalog, table, err));
    TRY(catalog_scan(catalog,
                     "SELECT l.name, l.\"unique\", l.origin, s.sql "
                     "FROM pragma_index_list(?1, 'main') AS l "
                     "LEFT JOIN main.sqlite_schema AS s ON s.type = 'index' AND s.name = l.name "
                     "ORDER BY l.seq DESC",
                     table->name.name, add_index, table, err));
    // SQLite numbers them from the last one written.
    return catalog_scan(catalog,
                        "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete "
                        "FROM pragma_foreign_key_list(?1, 'main') ORDER BY id DESC, seq",
                        table->name.name, add_foreign_key, &keys, err);
}
