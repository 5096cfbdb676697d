/*
 * Relation numbers, read from PostgreSQL's catalog.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/relation_numbers.h"
#include "proof/trace.h"
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 1664 // Source: MaxTupleAttributeNumber of PostgreSQL

// Indexes and sequences tell whether the two are copies of one, too.
static const char numbers_sql[] =
    "SELECT n.nspname, c.relname, c.oid, a.attname, a.attnum FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
    "AND NOT a.attisdropped AND c.relkind IN ('r', 'p') "
    "WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema') "
    "ORDER BY c.oid, a.attnum";

struct numbering {
    TALLOC_CTX *mem;
    struct relation_numbers *numbers;
};

static struct relation_number *number_at_hand(struct numbering *numbering,
                                              const struct engine_value *values)
{
    struct relation_numbers *numbers = numbering->numbers;
    struct relation_number *last = numbers->n == 0 ? NULL : &numbers->list[numbers->n - 1];
    unsigned long number = strtoul(values[2].text, NULL, 10);
    if (last != NULL && last->number == number)
        return last;
    struct relation_number *next = mem_append(numbering->mem, numbers->list, numbers->n);
    next->name.schema = mem_strdup(numbering->mem, values[0].text);
    next->name.name = mem_strdup(numbering->mem, values[1].text);
    next->number = number;
    return next;
}

static bool take_number(void *context, const char *const *names, const struct engine_value *values,
                        size_t n)
{
    struct numbering *numbering = context;
    struct relation_number *relation = number_at_hand(numbering, values);
    (void)names;
    (void)n;
    if (values[3].is_null)
        return true;
    size_t at = strtoul(values[4].text, NULL, 10);
    while (relation->n_columns < at && relation->n_columns < COLUMNS_MAX)
        *mem_append(numbering->mem, relation->columns, relation->n_columns) = NULL;
    if (at > 0 && at <= relation->n_columns)
        relation->columns[at - 1] = mem_strdup(numbering->mem, values[3].text);
    return true;
}

static bool read_one(TALLOC_CTX *mem, const struct target *target, struct relation_numbers *out,
                     struct error *err)
{
    struct numbering numbering = {.mem = mem, .numbers = out};
    return target->driver->session->query(target->engine, numbers_sql, take_number, &numbering,
                                          err);
}

// What has one number has one name, but for what was renamed: at most a half.
static bool are_of_one(const struct relation_numbers *old, const struct relation_numbers *now)
{
    size_t n_same = 0, n_other = 0, k = 0;
    for (size_t i = 0; i < old->n; i++) {
        while (k < now->n && now->list[k].number < old->list[i].number)
            k++;
        if (k == now->n || now->list[k].number != old->list[i].number)
            continue;
        bool is_same = trace_is_same_name(now->list[k].name, old->list[i].name);
        n_same += is_same;
        n_other += !is_same;
    }
    return n_same > 0 && n_same >= n_other;
}

bool relation_numbers_read(TALLOC_CTX *mem, const struct target *before, const struct target *after,
                           struct relation_numbers *old, struct relation_numbers *now,
                           struct error *err)
{
    *old = *now = (struct relation_numbers){0};
    if (before->driver->dialect != DIALECT_POSTGRES)
        return true;
    TRY(read_one(mem, before, old, err));
    TRY(read_one(mem, after, now, err));
    if (!are_of_one(old, now))
        *old = *now = (struct relation_numbers){0};
    return true;
}

const struct relation_number *relation_numbers_named(const struct relation_numbers *numbers,
                                                     struct name name)
{
    for (size_t i = 0; i < numbers->n; i++)
        if (trace_is_same_name(numbers->list[i].name, name))
            return &numbers->list[i];
    return NULL;
}

static int compare_number(const void *key, const void *element)
{
    unsigned long number = *(const unsigned long *)key;
    const struct relation_number *relation = element;
    return (number > relation->number) - (number < relation->number);
}

const struct relation_number *relation_numbers_of(const struct relation_numbers *numbers,
                                                  unsigned long number)
{
    return numbers->n == 0
               ? NULL
               : bsearch(&number, numbers->list, numbers->n, sizeof *numbers->list, compare_number);
}

const char *relation_number_column(const struct relation_number *old,
                                   const struct relation_number *now, const char *column)
{
    for (size_t i = 0; i < old->n_columns; i++)
        if (old->columns[i] != NULL && strcmp(old->columns[i], column) == 0)
            return i < now->n_columns ? now->columns[i] : NULL;
    return NULL;
}
