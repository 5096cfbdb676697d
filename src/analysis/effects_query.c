/*
 * Queries: what SELECT, INSERT, UPDATE, DELETE, MERGE and COPY lock, and whose values and rows they
 * take away.
 *
 * A foreign key's check takes ROW SHARE on the referenced table at the first row that is written;
 * that some row is written is assumed, because the text cannot tell.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

enum { VIEW_DEPTH_MAX = 32, CASCADE_DEPTH_MAX = 32 };

// A view's own relations are opened with it, a table's partitions and children too.
static void lock_read(struct prediction *p, struct name name, enum lock_mode mode,
                      const struct expression *where, int depth)
{
    predict_lock_name(p, name, mode);
    const struct schema_relation *relation = schema_find(p->schema, name);
    if (!relation || depth > VIEW_DEPTH_MAX)
        return;
    struct relation_list below = {0};
    if (relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED)
        below = schema_descendants(p->tmp, p->schema, relation);
    for (size_t i = 1; i < below.n; i++) {
        if (!partition_is_pruned(p->schema, below.list[i], where))
            predict_lock(p, below.list[i], mode);
    }
    for (size_t i = 0; relation->kind == RELATION_VIEW && i < relation->n_reads; i++)
        lock_read(p, relation->reads[i], mode, NULL, depth + 1);
}

static bool is_locked(const struct query *query, struct name name)
{
    bool is = query->is_locking && !query->n_locked;
    for (size_t i = 0; i < query->n_locked; i++)
        is |= name_equals(query->locked[i], name, false);
    return is;
}

void predict_reads(struct prediction *p, const struct postgres_fact *fact,
                   const struct query *query)
{
    const struct fact_effect *effect = postgres_fact_effect(fact, ROLE_READ);
    for (size_t i = 0; effect && i < query->n_reads; i++) {
        if (is_locked(query, query->reads[i]))
            effect = postgres_fact_effect(predict_form(p, FORM_SELECT_FOR_UPDATE), ROLE_READ);
        else
            effect = postgres_fact_effect(fact, ROLE_READ);
        lock_read(p, query->reads[i], effect->mode, query->n_reads == 1 ? query->where : NULL, 0);
    }
}

void predict_lock_view(struct prediction *p, struct name view, enum lock_mode mode)
{
    lock_read(p, view, mode, NULL, 0);
}

// --- foreign keys

static bool is_written_null(const struct query *query, const char *column)
{
    for (size_t i = 0; i < query->n_columns && i < query->n_outputs; i++) {
        if (strcmp(query->columns[i], column) == 0)
            return query->outputs[i].is_null;
    }
    return false;
}

// Does the INSERT give the key's columns values, or do their defaults?
static bool insert_fills_key(const struct prediction *p, const struct schema_relation *target,
                             const struct query *query, const struct schema_constraint *key)
{
    for (size_t i = 0; i < key->n_columns; i++) {
        const struct schema_column *column = schema_find_column(target, key->columns[i]);
        bool is_listed = !query->has_default_values &&
                         (!query->n_columns || list_contains(p->schema, query->columns,
                                                             query->n_columns, key->columns[i]));
        if (is_listed && is_written_null(query, key->columns[i]))
            return false;
        if (!is_listed && !(column && column->has_default))
            return false;
    }
    return true;
}

static const struct assignment *assignment_to(const struct query *query, const char *column)
{
    for (size_t i = 0; i < query->n_assignments; i++) {
        if (strcmp(query->assignments[i].column, column) == 0)
            return &query->assignments[i];
    }
    return NULL;
}

static bool update_fills_key(const struct query *query, const struct schema_constraint *key)
{
    bool is_assigned = false;
    for (size_t i = 0; i < key->n_columns; i++) {
        const struct assignment *assignment = assignment_to(query, key->columns[i]);
        if (assignment && assignment->value.is_null)
            return false;
        is_assigned |= assignment != NULL;
    }
    return is_assigned;
}

static void lock_for_key_checks(struct prediction *p, const struct postgres_fact *fact,
                                const struct schema_relation *target, const struct query *query)
{
    bool inserts = query->verb == QUERY_INSERT || query->verb == QUERY_COPY ||
                   (query->verb == QUERY_MERGE && query->has_values);
    for (size_t i = 0; i < target->n_constraints; i++) {
        const struct schema_constraint *key = &target->constraints[i];
        if (key->kind != CONSTRAINT_FOREIGN_KEY)
            continue;
        if ((inserts && insert_fills_key(p, target, query, key)) || update_fills_key(query, key))
            predict_role_name(p, fact, ROLE_REFERENCED,
                              key->references); // which partition, the rows tell
    }
}

static bool changes_rows(const char *on_action)
{
    return on_action && (strcmp(on_action, "CASCADE") == 0 || strncmp(on_action, "SET", 3) == 0);
}

// Rows of others that refer to what is deleted: looked for, deleted, or set to NULL.
static void lock_for_delete(struct prediction *p, const struct schema_relation *target, int depth)
{
    struct relation_list others = schema_referencing(p->tmp, p->schema, target->name);
    for (size_t i = 0; i < others.n && depth < CASCADE_DEPTH_MAX; i++) {
        const struct schema_relation *other = others.list[i];
        for (size_t k = 0; k < other->n_constraints; k++) {
            const struct schema_constraint *key = &other->constraints[k];
            if (!constraint_references(p->schema, key, target->name, NULL))
                continue;
            enum postgres_form form =
                changes_rows(key->on_delete) ? FORM_DELETE_CASCADE : FORM_DELETE;
            predict_role(p, predict_form(p, form), ROLE_REFERENCING, other);
            if (key->on_delete && strcmp(key->on_delete, "CASCADE") == 0) {
                predict_destroy(p, other->name, NULL, "rows");
                lock_for_delete(p, other, depth + 1);
            }
        }
    }
}

static bool is_referenced_column_set(const struct schema_constraint *key, const struct query *query)
{
    for (size_t i = 0; i < key->n_referenced; i++) {
        if (assignment_to(query, key->referenced[i]))
            return true;
    }
    return false;
}

static void lock_for_update(struct prediction *p, const struct schema_relation *target,
                            const struct query *query)
{
    struct relation_list others = schema_referencing(p->tmp, p->schema, target->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            const struct schema_constraint *key = &others.list[i]->constraints[k];
            if (!constraint_references(p->schema, key, target->name, NULL) ||
                !is_referenced_column_set(key, query))
                continue;
            enum postgres_form form =
                changes_rows(key->on_update) ? FORM_UPDATE_KEY_CASCADE : FORM_UPDATE_KEY;
            predict_role(p, predict_form(p, form), ROLE_REFERENCING, others.list[i]);
        }
    }
}

// --- sequences

void predict_sequence_call(struct prediction *p, const char *text)
{
    static const char *const calls[] = {"nextval(", "setval("};
    for (size_t i = 0; text && i < COUNT_OF(calls); i++) {
        const char *at = strcasestr(text, calls[i]);
        if (!at || at[strlen(calls[i])] != '\'')
            continue;
        at += strlen(calls[i]) + 1;
        char *name = mem_strndup(p->tmp, at, strcspn(at, "'"));
        char *dot = strchr(name, '.');
        if (dot)
            *dot++ = '\0';
        predict_role_name(p, predict_form(p, FORM_SEQUENCE_CALL), ROLE_SEQUENCE,
                          dot ? (struct name){name, dot} : (struct name){NULL, name});
    }
}

// A column that the INSERT leaves out takes its default, perhaps from a sequence.
static void lock_default_sequences(struct prediction *p, const struct postgres_fact *fact,
                                   const struct schema_relation *target, const struct query *query)
{
    for (size_t i = 0; i < target->n_columns; i++) {
        const struct schema_column *column = &target->columns[i];
        if (!query->has_default_values &&
            (!query->n_columns ||
             list_contains(p->schema, query->columns, query->n_columns, column->name)))
            continue;
        predict_sequence_call(p, column->default_text);
        if (column->owned_sequence)
            predict_role_name(p, fact, ROLE_SEQUENCE,
                              (struct name){target->name.schema, column->owned_sequence});
    }
}

// --- losses

static void destroy_values(struct prediction *p, const struct query *query,
                           const struct schema_relation *target)
{
    for (size_t i = 0; i < query->n_assignments; i++) {
        const char *name = query->assignments[i].column;
        const struct schema_column *column = target ? schema_find_column(target, name) : NULL;
        bool is_new = column && column->created_in && column->created_in == p->schema->migration;
        if (!is_new)
            predict_destroy(p, query->target, name, "values");
    }
}

static bool reads_every_row(const struct query *query)
{
    return !query->where || query->where->is_true;
}

static enum postgres_form form_of(const struct query *query)
{
    switch (query->verb) {
    case QUERY_COPY: return query->copies_to ? FORM_COPY_TO : FORM_INSERT;
    case QUERY_INSERT: return FORM_INSERT;
    case QUERY_UPDATE: return FORM_UPDATE;
    case QUERY_DELETE: return FORM_DELETE;
    case QUERY_MERGE: return FORM_MERGE;
    case QUERY_SELECT:
    case QUERY_VALUES: break;
    }
    return FORM_SELECT;
}

// The relation that is written, with what is below a view or a table.
static void lock_target(struct prediction *p, const struct postgres_fact *fact,
                        const struct query *query, const struct schema_relation *target)
{
    bool is_wide =
        query->verb == QUERY_UPDATE || query->verb == QUERY_DELETE || query->verb == QUERY_MERGE;
    bool is_view = target && target->kind == RELATION_VIEW;
    if (is_view || (is_wide && !query->target_only))
        lock_read(p, query->target, postgres_fact_effect(fact, ROLE_TABLE)->mode,
                  query->n_reads == 0 ? query->where : NULL, 0);
    else
        predict_role_name(p, fact, ROLE_TABLE, query->target); // which partition, the rows tell
    if (is_wide && query->verb != QUERY_MERGE && reads_every_row(query) && query->n_reads == 0)
        predict_scan_name(p, query->target);
}

static const char *event_of(const struct query *query)
{
    switch ((int)query->verb) {
    case QUERY_INSERT: return "INSERT";
    case QUERY_UPDATE: return "UPDATE";
    case QUERY_DELETE: return "DELETE";
    default: return NULL; // COPY and MERGE know no rules
    }
}

// What rules on the table write besides. True: instead.
static bool predict_rules(struct prediction *p, const struct query *query,
                          const struct schema_relation *target)
{
    const char *event = event_of(query);
    bool is_instead = false;
    for (size_t i = 0; target && event && i < target->n_members; i++) {
        const struct schema_member *rule = &target->members[i];
        if (rule->object != OBJECT_RULE || !rule->event || strcmp(rule->event, event) != 0)
            continue;
        const struct postgres_fact *fact = predict_form(p, FORM_RULED);
        predict_role_name(p, fact, ROLE_TABLE, query->target);
        for (size_t k = 0; k < rule->n_writes; k++)
            predict_role_name(p, fact, ROLE_WRITTEN, rule->writes[k]);
        is_instead |= rule->is_instead;
    }
    return is_instead;
}

static void predict_write(struct prediction *p, const struct postgres_fact *fact,
                          const struct query *query)
{
    const struct schema_relation *target = schema_find(p->schema, query->target);
    if (predict_rules(p, query, target))
        return;
    lock_target(p, fact, query, target);
    if (query->verb == QUERY_DELETE)
        predict_destroy(p, query->target, NULL, "rows");
    destroy_values(p, query, target);
    if (!target)
        return;
    if (query->verb == QUERY_DELETE)
        lock_for_delete(p, target, 0);
    else
        lock_for_key_checks(p, fact, target, query);
    if (query->verb == QUERY_INSERT || query->verb == QUERY_COPY ||
        (query->verb == QUERY_MERGE && query->has_values))
        lock_default_sequences(p, fact, target, query);
    lock_for_update(p, target, query);
    predict_triggers(p, target, query);
}

// A function of the user in a SELECT does what its body does; those of sequences are known.
static void predict_calls(struct prediction *p, const struct query *query)
{
    for (size_t i = 0; i < query->n_outputs; i++)
        predict_sequence_call(p, query->outputs[i].text);
    for (size_t i = 0; i < query->n_calls; i++) {
        const struct schema_function *function = schema_find_function(p->schema, query->calls[i]);
        if (function && function->volatility == 'v')
            predict_call(p, query->calls[i], "SELECT of");
    }
}

// CREATE RULE opens what its actions read and write.
void predict_create_rule(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, FORM_CREATE_RULE);
    predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    for (size_t i = 0; i < p->action->n_rule_queries; i++) {
        predict_reads(p, fact, p->action->rule_queries[i]);
        predict_role_name(p, fact, ROLE_WRITTEN, p->action->rule_queries[i]->target);
    }
}

static void predict_one_query(struct prediction *p, const struct query *query)
{
    const struct postgres_fact *fact = predict_form(p, form_of(query));
    predict_reads(p, fact, query);
    if (query->target.name)
        predict_write(p, fact, query);
    else if (query->verb == QUERY_SELECT)
        predict_calls(p, query);
}

void predict_query(struct prediction *p)
{
    const struct query *query = p->action->query;
    predict_one_query(p, query);
    for (size_t i = 0; i < query->n_inner; i++)
        predict_one_query(p, query->inner[i]);
}
