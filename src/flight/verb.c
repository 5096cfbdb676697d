/*
 * Verbs as processes of a flight: see verb.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/verb.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/text.h"
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)16 * 1024 * 1024)
#define SAID_WIDTH 300
#define OTHERS_MS 30000 // well above the time between SIGTERM and SIGKILL
#define OTHERS_PAUSE_MS 50

static json_t *keep_document(TALLOC_CTX *mem, const struct process_result *result)
{
    struct error ignored;
    json_t *document;

    if (!json_read("output", result->output, result->output_len, &document, &ignored))
        return NULL;
    return json_keep(mem, document);
}

// "tminus: MESSAGE" with its hint, or the last line there is: progress and warnings come before.
static const char *last_words(TALLOC_CTX *mem, const char *text)
{
    SCRATCH(tmp);
    const char *begin = text;

    for (const char *at = text; (at = strstr(at, "tminus: ")) != NULL; at++)
        if (at == text || at[-1] == '\n')
            begin = at + strlen("tminus: ");
    if (text_starts_with(begin, "warning: "))
        begin += strlen("warning: ");
    const char *sentence = text_replaced(tmp, begin, "\n  hint: ", "; ");
    size_t len = strlen(sentence);
    return len == 0 ? NULL : text_shorten(mem, sentence, len, SAID_WIDTH);
}

// --- what it says while it runs

struct hearing {
    const struct verb_caller *caller;
    char line[SAID_WIDTH];
    size_t len;
};

static void end_line(struct hearing *hearing)
{
    static const char own[] = "tminus: ";

    hearing->line[hearing->len] = '\0';
    hearing->len = 0;
    const char *line = hearing->line;
    if (text_starts_with(line, own))
        line += strlen(own);
    if (line[strspn(line, " ")] != '\0')
        hearing->caller->hear(hearing->caller->hear_context, line);
}

static void hear(void *context, bool is_errors, const char *bytes, size_t len)
{
    struct hearing *hearing = context;

    for (size_t i = 0; is_errors && i < len; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r')
            end_line(hearing);
        else if (hearing->len < sizeof hearing->line - 1) // names from outside steer no terminal
            hearing->line[hearing->len++] = iscntrl((unsigned char)bytes[i]) ? '?' : bytes[i];
    }
}

bool verb_run(TALLOC_CTX *mem, const struct verb_caller *caller, const char *const *argv,
              int64_t timeout_ms, struct verb_answer *out, struct error *err)
{
    SCRATCH(tmp);
    const char **words = NULL;
    size_t n = 0;
    struct process_result result;
    struct hearing hearing = {.caller = caller};

    *mem_append(tmp, words, n) = caller->program;
    for (size_t i = 0; argv[i] != NULL; i++)
        *mem_append(tmp, words, n) = argv[i];
    if (caller->environment != NULL) {
        *mem_append(tmp, words, n) = "--env";
        *mem_append(tmp, words, n) = caller->environment;
    }
    if (caller->config != NULL) {
        *mem_append(tmp, words, n) = "--config";
        *mem_append(tmp, words, n) = caller->config;
    }
    if (caller->is_after_release)
        *mem_append(tmp, words, n) = "--after-release";
    *mem_append(tmp, words, n) = "--format";
    *mem_append(tmp, words, n) = "json";
    (void)mem_append(tmp, words, n); // the end
    const char *const environment[] = {
        mem_printf(tmp, VERB_FLIGHT "=%s", caller->flight),
        mem_printf(tmp, VERB_LEASE "=%lld:%s", (long long)caller->fence->epoch,
                   caller->fence->lease),
        mem_printf(tmp, VERB_LOCK "=%s", caller->lock),
        mem_printf(tmp, VERB_PILOT "=%d", (int)getpid()),
        NULL,
    };
    const struct process_options options = {
        .argv = words,
        .environment = environment,
        .timeout_ms = timeout_ms,
        .output_max = OUTPUT_MAX,
        .wait = caller->wait,
        .write = caller->hear == NULL ? NULL : hear,
        .write_context = &hearing,
    };
    TRY(process_run(tmp, &options, &result, err));
    *out = (struct verb_answer){
        .status = result.status,
        .timed_out = result.timed_out,
        .document = keep_document(mem, &result),
        .said = last_words(mem, result.errors),
    };
    // What it said last was said of something else.
    if (result.status > 128)
        out->said = mem_printf(mem, "it was killed by signal %d", result.status - 128);
    return true;
}

// Held until the process ends, however it does; not by what it runs.
static void hold_lock(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (descriptor >= 0)
        flock(descriptor, LOCK_SH);
}

void verb_follow_flight(void)
{
    const char *flight = getenv(VERB_FLIGHT), *lock = getenv(VERB_LOCK);
    const char *pilot = getenv(VERB_PILOT);

    if (flight == NULL || flight[0] == '\0')
        return;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (lock != NULL)
        hold_lock(lock);
    // It died before that. In a container it may well be process 1.
    if (pilot != NULL && getppid() != (pid_t)strtol(pilot, NULL, 10))
        raise(SIGTERM);
}

static bool fail_others(const char *lock, struct error *err)
{
    error_set(err, ERROR_POLICY,
              "a step that a process which is gone began is still running (waited %d s)",
              OTHERS_MS / 1000);
    return error_hint(err, "see which: fuser -v '%s'; tminus resume, when it has ended", lock);
}

bool verb_await_others(const char *lock, struct wait *wait, struct error *err)
{
    int64_t deadline_ms = clock_monotonic_ms() + OTHERS_MS;
    int descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool is_free = false, never = false;
    struct error waited = {0};

    if (descriptor < 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be opened for writing: %m", lock);
    while (!(is_free = flock(descriptor, LOCK_EX | LOCK_NB) == 0) &&
           clock_monotonic_ms() < deadline_ms && waited.code != ERROR_INTERRUPTED)
        (void)!wait_until(wait, &never, clock_monotonic_ms() + OTHERS_PAUSE_MS, &waited);
    close(descriptor);
    if (!is_free && waited.code == ERROR_INTERRUPTED) {
        *err = waited;
        return false;
    }
    return is_free || fail_others(lock, err);
}

bool verb_fence(TALLOC_CTX *mem, struct store_fence *out)
{
    const char *text = getenv(VERB_LEASE);
    char *end;

    if (text == NULL)
        return false;
    long long epoch = strtoll(text, &end, 10);
    if (end == text || *end != ':')
        return false;
    *out = (struct store_fence){.lease = mem_strdup(mem, end + 1), .epoch = epoch};
    return true;
}
