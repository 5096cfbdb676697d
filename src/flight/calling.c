/*
 * Calling: see calling.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/calling.h"
#include "base/clock.h"
#include "flight/board.h"
#include "flight/remains.h"

// Who calls flies, and ends when it only waits for people: what they type is for nobody at work.
static const char *const *commands_of(TALLOC_CTX *mem, const struct flight *flight, int64_t now_ms)
{
    const struct board_options options = {.now_ms = now_ms};
    return board_next_commands(mem, flight, &options);
}

static char *what_happened(TALLOC_CTX *mem, const struct flight *flight, int64_t now_ms)
{
    const struct flight_point *missed = board_missed_point(flight, now_ms);

    if (missed != NULL)
        return mem_printf(mem, "ALARM: nobody checked %s, due at %s; it is checked now, late",
                          missed->name, clock_format(flight_point_ms(flight, missed)).text);
    if (flight->lost_ms != 0)
        return mem_printf(mem, "ALARM: no tminus flies it any more, and it is not done. It %s%s%s",
                          flight_says(flight), flight->why == NULL ? "" : ": ",
                          flight->why == NULL ? "" : flight->why);
    return mem_printf(mem, "%s%s%s", flight_says(flight), flight->why == NULL ? "" : ": ",
                      flight->why == NULL ? "" : flight->why);
}

char *calling_text(TALLOC_CTX *mem, const char *service, const struct flight *flight,
                   int64_t now_ms)
{
    SCRATCH(tmp);
    const char *const *commands = commands_of(tmp, flight, now_ms);
    const char *listed = "";

    for (size_t i = 0; commands[i] != NULL; i++)
        listed =
            mem_printf(tmp, "%s%s%s", listed, i == 0 ? ". What moves it: " : ", ", commands[i]);
    return mem_printf(
        mem, "%s%s%s: flight %s%s%s %s%s", service, flight->environment == NULL ? "" : " ",
        flight->environment == NULL ? "" : flight->environment, flight->id,
        flight->version == NULL ? "" : " of ", flight->version == NULL ? "" : flight->version,
        what_happened(tmp, flight, now_ms), listed);
}

json_t *calling_detail(TALLOC_CTX *mem, const struct flight *flight, int64_t now_ms)
{
    SCRATCH(tmp);
    json_t *detail = json_keep(mem, json_object());
    const char *const *commands = commands_of(tmp, flight, now_ms);
    int64_t deadline_ms = flight_deadline_ms(flight);

    json_put_text(detail, "flight", flight->id);
    json_put_text(detail, "version", flight->version);
    json_put_text(detail, "state", flight_state_name(flight->state));
    json_put_text(detail, "why", flight->why);
    json_put_text(detail, "deadline", deadline_ms == 0 ? NULL : clock_format(deadline_ms).text);
    json_t *list = json_put_array(detail, "next_commands");
    for (size_t i = 0; commands[i] != NULL; i++)
        json_array_append_new(list, json_text(commands[i]));
    return detail;
}
