/*
 * Errors: filling them, and the one mapping from code to exit status.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define ERROR_IMPLEMENTATION
#include "base/error.h"
#include "base/secret.h"
#include <assert.h>
#include <stdarg.h>

static const struct {
    const char *name;
    int exit_status;
} codes[] = {
    [ERROR_NONE] = {"none", 0},
    [ERROR_USAGE] = {"usage", 2},
    [ERROR_CONFIG] = {"config", 2},
    [ERROR_INPUT] = {"input", 2},
    [ERROR_SYSTEM] = {"system", 2},
    [ERROR_IDENTITY] = {"identity", 1},
    [ERROR_BASELINE] = {"baseline", 1},
    [ERROR_UNREACHABLE] = {"unreachable", 3},
    [ERROR_UNKNOWN] = {"unknown", 3},
    [ERROR_DATABASE] = {"database", 2},
    [ERROR_TAKEN_BACK] = {"taken_back", 4},
    [ERROR_PARTIAL] = {"partial", 5},
    [ERROR_POLICY] = {"policy", 6},
    [ERROR_INTERRUPTED] = {"interrupted", 130},
    [ERROR_INTERNAL] = {"internal", 2},
};
static_assert(COUNT_OF(codes) == ERROR_CODE_COUNT, "every code has a row");

// Without what is secret, and only then cut: half a secret would be found by nobody. The values may
// point into where it goes.
PRINTF_LIKE(3, 0)
static void fill(char *out, size_t size, const char *format, va_list values)
{
    SCRATCH(tmp);
    char *text = talloc_vasprintf(tmp, format, values);
    snprintf(out, size, "%s", secret_hide(tmp, mem_checked(text)));
}

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
    char message[sizeof(err->message)];
    va_list values;
    va_start(values, format);
    fill(message, sizeof(message), format, values);
    va_end(values);
    *err = (struct error){.code = code};
    memcpy(err->message, message, sizeof(message));
    return false;
}

bool error_hint(struct error *err, const char *format, ...)
{
    char hint[sizeof(err->hint)];
    va_list values;
    va_start(values, format);
    fill(hint, sizeof(hint), format, values);
    va_end(values);
    memcpy(err->hint, hint, sizeof(hint));
    return false;
}

bool error_wrap(struct error *err, const char *format, ...)
{
    char context[sizeof(err->message)];
    va_list values;
    va_start(values, format);
    fill(context, sizeof(context), format, values);
    va_end(values);
    struct error inner = *err;
    error_set(err, inner.code, "%s: %s", context, inner.message);
    memcpy(err->hint, inner.hint, sizeof(inner.hint));
    memcpy(err->sqlstate, inner.sqlstate, sizeof(inner.sqlstate));
    return false;
}

int error_exit_status(enum error_code code)
{
    assert(code < ERROR_CODE_COUNT);
    return codes[code].exit_status;
}

const char *error_code_name(enum error_code code)
{
    assert(code < ERROR_CODE_COUNT);
    return codes[code].name;
}

void bug(const char *format, ...)
{
    va_list values;
    fputs("tminus: bug: ", stderr);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    abort();
}
