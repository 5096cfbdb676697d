/*
 * Safe forms of columns: constraints that are written on a new one are added beside it; values that
 * differ from row to row, and types that rewrite the table, come by a new column and batches.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/safe_form_parts.h"

#define BATCH_ROWS "10000"

// --- constraints written on a column

// Words that begin the next part of a column's definition. Source: gram.y, ColConstraintElem.
static bool begins_part(const struct source *source, size_t at)
{
    static const char *const words[] = {"constraint", "null",      "default",
                                        "unique",     "primary",   "check",
                                        "references", "generated", "collate"};
    if (source_is(source, at, "not"))
        return source_is(source, at + 1, "null");
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (source_is(source, at, words[i]))
            return !source_is(source, at - 1, "set") && // ON DELETE SET NULL
                   !source_is(source, at - 1, "not");
    }
    return false;
}

// The token of the constraint's own words, behind CONSTRAINT name.
static size_t words_of(const struct source *source, size_t first)
{
    return source_is(source, first, "constraint") ? first + 2 : first;
}

static size_t part_end(const struct source *source, size_t first)
{
    for (size_t at = words_of(source, first) + 1; at < source->n;) {
        size_t behind = source_behind(source, at);
        if (behind > at) {
            at = behind;
            continue;
        }
        if (begins_part(source, at))
            return at;
        at++;
    }
    return source->n;
}

static size_t part_start(const struct source *source, size_t offset)
{
    size_t at = 0;
    while (at < source->n && source->tokens[at].offset < offset)
        at++;
    return at;
}

static bool is_slow(const struct column *column, const struct constraint *constraint)
{
    // Even on a column that is NULL everywhere a CHECK is evaluated for every row and an index
    // built; a foreign key is not looked up (measured on PostgreSQL 15).
    bool has_values = column->default_value != NULL && !column->default_value->is_null;
    return constraint->kind == CONSTRAINT_CHECK || constraint->kind == CONSTRAINT_UNIQUE ||
           (constraint->kind == CONSTRAINT_FOREIGN_KEY && has_values);
}

static const char *constraint_rule(enum constraint_kind kind)
{
    return kind == CONSTRAINT_FOREIGN_KEY ? "fk-add-locks-both" : "check-add-scan";
}

// Gives what stands beside the column in its place: ", ADD CONSTRAINT …"; "" where it comes later.
static const char *move_constraint(struct forming *forming, const struct action *action, size_t nth,
                                   const struct source *source, size_t first)
{
    const struct column *column = action->definition;
    const struct constraint *constraint = &column->constraints[nth];
    const char *name = forming_constraint_name(forming, action, nth);
    size_t at = words_of(source, first);
    size_t end = part_end(source, first);
    const char *quoted = forming_quote(forming, column->name);
    if (constraint->kind == CONSTRAINT_UNIQUE) {
        forming_add_key(forming, source_cut(source, at, end),
                        mem_printf(forming->mem, "(%s)", quoted), name, false);
        return "";
    }
    const char *definition = source_cut(source, at, end);
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY)
        definition = mem_printf(forming->mem, "FOREIGN KEY (%s) %s", quoted, definition);
    forming->rule = constraint_rule(constraint->kind);
    return mem_printf(forming->mem, ",\n    %s", forming_add_not_valid(forming, name, definition));
}

static bool has_slow_constraint(const struct column *column)
{
    for (size_t i = 0; i < column->n_constraints; i++) {
        if (is_slow(column, &column->constraints[i]))
            return true;
    }
    return false;
}

static bool form_inline_constraints(struct forming *forming, const struct action *action)
{
    const struct column *column = action->definition;
    struct source source = source_make(forming->mem, forming->instead);
    const char *kept = "", *beside = "";
    size_t from = 0;
    for (size_t i = 0; i < column->n_constraints; i++) {
        const struct constraint *constraint = &column->constraints[i];
        bool is_moved =
            is_slow(column, constraint) && (constraint->kind == CONSTRAINT_UNIQUE ||
                                            forming_allows_not_valid(forming, constraint->kind));
        const char *name = is_moved ? forming_constraint_name(forming, action, i) : NULL;
        if (name == NULL)
            continue;
        size_t first = part_start(&source, constraint->offset - action->offset);
        kept = mem_printf(forming->mem, "%s%s ", kept, source_cut(&source, from, first));
        beside = mem_printf(forming->mem, "%s%s", beside,
                            move_constraint(forming, action, i, &source, first));
        from = part_end(&source, first);
    }
    if (from == 0)
        return false;
    kept = mem_printf(forming->mem, "%s%s", kept, source_cut(&source, from, source.n));
    size_t len = strlen(kept);
    while (len > 0 && kept[len - 1] == ' ')
        len--;
    forming->instead = mem_printf(forming->mem, "%.*s%s", (int)len, kept, beside);
    if (action->if_exists)
        forming_obstruct(forming, "IF NOT EXISTS: where the column is there, its constraint would "
                                  "be added a second time");
    return true;
}

// --- values for every row

// One column that tells rows apart; NULL: the table is not known, or has none.
static const char *key_column(const struct forming *forming)
{
    for (size_t i = 0; forming->table != NULL && i < forming->table->n_constraints; i++) {
        const struct schema_constraint *key = &forming->table->constraints[i];
        if (key->kind == CONSTRAINT_PRIMARY_KEY && key->n_columns == 1)
            return key->columns[0];
    }
    return NULL;
}

// One statement that changes some rows of those where `column` is NULL.
static const char *batch(const struct forming *forming, const char *column, const char *value,
                         const char *where)
{
    const char *known = key_column(forming);
    const char *key = known == NULL ? "ctid" : forming_quote(forming, known);
    return mem_printf(
        forming->mem,
        "-- again and again, each in a transaction of its own, until it changes no "
        "row\nUPDATE %s SET %s = %s WHERE %s %s (SELECT %s FROM %s WHERE %s LIMIT " BATCH_ROWS "%s",
        forming->table_sql, column, value, key, known == NULL ? "= ANY (ARRAY" : "IN", key,
        forming->table_sql, where, known == NULL ? "))" : ")");
}

static bool form_volatile_default(struct forming *forming, const struct action *action)
{
    const struct column *column = action->definition;
    bool counts = column->is_identity || column->generated != NULL ||
                  (column->type.name != NULL && strstr(column->type.name, "serial") != NULL);
    if (counts || column->default_value == NULL || column->n_constraints > 0)
        return false;
    const char *name = forming_quote(forming, column->name);
    forming->rule = "volatile-default";
    forming->instead =
        mem_printf(forming->mem, "ADD COLUMN %s %s%s%s", name, column->type.text,
                   column->collation != NULL ? " COLLATE " : "",
                   column->collation != NULL ? forming_quote(forming, column->collation) : "");
    step_add(forming->mem, &forming->validate, SAFE_TRANSACTION,
             mem_printf(forming->mem, "%s ALTER COLUMN %s SET DEFAULT %s", forming->head, name,
                        column->default_value->text));
    step_add(forming->mem, &forming->validate, SAFE_OWN_TRANSACTION,
             batch(forming, name, "DEFAULT", mem_printf(forming->mem, "%s IS NULL", name)));
    if (column->is_not_null) {
        struct safe_steps before = forming->before;
        forming->before = (struct safe_steps){0};
        forming_require_not_null(forming, column->name);
        for (size_t i = 0; i < forming->before.n; i++)
            *mem_append(forming->mem, forming->behind.list, forming->behind.n) =
                forming->before.list[i];
        forming->before = before;
    }
    forming_obstruct(forming, "the rows that are there get their values in batches, which take as "
                              "long as they take");
    return true;
}

bool form_add_column(struct forming *forming, const struct action *action)
{
    if (forming->head == NULL)
        return false;
    if (forming_rewrites(forming))
        return form_volatile_default(forming, action);
    return has_slow_constraint(action->definition) && form_inline_constraints(forming, action);
}

// --- another type

bool form_alter_type(struct forming *forming, const struct action *action)
{
    if (forming->head == NULL || !forming_rewrites(forming))
        return false;
    TALLOC_CTX *mem = forming->mem;
    const char *old = forming_quote(forming, action->column);
    const char *new = forming_quote(forming, mem_printf(mem, "%s_new", action->column));
    const char *value = action->using_expr != NULL
                            ? action->using_expr->text
                            : mem_printf(mem, "%s::%s", old, action->definition->type.text);
    forming->rule = "type-change-rewrite";
    forming->instead = mem_printf(mem, "ADD COLUMN %s %s", new, action->definition->type.text);
    step_add(
        mem, &forming->validate, SAFE_OWN_TRANSACTION,
        batch(forming, new, value, mem_printf(mem, "%s IS NULL AND %s IS NOT NULL", new, old)));
    step_add(mem, &forming->behind, SAFE_TRANSACTION,
             mem_printf(mem,
                        "-- when the application writes both columns and they agree\n%s RENAME "
                        "COLUMN %s TO %s",
                        forming->head, old,
                        forming_quote(forming, mem_printf(mem, "%s_old", action->column))));
    step_add(mem, &forming->behind, SAFE_TRANSACTION,
             mem_printf(mem, "%s RENAME COLUMN %s TO %s", forming->head, new, old));
    forming_obstruct(forming, "a type that rewrites the table needs a new column, which the "
                              "application must write beside the old one");
    return true;
}
