/*
 * Findings as SARIF 2.1.0, as code scanning reads it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule.h"
#include "analysis/suppression.h"
#include "base/json.h"
#include "base/text.h"
#include "report/findings.h"

static const char *level_of(enum severity severity)
{
    switch (severity) {
    case SEVERITY_NOTE: return "note";
    case SEVERITY_WARN: return "warning";
    case SEVERITY_STOP: return "error";
    }
    bug("severity %d", (int)severity);
}

static json_t *text_object(const char *text)
{
    json_t *object = json_object();
    json_put_text(object, "text", text);
    return object;
}

static json_t *rule_json(const char *id)
{
    const struct rule *rule = rule_find(id);
    json_t *object = json_object();
    json_put_text(object, "id", id);
    if (rule == NULL)
        return object;
    json_put(object, "shortDescription", text_object(rule->summary));
    json_put(object, "fullDescription", text_object(rule->why));
    json_put(object, "help", text_object(rule->safe_form));
    json_t *configuration = json_put_object(object, "defaultConfiguration");
    json_put_text(configuration, "level", level_of(rule->severity));
    return object;
}

static size_t rule_index(const char *const *ids, size_t n, const char *id)
{
    size_t i = 0;
    while (i < n && strcmp(ids[i], id) != 0)
        i++;
    return i;
}

// A path as a relative URI reference; an absolute one gets its scheme.
static char *uri_of(TALLOC_CTX *mem, const char *path)
{
    SCRATCH(tmp);
    const char *scheme = path[0] == '/' ? "file://" : "";
    if (text_starts_with(path, "./"))
        path += 2;
    return mem_printf(mem, "%s%s", scheme, text_percent_encoded(tmp, path));
}

static json_t *location_json(const struct finding *finding)
{
    SCRATCH(tmp);
    json_t *location = json_object();
    json_t *physical = json_put_object(location, "physicalLocation");
    json_t *artifact = json_put_object(physical, "artifactLocation");
    json_put_text(artifact, "uri", uri_of(tmp, finding->path));
    json_t *region = json_put_object(physical, "region");
    json_put_integer(region, "startLine", finding->line > 0 ? (int64_t)finding->line : 1);
    if (finding->column > 0)
        json_put_integer(region, "startColumn", (int64_t)finding->column);
    return location;
}

static json_t *suppression_json(const struct suppression *suppression)
{
    SCRATCH(tmp);
    json_t *object = json_object();
    json_put_text(object, "kind", "inSource");
    json_put_text(object, "status", "accepted");
    json_put_text(object, "justification",
                  mem_printf(tmp, "until %s: %s", suppression->until, suppression->reason));
    return object;
}

static json_t *result_json(const struct finding *finding, size_t index)
{
    SCRATCH(tmp);
    json_t *result = json_object();
    json_put_text(result, "ruleId", finding->rule);
    json_put_integer(result, "ruleIndex", (int64_t)index);
    json_put_text(result, "level", level_of(finding->severity));
    json_put(
        result, "message",
        text_object(mem_printf(tmp, "%s%s%s", finding->message,
                               finding->hint[0] != '\0' ? "\nSafe form: " : "", finding->hint)));
    json_array_append_new(json_put_array(result, "locations"), location_json(finding));
    json_t *fingerprints = json_put_object(result, "partialFingerprints");
    json_put_text(fingerprints, "primaryLocationLineHash", finding->fingerprint);
    if (finding->tool != NULL)
        json_put_text(json_put_object(result, "properties"), "tool", finding->tool);
    if (finding->suppression != NULL)
        json_array_append_new(json_put_array(result, "suppressions"),
                              suppression_json(finding->suppression));
    return result;
}

// The run at hand: rules are listed once, where they are first met.
struct run {
    TALLOC_CTX *tmp;
    json_t *rules, *results;
    const char **ids;
    size_t n_ids, n_shown;
};

static void put_results(struct run *run, const struct findings *findings)
{
    for (size_t i = 0; i < findings->n && run->n_shown < REPORT_SARIF_MAX; i++, run->n_shown++) {
        const struct finding *finding = &findings->list[i];
        size_t index = rule_index(run->ids, run->n_ids, finding->rule);
        if (index == run->n_ids) {
            *mem_append(run->tmp, run->ids, run->n_ids) = finding->rule;
            json_array_append_new(run->rules, rule_json(finding->rule));
        }
        json_array_append_new(run->results, result_json(finding, index));
    }
}

static json_t *run_json(const struct assessment *assessment)
{
    SCRATCH(tmp);
    size_t n = assessment->findings.n + assessment->suppressed.n;
    json_t *object = json_object();
    json_t *driver = json_put_object(json_put_object(object, "tool"), "driver");
    json_put_text(driver, "name", "tminus");
    json_put_text(driver, "semanticVersion", TMINUS_VERSION);
    struct run run = {.tmp = tmp, .rules = json_put_array(driver, "rules")};
    run.results = json_put_array(object, "results");
    put_results(&run, &assessment->findings);
    put_results(&run, &assessment->suppressed);
    if (run.n_shown < n)
        json_put_integer(json_put_object(object, "properties"), "findingsNotListed",
                         (int64_t)(n - run.n_shown));
    return object;
}

void report_sarif(FILE *out, const struct assessment *assessment)
{
    json_t *document = json_object();
    json_put_text(document, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_put_text(document, "version", "2.1.0");
    json_array_append_new(json_put_array(document, "runs"), run_json(assessment));
    json_write(out, document);
    json_decref(document);
}
