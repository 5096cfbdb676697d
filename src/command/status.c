/*
 * tminus status: where the flight is, what it waits for, which command moves it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/command.h"
#include "command/flight_work.h"

#define KEY_FLIGHT 0x201

struct request {
    struct options options;
    const char *flight;
};

static const struct argp_option table[] = {
    {"flight", KEY_FLIGHT, "ID", 0, "this one instead of the last", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_FLIGHT: request->flight = value; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .doc = "Show the last flight: its steps, its state, what it waits for and until when, and the "
           "commands that move it. Ends with 0 done or on its way, 1 aborted before any change, 3 "
           "holding, flown by nobody or a point of the watch missed, 4 taken back and proven, 5 a "
           "person is needed.",
    .children = options_children,
};

static int status_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct flight_work work;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err) ||
        !flight_work_look(tmp, program, &request.options, request.flight, &work, err))
        return -1;
    return flight_work_show(&work, err);
}

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "show the flight: its state, what it waits for, which command moves it",
    .when = "during",
    .run = status_run,
};
