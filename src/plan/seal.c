/*
 * Seal: the digest of a plan, over what people approve.
 *
 * SHA-256 of the canonical JSON of the migrations' bytes, their effects files, the release, the
 * target's identity, the gates and commands as tminus.yaml has them, and of each step what is
 * typed, asked, expected and undone. What was observed, sizes, estimates, batches and times are
 * left out: the same plan has the same digest tomorrow and on another machine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/expected_value.h"
#include "plan/plan.h"

static void put_words(json_t *object, const char *name, const char *const *words)
{
    json_t *list = json_put_array(object, name);

    for (size_t i = 0; words[i] != NULL; i++)
        json_array_append_new(list, json_text(words[i]));
}

json_t *plan_step_json(const struct plan_step *step)
{
    json_t *object = json_object();

    json_put_text(object, "name", step->name);
    json_put_text(object, "kind", plan_step_kind_name(step->kind));
    json_put_text(object, "title", step->title);
    json_put_text(object, "command", step->command);
    if (step->argv != NULL)
        put_words(object, "argv", step->argv);
    if (step->sql != NULL) {
        json_put_text(object, "sql", step->sql);
        if (step->decision != NULL)
            json_put_text(object, "decision", step->decision);
        json_put_text(object, "samples", step->samples);
        json_put_bool(object, "given", step->is_given);
        json_put_bool(object, "invariant", step->is_invariant);
        json_put_text(object, "answer", invariant_kind_name(step->answer));
        if (step->answer == INVARIANT_VALUE)
            json_put(object, "expect", expected_value_to_json(&step->expect));
    }
    json_put_text(object, "proof", step->proof);
    json_put_text(object, "expected", step->expected);
    json_put_text(object, "undo", step->undo);
    json_put_text(object, "owner", step->owner);
    json_put_bool(object, "required", step->is_required);
    return object;
}

static json_t *target_json(const struct plan_target *target)
{
    json_t *object = json_object();

    json_put_text(object, "engine", target->engine);
    json_put_text(object, "system", target->system);
    json_put_text(object, "database", target->database);
    return object;
}

static void put_migrations(json_t *document, const struct plan *plan)
{
    json_t *list = json_put_array(document, "migrations");

    for (size_t i = 0; i < plan->n_migrations; i++) {
        json_t *object = json_object();
        json_put_text(object, "version", plan->migrations[i].version);
        json_put_text(object, "sha256", plan->migrations[i].sha256);
        json_put_text(object, "down_sha256", plan->migrations[i].down_sha256);
        json_put_text(object, "effects_sha256", plan->migrations[i].effects_sha256);
        json_array_append_new(list, object);
    }
}

static void put_configured(json_t *document, const char *name, const json_t *sections)
{
    json_put(document, name, sections == NULL ? json_null() : json_deep_copy(sections));
}

void plan_seal(struct plan *plan)
{
    SCRATCH(tmp);
    json_auto_t *document = json_object();

    json_put_text(document, "environment", plan->environment);
    json_put_text(document, "version", plan->version);
    json_put_text(document, "previous", plan->previous);
    json_put(document, "target", target_json(&plan->target));
    json_put_integer(document, "baseline_max_age_ms", plan->baseline_max_age_ms);
    json_put_text(document, "rollback", rollback_class_name(plan->rollback.class));
    json_put_text(document, "strategy", plan->strategy.name);
    put_migrations(document, plan);
    put_configured(document, "gates", plan->gates);
    put_configured(document, "commands", plan->commands);
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++) {
        json_t *steps = json_put_array(document, plan_section_name((enum plan_section_kind)i));
        for (size_t j = 0; j < plan->sections[i].n_steps; j++)
            json_array_append_new(steps, plan_step_json(&plan->sections[i].steps[j]));
    }
    const char *canonical = json_canonical(tmp, document);
    plan->digest = digest_of(canonical, strlen(canonical));
}
