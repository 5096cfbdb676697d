/*
 * Assessing with a database: its schema and sizes instead of a replay from nothing, and only what
 * it has not applied yet.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "command/assess.h"
#include "command/inspection.h"
#include "proof/known_schema.h"
#include <inttypes.h>

bool assess_is_live(const struct assess_request *request)
{
    return request->database != NULL || request->options.environment != NULL;
}

bool assess_databases(TALLOC_CTX *mem, const struct assess_request *request,
                      const char *const **names, size_t *n, struct error *err)
{
    struct config *config;
    const struct config_environment *environment;
    const char *slot;
    const char **list = NULL;

    *n = 0;
    *names = NULL;
    // With paths, one database must be named; offline, there is nothing to go round.
    if (request->options.environment == NULL || request->database != NULL || request->n_paths > 0)
        return true;
    TRY(config_read(mem, request->options.config_path, false, &config, err));
    TRY(config_environment(config, request->options.environment, &environment, &slot, err));
    if (environment->n_databases < 2)
        return true;
    for (size_t i = 0; i < environment->n_databases; i++)
        *mem_append(mem, list, *n) = environment->databases[i].name;
    *names = list;
    return true;
}

// What the database says cannot be said by options too.
static bool refuse_contradictions(const struct assess_request *request, struct error *err)
{
    const char *option = request->dialect != NULL   ? "--dialect"
                         : request->pg_version != 0 ? "--pg-version"
                         : request->n_schemas > 0   ? "--schema"
                                                    : NULL;
    if (option == NULL)
        return true;
    error_set(err, ERROR_USAGE, "%s is not for a database that is read: it tells that itself",
              option);
    return error_hint(err, "leave out %s, or --env and --database", option);
}

static size_t count_relations(const struct schema *schema)
{
    size_t n = 0;
    for (const struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r))
        n += r->kind != RELATION_INDEX && r->kind != RELATION_SEQUENCE &&
             r->kind != RELATION_COMPOSITE;
    return n;
}

static const char *record_words(TALLOC_CTX *mem, const struct assessed_database *database,
                                size_t n_all, size_t n_context)
{
    if (database->n_applied >= 0 && database->n_pending == 0)
        return mem_printf(mem, "nothing is pending: %" PRId64 " of %zu migrations applied",
                          database->n_applied, n_all);
    if (database->n_applied >= 0)
        return mem_printf(mem, "%" PRId64 " of %zu migrations applied, which are left out",
                          database->n_applied, n_all);
    return mem_printf(mem,
                      "what is applied could not be told, there is no record of it: %zu judged as "
                      "pending%s",
                      database->n_pending,
                      n_context > 0 ? ", those before the range count as applied" : "");
}

// The schema has the effects of what is applied; what is not and stands before the range is still
// replayed. Without a record the range begins where the database is.
static void leave_out_applied(TALLOC_CTX *mem, struct change *change, const bool *is_applied,
                              struct assessed_database *database)
{
    size_t n_all = change->n_migrations, n = 0, n_context = 0;
    for (size_t i = 0; i < change->n_migrations; i++) {
        bool is_context = change->migrations[i].is_context;
        n_context += is_context;
        if (is_applied[i] || (database->n_applied < 0 && is_context))
            continue;
        database->n_pending += !is_context;
        change->migrations[n++] = change->migrations[i];
    }
    change->n_migrations = n;
    database->record = record_words(mem, database, n_all, n_context);
}

bool assess_read_database(TALLOC_CTX *mem, const struct program *program,
                          const struct assess_request *request, struct assess_input *input,
                          struct error *err)
{
    struct inspection *inspection = mem_new(mem, struct inspection);
    struct assessed_database *database = mem_new(mem, struct assessed_database);
    struct change *change = input->change;
    bool *is_applied = mem_array(mem, bool, change->n_migrations + 1);

    TRY(refuse_contradictions(request, err));
    TRY(inspection_connect(mem, program, &request->options, request->database, inspection, err));
    TRY(known_schema_read(mem, &inspection->target, &input->options, err));
    TRY(inspection_calibrate(mem, inspection, &input->options, err));
    TRY(inspection_count_applied(mem, inspection, change, is_applied, &database->n_applied, err));
    database->text = inspection->target.identity.text;
    if (inspection->choice.environment != NULL && inspection->choice.environment->n_databases > 1)
        database->name = inspection->choice.database->name;
    database->read_at = mem_strdup(mem, clock_format(clock_wall_ms()).text);
    if (input->options.known != NULL)
        database->n_relations = count_relations(input->options.known);
    leave_out_applied(mem, change, is_applied, database);
    input->options.database = database;
    input->inspection = inspection;
    return true;
}
