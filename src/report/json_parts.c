/*
 * JSON parts: effects, statements, findings.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/json_parts.h"
#include "analysis/estimate.h"
#include "analysis/postgres_fact.h"
#include "analysis/suppression.h"

void report_texts(struct json_writer *writer, const char *name, const char *const *texts, size_t n)
{
    json_writer_open_array(writer, name);
    for (size_t i = 0; i < n; i++)
        json_writer_text(writer, NULL, texts[i]);
    json_writer_close_array(writer);
}

static void put_locks(struct json_writer *writer, const struct effects *effects)
{
    json_writer_open_array(writer, "locks");
    for (size_t i = 0; i < effects->n_locks; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "relation", effects->locks[i].relation);
        json_writer_text(writer, "mode", lock_mode_name(effects->locks[i].mode));
        json_writer_text(writer, "layer", layer_name(effects->locks[i].layer));
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

static void put_destroys(struct json_writer *writer, const struct effects *effects)
{
    json_writer_open_array(writer, "destroys");
    for (size_t i = 0; i < effects->n_destroys; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "object", effects->destroys[i].object);
        json_writer_text(writer, "what", effects->destroys[i].what);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

static void put_facts(struct json_writer *writer, const struct effects *effects)
{
    json_writer_open_array(writer, "facts");
    for (size_t i = 0; i < effects->n_facts; i++)
        json_writer_text(writer, NULL, effects->facts[i]->id);
    json_writer_close_array(writer);
}

void report_effects(struct json_writer *writer, const struct effects *effects)
{
    json_writer_open_object(writer, "effects");
    put_locks(writer, effects);
    report_texts(writer, "rewrites", effects->rewrites, effects->n_rewrites);
    report_texts(writer, "scans", effects->scans, effects->n_scans);
    report_texts(writer, "index_builds", effects->index_builds, effects->n_index_builds);
    report_texts(writer, "blocks_writes_long", effects->blocks_writes_long,
                 effects->n_blocks_writes_long);
    put_destroys(writer, effects);
    put_facts(writer, effects);
    json_writer_text(writer, "layer", layer_name(effects->layer));
    if (effects->unknown_reason != NULL)
        json_writer_text(writer, "unknown_reason", effects->unknown_reason);
    json_writer_close_object(writer);
}

void report_statement(struct json_writer *writer, const struct statement *statement,
                      const struct effects *effects)
{
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "path", statement->path);
    json_writer_integer(writer, "line", (int64_t)statement->line);
    json_writer_integer(writer, "offset", (int64_t)statement->offset);
    json_writer_text(writer, "kind", statement->kind);
    json_writer_text(writer, "sql", statement->sql);
    if (statement->is_inner) {
        json_writer_bool(writer, "inner", true);
        json_writer_bool(writer, "conditional", statement->is_conditional);
    }
    report_effects(writer, effects);
    json_writer_close_object(writer);
}

static void put_question(struct json_writer *writer, const struct data_question *question)
{
    json_writer_open_object(writer, "question");
    json_writer_text(writer, "title", question->title);
    json_writer_text(writer, "sql", question->sql);
    json_writer_bool(writer, "loses", question->loses);
    if (question->decision != NULL)
        json_writer_text(writer, "decision", question->decision);
    if (question->samples != NULL)
        json_writer_text(writer, "samples", question->samples);
    json_writer_close_object(writer);
}

static void put_evidence(struct json_writer *writer, const struct finding *finding)
{
    json_writer_open_array(writer, "evidence");
    for (size_t i = 0; i < finding->n_evidence; i++) {
        const struct sighting *evidence = &finding->evidence[i];
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "source", evidence->source);
        if (evidence->revision != NULL)
            json_writer_text(writer, "revision", evidence->revision);
        if (evidence->path != NULL) {
            json_writer_text(writer, "path", evidence->path);
            json_writer_integer(writer, "line", (int64_t)evidence->line);
        }
        if (evidence->calls >= 0)
            json_writer_integer(writer, "calls", evidence->calls);
        json_writer_text(writer, "text", evidence->text);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

// What allows it: the finding does not count for the verdict.
static void put_suppression(struct json_writer *writer, const struct suppression *suppression)
{
    json_writer_open_object(writer, "suppression");
    json_writer_text(writer, "until", suppression->until);
    json_writer_text(writer, "reason", suppression->reason);
    json_writer_integer(writer, "line", (int64_t)suppression->line);
    json_writer_close_object(writer);
}

static void put_estimate(struct json_writer *writer, const struct estimate *estimate)
{
    json_writer_open_object(writer, "estimate");
    json_writer_integer(writer, "low_ms", estimate->low_ms);
    json_writer_integer(writer, "high_ms", estimate->high_ms);
    json_writer_text(writer, "basis", estimate->basis);
    if (estimate->has_waiting) {
        json_writer_open_object(writer, "writes_waiting");
        json_writer_integer(writer, "low", estimate->waiting_low);
        json_writer_integer(writer, "high", estimate->waiting_high);
        json_writer_close_object(writer);
    }
    if (estimate->budget_ms > 0)
        json_writer_integer(writer, "budget_ms", estimate->budget_ms);
    json_writer_close_object(writer);
}

void report_finding_members(struct json_writer *writer, const struct finding *finding)
{
    json_writer_text(writer, "rule", finding->rule);
    json_writer_text(writer, "severity", severity_name(finding->severity));
    json_writer_text(writer, "path", finding->path);
    json_writer_integer(writer, "line", (int64_t)finding->line);
    json_writer_integer(writer, "column", (int64_t)finding->column);
    json_writer_text(writer, "message", finding->message);
    json_writer_text(writer, "hint", finding->hint);
    json_writer_text(writer, "layer", layer_name(finding->layer));
    json_writer_text(writer, "fingerprint", finding->fingerprint);
    if (finding->tool != NULL)
        json_writer_text(writer, "tool", finding->tool);
    if (finding->question != NULL)
        put_question(writer, finding->question);
    if (finding->n_evidence > 0)
        put_evidence(writer, finding);
    if (finding->estimate != NULL)
        put_estimate(writer, finding->estimate);
    if (finding->suppression != NULL)
        put_suppression(writer, finding->suppression);
}

void report_finding(struct json_writer *writer, const struct finding *finding)
{
    json_writer_open_object(writer, NULL);
    report_finding_members(writer, finding);
    json_writer_close_object(writer);
}
