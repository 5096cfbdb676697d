/*
 * tminus hold, go, abort: what a person asks of the flight.
 *
 * The wish is an event of the journal; the process that flies reads it within a second. Where none
 * flies, this one does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/command.h"
#include "command/flight_binding.h"
#include "command/rollback_plan.h"
#include <string.h>

#define KEY_REASON 0x201
#define KEY_STEP 0x202
#define KEY_WATCH 0x203

struct request {
    struct options options;
    const char *reason;
    const char *answer;
    bool is_to_watch;
};

static const struct argp_option table[] = {
    {"reason", KEY_REASON, "TEXT", 0, "why, for the record", 1},
    {0},
};

static const struct argp_option go_table[] = {
    {"reason", KEY_REASON, "TEXT", 0, "why, for the record", 1},
    {"step", KEY_STEP, "done|again", 0,
     "of a step that nobody knew of: it is done, or it is to be done again", 1},
    {"watch", KEY_WATCH, NULL, 0,
     "of one that needs a person and stands whole: verify it again, and watch on", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    static const char *const answers[] = {"done", "again", NULL};
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_REASON: request->reason = value; return 0;
    case KEY_WATCH: request->is_to_watch = true; return 0;
    case ARGP_KEY_END:
        if (request->is_to_watch && request->answer != NULL)
            argp_error(state, "--watch asks for no answer to a step");
        return 0;
    case KEY_STEP: request->answer = options_action(state, value, answers); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

// Refused at once when the state has no place for it, before anything is asked.
static bool check_place(const struct flight_work *work, enum flight_occurrence occurrence,
                        struct error *err)
{
    struct flight_facts facts = flight_facts(work->flight);

    if (flight_transition_find(work->flight->state, occurrence, &facts) != NULL)
        return true;
    error_set(err, ERROR_POLICY, "flight %s is %s: %s", work->flight->id,
              flight_state_name(work->flight->state),
              flight_refusal(work->flight->state, occurrence));
    return error_hint(err, "tminus status shows what it waits for");
}

// As a person types it.
static const char *verb_of(const char *asks)
{
    return strcmp(asks, "watch") == 0 ? "go --watch" : asks;
}

// A go that sends back what does not come back whole needs a second person, as a rollback does.
static bool check_accepted(TALLOC_CTX *mem, const struct flight_work *work,
                           enum flight_occurrence occurrence, struct error *err)
{
    if (occurrence != OCCURRED_GO_ASKED || work->flight->state != FLIGHT_NEEDS_PERSON ||
        !flight_facts(work->flight).is_changed)
        return true;
    return rollback_check_accepted(mem, work, err);
}

static int ask(const struct program *program, const struct request *request, const char *what,
               enum flight_occurrence occurrence, struct error *err)
{
    SCRATCH(tmp);
    struct flight_work work;
    const struct flight_wish wish = {
        .asks = what, .reason = request->reason, .answer = request->answer};

    if (!options_format_allowed(&request->options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err) ||
        !flight_work_find(tmp, program, &request->options, NULL, &work, err) ||
        !check_place(&work, occurrence, err) || !check_accepted(tmp, &work, occurrence, err) ||
        (occurrence != OCCURRED_HOLD_ASKED &&
         !flight_binding_check_work(&work, verb_of(what), err)))
        return -1;
    return flight_work_ask(tmp, &work, &wish, err);
}

static int steer(const struct program *program, const struct argp *parser, int argc, char **argv,
                 const char *what, enum flight_occurrence occurrence, struct error *err)
{
    struct request request = {0};

    argp_parse(parser, argc, argv, 0, NULL, &request);
    return request.is_to_watch ? ask(program, &request, "watch", OCCURRED_WATCH_ASKED, err)
                               : ask(program, &request, what, occurrence, err);
}

static const struct argp hold_parser = {
    .options = table,
    .parser = parse,
    .doc = "Ask the flight to hold: it does nothing more after the step that runs, until a person "
           "says go or abort. Ends with 0 asked, 6 when its state has no place for that; where no "
           "tminus flies it, this one does, and ends as launch does.",
    .children = options_children,
};

static const struct argp go_parser = {
    .options = go_table,
    .parser = parse,
    .doc = "Let a flight that holds go on where it was held; one that needs a person is taken "
           "back, or with --watch verified again and watched on. Ends with 0 asked, 6 when nothing "
           "holds; where no tminus flies it, this one does, "
           "and ends as launch does.",
    .children = options_children,
};

static const struct argp abort_parser = {
    .options = table,
    .parser = parse,
    .doc = "End the flight: before anything was changed it is aborted; after that what was done is "
           "taken back, where a rehearsal proved that it can be. Ends with 0 asked, 6 when it has "
           "ended or is taken back already; where no tminus flies it, this one does, and ends as "
           "launch does.",
    .children = options_children,
};

static int hold_run(const struct program *program, int argc, char **argv, struct error *err)
{
    return steer(program, &hold_parser, argc, argv, "hold", OCCURRED_HOLD_ASKED, err);
}

static int go_run(const struct program *program, int argc, char **argv, struct error *err)
{
    return steer(program, &go_parser, argc, argv, "go", OCCURRED_GO_ASKED, err);
}

static int abort_run(const struct program *program, int argc, char **argv, struct error *err)
{
    return steer(program, &abort_parser, argc, argv, "abort", OCCURRED_ABORT_ASKED, err);
}

const struct command command_hold = {
    .name = "hold",
    .arguments = "[--reason TEXT]",
    .summary = "ask the flight to hold after the step that runs",
    .when = "during",
    .run = hold_run,
};

const struct command command_go = {
    .name = "go",
    .arguments = "[--step ANSWER | --watch]",
    .summary = "let a flight that holds go on",
    .when = "during",
    .run = go_run,
};

const struct command command_abort = {
    .name = "abort",
    .arguments = "[--reason TEXT]",
    .summary = "end the flight; what was done is taken back where that is proven",
    .when = "during",
    .run = abort_run,
};
