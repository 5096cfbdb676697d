/*
 * The board of a poll: worst first, a line a gate; what stops or holds says what is wanted and what
 * a person types; the verdict last, where the eye is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "report/poll.h"
#include <inttypes.h>

#define STATUS_WIDTH 7 // of "UNKNOWN"
#define NAME_WIDTH_MIN 8
#define INDENT 12

struct writing {
    FILE *out;
    const struct poll_report *report;
    const struct report_poll_options *options;
    int name_width;
};

static int find_width(const struct results *results)
{
    int width = NAME_WIDTH_MIN;

    for (size_t i = 0; i < results->n; i++)
        if ((int)strlen(results->list[i].name) > width)
            width = (int)strlen(results->list[i].name);
    return width;
}

static void write_colored(const struct writing *writing, const char *color, const char *text)
{
    bool is_colored = writing->options->is_colored;

    fprintf(writing->out, "%s%s%s", is_colored ? color : "", text, is_colored ? COLOR_PLAIN : "");
}

// "    wanted  younger than 1 h"; of several lines each stands for itself.
static void write_field(const struct writing *writing, const char *name, const char *text)
{
    for (const char *line = text; line != NULL && *line != '\0';) {
        size_t len = strcspn(line, "\n");
        fprintf(writing->out, "%*s%-8s%.*s\n", INDENT, "", line == text ? name : "", (int)len,
                line);
        line += len + (line[len] == '\n');
    }
}

static bool needs_somebody(const struct result *result)
{
    return result->status != STATUS_PASS && result->status != STATUS_WAIVED;
}

static void write_result(const struct writing *writing, const struct result *result)
{
    SCRATCH(tmp);
    bool is_open = needs_somebody(result);
    const char *optional = is_open && !result->is_required ? " (not required)" : "";

    fputs("  ", writing->out);
    write_colored(writing, status_color(result->status),
                  mem_printf(tmp, "%-*s", STATUS_WIDTH, status_name(result->status)));
    fprintf(writing->out, "  %-*s  %s%s\n", writing->name_width, result->name,
            result->observed != NULL ? result->observed : result->title, optional);
    if (is_open || writing->options->is_whole)
        write_field(writing, "wanted", result->expected);
    if (is_open || writing->options->is_whole || result->status == STATUS_WAIVED)
        write_field(writing, result->status == STATUS_WAIVED ? "was" : "", result->detail);
    if (is_open)
        write_field(writing, "$", result->command);
}

static void write_head(const struct writing *writing)
{
    const struct poll_report *report = writing->report;

    fprintf(writing->out, "poll of %s%s%s, %s\nplan %s\n\n", report->service,
            report->environment == NULL ? "" : " ",
            report->environment == NULL ? "" : report->environment, report->target, report->digest);
}

static void write_folded(const struct writing *writing)
{
    const struct poll_report *report = writing->report;

    for (size_t i = 0; i < report->n_not_configured; i++)
        fprintf(writing->out, "%s%s", i == 0 ? "  not configured: " : ", ",
                report->not_configured[i]);
    if (report->n_not_configured > 0)
        fputc('\n', writing->out);
}

void report_poll_text(FILE *out, const struct poll_report *report,
                      const struct report_poll_options *options)
{
    const struct writing writing = {out, report, options, find_width(&report->results)};

    write_head(&writing);
    for (size_t i = 0; i < report->results.n; i++)
        write_result(&writing, &report->results.list[i]);
    write_folded(&writing);
    fputc('\n', out);
    write_colored(&writing, verdict_color(report->verdict), verdict_words(report->verdict));
    fprintf(out, ": %s\njournal %" PRId64 ":%s\n", report->reason, options->journal->sequence,
            options->journal->hash);
}
