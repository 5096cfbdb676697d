/*
 * JSON parts: effects, statements, findings.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/json_parts.h"
#include "analysis/suppression.h"

static void put_texts(json_t *object, const char *name, const char *const *texts, size_t n)
{
    json_t *list = json_put_array(object, name);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_text(texts[i]));
}

static json_t *effects_json(const struct effects *effects)
{
    json_t *object = json_object();
    json_t *locks = json_put_array(object, "locks");
    for (size_t i = 0; i < effects->n_locks; i++) {
        json_t *lock = json_object();
        json_put_text(lock, "relation", effects->locks[i].relation);
        json_put_text(lock, "mode", lock_mode_name(effects->locks[i].mode));
        json_put_text(lock, "layer", layer_name(effects->locks[i].layer));
        json_array_append_new(locks, lock);
    }
    put_texts(object, "rewrites", effects->rewrites, effects->n_rewrites);
    put_texts(object, "scans", effects->scans, effects->n_scans);
    put_texts(object, "index_builds", effects->index_builds, effects->n_index_builds);
    put_texts(object, "blocks_writes_long", effects->blocks_writes_long,
              effects->n_blocks_writes_long);
    json_t *destroys = json_put_array(object, "destroys");
    for (size_t i = 0; i < effects->n_destroys; i++) {
        json_t *destroy = json_object();
        json_put_text(destroy, "object", effects->destroys[i].object);
        json_put_text(destroy, "what", effects->destroys[i].what);
        json_array_append_new(destroys, destroy);
    }
    json_put_text(object, "layer", layer_name(effects->layer));
    if (effects->unknown_reason != NULL)
        json_put_text(object, "unknown_reason", effects->unknown_reason);
    return object;
}

json_t *report_statement(const struct statement *statement, const struct effects *effects)
{
    json_t *object = json_object();
    json_put_text(object, "path", statement->path);
    json_put_integer(object, "line", (int64_t)statement->line);
    json_put_integer(object, "offset", (int64_t)statement->offset);
    json_put_text(object, "kind", statement->kind);
    json_put_text(object, "sql", statement->sql);
    json_put(object, "effects", effects_json(effects));
    return object;
}

static json_t *question_json(const struct data_question *question)
{
    json_t *object = json_object();
    json_put_text(object, "title", question->title);
    json_put_text(object, "sql", question->sql);
    json_put_bool(object, "loses", question->loses);
    if (question->samples != NULL)
        json_put_text(object, "samples", question->samples);
    return object;
}

// What allows it: the finding does not count for the verdict.
static json_t *suppression_json(const struct suppression *suppression)
{
    json_t *object = json_object();
    json_put_text(object, "until", suppression->until);
    json_put_text(object, "reason", suppression->reason);
    json_put_integer(object, "line", (int64_t)suppression->line);
    return object;
}

json_t *report_finding(const struct finding *finding)
{
    json_t *object = json_object();
    json_put_text(object, "rule", finding->rule);
    json_put_text(object, "severity", severity_name(finding->severity));
    json_put_text(object, "path", finding->path);
    json_put_integer(object, "line", (int64_t)finding->line);
    json_put_integer(object, "column", (int64_t)finding->column);
    json_put_text(object, "message", finding->message);
    json_put_text(object, "hint", finding->hint);
    json_put_text(object, "layer", layer_name(finding->layer));
    json_put_text(object, "fingerprint", finding->fingerprint);
    if (finding->tool != NULL)
        json_put_text(object, "tool", finding->tool);
    if (finding->question != NULL)
        json_put(object, "question", question_json(finding->question));
    if (finding->suppression != NULL)
        json_put(object, "suppression", suppression_json(finding->suppression));
    return object;
}
