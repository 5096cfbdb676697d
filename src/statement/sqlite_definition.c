/*
 * Columns and constraints of SQLite (see sqlite_definition.h); CREATE itself is in sqlite_create.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_definition.h"

#include "base/text.h"
#include "statement/sqlite_constraint.h"
#include "statement/sqlite_expression.h"

// Words that end a type name: what may follow it in a column definition.
static bool is_constraint_word(const struct tokens *tokens)
{
    static const char *const words[] = {"CONSTRAINT", "PRIMARY", "NOT",        "NULL",
                                        "UNIQUE",     "CHECK",   "DEFAULT",    "REFERENCES",
                                        "COLLATE",    "AS",      "DEFERRABLE", "ON"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (tokens_is(tokens, words[i]))
            return true;
    // GENERATED is a type name unless ALWAYS follows.
    return tokens_is(tokens, "GENERATED") && tokens_next_is(tokens, "ALWAYS");
}

static int read_modifier(struct tokens *tokens)
{
    bool is_negative = tokens_accept_operator(tokens, "-");

    if (!is_negative)
        tokens_accept_operator(tokens, "+");
    long value = strtol(tokens_value(tokens), NULL, 10);
    if (value > 1000000000)
        value = 1000000000; // SQLite ignores it anyway
    return is_negative ? (int)-value : (int)value;
}

// Any words, then (n) or (n, m).
static void read_type(struct tokens *tokens, struct type_name *type)
{
    while (tokens_is_name(tokens) && !is_constraint_word(tokens)) {
        const char *word = tokens_name(tokens);
        type->name = type->name ? mem_printf(tokens->mem, "%s %s", type->name, word) : word;
    }
    type->text = type->name;
    if (!type->name || !tokens_is_kind(tokens, TOKEN_OPEN))
        return;
    tokens_next(tokens);
    do {
        int modifier = read_modifier(tokens);
        if (type->n_mods < COUNT_OF(type->mods))
            type->mods[type->n_mods++] = modifier;
    } while (tokens_accept_kind(tokens, TOKEN_COMMA));
    tokens_expect_kind(tokens, TOKEN_CLOSE);
    type->text = type->n_mods > 1 ? mem_printf(tokens->mem, "%s(%d,%d)", type->name, type->mods[0],
                                               type->mods[1])
                                  : mem_printf(tokens->mem, "%s(%d)", type->name, type->mods[0]);
}

// DEFAULT ( expression ) | [+-] literal | word. A bare word is a string, as SQLite takes it.
static struct expression *read_default(struct tokens *tokens)
{
    struct expression *value = mem_new(tokens->mem, struct expression);

    if (tokens_is_kind(tokens, TOKEN_OPEN)) {
        tokens_next(tokens);
        sqlite_expression_read(tokens, value);
        tokens_expect_kind(tokens, TOKEN_CLOSE);
        return value;
    }
    size_t start = tokens->token.offset;
    bool is_time = tokens_is(tokens, "CURRENT_TIME") || tokens_is(tokens, "CURRENT_DATE") ||
                   tokens_is(tokens, "CURRENT_TIMESTAMP");
    bool is_negative = tokens_accept_operator(tokens, "-");
    if (!is_negative)
        tokens_accept_operator(tokens, "+");
    value->is_null = tokens_is(tokens, "NULL");
    value->is_constant = !is_time;
    const char *literal = tokens_value(tokens);
    if (is_time)
        tokens_add_name(tokens, &value->functions, &value->n_functions,
                        (struct name){.name = literal});
    else if (!value->is_null)
        value->constant = mem_printf(tokens->mem, "%s%s", is_negative ? "-" : "", literal);
    value->text = tokens_text(tokens, start);
    return value;
}

// [GENERATED ALWAYS] AS ( expression ) [STORED | VIRTUAL]
static void read_generated(struct tokens *tokens, struct column *column)
{
    if (tokens_accept(tokens, "GENERATED"))
        tokens_expect(tokens, "ALWAYS");
    tokens_expect(tokens, "AS");
    tokens_expect_kind(tokens, TOKEN_OPEN);
    column->generated = sqlite_expression_make(tokens);
    tokens_expect_kind(tokens, TOKEN_CLOSE);
    column->generated_is_stored = tokens_accept(tokens, "STORED");
    tokens_accept(tokens, "VIRTUAL");
}

static void read_primary_key(struct tokens *tokens, struct column *column,
                             struct constraint *constraint)
{
    tokens_next(tokens);
    tokens_expect(tokens, "KEY");
    constraint->kind = CONSTRAINT_PRIMARY_KEY;
    if (!tokens_accept(tokens, "DESC")) {
        tokens_accept(tokens, "ASC");
        // The rowid itself: NULL becomes a new number. Any other key column may be NULL in SQLite.
        column->is_not_null |= text_equal_nocase(column->type.name, "INTEGER");
    }
    sqlite_conflict_skip(tokens);
    column->is_identity = tokens_accept(tokens, "AUTOINCREMENT");
}

// True: one constraint that stands for itself was read into `constraint`.
static bool read_constraint(struct tokens *tokens, struct column *column,
                            struct constraint *constraint)
{
    if (tokens_is(tokens, "PRIMARY")) {
        read_primary_key(tokens, column, constraint);
    } else if (tokens_accept(tokens, "UNIQUE")) {
        constraint->kind = CONSTRAINT_UNIQUE;
        sqlite_conflict_skip(tokens);
    } else if (tokens_is(tokens, "CHECK")) {
        sqlite_check_read(tokens, constraint);
    } else if (tokens_is(tokens, "REFERENCES")) {
        sqlite_references_read(tokens, constraint);
    } else {
        return false;
    }
    return true;
}

// The rest of the column constraints are attributes of the column. False: none is here.
static bool read_attribute(struct tokens *tokens, struct column *column)
{
    if (tokens_is(tokens, "NOT") && tokens_next_is(tokens, "NULL")) {
        tokens_next(tokens);
        tokens_next(tokens);
        column->is_not_null = true;
        sqlite_conflict_skip(tokens);
    } else if (tokens_accept(tokens, "NULL")) {
        sqlite_conflict_skip(tokens);
    } else if (tokens_accept(tokens, "DEFAULT")) {
        column->default_value = read_default(tokens);
    } else if (tokens_accept(tokens, "COLLATE")) {
        column->collation = tokens_name(tokens);
    } else if (tokens_is(tokens, "GENERATED") || tokens_is(tokens, "AS")) {
        read_generated(tokens, column);
    } else {
        return false;
    }
    return true;
}

void sqlite_column_read(struct tokens *tokens, struct column *out)
{
    out->name = tokens_name(tokens);
    read_type(tokens, &out->type);
    for (;;) {
        struct constraint constraint = {.offset = tokens->token.offset};
        if (tokens_accept(tokens, "CONSTRAINT"))
            constraint.name = tokens_name(tokens);
        if (read_constraint(tokens, out, &constraint)) {
            if (!constraint.columns)
                *mem_append(tokens->mem, constraint.columns, constraint.n_columns) = out->name;
            *mem_append(tokens->mem, out->constraints, out->n_constraints) = constraint;
        } else if (!read_attribute(tokens, out) && !constraint.name) {
            return;
        }
    }
}
