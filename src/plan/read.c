/*
 * Reading a plan that was written as JSON: its steps as they were approved, with nothing observed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/expected_value.h"
#include "plan/plan.h"

#define SCHEMA "tminus/plan/1"

struct reading {
    TALLOC_CTX *mem;
    const char *path;
};

static const char *text(const struct reading *reading, const json_t *object, const char *name)
{
    return mem_strdup(reading->mem, json_get_text(object, name));
}

static bool read_kind(const json_t *json, enum plan_step_kind *out)
{
    const char *name = json_get_text(json, "kind");

    for (int kind = STEP_CHECK; name != NULL && kind <= STEP_MANUAL; kind++) {
        if (strcmp(plan_step_kind_name((enum plan_step_kind)kind), name) == 0) {
            *out = (enum plan_step_kind)kind;
            return true;
        }
    }
    return false;
}

static const char *const *read_words(const struct reading *reading, const json_t *list)
{
    size_t n = json_array_size(list);

    if (n == 0)
        return NULL;
    const char **words = mem_array(reading->mem, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        words[i] = mem_strdup(reading->mem, json_string_value(json_array_get(list, i)));
    return words;
}

static bool read_step(const struct reading *reading, const json_t *json, struct plan_step *out,
                      struct error *err)
{
    enum plan_step_kind kind;
    enum invariant_kind answer = INVARIANT_ZERO;
    const char *name = json_get_text(json, "name");
    const char *sql = json_get_text(json, "sql");

    if (name == NULL)
        return error_set(err, ERROR_INPUT, "%s: a step has no name", reading->path);
    if (!read_kind(json, &kind) ||
        (sql != NULL && !invariant_kind_by_name(json_get_text(json, "answer"), &answer)))
        return error_set(err, ERROR_INPUT, "%s: step '%s' is of a kind that is not known",
                         reading->path, name);
    *out = (struct plan_step){
        .kind = kind,
        .name = text(reading, json, "name"),
        .title = text(reading, json, "title"),
        .command = text(reading, json, "command"),
        .argv = read_words(reading, json_object_get(json, "argv")),
        .sql = mem_strdup(reading->mem, sql),
        .decision = text(reading, json, "decision"),
        .samples = text(reading, json, "samples"),
        .answer = answer,
        .expect = expected_value_from_json(reading->mem, json_object_get(json, "expect")),
        .proof = text(reading, json, "proof"),
        .expected = text(reading, json, "expected"),
        .status = kind == STEP_MANUAL ? STATUS_MANUAL : STATUS_UNKNOWN,
        .is_given = json_is_true(json_object_get(json, "given")),
        .is_invariant = json_is_true(json_object_get(json, "invariant")),
        .is_required = json_is_true(json_object_get(json, "required")),
        .estimate = {.basis = "as when the plan was made"},
        .batching = text(reading, json, "batching"),
        .undo = text(reading, json, "undo"),
        .owner = text(reading, json, "owner"),
    };
    return true;
}

static bool read_section(const struct reading *reading, const json_t *json, struct plan *plan,
                         struct error *err)
{
    const char *name = json_get_text(json, "name");
    const json_t *steps = json_object_get(json, "steps");
    size_t kind = 0;

    while (kind < PLAN_SECTION_COUNT &&
           (name == NULL || strcmp(plan_section_name((enum plan_section_kind)kind), name) != 0))
        kind++;
    if (kind == PLAN_SECTION_COUNT)
        return error_set(err, ERROR_INPUT, "%s: section '%s' is not known", reading->path,
                         name == NULL ? "" : name);
    struct plan_section *section = &plan->sections[kind];
    for (size_t i = 0; i < json_array_size(steps); i++) {
        struct plan_step *step = mem_append(reading->mem, section->steps, section->n_steps);
        TRY(read_step(reading, json_array_get(steps, i), step, err));
    }
    return true;
}

static void read_migrations(const struct reading *reading, const json_t *list, struct plan *plan)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *json = json_array_get(list, i);
        *mem_append(reading->mem, plan->migrations, plan->n_migrations) = (struct plan_migration){
            .version = text(reading, json, "version"),
            .path = text(reading, json, "path"),
            .sha256 = text(reading, json, "sha256"),
            .down_sha256 = text(reading, json, "down_sha256"),
            .effects_sha256 = text(reading, json, "effects_sha256"),
        };
    }
}

static enum rollback_class class_by_name(const char *name)
{
    for (int class = ROLLBACK_ROUND_TRIP; name != NULL && class <= ROLLBACK_IRREVERSIBLE; class ++)
        if (strcmp(rollback_class_name((enum rollback_class) class), name) == 0)
            return (enum rollback_class) class;
    return ROLLBACK_UNKNOWN;
}

static const json_t *configured(const struct reading *reading, const json_t *document,
                                const char *name)
{
    const json_t *sections = json_object_get(document, name);

    return json_is_object(sections) ? json_keep(reading->mem, json_deep_copy(sections)) : NULL;
}

static struct plan *read_head(const struct reading *reading, const json_t *document)
{
    struct plan *plan = mem_new(reading->mem, struct plan);
    const json_t *target = json_object_get(document, "target");
    const json_t *rollback = json_object_get(document, "rollback");
    const json_t *strategy = json_object_get(document, "strategy");

    *plan = (struct plan){
        .title = text(reading, document, "title"),
        .version = text(reading, document, "version"),
        .previous = text(reading, document, "previous"),
        .service = text(reading, document, "service"),
        .environment = text(reading, document, "environment"),
        .target = {.engine = text(reading, target, "engine"),
                   .system = text(reading, target, "system"),
                   .database = text(reading, target, "database"),
                   .text = text(reading, target, "text")},
        .made_at = text(reading, document, "made_at"),
        .strategy = {.name = text(reading, strategy, "name"),
                     .reason = text(reading, strategy, "reason")},
        .rollback = {.class = class_by_name(json_get_text(rollback, "class")),
                     .layer = LAYER_PREDICTED,
                     .reason = text(reading, rollback, "reason"),
                     .rows_lost = json_get_integer(rollback, "rows_lost", -1)},
        .baseline_max_age_ms =
            json_get_integer(document, "baseline_max_age_ms", PLAN_BASELINE_MAX_AGE_MS),
        .gates = configured(reading, document, "gates"),
        .commands = configured(reading, document, "commands"),
    };
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        plan->sections[i].kind = (enum plan_section_kind)i;
    return plan;
}

bool plan_read(TALLOC_CTX *mem, const char *path, const json_t *document, struct plan **out,
               struct error *err)
{
    const struct reading reading = {.mem = mem, .path = path};
    const char *schema = json_get_text(document, "schema");
    const char *digest = json_get_text(document, "digest");
    const json_t *sections = json_object_get(document, "sections");

    if (schema == NULL || strcmp(schema, SCHEMA) != 0 || digest == NULL) {
        error_set(err, ERROR_INPUT, "%s: no plan: it has no schema " SCHEMA " with a digest", path);
        return error_hint(err, "write one with tminus plan --format json --output FILE");
    }
    struct plan *plan = read_head(&reading, document);
    for (size_t i = 0; i < json_array_size(sections); i++)
        TRY(read_section(&reading, json_array_get(sections, i), plan, err));
    read_migrations(&reading, json_object_get(document, "migrations"), plan);
    TRY(plan_lint(plan, err));
    plan_seal(plan);
    if (strcmp(plan->digest.hex, digest) != 0) {
        error_set(err, ERROR_INPUT, "%s: edited: its content has the digest %.12s…, not %.12s…",
                  path, plan->digest.hex, digest);
        return error_hint(err, "what was approved is another plan; make a new one");
    }
    *out = plan;
    return true;
}
