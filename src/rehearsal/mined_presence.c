/*
 * What held between a column of few values and one that may be NULL: "paid" always with a paid_at,
 * "new" never. And which values a column has at all.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "proof/sql.h"
#include "rehearsal/mined_table.h"
#include <stdlib.h>

#define VALUES_MAX 12 // more are no kind, no status
#define SUPPORT_MIN 3
#define PAIRS_MAX 40

struct group {
    const char *value; // NULL: SQL's NULL
    int64_t rows, present;
};

struct groups {
    TALLOC_CTX *mem;
    struct group list[VALUES_MAX + 1];
    size_t n;
};

static bool take_group(void *context, const char *const *names, const struct engine_value *values,
                       size_t n)
{
    struct groups *groups = context;
    (void)names;
    if (n != 3 || groups->n > VALUES_MAX)
        return false;
    groups->list[groups->n++] = (struct group){
        .value = values[0].is_null ? NULL : mem_strdup(groups->mem, values[0].text),
        .rows = strtoll(values[1].text, NULL, 10),
        .present = strtoll(values[2].text, NULL, 10),
    };
    return true;
}

static bool read_groups(const struct mining *mining, const struct mined_table *table,
                        const struct mined_column *kind, const struct mined_column *other,
                        bool is_after, struct groups *out, struct error *err)
{
    SCRATCH(tmp);
    const struct target *target = is_after ? mining->request->after : mining->request->before;
    const char *column = sql_name(tmp, is_after ? kind->after : kind->before);
    const char *sql = mem_printf(tmp, "SELECT %s, count(*), count(%s) FROM %s GROUP BY %s LIMIT %d",
                                 column, sql_name(tmp, is_after ? other->after : other->before),
                                 sql_relation(tmp, is_after ? table->after : table->before), column,
                                 VALUES_MAX + 1);
    struct error why = {0};
    *out = (struct groups){.mem = mining->mem};
    if (target->driver->session->query(target->engine, sql, take_group, out, &why))
        return true;
    out->n = 0;
    if (why.code != ERROR_UNREACHABLE && why.code != ERROR_INTERRUPTED)
        return true;
    *err = why;
    return false;
}

static const struct group *find(const struct groups *groups, const char *value)
{
    for (size_t i = 0; i < groups->n; i++) {
        const char *other = groups->list[i].value;
        if (value == NULL ? other == NULL : other != NULL && strcmp(value, other) == 0)
            return &groups->list[i];
    }
    return NULL;
}

// Both halves must be there, else it is only a column that is always filled, or never.
static bool is_telling(const struct groups *groups)
{
    int64_t with = 0, without = 0;
    for (size_t i = 0; i < groups->n; i++) {
        if (groups->list[i].present == groups->list[i].rows)
            with += groups->list[i].rows;
        else if (groups->list[i].present == 0)
            without += groups->list[i].rows;
    }
    return with >= SUPPORT_MIN && without >= SUPPORT_MIN;
}

static void compare(const struct mining *mining, const struct mined_table *table,
                    const struct mined_column *kind, const struct mined_column *other,
                    const struct groups *before, const struct groups *after)
{
    TALLOC_CTX *mem = mining->mem;
    for (size_t i = 0; i < before->n; i++) {
        const struct group *was = &before->list[i], *is = find(after, was->value);
        bool always = was->present == was->rows, never = was->present == 0;
        if (is == NULL || was->rows < SUPPORT_MIN || (!always && !never))
            continue;
        int64_t against = always ? is->rows - is->present : is->present;
        if (against == 0)
            continue;
        const char *value = target_is_masked(mining->request->after, kind->after) ? "****"
                            : was->value == NULL                                  ? "NULL"
                                                                                  : was->value;
        mining_add(mining, "mined-presence", SEVERITY_WARN,
                   mem_printf(mem, "%s: rows whose %s is '%s' %s had a %s; now %s of %s %s",
                              table->shown, kind->after, value, always ? "always" : "never",
                              other->after, quantity_count(mem, against),
                              quantity_count(mem, is->rows), always ? "have none" : "have one"),
                   "look which rows moved from one value to another, or approve it in the effects "
                   "file",
                   mem_printf(mem, "%s.%s/%s/%s", table->shown, kind->after, value, other->after));
    }
}

static bool mine_pair(const struct mining *mining, const struct mined_table *table,
                      const struct mined_column *kind, const struct mined_column *other,
                      struct error *err)
{
    struct groups before, after;
    TRY(read_groups(mining, table, kind, other, false, &before, err));
    if (before.n == 0 || before.n > VALUES_MAX || !is_telling(&before))
        return true;
    TRY(read_groups(mining, table, kind, other, true, &after, err));
    if (after.n > 0 && after.n <= VALUES_MAX)
        compare(mining, table, kind, other, &before, &after);
    return true;
}

// A column of few values by its type and its name: neither a key nor a moment.
static bool may_be_kind(const struct mined_column *column)
{
    return !mined_column_is_keylike(column) && !mined_column_is_moment(column) &&
           !column->schema->type.is_array;
}

bool mine_presence(const struct mining *mining, const struct mined_table *table, struct error *err)
{
    size_t n = 0;
    for (size_t k = 0; k < table->n_columns; k++) {
        const struct mined_column *kind = &table->columns[k];
        if (!may_be_kind(kind) || (kind->schema->distinct_values > VALUES_MAX))
            continue;
        for (size_t o = 0; o < table->n_columns; o++) {
            const struct mined_column *other = &table->columns[o];
            if (o == k || other->schema->is_not_null || !(kind->is_touched || other->is_touched))
                continue;
            if (n++ == PAIRS_MAX)
                return true;
            TRY(mine_pair(mining, table, kind, other, err));
        }
    }
    return true;
}
