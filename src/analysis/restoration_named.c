/*
 * Restoration: publications, extensions and what else is no relation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/restoration_comparison.h"
#include <ctype.h>

// "extension 'pgcrypto'".
static const char *named_words(const struct comparison *comparison,
                               const struct schema_named *object)
{
    char *kind = mem_strdup(comparison->mem, object->kind);
    for (char *c = kind; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return mem_printf(comparison->mem, "%s '%s'", kind, object->name.name);
}

void compare_named(struct comparison *comparison)
{
    const struct schema *target = comparison->target, *actual = comparison->actual;
    for (const struct schema_named *was = schema_next_named(target, NULL); was != NULL;
         was = schema_next_named(target, was)) {
        const struct schema_named *is = schema_find_named(actual, was->name);
        if (is == was)
            continue;
        if (is == NULL)
            differs(comparison, "%s is missing", named_words(comparison, was));
        else if (!same_text(is->comment, was->comment))
            differs(comparison, "the comment of %s is another one", named_words(comparison, was));
    }
    for (const struct schema_named *is = schema_next_named(actual, NULL);
         is != NULL && !schema_is_live(target); is = schema_next_named(actual, is)) {
        if (schema_find_named(target, is->name) == NULL)
            differs(comparison, "%s is left over", named_words(comparison, is));
    }
}

static const struct schema_publication *find_publication(const struct schema_publication *list,
                                                         size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    }
    return NULL;
}

static bool names_contain(const struct name *names, size_t n, struct name name)
{
    for (size_t i = 0; i < n; i++) {
        if (name_equals(names[i], name, false))
            return true;
    }
    return false;
}

static bool same_publication(const struct schema_publication *a, const struct schema_publication *b)
{
    bool same = a->has_all_tables == b->has_all_tables && a->n_tables == b->n_tables &&
                a->n_schemas == b->n_schemas;
    for (size_t i = 0; same && i < a->n_tables; i++)
        same = names_contain(b->tables, b->n_tables, a->tables[i]);
    return same;
}

void compare_publications(struct comparison *comparison)
{
    size_t n_was, n_is;
    const struct schema_publication *was = schema_publications(comparison->target, &n_was);
    const struct schema_publication *is = schema_publications(comparison->actual, &n_is);
    for (size_t i = 0; i < n_was; i++) {
        const struct schema_publication *other = find_publication(is, n_is, was[i].name);
        if (other == NULL)
            differs(comparison, "publication '%s' is missing", was[i].name);
        else if (!same_publication(&was[i], other))
            differs(comparison, "publication '%s' sends other tables", was[i].name);
    }
    for (size_t i = 0; i < n_is; i++) {
        if (find_publication(was, n_was, is[i].name) == NULL)
            differs(comparison, "publication '%s' is left over", is[i].name);
    }
}
