/*
 * How much the change touches, for a poll: lines of the git range, without what programs wrote.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/git.h"
#include "check/gather.h"

static void take_files(TALLOC_CTX *mem, const struct change *change, struct gate_size *out)
{
    out->lines = change->lines_changed;
    for (size_t i = 0; i < change->n_files; i++)
        if (change->files[i].added < 0 && !change->files[i].is_generated)
            *mem_append(mem, out->binaries, out->n_binaries) =
                mem_strdup(mem, change->files[i].path);
}

bool gather_size(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                 struct error *err)
{
    const char *base = facts->gates->size_base;
    struct gate_size *out = &facts->size;
    struct change *range = mem_new(mem, struct change);
    struct error failure = {0};

    out->is_asked = request->change->base != NULL || base != NULL;
    if (request->change->base != NULL) {
        take_files(mem, request->change, out);
    } else if (base != NULL) {
        if (git_read_range(mem, request->config->folder, base, request->config, range, &failure)) {
            take_files(mem, range, out);
        } else if (failure.code == ERROR_INTERRUPTED) {
            *err = failure;
            return false;
        } else {
            out->unknown = mem_strdup(mem, failure.message);
        }
    }
    return true;
}
