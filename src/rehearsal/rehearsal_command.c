/*
 * A change that the project's own tool makes, within a rehearsal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/command_run.h"
#include "rehearsal/rehearsing.h"

bool rehearsing_is_command(const struct rehearsing *rehearsing)
{
    const char *runner = rehearsing->request->copies.settings->runner;
    return runner != NULL && strcmp(runner, "command") == 0;
}

bool rehearse_command(struct rehearsing *rehearsing, bool is_down, struct measured_run *run,
                      struct error *err)
{
    struct command_output output = {0};
    TRY(command_run(rehearsing->mem, rehearsing->copies, is_down, run, &output, err));
    if (output.unknown != NULL)
        rehearsing_note(rehearsing, mem_printf(rehearsing->mem, "statements of the command: %s",
                                               output.unknown));
    if (run->state == RUN_FAILED && output.text != NULL && output.text[0] != '\0')
        rehearsing_note(rehearsing,
                        mem_printf(rehearsing->mem, "the command wrote:\n%s", output.text));
    return true;
}

bool rehearse_command_up(struct rehearsing *rehearsing, struct error *err)
{
    struct rehearsal_report *report = rehearsing->report;
    rehearsing_phase(rehearsing, "up");
    TRY(rehearse_command(rehearsing, false, &report->up, err));
    if (report->up.state != RUN_DONE)
        return true;
    rehearsing_phase(rehearsing, "compare");
    return rehearsing_compare(rehearsing, &rehearsing->copies->before, &rehearsing->copies->work,
                              NULL, false, &report->effects, err);
}
