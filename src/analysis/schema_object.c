/*
 * Objects that the model has no structure for: extensions, schemas, collations, text search,
 * operators, casts, servers … It knows which there are, and their comments.
 *
 * They are kept by their kind as a statement writes it ("TEXT SEARCH DICTIONARY"), so that what one
 * statement makes another one finds.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

// The words of the statement's kind behind its verb.
static const char *kind_words(const struct schema *schema)
{
    static const char *const verbs[] = {"CREATE ", "DROP ", "RENAME ", "ALTER ", "COMMENT ON "};
    const char *kind = schema->statement ? schema->statement->kind : "";
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (strncmp(kind, verbs[i], strlen(verbs[i])) == 0)
            return kind + strlen(verbs[i]);
    }
    return NULL;
}

static bool has_schema(enum object_kind object)
{
    return object == OBJECT_TEXT_SEARCH || object == OBJECT_COLLATION ||
           object == OBJECT_OPERATOR || object == OBJECT_AGGREGATE || object == OBJECT_OTHER;
}

// "TEXT SEARCH DICTIONARY public".golang; of kinds without schema "EXTENSION".pgcrypto.
static struct name object_key(TALLOC_CTX *mem, const struct schema *schema, const char *kind,
                              const struct action *action)
{
    struct name name = action->relation;
    if (!has_schema(action->object))
        return (struct name){kind, name.name};
    const char *in = name.schema ? name.schema : schema->path[0];
    return (struct name){mem_printf(mem, "%s %s", kind, in), name.name};
}

static void object_put(struct schema *schema, struct name key, const char *kind,
                       const char *comment)
{
    struct schema_named *object = mem_new(schema->pool, struct schema_named);
    object->name =
        (struct name){mem_strdup(schema->pool, key.schema), mem_strdup(schema->pool, key.name)};
    object->kind = mem_strdup(schema->pool, kind);
    object->comment = mem_strdup(schema->pool, comment);
    name_table_put(&schema->objects, object);
}

const struct schema_named *schema_find_named(const struct schema *schema, struct name name)
{
    return name_table_find(&schema->objects, name);
}

const struct schema_named *schema_next_named(const struct schema *schema,
                                             const struct schema_named *previous)
{
    const struct name_table *table = &schema->objects;
    size_t place = previous ? name_table_place(table, previous) + 1 : 0;
    return name_table_at(table, name_table_next(table, place));
}

void change_create_object(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    const char *kind = kind_words(schema);
    if (!kind || !action->relation.name || action->object == OBJECT_NONE ||
        schema->dialect != DIALECT_POSTGRES || strncmp(schema->statement->kind, "CREATE ", 7) != 0)
        return;
    struct name key = object_key(tmp, schema, kind, action);
    if (!schema_find_named(schema, key))
        object_put(schema, key, kind, NULL);
}

void schema_drop_object(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    const char *kind = kind_words(schema);
    if (kind && action->relation.name)
        name_table_remove(&schema->objects, object_key(tmp, schema, kind, action));
}

void schema_rename_object(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    const char *kind = kind_words(schema);
    struct name key =
        kind && action->relation.name ? object_key(tmp, schema, kind, action) : (struct name){0};
    const struct schema_named *object = key.name ? schema_find_named(schema, key) : NULL;
    if (!object)
        return;
    name_table_remove(&schema->objects, key);
    object_put(schema, (struct name){key.schema, action->new_name}, kind, object->comment);
}

void schema_comment_object(struct schema *schema, const struct action *action, const char *text)
{
    SCRATCH(tmp);
    const char *kind = kind_words(schema);
    if (!kind || !action->relation.name)
        return;
    struct name key = object_key(tmp, schema, kind, action);
    if (schema_find_named(schema, key))
        object_put(schema, key, kind, text);
}
