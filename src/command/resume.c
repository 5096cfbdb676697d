/*
 * tminus resume and tminus watch: fly on where another process stopped or ended.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/log.h"
#include "command/command.h"
#include "command/flight_binding.h"
#include "command/maintenance.h"

#define KEY_WAIT 0x201
#define KEY_ONCE 0x202

struct request {
    struct options options;
    bool is_waiting, is_once;
};

static const struct argp_option resume_table[] = {
    {"wait", KEY_WAIT, NULL, 0, "while it holds, wait for a person instead of ending with 3", 1},
    {0},
};

static const struct argp_option watch_table[] = {
    {"once", KEY_ONCE, NULL, 0, "check the points that are due, and end", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    (void)value;
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_WAIT: request->is_waiting = true; return 0;
    case KEY_ONCE: request->is_once = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp resume_parser = {
    .options = resume_table,
    .parser = parse,
    .doc =
        "Fly on a flight whose process is gone, or that a person said go or abort to. What was "
        "begun and has no result is read back first; nothing is done twice. Ends as launch does.",
    .children = options_children,
};

static const struct argp watch_parser = {
    .options = watch_table,
    .parser = parse,
    .doc =
        "Check a deployed change at the points of its watch: half an hour after the "
        "verification, one hour, four, a day. A point that nobody checked in time is an alarm, "
        "and is checked late. Where the flight waits for a person it waits too, and calls people "
        "at each deadline. With --once it ends when nothing is due, for cron or a systemd timer. "
        "Ends as launch does.",
    .children = options_children,
};

// Up to when points are checked, counted from the verification.
static int64_t watch_ms(const struct flight *flight, const struct request *request)
{
    if (!request->is_once)
        return INT64_MAX;
    return flight->verified_ms == 0 ? 0 : clock_wall_ms() - flight->verified_ms;
}

// One that nobody ever flew has no name, no host and no time.
static bool look_for_pilot(TALLOC_CTX *mem, const struct flight_work *work,
                           struct store_lease *pilot, struct error *err)
{
    bool is_there;

    TRY(lease_look(mem, work->journal, work->lease_name, pilot, &is_there, err));
    if (!is_there)
        *pilot = (struct store_lease){0};
    return true;
}

// Of the environment, whether or not there is a flight.
static bool end_maintenance(TALLOC_CTX *mem, const struct program *program,
                            const struct options *options, struct flight_work *work,
                            struct error *err)
{
    struct maintenance_ending ending;

    if (!maintenance_lease_is_over(flight_reader_maintenance(work->reader), clock_wall_ms()))
        return true;
    struct error cause = {0};
    if (!maintenance_end_overdue(mem, program, options, &ending, &cause)) {
        if (cause.code == ERROR_INTERRUPTED) {
            *err = cause;
            return false;
        }
        log_error(&cause); // the points are checked all the same
    }
    return flight_refresh(work->reader, &work->flight, err);
}

static bool open_work(TALLOC_CTX *mem, const struct program *program, const struct request *request,
                      struct flight_work *work, struct error *err)
{
    TRY(options_format_allowed(&request->options,
                               OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err));
    // To a timer it is nothing new that there is no flight yet.
    return request->is_once ? flight_work_open(mem, program, &request->options, NULL, work, err)
                            : flight_work_find(mem, program, &request->options, NULL, work, err);
}

#define CALL_LATE_MS ((int64_t)24 * 3600 * 1000) // an older end is no news

// It ended, and its process did before it had called anybody.
static bool has_to_call(const struct flight *flight)
{
    return flight_is_call_due(flight) && clock_wall_ms() - flight->entered_ms < CALL_LATE_MS;
}

// A timer runs from before the first flight on.
static int show_nothing(const struct flight_work *work)
{
    if (work->options->format == FORMAT_TEXT) {
        printf("%s: no flight was begun; there is nothing to watch\n", work->lease_name);
        return EXIT_GO;
    }
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/status/1");
    json_put_text(document, "flight", NULL);
    json_write(stdout, document);
    return EXIT_GO;
}

static int fly_on(TALLOC_CTX *mem, struct flight_work *work, const struct flying_options *options,
                  const char *verb, struct error *err)
{
    if (flight_state_is_end(work->flight->state) && !has_to_call(work->flight))
        return flight_work_show(work, err);
    if ((!flight_state_is_end(work->flight->state) &&
         !flight_binding_check_work(work, verb, err)) ||
        !flight_work_take(mem, work, err))
        return -1;
    return flight_work_fly(mem, work, options, err);
}

static int resume_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct flight_work work;

    argp_parse(&resume_parser, argc, argv, 0, NULL, &request);
    if (!open_work(tmp, program, &request, &work, err))
        return -1;
    const struct flying_options options = {.is_waiting = request.is_waiting};
    return fly_on(tmp, &work, &options, "resume", err);
}

// Until it is verified it is flown by who launched it, or by a person who resumes it: the watch
// begins no step of a deploy. `pilot`: who flies it, or did.
static int watch_unverified(TALLOC_CTX *mem, struct flight_work *work,
                            const struct store_lease *pilot, struct error *err)
{
    if (!pilot->is_alive)
        return flight_work_alarm(mem, work, pilot, err);
    error_set(err, ERROR_INPUT, "flight %s is not verified yet: %s", work->flight->id,
              flight_state_name(work->flight->state));
    error_hint(err, "tminus status shows what it waits for, and who flies it");
    return -1;
}

static int watch_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct flight_work work;
    struct store_lease pilot;

    argp_parse(&watch_parser, argc, argv, 0, NULL, &request);
    if (!open_work(tmp, program, &request, &work, err) ||
        !end_maintenance(tmp, program, &request.options, &work, err))
        return -1;
    if (request.is_once && work.flight == NULL)
        return show_nothing(&work);
    if (!look_for_pilot(tmp, &work, &pilot, err))
        return -1;
    // Whoever flies keeps the points and deadlines; a timer has nothing to do meanwhile.
    if (request.is_once && pilot.is_alive)
        return flight_work_show(&work, err);
    if (work.flight->verified_ms == 0 && flight_needs_pilot(work.flight))
        return watch_unverified(tmp, &work, &pilot, err);
    const struct flying_options options = {.watch_ms = watch_ms(work.flight, &request),
                                           .is_keeping = !request.is_once};
    return fly_on(tmp, &work, &options, "watch", err);
}

const struct command command_resume = {
    .name = "resume",
    .arguments = "",
    .summary = "fly on a flight whose process is gone",
    .when = "during",
    .run = resume_run,
};

const struct command command_watch = {
    .name = "watch",
    .arguments = "[--once]",
    .summary = "check a deployed change after 30 minutes, 1, 4 and 24 hours",
    .when = "after",
    .run = watch_run,
};
