/*
 * How busy the hours of the day are, for a poll: out of a file, or of what a command prints.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "check/gather.h"
#include "check/gather_command.h"

#define COUNTS_MAX ((size_t)4 * 1024 * 1024) // bytes: an hour's line for over ten years

static bool read_counts(TALLOC_CTX *mem, const struct poll_request *request,
                        const struct config_gates *gates, char **text, size_t *len,
                        struct error *err)
{
    if (gates->traffic_file != NULL)
        return file_read(mem, config_resolve(mem, request->config, gates->traffic_file), COUNTS_MAX,
                         text, len, err);
    return gather_command(mem, request, gates->traffic_command, gates->n_traffic_command, text, len,
                          err);
}

bool gather_traffic(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                    struct error *err)
{
    SCRATCH(tmp);
    const struct config_gates *gates = facts->gates;
    const char *path = gates->traffic_file;
    struct error failure = {0};
    char *text;
    size_t len;

    facts->has_traffic = path != NULL || gates->n_traffic_command > 0;
    if (!facts->has_traffic)
        return true;
    if (path == NULL)
        path = gates->traffic_command[0];
    if (read_counts(tmp, request, gates, &text, &len, &failure) &&
        traffic_read(path, text, len, gates->zone, &facts->traffic, &failure))
        return true;
    if (failure.code == ERROR_INTERRUPTED) {
        *err = failure;
        return false;
    }
    facts->traffic_unknown = mem_strdup(mem, failure.message);
    return true;
}
