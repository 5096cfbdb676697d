/*
 * Report of an assessment as JSON, schema tminus/assess/1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include "report/assess.h"
#include "report/json_parts.h"

static json_t *script_json(const struct assessed_script *assessed)
{
    json_t *object = json_object();
    json_put_text(object, "path", assessed->script->path);
    json_put_text(object, "direction", assessed->is_down ? "down" : "up");
    json_put_bool(object, "transaction", assessed->in_transaction);
    json_t *statements = json_put_array(object, "statements");
    for (size_t i = 0; i < assessed->script->n_statements; i++)
        json_array_append_new(
            statements, report_statement(&assessed->script->statements[i], assessed->effects[i]));
    return object;
}

static void put_coverage(json_t *document, const struct assessment *assessment)
{
    json_t *coverage = json_put_object(document, "coverage");
    json_put_integer(coverage, "statements", (int64_t)assessment->n_statements);
    json_put_integer(coverage, "understood", (int64_t)assessment->n_understood);
    json_t *list = json_put_array(coverage, "not_understood");
    for (size_t i = 0; i < assessment->n_not_understood; i++) {
        const struct not_understood *bad = &assessment->not_understood[i];
        json_t *object = json_object();
        json_put_text(object, "path", bad->path);
        json_put_integer(object, "line", (int64_t)bad->line);
        json_put_integer(object, "column", (int64_t)bad->column);
        json_put_text(object, "reason", bad->reason);
        json_array_append_new(list, object);
    }
}

static void put_databases(json_t *document, const struct assessment *assessment)
{
    json_t *list = json_put_array(document, "databases");
    for (size_t i = 0; i < assessment->n_databases; i++) {
        const struct assessed_database *database = &assessment->databases[i];
        size_t n;
        json_t *object = json_object();
        json_put_text(object, "name", database->name);
        json_put_text(object, "text", database->text);
        json_put_text(object, "read_at", database->read_at);
        json_put_integer(object, "relations", (int64_t)database->n_relations);
        json_put_integer(object, "pending", (int64_t)database->n_pending);
        json_put(object, "applied",
                 database->n_applied < 0 ? json_null() : json_integer(database->n_applied));
        json_t *gaps = json_put_array(object, "gaps");
        const char *const *texts = schema_gaps(database->schema, &n);
        for (size_t k = 0; k < n; k++)
            json_array_append_new(gaps, json_text(texts[k]));
        json_array_append_new(list, object);
    }
}

void report_assess_json(FILE *out, const struct assessment *assessment)
{
    json_t *document = json_object();
    json_put_text(document, "schema", "tminus/assess/1");
    json_put_text(document, "verdict", verdict_name(assessment->verdict));
    json_put_text(document, "reason", assessment->reason);
    json_put_text(document, "risk", risk_name(assessment->risk));
    json_put_text(document, "dialect", dialect_name(assessment->dialect));
    json_put_integer(document, "pg_version", assessment->pg_version);
    json_t *migrations = json_put_array(document, "migrations");
    for (size_t i = 0; i < assessment->n_scripts; i++)
        json_array_append_new(migrations, script_json(&assessment->scripts[i]));
    json_t *findings = json_put_array(document, "findings");
    for (size_t i = 0; i < assessment->findings.n; i++)
        json_array_append_new(findings, report_finding(&assessment->findings.list[i]));
    for (size_t i = 0; i < assessment->suppressed.n; i++)
        json_array_append_new(findings, report_finding(&assessment->suppressed.list[i]));
    put_coverage(document, assessment);
    if (assessment->n_databases > 0)
        put_databases(document, assessment);
    json_write(out, document);
    json_decref(document);
}
