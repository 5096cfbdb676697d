/*
 * Judgement of observations: against zero, against the baseline, against an expectation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "change/expected_value.h"
#include "proof/observation.h"
#include <math.h>

#define SHOWN_GROUPS 6
#define SHOWN_KEYS 5

struct observation {
    bool is_there;
    bool is_known;
    bool has_value;
    double value;
    const char *text;
    int64_t rows;
    const char *reason;
    const char *detail;
    int64_t took_ms, at_ms;
};

// `where`: "main" or "base".
static bool load(TALLOC_CTX *mem, struct table_file *file, const char *where, const char *name,
                 struct observation *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, file,
                         mem_printf(tmp,
                                    "SELECT is_known, value, text, rows, reason, detail, took_ms, "
                                    "at_ms FROM %s.observation WHERE invariant = ?1",
                                    where),
                         &query, err));
    table_query_bind_text(query, 1, name);
    TRY(table_query_next(query, &has_row, err));
    *out = (struct observation){.is_there = has_row};
    if (!has_row)
        return true;
    out->is_known = table_query_integer(query, 0) != 0;
    out->has_value = !table_query_is_null(query, 1);
    out->value = table_query_real(query, 1);
    out->text = mem_strdup(mem, table_query_text(query, 2));
    out->rows = table_query_integer(query, 3);
    out->reason = mem_strdup(mem, table_query_text(query, 4));
    out->detail = mem_strdup(mem, table_query_text(query, 5));
    out->took_ms = table_query_integer(query, 6);
    out->at_ms = table_query_integer(query, 7);
    return true;
}

static char *number_text(TALLOC_CTX *mem, double value)
{
    if (value == floor(value) && fabs(value) < 9e15)
        return quantity_count(mem, (int64_t)value);
    return mem_printf(mem, "%.15g", value);
}

static void unknown(TALLOC_CTX *mem, struct result *result, const char *reason)
{
    result->status = STATUS_UNKNOWN;
    result->observed = "unknown";
    result->detail = mem_strdup(mem, reason);
}

static void fail(struct result *result)
{
    result->status = result->is_required ? STATUS_FAIL : STATUS_WARN;
}

static void set_value(struct result *result, double value, const char *unit)
{
    result->has_value = true;
    result->value = value;
    result->unit = unit;
}

static struct result make_result(TALLOC_CTX *mem, const struct target *target,
                                 const struct invariant *invariant, bool is_before,
                                 const struct observation *observation)
{
    const char *sql =
        is_before && invariant->sql_before != NULL ? invariant->sql_before : invariant->sql;
    return (struct result){
        .name = invariant->name,
        .title = invariant->title,
        .is_required = invariant->is_required,
        .command = target_command(mem, target, sql),
        .layer = LAYER_MEASURED,
        .took_ms = observation->took_ms,
        .at_ms = observation->at_ms,
        .expected = "",
        .observed = "",
    };
}

// --- zero

static void judge_zero(TALLOC_CTX *mem, const struct observation *now, struct result *result)
{
    result->expected = "0";
    result->observed = number_text(mem, now->value);
    set_value(result, now->value, NULL);
    if (now->value == 0)
        return;
    fail(result);
    result->detail = now->detail;
}

// --- one value

static void judge_value(TALLOC_CTX *mem, const struct invariant *invariant,
                        const struct observation *now, struct result *result)
{
    const struct config_expectation *expect = &invariant->expect;

    result->expected = expected_value_text(mem, expect);
    result->observed = now->has_value ? number_text(mem, now->value) : now->text;
    if (now->has_value)
        set_value(result, now->value, NULL);
    if (expected_value_is_number(expect) && !now->has_value)
        unknown(mem, result, "the value is no number");
    else if (!expected_value_holds(expect, now->value, now->text))
        fail(result);
}

// --- the same as at the baseline

static bool read_drift(struct table_file *file, const char *name, double *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, file, "SELECT absolute FROM base.drift WHERE invariant = ?1", &query,
                         err));
    table_query_bind_text(query, 1, name);
    TRY(table_query_next(query, &has_row, err));
    *out = has_row ? table_query_real(query, 0) : 0; // one baseline alone: exact
    return true;
}

static bool is_tolerated(const struct invariant *invariant, double drift, double before,
                         double after)
{
    double apart = fabs(after - before);

    if (invariant->may_shrink && after < before)
        return true;
    switch (invariant->tolerance.kind) {
    case TOLERANCE_EXACT: return apart == 0;
    case TOLERANCE_ABSOLUTE: return apart <= invariant->tolerance.value;
    case TOLERANCE_SHARE: return apart <= invariant->tolerance.value * fabs(before);
    case TOLERANCE_LEARNED: return apart <= drift;
    }
    return false;
}

static bool is_integer(const char *text)
{
    size_t sign = text[0] == '-' ? 1 : 0;
    return text[sign] != '\0' && text[sign + strspn(text + sign, "0123456789")] == '\0';
}

// A double does not tell 2^53 from 2^53 + 1; their texts do.
static bool is_exactly(const char *before_text, double before, const char *after_text, double after)
{
    if (strcmp(before_text, after_text) == 0)
        return true;
    return before == after && !(is_integer(before_text) && is_integer(after_text));
}

struct groups {
    TALLOC_CTX *mem;
    const struct invariant *invariant;
    double drift;
    int64_t differing;
    char *detail;
    const char *before_text, *after_text; // of a single value
};

static const char *or_none(const char *text)
{
    return text == NULL ? "none" : text;
}

// One group that is on either side: label, number and text before, number and text after. A group
// that is not there counts nothing, and without tolerance even nothing must be counted.
static void judge_group(struct groups *groups, struct table_query *query)
{
    bool is_exact =
        groups->invariant->tolerance.kind == TOLERANCE_EXACT && !groups->invariant->may_shrink;
    bool was_there = table_query_integer(query, 5) != 0,
         is_there = table_query_integer(query, 6) != 0;
    bool is_number = (!was_there || !table_query_is_null(query, 1)) &&
                     (!is_there || !table_query_is_null(query, 3));
    double before = table_query_real(query, 1), after = table_query_real(query, 3);
    const char *label = table_query_text(query, 0);
    const char *before_text = mem_strdup(groups->mem, table_query_text(query, 2));
    const char *after_text = mem_strdup(groups->mem, table_query_text(query, 4));
    bool is_equal =
        was_there == is_there && (before_text == NULL) == (after_text == NULL) &&
        (before_text == NULL || (is_number ? is_exactly(before_text, before, after_text, after)
                                           : strcmp(before_text, after_text) == 0));

    if (is_number && !(is_exact && !is_equal && before == after)) {
        before_text = number_text(groups->mem, before);
        after_text = number_text(groups->mem, after);
    }
    groups->before_text = before_text;
    groups->after_text = after_text;
    if (is_number && !is_exact ? is_tolerated(groups->invariant, groups->drift, before, after)
                               : is_equal)
        return;
    if (++groups->differing > SHOWN_GROUPS || label[0] == '\0')
        return;
    groups->detail = mem_printf(groups->mem, "%s%s%s: %s → %s", groups->detail,
                                groups->detail[0] == '\0' ? "" : ", ", label, or_none(before_text),
                                or_none(after_text));
}

static bool walk_groups(struct table_file *file, struct groups *groups, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(
        tmp, file,
        "SELECT label, max(b), max(bt), max(a), max(at), max(was), max(is_) FROM ("
        "SELECT label, number AS b, text AS bt, NULL AS a, NULL AS at, 1 AS was, 0 AS is_"
        " FROM base.observed_row WHERE invariant = ?1 UNION ALL "
        "SELECT label, NULL, NULL, number, text, 0, 1 FROM main.observed_row "
        "WHERE invariant = ?1) GROUP BY label ORDER BY abs(coalesce(max(a), 0) - coalesce(max(b), "
        "0)) DESC",
        &query, err));
    table_query_bind_text(query, 1, groups->invariant->name);
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        judge_group(groups, query);
    }
}

static bool judge_same(TALLOC_CTX *mem, struct table_file *file, const struct invariant *invariant,
                       const struct observation *base, const struct observation *now,
                       struct result *result, struct error *err)
{
    struct groups groups = {.mem = mem, .invariant = invariant, .detail = mem_strdup(mem, "")};

    if (base->rows == 0 && now->rows == 0) {
        unknown(mem, result, "there was no row then, and there is none now: nothing was compared");
        return true;
    }
    TRY(read_drift(file, invariant->name, &groups.drift, err));
    TRY(walk_groups(file, &groups, err));
    if (base->rows == 1 && now->rows == 1 && groups.before_text != NULL) {
        result->expected = groups.before_text;
        result->observed = or_none(groups.after_text);
        if (now->has_value)
            set_value(result, now->value, NULL);
    } else {
        result->expected =
            mem_printf(mem, "%s groups as at the baseline", quantity_count(mem, base->rows));
        result->observed =
            groups.differing == 0
                ? "the same"
                : mem_printf(mem, "%s differ", quantity_count(mem, groups.differing));
        set_value(result, (double)groups.differing, "groups");
    }
    if (groups.differing == 0)
        return true;
    fail(result);
    if (groups.detail[0] != '\0')
        result->detail = groups.detail;
    return true;
}

// --- keys

static bool count_missing(TALLOC_CTX *mem, struct table_file *file, const char *name,
                          int64_t *missing, char **keys, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    *missing = 0;
    *keys = mem_strdup(mem, "");
    TRY(table_query_make(tmp, file,
                         "SELECT key FROM base.observed_key WHERE invariant = ?1 EXCEPT "
                         "SELECT key FROM main.observed_key WHERE invariant = ?1",
                         &query, err));
    table_query_bind_text(query, 1, name);
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        if (++*missing <= SHOWN_KEYS)
            *keys = mem_printf(mem, "%s%s%s", *keys, *missing == 1 ? "" : ", ",
                               table_query_text(query, 0));
    }
}

static bool judge_keys(TALLOC_CTX *mem, struct table_file *file, const struct invariant *invariant,
                       const struct observation *base, struct result *result, struct error *err)
{
    int64_t missing;
    char *keys;

    result->expected = mem_printf(mem, "all %s keys", quantity_count(mem, base->rows));
    if (base->rows == 0) {
        unknown(mem, result, "there was no key at the baseline: nothing was compared");
        return true;
    }
    TRY(count_missing(mem, file, invariant->name, &missing, &keys, err));
    set_value(result, (double)missing, "keys");
    result->observed = missing == 0 ? "all are there"
                                    : mem_printf(mem, "%s are gone", quantity_count(mem, missing));
    if (missing == 0 ||
        is_tolerated(invariant, 0, (double)base->rows, (double)(base->rows - missing)))
        return true;
    fail(result);
    result->detail = missing > SHOWN_KEYS ? mem_printf(mem, "%s, …", keys) : keys;
    return true;
}

// --- both moments

bool observation_judge_before(TALLOC_CTX *mem, struct table_file *file, const struct target *target,
                              const struct invariant *invariant, struct result *out,
                              struct error *err)
{
    struct observation now;

    TRY(load(mem, file, "main", invariant->name, &now, err));
    *out = make_result(mem, target, invariant, true, &now);
    if (!now.is_there || !now.is_known) {
        unknown(mem, out, now.is_there ? now.reason : "it was not asked");
        return true;
    }
    if (invariant->kind == INVARIANT_ZERO) {
        judge_zero(mem, &now, out);
    } else if (invariant->kind == INVARIANT_VALUE) {
        judge_value(mem, invariant, &now, out);
    } else {
        out->expected = "a value to compare with";
        out->observed = now.rows == 1 && now.has_value && invariant->kind == INVARIANT_SAME
                            ? number_text(mem, now.value)
                            : mem_printf(mem, "%s %s", quantity_count(mem, now.rows),
                                         invariant->kind == INVARIANT_SAME ? "groups" : "keys");
        if (now.rows == 0)
            unknown(mem, out, "the query gave no row: there will be nothing to compare");
    }
    return true;
}

bool observation_judge_after(TALLOC_CTX *mem, struct table_file *file, const struct target *target,
                             const struct invariant *invariant, struct result *out,
                             struct error *err)
{
    struct observation now, base;
    bool needs_base = invariant->kind == INVARIANT_SAME || invariant->kind == INVARIANT_KEYS_KEPT;

    TRY(load(mem, file, "main", invariant->name, &now, err));
    TRY(load(mem, file, "base", invariant->name, &base, err));
    *out = make_result(mem, target, invariant, false, &now);
    if (!now.is_there || !now.is_known) {
        unknown(mem, out, now.is_there ? now.reason : "it was not asked");
    } else if (needs_base && (!base.is_there || !base.is_known)) {
        unknown(mem, out,
                base.is_there ? mem_printf(mem, "at the baseline: %s", base.reason)
                              : "it is not in the baseline; save a new one before the change");
    } else if (invariant->kind == INVARIANT_ZERO) {
        judge_zero(mem, &now, out);
    } else if (invariant->kind == INVARIANT_VALUE) {
        judge_value(mem, invariant, &now, out);
    } else if (invariant->kind == INVARIANT_SAME) {
        return judge_same(mem, file, invariant, &base, &now, out, err);
    } else {
        return judge_keys(mem, file, invariant, &base, out, err);
    }
    return true;
}

bool observation_drift(struct table_file *file, const char *invariant, double *out,
                       struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(
        tmp, file,
        "SELECT max(abs(n.number - e.number)) FROM main.observed_row n JOIN earlier.observed_row e "
        "USING (invariant, label) WHERE invariant = ?1",
        &query, err));
    table_query_bind_text(query, 1, invariant);
    TRY(table_query_next(query, &has_row, err));
    *out = has_row ? table_query_real(query, 0) : 0;
    return true;
}
