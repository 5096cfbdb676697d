/*
 * tminus verify --against: see verify_against.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/verify_against.h"
#include "journal/events.h"

static bool is_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

// Two tables of one database are compared on one connection, by the server itself.
static bool is_one_database(const struct target *a, const struct target *b)
{
    return a->driver == b->driver && is_same(a->identity.database, b->identity.database) &&
           (is_same(a->identity.system, b->identity.system) ||
            (a->identity.system == NULL && b->identity.system == NULL));
}

static bool append_event(struct inspection *inspection, const struct against *against,
                         struct error *err)
{
    json_t *data = json_object();
    int64_t n[STATUS_MANUAL + 1] = {0};

    for (size_t i = 0; i < against->n_tables; i++)
        n[against_status(&against->tables[i])]++;
    json_put_text(data, "database", against->here->identity.database);
    json_put_text(data, "system", against->here->identity.system);
    json_put_text(data, "against", against->there->identity.text);
    json_put_text(data, "verdict", verdict_name(against->verdict));
    json_put_integer(data, "equal", n[STATUS_PASS]);
    json_put_integer(data, "differing", n[STATUS_FAIL]);
    json_put_integer(data, "unknown", n[STATUS_UNKNOWN]);
    return journal_append(inspection->journal, EVENT_TABLES_COMPARED, data, err);
}

int verify_against_run(const struct program *program, const struct verify_against *request,
                       struct error *err)
{
    SCRATCH(tmp);
    struct inspection here = {0}, there = {0};
    struct against against;

    if (!inspection_open(tmp, program, request->options, request->database, &here, err) ||
        !inspection_connect(tmp, program, request->options, request->url, &there, err))
        return -1;
    const struct against_request compared = {
        .here = &here.target,
        .there = is_one_database(&here.target, &there.target) ? &here.target : &there.target,
        .config = here.choice.config,
        .pairs = request->pairs,
        .n_pairs = request->n_pairs,
    };
    bool is_compared = against_make(tmp, &compared, &against, err);
    inspection_end_progress(&here);
    if (!is_compared || !append_event(&here, &against, err))
        return -1;
    if (request->options->format == FORMAT_JSON)
        report_against_json(stdout, &against);
    else
        report_against_text(stdout, &against, log_is_colored(stdout));
    return command_exit_status(against.verdict);
}
