/*
 * Report of a plan as JSON, schema tminus/plan/1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/json_parts.h"
#include "report/plan.h"

static void put_estimate(json_t *object, const struct plan_estimate *estimate)
{
    json_put(object, "estimate_seconds", json_null());
    if (estimate->is_known) {
        json_t *seconds = json_put_object(object, "estimate_seconds");
        json_put_real(seconds, "low", estimate->low);
        json_put_real(seconds, "high", estimate->high);
        json_put_text(seconds, "layer", layer_name(estimate->layer));
    }
    json_put_text(object, "estimate_basis", estimate->basis);
}

static json_t *step_json(const struct plan_step *step)
{
    json_t *object = plan_step_json(step);

    json_put_text(object, "status", status_name(step->status));
    json_put_text(object, "observed", step->observed);
    json_put_text(object, "detail", step->detail);
    put_estimate(object, &step->estimate);
    json_put_text(object, "batching", step->batching);
    json_put_text(object, "layer", step->at == NULL ? NULL : layer_name(step->layer));
    json_put_integer(object, "took_ms", step->took_ms);
    json_put_text(object, "at", step->at);
    return object;
}

static void put_sections(json_t *document, const struct plan *plan)
{
    json_t *sections = json_put_array(document, "sections");

    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++) {
        const struct plan_section *section = &plan->sections[i];
        json_t *object = json_object();
        json_put_text(object, "name", plan_section_name(section->kind));
        json_put_text(object, "title", plan_section_title(section->kind));
        json_t *steps = json_put_array(object, "steps");
        for (size_t j = 0; j < section->n_steps; j++)
            json_array_append_new(steps, step_json(&section->steps[j]));
        json_array_append_new(sections, object);
    }
}

static void put_rollback(json_t *document, const struct plan_rollback *rollback)
{
    json_t *object = json_put_object(document, "rollback");

    json_put_text(object, "class", rollback_class_name(rollback->class));
    json_put_text(object, "answer", rollback_class_answer(rollback->class));
    json_put_text(object, "layer", layer_name(rollback->layer));
    json_put_text(object, "reason", rollback->reason);
    json_put(object, "rows_lost",
             rollback->rows_lost < 0 ? json_null() : json_integer(rollback->rows_lost));
}

static void put_target(json_t *document, const struct plan_target *target)
{
    json_t *object = json_put_object(document, "target");

    json_put_text(object, "engine", target->engine);
    json_put_text(object, "system", target->system);
    json_put_text(object, "database", target->database);
    json_put_text(object, "text", target->text);
}

static void put_migrations(json_t *document, const struct plan *plan)
{
    json_t *list = json_put_array(document, "migrations");

    for (size_t i = 0; i < plan->n_migrations; i++) {
        const struct plan_migration *migration = &plan->migrations[i];
        json_t *object = json_object();
        json_put_text(object, "version", migration->version);
        json_put_text(object, "path", migration->path);
        json_put_text(object, "sha256", migration->sha256);
        json_put_text(object, "down_sha256", migration->down_sha256);
        json_put_text(object, "effects_sha256", migration->effects_sha256);
        json_array_append_new(list, object);
    }
}

static void put_configured(json_t *document, const char *name, const json_t *sections)
{
    json_put(document, name, sections == NULL ? json_null() : json_deep_copy(sections));
}

static const char *invariant_of(const struct plan_step *step)
{
    const char *dot = strchr(step->name, '.');
    return dot == NULL ? step->name : dot + 1;
}

static json_t *result_json(const struct plan_step *step)
{
    const struct result result = {
        .name = invariant_of(step),
        .title = step->title,
        .status = step->status,
        .is_required = step->is_required,
        .command = step->command,
        .expected = step->expected,
        .observed = step->observed,
        .has_value = step->has_value,
        .value = step->value,
        .detail = step->detail,
        .layer = step->layer,
        .took_ms = step->took_ms,
    };
    return result_to_json(&result, step->at);
}

// One that holds before and after stands in two sections: the line that was asked tells it.
static const struct plan_step *other_line(const struct plan *plan, const struct plan_step *step,
                                          enum plan_section_kind in)
{
    const struct plan_section *section = &plan->sections[in];

    for (size_t i = 0; i < section->n_steps; i++)
        if (section->steps[i].is_invariant &&
            strcmp(invariant_of(&section->steps[i]), invariant_of(step)) == 0)
            return &section->steps[i];
    return NULL;
}

static void put_invariants(json_t *document, const struct plan *plan)
{
    json_t *list = json_put_array(document, "invariants");
    const struct plan_section *before = &plan->sections[PLAN_PRE_DEPLOY];
    const struct plan_section *after = &plan->sections[PLAN_POST_DEPLOY];

    for (size_t i = 0; i < before->n_steps; i++) {
        const struct plan_step *step = &before->steps[i];
        const struct plan_step *later = other_line(plan, step, PLAN_POST_DEPLOY);
        if (step->is_invariant)
            json_array_append_new(list,
                                  result_json(later != NULL && later->at != NULL ? later : step));
    }
    for (size_t i = 0; i < after->n_steps; i++)
        if (after->steps[i].is_invariant &&
            other_line(plan, &after->steps[i], PLAN_PRE_DEPLOY) == NULL)
            json_array_append_new(list, result_json(&after->steps[i]));
}

static json_t *head_json(const struct plan *plan)
{
    json_t *document = json_object();

    json_put_text(document, "schema", "tminus/plan/1");
    json_put_text(document, "verdict", verdict_name(plan->verdict));
    json_put_text(document, "reason", plan->reason);
    json_put_text(document, "digest", plan->digest.hex);
    json_put_text(document, "title", plan->title);
    json_put_text(document, "made_at", plan->made_at);
    json_put_text(document, "service", plan->service);
    json_put_text(document, "environment", plan->environment);
    json_put_text(document, "version", plan->version);
    json_put_text(document, "previous", plan->previous);
    put_target(document, &plan->target);
    json_put_integer(document, "baseline_max_age_ms", plan->baseline_max_age_ms);
    json_t *strategy = json_put_object(document, "strategy");
    json_put_text(strategy, "name", plan->strategy.name);
    json_put_text(strategy, "reason", plan->strategy.reason);
    put_migrations(document, plan);
    put_configured(document, "gates", plan->gates);
    put_configured(document, "commands", plan->commands);
    put_sections(document, plan);
    put_rollback(document, &plan->rollback);
    return document;
}

static json_t *tail_json(const struct plan *plan)
{
    json_t *document = json_object();

    put_invariants(document, plan);
    json_t *notes = json_put_array(document, "notes");
    for (size_t i = 0; i < plan->n_notes; i++)
        json_array_append_new(notes, json_text(plan->notes[i]));
    return document;
}

void report_plan_json(FILE *out, const struct plan *plan)
{
    json_auto_t *head = head_json(plan), *tail = tail_json(plan);
    struct json_writer writer;

    json_writer_begin(&writer, out);
    json_writer_open_object(&writer, NULL);
    json_writer_members(&writer, head);
    json_writer_open_array(&writer, "findings");
    for (size_t i = 0; plan->assessment != NULL && i < plan->assessment->findings.n; i++)
        report_finding(&writer, &plan->assessment->findings.list[i]);
    json_writer_close_array(&writer);
    json_writer_members(&writer, tail);
    json_writer_close_object(&writer);
    json_writer_end(&writer);
}
