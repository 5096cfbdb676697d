/*
 * Which undo logs may go: see clean_logs.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/clean_logs.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "command/kept_journal.h"
#include "flight/flight.h"

// The environment's last flight, while it may still go back; NULL: none does.
static bool find_flight(TALLOC_CTX *mem, const struct clean_logs_request *request,
                        const struct database_choice *choice, const char **out, struct error *err)
{
    SCRATCH(tmp);
    struct journal *journal;
    struct flight *flight = NULL;
    TRY(kept_journal_look(tmp, request->program, choice, "", &journal, err));
    struct flight_reader *reader =
        flight_reader_make(tmp, journal, choice->config->service, choice->environment_name, NULL);
    TRY(flight_refresh(reader, &flight, err));
    *out =
        flight == NULL || flight_state_is_end(flight->state) ? NULL : mem_strdup(mem, flight->id);
    return true;
}

static const char *why_kept(TALLOC_CTX *mem, const struct engine_undo_log *log, const char *flight,
                            int64_t keep_ms, bool is_given_up)
{
    SCRATCH(tmp);
    int64_t left_ms = log->made_ms + keep_ms - clock_wall_ms();
    if (flight != NULL)
        return mem_printf(mem, "flight %s may still go back", flight);
    if (is_given_up || log->is_rolled_back)
        return NULL;
    if (!log->is_ended)
        return mem_printf(
            mem, "its migration stopped half-way; tminus clean --undo-log %s gives it up", log->id);
    return left_ms <= 0 ? NULL
                        : mem_printf(mem, "its migration can be undone with it, for another %s",
                                     quantity_duration(tmp, left_ms));
}

static const char *words(TALLOC_CTX *mem, const struct engine_undo_log *log, const char *database)
{
    SCRATCH(tmp);
    int64_t age_ms = clock_wall_ms() - log->made_ms;
    return mem_printf(mem, "undo log %s in %s: %s row%s, %s, made %s ago%s", log->id, database,
                      quantity_count(tmp, log->rows), log->rows == 1 ? "" : "s",
                      quantity_size(tmp, log->bytes),
                      quantity_duration(tmp, age_ms < 1000 ? 1000 : age_ms / 1000 * 1000),
                      log->is_rolled_back ? ", gone back" : "");
}

bool clean_logs_find(TALLOC_CTX *mem, const struct clean_logs_request *request,
                     struct clean_log **out, size_t *n, struct error *err)
{
    struct database_choice choice;
    struct undo_logs logs;
    const char *flight = NULL, *database;
    TRY(database_choose(mem, request->options, request->database, &choice, err));
    struct undo_log_place place = {.url = choice.url, .wait = request->wait};
    TRY(engine_driver_for(request->program->engines, choice.url, &place.driver, err));
    TRY(undo_logs_read(mem, &place, &logs, &database, err));
    if (logs.n > 0)
        TRY(find_flight(mem, request, &choice, &flight, err));
    int64_t keep_ms = choice.database == NULL ? 0 : choice.database->undo_log_keep_ms;
    for (size_t i = 0; i < logs.n; i++) {
        const struct engine_undo_log *log = &logs.list[i];
        if (request->id != NULL && strcmp(request->id, log->id) != 0)
            continue;
        *mem_append(mem, *out, *n) = (struct clean_log){
            .place = place,
            .id = log->id,
            .what = words(mem, log, database),
            .bytes = log->bytes,
            .kept = why_kept(mem, log, flight, keep_ms > 0 ? keep_ms : CLEAN_LOGS_KEEP_MS,
                             request->id != NULL),
        };
    }
    return true;
}
