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
#include "journal/events.h"

// The environment's last flight, while it may still go back; NULL: none does.
static bool find_flight(TALLOC_CTX *mem, const struct database_choice *choice,
                        struct journal *journal, const char **out, struct error *err)
{
    SCRATCH(tmp);
    struct flight *flight = NULL;
    struct flight_reader *reader =
        flight_reader_make(tmp, journal, choice->config->service, choice->environment_name, NULL);
    TRY(flight_refresh(reader, &flight, err));
    *out =
        flight == NULL || flight_state_is_end(flight->state) ? NULL : mem_strdup(mem, flight->id);
    return true;
}

// What the journal has of a log's way back.
struct way_back {
    bool is_begun;     // its data was to go back
    int64_t conflicts; // rows of it that were left alone
};

static bool read_way_back(struct journal *journal, const char *id, struct way_back *out,
                          struct error *err)
{
    json_auto_t *begun = NULL, *undone = NULL, *applied = NULL;
    TRY(journal_last(journal, EVENT_DATA_UNDO_STARTED, "log", id, &begun, err));
    TRY(journal_last(journal, EVENT_DATA_UNDONE, "log", id, &undone, err));
    *out = (struct way_back){0};
    if (begun == NULL)
        return true;
    // A migration that is applied again has a log of the same name.
    const char *version = json_get_text(json_object_get(begun, "data"), "version");
    TRY(journal_last(journal, EVENT_MIGRATION_APPLIED, "version", version, &applied, err));
    if (json_get_integer(begun, "seq", 0) < json_get_integer(applied, "seq", 0))
        return true;
    out->is_begun = true;
    out->conflicts = json_get_integer(json_object_get(undone, "data"), "conflicts", 0);
    return true;
}

// What may be the only copy of somebody's rows goes by their own word alone.
static const char *why_needed(TALLOC_CTX *mem, const struct engine_undo_log *log,
                              const struct way_back *back)
{
    const char *why = !log->is_ended                           ? "its migration stopped half-way"
                      : !log->is_rolled_back && back->is_begun ? "its data did not go back"
                      : back->conflicts > 0
                          ? "rows of it were left alone, and it has what they were"
                          : NULL;
    return why == NULL
               ? NULL
               : mem_printf(mem, "%s; tminus clean --undo-log %s gives it up", why, log->id);
}

static const char *why_kept(TALLOC_CTX *mem, const struct engine_undo_log *log,
                            const struct way_back *back, const char *flight, int64_t keep_ms)
{
    SCRATCH(tmp);
    int64_t left_ms = log->made_ms + keep_ms - clock_wall_ms();
    const char *needed = why_needed(mem, log, back);
    if (flight != NULL)
        return mem_printf(mem, "flight %s may still go back", flight);
    if (needed != NULL)
        return needed;
    return log->is_rolled_back || left_ms <= 0
               ? NULL
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
    struct journal *journal = NULL;
    TRY(database_choose(mem, request->options, request->database, &choice, err));
    struct undo_log_place place = {.url = choice.url, .wait = request->wait};
    TRY(engine_driver_for(request->program->engines, choice.url, &place.driver, err));
    TRY(undo_logs_read(mem, &place, &logs, &database, err));
    if (logs.n > 0) {
        TRY(kept_journal_look(mem, request->program, &choice, "", &journal, err));
        TRY(find_flight(mem, &choice, journal, &flight, err));
    }
    int64_t keep_ms = choice.database == NULL ? 0 : choice.database->undo_log_keep_ms;
    for (size_t i = 0; i < logs.n; i++) {
        const struct engine_undo_log *log = &logs.list[i];
        if (request->id != NULL && strcmp(request->id, log->id) != 0)
            continue;
        struct way_back back;
        TRY(read_way_back(journal, log->id, &back, err));
        bool is_given_up = request->id != NULL && flight == NULL;
        *mem_append(mem, *out, *n) = (struct clean_log){
            .place = place,
            .id = log->id,
            .what = words(mem, log, database),
            .bytes = log->bytes,
            .kept = is_given_up ? NULL
                                : why_kept(mem, log, &back, flight,
                                           keep_ms > 0 ? keep_ms : CLEAN_LOGS_KEEP_MS),
        };
    }
    return true;
}
