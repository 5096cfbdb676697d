/*
 * What the text of a change does not show of the rows that it writes: DO blocks, procedures,
 * functions and triggers write what nobody reads here, and within subtransactions; and what writes
 * rows anew without updating them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/tracer.h"
#include "proof/tracer_state.h"

// A function of the server's own writes no row; one that is somebody's may.
// set_config turns names into other tables' names.
static bool is_own_function(const struct tracer *tracer, struct name function)
{
    if (strcmp(function.name, "set_config") == 0)
        return true;
    if (function.schema != NULL && strcmp(function.schema, "pg_catalog") != 0)
        return true;
    return schema_find_function(tracer->schema, function) != NULL;
}

static bool calls_function(const struct tracer *tracer, const struct expression *expression)
{
    for (size_t i = 0; expression != NULL && i < expression->n_functions; i++)
        if (is_own_function(tracer, expression->functions[i]))
            return true;
    return false;
}

static bool query_calls_function(const struct tracer *tracer, const struct query *query)
{
    for (size_t i = 0; i < query->n_calls; i++)
        if (is_own_function(tracer, query->calls[i]))
            return true;
    return calls_function(tracer, query->where);
}

// A write to a view goes to tables that the text does not name, and so may a rule.
static bool acts_apart(const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_members; i++)
        if (relation->members[i].object == OBJECT_RULE)
            return true;
    return relation->n_triggers > 0 || relation->kind == RELATION_VIEW;
}

static bool is_below(const struct schema *schema, const struct schema_relation *relation,
                     const struct schema_relation *top)
{
    for (size_t i = 0; i < relation->n_parents; i++) {
        const struct schema_relation *parent = schema_find(schema, relation->parents[i]);
        if (parent == top ||
            (parent != NULL && parent != relation && is_below(schema, parent, top)))
            return true;
    }
    return false;
}

// What is written to a parent fires what its children have of their own.
static bool fires_trigger_of(const struct tracer *tracer, const struct schema_relation *target)
{
    if (acts_apart(target))
        return true;
    if (target->kind != RELATION_PARTITIONED && !target->has_children)
        return false;
    for (struct schema_relation *relation = schema_next(tracer->schema, NULL); relation != NULL;
         relation = schema_next(tracer->schema, relation))
        if (acts_apart(relation) && is_below(tracer->schema, relation, target))
            return true;
    return false;
}

static bool fires_trigger(const struct tracer *tracer, const struct query *query)
{
    const struct schema_relation *target =
        query->target.name == NULL ? NULL : schema_find(tracer->schema, query->target);
    return target != NULL && fires_trigger_of(tracer, target);
}

static bool hides(const struct tracer *tracer, const struct query *query)
{
    for (size_t i = 0; i < query->n_inner; i++)
        if (query_calls_function(tracer, query->inner[i]) || fires_trigger(tracer, query->inner[i]))
            return true;
    return query_calls_function(tracer, query) || fires_trigger(tracer, query);
}

static bool is_one_of(enum action_kind kind, const enum action_kind *kinds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

static bool is_hidden(const struct tracer *tracer, const struct action *action)
{
    static const enum action_kind opaque[] = {
        ACTION_DO,        ACTION_CALL,           ACTION_EXECUTE,
        ACTION_SAVEPOINT, ACTION_CREATE_TRIGGER, ACTION_CREATE_RULE,
    };

    if (action->kind == ACTION_QUERY || action->kind == ACTION_CREATE_TABLE_AS)
        return action->query == NULL || hides(tracer, action->query);
    if (action->kind == ACTION_ADD_COLUMN) // a default may be made anew for each row
        return action->definition != NULL &&
               calls_function(tracer, action->definition->default_value);
    if (action->kind == ACTION_ALTER_TYPE)
        return calls_function(tracer, action->using_expr);
    return is_one_of(action->kind, opaque, COUNT_OF(opaque));
}

// --- which tables those are

static bool writes(const struct query *query)
{
    return query->target.name != NULL && query->verb != QUERY_SELECT &&
           query->verb != QUERY_VALUES && !query->copies_to;
}

static void add_acting(struct tracer *tracer, struct name name)
{
    struct trace *trace = &tracer->trace;
    for (size_t i = 0; i < trace->n_acting; i++)
        if (trace_is_same_name(trace->acting[i], name))
            return;
    *mem_append(tracer, trace->acting, trace->n_acting) = (struct name){
        .schema = mem_strdup(tracer, name.schema), .name = mem_strdup(tracer, name.name)};
}

// Names mean what they did before the change, and so do the triggers.
static bool is_named(struct tracer *tracer, const struct query *query)
{
    if (query_calls_function(tracer, query))
        return false;
    if (!writes(query))
        return true;
    const struct trace_table *table = tracer_find(tracer, query->target);
    const struct schema_relation *relation = schema_find(tracer->schema, query->target);
    if ((tracer->has_path && query->target.schema == NULL) || tracer->has_made_trigger ||
        (table == NULL && relation == NULL))
        return false;
    if (relation != NULL && table != NULL && table->before.name == NULL)
        return true; // the change made it, under a name that was another's
    if (table != NULL && table->before.name != NULL)
        relation = schema_find(tracer->schema, table->before);
    if (relation != NULL && fires_trigger_of(tracer, relation))
        add_acting(tracer, relation->name);
    return true;
}

static bool is_action_named(struct tracer *tracer, const struct action *action)
{
    static const enum action_kind opaque[] = {ACTION_DO, ACTION_CALL, ACTION_EXECUTE};
    if (action->kind != ACTION_QUERY && action->kind != ACTION_CREATE_TABLE_AS)
        return action->kind == ACTION_ADD_COLUMN || action->kind == ACTION_ALTER_TYPE
                   ? !is_hidden(tracer, action)
                   : !is_one_of(action->kind, opaque, COUNT_OF(opaque));
    if (action->query == NULL)
        return false;
    for (size_t i = 0; i < action->query->n_inner; i++)
        if (!is_named(tracer, action->query->inner[i]))
            return false;
    return is_named(tracer, action->query);
}

void tracer_note_hidden(struct tracer *tracer, const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (tracer->trace.hidden == NULL && is_hidden(tracer, action))
            tracer->trace.hidden = trace_cause(tracer, statement);
        if (tracer->trace.unnamed == NULL && !is_action_named(tracer, action))
            tracer->trace.unnamed = trace_cause(tracer, statement);
        tracer->has_made_trigger |=
            action->kind == ACTION_CREATE_TRIGGER || action->kind == ACTION_CREATE_RULE;
    }
}

// A default that is the same in every row is not written into them.
static bool fills_rows(const struct column *definition)
{
    const char *type = definition->type.name == NULL ? "" : definition->type.name;

    return definition->is_identity || definition->generated != NULL ||
           strstr(type, "serial") != NULL ||
           (definition->default_value != NULL && !definition->default_value->is_constant);
}

bool tracer_rewrites(const struct action *action)
{
    static const enum action_kind rewriting[] = {
        ACTION_TRUNCATE,         ACTION_ALTER_TYPE,       ACTION_SET_LOGGED,
        ACTION_SET_UNLOGGED,     ACTION_SET_EXPRESSION,   ACTION_SET_ACCESS_METHOD,
        ACTION_ATTACH_PARTITION, ACTION_DETACH_PARTITION,
    };

    if (action->kind == ACTION_DROP)
        return action->object == OBJECT_TABLE;
    if (action->kind == ACTION_ADD_COLUMN)
        return action->definition != NULL && fills_rows(action->definition);
    return is_one_of(action->kind, rewriting, COUNT_OF(rewriting));
}

bool script_may_write_rows(const struct script *script)
{
    static const enum action_kind harmless[] = {
        ACTION_CREATE_INDEX,   ACTION_REINDEX, ACTION_ATTACH_INDEX,
        ACTION_ADD_ENUM_VALUE, ACTION_COMMENT, ACTION_VALIDATE_CONSTRAINT,
        ACTION_ANALYZE,        ACTION_VACUUM,  ACTION_SET_STATISTICS,
        ACTION_SET_VARIABLE,   ACTION_BEGIN,   ACTION_COMMIT,
    };

    if (script == NULL || script->n_not_understood > 0)
        return true;
    for (size_t i = 0; i < script->n_statements; i++)
        for (size_t a = 0; a < script->statements[i].n_actions; a++) {
            const struct action *action = &script->statements[i].actions[a];
            bool is_dropped_index = action->kind == ACTION_DROP && action->object == OBJECT_INDEX;
            if (!is_dropped_index && !is_one_of(action->kind, harmless, COUNT_OF(harmless)))
                return true;
        }
    return false;
}
