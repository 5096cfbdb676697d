/*
 * Report of an assessment as JSON, schema tminus/assess/1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/assess.h"
#include "report/json_parts.h"
#include "report/timeline.h"

static void put_script(struct json_writer *writer, const struct assessed_script *assessed)
{
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "path", assessed->script->path);
    json_writer_text(writer, "direction", assessed->is_down ? "down" : "up");
    json_writer_bool(writer, "transaction", assessed->in_transaction);
    json_writer_open_array(writer, "statements");
    for (size_t i = 0; i < assessed->script->n_statements; i++)
        report_statement(writer, &assessed->script->statements[i], assessed->effects[i]);
    json_writer_close_array(writer);
    report_timeline_json(writer, assessed->timeline);
    json_writer_close_object(writer);
}

// In order.
static void put_doubts(struct json_writer *writer, const struct schema *schema)
{
    SCRATCH(tmp);
    const struct schema_doubt *last = schema_doubts(schema);
    size_t n = last != NULL ? last->number : 0;
    const struct schema_doubt **doubts = mem_array(tmp, const struct schema_doubt *, n + 1);
    for (const struct schema_doubt *doubt = last; doubt != NULL; doubt = doubt->before)
        doubts[doubt->number - 1] = doubt;
    json_writer_open_array(writer, "schema_doubts");
    for (size_t i = 0; i < n; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "path", doubts[i]->path);
        json_writer_integer(writer, "line", (int64_t)doubts[i]->line);
        json_writer_text(writer, "reason", doubts[i]->reason);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

static void put_coverage(struct json_writer *writer, const struct assessment *assessment)
{
    json_writer_open_object(writer, "coverage");
    json_writer_integer(writer, "statements", (int64_t)assessment->n_statements);
    json_writer_integer(writer, "understood", (int64_t)assessment->n_understood);
    json_writer_open_array(writer, "not_understood");
    for (size_t i = 0; i < assessment->n_not_understood; i++) {
        const struct not_understood *bad = &assessment->not_understood[i];
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "path", bad->path);
        json_writer_integer(writer, "line", (int64_t)bad->line);
        json_writer_integer(writer, "column", (int64_t)bad->column);
        json_writer_text(writer, "reason", bad->reason);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
    put_doubts(writer, assessment->schema);
    json_writer_close_object(writer);
}

static void put_database(struct json_writer *writer, const struct assessed_database *database)
{
    size_t n;
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "name", database->name);
    json_writer_text(writer, "text", database->text);
    json_writer_text(writer, "read_at", database->read_at);
    json_writer_integer(writer, "relations", (int64_t)database->n_relations);
    json_writer_integer(writer, "pending", (int64_t)database->n_pending);
    if (database->n_applied < 0)
        json_writer_null(writer, "applied");
    else
        json_writer_integer(writer, "applied", database->n_applied);
    json_writer_open_array(writer, "gaps");
    const char *const *texts = schema_gaps(database->schema, &n);
    for (size_t i = 0; i < n; i++)
        json_writer_text(writer, NULL, texts[i]);
    json_writer_close_array(writer);
    json_writer_close_object(writer);
}

static void put_head(struct json_writer *writer, const struct assessment *assessment)
{
    json_writer_text(writer, "schema", "tminus/assess/1");
    json_writer_text(writer, "verdict", verdict_name(assessment->verdict));
    json_writer_text(writer, "reason", assessment->reason);
    json_writer_text(writer, "risk", risk_name(assessment->risk));
    json_writer_text(writer, "dialect", dialect_name(assessment->dialect));
    json_writer_integer(writer, "pg_version", assessment->pg_version);
}

void report_assess_json(FILE *out, const struct assessment *assessment)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_writer_open_object(&writer, NULL);
    put_head(&writer, assessment);
    json_writer_open_array(&writer, "migrations");
    for (size_t i = 0; i < assessment->n_scripts; i++)
        put_script(&writer, &assessment->scripts[i]);
    json_writer_close_array(&writer);
    json_writer_open_array(&writer, "findings");
    for (size_t i = 0; i < assessment->findings.n; i++)
        report_finding(&writer, &assessment->findings.list[i]);
    for (size_t i = 0; i < assessment->suppressed.n; i++)
        report_finding(&writer, &assessment->suppressed.list[i]);
    json_writer_close_array(&writer);
    put_coverage(&writer, assessment);
    if (assessment->n_databases > 0) {
        json_writer_open_array(&writer, "databases");
        for (size_t i = 0; i < assessment->n_databases; i++)
            put_database(&writer, &assessment->databases[i]);
        json_writer_close_array(&writer);
    }
    json_writer_close_object(&writer);
    json_writer_end(&writer);
}
