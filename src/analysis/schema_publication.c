/*
 * Publications: which tables they send, from a live catalog or from statements.
 *
 * There are few, and copies of a schema share the list: who changes it takes a list of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

static struct schema_publication *find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_publications; i++) {
        if (strcmp(schema->publications[i].name, name) == 0)
            return &schema->publications[i];
    }
    return NULL;
}

const struct schema_publication *schema_publications(const struct schema *schema, size_t *n)
{
    *n = schema->n_publications;
    return schema->publications;
}

static void own_list(struct schema *schema, size_t room)
{
    size_t n = schema->n_publications;
    struct schema_publication *list =
        mem_array(schema->pool, struct schema_publication, n + room + 1);
    for (size_t i = 0; i < n; i++)
        list[i] = schema->publications[i];
    schema->publications = list;
}

struct schema_publication *schema_add_publication(struct schema *schema, const char *name)
{
    struct schema_publication *known = find(schema, name);
    if (known)
        return known;
    own_list(schema, 1);
    struct schema_publication *added = &schema->publications[schema->n_publications++];
    added->name = mem_strdup(schema->pool, name);
    return added;
}

// Its tables without `name`, in an array of their own.
static void remove_table(struct schema *schema, struct schema_publication *publication,
                         struct name name)
{
    struct name *tables = mem_array(schema->pool, struct name, publication->n_tables + 1);
    size_t n = 0;
    for (size_t i = 0; i < publication->n_tables; i++) {
        if (!name_equals(publication->tables[i], name, false))
            tables[n++] = publication->tables[i];
    }
    publication->tables = tables;
    publication->n_tables = n;
}

static void add_table(struct schema *schema, struct schema_publication *publication,
                      struct name name)
{
    remove_table(schema, publication, name);
    publication->tables[publication->n_tables++] = schema_keep_name(schema, name);
}

void change_publication(struct schema *schema, const struct action *action)
{
    const char *option = action->option ? action->option : "";
    if (!action->member)
        return;
    struct schema_publication *publication = schema_add_publication(schema, action->member);
    own_list(schema, 0);
    publication = find(schema, action->member);
    if (strcmp(option, "set") == 0)
        publication->n_tables = publication->n_schemas = 0;
    publication->has_all_tables |= strcmp(option, "all tables") == 0;
    if (action->relation.name) {
        struct name name = schema_resolve(schema, action->relation);
        if (strcmp(option, "drop") == 0)
            remove_table(schema, publication, name);
        else
            add_table(schema, publication, name);
    } else if (action->relation.schema) {
        const char **schemas = mem_array(schema->pool, const char *, publication->n_schemas + 1);
        for (size_t i = 0; i < publication->n_schemas; i++)
            schemas[i] = publication->schemas[i];
        schemas[publication->n_schemas++] = mem_strdup(schema->pool, action->relation.schema);
        publication->schemas = schemas;
    }
}

void schema_drop_publication(struct schema *schema, const char *name)
{
    if (!find(schema, name))
        return;
    own_list(schema, 0);
    struct schema_publication *gone = find(schema, name);
    *gone = schema->publications[--schema->n_publications];
}

void schema_unpublish(struct schema *schema, struct name table)
{
    if (schema->n_publications)
        own_list(schema, 0);
    for (size_t i = 0; i < schema->n_publications; i++)
        remove_table(schema, &schema->publications[i], table);
}

void schema_republish(struct schema *schema, struct name from, struct name to)
{
    if (schema->n_publications)
        own_list(schema, 0);
    for (size_t i = 0; i < schema->n_publications; i++) {
        struct schema_publication *publication = &schema->publications[i];
        size_t n = publication->n_tables;
        remove_table(schema, publication, from);
        if (publication->n_tables < n)
            publication->tables[publication->n_tables++] = to;
    }
}
