/*
 * Log: lines for the operator on stderr, and progress.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "base/secret.h"
#include <ctype.h>
#include <stdarg.h>
#include <unistd.h>

#define LINE_SIZE_MAX 4096
#define QUIET_START_MS 1000 // shorter work prints no progress
#define REDRAW_EVERY_MS 100 // on a terminal
#define PRINT_EVERY_MS 5000 // elsewhere
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

// Of the process, as stderr is: what the operator asked for on the command line.
static enum log_level level = LOG_NORMAL;
static bool shows_progress = true;

void log_set_level(enum log_level new_level)
{
    level = new_level;
}

void log_set_progress(bool is_shown)
{
    shows_progress = is_shown;
}

bool log_is_colored(FILE *out)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return (no_color == NULL || *no_color == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
           isatty(fileno(out));
}

// A name from outside must not steer the terminal.
static void disarm(char *line)
{
    for (; *line != '\0'; line++) {
        if (iscntrl((unsigned char)*line) && *line != '\n')
            *line = '?';
    }
}

PRINTF_LIKE(3, 0)
static void print_line(const char *color, const char *lead, const char *format, va_list values)
{
    SCRATCH(tmp);
    char line[LINE_SIZE_MAX];
    char *text = talloc_vasprintf(tmp, format, values);
    snprintf(line, sizeof(line), "%s", secret_hide(tmp, mem_checked(text)));
    disarm(line);
    bool is_colored = *color != '\0' && log_is_colored(stderr);
    fprintf(stderr, "tminus: %s%s%s%s\n", is_colored ? color : "", lead, is_colored ? PLAIN : "",
            line);
}

void log_info(const char *format, ...)
{
    if (level < LOG_NORMAL)
        return;
    va_list values;
    va_start(values, format);
    print_line("", "", format, values);
    va_end(values);
}

void log_warning(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    print_line(YELLOW, "warning: ", format, values);
    va_end(values);
}

void log_error(const struct error *err)
{
    struct error shown = *err;
    bool is_colored = log_is_colored(stderr);
    disarm(shown.message);
    disarm(shown.hint);
    fprintf(stderr, "%stminus:%s %s\n", is_colored ? RED : "", is_colored ? PLAIN : "",
            shown.message);
    if (shown.hint[0] != '\0')
        fprintf(stderr, "  hint: %s\n", shown.hint);
}

void log_progress_start(struct log_progress *progress, const char *what)
{
    *progress = (struct log_progress){.what = what, .started_ms = clock_monotonic_ms()};
    progress->printed_ms = progress->started_ms;
}

static char *amount(TALLOC_CTX *mem, const struct log_progress *progress, int64_t n)
{
    return progress->is_size ? quantity_size(mem, n) : quantity_count(mem, n);
}

static void print_progress(const struct log_progress *progress, int64_t done, int64_t total,
                           int64_t elapsed_ms)
{
    SCRATCH(tmp);
    int64_t a_second = elapsed_ms > 0 ? (int64_t)((double)done * 1000 / (double)elapsed_ms) : 0;
    fprintf(stderr, "tminus: %s: %s", progress->what, amount(tmp, progress, done));
    if (total > 0)
        fprintf(stderr, " of %s (%d%%)", amount(tmp, progress, total),
                (int)((double)done * 100 / (double)total));
    fprintf(stderr, ", %s/s", amount(tmp, progress, a_second));
    if (total > done && a_second > 0)
        fprintf(
            stderr, ", %s left",
            quantity_duration(tmp, (int64_t)((double)(total - done) * 1000 / (double)a_second)));
}

void log_progress_set(struct log_progress *progress, int64_t done, int64_t total)
{
    if (level < LOG_NORMAL || !shows_progress)
        return;
    bool is_terminal = isatty(STDERR_FILENO);
    int64_t now_ms = clock_monotonic_ms();
    int64_t every_ms = is_terminal ? REDRAW_EVERY_MS : PRINT_EVERY_MS;
    if (now_ms - progress->started_ms < QUIET_START_MS || now_ms - progress->printed_ms < every_ms)
        return;
    if (is_terminal)
        fputs("\r\033[K", stderr);
    print_progress(progress, done, total, now_ms - progress->started_ms);
    if (!is_terminal)
        fputc('\n', stderr);
    progress->printed_ms = now_ms;
    progress->was_drawn = is_terminal;
}

void log_progress_end(struct log_progress *progress)
{
    if (progress->was_drawn)
        fputs("\r\033[K", stderr);
    progress->was_drawn = false;
}
