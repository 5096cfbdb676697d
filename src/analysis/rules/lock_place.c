/*
 * Places of locks: weighing short waits, and naming the others who wait.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"
#include "statement/quoting.h"

#define WORDS_SHOWN 3

bool place_gives_up(const struct rule_place *place)
{
    int64_t ms = place->session->lock.ms;
    return ms > 0 && ms <= LOCK_TIMEOUT_SHORT_MS;
}

bool place_is_old(const struct rule_place *place, struct name table)
{
    return table.name != NULL && !place_is_new(place, table);
}

// An earlier statement of the transaction may have it already: then nothing is waited for.
static bool is_taken_here(const struct rule_place *place, struct name table)
{
    const char *name = place_name(place, table);
    const struct timeline *timeline = place->timeline;
    for (size_t i = timeline->n_locks; i > 0; i--) {
        const struct timeline_lock *lock = &timeline->locks[i - 1];
        if (lock->statement != place->index)
            return false;
        if (strcmp(lock->relation, name) == 0)
            return true;
    }
    return false;
}

bool place_weigh_wait(const struct rule_place *place, struct name table, enum severity unknown,
                      enum severity *severity)
{
    enum size_class size = size_class(schema_find(place->before, table));
    if (place_gives_up(place) || size == SIZE_SMALL || !is_taken_here(place, table))
        return false;
    *severity = size == SIZE_UNKNOWN ? unknown : SEVERITY_WARN;
    return true;
}

const char *lock_mode_felt(enum lock_mode mode)
{
    if (lock_mode_blocks_reads(mode))
        return "nobody reads or writes";
    return lock_mode_blocks_writes(mode) ? "no writes to" : "no other DDL on";
}

struct name relation_name(const struct rule_place *place, const char *text)
{
    const char *dot = strchr(text, '.');
    if (dot == NULL)
        return (struct name){.name = text};
    return (struct name){mem_strndup(place->mem, text, (size_t)(dot - text)), dot + 1};
}

enum severity place_weigh_all(const struct rule_place *place, const char *const *relations,
                              size_t n)
{
    enum severity worst = SEVERITY_NOTE;
    for (size_t i = 0; i < n; i++) {
        const char *size;
        enum severity severity = place_weigh(place, relation_name(place, relations[i]), &size);
        worst = severity > worst ? severity : worst;
    }
    return worst;
}

static bool is_table(const struct schema_relation *relation)
{
    return relation == NULL || relation->kind == RELATION_TABLE ||
           relation->kind == RELATION_PARTITIONED;
}

const char **place_other_tables(const struct rule_place *place, enum lock_mode mode,
                                struct name table, size_t *n)
{
    const struct effects *effects = place_effects(place);
    const char **others = mem_array(place->mem, const char *, effects->n_locks);
    const char *own = place_name(place, table);
    *n = 0;
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct effect_lock *lock = &effects->locks[i];
        if (lock->mode < mode || strcmp(lock->relation, own) == 0)
            continue;
        if (is_table(schema_find(place->before, relation_name(place, lock->relation))))
            others[(*n)++] = lock->relation;
    }
    return others;
}

const char *place_sql_table(const struct rule_place *place, struct name table)
{
    return quoting_relation(place->mem, DIALECT_POSTGRES, schema_resolve(place->before, table));
}

const char *place_sql_name(const struct rule_place *place, const char *name)
{
    return quoting_name(place->mem, DIALECT_POSTGRES, name);
}

static bool refers_to(const struct rule_place *place, struct name from, struct name to)
{
    const struct schema_relation *relation = schema_find(place->before, from);
    for (size_t i = 0; relation != NULL && i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == CONSTRAINT_FOREIGN_KEY &&
            name_may_equal(relation->constraints[i].references, to))
            return true;
    }
    return false;
}

bool place_are_linked(const struct rule_place *place, struct name a, struct name b)
{
    return refers_to(place, a, b) || refers_to(place, b, a);
}

const char *words_shorten(TALLOC_CTX *mem, const char *const *words, size_t n)
{
    if (n <= WORDS_SHOWN)
        return words_join(mem, words, n);
    return mem_printf(mem, "%s and %zu more", words_join(mem, words, WORDS_SHOWN), n - WORDS_SHOWN);
}
