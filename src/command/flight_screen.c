/*
 * The screen of a flight: see flight_screen.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/flight_screen.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "command/terminal.h"
#include <langinfo.h>
#include <string.h>

#define DRAW_EVERY_MS 1000

struct flight_screen {
    const struct flight_work *work;
    struct terminal *terminal; // NULL: lines
    const struct flight *flight;
    char *said;
    int64_t drawn_ms; // monotonic
    bool is_stale;
};

struct flight_screen *flight_screen_open(TALLOC_CTX *mem, const struct flight_work *work)
{
    struct flight_screen *screen = mem_new(mem, struct flight_screen);

    screen->work = work;
    screen->flight = work->flight;
    screen->is_stale = true;
    if (work->options->verbosity >= 0 && !work->options->no_progress)
        screen->terminal = terminal_open(screen);
    return screen;
}

// --- on a terminal

static void draw(struct flight_screen *screen)
{
    SCRATCH(tmp);
    // The process that draws is the one that flies.
    const struct store_lease *own = &screen->work->lease->taken.lease;
    struct store_lease pilot = *own;
    struct board_options options = {.now_ms = clock_wall_ms(),
                                    .pilot = &pilot,
                                    .said = screen->said,
                                    .size = {.is_colored = log_is_colored(stderr)}};
    char *text = NULL;
    size_t len = 0;

    pilot.is_held = pilot.is_alive = true;
    options.size.is_ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    terminal_size(screen->terminal, &options.size.width, &options.size.height);
    FILE *memory = open_memstream(&text, &len);
    if (memory == NULL)
        return;
    board_write_text(memory, screen->flight, &options, TERMINAL_END_OF_LINE);
    if (fclose(memory) == 0)
        terminal_draw(screen->terminal, text);
    free(text);
    screen->drawn_ms = clock_monotonic_ms();
    screen->is_stale = false;
}

void flight_screen_pass(void *context)
{
    struct flight_screen *screen = context;

    if (screen->terminal != NULL && (screen->is_stale || terminal_has_changed(screen->terminal) ||
                                     clock_monotonic_ms() - screen->drawn_ms >= DRAW_EVERY_MS))
        draw(screen);
}

void flight_screen_hear(void *context, const char *line)
{
    struct flight_screen *screen = context;

    talloc_free(screen->said);
    screen->said = text_to_utf8(screen, line, strlen(line)); // it may have been cut
    screen->is_stale = true;
}

// --- a line for each thing that happened

static void say(const struct flight *flight)
{
    const struct step *step = flight_next_step(flight);
    bool is_step = flight_state_action(flight->state) == ACTION_STEP && step != NULL;

    if (is_step && step->state == STEP_BEGUN)
        log_info("%-12s step %s …", flight_state_name(flight->state), step->name);
    else
        log_info("%-12s %s", flight_state_name(flight->state),
                 flight->why == NULL ? flight_state_says(flight->state) : flight->why);
}

void flight_screen_tell(void *context, const struct flight *flight)
{
    struct flight_screen *screen = context;

    screen->flight = flight;
    TALLOC_FREE(screen->said); // by what ran before
    if (screen->terminal != NULL)
        draw(screen);
    else
        say(flight);
}
