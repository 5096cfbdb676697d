/*
 * Probes by a command of the user's: its exit status, and what stands in its output.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/process.h"
#include "base/quantity.h"
#include "base/text.h"
#include "driver/probe.h"

#define SHOWN 120

static bool make_argv(TALLOC_CTX *mem, const struct probe_request *request, const char *const **out,
                      struct error *err)
{
    const struct config_health *check = request->check;
    const char **argv = mem_array(mem, const char *, check->n_command + 3);
    size_t n = 0;
    if (check->is_shell) {
        argv[n++] = "sh";
        argv[n++] = "-c";
    }
    // A shell takes one text, and the words behind it as $0, $1 …
    for (size_t i = 0; i < check->n_command; i++)
        TRY(probe_fill(mem, request, check->command[i], &argv[n++], err));
    *out = argv;
    return true;
}

static const char *first_line(TALLOC_CTX *mem, const struct process_result *result)
{
    const char *text = result->output_len > 0 ? result->output : result->errors;
    return text_shorten(mem, text, strcspn(text, "\n"), SHOWN);
}

static void judge(TALLOC_CTX *mem, const struct probe_request *request, const char *name,
                  const struct process_result *result, struct probe_answer *out)
{
    SCRATCH(tmp);
    const struct config_health *check = request->check;
    const char *line = first_line(tmp, result);
    bool has_output = check->output == NULL || strstr(result->output, check->output) != NULL;
    out->status = result->status == check->exit && has_output ? PROBE_PASS : PROBE_FAIL;
    out->cause = "answered";
    out->expected = mem_printf(mem, "exit status %lld%s%s", (long long)check->exit,
                               check->output == NULL ? "" : " and in its output ",
                               check->output == NULL ? "" : check->output);
    out->observed = mem_printf(mem, "exit status %d%s%s", result->status, *line ? ": " : "", line);
    out->text = result->status == check->exit && !has_output
                    ? mem_printf(mem, "%s: '%s' is not in its output", name, check->output)
                    : mem_printf(mem, "%s: %s", name, out->observed);
}

static bool command_probe(TALLOC_CTX *mem, const struct probe_request *request,
                          struct probe_answer *out, struct error *err)
{
    SCRATCH(tmp);
    struct process_options options = {
        .folder = request->folder,
        .timeout_ms = request->check->timeout_ms,
        .output_max = PROBE_BODY_MAX,
        .wait = request->wait,
    };
    struct process_result result;
    struct error cause = {0};
    TRY(make_argv(tmp, request, &options.argv, err));
    *out = (struct probe_answer){.status = PROBE_UNKNOWN, .cause = "not_run"};
    const char *name = request->check->is_shell ? request->check->name : options.argv[0];
    if (!process_run(tmp, &options, &result, &cause)) {
        if (cause.code == ERROR_INTERRUPTED) {
            *err = cause;
            return false;
        }
        out->expected = "a command that runs";
        out->text = mem_strdup(mem, cause.message);
        return true;
    }
    if (!result.timed_out) {
        judge(mem, request, name, &result, out);
        return true;
    }
    *out = (struct probe_answer){
        .status = PROBE_FAIL,
        .cause = "timeout",
        .expected = "an end in time",
        .text = mem_printf(mem, "%s: did not end within %s", name,
                           quantity_duration(tmp, options.timeout_ms)),
    };
    return true;
}

const struct probe_driver probe_command = {
    .name = "command", .kind = HEALTH_COMMAND, .ask = command_probe};
