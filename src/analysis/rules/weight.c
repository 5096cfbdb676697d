/*
 * Weight: how bad work on every row under a lock is, by the table's size, or by the time that it
 * takes against the budget of tminus.yaml.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/estimate.h"
#include "analysis/rules/rules.h"
#include "base/quantity.h"
#include "change/config.h"
#include <math.h>

// --- what the statement does to each table

struct load {
    const struct rule_place *place;
    const char **names;
    size_t n_names;
    struct work_amount *amounts; // as many
    size_t n;
};

static struct name split_name(TALLOC_CTX *mem, const char *text)
{
    const char *dot = strchr(text, '.');
    if (dot == NULL)
        return (struct name){.name = text};
    return (struct name){mem_strndup(mem, text, (size_t)(dot - text)), dot + 1};
}

static struct work_amount *amount_of(struct load *load, const char *name)
{
    TALLOC_CTX *mem = load->place->mem;
    for (size_t i = 0; i < load->n; i++) {
        if (strcmp(load->names[i], name) == 0)
            return &load->amounts[i];
    }
    *mem_append(mem, load->names, load->n_names) = name;
    struct work_amount *amount = mem_append(mem, load->amounts, load->n);
    amount->relation = schema_find(load->place->before, split_name(mem, name));
    return amount;
}

static void add_query(struct load *load, const struct query *query)
{
    if (query->verb != QUERY_UPDATE && query->verb != QUERY_DELETE && query->verb != QUERY_MERGE)
        return;
    struct work_amount *amount = amount_of(load, place_name(load->place, query->target));
    amount->n[ESTIMATE_WRITE]++;
    amount->writes_some |= query->where != NULL && !query->where->is_true;
}

// A scan that a rewrite or an index build needs is part of it.
static void add_statement(struct load *load)
{
    const struct effects *effects = place_effects(load->place);
    const struct statement *statement = load->place->statement;
    for (size_t i = 0; i < effects->n_rewrites; i++)
        amount_of(load, effects->rewrites[i])->n[ESTIMATE_REWRITE] = 1;
    for (size_t i = 0; i < effects->n_index_builds; i++) {
        struct work_amount *amount = amount_of(load, effects->index_builds[i]);
        amount->n[ESTIMATE_INDEX] += amount->n[ESTIMATE_REWRITE] == 0;
    }
    for (size_t i = 0; i < effects->n_scans; i++) {
        struct work_amount *amount = amount_of(load, effects->scans[i]);
        amount->n[ESTIMATE_SCAN] +=
            amount->n[ESTIMATE_REWRITE] == 0 && amount->n[ESTIMATE_INDEX] == 0;
    }
    for (size_t i = 0; i < statement->n_actions; i++) {
        if (statement->actions[i].kind == ACTION_QUERY && statement->actions[i].query != NULL)
            add_query(load, statement->actions[i].query);
    }
}

static bool has_partitions(const struct load *load)
{
    for (size_t i = 0; i < load->n; i++) {
        if (load->amounts[i].relation != NULL && load->amounts[i].relation->is_partition)
            return true;
    }
    return false;
}

// Tables that the migration itself made are as small as what it put in, and a partitioned one is
// the sum of its partitions where these are named too.
static bool counts(const struct load *load, const struct work_amount *amount)
{
    const struct schema_relation *relation = amount->relation;
    if (relation == NULL)
        return true;
    if (schema_is_new(load->place->before, relation) && !relation->is_filled)
        return false;
    return relation->kind != RELATION_PARTITIONED || !has_partitions(load);
}

// Is the work on the table that is weighed, or on its partitions? Rows of another one that are
// looked up for each of its rows take longer than going through either.
static bool works_on(const struct load *load, struct name table)
{
    const struct schema_relation *relation = schema_find(load->place->before, table);
    const char *name = place_name(load->place, table);
    if (relation != NULL && relation->kind == RELATION_PARTITIONED)
        return true;
    for (size_t i = 0; i < load->n; i++) {
        if (strcmp(load->names[i], name) == 0)
            return true;
    }
    return false;
}

static bool add_up(const struct load *load, struct duration *out, char **basis)
{
    TALLOC_CTX *mem = load->place->mem;
    struct duration sum = {0, 0};
    char *text = NULL;
    for (size_t i = 0; i < load->n; i++) {
        const struct work_amount *amount = &load->amounts[i];
        const char *words = work_words(mem, amount);
        if (words[0] == '\0' || !counts(load, amount))
            continue;
        if (!work_is_sized(amount))
            return false;
        struct duration one = work_duration(amount, load->place->calibration);
        sum.low += one.low;
        sum.high += one.high;
        text = mem_printf(mem, "%s%s%s (%s) %s", text == NULL ? "" : text, text == NULL ? "" : "; ",
                          load->names[i], size_text(mem, amount->relation), words);
    }
    *out = sum;
    *basis = text == NULL
                 ? NULL
                 : mem_printf(mem, "%s; %s", text, estimate_basis(mem, load->place->calibration));
    return text != NULL;
}

// --- what others feel

static enum lock_mode lock_on(const struct rule_place *place, struct name table, bool *is_locked)
{
    const struct effects *effects = place_effects(place);
    const char *name = place_name(place, table);
    enum lock_mode mode = LOCK_ACCESS_SHARE;
    *is_locked = false;
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct effect_lock *lock = &effects->locks[i];
        if (strcmp(lock->relation, name) != 0)
            continue;
        mode = !*is_locked || lock->mode > mode ? lock->mode : mode;
        *is_locked = true;
    }
    return mode;
}

// Two digits: more would be a promise.
static int64_t about(double count)
{
    double step = 1;
    while (count / step >= 100)
        step *= 10;
    return (int64_t)(round(count / step) * step);
}

// What keeps readers out keeps writers out as well. 0: no budget is set.
static int64_t budget_of(const struct config_budget *budget, enum lock_mode mode)
{
    int64_t writes = budget->blocks_writes_ms, reads = budget->blocks_reads_ms;
    if (!lock_mode_blocks_reads(mode) || reads == 0)
        return writes;
    return writes == 0 || reads < writes ? reads : writes;
}

static void feel(const struct rule_place *place, struct name table, struct duration duration,
                 struct estimate *estimate)
{
    bool is_locked;
    enum lock_mode mode = lock_on(place, table, &is_locked);
    const struct schema_relation *relation = schema_find(place->before, table);
    if (!is_locked || !lock_mode_blocks_writes(mode))
        return;
    if (place->budget != NULL)
        estimate->budget_ms = budget_of(place->budget, mode);
    if (relation == NULL || relation->writes_per_second < 0)
        return;
    estimate->has_waiting = true;
    estimate->waiting_low = about(duration.low * relation->writes_per_second);
    estimate->waiting_high = about(duration.high * relation->writes_per_second);
}

// Of the statement that is judged; false where it does no work on every row, or a size is missing.
static bool estimate_statement(const struct rule_place *place, struct name table,
                               struct duration *duration, struct estimate *out)
{
    struct load load = {.place = place};
    struct estimate estimate = {.is_known = true};
    char *basis;
    if (place->statement == NULL || place->index >= place->script->n_statements ||
        place->statement != &place->script->statements[place->index])
        return false; // of a migration as a whole
    add_statement(&load);
    if (!works_on(&load, table) || !add_up(&load, duration, &basis))
        return false;
    estimate.low_ms = (int64_t)(duration->low * 1000);
    estimate.high_ms = (int64_t)ceil(duration->high * 1000);
    estimate.basis = basis;
    feel(place, table, *duration, &estimate);
    *out = estimate;
    return true;
}

static char *estimate_words(TALLOC_CTX *mem, const char *size, struct duration duration,
                            const struct estimate *estimate)
{
    char *text = mem_printf(mem, "%s: %s", size, duration_text(mem, duration));
    if (estimate->has_waiting && estimate->waiting_high > 0)
        text = estimate->waiting_low == estimate->waiting_high
                   ? mem_printf(mem, "%s, about %s writes wait", text,
                                quantity_count(mem, estimate->waiting_high))
                   : mem_printf(mem, "%s, about %s to %s writes wait", text,
                                quantity_count(mem, estimate->waiting_low),
                                quantity_count(mem, estimate->waiting_high));
    if (estimate->budget_ms > 0)
        text = mem_printf(mem, "%s; the budget is %s", text,
                          quantity_duration(mem, estimate->budget_ms));
    return text;
}

static enum severity weigh_size(const struct schema_relation *relation)
{
    switch (size_class(relation)) {
    case SIZE_SMALL: return SEVERITY_NOTE;
    case SIZE_LARGE: return SEVERITY_STOP;
    case SIZE_UNKNOWN:
    case SIZE_MEDIUM: return SEVERITY_WARN;
    }
    bug("size class %d", (int)size_class(relation));
}

enum severity place_weigh(const struct rule_place *place, struct name table, const char **size)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    struct estimate *estimate = place->estimate;
    struct duration duration;
    *size = size_text(place->mem, relation);
    *estimate = (struct estimate){0};
    // A size that nobody told is unknown, never small, whatever the budget.
    if (size_class(relation) == SIZE_UNKNOWN ||
        !estimate_statement(place, table, &duration, estimate))
        return weigh_size(relation);
    *size = estimate_words(place->mem, *size, duration, estimate);
    if (estimate->budget_ms == 0)
        return weigh_size(relation);
    return estimate->high_ms <= estimate->budget_ms ? SEVERITY_NOTE : SEVERITY_STOP;
}
