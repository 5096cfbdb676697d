/*
 * Making a plan: who does what, what is destroyed, and the sections in their order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan/making.h"
#include "plan/prospect.h"

struct plan_step *making_add(struct making *making, enum plan_section_kind section,
                             struct plan_step step)
{
    struct plan_section *in = &making->plan->sections[section];

    step.status = step.kind == STEP_MANUAL ? STATUS_MANUAL : STATUS_UNKNOWN;
    if (step.undo == NULL && step.kind == STEP_CHECK)
        step.undo = UNDO_READS;
    if (step.batching == NULL)
        step.batching = "none: nothing is written";
    if (step.estimate.basis == NULL)
        step.estimate.basis = "not measured";
    struct plan_step *added = mem_append(making->mem, in->steps, in->n_steps);
    *added = step;
    return added;
}

const struct yaml *environment_section(const struct making *making, const char *name)
{
    const struct plan_facts *facts = making->facts;

    if (facts->environment == NULL || facts->config->document == NULL)
        return NULL;
    const struct yaml *environments = yaml_get(facts->config->document, "environments");
    const struct yaml *environment =
        environments == NULL ? NULL : yaml_get(environments, facts->environment->name);
    return environment == NULL || environment->kind != YAML_MAP ? NULL
                                                                : yaml_get(environment, name);
}

// --- what the change is made of

const struct schema_relation *making_relation(const struct making *making, const char *text)
{
    SCRATCH(tmp);
    const char *dot = strchr(text, '.');
    struct name name = {NULL, text};

    if (dot != NULL)
        name = (struct name){mem_strndup(tmp, text, (size_t)(dot - text)), dot + 1};
    return schema_find(making->facts->schema, name);
}

const struct assessed_script *making_up(const struct making *making,
                                        const struct migration *migration)
{
    const struct assessment *assessment = making->facts->assessment;

    for (size_t i = 0; i < assessment->n_scripts; i++)
        if (!assessment->scripts[i].is_down && assessment->scripts[i].migration == migration)
            return &assessment->scripts[i];
    return NULL;
}

static void each_write_of(const struct statement *statement, making_write *each, void *context)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct query *query = statement->actions[i].query;
        if (query != NULL && query->verb != QUERY_SELECT && query->verb != QUERY_VALUES)
            each(context, query);
    }
}

void making_each_write(const struct making *making, making_write *each, void *context)
{
    const struct assessment *assessment = making->facts->assessment;

    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        for (size_t j = 0; !script->is_down && j < script->script->n_statements; j++)
            each_write_of(&script->script->statements[j], each, context);
    }
}

// --- what the change destroys

static void add_text(TALLOC_CTX *mem, const char ***list, size_t *n, const char *text)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp((*list)[i], text) == 0)
            return;
    *mem_append(mem, *list, *n) = text;
}

static bool is_data(const struct effect_destroy *destroy)
{
    static const char *const kinds[] = {"table", "rows", "column", "values"};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(destroy->what, kinds[i]) == 0)
            return true;
    return false;
}

// "public.emails" of "public.emails.status".
static const char *table_of(TALLOC_CTX *mem, const struct effect_destroy *destroy)
{
    bool has_member = strcmp(destroy->what, "column") == 0 || strcmp(destroy->what, "values") == 0;
    const char *dot = strrchr(destroy->object, '.');

    if (!has_member || dot == NULL)
        return destroy->object;
    return mem_strndup(mem, destroy->object, (size_t)(dot - destroy->object));
}

static void add_statement_loss(const struct making *making, const struct statement *statement,
                               const struct effects *effects, struct loss *loss)
{
    TALLOC_CTX *mem = making->mem;

    for (size_t i = 0; i < effects->n_destroys; i++) {
        const struct effect_destroy *destroy = &effects->destroys[i];
        if (!is_data(destroy))
            continue;
        add_text(mem, &loss->objects, &loss->n_objects, destroy->object);
        add_text(mem, &loss->tables, &loss->n_tables, table_of(mem, destroy));
    }
    // What is in it, nobody said.
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind != ACTION_DROP ||
            (action->object != OBJECT_SCHEMA && action->object != OBJECT_DATABASE))
            continue;
        loss->is_unrecorded = true;
        add_text(mem, &loss->objects, &loss->n_objects,
                 mem_printf(mem, "%s %s", object_kind_name(action->object),
                            action->relation.name == NULL ? "" : action->relation.name));
    }
}

struct loss making_loss(const struct making *making)
{
    const struct assessment *assessment = making->facts->assessment;
    struct loss loss = {0};

    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        for (size_t j = 0; !script->is_down && j < script->script->n_statements; j++)
            add_statement_loss(making, &script->script->statements[j], script->effects[j], &loss);
    }
    loss.rows = loss.is_unrecorded ? -1 : 0;
    for (size_t i = 0; i < loss.n_tables; i++) {
        const struct schema_relation *relation = making_relation(making, loss.tables[i]);
        bool is_known = relation != NULL && relation->rows >= 0 && loss.rows >= 0;
        loss.rows = is_known ? loss.rows + relation->rows : -1;
    }
    return loss;
}

char *making_copy_name(const struct making *making)
{
    const struct change *change = making->facts->change;

    for (size_t i = 0; i < change->n_migrations; i++)
        if (!change->migrations[i].is_context && change->migrations[i].version != NULL)
            return mem_printf(making->mem, "before-%s", change->migrations[i].version);
    return mem_strdup(making->mem, "before-the-change");
}

// --- the configured release

static const struct yaml *release_list(const struct making *making, const char *name)
{
    const struct yaml *release = environment_section(making, "release");
    const struct yaml *command =
        release == NULL || release->kind != YAML_MAP ? NULL : yaml_get(release, name);

    return command == NULL || command->kind != YAML_LIST || command->n == 0 ? NULL : command;
}

static char *replaced(TALLOC_CTX *mem, const char *text, const char *what, const char *value)
{
    const char *at = strstr(text, what);

    if (at == NULL || value == NULL)
        return mem_strdup(mem, text);
    return mem_printf(mem, "%.*s%s%s", (int)(at - text), text, value, at + strlen(what));
}

bool release_has_slots(const struct making *making, const char *name)
{
    const struct yaml *command = release_list(making, name);

    for (size_t i = 0; command != NULL && i < command->n; i++)
        if (command->items[i]->text != NULL && strstr(command->items[i]->text, "{slot}") != NULL)
            return true;
    return false;
}

const char *const *release_argv(const struct making *making, const char *name, const char *slot,
                                const char *version)
{
    SCRATCH(tmp);
    const struct yaml *command = release_list(making, name);

    if (command == NULL)
        return NULL;
    const char **argv = mem_array(making->mem, const char *, command->n + 1);
    for (size_t i = 0; i < command->n; i++) {
        const char *text = command->items[i]->text;
        if (text == NULL || (version == NULL && strstr(text, "{version}") != NULL))
            return NULL;
        argv[i] = replaced(making->mem, replaced(tmp, text, "{version}", version), "{slot}", slot);
    }
    return argv;
}

// --- the whole

static const char *owner(const char *named, const char *role)
{
    return named != NULL ? named : role;
}

static void add_migrations(const struct making *making)
{
    const struct change *change = making->facts->change;
    struct plan *plan = making->plan;

    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        const struct migration_text *up = &migration->up, *down = &migration->down;
        if (migration->is_context || up->path == NULL)
            continue;
        *mem_append(making->mem, plan->migrations, plan->n_migrations) = (struct plan_migration){
            .version = migration->version,
            .path = migration->path,
            .effects_sha256 =
                making->facts->effects_sha256 == NULL ? NULL : making->facts->effects_sha256[i],
            .sha256 = up->text == NULL
                          ? NULL
                          : mem_strdup(making->mem,
                                       digest_of(up->text + up->start, up->end - up->start).hex),
            .down_sha256 =
                down->text == NULL
                    ? NULL
                    : mem_strdup(making->mem,
                                 digest_of(down->text + down->start, down->end - down->start).hex),
        };
    }
}

static struct plan *begin(TALLOC_CTX *mem, const struct plan_facts *facts)
{
    struct plan *plan = mem_new(mem, struct plan);

    plan->title = facts->title;
    plan->version = facts->version;
    plan->previous = facts->previous;
    plan->service = facts->config->service;
    plan->environment = facts->environment == NULL ? NULL : facts->environment->name;
    plan->target = facts->target;
    plan->made_at = facts->made_at;
    plan->assessment = facts->assessment;
    plan->gates = facts->gates;
    plan->commands = facts->commands;
    plan->baseline_max_age_ms = facts->environment == NULL
                                    ? PLAN_BASELINE_MAX_AGE_MS
                                    : facts->environment->baseline_max_age_ms;
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        plan->sections[i].kind = (enum plan_section_kind)i;
    return plan;
}

struct plan *plan_make(TALLOC_CTX *mem, const struct plan_facts *facts)
{
    struct plan *plan = begin(mem, facts);
    const struct config_owners *owners = &facts->config->owners;
    struct making making = {
        .mem = plan,
        .facts = facts,
        .plan = plan,
        .deployer = owner(owners->deployer, "deployer"),
        .database_owner = owner(owners->database, "database owner"),
        .reviewer = owner(owners->reviewer, "reviewer"),
        .on_call = owner(owners->on_call, "on-call"),
    };

    add_migrations(&making);
    plan->rollback = prospect_rollback(&making);
    plan->strategy = prospect_strategy(&making);
    making_pre_deploy(&making);
    making_deploy(&making);
    making_post_deploy(&making);
    making_monitoring(&making);
    making_rollback(&making);
    plan_decide(plan, plan, PLAN_PRE_DEPLOY);
    plan_seal(plan);
    return plan;
}
