/*
 * Verification of tables: each comparison as a result like the others, in words.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "proof/sql.h"
#include "proof/verification.h"

#define SHOWN_KEYS 5

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

// Keys of several columns stand in brackets.
static const char *keys_text(TALLOC_CTX *mem, char *const *names, size_t n, int64_t all)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < n && i < SHOWN_KEYS; i++) {
        bool is_composite = strstr(names[i], ", ") != NULL;
        text = mem_printf(mem, "%s%s%s%s%s", text, i == 0 ? "" : ", ", is_composite ? "(" : "",
                          names[i], is_composite ? ")" : "");
    }
    return all > SHOWN_KEYS ? mem_printf(mem, "%s, …", text) : text;
}

static const char *add_line(TALLOC_CTX *mem, const char *text, const char *line)
{
    return text == NULL ? line : mem_printf(mem, "%s\n%s", text, line);
}

// "; others deleted 4 rows …": what attribution says of it.
static const char *reason_text(TALLOC_CTX *mem, const struct unexplained *rest)
{
    return rest->answer.reason == NULL ? "" : mem_printf(mem, "; %s", rest->answer.reason);
}

// --- what is wrong, or not known

// `one` and `many`: what is so of one row, and of several.
static const char *gone_text(TALLOC_CTX *mem, const char *one, const char *many,
                             const struct key_difference *keys)
{
    const char *trait = "";
    const struct unexplained *rest = &keys->rest;
    int64_t n = keys->is_exact ? rest->answer.unattributed : keys->keys;
    char *const *samples = rest->n_samples > 0 ? rest->samples : keys->samples;
    size_t n_samples = rest->n_samples > 0 ? rest->n_samples : keys->n_samples;

    if (keys->trait != NULL && !keys->is_exact)
        trait = mem_printf(mem, " (%s whose %s)",
                           keys->is_exact_trait ? "every row" : "all are rows", keys->trait);
    if (keys->is_exact)
        trait = mem_printf(mem, " (%s does not delete %s)", keys->cause, n == 1 ? "it" : "them");
    return mem_printf(mem, "%s row%s %s: %s%s%s", quantity_count(mem, n), plural(n),
                      n == 1 ? one : many, keys_text(mem, samples, n_samples, n), trait,
                      reason_text(mem, rest));
}

// How a column differs, and in which rows.
static const char *column_text(TALLOC_CTX *mem, const struct column_difference *column)
{
    const struct unexplained *rest = &column->rest;
    int64_t left = rest->answer.unattributed;
    int64_t n = column->is_exact || rest->answer.by_traffic > 0 ? left : column->rows;
    const char *rows = mem_printf(mem, "%s row%s", quantity_count(mem, n), plural(n));
    const char *keys = mem_printf(mem, "%s%s", keys_text(mem, rest->samples, rest->n_samples, n),
                                  reason_text(mem, rest));

    if (column->is_exact && column->wrong == n)
        return mem_printf(mem, "%s is not what %s gives in %s: %s", column->column, column->cause,
                          rows, keys);
    if (column->is_exact)
        return mem_printf(mem, "%s differs in %s that %s does not explain: %s", column->column,
                          rows, column->cause, keys);
    if (column->cause == NULL)
        return mem_printf(mem, "%s differs in %s: %s", column->column, rows, keys);
    return mem_printf(mem, "%s differs in %s, %s more than %s names: %s", column->column, rows,
                      quantity_count(mem, left), column->cause, keys);
}

static const char *add_keys(TALLOC_CTX *mem, const char *text, const struct comparison *comparison)
{
    if (comparison->missing.rest.answer.unattributed > 0)
        text = add_line(mem, text, gone_text(mem, "is gone", "are gone", &comparison->missing));
    if (comparison->doubled.keys > 0)
        text = add_line(
            mem, text,
            gone_text(mem, "stands more than once", "stand more than once", &comparison->doubled));
    if (comparison->extra.rest.answer.unattributed > 0)
        text = add_line(mem, text, gone_text(mem, "is new", "are new", &comparison->extra));
    if (comparison->kept.rest.answer.unattributed > 0)
        text = add_line(
            mem, text,
            mem_printf(mem, "%s, although %s deletes %s",
                       gone_text(mem, "is still there", "are still there", &comparison->kept),
                       comparison->kept.cause, comparison->kept.keys == 1 ? "it" : "them"));
    return text;
}

static const char *difference_text(TALLOC_CTX *mem, const struct comparison *comparison)
{
    const char *text = add_keys(mem, comparison->damage, comparison);

    for (size_t i = 0; i < comparison->n_columns; i++) {
        const struct column_difference *column = &comparison->columns[i];
        if (column->rest.answer.unattributed > 0)
            text = add_line(mem, text, column_text(mem, column));
    }
    if (comparison->unread != NULL)
        text = add_line(mem, text, comparison->unread);
    if (comparison->unknown != NULL)
        text = add_line(mem, text, comparison->unknown);
    return text;
}

// --- what traffic did

static const char *add_traffic(TALLOC_CTX *mem, const char *text, const struct unexplained *rest,
                               const char *what)
{
    int64_t n = rest->answer.by_traffic;
    // Rows that the migration carried over are traffic's too, and then all of them are.
    bool is_all = rest->answer.unattributed == 0 && rest->n_traffic_samples == 0;
    char *const *samples = is_all ? rest->samples : rest->traffic_samples;
    size_t n_samples = is_all ? rest->n_samples : rest->n_traffic_samples;

    if (n == 0)
        return text;
    const char *keys =
        n_samples == 0 ? "" : mem_printf(mem, " (%s)", keys_text(mem, samples, n_samples, n));
    return mem_printf(mem, "%s%s%s %s%s", text == NULL ? "" : text, text == NULL ? "" : ", ",
                      quantity_count(mem, n), what, keys);
}

const char *verification_traffic_text(TALLOC_CTX *mem, const struct comparison *comparison)
{
    const char *text = add_traffic(mem, NULL, &comparison->extra.rest, "new");

    text = add_traffic(mem, text, &comparison->missing.rest, "gone");
    text = add_traffic(mem, text, &comparison->kept.rest, "kept");
    for (size_t i = 0; i < comparison->n_columns; i++)
        text = add_traffic(mem, text, &comparison->columns[i].rest,
                           mem_printf(mem, "%s changed", comparison->columns[i].column));
    if (text == NULL && comparison->unknown != NULL && comparison->is_traffics)
        text = "all differences: the migration wrote no row of it";
    return text;
}

// --- the result

static const char *observed(TALLOC_CTX *mem, const struct comparison *comparison,
                            enum status status)
{
    int64_t unattributed = comparison_unattributed(comparison);

    if (status == STATUS_UNKNOWN && unattributed == 0)
        return "unknown";
    if (comparison->damage != NULL)
        return "another table than the change leaves";
    return mem_printf(
        mem, "%s difference%s that %s", quantity_count(mem, unattributed), plural(unattributed),
        status == STATUS_FAIL ? "nothing explains" : "may be the migration's or traffic's");
}

// Something is not as it was: worst of all that is not explained.
static void set_difference(TALLOC_CTX *mem, const struct comparison *comparison, enum status status,
                           struct result *result)
{
    result->status = status;
    result->expected = "none";
    result->observed = observed(mem, comparison, status);
    result->detail = difference_text(mem, comparison);
    result->has_value = comparison->unknown == NULL;
}

const char *verification_table_name(TALLOC_CTX *mem, const struct comparison *comparison)
{
    return mem_printf(mem, "I18/%s", sql_shown(mem, comparison->before->name));
}

struct result verification_table_result(TALLOC_CTX *mem, const struct verification_request *request,
                                        const struct comparison *comparison)
{
    const char *name = sql_shown(mem, comparison->before->name);
    enum status status = comparison_status(comparison);
    const char *traffic = verification_traffic_text(mem, comparison);
    struct result result = {
        .name = verification_table_name(mem, comparison),
        .title = mem_printf(mem, "%s: every row is there once, as it was", name),
        .status = STATUS_PASS,
        .is_required = true,
        .command = mem_printf(mem, "tminus verify --baseline %s", request->baseline->path),
        .expected = mem_printf(mem, "%s rows", quantity_count(mem, comparison->before->rows)),
        .observed =
            mem_printf(mem, "%s rows%s%s", quantity_count(mem, comparison->rows_after),
                       traffic == NULL ? "" : "; by traffic: ", traffic == NULL ? "" : traffic),
        .has_value = true,
        .value = (double)comparison_unattributed(comparison),
        .unit = "rows",
        .detail = traffic == NULL ? NULL : mem_printf(mem, "by traffic: %s", traffic),
        .layer = LAYER_MEASURED,
        .at_ms = clock_wall_ms(),
    };
    if (comparison->after.name == NULL) {
        result.status = comparison->before->rows > 0 ? STATUS_WARN : STATUS_PASS;
        result.observed = mem_printf(mem, "dropped by %s", comparison->dropped);
        result.is_required = false;
    } else if (status != STATUS_PASS) {
        set_difference(mem, comparison, status, &result);
        if (traffic != NULL)
            result.detail =
                add_line(mem, result.detail, mem_printf(mem, "by traffic besides: %s", traffic));
    }
    return result;
}

// A column that somebody else added meanwhile breaks nothing, and is worth to be known.
struct result verification_foreign_result(TALLOC_CTX *mem, const struct comparison *comparison)
{
    const char *name = sql_shown(mem, comparison->before->name);
    char *columns = mem_strdup(mem, comparison->foreign[0]);

    for (size_t i = 1; i < comparison->n_foreign; i++)
        columns = mem_printf(mem, "%s, %s", columns, comparison->foreign[i]);
    return (struct result){
        .name = mem_printf(mem, "I15/%s", name),
        .title = mem_printf(mem, "%s has no column but those of the baseline and the change", name),
        .status = STATUS_WARN,
        .command = "",
        .expected = "none",
        .observed = columns,
        .detail = "no migration adds it: somebody else changed the table since the baseline",
        .layer = LAYER_KNOWN,
        .at_ms = clock_wall_ms(),
    };
}
