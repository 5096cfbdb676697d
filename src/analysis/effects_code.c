/*
 * Code: what the statements in a DO block, a procedure or a function do together.
 *
 * A function's body is read when a statement calls it, as the schema knows it there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"
#include "statement/reader.h"

enum { BODIES_MAX = 32 }; // that one statement looks into: functions call functions

static void predict_statements(struct prediction *p, const struct statement *statements, size_t n)
{
    struct schema *working = schema_copy(p->tmp, p->schema);
    for (size_t i = 0; i < n; i += 1 + statements[i].n_inner) {
        struct prediction part = *p;
        part.schema = working;
        part.statement = &statements[i];
        predict_postgres(&part);
        schema_apply(working, &statements[i]);
    }
}

// What one of them leaves unknown is said at that one.
void predict_code(struct prediction *p, const struct statement *inner, size_t n)
{
    const char *unknown_reason = p->effects->unknown_reason;
    predict_statements(p, inner, n);
    p->effects->unknown_reason = unknown_reason;
}

static void predict_body(struct prediction *p, const char *what, const struct script *body)
{
    const char *unknown_reason = p->effects->unknown_reason;
    struct prediction within = *p;
    within.is_in_body = true;
    p->effects->unknown_reason = NULL;
    predict_statements(&within, body->statements, body->n_statements);
    if (p->effects->unknown_reason == NULL && body->n_not_understood > 0)
        predict_unknown(p, "%s", body->not_understood[0].reason);
    const char *reason = p->effects->unknown_reason;
    p->effects->unknown_reason = unknown_reason;
    if (reason != NULL) // the first call is named, and what is not known in the end
        predict_unknown(p, "%s%s%s", p->is_in_body ? "" : what, p->is_in_body ? "" : ": ", reason);
}

static void predict_function(struct prediction *p, const struct schema_function *function,
                             const char *what)
{
    const char *why;
    if (++p->effects->n_bodies > BODIES_MAX) {
        predict_unknown(p, "functions that call too many others");
        return;
    }
    const struct script *body = reader_read_body(p->tmp, function->language, function->body, &why);
    if (body == NULL)
        predict_unknown(p, "%s: %s", what, why);
    else
        predict_body(p, what, body);
}

void predict_call(struct prediction *p, struct name name, const char *how)
{
    const char *what = mem_printf(p->tmp, "%s %s()", how, name.name);
    const struct schema_function *function = schema_find_function(p->schema, name);
    if (function == NULL)
        predict_unknown(p, "%s: what it does is not known before it runs", what);
    else
        predict_function(p, function, what);
}

// --- a body that is checked when it is made

static void predict_named(struct prediction *p, const struct postgres_fact *fact,
                          const struct query *query)
{
    predict_reads(p, fact, query);
    if (query->target.name)
        predict_role_name(p, fact, ROLE_WRITTEN, query->target);
}

static void predict_checked(struct prediction *p, const struct postgres_fact *fact,
                            const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct query *query = statement->actions[i].query;
        if (statement->actions[i].kind != ACTION_QUERY)
            continue;
        predict_named(p, fact, query);
        for (size_t k = 0; k < query->n_inner; k++)
            predict_named(p, fact, query->inner[k]);
    }
}

void predict_create_function(struct prediction *p)
{
    const char *language = p->action->language, *why;
    if (language == NULL || strcmp(language, "sql") != 0 || p->action->body == NULL) {
        predict_form(p, FORM_CREATE_FUNCTION);
        return;
    }
    const struct postgres_fact *fact = predict_form(p, FORM_CREATE_SQL_FUNCTION);
    const struct script *body = reader_read_body(p->tmp, language, p->action->body, &why);
    for (size_t i = 0; body != NULL && i < body->n_statements; i++)
        predict_checked(p, fact, &body->statements[i]);
}

// --- triggers

static bool is_assigned(const struct query *query, const struct trigger_definition *trigger)
{
    for (size_t i = 0; i < query->n_assignments; i++) {
        for (size_t k = 0; k < trigger->n_columns; k++) {
            if (strcmp(query->assignments[i].column, trigger->columns[k]) == 0)
                return true;
        }
    }
    return trigger->n_columns == 0;
}

static bool fires(const struct schema_trigger *trigger, const struct query *query)
{
    const struct trigger_definition *definition = trigger->definition;
    if (trigger->is_disabled || definition == NULL || trigger->function == NULL)
        return false;
    bool updates = query->verb == QUERY_UPDATE || query->conflict == CONFLICT_UPDATE;
    bool inserts = query->verb == QUERY_INSERT || query->verb == QUERY_COPY;
    bool merges = query->verb == QUERY_MERGE;
    return (definition->on_insert && (inserts || merges)) ||
           (definition->on_update && (updates || merges) && is_assigned(query, definition)) ||
           (definition->on_delete && (query->verb == QUERY_DELETE || query->merge_deletes));
}

// A function of the server's own, or of an extension, is taken to change no other table.
void predict_triggers(struct prediction *p, const struct schema_relation *target,
                      const struct query *query)
{
    for (size_t i = 0; i < target->n_triggers; i++) {
        const struct schema_trigger *trigger = &target->triggers[i];
        if (!fires(trigger, query))
            continue;
        const char *dot = strchr(trigger->function, '.');
        struct name name = {.name = dot == NULL ? trigger->function : dot + 1};
        if (dot != NULL)
            name.schema = mem_strndup(p->tmp, trigger->function, (size_t)(dot - trigger->function));
        const struct schema_function *function = schema_find_function(p->schema, name);
        if (function != NULL)
            predict_function(p, function,
                             mem_printf(p->tmp, "trigger %s runs %s()", trigger->name, name.name));
    }
}
