/*
 * What a SQLite schema does otherwise: which keys have an index of their own, and how it is called.
 *
 * An INTEGER PRIMARY KEY is the rowid and has none; UNIQUE over the columns of an earlier key has
 * none either; the others are sqlite_autoindex_TABLE_N in the order in which they are written, and
 * follow their table's name. Measured in test_schema_sqlite.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

#include "base/text.h"

static bool has_rowid(const struct schema_relation *relation)
{
    return !relation->options || !strstr(relation->options, "WITHOUT ROWID");
}

static bool is_integer_key(const struct schema_relation *relation, enum constraint_kind kind,
                           const char *const *columns, size_t n)
{
    if (kind != CONSTRAINT_PRIMARY_KEY || n != 1)
        return false;
    const struct schema_column *column = schema_find_column(relation, columns[0]);
    return column && text_equal_nocase(column->type.name, "INTEGER");
}

bool sqlite_key_comes_last(const struct schema_relation *relation,
                           const struct constraint *constraint)
{
    return !has_rowid(relation) &&
           is_integer_key(relation, constraint->kind, constraint->columns, constraint->n_columns);
}

static bool same_key(const struct schema *schema, const struct schema_index *index,
                     const struct schema_constraint *key)
{
    bool same = index->is_unique && !index->predicate_text && index->n_columns == key->n_columns;
    for (size_t i = 0; same && i < key->n_columns; i++)
        same = schema_same(schema, index->columns[i].column, key->columns[i]);
    return same;
}

static bool is_automatic(const struct schema_index *index)
{
    return text_starts_with(index->name, "sqlite_autoindex_");
}

static char *automatic_name(const struct schema *schema, const struct schema_relation *relation,
                            size_t n)
{
    return mem_printf(schema->pool, "sqlite_autoindex_%s_%zu", relation->name.name, n);
}

void sqlite_add_key(struct schema *schema, struct schema_relation *relation,
                    struct schema_constraint *added)
{
    size_t n = 1;
    added->index = NULL;
    if (has_rowid(relation) &&
        is_integer_key(relation, added->kind, added->columns, added->n_columns))
        return;
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (!is_automatic(&relation->indexes[i]))
            continue;
        n++;
        if (same_key(schema, &relation->indexes[i], added))
            added->index = relation->indexes[i].name;
    }
    if (added->index)
        return;
    struct schema_index index = {.name = automatic_name(schema, relation, n),
                                 .method = "btree",
                                 .is_unique = true,
                                 .is_valid = true,
                                 .is_primary = added->kind == CONSTRAINT_PRIMARY_KEY,
                                 .n_columns = added->n_columns};
    index.columns = mem_array(schema->pool, struct index_column, added->n_columns + 1);
    for (size_t i = 0; i < added->n_columns; i++)
        index.columns[i].column = added->columns[i];
    added->index = index.name;
    schema_add_index(schema, relation, &index);
}

void sqlite_rename_keys(struct schema *schema, struct schema_relation *relation)
{
    size_t n = 0;
    for (size_t i = 0; i < relation->n_indexes; i++) {
        struct schema_index *index = &relation->indexes[i];
        if (!is_automatic(index))
            continue;
        const char *old = index->name;
        index->name = automatic_name(schema, relation, ++n);
        for (size_t k = 0; k < relation->n_constraints; k++) {
            if (schema_same(schema, relation->constraints[k].index, old))
                relation->constraints[k].index = index->name;
        }
        schema_remove(schema, (struct name){relation->name.schema, old});
        struct schema_relation *entry = schema_create(
            schema, (struct name){relation->name.schema, index->name}, RELATION_INDEX);
        entry->owned_by = relation->name;
        schema_mark_links(schema, entry);
        entry->created_in = index->created_in;
    }
}
