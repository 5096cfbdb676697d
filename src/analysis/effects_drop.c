/*
 * Drops and TRUNCATE: everything that goes along, and everything that a dropped key referred to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

#include <ctype.h>

// A partition's parent loses it: parent and default partition are locked too.
static void lock_partition_parents(struct prediction *p, const struct schema_relation *relation)
{
    if (!relation->is_partition)
        return;
    const struct postgres_fact *fact = predict_form(p, FORM_DROP_PARTITION);
    for (size_t i = 0; i < relation->n_parents; i++) {
        predict_role_name(p, fact, ROLE_PARENT, relation->parents[i]);
        const struct schema_relation *parent = schema_find(p->schema, relation->parents[i]);
        struct relation_list below = {0};
        if (parent)
            below = schema_descendants(p->tmp, p->schema, parent);
        for (size_t k = 0; k < below.n; k++) {
            if (below.list[k]->is_default_partition)
                predict_role(p, fact, ROLE_DEFAULT_PARTITION, below.list[k]);
        }
    }
}

static const char *loss_of(enum relation_kind kind)
{
    static const char *const names[] = {[RELATION_TABLE] = "table",
                                        [RELATION_PARTITIONED] = "table",
                                        [RELATION_VIEW] = "view",
                                        [RELATION_MATERIALIZED_VIEW] = "materialized view",
                                        [RELATION_INDEX] = "index",
                                        [RELATION_SEQUENCE] = "sequence",
                                        [RELATION_FOREIGN_TABLE] = "foreign table",
                                        [RELATION_COMPOSITE] = "type"};
    return names[kind];
}

// Tables whose columns take their defaults from a sequence: those go with it.
static void lock_takers(struct prediction *p, const struct postgres_fact *fact,
                        struct name sequence)
{
    if (!postgres_fact_effect(fact, ROLE_TAKER))
        return;
    for (struct schema_relation *r = schema_next(p->schema, NULL); r;
         r = schema_next(p->schema, r)) {
        for (size_t i = 0; i < r->n_columns; i++) {
            if (column_takes_from(p->schema, &r->columns[i], sequence))
                predict_role(p, fact, ROLE_TAKER, r);
        }
    }
}

struct drop_form {
    enum postgres_form plain, cascade;
    enum fact_role role;
};

static struct drop_form form_of(enum object_kind object)
{
    if (object == OBJECT_VIEW || object == OBJECT_MATERIALIZED_VIEW)
        return (struct drop_form){FORM_DROP_VIEW, FORM_DROP_VIEW_CASCADE, ROLE_VIEW};
    if (object == OBJECT_SEQUENCE)
        return (struct drop_form){FORM_DROP_SEQUENCE, FORM_DROP_SEQUENCE_CASCADE, ROLE_SEQUENCE};
    return (struct drop_form){FORM_DROP_TABLE, FORM_DROP_TABLE_CASCADE, ROLE_TABLE};
}

static enum fact_role role_of_gone(const struct schema_relation *gone,
                                   const struct schema_relation *relation, enum fact_role own)
{
    if (gone == relation)
        return own;
    if (gone->kind == RELATION_VIEW || gone->kind == RELATION_MATERIALIZED_VIEW)
        return ROLE_DEPENDENT_VIEW;
    return gone->is_partition ? ROLE_PARTITION : ROLE_CHILD;
}

// The relation and all that goes with it; `own` is what it is to the statement.
static void predict_relation_gone(struct prediction *p, const struct postgres_fact *fact,
                                  const struct schema_relation *relation, enum fact_role own)
{
    bool cascade = p->action->cascade;
    struct relation_list gone = schema_dropped_with(p->tmp, p->schema, relation, cascade);
    lock_partition_parents(p, relation);
    for (size_t i = 0; i < gone.n; i++) {
        predict_role_dropped(p, fact, role_of_gone(gone.list[i], relation, own), gone.list[i]);
        predict_destroy(p, gone.list[i]->name, NULL, loss_of(gone.list[i]->kind));
        struct relation_list others = {0};
        if (cascade)
            others = schema_referencing(p->tmp, p->schema, gone.list[i]->name);
        for (size_t k = 0; k < others.n; k++)
            predict_role(p, fact, ROLE_REFERENCING, others.list[k]);
    }
    lock_takers(p, fact, relation->name);
}

static void drop_relation(struct prediction *p)
{
    const struct action *action = p->action;
    const struct schema_relation *relation = schema_find(p->schema, action->relation);
    if (!relation && action->if_exists && predict_knows_all(p)) {
        predict_form(p, FORM_DROP_MISSING);
        return;
    }
    struct drop_form form = form_of(action->object);
    const struct postgres_fact *fact = predict_form(p, action->cascade ? form.cascade : form.plain);
    if (relation) {
        predict_relation_gone(p, fact, relation, form.role);
        return;
    }
    predict_role_name(p, fact, form.role, action->relation);
    predict_destroy(p, action->relation, NULL, object_kind_name(action->object));
}

static void drop_index(struct prediction *p)
{
    const struct action *action = p->action;
    struct schema_index *index;
    const struct schema_relation *table = schema_find_index(p->schema, action->relation, &index);
    if (!table && action->if_exists && predict_knows_all(p)) {
        predict_form(p, FORM_DROP_MISSING);
        return;
    }
    const struct postgres_fact *fact =
        predict_form(p, action->concurrently ? FORM_DROP_INDEX_CONCURRENTLY : FORM_DROP_INDEX);
    if (!table) {
        predict_role_name(p, fact, ROLE_INDEX, action->relation); // its table is not known
        predict_destroy(p, action->relation, NULL, "index");
        return;
    }
    struct relation_list below = {0};
    if (table->kind == RELATION_PARTITIONED)
        below = schema_descendants(p->tmp, p->schema, table);
    predict_role(p, fact, ROLE_TABLE, table);
    predict_role_index(p, fact, ROLE_INDEX, table, index);
    for (size_t i = 1; i < below.n; i++) {
        const struct schema_index *own = schema_index_twin(p->schema, below.list[i], index);
        predict_role(p, fact, ROLE_PARTITION, below.list[i]);
        if (own)
            predict_role_index(p, fact, ROLE_INDEX, below.list[i], own);
    }
    if (!index->created_in || index->created_in != p->schema->migration)
        predict_destroy(p, (struct name){table->name.schema, index->name}, NULL, "index");
}

static void drop_type(struct prediction *p)
{
    if (!p->action->cascade)
        return;
    const struct postgres_fact *fact = predict_form(p, FORM_DROP_TYPE_CASCADE);
    for (struct schema_relation *r = schema_next(p->schema, NULL); r;
         r = schema_next(p->schema, r)) {
        for (size_t i = 0; i < r->n_columns; i++) {
            if (r->kind == RELATION_VIEW ||
                !type_rests_on(p->schema, r->columns[i].type, p->action->relation))
                continue;
            predict_role(p, fact, ROLE_TYPE_USER, r);
            predict_column_gone(p, fact, r, &r->columns[i]);
            predict_destroy(p, r->name, r->columns[i].name, "column");
        }
    }
}

// Does the text call the function?
static bool text_calls(const char *text, const char *function)
{
    size_t len = strlen(function);
    for (const char *at = text ? strcasestr(text, function) : NULL; at;
         at = strcasestr(at + 1, function)) {
        bool begins = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        const char *behind = at + len + strspn(at + len, "\" ");
        if (begins && *behind == '(')
            return true;
    }
    return false;
}

static bool index_calls(const struct schema_index *index, const char *function)
{
    bool calls = text_calls(index->predicate_text, function);
    for (size_t i = 0; i < index->n_columns; i++)
        calls |= index->columns[i].expression &&
                 text_calls(index->columns[i].expression->text, function);
    return calls;
}

// CHECKs, defaults and indexes that call the function go with it.
static void drop_callers(struct prediction *p, const struct postgres_fact *fact,
                         const struct schema_relation *relation)
{
    const char *function = p->action->relation.name;
    bool calls = false;
    for (size_t i = 0; i < relation->n_constraints; i++)
        calls |= text_calls(relation->constraints[i].check_text, function);
    for (size_t i = 0; i < relation->n_columns; i++)
        calls |= text_calls(relation->columns[i].default_text, function);
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (!index_calls(&relation->indexes[i], function))
            continue;
        calls = true;
        predict_role_index(p, fact, ROLE_INDEX, relation, &relation->indexes[i]);
    }
    if (calls)
        predict_role(p, fact, ROLE_CALLER, relation);
}

static void drop_function(struct prediction *p)
{
    const struct postgres_fact *fact =
        predict_form(p, p->action->cascade ? FORM_DROP_FUNCTION_CASCADE : FORM_CREATE_FUNCTION);
    struct relation_list tables = {0};
    if (p->action->cascade)
        tables = schema_triggered_by(p->tmp, p->schema, p->action->relation);
    for (size_t i = 0; i < tables.n; i++)
        predict_role(p, fact, ROLE_CALLER, tables.list[i]);
    for (struct schema_relation *r = schema_next(p->schema, NULL); p->action->cascade && r;
         r = schema_next(p->schema, r))
        drop_callers(p, fact, r);
}

static void drop_schema(struct prediction *p)
{
    if (!p->action->cascade)
        return;
    const struct postgres_fact *fact = predict_form(p, FORM_DROP_SCHEMA_CASCADE);
    for (struct schema_relation *r = schema_next(p->schema, NULL); r;
         r = schema_next(p->schema, r)) {
        bool is_inside = schema_same(p->schema, r->name.schema, p->action->relation.name);
        if (is_inside && r->kind != RELATION_INDEX)
            predict_relation_gone(p, fact, r, ROLE_CONTENT);
    }
    if (!predict_knows_all(p))
        predict_unknown(p, "DROP SCHEMA CASCADE: what is in schema %s is not fully known",
                        p->action->relation.name);
}

// It does not name its table.
static void drop_statistics(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, FORM_DROP_STATISTICS);
    for (struct schema_relation *r = schema_next(p->schema, NULL); r;
         r = schema_next(p->schema, r)) {
        for (size_t i = 0; i < r->n_members; i++) {
            if (r->members[i].object == OBJECT_STATISTICS &&
                schema_same(p->schema, r->members[i].name, p->action->relation.name))
                predict_role(p, fact, ROLE_TABLE, r);
        }
    }
}

void predict_drop(struct prediction *p)
{
    switch ((int)p->action->object) {
    case OBJECT_TABLE:
    case OBJECT_VIEW:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_SEQUENCE:
    case OBJECT_FOREIGN_TABLE: drop_relation(p); return;
    case OBJECT_INDEX: drop_index(p); return;
    case OBJECT_TYPE:
    case OBJECT_ENUM:
    case OBJECT_DOMAIN:
    case OBJECT_COMPOSITE:
    case OBJECT_RANGE: drop_type(p); return;
    case OBJECT_FUNCTION:
    case OBJECT_PROCEDURE: drop_function(p); return;
    case OBJECT_SCHEMA: drop_schema(p); return;
    case OBJECT_STATISTICS: drop_statistics(p); return;
    case OBJECT_EXTENSION:
        if (p->action->cascade)
            predict_unknown(p, "DROP EXTENSION CASCADE: what depends on it is not known");
        return;
    case OBJECT_ROLE:
        if (p->action->option && strcmp(p->action->option, "owned") == 0)
            predict_unknown(p, "DROP OWNED: what the role owns is not known");
        return;
    default: return;
    }
}

void predict_drop_trigger(struct prediction *p)
{
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    bool exists = false;
    for (size_t i = 0; relation && i < relation->n_triggers; i++)
        exists |= schema_same(p->schema, relation->triggers[i].name, p->action->member);
    // Measured: a trigger that is not there leaves no lock behind.
    if (!exists && p->action->if_exists && predict_knows_all(p))
        return;
    predict_role_targets(p, predict_form(p, FORM_DROP_TRIGGER));
}

// A policy or rule. A catalog's are not known, so only a table of this history can lack one.
void predict_drop_member(struct prediction *p)
{
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    bool is_absent =
        !relation || (relation->created_in && !schema_find_member(p->schema, relation, p->action));
    if (is_absent && p->action->if_exists && predict_knows_all(p))
        return;
    predict_role_name(
        p, predict_form(p, p->action->object == OBJECT_RULE ? FORM_DROP_RULE : FORM_POLICY),
        ROLE_TABLE, p->action->relation);
}

// --- TRUNCATE

static void predict_emptied(struct prediction *p, const struct postgres_fact *fact,
                            enum fact_role role, const struct schema_relation *relation)
{
    predict_role(p, fact, role, relation);
    if (relation->kind != RELATION_PARTITIONED) // its indexes have no storage
        predict_role_indexes(p, fact, ROLE_INDEX, relation);
    predict_destroy(p, relation->name, NULL, "rows");
    if (p->action->restart_identity)
        predict_role_sequences(p, predict_form(p, FORM_TRUNCATE_RESTART_IDENTITY), relation, NULL);
}

void predict_truncate(struct prediction *p)
{
    const struct postgres_fact *fact =
        predict_form(p, p->action->cascade ? FORM_TRUNCATE_CASCADE : FORM_TRUNCATE);
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    size_t n_named = list.n;
    if (!list.n) {
        predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
        predict_destroy(p, p->action->relation, NULL, "rows");
        if (p->action->cascade)
            predict_unknown(p, "TRUNCATE CASCADE: which tables refer to %s is not known",
                            p->action->relation.name);
    }
    for (size_t i = 0; i < list.n; i++) { // the list grows: those who refer are emptied too
        predict_emptied(p, fact, i < n_named ? target_role(list, i) : ROLE_REFERENCING,
                        list.list[i]);
        struct relation_list others = {0};
        if (p->action->cascade)
            others = schema_referencing(p->tmp, p->schema, list.list[i]->name);
        for (size_t k = 0; k < others.n; k++) {
            struct relation_list below = schema_descendants(p->tmp, p->schema, others.list[k]);
            for (size_t m = 0; m < below.n; m++)
                list_add(p->tmp, &list, below.list[m]);
        }
    }
}
