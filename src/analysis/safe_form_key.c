/*
 * Safe form of a key: its unique index is built while everybody writes, then taken as it is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/safe_form_parts.h"
#include "analysis/schema_edit.h"
#include "statement/quoting.h"

// The words of a key: UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b) WITH (…) USING INDEX TABLESPACE t …
struct key_words {
    bool is_primary;
    const char *nulls, *columns, *include, *with, *tablespace, *rest;
};

static const char *take_parentheses(const struct source *source, size_t *at)
{
    size_t end = source_behind(source, *at);
    const char *text = source_cut(source, *at, end);
    *at = end;
    return text;
}

static const char *take_option(const struct source *source, size_t *at, const char *word)
{
    if (!source_is(source, *at, word) || source_behind(source, *at + 1) == *at + 1)
        return "";
    (*at)++;
    return mem_printf(source->mem, " %s %s", word, take_parentheses(source, at));
}

static const char *take_nulls(const struct source *source, size_t *at)
{
    size_t n = !source_is(source, *at, "nulls") ? 0 : source_is(source, *at + 1, "not") ? 3 : 2;
    const char *text =
        n == 0 ? "" : mem_printf(source->mem, " %s", source_cut(source, *at, *at + n));
    *at += n;
    return text;
}

static struct key_words words_read(const struct source *source, const char *columns)
{
    struct key_words words = {.is_primary = source_is(source, 0, "primary"), .tablespace = ""};
    size_t at = words.is_primary ? 2 : 1;
    words.nulls = take_nulls(source, &at);
    words.columns = columns != NULL ? columns : take_parentheses(source, &at);
    words.include = take_option(source, &at, "INCLUDE");
    words.with = take_option(source, &at, "WITH");
    if (source_are(source, at, "using", "index") && source_is(source, at + 2, "tablespace")) {
        words.tablespace = mem_printf(source->mem, " %s", source_cut(source, at + 2, at + 4));
        at += 4;
    }
    words.rest = source_cut(source, at, source->n);
    return words;
}

// The index gets the constraint's name with the constraint; until then it needs a free one.
static const char *index_name(const struct forming *forming, const char *name)
{
    const struct schema *schema = forming->question->schema;
    const char *schema_name = forming->table == NULL ? NULL : forming->table->name.schema;
    const char *free = name;
    for (int i = 1; schema_find(schema, (struct name){schema_name, free}) != NULL; i++)
        free = mem_printf(forming->mem, "%.50s_new%d", name, i);
    return free;
}

void forming_add_key(struct forming *forming, const char *words_text, const char *columns,
                     const char *name, bool is_index_first)
{
    struct source source = source_make(forming->mem, words_text);
    struct key_words words = words_read(&source, columns);
    const char *name_of_index = index_name(forming, name);
    const char *index = forming_quote(forming, name_of_index);
    const char *create =
        mem_printf(forming->mem, "CREATE UNIQUE INDEX CONCURRENTLY %s ON %s %s%s%s%s%s", index,
                   forming->table_sql, words.columns, words.include, words.nulls, words.with,
                   words.tablespace);
    const char *add =
        mem_printf(forming->mem, "ADD CONSTRAINT %s %s USING INDEX %s%s%s",
                   forming_quote(forming, name), words.is_primary ? "PRIMARY KEY" : "UNIQUE", index,
                   words.rest[0] != '\0' ? " " : "", words.rest);
    struct name made = {forming->table == NULL ? NULL : forming->table->name.schema, name_of_index};
    step_add_with_undo(forming->mem, is_index_first ? &forming->before : &forming->behind,
                       SAFE_OUTSIDE, create,
                       mem_printf(forming->mem, "DROP INDEX CONCURRENTLY IF EXISTS %s",
                                  quoting_relation(forming->mem, DIALECT_POSTGRES, made)));
    if (!is_index_first)
        step_add_with_undo(forming->mem, &forming->behind, SAFE_TRANSACTION,
                           mem_printf(forming->mem, "%s %s", forming->head, add),
                           mem_printf(forming->mem, "%s DROP CONSTRAINT IF EXISTS %s",
                                      forming->head, forming_quote(forming, name)));
    forming->instead = is_index_first ? add : NULL;
    forming->rule = "unique-constraint";
}

static bool is_added_here(const struct forming *forming, const char *column)
{
    const struct statement *statement = forming->question->statement;
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind == ACTION_ADD_COLUMN && strcmp(action->definition->name, column) == 0)
            return true;
    }
    return false;
}

static bool is_proven(const struct forming *forming, const char *column)
{
    const struct schema_relation *table = forming->table;
    const struct schema_column *known = table == NULL ? NULL : schema_find_column(table, column);
    if (known != NULL && known->is_not_null)
        return true;
    for (size_t i = 0; table != NULL && i < table->n_constraints; i++) {
        const struct schema_constraint *check = &table->constraints[i];
        if (check->kind == CONSTRAINT_CHECK && check->is_valid &&
            check_proves_not_null(check, column))
            return true;
    }
    return false;
}

bool form_add_key(struct forming *forming, const struct action *action)
{
    const struct constraint *key = action->constraint;
    bool is_partitioned = forming->table != NULL && forming->table->kind == RELATION_PARTITIONED;
    bool leaves_children = action->only && forming->table != NULL && forming->table->has_children;
    if (forming->head == NULL || key->using_index != NULL || is_partitioned || leaves_children ||
        forming_rewrites(forming))
        return false;
    const char *name = forming_constraint_name(forming, action, 0);
    if (name == NULL)
        return false;
    bool is_index_first = true;
    for (size_t i = 0; i < key->n_columns; i++)
        is_index_first = is_index_first && !is_added_here(forming, key->columns[i]);
    if (key->kind == CONSTRAINT_PRIMARY_KEY && !is_index_first)
        return false; // a new column that is NULL everywhere is no key
    for (size_t i = 0; key->kind == CONSTRAINT_PRIMARY_KEY && i < key->n_columns; i++) {
        if (!is_proven(forming, key->columns[i]))
            forming_require_not_null(forming, key->columns[i]);
    }
    struct source source = source_make(forming->mem, forming->instead);
    size_t at = source_is(&source, 1, "constraint") ? 3 : 1; // behind ADD [CONSTRAINT name]
    forming_add_key(forming, source_cut(&source, at, source.n), NULL, name, is_index_first);
    return true;
}
