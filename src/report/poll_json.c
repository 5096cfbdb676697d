/*
 * The document of a poll (man/tminus-poll.1).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/poll.h"

static void put_checks(json_t *document, const struct poll_report *report)
{
    json_t *checks = json_put_array(document, "checks");

    for (size_t i = 0; i < report->results.n; i++)
        json_array_append_new(checks, result_to_json(&report->results.list[i], report->at));
}

void report_poll_json(FILE *out, const struct poll_report *report,
                      const struct report_poll_options *options)
{
    json_auto_t *document = json_object();

    json_put_text(document, "schema", "tminus/poll/1");
    json_put_text(document, "verdict", verdict_name(report->verdict));
    json_put_text(document, "reason", report->reason);
    json_put_text(document, "digest", report->digest);
    json_put_text(document, "service", report->service);
    json_put_text(document, "environment", report->environment);
    json_put_text(document, "target", report->target);
    put_checks(document, report);
    json_t *folded = json_put_array(document, "not_configured");
    for (size_t i = 0; i < report->n_not_configured; i++)
        json_array_append_new(folded, json_text(report->not_configured[i]));
    json_t *journal = json_put_object(document, "journal");
    json_put_integer(journal, "seq", options->journal->sequence);
    json_put_text(journal, "hash", options->journal->hash);
    json_write(out, document);
}
