/*
 * Keys of the PostgreSQL catalog: constraints and indexes.
 *
 * Expressions come as text, and are read by the reader that reads migrations, so that a CHECK or
 * an index of the catalog knows the same of its columns and functions as one of a migration. What
 * that grammar does not know (a later server's) is kept as text, with the columns of the catalog.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/catalog.h"

enum { KEY_COLUMNS_MAX = 1600 }; // a table has no more (MaxHeapAttributeNumber)

const struct action *catalog_read_action(TALLOC_CTX *mem, struct catalog *catalog, const char *sql)
{
    struct script *script;
    struct error ignored;
    size_t len = strlen(sql);
    const struct script_source source = {.path = "catalog", .text = sql, .len = len, .end = len};
    bool is_read = reader_read(mem, catalog->reader, &source, &script, &ignored) &&
                   script->n_statements == 1 && script->statements[0].n_actions == 1;
    return is_read ? &script->statements[0].actions[0] : NULL;
}

static const char **keep_list(struct catalog *catalog, struct schema_relation *table,
                              const char *const *list, size_t n)
{
    const char **kept = n > 0 ? mem_array(table, const char *, n) : NULL;
    for (size_t i = 0; i < n; i++)
        kept[i] = catalog_keep(catalog, list[i]);
    return kept;
}

// The columns behind the numbers of a field, expressions (0) left out.
static const char **columns_of(const struct catalog_relation *owner, struct schema_relation *into,
                               const PGresult *row, int field, size_t *n)
{
    int64_t numbers[KEY_COLUMNS_MAX];
    size_t n_numbers = field_numbers(row, field, numbers, KEY_COLUMNS_MAX);
    const char **columns = n_numbers > 0 ? mem_array(into, const char *, n_numbers) : NULL;
    *n = 0;
    for (size_t i = 0; i < n_numbers; i++) {
        columns[*n] = catalog_column(owner, numbers[i]);
        *n += columns[*n] != NULL;
    }
    return columns;
}

// --- constraints

static enum constraint_kind constraint_kind_of(char contype)
{
    switch (contype) {
    case 'p': return CONSTRAINT_PRIMARY_KEY;
    case 'u': return CONSTRAINT_UNIQUE;
    case 'f': return CONSTRAINT_FOREIGN_KEY;
    case 'x': return CONSTRAINT_EXCLUDE;
    default: return CONSTRAINT_CHECK;
    }
}

static const char *rule_of(char action)
{
    switch (action) {
    case 'r': return "RESTRICT";
    case 'c': return "CASCADE";
    case 'n': return "SET NULL";
    case 'd': return "SET DEFAULT";
    default: return NULL;
    }
}

static void read_reference(const struct catalog *catalog, struct schema_relation *table,
                           struct schema_constraint *key, const PGresult *row)
{
    const struct catalog_relation *target = catalog_find(catalog, field_oid(row, 6));
    key->on_delete = rule_of(PQgetvalue(row, 0, 8)[0]);
    key->on_update = rule_of(PQgetvalue(row, 0, 9)[0]);
    if (target == NULL)
        return;
    key->references = target->relation->name;
    key->referenced = columns_of(target, table, row, 7, &key->n_referenced);
}

// CHECK (…) as the server prints it, perhaps with NOT VALID or NO INHERIT behind it.
static void read_check(struct catalog *catalog, struct schema_relation *table,
                       struct schema_constraint *check, const char *text)
{
    SCRATCH(tmp);
    check->check_columns = check->columns;
    check->n_check_columns = check->n_columns;
    check->columns = NULL;
    check->n_columns = 0;
    const struct action *action =
        catalog_read_action(tmp, catalog, mem_printf(tmp, "ALTER TABLE t ADD %s", text));
    if (action == NULL || action->constraint == NULL || action->constraint->check == NULL) {
        check->check_text = catalog_keep(catalog, text);
        return;
    }
    const struct expression *expression = action->constraint->check;
    talloc_free(check->check_columns);
    check->check_text = catalog_keep(catalog, expression->text);
    check->check_columns = keep_list(catalog, table, expression->columns, expression->n_columns);
    check->n_check_columns = expression->n_columns;
    check->proves_not_null = catalog_keep(catalog, expression->proves_not_null);
}

// EXCLUDE USING … (column WITH operator, …) as the server prints it.
static void read_exclusion(struct catalog *catalog, struct schema_relation *table,
                           struct schema_constraint *exclusion, const char *text)
{
    SCRATCH(tmp);
    const struct action *action =
        catalog_read_action(tmp, catalog, mem_printf(tmp, "ALTER TABLE t ADD %s", text));
    const struct constraint *read = action != NULL ? action->constraint : NULL;
    for (size_t i = 0; read != NULL && i < read->n_excluded; i++)
        *mem_append(table, exclusion->operators, exclusion->n_operators) =
            catalog_keep(catalog, read->excluded[i].operator);
}

// conrelid, conname, contype, convalidated, conkey, conindid, confrelid, confkey, confdeltype,
// confupdtype, condeferrable, condeferred, connoinherit, is_full, definition
void catalog_add_constraint(struct catalog *catalog, const PGresult *row)
{
    struct catalog_relation *owner = catalog_find(catalog, field_oid(row, 0));
    if (owner == NULL)
        return;
    catalog_turn(catalog, owner);
    struct schema_relation *table = owner->relation;
    struct schema_constraint *added = mem_append(table, table->constraints, table->n_constraints);
    added->name = catalog_keep(catalog, field_text(row, 1));
    added->kind = constraint_kind_of(PQgetvalue(row, 0, 2)[0]);
    added->is_valid = field_bool(row, 3);
    added->columns = columns_of(owner, table, row, 4, &added->n_columns);
    added->is_deferrable = field_bool(row, 10);
    added->is_deferred = field_bool(row, 11);
    added->is_no_inherit = added->kind == CONSTRAINT_CHECK && field_bool(row, 12);
    added->is_match_full = added->kind == CONSTRAINT_FOREIGN_KEY && field_bool(row, 13);
    if (added->kind == CONSTRAINT_FOREIGN_KEY) {
        read_reference(catalog, table, added, row);
        return;
    }
    const char *text = field_text(row, 14);
    if (added->kind == CONSTRAINT_CHECK && text != NULL)
        read_check(catalog, table, added, text);
    if (added->kind == CONSTRAINT_EXCLUDE && text != NULL)
        read_exclusion(catalog, table, added, text);
    const struct catalog_relation *index = catalog_find(catalog, field_oid(row, 5));
    if (index != NULL)
        added->index = index->relation->name.name;
}

// --- indexes

static struct expression *keep_expression(struct catalog *catalog, struct schema_relation *table,
                                          const struct expression *from)
{
    struct expression *kept = mem_new(table, struct expression);
    kept->text = catalog_keep(catalog, from->text);
    kept->columns = keep_list(catalog, table, from->columns, from->n_columns);
    kept->n_columns = from->n_columns;
    return kept;
}

static void add_expression_columns(struct catalog *catalog, struct schema_relation *table,
                                   struct schema_index *index, const struct expression *from)
{
    for (size_t i = 0; from != NULL && i < from->n_columns; i++)
        *mem_append(table, index->expression_columns, index->n_expression_columns) =
            catalog_keep(catalog, from->columns[i]);
}

static void define_index(struct catalog *catalog, struct schema_relation *table,
                         struct schema_index *index, const struct index_definition *definition)
{
    index->columns = mem_array(table, struct index_column, definition->n_columns);
    index->n_columns = definition->n_columns;
    for (size_t i = 0; i < definition->n_columns; i++) {
        const struct index_column *from = &definition->columns[i];
        struct index_column *column = &index->columns[i];
        column->column = catalog_keep(catalog, from->column);
        column->collation = catalog_keep(catalog, from->collation);
        column->opclass = catalog_keep(catalog, from->opclass);
        column->is_descending = from->is_descending;
        column->has_nulls_first = from->has_nulls_first;
        if (from->expression != NULL)
            column->expression = keep_expression(catalog, table, from->expression);
        add_expression_columns(catalog, table, index, from->expression);
    }
    add_expression_columns(catalog, table, index, definition->predicate);
    if (definition->predicate != NULL)
        index->predicate_text = catalog_keep(catalog, definition->predicate->text);
    index->includes = keep_list(catalog, table, definition->includes, definition->n_includes);
    index->n_includes = definition->n_includes;
}

// By the numbers of its columns: `n_keys` of them are the key's, the others are included. An
// expression that could not be read stands for all that the definition says.
static void number_index(struct catalog *catalog, const struct catalog_relation *owner,
                         struct schema_index *index, const PGresult *row)
{
    struct schema_relation *table = owner->relation;
    int64_t numbers[KEY_COLUMNS_MAX];
    size_t n = field_numbers(row, 3, numbers, KEY_COLUMNS_MAX);
    int64_t options[KEY_COLUMNS_MAX]; // of each key: 1 descending, 2 nulls first
    size_t n_options = field_numbers(row, 9, options, KEY_COLUMNS_MAX);
    size_t n_keys = (size_t)field_integer(row, 4);
    index->columns = mem_array(table, struct index_column, n_keys);
    for (size_t i = 0; i < n; i++) {
        const char *column = catalog_column(owner, numbers[i]);
        if (i >= n_keys) {
            *mem_append(table, index->includes, index->n_includes) = column;
            continue;
        }
        struct index_column *added = &index->columns[index->n_columns++];
        added->column = column;
        added->is_descending = i < n_options && (options[i] & 1) != 0;
        added->has_nulls_first = i < n_options && (options[i] & 2) != 0;
        if (column != NULL)
            continue;
        added->expression = mem_new(table, struct expression);
        added->expression->text = catalog_keep(catalog, field_text(row, 8));
    }
}

// indrelid, name, method, indkey, indnkeyatts, indisunique, indisprimary, is_valid, definition,
// indoption, nulls_equal, attached_to
void catalog_add_index(struct catalog *catalog, const PGresult *row)
{
    SCRATCH(tmp);
    struct catalog_relation *owner = catalog_find(catalog, field_oid(row, 0));
    if (owner == NULL)
        return;
    catalog_turn(catalog, owner);
    struct schema_relation *table = owner->relation;
    struct schema_index *index = mem_append(table, table->indexes, table->n_indexes);
    index->name = catalog_keep(catalog, field_text(row, 1));
    index->method = catalog_keep(catalog, field_text(row, 2));
    index->is_unique = field_bool(row, 5);
    index->is_primary = field_bool(row, 6);
    index->is_valid = field_bool(row, 7);
    index->nulls_not_distinct = field_bool(row, 10);
    index->attached_to = catalog_keep(catalog, field_text(row, 11));
    const char *definition = field_text(row, 8);
    const struct action *action =
        definition != NULL ? catalog_read_action(tmp, catalog, definition) : NULL;
    if (action != NULL && action->index != NULL)
        define_index(catalog, table, index, action->index);
    else
        number_index(catalog, owner, index, row);
}
