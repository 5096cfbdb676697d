/*
 * Flags that commands of the user's show and set.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/process.h"
#include "base/text.h"
#include "driver/flag.h"

#define OUTPUT_MAX 4096
#define SHOWN 120

static bool command_read(TALLOC_CTX *mem, const struct flag_request *request,
                         struct flag_answer *out, struct error *err)
{
    SCRATCH(tmp);
    const struct config_flag *flag = request->flag;
    const char **argv = mem_array(tmp, const char *, flag->n_show + 1);
    struct process_result result;
    struct error cause = {0};
    const struct process_options options = {
        .argv = argv,
        .folder = request->folder,
        .timeout_ms = flag->timeout_ms,
        .output_max = OUTPUT_MAX,
        .wait = request->wait,
    };
    for (size_t i = 0; i < flag->n_show; i++)
        argv[i] = flag->show[i];
    *out = (struct flag_answer){.value = FLAG_UNKNOWN};
    if (!process_run(tmp, &options, &result, &cause)) {
        if (cause.code == ERROR_INTERRUPTED) {
            *err = cause;
            return false;
        }
        out->text = mem_strdup(mem, cause.message);
        return true;
    }
    const char *shown = text_shorten(tmp, result.output, result.output_len, SHOWN);
    if (result.timed_out) {
        out->text = mem_printf(mem, "%s: did not end in time", argv[0]);
    } else if (result.status != 0) {
        out->text = mem_printf(mem, "%s: ended with status %d", argv[0], result.status);
    } else {
        out->value = flag_value_read(result.output);
        out->text = mem_printf(mem, "%s says '%s'", argv[0], shown);
    }
    return true;
}

const struct flag_driver flag_command = {.name = "command", .read = command_read};
