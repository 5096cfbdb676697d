/*
 * Schema: the tables of names, their copies, and looking things up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"
#include "base/text.h"

#include <strings.h>

static int schema_close(struct schema *schema)
{
    if (--schema->pool->n_users == 0)
        talloc_free(schema->pool);
    return 0;
}

static struct schema *schema_open(TALLOC_CTX *mem, struct schema_pool *pool)
{
    struct schema *schema = mem_new(mem, struct schema);
    schema->pool = pool;
    pool->n_users++;
    schema->reading = mem_new(schema, struct schema_reading);
    schema->reading->generation = ++pool->generations;
    talloc_set_destructor(schema, schema_close);
    return schema;
}

struct schema *schema_make(TALLOC_CTX *mem, enum dialect dialect)
{
    struct schema *schema = schema_open(mem, mem_new(NULL, struct schema_pool));
    mem_pack(schema->pool);
    bool ignores_case = dialect == DIALECT_SQLITE;
    schema->dialect = dialect;
    schema->relations = name_table_make(schema, ignores_case);
    schema->types = name_table_make(schema, ignores_case);
    schema->functions = name_table_make(schema, ignores_case);
    schema->objects = name_table_make(schema, false);
    schema->pool->constraint_names = name_table_make(schema->pool, ignores_case);
    for (size_t i = 0; i < SCHEMA_LINKS; i++)
        schema->pool->links[i] = name_table_make(schema->pool, ignores_case);
    schema->usual_path[0] = dialect == DIALECT_SQLITE ? "main" : "public";
    schema->n_usual_path = 1;
    schema_reset_path(schema);
    return schema;
}

struct schema *schema_copy(TALLOC_CTX *mem, const struct schema *schema)
{
    struct schema *copy = schema_open(mem, schema->pool);
    struct schema_reading *reading = copy->reading;
    *copy = *schema;
    copy->reading = reading;
    copy->relations = name_table_copy(copy, &schema->relations);
    copy->types = name_table_copy(copy, &schema->types);
    copy->functions = name_table_copy(copy, &schema->functions);
    copy->objects = name_table_copy(copy, &schema->objects);
    schema->reading->generation = ++schema->pool->generations;
    return copy;
}

enum dialect schema_dialect(const struct schema *schema)
{
    return schema->dialect;
}

void schema_set_complete(struct schema *schema, bool is_complete)
{
    schema->is_complete = is_complete;
}

bool schema_is_complete(const struct schema *schema)
{
    return schema->is_complete;
}

// A temporary table does not outlive the session, and a tool takes one session a migration at
// most.
static void temporary_forget(struct schema *schema)
{
    SCRATCH(tmp);
    struct relation_list gone = {0};
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        if (r->is_temporary)
            *mem_append(tmp, gone.list, gone.n) = r;
    }
    for (size_t i = 0; i < gone.n; i++)
        schema_remove(schema, gone.list[i]->name);
    schema->has_temporary = false;
}

bool schema_same(const struct schema *schema, const char *a, const char *b)
{
    if (!a || !b)
        return false;
    return schema->dialect == DIALECT_SQLITE ? strcasecmp(a, b) == 0 : text_equal(a, b);
}

// What `table` has under the name, by the search path when it has no schema; `*at` is its whole
// name, the place of creation when there is nothing.
static void *path_find(const struct schema *schema, const struct name_table *table,
                       struct name name, struct name *at)
{
    void *found;
    *at = name;
    if (name.schema || !name.name)
        return name.name ? name_table_find(table, name) : NULL;
    if (schema->has_temporary) {
        *at = (struct name){TEMPORARY_SCHEMA, name.name};
        if ((found = name_table_find(table, *at)))
            return found;
    }
    for (size_t i = 0; i < schema->n_path; i++) {
        *at = (struct name){schema->path[i], name.name};
        if ((found = name_table_find(table, *at)))
            return found;
    }
    *at = (struct name){schema->path[0], name.name};
    return NULL;
}

static bool is_found_last(const struct schema_reading *reading, struct name name)
{
    const struct schema_relation *found = reading->found;
    if (!found || !text_equal(found->name.name, name.name))
        return false;
    return name.schema ? text_equal(found->name.schema, name.schema) : reading->is_found_bare;
}

struct schema_relation *schema_find(const struct schema *schema, struct name name)
{
    struct schema_reading *reading = schema->reading;
    struct name at;
    if (!name.name)
        return NULL;
    if (is_found_last(reading, name))
        return reading->found;
    struct schema_relation *found = path_find(schema, &schema->relations, name, &at);
    if (found) {
        reading->found = found;
        reading->is_found_bare = !name.schema;
    }
    return found;
}

struct name schema_resolve(const struct schema *schema, struct name name)
{
    struct name at = name;
    if (name.schema || !name.name)
        return name;
    if (is_found_last(schema->reading, name))
        at.schema = schema->reading->found->name.schema;
    else
        path_find(schema, &schema->relations, name, &at);
    return at;
}

struct schema_type *schema_find_type(const struct schema *schema, struct name name)
{
    return path_find(schema, &schema->types, name, &(struct name){0});
}

struct schema_function *schema_find_function(const struct schema *schema, struct name name)
{
    return path_find(schema, &schema->functions, name, &(struct name){0});
}

struct schema_column *schema_find_column(const struct schema_relation *relation, const char *name)
{
    if (!name)
        return NULL;
    for (size_t i = 0; i < relation->n_columns; i++) {
        const char *column = relation->columns[i].name;
        if (relation->ignores_case ? strcasecmp(column, name) == 0 : text_equal(column, name))
            return &relation->columns[i];
    }
    return NULL;
}

struct schema_constraint *schema_find_constraint(const struct schema_relation *relation,
                                                 const char *name)
{
    for (size_t i = 0; name && i < relation->n_constraints; i++) {
        const char *own = relation->constraints[i].name;
        if (own && (relation->ignores_case ? strcasecmp(own, name) == 0 : text_equal(own, name)))
            return &relation->constraints[i];
    }
    return NULL;
}

static struct schema_index *relation_index(const struct schema *schema,
                                           const struct schema_relation *relation, const char *name)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (schema_same(schema, relation->indexes[i].name, name))
            return &relation->indexes[i];
    }
    return NULL;
}

// Who fills in a schema may leave out the entries of indexes: then every table is looked at.
static struct schema_relation *index_search(const struct schema *schema, struct name name,
                                            struct schema_index **index)
{
    if (!schema->needs_links && !schema->has_bare_indexes)
        return NULL;
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        if (!schema_same(schema, r->name.schema, name.schema))
            continue;
        *index = relation_index(schema, r, name.name);
        if (*index)
            return r;
    }
    return NULL;
}

struct schema_relation *schema_find_index(const struct schema *schema, struct name name,
                                          struct schema_index **index)
{
    *index = NULL;
    if (!name.name)
        return NULL;
    name = schema_resolve(schema, name);
    struct schema_relation *entry = name_table_find(&schema->relations, name);
    if (!entry)
        return index_search(schema, name, index);
    if (entry->kind != RELATION_INDEX || !entry->owned_by.name)
        return NULL;
    struct schema_relation *table = name_table_find(&schema->relations, entry->owned_by);
    *index = table ? relation_index(schema, table, name.name) : NULL;
    return *index ? table : NULL;
}

bool schema_is_new(const struct schema *schema, const struct schema_relation *relation)
{
    if (relation->is_temporary)
        return true;
    return relation->created_in && relation->created_in == schema->migration;
}

char *schema_name_text(TALLOC_CTX *mem, const struct schema *schema, struct name name)
{
    name = schema_resolve(schema, name);
    // The most frequent text of all: without a format.
    size_t schema_len = strlen(name.schema), name_len = strlen(name.name);
    char *text = mem_array(mem, char, schema_len + name_len + 2);
    memcpy(text, name.schema, schema_len);
    text[schema_len] = '.';
    memcpy(text + schema_len + 1, name.name, name_len);
    return text;
}

static size_t place_behind(const struct name_table *table, const struct schema_relation *previous)
{
    if (!previous)
        return 0;
    // The hint is right unless the table was packed since.
    bool is_there = name_table_at(table, previous->place) == previous;
    return (is_there ? previous->place : name_table_place(table, previous)) + 1;
}

static struct schema_relation *relation_at(const struct name_table *table, size_t place)
{
    struct schema_relation *relation = name_table_at(table, place);
    if (relation && relation->place != place)
        relation->place = place;
    return relation;
}

struct schema_relation *schema_next_changed(const struct schema *schema, const struct schema *other,
                                            const struct schema_relation *previous)
{
    const struct name_table *table = &schema->relations;
    size_t place = place_behind(table, previous);
    return relation_at(table, name_table_next_changed(table, &other->relations, place));
}

struct schema_relation *schema_next(const struct schema *schema,
                                    const struct schema_relation *previous)
{
    const struct name_table *table = &schema->relations;
    return relation_at(table, name_table_next(table, place_behind(table, previous)));
}

static void mark_bare_indexes(struct schema *schema, const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_indexes && !schema->has_bare_indexes; i++) {
        struct name name = {relation->name.schema, relation->indexes[i].name};
        schema->has_bare_indexes = !name_table_find(&schema->relations, name);
    }
}

static void mark_all_links(struct schema *schema)
{
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        schema_mark_links(schema, r);
        mark_bare_indexes(schema, r);
    }
    schema->needs_links = false;
}

void schema_reset_path(struct schema *schema)
{
    memcpy(schema->path, schema->usual_path, sizeof schema->path);
    schema->n_path = schema->n_usual_path;
    schema->reading->found = NULL;
}

void schema_begin_migration(struct schema *schema, const char *migration)
{
    schema->migration = migration;
    schema_reset_path(schema);
    if (schema->has_temporary)
        temporary_forget(schema);
    if (schema->needs_links)
        mark_all_links(schema);
}

struct schema_relation *schema_add(struct schema *schema, struct name name, enum relation_kind kind)
{
    schema->needs_links = true;
    return schema_create(schema, name, kind);
}

struct schema_relation *schema_create(struct schema *schema, struct name name,
                                      enum relation_kind kind)
{
    struct schema_relation *relation = mem_new(schema->pool, struct schema_relation);
    relation->name = schema_keep_name(schema, name.schema ? name : schema_resolve(schema, name));
    relation->kind = kind;
    relation->n_doubts = schema->doubt ? schema->doubt->number : 0;
    relation->rows = -1;
    relation->bytes = -1;
    relation->writes_per_second = -1;
    relation->ignores_case = schema->dialect == DIALECT_SQLITE;
    relation->created_in = schema->migration;
    schema_put(schema, relation);
    return relation;
}

// --- inside

#define KEEP_ARRAY(copy, member, count)                                                            \
    ((copy)->member = (copy)->count                                                                \
                          ? mem_checked(talloc_memdup(copy, (copy)->member,                        \
                                                      (copy)->count * sizeof(*(copy)->member)))    \
                          : NULL)

struct schema_relation *schema_edit(struct schema *schema, struct name name)
{
    struct schema_relation *shared = schema_find(schema, name);
    if (!shared || shared->generation == schema->reading->generation)
        return shared;
    struct schema_relation *copy =
        mem_checked(talloc_memdup(schema->pool, shared, sizeof(*shared)));
    KEEP_ARRAY(copy, columns, n_columns);
    KEEP_ARRAY(copy, constraints, n_constraints);
    KEEP_ARRAY(copy, indexes, n_indexes);
    KEEP_ARRAY(copy, triggers, n_triggers);
    KEEP_ARRAY(copy, members, n_members);
    KEEP_ARRAY(copy, properties, n_properties);
    KEEP_ARRAY(copy, parents, n_parents);
    KEEP_ARRAY(copy, reads, n_reads);
    copy->generation = schema->reading->generation; // what it points to was marked for the original
    schema->reading->found = NULL;
    name_table_put(&schema->relations, copy);
    return copy;
}

void schema_put(struct schema *schema, struct schema_relation *relation)
{
    relation->generation = schema->reading->generation;
    schema->reading->found = NULL;
    if (schema->dangles && !name_table_find(&schema->relations, relation->name))
        relation->has_children = relation->is_referenced = true; // perhaps it is what was missing
    name_table_put(&schema->relations, relation);
    schema_mark_links(schema, relation);
}

void schema_remove(struct schema *schema, struct name name)
{
    schema->reading->found = NULL;
    name_table_remove(&schema->relations, name);
}

struct name schema_keep_name(struct schema *schema, struct name name)
{
    struct schema_pool *pool = schema->pool;
    if (name.schema && (!pool->last_schema || strcmp(pool->last_schema, name.schema) != 0))
        pool->last_schema = schema_keep_text(schema, name.schema);
    return (struct name){name.schema ? pool->last_schema : NULL,
                         schema_keep_text(schema, name.name)};
}

const char **schema_keep_list(struct schema *schema, const char *const *list, size_t n)
{
    const char **copy = n ? mem_array(schema->pool, const char *, n) : NULL;
    for (size_t i = 0; i < n; i++)
        copy[i] = mem_strdup(schema->pool, list[i]);
    return copy;
}

bool list_contains(const struct schema *schema, const char *const *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (schema_same(schema, list[i], text))
            return true;
    }
    return false;
}
