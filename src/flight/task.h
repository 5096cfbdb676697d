/*
 * Tasks: a command of the user's that has an effect, such as a build or a deploy.
 *
 * It runs without a shell unless that is asked for, with an environment of named variables only, in
 * a process group of its own that ends at its deadline, when the flight is stopped and when tminus
 * is killed. What it writes is shown line by line, and the end of it is kept. Values of variables
 * that the configuration names are **** in both.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_TASK_H
#define FLIGHT_TASK_H

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/wait.h"
#include "change/config.h"

#define TASK_OUTPUT_MAX ((size_t)4096) // bytes of its last lines that are kept
#define TASK_LINE_MAX ((size_t)64 * 1024)

// Values for {slot} and the like, and for TMINUS_SLOT and the like; NULL: not known here.
struct task_values {
    const char *slot, *version, *address;
};

struct task {
    const char *name;         // key of the configuration, for messages: "release.deploy"
    const char *const *words; // with {slot} and {version} in them
    size_t n_words;
    bool is_shell;
    const char *const *environment; // names of ours that it gets too
    size_t n_environment;
    struct task_values values;
    const struct config *config; // that the words are of
    int64_t timeout_ms;
    struct wait *wait;
    void (*show)(void *context, const char *line); // NULL: nobody
    void *show_context;
};

struct task_end {
    int status; // exit status; 128 + signal
    bool timed_out;
    const char *output; // its last lines
    const char *first;  // all of its standard output up to TASK_OUTPUT_MAX, as it is
    // One sentence, with the last line of its errors; what else it wrote is no reason. NULL: it
    // ended well.
    const char *why;
    int64_t took_ms;
};

// ERROR_CONFIG: no such command is configured, or a value is missing. ERROR_INPUT: it cannot be
// started. ERROR_INTERRUPTED: it was ended, and nobody knows how far it came.
MUST_CHECK bool task_run(TALLOC_CTX *mem, const struct task *task, struct task_end *out,
                         struct error *err);
// As `command` into `data`: what would be run, with ${NAME} for what comes from the environment.
MUST_CHECK bool task_put_command(json_t *data, const struct task *task, struct error *err);
// A version that may stand in commands, addresses and names: ERROR_USAGE else.
MUST_CHECK bool task_check_version(const char *version, struct error *err);

#endif
