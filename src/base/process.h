/*
 * Processes: run a command without a shell, bounded in time and output.
 *
 * The five steps: pipes, spawn in a new process group, read both outputs and feed the input
 * through the poll loop, wait on the pidfd, reap. At the deadline the whole group gets SIGTERM, and
 * SIGKILL two seconds later. A command that cannot be started is an error; one that ends with a
 * status other than 0 is an answer. What a command leaves running keeps running; its output is not
 * waited for longer than a second.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/error.h"
#include "base/memory.h"
#include "base/wait.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROCESS_OUTPUT_MAX ((size_t)256 * 1024 * 1024)

struct process_options {
    const char *const *argv;        // NULL-terminated; argv[0] is looked up on PATH
    const char *folder;             // working directory, NULL: ours
    const char *const *environment; // "NAME=value" added to ours, NULL-terminated, or NULL
    bool is_environment_whole;      // nothing of ours but these
    const char *input;              // fed to stdin, or NULL: /dev/null
    size_t input_len;
    bool ends_with_us;  // also when we are killed (base/process_keeper.h)
    int64_t timeout_ms; // 0: none
    size_t output_max;  // bytes kept of each output; 0: PROCESS_OUTPUT_MAX
    struct wait *wait;  // whose tick may cancel the command; NULL: only signals do
    // What it writes, as it comes, whatever is kept; NULL: nobody wants to see it.
    void (*write)(void *context, bool is_errors, const char *bytes, size_t len);
    void *write_context;
};

struct process_result {
    int status; // exit status; 128 + signal when killed
    bool timed_out;
    bool was_cut; // more output than output_max
    char *output; // NUL-terminated
    size_t output_len;
    char *errors; // stderr
    size_t errors_len;
    int64_t took_ms;
};

MUST_CHECK bool process_run(TALLOC_CTX *mem, const struct process_options *options,
                            struct process_result *out, struct error *err);

#endif
