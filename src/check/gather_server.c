/*
 * What goes on in the target's server, for a poll: one read each, with the engine's own time limit.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/gather.h"
#include "sql/queries.h"
#include <stdlib.h>

// A read that fails makes its gates UNKNOWN; only an interruption ends the poll.
static bool note_failure(TALLOC_CTX *mem, const struct error *failure, const char **unknown,
                         struct error *err)
{
    if (failure->code == ERROR_INTERRUPTED) {
        *err = *failure;
        return false;
    }
    *unknown = mem_strdup(mem, failure->message);
    return true;
}

struct rows {
    TALLOC_CTX *mem;
    struct gate_facts *facts;
};

static int64_t integer_of(const struct engine_value *value)
{
    return value->is_null ? -1 : strtoll(value->text, NULL, 10);
}

static bool take_wraparound(void *context, const char *const *names,
                            const struct engine_value *values, size_t n)
{
    const struct rows *rows = context;

    (void)names;
    if (n != 2 || values[0].is_null || values[1].is_null)
        return true;
    rows->facts->wraparound.database = mem_strdup(rows->mem, values[0].text);
    rows->facts->wraparound.age = integer_of(&values[1]);
    return true;
}

// A standby that has caught up says nothing of the time.
static bool take_standby(void *context, const char *const *names, const struct engine_value *values,
                         size_t n)
{
    const struct rows *rows = context;
    struct gate_facts *facts = rows->facts;

    (void)names;
    if (n != 3)
        return true;
    *mem_append(rows->mem, facts->standbys, facts->n_standbys) = (struct gate_standby){
        .name = mem_strdup(rows->mem, values[0].is_null ? "?" : values[0].text),
        .lag_ms = values[1].is_null ? 0 : integer_of(&values[1]),
        .lag_bytes = integer_of(&values[2]),
    };
    return true;
}

static bool ask(struct rows *rows, const struct target *target, const char *sql, engine_row *row,
                const char **unknown, struct error *err)
{
    struct error failure = {0};

    if (target->driver->session->query(target->engine, sql, row, rows, &failure))
        return true;
    return note_failure(rows->mem, &failure, unknown, err);
}

bool gather_server(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                   struct error *err)
{
    const struct target *target = request->target;
    struct rows rows = {.mem = mem, .facts = facts};
    struct engine_activity *activity = NULL;
    size_t n = 0;
    struct error failure = {0};

    facts->has_server = target->driver->catalog->activity != NULL;
    if (!facts->has_server)
        return true;
    if (!target->driver->catalog->activity(mem, target->engine, &activity, &n, &failure))
        TRY(note_failure(mem, &failure, &facts->activity_unknown, err));
    facts->activity = activity;
    facts->n_activity = n;
    TRY(ask(&rows, target, sql_postgres_gate_wraparound, take_wraparound,
            &facts->wraparound.unknown, err));
    return ask(&rows, target, sql_postgres_gate_standbys, take_standby, &facts->standbys_unknown,
               err);
}
