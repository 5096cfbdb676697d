/*
 * Indexes of a schema: adding them, also to the partitions of their table, and taking them away.
 *
 * An index of a partitioned table has a part on each partition (`attached_to`), and is valid when
 * each has one that is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

struct schema_index *schema_relation_index(const struct schema *schema,
                                           const struct schema_relation *relation, const char *name)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (schema_same(schema, relation->indexes[i].name, name))
            return &relation->indexes[i];
    }
    return NULL;
}

void schema_add_index(struct schema *schema, struct schema_relation *relation,
                      const struct schema_index *index)
{
    struct schema_index *added = mem_append(relation, relation->indexes, relation->n_indexes);
    *added = *index;
    added->created_in = schema->migration;
    struct name name = {relation->name.schema, index->name};
    struct schema_relation *entry = schema_create(schema, name, RELATION_INDEX);
    entry->owned_by = relation->name;
    schema_mark_links(schema, entry);
    entry->is_temporary = relation->is_temporary;
}

void schema_remove_index(struct schema *schema, struct schema_relation *relation, const char *name)
{
    struct schema_index *gone = schema_relation_index(schema, relation, name);
    if (!gone)
        return;
    size_t place = (size_t)(gone - relation->indexes);
    schema_remove(schema, (struct name){relation->name.schema, gone->name});
    relation->n_indexes--;
    memmove(gone, gone + 1, (relation->n_indexes - place) * sizeof(*gone));
}

static void add_expression_columns(struct schema *schema, struct schema_index *index,
                                   const struct expression *expression)
{
    for (size_t i = 0; expression && i < expression->n_columns; i++) {
        *mem_append(schema->pool, index->expression_columns, index->n_expression_columns) =
            mem_strdup(schema->pool, expression->columns[i]);
    }
}

static void take_columns(struct schema *schema, struct schema_index *index,
                         const struct index_column *columns, size_t n)
{
    index->columns = keep_index_columns(schema, columns, n);
    index->n_columns = n;
    for (size_t i = 0; i < n; i++)
        add_expression_columns(schema, index, columns[i].expression);
}

void index_take_exclusion(struct schema *schema, struct schema_index *index,
                          const struct constraint *constraint)
{
    SCRATCH(tmp);
    struct index_column *columns = mem_array(tmp, struct index_column, constraint->n_excluded + 1);
    for (size_t i = 0; i < constraint->n_excluded; i++)
        columns[i] = constraint->excluded[i].column;
    take_columns(schema, index, columns, constraint->n_excluded);
    add_expression_columns(schema, index, constraint->predicate);
    if (constraint->predicate)
        index->predicate_text = mem_strdup(schema->pool, constraint->predicate->text);
}

static struct schema_index index_of_definition(struct schema *schema,
                                               const struct index_definition *definition)
{
    struct schema_index index = {.is_unique = definition->is_unique,
                                 .nulls_not_distinct = definition->nulls_not_distinct,
                                 .is_valid = true};
    index.method = mem_strdup(schema->pool, definition->method ? definition->method : "btree");
    take_columns(schema, &index, definition->columns, definition->n_columns);
    add_expression_columns(schema, &index, definition->predicate);
    index.includes = schema_keep_list(schema, definition->includes, definition->n_includes);
    index.n_includes = definition->n_includes;
    if (definition->predicate)
        index.predicate_text = mem_strdup(schema->pool, definition->predicate->text);
    return index;
}

static const char *name_index(const struct schema *schema, const struct schema_relation *relation,
                              const struct schema_index *index)
{
    SCRATCH(tmp);
    char *columns = naming_index_columns(tmp, index);
    return naming_relation(schema, relation->name, columns, "idx", false);
}

void schema_add_part(struct schema *schema, struct schema_relation *partition,
                     const struct schema_index *index)
{
    struct schema_index part = *index;
    part.name = name_index(schema, partition, index);
    part.attached_to = index->name;
    schema_add_index(schema, partition, &part);
}

static size_t place_of(const struct relation_list *list, struct name name, bool ignores_case)
{
    size_t place = 0;
    while (place < list->n && !name_equals(list->list[place]->name, name, ignores_case))
        place++;
    return place;
}

// Each partition below gets a part, or gives an index of its own that is like it.
static void add_parts(struct schema *schema, struct name table, const struct schema_index *index)
{
    SCRATCH(tmp);
    const struct schema_relation *relation = schema_find(schema, table);
    struct relation_list all = schema_descendants(tmp, schema, relation);
    const char **names = mem_array(tmp, const char *, all.n);
    for (size_t i = 0; i < all.n; i++) {
        names[i] = i == 0 ? index->name : NULL;
        bool is_part = i > 0 && all.list[i]->is_partition && all.list[i]->n_parents > 0;
        size_t above = is_part ? place_of(&all, all.list[i]->parents[0], false) : i;
        if (above >= i || !names[above])
            continue;
        struct schema_index like = *index;
        like.name = names[above];
        struct schema_relation *partition = schema_edit(schema, all.list[i]->name);
        struct schema_index *own = schema_index_twin(schema, partition, &like);
        if (own)
            own->attached_to = like.name;
        else
            schema_add_part(schema, partition, &like);
        names[i] = own ? own->name : partition->indexes[partition->n_indexes - 1].name;
    }
}

bool schema_has_partitions(const struct schema *schema, const struct schema_relation *relation)
{
    SCRATCH(tmp);
    return relation->kind == RELATION_PARTITIONED && schema_children(tmp, schema, relation).n > 0;
}

void change_create_index(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    if (!relation)
        return;
    struct name name = {relation->name.schema, action->index->name};
    if (name.name && name_table_find(&schema->relations, name))
        return; // IF NOT EXISTS, or the statement fails
    struct schema_index index = index_of_definition(schema, action->index);
    index.name =
        name.name ? mem_strdup(schema->pool, name.name) : name_index(schema, relation, &index);
    bool has_partitions = schema_has_partitions(schema, relation);
    index.is_valid = !(has_partitions && action->only);
    schema_add_index(schema, relation, &index);
    schema_take_settings(
        schema, schema_find(schema, (struct name){relation->name.schema, index.name}), action);
    if (has_partitions && !action->only)
        add_parts(schema, relation->name, &index);
}

// --- parts

static bool part_is_valid(const struct schema *schema, const struct schema_relation *partition,
                          const char *index)
{
    for (size_t i = 0; i < partition->n_indexes; i++) {
        if (schema_same(schema, partition->indexes[i].attached_to, index))
            return partition->indexes[i].is_valid;
    }
    return false;
}

// It becomes valid with the last of its parts, and then perhaps the one that it is a part of.
static void validate_index(struct schema *schema, struct name table, const char *name)
{
    SCRATCH(tmp);
    while (name) {
        struct schema_relation *relation = schema_edit(schema, table);
        struct schema_index *index =
            relation ? schema_relation_index(schema, relation, name) : NULL;
        if (!index || index->is_valid)
            return;
        struct relation_list parts = schema_children(tmp, schema, relation);
        for (size_t i = 0; i < parts.n; i++) {
            if (!part_is_valid(schema, parts.list[i], name))
                return;
        }
        index->is_valid = true;
        name = index->attached_to;
        table = relation->n_parents ? relation->parents[0] : (struct name){0};
    }
}

void change_attach_index(struct schema *schema, const struct action *action)
{
    struct schema_index *whole, *part;
    struct schema_relation *table = schema_find_index(schema, action->relation, &whole);
    struct schema_relation *partition = schema_find_index(schema, action->other, &part);
    if (!table || !partition)
        return;
    const char *name = whole->name;
    partition = schema_edit(schema, partition->name);
    part = schema_relation_index(schema, partition, action->other.name);
    part->attached_to = name;
    validate_index(schema, table->name, name);
}

void schema_drop_index(struct schema *schema, struct name name)
{
    SCRATCH(tmp);
    struct schema_index *index;
    struct schema_relation *table = schema_find_index(schema, name, &index);
    if (!table)
        return;
    struct relation_list below = {0};
    const char **names = NULL; // of the parts that go with it
    size_t n_names = 0;
    *mem_append(tmp, names, n_names) = index->name;
    if (table->kind == RELATION_PARTITIONED)
        below = schema_descendants(tmp, schema, table);
    for (size_t i = 1; i < below.n; i++) {
        const struct schema_relation *partition = below.list[i];
        for (size_t k = 0; k < partition->n_indexes; k++) {
            const char *part = partition->indexes[k].name;
            if (!list_contains(schema, names, n_names, partition->indexes[k].attached_to))
                continue;
            *mem_append(tmp, names, n_names) = part;
            schema_remove_index(schema, schema_edit(schema, partition->name), part);
            break;
        }
    }
    schema_remove_index(schema, schema_edit(schema, table->name), name.name);
}
