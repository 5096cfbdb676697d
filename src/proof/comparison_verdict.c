/*
 * What a comparison comes to: its unexplained rows attributed, and added up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/comparison.h"

void comparison_attribute(TALLOC_CTX *mem, struct comparison *comparison,
                          const struct attribution_table *facts)
{
    struct key_difference *missing = &comparison->missing, *doubled = &comparison->doubled;
    int64_t unnamed = writer_counts_sum(&missing->rest.by);
    struct attribution_table keys = *facts;

    keys.may_move_keys = attribution_may_move_keys(facts, unnamed, &comparison->extra.rest.by);
    missing->rest.answer = attribution_missing(mem, &keys, missing->keys - unnamed, unnamed);
    comparison->extra.rest.answer = attribution_extra(mem, &keys, &comparison->extra.rest.by);
    comparison->kept.rest.answer = attribution_changed(mem, facts, &comparison->kept.rest.by, true);
    // Whoever wrote it: a row that stands twice is damage.
    doubled->rest.answer = (struct attribution_answer){
        .unattributed = doubled->keys,
        .status = doubled->keys > 0 ? STATUS_FAIL : STATUS_PASS,
    };
    for (size_t i = 0; i < comparison->n_columns; i++) {
        struct unexplained *rest = &comparison->columns[i].rest;
        rest->answer =
            attribution_changed(mem, facts, &rest->by, comparison->columns[i].is_written);
    }
    comparison->is_told = facts->is_supported;
    const struct writer_counts nothing = {{[WRITER_UNKNOWN] = 1}};
    comparison->is_traffics = facts->is_supported && facts->unknown == NULL && facts->has_own &&
                              attribution_changed(mem, facts, &nothing, true).by_traffic == 1 &&
                              facts->own.inserted + facts->own.deleted == 0;
}

typedef void visit_unexplained(void *context, const struct unexplained *rest);

static void visit_all(const struct comparison *comparison, visit_unexplained *visit, void *context)
{
    visit(context, &comparison->missing.rest);
    visit(context, &comparison->extra.rest);
    visit(context, &comparison->doubled.rest);
    visit(context, &comparison->kept.rest);
    for (size_t i = 0; i < comparison->n_columns; i++)
        visit(context, &comparison->columns[i].rest);
}

static void add_unexplained(void *context, const struct unexplained *rest)
{
    *(int64_t *)context += writer_counts_sum(&rest->by);
}

bool comparison_is_unexplained(const struct comparison *comparison)
{
    int64_t rows = 0;
    visit_all(comparison, add_unexplained, &rows);
    return rows > 0 || comparison->unknown != NULL;
}

static void add_unattributed(void *context, const struct unexplained *rest)
{
    *(int64_t *)context += rest->answer.unattributed;
}

int64_t comparison_unattributed(const struct comparison *comparison)
{
    int64_t rows = 0;
    visit_all(comparison, add_unattributed, &rows);
    return rows;
}

static void add_traffic(void *context, const struct unexplained *rest)
{
    *(int64_t *)context += rest->answer.by_traffic;
}

int64_t comparison_by_traffic(const struct comparison *comparison)
{
    int64_t rows = 0;
    visit_all(comparison, add_traffic, &rows);
    return rows;
}

static void take_worse(void *context, const struct unexplained *rest)
{
    enum status *status = context;
    *status = attribution_worse(*status, rest->answer.status);
}

enum status comparison_status(const struct comparison *comparison)
{
    enum status status = comparison->damage != NULL ? STATUS_FAIL : STATUS_PASS;

    visit_all(comparison, take_worse, &status);
    if (comparison->unread != NULL || (comparison->unknown != NULL && !comparison->is_traffics))
        status = attribution_worse(status, STATUS_UNKNOWN);
    return status;
}
