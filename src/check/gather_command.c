/*
 * Commands that tminus.yaml names for a gate: see gather_command.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/gather_command.h"
#include "base/process.h"

#define COMMAND_TIMEOUT_MS 30000
#define COMMAND_OUTPUT_MAX ((size_t)4 * 1024 * 1024)

bool gather_command(TALLOC_CTX *mem, const struct poll_request *request, const char *const *words,
                    size_t n, char **output, size_t *len, struct error *err)
{
    const char **argv = mem_array(mem, const char *, n + 1);
    struct process_result result;

    for (size_t i = 0; i < n; i++)
        argv[i] = words[i];
    const struct process_options options = {
        .argv = argv,
        .folder = request->config->folder,
        .timeout_ms = COMMAND_TIMEOUT_MS,
        .output_max = COMMAND_OUTPUT_MAX,
        .wait = request->target->wait,
    };
    TRY(process_run(mem, &options, &result, err));
    if (result.timed_out)
        return error_set(err, ERROR_UNKNOWN, "%s took longer than %d s", words[0],
                         COMMAND_TIMEOUT_MS / 1000);
    if (result.status != 0)
        return error_set(err, ERROR_UNKNOWN, "%s ended with %d", words[0], result.status);
    *output = result.output;
    *len = result.output_len;
    return true;
}
