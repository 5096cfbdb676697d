/*
 * Errors: what failed, where and why, and what to do next; never printed here.
 *
 * A function that can fail returns bool and takes `struct error *err` last. `err` is untouched on
 * success and complete on failure; outputs are untouched on failure. Buffers are fixed, so failing
 * never allocates. Only command/, flight/ and dashboard/ print.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stdnoreturn.h>

// Stable and documented (man/tminus.1, EXIT STATUS); `error_exit_status` is the only mapping.
enum error_code {
    ERROR_NONE,
    ERROR_USAGE,       // 2  the command line is wrong
    ERROR_CONFIG,      // 2  tminus.yaml is wrong, or a variable in it is not set
    ERROR_INPUT,       // 2  a file, a migration, a document is missing, malformed or too large
    ERROR_SYSTEM,      // 2  the operating system refused (disk full, permission)
    ERROR_IDENTITY,    // 1  another database than the baseline's
    ERROR_BASELINE,    // 1  the baseline is missing, too old or was edited
    ERROR_UNREACHABLE, // 3  the target does not answer, or not in time
    ERROR_UNKNOWN,     // 3  a question could not be answered (guarded SQL refused, syntax unknown)
    ERROR_DATABASE,    // 2  the database refused a statement; nothing changed
    ERROR_TAKEN_BACK,  // 4  a migration failed and its transaction is gone, verified
    ERROR_PARTIAL,     // 5  partly applied, or taking back failed: a person is needed
    ERROR_POLICY,      // 6  refused by policy (lock held, approval missing)
    ERROR_INTERRUPTED, // 130
    ERROR_INTERNAL,    // 2  a bug that was caught
    ERROR_CODE_COUNT
};

struct error {
    enum error_code code;
    char
        message[1024]; // lower case, no full stop, names in 'quotes', place first when there is one
    char hint[512];    // one sentence of advice, or ""
    char sqlstate[6];  // when a server said so, or ""
};

// Fill `err` and return false, so that `return error_set(err, …)` reads as the failure it is.
bool error_set(struct error *err, enum error_code code, const char *format, ...) PRINTF_LIKE(3, 4);
// Add the advice; returns false too.
bool error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
// Put context in front: "while reading 'x': " + message; returns false too.
bool error_wrap(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

// The compiler sees one file at a time; this tells it that they give false, so that it (and the
// analyzer) knows what is set behind a TRY.
#ifndef ERROR_IMPLEMENTATION
#define ERROR_IS_FALSE(call)                                                                       \
    __extension__({                                                                                \
        (void)(call);                                                                              \
        false;                                                                                     \
    })
#define error_set(...) ERROR_IS_FALSE(error_set(__VA_ARGS__))
#define error_hint(...) ERROR_IS_FALSE(error_hint(__VA_ARGS__))
#define error_wrap(...) ERROR_IS_FALSE(error_wrap(__VA_ARGS__))
#endif

int error_exit_status(enum error_code code);
const char *error_code_name(enum error_code code);

// The impossible happened: print and abort. Never for input.
noreturn void bug(const char *format, ...) PRINTF_LIKE(1, 2);

// Pass a failure up. Allowed because every local is scoped.
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (!(call))                                                                               \
            return false;                                                                          \
    } while (0)

#endif
