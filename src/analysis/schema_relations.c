/*
 * Relations among relations: descendants, readers, references, owned sequences, and what goes along
 * when one is dropped.
 *
 * Each search looks at those that the links name (schema_link.c), never at the whole schema.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

#include "statement/lexer.h"

static bool list_has(const struct relation_list *list, const struct schema_relation *relation)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->list[i] == relation)
            return true;
    }
    return false;
}

void list_add(TALLOC_CTX *mem, struct relation_list *list, struct schema_relation *relation)
{
    if (!list_has(list, relation))
        *mem_append(mem, list->list, list->n) = relation;
}

static bool names_contain(const struct schema *schema, const struct name *names, size_t n,
                          struct name name)
{
    for (size_t i = 0; i < n; i++) {
        if (name_equals(names[i], name, schema->relations.ignores_case))
            return true;
    }
    return false;
}

static void add_children(TALLOC_CTX *mem, const struct schema *schema,
                         const struct schema_relation *relation, bool partitions_only,
                         struct relation_list *list)
{
    SCRATCH(tmp);
    struct name parent = relation->name;
    struct relation_list linked = schema_linked(tmp, schema, parent, 1U << LINK_PARENT);
    for (size_t i = 0; i < linked.n; i++) {
        struct schema_relation *r = linked.list[i];
        if (r->n_parents && (r->is_partition || !partitions_only) &&
            names_contain(schema, r->parents, r->n_parents, parent))
            list_add(mem, list, r);
    }
}

static void add_readers(TALLOC_CTX *mem, const struct schema *schema, struct name relation,
                        const char *column, struct relation_list *list)
{
    SCRATCH(tmp);
    struct relation_list linked = schema_linked(tmp, schema, relation, 1U << LINK_READ);
    for (size_t i = 0; i < linked.n; i++) {
        struct schema_relation *r = linked.list[i];
        if (!r->n_reads || !names_contain(schema, r->reads, r->n_reads, relation))
            continue;
        if (!column || list_contains(schema, r->read_columns, r->n_read_columns, column) ||
            list_contains(schema, r->read_columns, r->n_read_columns, "*"))
            list_add(mem, list, r);
    }
}

struct relation_list schema_children(TALLOC_CTX *mem, const struct schema *schema,
                                     const struct schema_relation *relation)
{
    struct relation_list list = {0};
    add_children(mem, schema, relation, false, &list);
    return list;
}

// The list is its own queue: what is added is looked at in turn.
struct relation_list schema_descendants(TALLOC_CTX *mem, const struct schema *schema,
                                        const struct schema_relation *relation)
{
    struct relation_list list = {0};
    struct schema_relation *self = name_table_find(&schema->relations, relation->name);
    if (self)
        list_add(mem, &list, self);
    for (size_t i = 0; i < list.n; i++)
        add_children(mem, schema, list.list[i], false, &list);
    return list;
}

struct relation_list schema_dropped_with(TALLOC_CTX *mem, const struct schema *schema,
                                         const struct schema_relation *relation, bool cascade)
{
    struct relation_list list = {0};
    struct schema_relation *self = name_table_find(&schema->relations, relation->name);
    if (self)
        list_add(mem, &list, self);
    for (size_t i = 0; i < list.n; i++) {
        add_children(mem, schema, list.list[i], !cascade, &list);
        if (cascade)
            add_readers(mem, schema, list.list[i]->name, NULL, &list);
    }
    return list;
}

struct relation_list schema_readers(TALLOC_CTX *mem, const struct schema *schema,
                                    struct name relation, const char *column)
{
    struct relation_list list = {0};
    add_readers(mem, schema, relation, column, &list);
    for (size_t i = 0; i < list.n; i++)
        add_readers(mem, schema, list.list[i]->name, NULL, &list);
    return list;
}

struct relation_list schema_referencing(TALLOC_CTX *mem, const struct schema *schema,
                                        struct name relation)
{
    SCRATCH(tmp);
    struct relation_list list = {0};
    struct relation_list linked = schema_linked(tmp, schema, relation, 1U << LINK_REFERENCE);
    for (size_t i = 0; i < linked.n; i++) {
        struct schema_relation *r = linked.list[i];
        bool references = false;
        for (size_t k = 0; !references && k < r->n_constraints; k++)
            references = constraint_references(schema, &r->constraints[k], relation, NULL);
        if (references && !name_equals(r->name, relation, schema->relations.ignores_case))
            *mem_append(mem, list.list, list.n) = r;
    }
    return list;
}

struct relation_list schema_sequences(TALLOC_CTX *mem, const struct schema *schema,
                                      struct name relation, const char *column)
{
    SCRATCH(tmp);
    struct relation_list list = {0};
    struct relation_list linked = schema_linked(tmp, schema, relation, 1U << LINK_OWNER);
    for (size_t i = 0; i < linked.n; i++) {
        struct schema_relation *r = linked.list[i];
        if (r->kind == RELATION_SEQUENCE &&
            name_equals(r->owned_by, relation, schema->relations.ignores_case) &&
            (!column || schema_same(schema, r->owned_by_column, column)))
            *mem_append(mem, list.list, list.n) = r;
    }
    return list;
}

bool constraint_uses(const struct schema *schema, const struct schema_constraint *constraint,
                     const char *column)
{
    return list_contains(schema, constraint->columns, constraint->n_columns, column) ||
           list_contains(schema, constraint->check_columns, constraint->n_check_columns, column);
}

bool constraint_references(const struct schema *schema, const struct schema_constraint *constraint,
                           struct name table, const char *column)
{
    if (constraint->kind != CONSTRAINT_FOREIGN_KEY ||
        !name_equals(constraint->references, table, schema->relations.ignores_case))
        return false;
    return !column ||
           list_contains(schema, constraint->referenced, constraint->n_referenced, column);
}

// "schema.name", each perhaps quoted, up to the end of the literal.
static struct name name_of_text(TALLOC_CTX *mem, const char *text)
{
    struct name name = {0};
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, strcspn(text, "'"));
    for (struct token t = lexer_next(&lexer); t.kind != TOKEN_END; t = lexer_next(&lexer)) {
        if (t.kind != TOKEN_IDENTIFIER && t.kind != TOKEN_WORD)
            continue;
        name.schema = name.name;
        name.name = token_value(mem, &lexer, t);
    }
    return name;
}

bool column_takes_from(const struct schema *schema, const struct schema_column *column,
                       struct name sequence)
{
    static const char call[] = "nextval('";
    const char *at = column->default_text ? strcasestr(column->default_text, call) : NULL;
    if (!at)
        return false;
    if (schema_same(schema, column->owned_sequence, sequence.name))
        return true;
    SCRATCH(tmp);
    at += strlen(call);
    return name_equals(schema_resolve(schema, name_of_text(tmp, at)), sequence,
                       schema->relations.ignores_case);
}

bool index_uses(const struct schema *schema, const struct schema_index *index, const char *column)
{
    if (list_contains(schema, index->includes, index->n_includes, column))
        return true;
    for (size_t i = 0; i < index->n_columns; i++) {
        if (schema_same(schema, index->columns[i].column, column))
            return true;
    }
    return list_contains(schema, index->expression_columns, index->n_expression_columns, column);
}

struct relation_list schema_targets(TALLOC_CTX *mem, const struct schema *schema,
                                    const struct action *action)
{
    struct relation_list list = {0};
    struct schema_relation *relation = schema_find(schema, action->relation);
    if (relation && !action->only)
        return schema_descendants(mem, schema, relation);
    if (relation)
        list_add(mem, &list, relation);
    return list;
}

struct relation_list schema_edit_targets(TALLOC_CTX *mem, struct schema *schema,
                                         const struct action *action)
{
    struct relation_list list = schema_targets(mem, schema, action);
    for (size_t i = 0; i < list.n; i++)
        list.list[i] = schema_edit(schema, list.list[i]->name);
    return list;
}

static bool same_column(const struct schema *schema, const struct index_column *a,
                        const struct index_column *b)
{
    if (a->column || b->column)
        return schema_same(schema, a->column, b->column);
    return schema_same(schema, a->expression->text, b->expression->text);
}

struct schema_index *schema_index_twin(const struct schema *schema,
                                       const struct schema_relation *partition,
                                       const struct schema_index *index)
{
    for (size_t i = 0; i < partition->n_indexes; i++) {
        struct schema_index *own = &partition->indexes[i];
        bool is_same = own->n_columns == index->n_columns && own->is_unique == index->is_unique &&
                       own->is_primary == index->is_primary &&
                       schema_same(schema, own->method, index->method) &&
                       !own->predicate_text == !index->predicate_text &&
                       (!own->attached_to || schema_same(schema, own->attached_to, index->name));
        for (size_t k = 0; is_same && k < own->n_columns; k++)
            is_same = same_column(schema, &own->columns[k], &index->columns[k]);
        if (is_same)
            return own;
    }
    return NULL;
}

// On a partition a key has a name of its own.
struct schema_constraint *schema_constraint_twin(const struct schema *schema,
                                                 const struct schema_relation *partition,
                                                 const struct schema_constraint *constraint)
{
    for (size_t i = 0; i < partition->n_constraints; i++) {
        struct schema_constraint *own = &partition->constraints[i];
        bool is_same = constraint->kind != CONSTRAINT_CHECK && own->kind == constraint->kind &&
                       own->n_columns == constraint->n_columns;
        for (size_t k = 0; is_same && k < own->n_columns; k++)
            is_same = schema_same(schema, own->columns[k], constraint->columns[k]);
        if (is_same && own->n_columns)
            return own;
    }
    return schema_find_constraint(partition, constraint->name);
}
