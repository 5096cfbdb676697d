/*
 * Constraints of a schema: adding them with the names that the server would choose, and taking them
 * away with what hangs on them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

#include "statement/lexer.h"

static bool same_columns(const struct schema *schema, const struct schema_constraint *a,
                         const struct constraint *b)
{
    if (a->n_columns != b->n_columns)
        return false;
    for (size_t i = 0; i < a->n_columns; i++) {
        if (!schema_same(schema, a->columns[i], b->columns[i]))
            return false;
    }
    return true;
}

// UNIQUE over the columns of the primary key of the same CREATE TABLE makes no index of its own.
static bool repeats_primary_key(const struct schema *schema, const struct schema_relation *relation,
                                const struct constraint *constraint)
{
    if (constraint->kind != CONSTRAINT_UNIQUE || constraint->name || constraint->using_index)
        return false;
    if (schema_find(schema, relation->name))
        return false; // not under construction
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == CONSTRAINT_PRIMARY_KEY &&
            same_columns(schema, &relation->constraints[i], constraint))
            return true;
    }
    return false;
}

// What is included counts for the name too.
static char *key_columns(TALLOC_CTX *mem, const struct constraint *constraint)
{
    const char **names = NULL;
    size_t n = 0;
    if (constraint->kind == CONSTRAINT_EXCLUDE)
        return naming_exclusion(mem, constraint);
    for (size_t i = 0; i < constraint->n_columns; i++)
        *mem_append(mem, names, n) = constraint->columns[i];
    for (size_t i = 0; i < constraint->n_includes; i++)
        *mem_append(mem, names, n) = constraint->includes[i];
    return naming_columns(mem, names, n);
}

static char *choose_name(const struct schema *schema, const struct schema_relation *relation,
                         const struct constraint *constraint)
{
    SCRATCH(tmp);
    char *columns = key_columns(tmp, constraint);
    const struct expression *check = constraint->check;
    switch (constraint->kind) {
    case CONSTRAINT_PRIMARY_KEY: return naming_relation(schema, relation->name, NULL, "pkey", true);
    case CONSTRAINT_UNIQUE: return naming_relation(schema, relation->name, columns, "key", true);
    case CONSTRAINT_EXCLUDE: return naming_relation(schema, relation->name, columns, "excl", true);
    case CONSTRAINT_FOREIGN_KEY: return naming_constraint(schema, relation, columns, "fkey");
    case CONSTRAINT_CHECK:
        return naming_constraint(
            schema, relation, check && check->n_columns == 1 ? check->columns[0] : NULL, "check");
    case CONSTRAINT_NOT_NULL: break;
    }
    return naming_constraint(schema, relation, columns, "not_null");
}

static void add_key_index(struct schema *schema, struct schema_relation *relation,
                          const struct schema_constraint *added,
                          const struct constraint *constraint)
{
    bool is_exclusion = added->kind == CONSTRAINT_EXCLUDE;
    struct schema_index index = {.name = added->index,
                                 .is_unique = !is_exclusion,
                                 .is_primary = added->kind == CONSTRAINT_PRIMARY_KEY,
                                 .nulls_not_distinct = constraint->nulls_not_distinct,
                                 .is_valid = true};
    index.method = constraint->method ? mem_strdup(schema->pool, constraint->method) : "btree";
    index.includes = schema_keep_list(schema, constraint->includes, constraint->n_includes);
    index.n_includes = constraint->n_includes;
    if (is_exclusion) {
        index_take_exclusion(schema, &index, constraint);
    } else {
        index.columns = mem_array(schema->pool, struct index_column, added->n_columns + 1);
        index.n_columns = added->n_columns;
        for (size_t i = 0; i < added->n_columns; i++)
            index.columns[i].column = added->columns[i];
    }
    schema_add_index(schema, relation, &index);
}

// USING INDEX: the index gets the constraint's name and gives it its columns.
static void adopt_index(struct schema *schema, struct schema_relation *relation,
                        struct schema_constraint *added, const char *index_name)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        struct schema_index *index = &relation->indexes[i];
        if (!schema_same(schema, index->name, index_name))
            continue;
        added->columns = mem_array(schema->pool, const char *, index->n_columns + 1);
        for (size_t k = 0; k < index->n_columns; k++) {
            if (index->columns[k].column)
                added->columns[added->n_columns++] = index->columns[k].column;
        }
        schema_remove(schema, (struct name){relation->name.schema, index->name});
        index->name = added->name;
        index->is_primary = added->kind == CONSTRAINT_PRIMARY_KEY;
        struct name name = {relation->name.schema, added->name};
        struct schema_relation *entry = schema_create(schema, name, RELATION_INDEX);
        entry->owned_by = relation->name;
        schema_mark_links(schema, entry);
        entry->created_in = index->created_in;
    }
}

static void primary_key_not_null(struct schema_relation *relation,
                                 const struct schema_constraint *added)
{
    for (size_t i = 0; added->kind == CONSTRAINT_PRIMARY_KEY && i < added->n_columns; i++) {
        struct schema_column *column = schema_find_column(relation, added->columns[i]);
        if (column)
            column->is_not_null = true;
    }
}

static void add_reference(struct schema *schema, const struct schema_relation *relation,
                          struct schema_constraint *added, const struct constraint *constraint)
{
    added->references = schema_keep_name(schema, schema_resolve(schema, constraint->references));
    added->referenced = schema_keep_list(schema, constraint->referenced, constraint->n_referenced);
    added->n_referenced = constraint->n_referenced;
    added->on_delete = mem_strdup(schema->pool, constraint->on_delete);
    added->is_match_full = constraint->is_match_full;
    added->on_update = mem_strdup(schema->pool, constraint->on_update);
    const struct schema_relation *target = schema_find(schema, added->references);
    if (name_equals(added->references, relation->name, schema->relations.ignores_case))
        target = relation; // perhaps under construction
    for (size_t i = 0; target && !added->n_referenced && i < target->n_constraints; i++) {
        const struct schema_constraint *key = &target->constraints[i];
        if (key->kind != CONSTRAINT_PRIMARY_KEY)
            continue;
        added->referenced = key->columns;
        added->n_referenced = key->n_columns;
    }
}

static void add_check(struct schema *schema, struct schema_constraint *added,
                      const struct expression *check)
{
    added->check_text = mem_strdup(schema->pool, check->text);
    added->check_columns = schema_keep_list(schema, check->columns, check->n_columns);
    added->n_check_columns = check->n_columns;
    added->proves_not_null = mem_strdup(schema->pool, check->proves_not_null);
}

const char *schema_add_constraint(struct schema *schema, struct schema_relation *relation,
                                  const struct constraint *constraint)
{
    if (constraint->kind == CONSTRAINT_NOT_NULL ||
        repeats_primary_key(schema, relation, constraint))
        return NULL;
    if (constraint->name && schema_find_constraint(relation, constraint->name))
        return NULL;
    struct schema_constraint added = {.kind = constraint->kind,
                                      .is_deferrable = constraint->is_deferrable,
                                      .is_deferred = constraint->is_deferred,
                                      .is_no_inherit = constraint->is_no_inherit,
                                      .is_valid = !constraint->is_not_valid};
    if (!constraint->name && constraint->using_index)
        added.name = mem_strdup(schema->pool, constraint->using_index);
    else
        added.name = constraint->name ? mem_strdup(schema->pool, constraint->name)
                                      : choose_name(schema, relation, constraint);
    // A CHECK is the table's, also where it is written on a column: what it reads counts.
    if (!constraint->using_index && constraint->kind != CONSTRAINT_CHECK) {
        added.columns = schema_keep_list(schema, constraint->columns, constraint->n_columns);
        added.n_columns = constraint->n_columns;
    }
    for (size_t i = 0; i < constraint->n_excluded; i++)
        *mem_append(schema->pool, added.operators, added.n_operators) =
            mem_strdup(schema->pool, constraint->excluded[i].operator);
    if (constraint->check)
        add_check(schema, &added, constraint->check);
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY)
        add_reference(schema, relation, &added, constraint);
    bool is_key = constraint->kind == CONSTRAINT_PRIMARY_KEY ||
                  constraint->kind == CONSTRAINT_UNIQUE || constraint->kind == CONSTRAINT_EXCLUDE;
    if (is_key && schema->dialect == DIALECT_SQLITE) {
        sqlite_add_key(schema, relation, &added);
    } else if (is_key) {
        added.index = added.name;
        if (constraint->using_index)
            adopt_index(schema, relation, &added, constraint->using_index);
        else
            add_key_index(schema, relation, &added, constraint);
        primary_key_not_null(relation, &added);
    }
    *mem_append(relation, relation->constraints, relation->n_constraints) = added;
    schema_mark_constraint(schema, relation, &added);
    return added.name;
}

// Foreign keys and checks keep their name; the index of a key needs one of its own.
struct constraint constraint_inherited(const struct constraint *constraint, const char *name)
{
    struct constraint inherited = *constraint;
    bool keeps_name =
        constraint->kind == CONSTRAINT_FOREIGN_KEY || constraint->kind == CONSTRAINT_CHECK;
    inherited.name = keeps_name ? name : NULL; // a key's index needs a name of its own (measured)
    return inherited;
}

// Foreign keys of other tables that rest on this key go with it (CASCADE, or the statement fails).
static void drop_dependent_keys(struct schema *schema, struct name table,
                                const struct schema_constraint *key)
{
    SCRATCH(tmp);
    struct relation_list others = schema_referencing(tmp, schema, table);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = others.list[i]->n_constraints; k-- > 0;) {
            const struct schema_constraint *foreign = &others.list[i]->constraints[k];
            if (key->n_columns && key->n_columns == foreign->n_referenced &&
                constraint_references(schema, foreign, table, key->columns[0])) {
                struct schema_relation *other = schema_edit(schema, others.list[i]->name);
                schema_remove_constraint(schema, other, other->constraints[k].name);
                others.list[i] = other;
            }
        }
    }
}

void schema_remove_constraint(struct schema *schema, struct schema_relation *relation,
                              const char *name)
{
    struct schema_constraint *found = schema_find_constraint(relation, name);
    if (!found)
        return;
    struct schema_constraint gone = *found;
    size_t place = (size_t)(found - relation->constraints);
    schema_forget_part(relation, OBJECT_CONSTRAINT, gone.name);
    relation->n_constraints--;
    memmove(found, found + 1, (relation->n_constraints - place) * sizeof(*found));
    if (gone.index) {
        schema_remove_index(schema, relation, gone.index);
        drop_dependent_keys(schema, relation->name, &gone);
    }
}

// In `text`, only AND joins: then every `x IS NOT NULL` in it holds.
bool check_proves_not_null(const struct schema_constraint *check, const char *column)
{
    SCRATCH(tmp);
    if (check->proves_not_null && strcmp(check->proves_not_null, column) == 0)
        return true;
    const char *text = check->check_text ? check->check_text : "";
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text));
    const char *name = NULL; // the last name, so that "(" behind it makes it a call
    size_t matched = 0;      // words of IS NOT NULL behind it
    bool proves = false;
    for (struct token t = lexer_next(&lexer); t.kind != TOKEN_END; t = lexer_next(&lexer)) {
        static const char *const words[] = {"is", "not", "null"};
        if (name && matched < COUNT_OF(words) && token_is(&lexer, t, words[matched])) {
            proves |= ++matched == COUNT_OF(words) && strcmp(name, column) == 0;
            continue;
        }
        if (token_is(&lexer, t, "or") || token_is(&lexer, t, "case") ||
            token_is(&lexer, t, "not") || (t.kind == TOKEN_OPEN && name && !matched))
            return false;
        bool is_name = t.kind == TOKEN_IDENTIFIER || t.kind == TOKEN_WORD;
        name = is_name && !token_is(&lexer, t, "and") ? token_value(tmp, &lexer, t) : NULL;
        matched = 0;
    }
    return proves;
}

static void columns_not_null(struct schema_relation *child, const struct constraint *key)
{
    for (size_t i = 0; key->kind == CONSTRAINT_PRIMARY_KEY && i < key->n_columns; i++) {
        struct schema_column *column = schema_find_column(child, key->columns[i]);
        if (column)
            column->is_not_null = true;
    }
}

// Added to what is below the table. A key that a partition has already is taken as its part.
static void add_below(struct schema *schema, struct schema_relation *child,
                      const struct schema_relation *parent, const char *name,
                      const struct constraint *written)
{
    // Keys and foreign keys go to partitions, not to children that merely inherit.
    bool is_inherited = written->kind == CONSTRAINT_CHECK && !written->is_no_inherit;
    if (!child->is_partition && !is_inherited) {
        columns_not_null(child, written); // that much they do take of a primary key
        return;
    }
    const struct schema_constraint *above = parent ? schema_find_constraint(parent, name) : NULL;
    const struct schema_index *whole =
        above && above->index ? schema_relation_index(schema, parent, above->index) : NULL;
    struct schema_index *own = whole ? schema_index_twin(schema, child, whole) : NULL;
    struct constraint added = constraint_inherited(written, name);
    if (!own || !schema_find_constraint(child, own->name)) {
        schema_add_constraint(schema, child, &added);
        own = whole && child->n_indexes ? &child->indexes[child->n_indexes - 1] : NULL;
    }
    if (own)
        own->attached_to = whole->name;
}

void change_add_constraint(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    const struct constraint *written = action->constraint;
    const char *name = list.n ? schema_add_constraint(schema, list.list[0], written) : NULL;
    const struct schema_constraint *added =
        name ? schema_find_constraint(list.list[0], name) : NULL;
    if (!added)
        return;
    if (action->only && added->index && schema_has_partitions(schema, list.list[0])) {
        struct schema_index *index = schema_relation_index(schema, list.list[0], added->index);
        index->is_valid = index->attached_to != NULL;
    }
    const char **names = mem_array(tmp, const char *, list.n);
    names[0] = name;
    for (size_t i = 1; i < list.n; i++) {
        struct schema_relation *child = list.list[i];
        size_t above = 0; // its parent in the list
        while (above < i &&
               !(child->n_parents && name_equals(list.list[above]->name, child->parents[0], false)))
            above++;
        const struct schema_relation *parent = above < i ? list.list[above] : NULL;
        add_below(schema, child, parent, above < i && names[above] ? names[above] : name, written);
        const struct schema_constraint *own = schema_constraint_twin(schema, child, added);
        names[i] = own ? own->name : NULL;
    }
}

void change_drop_constraint(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    const struct schema_constraint *named =
        list.n ? schema_find_constraint(list.list[0], action->member) : NULL;
    for (size_t i = list.n; named && i-- > 0;) { // the named one last: the others are like it
        if (i > 0 && !list.list[i]->is_partition && named->kind != CONSTRAINT_CHECK)
            continue; // only a CHECK is inherited by a child that is no partition
        const struct schema_constraint *own =
            i ? schema_constraint_twin(schema, list.list[i], named) : named;
        if (own)
            schema_remove_constraint(schema, list.list[i], own->name);
    }
}

void change_validate_constraint(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n; i++) {
        struct schema_constraint *constraint = schema_find_constraint(list.list[i], action->member);
        if (constraint)
            constraint->is_valid = true;
    }
}

// ALTER CONSTRAINT … DEFERRABLE, of the foreign key and of those that partitions have of it.
void change_alter_constraint(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n && action->constraint; i++) {
        struct schema_constraint *constraint = schema_find_constraint(list.list[i], action->member);
        if (!constraint)
            continue;
        constraint->is_deferrable = action->constraint->is_deferrable;
        constraint->is_deferred = action->constraint->is_deferred;
    }
}
