/*
 * tminus poll: run all gates for a plan, and answer GO, NO-GO or HOLD.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/poll.h"
#include "base/log.h"
#include "command/poll_options.h"

static error_t parse(int key, char *value, struct argp_state *state)
{
    (void)value;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

static const struct argp parser = {
    .parser = parse,
    .args_doc = "[PATH…]",
    .doc = "Ask every gate whether the change may begin: the plan's own lines, baseline, "
           "rehearsal, effects, the way back, backups, signatures, the server. The database is "
           "only read. Ends with 0 GO, 1 NO-GO, 3 HOLD.",
    .children = poll_children,
};

static bool poll(TALLOC_CTX *mem, const struct program *program, const struct plan_request *request,
                 struct poll_report *out, struct journal_head *head, struct error *err)
{
    struct plan_input input = {0};
    struct plan *plan;

    TRY(poll_plan(mem, program, request, &input, &plan, err));
    TRY(plan_ask(mem, &input, plan, err));
    struct poll_request poll;
    TRY(poll_request_make(mem, program, &input, plan, &poll, err));
    TRY(poll_run(mem, &poll, out, err));
    return journal_head(poll.journal, head, err);
}

static int poll_command_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct plan_request request = {.assess = {.mem = tmp}};
    struct poll_report report;
    struct journal_head head;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    const struct options *options = &request.assess.options;
    if (!options_format_allowed(options, OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON),
                                err) ||
        !poll(tmp, program, &request, &report, &head, err))
        return -1;
    const struct report_journal journal = {.sequence = head.sequence, .hash = head.hash};
    const struct report_poll_options shown = {
        .is_colored = log_is_colored(stdout),
        .is_whole = options->verbosity > 0,
        .journal = &journal,
    };
    if (options->format == FORMAT_JSON)
        report_poll_json(stdout, &report, &shown);
    else
        report_poll_text(stdout, &report, &shown);
    return command_exit_status(report.verdict);
}

const struct command command_poll = {
    .name = "poll",
    .alias = "gate",
    .arguments = "[PATH…]",
    .summary = "run all gates, show the board, and answer GO, NO-GO or HOLD",
    .when = "before",
    .run = poll_command_run,
};
