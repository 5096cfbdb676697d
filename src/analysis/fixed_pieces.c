/*
 * Pieces: the walk over an up that puts safe forms in their statements' places.
 *
 * What a form does behind its first transaction waits until a statement depends on it, or until the
 * end. So one file holds all that is short, and what is long comes behind it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/fixed_pieces.h"
#include "analysis/safe_form.h"
#include "analysis/size.h"
#include "base/text.h"

#define PART_PREFIX "part " // of what a boundary is called

// What is still to be done for one statement.
struct waiting {
    const struct effects *effects; // of the statement
    struct safe_step *steps;
    size_t n;
    bool makes_key; // others may rest on what it makes
};

struct walk {
    TALLOC_CTX *tmp;
    const struct assessment *assessment;
    const struct script *script;
    const struct migration_text *text;
    struct schema *schema;
    struct fixed_pieces *out;
    struct waiting *waiting;
    size_t n_waiting;
    size_t n_boundaries;
};

static void piece_add(struct walk *walk, enum piece_kind kind, const char *sql, bool locks_strongly)
{
    struct fixed_pieces *out = walk->out;
    *mem_append(out->mem, out->list, out->n) =
        (struct fixed_piece){.kind = kind, .sql = sql, .locks_strongly = locks_strongly};
}

static void step_take(struct walk *walk, struct safe_step step)
{
    static const enum piece_kind kinds[] = {[SAFE_TRANSACTION] = PIECE_CHANGE,
                                            [SAFE_OWN_TRANSACTION] = PIECE_VALIDATION,
                                            [SAFE_OUTSIDE] = PIECE_OUTSIDE};
    piece_add(walk, kinds[step.place], step.sql, step.locks_strongly);
    walk->out->list[walk->out->n - 1].undo = step.undo;
}

// A new file begins: what was created until now is not new in it.
static void boundary(struct walk *walk)
{
    schema_begin_migration(walk->schema,
                           mem_printf(walk->out->mem, PART_PREFIX "%zu", ++walk->n_boundaries));
}

// Of each that waits, the steps of one kind that are next. Gives how many there were.
static size_t take_next(struct walk *walk, enum safe_place place)
{
    size_t n = 0;
    for (size_t i = 0; i < walk->n_waiting; i++) {
        struct waiting *waiting = &walk->waiting[i];
        for (; waiting->n > 0 && waiting->steps[0].place == place; n++) {
            step_take(walk, *waiting->steps++);
            waiting->n--;
        }
    }
    return n;
}

static void flush(struct walk *walk)
{
    size_t n;
    if (walk->n_waiting == 0)
        return;
    do {
        n = take_next(walk, SAFE_OWN_TRANSACTION);
        n += take_next(walk, SAFE_OUTSIDE);
        n += take_next(walk, SAFE_TRANSACTION);
    } while (n > 0);
    walk->n_waiting = 0;
    boundary(walk);
}

// Does nothing to what is there, but for what it names itself.
static bool is_additive(const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_ADD_CONSTRAINT: return action->constraint->using_index == NULL;
    case ACTION_COMMENT: return action->object == OBJECT_TABLE || action->object == OBJECT_COLUMN;
    case ACTION_ADD_COLUMN:
    case ACTION_SET_DEFAULT:
    case ACTION_SET_NOT_NULL:
    case ACTION_CREATE_INDEX:
    case ACTION_CREATE_TABLE:
    case ACTION_CREATE_VIEW:
    case ACTION_CREATE_TRIGGER: return true;
    case ACTION_DROP: return action->object == OBJECT_INDEX;
    default: return false;
    }
}

static bool statement_is_additive(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        if (!is_additive(&statement->actions[i]))
            return false;
    }
    return true;
}

// It names an index or a constraint, which may be what waits to be made.
static bool names_made(const struct walk *walk, const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        const struct schema_relation *relation =
            action->relation.name == NULL ? NULL : schema_find(walk->schema, action->relation);
        bool is_index = action->object == OBJECT_INDEX ||
                        (relation != NULL && relation->kind == RELATION_INDEX);
        if ((is_index && action->kind != ACTION_DROP && action->kind != ACTION_CREATE_INDEX) ||
            (action->kind == ACTION_COMMENT && action->object == OBJECT_CONSTRAINT))
            return true;
    }
    return false;
}

// May the statement run before what waits?
static bool may_pass(const struct walk *walk, const struct waiting *waiting,
                     const struct statement *statement, const struct effects *effects)
{
    SCRATCH(tmp);
    if (effects->unknown_reason != NULL || names_made(walk, statement))
        return false;
    struct name own = statement->n_actions > 0 ? statement->actions[0].relation : (struct name){0};
    const char *name = own.name == NULL ? "" : schema_name_text(tmp, walk->schema, own);
    bool is_additive_only = statement_is_additive(statement);
    for (size_t i = 0; i < effects->n_locks; i++) {
        const char *relation = effects->locks[i].relation;
        if (effects_lock_on(waiting->effects, relation) == NULL)
            continue;
        if (!is_additive_only || (waiting->makes_key && strcmp(relation, name) != 0))
            return false;
    }
    return true;
}

static void flush_for(struct walk *walk, const struct statement *statement,
                      const struct effects *effects)
{
    for (size_t i = 0; i < walk->n_waiting; i++) {
        if (!may_pass(walk, &walk->waiting[i], statement, effects)) {
            flush(walk);
            return;
        }
    }
}

// --- forms

static bool makes_key(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        const struct constraint *constraint = action->constraint;
        if ((constraint != NULL && constraint->kind != CONSTRAINT_CHECK &&
             constraint->kind != CONSTRAINT_FOREIGN_KEY) ||
            (action->index != NULL && action->index->is_unique) || action->kind == ACTION_DROP ||
            (action->kind == ACTION_ADD_COLUMN && action->definition->n_constraints > 0))
            return true;
    }
    return false;
}

static bool is_small(const struct walk *walk, const struct statement *statement)
{
    struct schema_index *index;
    struct name name = statement->actions[0].relation;
    const struct schema_relation *table = schema_find(walk->schema, name);
    if (table != NULL && table->kind == RELATION_INDEX)
        table = schema_find_index(walk->schema, name, &index);
    return table != NULL && size_class(table) == SIZE_SMALL;
}

static void place_add(struct walk *walk, const struct statement *statement, const char *rule,
                      const char *obstacle)
{
    struct fixed_pieces *out = walk->out;
    *mem_append(out->mem, out->places, out->n_places) =
        (struct fixed_place){.rule = rule,
                             .path = statement->path,
                             .line = statement->line,
                             .obstacle = mem_strdup(out->mem, obstacle)};
    out->is_fixed = out->is_fixed || obstacle == NULL;
}

// A table that nobody told of may be partitioned, may have children, may have that name: no guess
// is put into a migration.
static const char *unknown_obstacle(const struct walk *walk, const struct statement *statement)
{
    const struct action *action = &statement->actions[0];
    if (action->relation.name == NULL || action->kind == ACTION_REINDEX ||
        schema_find(walk->schema, action->relation) != NULL)
        return NULL;
    return mem_printf(walk->tmp, "the definition of %s is not known (--schema FILE tells it)",
                      schema_name_text(walk->tmp, walk->schema, action->relation));
}

// A table of this very migration goes before the parts that made what hangs on it: they take that
// away themselves.
static void take_drop(const struct walk *walk, const struct statement *statement,
                      struct safe_form *form)
{
    const struct schema_relation *table = schema_find(walk->schema, statement->actions[0].relation);
    bool is_own = table != NULL && table->created_in != NULL &&
                  (text_starts_with(table->created_in, PART_PREFIX) ||
                   strcmp(table->created_in, walk->text->path) == 0);
    if (is_own && form->n_steps > 0 && form->steps[0].undo == NULL)
        form->steps[0].undo = form->steps[0].drop;
}

static struct safe_form *form_of(struct walk *walk, const struct statement *statement)
{
    struct safe_question question = {
        .schema = walk->schema, .statement = statement, .pg_version = walk->assessment->pg_version};
    struct safe_form *form = safe_form_make(walk->out->mem, &question, NULL);
    if (form == NULL || is_small(walk, statement))
        return NULL;
    const char *obstacle =
        form->obstacle != NULL ? form->obstacle : unknown_obstacle(walk, statement);
    for (size_t i = 0; i < form->n_rules; i++)
        place_add(walk, statement, form->rules[i], obstacle);
    if (obstacle != NULL)
        return NULL;
    take_drop(walk, statement, form);
    return form;
}

static void take_form(struct walk *walk, size_t i, struct safe_form *form,
                      const struct effects *effects)
{
    TALLOC_CTX *mem = walk->out->mem;
    struct waiting waiting = {.effects = effects,
                              .steps = form->steps,
                              .n = form->n_steps,
                              .makes_key = makes_key(&walk->script->statements[i])};
    waiting.steps[0].sql =
        statement_written(mem, walk->script, i, walk->text, waiting.steps[0].sql);
    for (; waiting.n > 0 && waiting.steps[0].place == SAFE_TRANSACTION; waiting.n--)
        step_take(walk, *waiting.steps++);
    if (waiting.n > 0)
        *mem_append(walk->tmp, walk->waiting, walk->n_waiting) = waiting;
}

// --- statements that stay

static bool is_found(const struct walk *walk, const struct statement *statement, const char *rule)
{
    const struct findings *findings = &walk->assessment->findings;
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        if (finding->line == statement->line && finding->column == statement->column &&
            strcmp(finding->rule, rule) == 0 && strcmp(finding->path, statement->path) == 0)
            return true;
    }
    return false;
}

static bool locks_strongly(const struct effects *effects)
{
    for (size_t i = 0; i < effects->n_locks; i++) {
        if (lock_mode_blocks_writes(effects->locks[i].mode))
            return true;
    }
    return false;
}

// An UPDATE of every row is right beside the column that it fills; alone it overwrites.
static bool picks_rows(const struct statement *statement)
{
    const struct query *query = statement->n_actions == 1 ? statement->actions[0].query : NULL;
    return query != NULL && (query->verb == QUERY_INSERT || query->where != NULL);
}

static void take_rows(struct walk *walk, const struct statement *statement, const char *sql)
{
    const char *obstacle = picks_rows(statement)
                               ? NULL
                               : "without a WHERE it overwrites every value when it stands alone: "
                                 "name the rows that it is to fill";
    place_add(walk, statement, "mix-ddl-and-dml", obstacle);
    piece_add(walk, obstacle == NULL ? PIECE_ROWS : PIECE_CHANGE, sql, false);
    if (obstacle == NULL)
        boundary(walk);
}

static void take_statement(struct walk *walk, size_t i, const struct effects *effects)
{
    const struct statement *statement = &walk->script->statements[i];
    const char *sql =
        statement_written(walk->out->mem, walk->script, i, walk->text, statement->sql);
    if (statement_runs_outside(statement)) {
        piece_add(walk, PIECE_OUTSIDE, sql, false);
        boundary(walk);
    } else if (is_found(walk, statement, "mix-ddl-and-dml")) {
        take_rows(walk, statement, sql);
    } else {
        piece_add(walk, PIECE_CHANGE, sql, locks_strongly(effects));
    }
}

static void take_setting(struct walk *walk, const struct statement *statement)
{
    struct fixed_pieces *out = walk->out;
    out->settings = mem_printf(out->mem, "%s%s;\n", out->settings, statement->sql);
    out->sets_lock_timeout =
        out->sets_lock_timeout || strcmp(statement->actions[0].member, "lock_timeout") == 0;
}

static void walk_statement(struct walk *walk, size_t i)
{
    const struct statement *statement = &walk->script->statements[i];
    if (statement_is_transaction(statement)) {
        walk->out->has_transaction = true;
        return;
    }
    if (statement_is_setting(statement)) {
        take_setting(walk, statement);
        return;
    }
    struct effects *effects =
        effects_predict(walk->tmp, walk->schema, statement, walk->assessment->pg_version);
    flush_for(walk, statement, effects);
    struct safe_form *form = form_of(walk, statement);
    if (form != NULL)
        take_form(walk, i, form, effects);
    else
        take_statement(walk, i, effects);
    schema_apply(walk->schema, statement);
}

struct fixed_pieces *pieces_make(TALLOC_CTX *mem, const struct assessment *assessment,
                                 const struct script *script, const struct migration_text *text,
                                 struct schema *schema)
{
    SCRATCH(tmp);
    struct fixed_pieces *pieces = mem_new(mem, struct fixed_pieces);
    pieces->mem = pieces;
    pieces->settings = "";
    struct walk walk = {.tmp = tmp,
                        .assessment = assessment,
                        .script = script,
                        .text = text,
                        .schema = schema,
                        .out = pieces};
    for (size_t i = 0; i < script->n_statements; i++)
        walk_statement(&walk, i);
    flush(&walk);
    return pieces;
}
