/*
 * What differs between two schemas: one of a live catalog and one replayed from statements.
 *
 * Compared is what rules and predictions ask: relations, columns with types, NOT NULL and whether
 * there is a default, keys, constraints, indexes, parents, what views read, triggers, types. Texts
 * of expressions are not: the server prints them anew. Each difference is one line in `lines`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_SCHEMA_DIFFERENCE_H
#define SUPPORT_SCHEMA_DIFFERENCE_H

#include "analysis/schema.h"
#include "base/memory.h"
#include <string.h>
#include <strings.h>

struct difference {
    const struct schema *live, *replayed;
    char *lines;
    size_t n;
};

PRINTF_LIKE(2, 3) static inline void differs(struct difference *d, const char *format, ...)
{
    SCRATCH(tmp);
    va_list values;
    va_start(values, format);
    const char *line = talloc_vasprintf(tmp, format, values);
    va_end(values);
    d->lines = talloc_asprintf_append(d->lines, "# %s\n", line);
    d->n++;
}

static inline bool text_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static inline const char *shown(const char *text)
{
    return text != NULL ? text : "nothing";
}

static inline int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Each once, sorted or as they are, joined.
static inline char *joined(TALLOC_CTX *mem, const char *const *list, size_t n, bool is_set)
{
    const char **copy = mem_array(mem, const char *, n + 1);
    char *text = mem_strdup(mem, "");
    if (n > 0)
        memcpy(copy, list, n * sizeof(*list));
    if (is_set)
        qsort(copy, n, sizeof(*copy), text_order);
    for (size_t i = 0; i < n; i++) {
        if (!is_set || i == 0 || strcmp(copy[i], copy[i - 1]) != 0)
            text = mem_printf(mem, "%s%s ", text, copy[i]);
    }
    return text;
}

static inline char *joined_names(TALLOC_CTX *mem, const struct name *names, size_t n)
{
    const char **list = mem_array(mem, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        list[i] = mem_printf(mem, "%s.%s", names[i].schema, names[i].name);
    return joined(mem, list, n, true);
}

static inline void expect_same(struct difference *d, const char *what, const char *live, const char *replayed)
{
    if (!text_same(live, replayed))
        differs(d, "%s: the catalog has %s, the replay %s", what, shown(live), shown(replayed));
}

static inline void expect_flag(struct difference *d, const char *what, const char *flag, bool live, bool replayed)
{
    if (live != replayed)
        differs(d, "%s: the catalog says %s%s, the replay not", what, live ? "" : "not ", flag);
}

// Name, mods and array; serial is its integer.
static inline char *type_words(TALLOC_CTX *mem, const struct type_name *type)
{
    char *text = mem_printf(mem, "%s%s", shown(type->name), type->is_array ? "[]" : "");
    for (size_t i = 0; i < type->n_mods; i++)
        text = mem_printf(mem, "%s,%d", text, type->mods[i]);
    return text;
}

static inline void compare_columns(struct difference *d, const char *table, const struct schema_relation *live,
                                   const struct schema_relation *replayed)
{
    SCRATCH(tmp);
    bool has_types = replayed->kind != RELATION_VIEW && replayed->kind != RELATION_MATERIALIZED_VIEW;
    for (size_t i = 0; has_types && i < live->n_columns; i++) {
        const struct schema_column *a = &live->columns[i];
        const struct schema_column *b = schema_find_column(replayed, a->name);
        char *what = mem_printf(tmp, "%s.%s", table, a->name);
        if (b == NULL) {
            differs(d, "%s: not in the replay", what);
            continue;
        }
        if ((size_t)(b - replayed->columns) != i)
            differs(d, "%s: column %zu, in the replay %zu", what, i + 1, (size_t)(b - replayed->columns) + 1);
        if (b->type.name != NULL) // of CREATE TABLE AS it may be unknown
            expect_same(d, what, type_words(tmp, &a->type), type_words(tmp, &b->type));
        expect_flag(d, what, "NOT NULL", a->is_not_null, b->is_not_null);
        expect_flag(d, what, "DEFAULT", a->has_default, b->has_default);
        expect_flag(d, what, "IDENTITY", a->is_identity, b->is_identity);
        expect_flag(d, what, "GENERATED", a->is_generated, b->is_generated);
        expect_same(d, what, a->owned_sequence, b->owned_sequence);
    }
    for (size_t i = 0; has_types && i < replayed->n_columns; i++) {
        if (schema_find_column(live, replayed->columns[i].name) == NULL)
            differs(d, "%s.%s: not in the catalog", table, replayed->columns[i].name);
    }
}

static inline void compare_constraints(struct difference *d, const char *table, const struct schema_relation *live,
                                       const struct schema_relation *replayed)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < live->n_constraints; i++) {
        const struct schema_constraint *a = &live->constraints[i];
        const struct schema_constraint *b = schema_find_constraint(replayed, a->name);
        char *what = mem_printf(tmp, "%s, constraint %s", table, a->name);
        if (b == NULL || a->kind != b->kind) {
            differs(d, "%s: %s", what, b == NULL ? "not in the replay" : "of another kind");
            continue;
        }
        expect_same(d, what, joined(tmp, a->columns, a->n_columns, false), joined(tmp, b->columns, b->n_columns, false));
        expect_same(d, what, a->references.name, b->references.name);
        expect_same(d, what, joined(tmp, a->referenced, a->n_referenced, false),
                    joined(tmp, b->referenced, b->n_referenced, false));
        expect_same(d, what, joined(tmp, a->check_columns, a->n_check_columns, true),
                    joined(tmp, b->check_columns, b->n_check_columns, true));
        expect_same(d, what, a->proves_not_null, b->proves_not_null);
        expect_same(d, what, a->on_delete, b->on_delete);
        expect_same(d, what, a->on_update, b->on_update);
        expect_same(d, what, a->index, b->index);
        expect_same(d, what, joined(tmp, a->operators, a->n_operators, false),
                    joined(tmp, b->operators, b->n_operators, false));
        expect_flag(d, what, "VALID", a->is_valid, b->is_valid);
        expect_flag(d, what, "DEFERRABLE", a->is_deferrable, b->is_deferrable);
        expect_flag(d, what, "INITIALLY DEFERRED", a->is_deferred, b->is_deferred);
        expect_flag(d, what, "NO INHERIT", a->is_no_inherit, b->is_no_inherit);
        expect_flag(d, what, "MATCH FULL", a->is_match_full, b->is_match_full);
    }
    for (size_t i = 0; i < replayed->n_constraints; i++) {
        if (schema_find_constraint(live, replayed->constraints[i].name) == NULL)
            differs(d, "%s, constraint %s: not in the catalog", table, replayed->constraints[i].name);
    }
}

static inline const struct schema_index *index_named(const struct schema_relation *relation, const char *name)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (text_same(relation->indexes[i].name, name))
            return &relation->indexes[i];
    }
    return NULL;
}

static inline char *index_words(TALLOC_CTX *mem, const struct schema_index *index)
{
    char *text = mem_printf(mem, "%s%s%s%s%s part of %s (", index->method, index->is_unique ? " unique" : "",
                            index->is_primary ? " primary" : "", index->is_valid ? "" : " invalid",
                            index->nulls_not_distinct ? " nulls not distinct" : "", shown(index->attached_to));
    for (size_t i = 0; i < index->n_columns; i++) {
        const struct index_column *c = &index->columns[i];
        text = mem_printf(mem, "%s%s%s%s%s%s ", text, c->column ? c->column : "expression", c->opclass ? " " : "",
                          c->opclass ? c->opclass : "", c->is_descending ? " desc" : "",
                          c->has_nulls_first ? " nulls first" : "");
    }
    return mem_printf(mem, "%s) include %s, expressions read %s%s", text,
                      joined(mem, index->includes, index->n_includes, false),
                      joined(mem, index->expression_columns, index->n_expression_columns, true),
                      index->predicate_text ? ", partial" : "");
}

static inline void compare_indexes(struct difference *d, const char *table, const struct schema_relation *live,
                                   const struct schema_relation *replayed)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < live->n_indexes; i++) {
        const struct schema_index *a = &live->indexes[i];
        const struct schema_index *b = index_named(replayed, a->name);
        if (b == NULL)
            differs(d, "%s, index %s: not in the replay", table, a->name);
        else
            expect_same(d, mem_printf(tmp, "%s, index %s", table, a->name), index_words(tmp, a), index_words(tmp, b));
    }
    for (size_t i = 0; i < replayed->n_indexes; i++) {
        if (index_named(live, replayed->indexes[i].name) == NULL)
            differs(d, "%s, index %s: not in the catalog", table, replayed->indexes[i].name);
    }
}

// The server prints a function without its schema where the path finds it, and casts in conditions.
static inline char *trigger_words(TALLOC_CTX *mem, const struct schema_trigger *trigger)
{
    const struct trigger_definition *t = trigger->definition;
    const char *dot = trigger->function != NULL ? strrchr(trigger->function, '.') : NULL;
    char *text = mem_printf(mem, "%s calls %s%s%s", trigger->name, dot != NULL ? dot + 1 : shown(trigger->function),
                            trigger->is_disabled ? ", disabled" : "", trigger->is_clone ? ", clone" : "");
    if (t == NULL)
        return text;
    text = mem_printf(mem, "%s, timing %d%s%s%s%s%s%s%s%s", text, (int)t->timing, t->on_insert ? " insert" : "",
                      t->on_update ? " update" : "", t->on_delete ? " delete" : "", t->on_truncate ? " truncate" : "",
                      t->is_for_each_row ? " row" : "", t->is_constraint ? " constraint" : "",
                      t->is_deferrable ? " deferrable" : "", t->is_deferred ? " deferred" : "");
    return mem_printf(mem, "%s of (%s) args (%s) tables %s %s%s", text, joined(mem, t->columns, t->n_columns, false),
                      joined(mem, t->arguments, t->n_arguments, false), shown(t->old_table), shown(t->new_table),
                      t->condition != NULL ? " when" : "");
}

static inline void compare_triggers(struct difference *d, const char *table, const struct schema_relation *live,
                                    const struct schema_relation *replayed)
{
    SCRATCH(tmp);
    char *lists[2];
    const struct schema_relation *const both[] = {live, replayed};
    for (size_t k = 0; k < 2; k++) {
        const char **names = mem_array(tmp, const char *, both[k]->n_triggers + both[k]->n_members + 1);
        size_t n = 0;
        for (size_t i = 0; i < both[k]->n_triggers; i++)
            names[n++] = trigger_words(tmp, &both[k]->triggers[i]);
        for (size_t i = 0; i < both[k]->n_members; i++)
            names[n++] = both[k]->members[i].name;
        lists[k] = joined(tmp, names, n, true);
    }
    expect_same(d, mem_printf(tmp, "%s, triggers, rules and policies", table), lists[0], lists[1]);
}

static inline char *partition_key_words(TALLOC_CTX *mem, const struct partition_key *key)
{
    char *text = mem_printf(mem, "by %d:", key != NULL ? (int)key->strategy : 0);
    for (size_t i = 0; key != NULL && i < key->n_columns; i++)
        text = mem_printf(mem, "%s %s", text, key->columns[i].column ? key->columns[i].column : "expression");
    return text;
}

// Literals by their value: the server casts and quotes them in its own way.
static inline char *bound_words(TALLOC_CTX *mem, const struct partition_bound *bound)
{
    if (bound == NULL)
        return mem_strdup(mem, "none");
    char *text = mem_printf(mem, "%d modulus %d remainder %d:", (int)bound->strategy, bound->modulus, bound->remainder);
    const struct partition_value *const lists[] = {bound->values, bound->to};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; lists[k] != NULL && i < bound->n_values; i++)
            text = mem_printf(mem, "%s %s%s", text, k ? "to " : "",
                              lists[k][i].limit != LIMIT_VALUE ? lists[k][i].text
                              : lists[k][i].constant != NULL   ? lists[k][i].constant
                                                               : "expression");
    }
    return text;
}

static inline void compare_relation(struct difference *d, const struct schema_relation *live,
                                    const struct schema_relation *replayed)
{
    SCRATCH(tmp);
    char *what = mem_printf(tmp, "%s.%s", live->name.schema, live->name.name);
    if (live->kind != replayed->kind) {
        differs(d, "%s: of another kind (%d, in the replay %d)", what, (int)live->kind, (int)replayed->kind);
        return;
    }
    compare_columns(d, what, live, replayed);
    compare_constraints(d, what, live, replayed);
    compare_indexes(d, what, live, replayed);
    compare_triggers(d, what, live, replayed);
    expect_same(d, mem_printf(tmp, "%s is partitioned", what), partition_key_words(tmp, live->partition_key),
                partition_key_words(tmp, replayed->partition_key));
    expect_same(d, mem_printf(tmp, "%s is the partition", what), bound_words(tmp, live->bound),
                bound_words(tmp, replayed->bound));
    expect_same(d, what, joined_names(tmp, live->parents, live->n_parents),
                joined_names(tmp, replayed->parents, replayed->n_parents));
    expect_same(d, mem_printf(tmp, "%s reads", what), joined_names(tmp, live->reads, live->n_reads),
                joined_names(tmp, replayed->reads, replayed->n_reads));
    expect_same(d, mem_printf(tmp, "%s is owned", what), live->owned_by.name, replayed->owned_by.name);
    expect_same(d, mem_printf(tmp, "%s is owned by column", what), live->owned_by_column, replayed->owned_by_column);
    if (live->kind != RELATION_INDEX && live->kind != RELATION_SEQUENCE) // these follow their table
        expect_flag(d, what, "UNLOGGED", live->is_unlogged, replayed->is_unlogged);
    expect_flag(d, what, "partition", live->is_partition, replayed->is_partition);
    expect_flag(d, what, "default partition", live->is_default_partition, replayed->is_default_partition);
}

// Everything that either has, one line a difference; composite types are types in a replay.
static inline struct difference schema_difference(TALLOC_CTX *mem, const struct schema *live,
                                                  const struct schema *replayed)
{
    struct difference d = {.live = live, .replayed = replayed, .lines = mem_strdup(mem, "")};
    for (struct schema_relation *r = schema_next(live, NULL); r; r = schema_next(live, r)) {
        const struct schema_relation *other = schema_find(replayed, r->name);
        if (other == NULL && r->kind != RELATION_COMPOSITE)
            differs(&d, "%s.%s: not in the replay", r->name.schema, r->name.name);
        else if (other != NULL)
            compare_relation(&d, r, other);
    }
    for (struct schema_relation *r = schema_next(replayed, NULL); r; r = schema_next(replayed, r)) {
        if (!r->is_temporary && schema_find(live, r->name) == NULL)
            differs(&d, "%s.%s: not in the catalog", r->name.schema, r->name.name);
    }
    return d;
}

#endif
