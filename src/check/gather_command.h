/*
 * Commands that tminus.yaml names for a gate: run without a shell, their output is the answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_GATHER_COMMAND_H
#define CHECK_GATHER_COMMAND_H

#include "check/poll.h"

// In the folder of tminus.yaml, at most 30 s. ERROR_UNKNOWN: it failed or took longer; what it
// printed is not told, for it may be a secret.
MUST_CHECK bool gather_command(TALLOC_CTX *mem, const struct poll_request *request,
                               const char *const *words, size_t n, char **output, size_t *len,
                               struct error *err);

#endif
