/*
 * Gates about what a flight needs besides the database: its programs, its flags.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/gate.h"

void judge_commands(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    size_t n = 0;

    out->is_configured = facts->n_commands > 0;
    out->layer = LAYER_KNOWN;
    out->expected = "every program and file that tminus.yaml names for a flight is here";
    for (size_t i = 0; i < facts->n_commands; i++) {
        const struct gate_command *command = &facts->commands[i];
        if (command->is_there)
            continue;
        n++;
        gate_add_detail(mem, out, mem_printf(tmp, "%s: %s", command->key, command->name));
    }
    if (!out->is_configured)
        gate_answer(out, STATUS_UNKNOWN, "no commands are configured");
    else if (n > 0)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "%zu of %zu missing", n, facts->n_commands));
    else
        gate_answer(out, STATUS_PASS, mem_printf(mem, "%zu are here", facts->n_commands));
}

// On before the flight switches it on, and not by one before: the release is live at once.
static bool is_early(const struct gate_flag *flag)
{
    return flag->is_switched_on && flag->value == FLAG_ON && !flag->was_ours;
}

void judge_flags(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    size_t n_early = 0, n_unknown = 0;

    out->is_configured = facts->n_flags > 0;
    out->layer = LAYER_KNOWN;
    out->expected = "every flag answers, and what the flight switches on is off";
    for (size_t i = 0; i < facts->n_flags; i++) {
        const struct gate_flag *flag = &facts->flags[i];
        n_unknown += flag->value == FLAG_UNKNOWN;
        n_early += is_early(flag);
        if (flag->value == FLAG_UNKNOWN || is_early(flag))
            gate_add_detail(mem, out, mem_printf(tmp, "%s: %s", flag->name, flag->text));
    }
    if (n_early > 0)
        gate_answer(out, STATUS_FAIL,
                    mem_printf(mem, "%zu of %zu on, and no flight switched it on", n_early,
                               facts->n_flags));
    else if (n_unknown > 0 || !out->is_configured)
        gate_answer(out, STATUS_UNKNOWN,
                    out->is_configured ? mem_printf(mem, "of %zu the value is not known", n_unknown)
                                       : "no flags are configured");
    else
        gate_answer(out, STATUS_PASS, mem_printf(mem, "%zu answer", facts->n_flags));
}
