/*
 * Findings as GitLab's Code Quality report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include "base/text.h"
#include "report/findings.h"

static const char *severity_of(enum severity severity)
{
    switch (severity) {
    case SEVERITY_NOTE: return "info";
    case SEVERITY_WARN: return "major";
    case SEVERITY_STOP: return "blocker";
    }
    bug("severity %d", (int)severity);
}

void report_gitlab(FILE *out, const struct assessment *assessment)
{
    json_t *list = json_array();
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        json_t *object = json_object();
        json_put_text(object, "description", finding->message);
        json_put_text(object, "check_name", finding->rule);
        json_put_text(object, "fingerprint", finding->fingerprint);
        json_put_text(object, "severity", severity_of(finding->severity));
        json_t *location = json_put_object(object, "location");
        // GitLab finds the file by its path from the root of the repository, without "./".
        json_put_text(location, "path",
                      text_starts_with(finding->path, "./") ? finding->path + 2 : finding->path);
        json_put_integer(json_put_object(location, "lines"), "begin",
                         finding->line > 0 ? (int64_t)finding->line : 1);
        json_array_append_new(list, object);
    }
    json_write(out, list);
    json_decref(list);
}
