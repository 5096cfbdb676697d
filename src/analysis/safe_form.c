/*
 * Safe form: which action has which, and how those of one statement are put together.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/safe_form.h"
#include "analysis/safe_form_parts.h"
#include "analysis/schema_edit.h"
#include "statement/quoting.h"
#include <stdarg.h>

// --- what the families share

void step_add(TALLOC_CTX *mem, struct safe_steps *steps, enum safe_place place, const char *sql)
{
    *mem_append(mem, steps->list, steps->n) =
        (struct safe_step){.sql = sql, .place = place, .locks_strongly = place == SAFE_TRANSACTION};
}

void step_add_with_undo(TALLOC_CTX *mem, struct safe_steps *steps, enum safe_place place,
                        const char *sql, const char *undo)
{
    step_add(mem, steps, place, sql);
    steps->list[steps->n - 1].undo = undo;
}

void forming_obstruct(struct forming *forming, const char *format, ...)
{
    va_list arguments;
    if (forming->obstacle != NULL)
        return;
    va_start(arguments, format);
    forming->obstacle = mem_checked(talloc_vasprintf(forming->mem, format, arguments));
    va_end(arguments);
}

const char *forming_quote(const struct forming *forming, const char *name)
{
    return quoting_name(forming->mem, DIALECT_POSTGRES, name);
}

static bool names_table(const struct forming *forming, const char **list, size_t n)
{
    SCRATCH(tmp);
    if (forming->table == NULL)
        return n > 0; // of an unknown table: whatever it is, it is the one
    struct relation_list all = schema_descendants(tmp, forming->question->schema, forming->table);
    for (size_t k = 0; k < all.n; k++) {
        const char *name = schema_name_text(tmp, forming->question->schema, all.list[k]->name);
        for (size_t i = 0; i < n; i++) {
            if (strcmp(list[i], name) == 0)
                return true;
        }
    }
    return false;
}

bool forming_scans(const struct forming *forming)
{
    return names_table(forming, forming->effects->scans, forming->effects->n_scans);
}

bool forming_rewrites(const struct forming *forming)
{
    return names_table(forming, forming->effects->rewrites, forming->effects->n_rewrites);
}

// Does the server come to `a` before `b`?
static bool comes_before(const struct action *a, const struct action *b)
{
    int difference = action_pass(a) - action_pass(b);
    return difference != 0 ? difference < 0 : a < b;
}

// A table that nobody has told of: most have no constraint of the name that is chosen.
static const struct schema_relation *table_in(struct schema *schema, struct name name)
{
    const struct schema_relation *table = schema_find(schema, name);
    return table != NULL ? table : schema_add(schema, schema_resolve(schema, name), RELATION_TABLE);
}

// The schema itself is asked: it follows the server's rules when it is told of the action.
const char *forming_constraint_name(const struct forming *forming, const struct action *action,
                                    size_t nth)
{
    SCRATCH(tmp);
    const struct statement *statement = forming->question->statement;
    struct schema *copy = schema_copy(tmp, forming->question->schema);
    for (int pass = 0; pass <= action_pass(action); pass++) {
        for (size_t i = 0; i < statement->n_actions; i++) {
            const struct action *other = &statement->actions[i];
            if (action_pass(other) == pass && comes_before(other, action))
                schema_apply_action(copy, other);
        }
    }
    size_t n_before = table_in(copy, action->relation)->n_constraints;
    schema_apply_action(copy, action);
    const struct schema_relation *table = schema_find(copy, action->relation);
    if (table == NULL || n_before + nth >= table->n_constraints)
        return NULL;
    return mem_strdup(forming->mem, table->constraints[n_before + nth].name);
}

const char *forming_free_name(const struct forming *forming, const char *base)
{
    const char *name = base;
    for (int i = 1; forming->table != NULL && schema_find_constraint(forming->table, name); i++)
        name = mem_printf(forming->mem, "%s%d", base, i);
    return name;
}

// --- which action has which

static form_maker *maker_of(const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_ADD_CONSTRAINT: {
        enum constraint_kind kind = action->constraint->kind;
        if (kind == CONSTRAINT_UNIQUE || kind == CONSTRAINT_PRIMARY_KEY)
            return form_add_key;
        return form_add_constraint;
    }
    case ACTION_SET_NOT_NULL: return form_set_not_null;
    case ACTION_ADD_COLUMN: return form_add_column;
    case ACTION_ALTER_TYPE: return form_alter_type;
    case ACTION_CREATE_INDEX: return form_create_index;
    case ACTION_DROP: return action->object == OBJECT_INDEX ? form_drop_index : NULL;
    case ACTION_REINDEX: return form_reindex;
    case ACTION_REFRESH: return form_refresh;
    case ACTION_ATTACH_PARTITION: return form_attach;
    case ACTION_DETACH_PARTITION: return form_detach;
    default: return NULL;
    }
}

static bool is_alter_table(const struct statement *statement)
{
    const struct action *action = &statement->actions[0];
    return action->object == OBJECT_TABLE && strcmp(statement->kind, "ALTER TABLE") == 0 &&
           action->kind != ACTION_RENAME && action->kind != ACTION_RENAME_COLUMN &&
           action->kind != ACTION_RENAME_CONSTRAINT && action->kind != ACTION_SET_SCHEMA;
}

// The relation that waits: of an index, its table.
static const struct schema_relation *table_of(const struct schema *schema,
                                              const struct action *action)
{
    struct schema_index *index;
    if (action->kind == ACTION_DROP)
        return schema_find_index(schema, action->relation, &index);
    return action->relation.name == NULL ? NULL : schema_find(schema, action->relation);
}

static bool form_one(struct forming *forming, const struct action *action)
{
    const struct schema *schema = forming->question->schema;
    form_maker *maker = maker_of(action);
    if (maker == NULL)
        return false;
    forming->table = table_of(schema, action);
    if (forming->table != NULL && schema_is_new(schema, forming->table))
        return false; // nobody waits for it
    if (action->relation.name != NULL)
        forming->table_sql = quoting_relation(forming->mem, DIALECT_POSTGRES, action->relation);
    forming->instead = forming->head == NULL
                           ? NULL
                           : action_source(forming->mem, forming->question->statement, action);
    return maker(forming, action);
}

// --- putting together

static void steps_move(TALLOC_CTX *mem, struct safe_form *form, const struct safe_steps *steps)
{
    for (size_t i = 0; i < steps->n; i++)
        *mem_append(mem, form->steps, form->n_steps) = steps->list[i];
}

static const char *listed(TALLOC_CTX *mem, const char *list, const char *item)
{
    return list == NULL ? item : mem_printf(mem, "%s,\n    %s", list, item);
}

static void take_rule(struct forming *forming)
{
    for (size_t i = 0; i < forming->n_rules; i++) {
        if (strcmp(forming->rules[i], forming->rule) == 0)
            return;
    }
    *mem_append(forming->mem, forming->rules, forming->n_rules) = forming->rule;
}

// The actions that stay, each as it was written or with what takes its place.
static const char *form_actions(struct forming *forming, const struct action *only, bool *has_form)
{
    const struct statement *statement = forming->question->statement;
    const char *kept = NULL;
    size_t n_forms = 0;
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (only != NULL && only != action)
            continue;
        const char *instead =
            forming->head == NULL ? NULL : action_source(forming->mem, statement, action);
        if (form_one(forming, action)) {
            instead = forming->instead;
            take_rule(forming);
            n_forms++;
        }
        if (instead != NULL)
            kept = listed(forming->mem, kept, instead);
    }
    // DROP INDEX a, b: what has none would be left out.
    size_t n_needed = forming->head == NULL && only == NULL ? statement->n_actions : 1;
    *has_form = n_forms >= n_needed;
    return kept;
}

struct safe_form *safe_form_make(TALLOC_CTX *mem, const struct safe_question *question,
                                 const struct action *action)
{
    SCRATCH(tmp);
    const struct statement *statement = question->statement;
    bool has_form = false;
    if (schema_dialect(question->schema) != DIALECT_POSTGRES || statement->n_actions == 0)
        return NULL;
    struct safe_form *form = mem_new(mem, struct safe_form);
    struct forming forming = {
        .mem = form,
        .question = question,
        .effects = effects_predict(tmp, question->schema, statement, question->pg_version),
        .head = is_alter_table(statement) ? statement_head(form, statement) : NULL,
    };
    const char *kept = form_actions(&forming, action, &has_form);
    if (!has_form) {
        talloc_free(form);
        return NULL;
    }
    form->rules = forming.rules;
    form->n_rules = forming.n_rules;
    form->obstacle = forming.obstacle;
    steps_move(form, form, &forming.before);
    if (kept != NULL) {
        struct safe_steps alter = {0};
        step_add_with_undo(form, &alter, SAFE_TRANSACTION,
                           mem_printf(form, "%s %s", forming.head, kept), forming.undo);
        alter.list[0].drop = forming.drop;
        steps_move(form, form, &alter);
    }
    steps_move(form, form, &forming.validate);
    steps_move(form, form, &forming.behind);
    return form;
}

static const char *place_comment(const struct safe_form *form, size_t i)
{
    enum safe_place before = i == 0 ? SAFE_TRANSACTION : form->steps[i - 1].place;
    enum safe_place place = form->steps[i].place;
    if (form->steps[i].sql[0] == '-')
        return ""; // says more itself
    if (place == SAFE_OUTSIDE)
        return before == place ? "" : "-- outside any transaction:\n";
    if (place == before)
        return "";
    return place == SAFE_OWN_TRANSACTION ? "-- in a transaction of its own:\n"
                                         : "-- then, in a transaction again:\n";
}

char *safe_form_text(TALLOC_CTX *mem, const struct safe_question *question,
                     const struct action *action)
{
    SCRATCH_PACKED(tmp);
    struct safe_form *form = safe_form_make(tmp, question, action);
    if (form == NULL || form->n_steps == 0)
        return NULL;
    char *text = mem_strdup(tmp, "");
    for (size_t i = 0; i < form->n_steps; i++)
        text = mem_printf(tmp, "%s%s%s%s;", text, i > 0 ? "\n" : "", place_comment(form, i),
                          form->steps[i].sql);
    return mem_strdup(mem, text);
}
