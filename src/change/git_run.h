/*
 * Running git: one question to the git command, its answer or a clear error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_GIT_RUN_H
#define CHANGE_GIT_RUN_H

#include "base/process.h"

struct git_question {
    const char *folder;           // asked in this folder
    const char *const *arguments; // behind "git", NULL-terminated, at most 20
    const char *input;            // for stdin, or NULL
    size_t input_len;
};

// Run it; a status other than 0 is an answer. ERROR_INPUT: no git, no repository.
MUST_CHECK bool git_ask(TALLOC_CTX *mem, const struct git_question *question,
                        struct process_result *out, struct error *err);
// One line of output, without its end; NULL when the status is not 0.
MUST_CHECK bool git_ask_line(TALLOC_CTX *mem, const char *folder, const char *const *arguments,
                             char **out, struct error *err);
// The first line that git wrote on stderr, without "fatal: ".
char *git_complaint(TALLOC_CTX *mem, const struct process_result *result);

#endif
