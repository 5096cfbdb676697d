/*
 * The index of rules: sets as bits, in the order of the table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule_index.h"

#define WORD_BITS 64

static void set_add(struct rule_set *set, size_t i)
{
    set->words[i / WORD_BITS] |= UINT64_C(1) << (i % WORD_BITS);
}

static void set_join(struct rule_set *set, const struct rule_set *other)
{
    for (size_t i = 0; i < RULE_SET_WORDS; i++)
        set->words[i] |= other->words[i];
}

static void set_keep(struct rule_set *set, const struct rule_set *other)
{
    for (size_t i = 0; i < RULE_SET_WORDS; i++)
        set->words[i] &= other->words[i];
}

void rule_index_make(struct rule_index *index, enum dialect dialect)
{
    if (rule_count > RULE_SET_WORDS * (size_t)WORD_BITS)
        bug("%zu rules are more than a set holds", rule_count);
    *index = (struct rule_index){0};
    for (size_t i = 0; i < rule_count; i++) {
        const struct rule *rule = rule_table[i];
        if ((rule->dialects & (1U << (unsigned)dialect)) == 0)
            continue;
        set_add(&index->all, i);
        if (rule->in_downs)
            set_add(&index->in_downs, i);
        if (rule->kinds[0] == ACTION_OTHER)
            set_add(&index->always, i);
        for (size_t j = 0; j < COUNT_OF(rule->kinds) && rule->kinds[j] != ACTION_OTHER; j++)
            set_add(&index->of_kind[rule->kinds[j]], i);
    }
}

void rule_index_leave_out(struct rule_index *index, size_t i)
{
    uint64_t others = ~(UINT64_C(1) << (i % WORD_BITS));
    index->all.words[i / WORD_BITS] &= others;
    index->always.words[i / WORD_BITS] &= others;
    for (size_t k = 0; k < ACTION_KIND_COUNT; k++)
        index->of_kind[k].words[i / WORD_BITS] &= others;
}

static void join_statement(struct rule_set *set, const struct rule_index *index,
                           const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++)
        set_join(set, &index->of_kind[statement->actions[i].kind]);
}

struct rule_set rule_index_choose(const struct rule_index *index, const struct statement *statement,
                                  bool is_down)
{
    struct rule_set set = index->always;
    join_statement(&set, index, statement);
    if (is_down)
        set_keep(&set, &index->in_downs);
    return set;
}

struct rule_set rule_index_choose_for_script(const struct rule_index *index,
                                             const struct script *script, bool is_down)
{
    struct rule_set set = index->always;
    for (size_t i = 0; i < script->n_statements; i++)
        join_statement(&set, index, &script->statements[i]);
    if (is_down)
        set_keep(&set, &index->in_downs);
    return set;
}

bool rule_set_has(const struct rule_set *set, size_t i)
{
    return (set->words[i / WORD_BITS] >> (i % WORD_BITS) & 1) != 0;
}

const struct rule *rule_set_next(const struct rule_set *set, size_t *at)
{
    for (size_t i = *at; i < rule_count; i++) {
        uint64_t rest = set->words[i / WORD_BITS] >> (i % WORD_BITS);
        if (rest == 0) {
            i |= WORD_BITS - 1; // on to the next word
            continue;
        }
        i += (size_t)__builtin_ctzll(rest);
        *at = i + 1;
        return rule_table[i];
    }
    return NULL;
}
