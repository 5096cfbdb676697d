/*
 * Running a tool: see tool_run.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/backup/tool_run.h"
#include "base/clock.h"
#include "base/text.h"
#include "driver/backup_directory.h"
#include <sys/stat.h>

#define LOOK_EVERY_MS 500 // at the folder that grows: counting its files takes time too
#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)
#define SAID_WIDTH 300

struct watch {
    const struct backup_options *options;
    const struct tool_run *run;
    int64_t looked_ms;
};

static bool tick(void *context)
{
    struct watch *watch = context;
    const struct backup_options *options = watch->options;
    int64_t now_ms = clock_monotonic_ms();
    struct error ended = {0};
    bool never = false;
    if (options->progress != NULL && watch->run->watched != NULL &&
        now_ms - watch->looked_ms >= LOOK_EVERY_MS) {
        int64_t done = directory_bytes(watch->run->watched);
        options->progress(options->context, watch->run->what, done < 0 ? 0 : done,
                          watch->run->total);
        watch->looked_ms = now_ms;
    }
    // The caller's loop goes on being served, and may cancel.
    return options->wait == NULL || wait_until(options->wait, &never, now_ms, &ended) ||
           ended.code != ERROR_INTERRUPTED;
}

bool tool_run(TALLOC_CTX *mem, const struct backup_options *options, const struct tool_run *run,
              struct process_result *out, struct error *err)
{
    SCRATCH(tmp);
    struct watch watch = {.options = options, .run = run};
    struct wait *wait = wait_make(tmp);
    wait_on_tick(wait, tick, &watch);
    const struct process_options process = {
        .argv = run->argv,
        .environment = run->environment,
        .timeout_ms = options->timeout_ms,
        .output_max = OUTPUT_MAX,
        .wait = wait,
    };
    mode_t before = umask(077);
    bool has_run = process_run(mem, &process, out, err);
    umask(before);
    TRY(has_run);
    if (out->timed_out)
        return error_set(err, ERROR_UNREACHABLE, "%s did not end in time", run->argv[0]);
    return true;
}

// --- what it said

static const struct {
    const char *said;
    enum error_code code;
    const char *hint;
} known[] = {
    {"No space left on device", ERROR_SYSTEM, "make room there"},
    {"File too large", ERROR_SYSTEM, "a limit of this process on the size of files stops it"},
    {"Disk quota exceeded", ERROR_SYSTEM, "make room there"},
    {"server version mismatch", ERROR_SYSTEM,
     "install the client programs of the server's version, or newer ones"},
    {"unsupported version", ERROR_INPUT,
     "it was made with a newer PostgreSQL: install that version's client programs"},
    {"is not available", ERROR_INPUT, "install the extension on the server that is restored to"},
    {"could not open extension control file", ERROR_INPUT,
     "install the extension on the server that is restored to"},
    {"connection to server", ERROR_UNREACHABLE, ""},
    {"could not connect", ERROR_UNREACHABLE, ""},
    {"Permission denied", ERROR_SYSTEM, "give the user that runs tminus access to it"},
    {"permission denied for", ERROR_DATABASE,
     "grant the role what it needs to read (pg_read_all_data)"},
    {"must be superuser or replication role", ERROR_DATABASE,
     "the role needs REPLICATION: ALTER ROLE … REPLICATION"},
    {"canceling statement due to lock timeout", ERROR_DATABASE,
     "a migration or another session holds a lock: try again when it is done"},
};

// The line that says most: the first that names an error, else the last one. Without "pg_dump: ".
static char *line_of(TALLOC_CTX *mem, const char *text)
{
    SCRATCH(tmp);
    const char *found = strstr(text, "error: ");
    if (found == NULL)
        found = strstr(text, "ERROR: ");
    if (found != NULL) {
        found += strlen("error: ");
    } else {
        found = text;
        for (const char *c = text; *c != '\0'; c++)
            if (*c == '\n' && c[1] != '\0')
                found = c + 1;
    }
    char *line = mem_strndup(tmp, found, strcspn(found, "\n"));
    return text_shorten(mem, line, strlen(line), SAID_WIDTH);
}

bool tool_fail(const struct process_result *result, const char *place, enum error_code otherwise,
               struct error *err)
{
    SCRATCH(tmp);
    char *line = line_of(tmp, result->errors);
    if (*line == '\0')
        line = mem_printf(tmp, "it ended with status %d and said nothing", result->status);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (strstr(result->errors, known[i].said) == NULL)
            continue;
        error_set(err, known[i].code, "%s: %s", place, line);
        return known[i].hint[0] != '\0' ? error_hint(err, "%s", known[i].hint) : false;
    }
    return error_set(err, otherwise, "%s: %s", place, line);
}
