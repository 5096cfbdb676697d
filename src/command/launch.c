/*
 * tminus launch: fly a change, from the gates to the watch.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/quantity.h"
#include "command/command.h"
#include "command/launch_plan.h"

#define KEY_VERSION 0x201
#define KEY_AT 0x202
#define KEY_DRY_RUN 0x203
#define KEY_WAIT 0x204
#define KEY_WATCH 0x205
#define KEY_REASON 0x206
#define KEY_STATES 0x207

struct request {
    struct options options;
    struct launch_request launch;
    const char *at;
    bool is_dry_run, is_waiting, is_watching, draws_states;
};

static const struct argp_option table[] = {
    {"version", KEY_VERSION, "V", 0, "the release that is deployed", 1},
    {"at", KEY_AT, "TIME", 0, "T-0: a time in UTC, or a duration from now such as 30m", 1},
    {"wait", KEY_WAIT, NULL, 0, "while it holds, wait for a person instead of ending with 3", 1},
    {"watch", KEY_WATCH, NULL, 0, "stay until the end of the watch", 1},
    {"reason", KEY_REASON, "TEXT", 0, "for what needs one: a watch under 30 minutes", 1},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "show the steps and points; begin nothing", 1},
    {"states", KEY_STATES, NULL, 0, "draw the states of a flight as a Mermaid diagram", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_VERSION: request->launch.version = value; return 0;
    case KEY_AT: request->at = value; return 0;
    case KEY_WAIT: request->is_waiting = true; return 0;
    case KEY_WATCH: request->is_watching = true; return 0;
    case KEY_REASON: request->launch.reason = value; return 0;
    case KEY_DRY_RUN: request->is_dry_run = true; return 0;
    case KEY_STATES: request->draws_states = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .doc = "Fly the pending change: the gates, the preparation, the migrations, the verification, "
           "and the watch, each recorded and resumable. It starts only on GO. What goes wrong is "
           "taken back by itself only where a rehearsal proved that it comes back whole. Ends with "
           "0 deployed and verified, 1 not started, 3 holding, 4 taken back and proven, 5 a "
           "person is needed, 6 another flight is on its way.",
    .children = options_children,
};

static bool read_start(const char *text, int64_t *out, struct error *err)
{
    struct error ignored;
    int64_t now_ms = clock_wall_ms(), ms;

    *out = now_ms;
    if (text == NULL)
        return true;
    if (quantity_read_duration(text, &ms, &ignored)) {
        *out = now_ms + ms;
        return true;
    }
    if (!clock_parse(text, out, &ignored)) {
        error_set(err, ERROR_USAGE, "--at: '%s' is no time", text);
        return error_hint(err, "write 2027-01-31T14:00:00Z, or a duration from now such as 30m");
    }
    if (*out < now_ms)
        return error_set(err, ERROR_USAGE, "--at: %s is over", text);
    return true;
}

// One change at a time: an unfinished flight is flown to its end first.
static bool check_none_on_its_way(const struct flight_work *work, struct error *err)
{
    if (work->flight == NULL || flight_state_is_end(work->flight->state))
        return true;
    error_set(err, ERROR_POLICY, "flight %s is on its way: %s", work->flight->id,
              flight_state_name(work->flight->state));
    return error_hint(err, "tminus status shows it; tminus resume flies on, tminus abort ends it");
}

// What runs after the release (dropping what the old one still read) waits until the release was
// watched: its flight is done.
static bool check_released(TALLOC_CTX *mem, const struct request *request,
                           const struct flight_work *work, struct error *err)
{
    struct flight_work last = *work;

    if (!request->options.is_after_release)
        return true;
    if (request->launch.version != NULL)
        return error_set(err, ERROR_USAGE, "--after-release deploys no version");
    if (last.flight != NULL)
        TRY(flight_work_find_flown(mem, &last, err));
    if (last.flight == NULL || last.flight->state == FLIGHT_ABORTED)
        error_set(err, ERROR_POLICY, "no flight of the release is done");
    else if (last.flight->state != FLIGHT_DONE)
        error_set(err, ERROR_POLICY, "flight %s is not done: %s", last.flight->id,
                  flight_state_name(last.flight->state));
    else
        return true;
    return error_hint(err, "what runs after the release waits until its watch has passed");
}

static void write_dry(const struct request *request, struct flight *flight)
{
    const struct board_options options = {.now_ms = clock_wall_ms(),
                                          .is_plan = true,
                                          .size = {.is_colored = log_is_colored(stdout)}};
    flight->entered_ms = flight->started_ms;
    if (request->options.format == FORMAT_TEXT) {
        board_write_text(stdout, flight, &options, "\n");
        return;
    }
    json_auto_t *document = board_json(flight, &options);
    json_write(stdout, document);
}

static int launch(TALLOC_CTX *mem, struct flight_work *work, const struct request *request,
                  struct error *err)
{
    struct flight *flight;
    const struct flying_options options = {
        .watch_ms = request->is_watching ? INT64_MAX : 0,
        .is_waiting = request->is_waiting,
    };

    if (!check_none_on_its_way(work, err) || !check_released(mem, request, work, err) ||
        !launch_plan_make(mem, work, &request->launch, &flight, err))
        return -1;
    if (request->is_dry_run) {
        write_dry(request, flight);
        return EXIT_GO;
    }
    // Looked at once more under the lease: two may have begun at once.
    if (!flight_work_take(mem, work, err) || !check_none_on_its_way(work, err) ||
        !flight_begin(work->journal, flight, err))
        return -1;
    work->reader = flight_work_reader(mem, work, flight->id);
    if (!flight_refresh(work->reader, &work->flight, err))
        return -1;
    return flight_work_fly(mem, work, &options, err);
}

static int launch_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct flight_work work;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (request.draws_states) {
        flight_states_draw(stdout);
        return EXIT_GO;
    }
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err) ||
        !read_start(request.at, &request.launch.start_at_ms, err) ||
        !flight_work_open(tmp, program, &request.options, NULL, &work, err))
        return -1;
    return launch(tmp, &work, &request, err);
}

const struct command command_launch = {
    .name = "launch",
    .arguments = "[--version V] [--at TIME]",
    .summary = "fly the pending change: gates, preparation, migrations, verification, watch",
    .when = "during",
    .run = launch_run,
};
