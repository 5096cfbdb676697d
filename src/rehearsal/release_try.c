/*
 * The old release on the new schema: each of its statements on both copies, taken back.
 *
 * Parameters get a value of their type. What does not run on the schema of before either says
 * nothing about the change.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/text.h"
#include "rehearsal/release.h"
#include <inttypes.h>

#define SQL_SHOWN 70

static struct engine_value value_of(const char *type)
{
    static const struct {
        const char *type, *value;
    } values[] = {
        {"smallint", "1"},
        {"integer", "1"},
        {"bigint", "1"},
        {"numeric", "1"},
        {"real", "1"},
        {"double precision", "1"},
        {"oid", "1"},
        {"boolean", "true"},
        {"text", "x"},
        {"character varying", "x"},
        {"character", "x"},
        {"\"char\"", "x"},
        {"uuid", "00000000-0000-4000-8000-000000000001"},
        {"date", "2026-01-01"},
        {"timestamp without time zone", "2026-01-01 00:00:00"},
        {"timestamp with time zone", "2026-01-01 00:00:00+00"},
        {"time without time zone", "00:00:00"},
        {"interval", "1 day"},
        {"json", "{}"},
        {"jsonb", "{}"},
        {"bytea", "\\x00"},
        {"inet", "127.0.0.1"},
    };
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (strcmp(values[i].type, type) == 0)
            return (struct engine_value){.kind = VALUE_TEXT, .text = values[i].value};
    size_t len = strlen(type);
    if (len > 2 && strcmp(type + len - 2, "[]") == 0)
        return (struct engine_value){.kind = VALUE_TEXT, .text = "{}"};
    return (struct engine_value){.kind = VALUE_NULL, .is_null = true, .text = ""};
}

// First without values: which types its parameters have is the server's to say.
static bool attempt(TALLOC_CTX *mem, const struct target *target, const char *sql,
                    struct engine_attempt *out, struct error *err)
{
    struct engine_attempt_request request = {.sql = sql};
    TRY(target->driver->session->attempt(mem, target->engine, &request, out, err));
    if (!out->is_prepared || out->is_done || out->n_parameters == 0)
        return true;
    struct engine_value *values = mem_array(mem, struct engine_value, out->n_parameters);
    for (size_t i = 0; i < out->n_parameters; i++)
        values[i] = value_of(out->parameter_types[i]);
    request.values = values;
    request.n_values = out->n_parameters;
    return target->driver->session->attempt(mem, target->engine, &request, out, err);
}

static void judge(TALLOC_CTX *mem, const struct engine_attempt *before,
                  const struct engine_attempt *after, struct result *out)
{
    if (!before->is_prepared) {
        out->status = STATUS_UNKNOWN;
        out->observed =
            mem_printf(mem, "does not run before the change either: %s", before->reason);
    } else if (!after->is_prepared) {
        out->status = STATUS_FAIL;
        out->observed = mem_printf(mem, "no longer valid: %s", after->reason);
    } else if (before->is_done && !after->is_done) {
        out->status = STATUS_FAIL;
        out->observed = mem_printf(mem, "no longer runs: %s", after->reason);
    } else if (!before->is_done) {
        out->status = STATUS_PASS;
        out->observed = "valid; it did not run with the values that were tried, before or after";
    } else {
        out->status = before->rows == after->rows ? STATUS_PASS : STATUS_WARN;
        out->observed = before->rows == after->rows
                            ? "runs"
                            : mem_printf(mem, "runs; %" PRId64 " rows, before the change %" PRId64,
                                         after->rows, before->rows);
    }
}

static bool try_one(TALLOC_CTX *mem, const struct target *before, const struct target *after,
                    const struct release_statement *statement, struct result *out,
                    struct error *err)
{
    struct engine_attempt old = {0}, new = {0};
    int64_t begun_ms = clock_monotonic_ms();
    TRY(attempt(mem, before, statement->sql, &old, err));
    TRY(attempt(mem, after, statement->sql, &new, err));
    *out = (struct result){
        .name = mem_printf(mem, "old-release/%s", statement->name),
        .title = mem_printf(mem, "%s (%s)",
                            text_shorten(mem, statement->sql, strlen(statement->sql), SQL_SHOWN),
                            statement->name),
        .is_required = true,
        .expected = "runs as before the change",
        .layer = LAYER_MEASURED,
        .at_ms = clock_wall_ms(),
        .took_ms = clock_monotonic_ms() - begun_ms,
    };
    judge(mem, &old, &new, out);
    return true;
}

// Failed ones first.
static int by_status(const void *a, const void *b)
{
    static const int order[] = {[STATUS_FAIL] = 0, [STATUS_WARN] = 1,   [STATUS_UNKNOWN] = 2,
                                [STATUS_PASS] = 3, [STATUS_WAIVED] = 4, [STATUS_MANUAL] = 5};
    const struct result *x = a, *y = b;
    if (x->status != y->status)
        return order[x->status] - order[y->status];
    return strcmp(x->name, y->name);
}

bool release_try(TALLOC_CTX *mem, const struct target *before, const struct target *after,
                 const struct release_statements *statements, struct results *out,
                 struct error *err)
{
    *out = (struct results){0};
    for (size_t i = 0; i < statements->n; i++)
        TRY(try_one(mem, before, after, &statements->list[i], mem_append(mem, out->list, out->n),
                    err));
    if (out->n > 1)
        qsort(out->list, out->n, sizeof *out->list, by_status);
    return true;
}
