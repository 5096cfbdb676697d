/*
 * Rules of style: types that are seldom what was meant. All are notes, and off unless they are
 * asked for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

typedef void column_check(struct rule_place *place, struct name table, const struct column *column);

// Each column that the statement makes, or gives another type.
static void each_column(struct rule_place *place, column_check *check)
{
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        if (action->kind == ACTION_ADD_COLUMN || action->kind == ACTION_ALTER_TYPE) {
            struct column column = *action->definition;
            column.name = action->kind == ACTION_ALTER_TYPE ? action->column : column.name;
            check(place, action->relation, &column);
        }
        for (size_t k = 0; action->kind == ACTION_CREATE_TABLE && k < action->n_columns; k++)
            check(place, action->relation, &action->columns[k]);
    }
}

static bool is_type(const struct column *column, const char *name)
{
    return column->type.name != NULL && strcmp(column->type.name, name) == 0;
}

static void report(struct rule_place *place, struct name table, const struct column *column)
{
    rule_report(place, "%s.%s is %s", place_name(place, table), column->name, column->type.text);
}

static void varchar_column(struct rule_place *place, struct name table, const struct column *column)
{
    if (is_type(column, "varchar") && column->type.n_mods > 0)
        report(place, table, column);
}

static void check_prefer_text(struct rule_place *place)
{
    each_column(place, varchar_column);
}

static void char_column(struct rule_place *place, struct name table, const struct column *column)
{
    if (is_type(column, "bpchar"))
        report(place, table, column);
}

static void check_no_padded_char(struct rule_place *place)
{
    each_column(place, char_column);
}

static void timestamp_column(struct rule_place *place, struct name table,
                             const struct column *column)
{
    if (is_type(column, "timestamp"))
        report(place, table, column);
}

static void check_prefer_timestamptz(struct rule_place *place)
{
    each_column(place, timestamp_column);
}

static void money_column(struct rule_place *place, struct name table, const struct column *column)
{
    if (is_type(column, "money"))
        report(place, table, column);
}

static void check_no_money(struct rule_place *place)
{
    each_column(place, money_column);
}

static bool is_serial(const struct column *column)
{
    return is_type(column, "serial") || is_type(column, "bigserial") ||
           is_type(column, "smallserial");
}

static void serial_column(struct rule_place *place, struct name table, const struct column *column)
{
    if (is_serial(column))
        report(place, table, column);
}

static void check_prefer_identity(struct rule_place *place)
{
    each_column(place, serial_column);
}

static void json_column(struct rule_place *place, struct name table, const struct column *column)
{
    if (is_type(column, "json"))
        report(place, table, column);
}

static void check_prefer_jsonb(struct rule_place *place)
{
    each_column(place, json_column);
}

// --- keys

static bool is_key(const struct action *action, const struct column *column)
{
    for (size_t i = 0; i < column->n_constraints; i++) {
        if (column->constraints[i].kind == CONSTRAINT_PRIMARY_KEY)
            return true;
    }
    for (size_t i = 0; i < action->n_constraints; i++) {
        const struct constraint *key = &action->constraints[i];
        if (key->kind == CONSTRAINT_PRIMARY_KEY && key->n_columns == 1 &&
            strcmp(key->columns[0], column->name) == 0)
            return true;
    }
    return false;
}

static void check_prefer_bigint_key(struct rule_place *place)
{
    static const char *const small[] = {"int4", "int2", "serial", "smallserial"};
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        for (size_t k = 0; action->kind == ACTION_CREATE_TABLE && k < action->n_columns; k++) {
            const struct column *column = &action->columns[k];
            if (column->type.name != NULL && word_in(column->type.name, small, COUNT_OF(small)) &&
                is_key(action, column))
                report(place, action->relation, column);
        }
    }
}

// --- amounts

static void float_column(struct rule_place *place, struct name table, const struct column *column)
{
    static const char *const words[] = {"price", "amount", "cost",  "fee",     "total",   "balance",
                                        "tax",   "salary", "money", "payment", "discount"};
    if (!is_type(column, "float4") && !is_type(column, "float8"))
        return;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcasestr(column->name, words[i]) != NULL) {
            report(place, table, column);
            return;
        }
    }
}

static void check_no_float_for_money(struct rule_place *place)
{
    each_column(place, float_column);
}

// --- names

static bool needs_quotes(const char *name)
{
    return name != NULL &&
           (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_$") != strlen(name) ||
            strchr("0123456789$", name[0]) != NULL);
}

static void named_column(struct rule_place *place, struct name table, const struct column *column)
{
    (void)table;
    if (needs_quotes(column->name))
        rule_report(place, "column \"%s\" must be quoted wherever it is named", column->name);
}

static void check_no_quoted_name(struct rule_place *place)
{
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        const char *name = action->kind == ACTION_CREATE_TABLE ? action->relation.name
                           : action->kind == ACTION_RENAME || action->kind == ACTION_RENAME_COLUMN
                               ? action->new_name
                               : NULL;
        if (needs_quotes(name))
            rule_report(place, "\"%s\" must be quoted wherever it is named", name);
        if (action->kind == ACTION_ALTER_TYPE)
            return;
    }
    each_column(place, named_column);
}

static void check_name_constraint(struct rule_place *place)
{
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        bool is_unnamed =
            (action->kind == ACTION_ADD_CONSTRAINT && action->constraint->name == NULL) ||
            (action->kind == ACTION_CREATE_INDEX && action->index->name == NULL);
        if (is_unnamed)
            rule_report(place, "the server makes the name of this %s of %s",
                        action->kind == ACTION_CREATE_INDEX ? "index" : "constraint",
                        place_name(place, action->relation));
    }
}

// --- room on disk

struct width {
    const char *type;
    size_t size; // aligned to it, but for uuid
};

// Source: pg_type.typlen and typalign of PostgreSQL 15.
static const struct width widths[] = {
    {"bool", 1},   {"int2", 2},      {"int4", 4},        {"float4", 4},    {"date", 4},
    {"oid", 4},    {"int8", 8},      {"float8", 8},      {"timestamp", 8}, {"timestamptz", 8},
    {"serial", 4}, {"bigserial", 8}, {"smallserial", 2}, {"time", 8},      {"money", 8},
};

// 0: of varying length.
static size_t width_of(const struct column *column)
{
    for (size_t i = 0; column->type.name != NULL && i < COUNT_OF(widths); i++) {
        if (strcmp(widths[i].type, column->type.name) == 0 && !column->type.is_array)
            return widths[i].size;
    }
    return 0;
}

// Bytes between columns of fixed length; what varies begins a new count.
static size_t padding_of(const struct action *action)
{
    size_t at = 0, lost = 0;
    for (size_t i = 0; i < action->n_columns; i++) {
        size_t width = width_of(&action->columns[i]);
        if (width == 0) {
            at = 0;
            continue;
        }
        size_t gap = (width - at % width) % width;
        lost += gap;
        at += gap + width;
    }
    return lost;
}

#define PADDING_TOLD 8 // bytes of each row

static void check_column_padding(struct rule_place *place)
{
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        size_t lost = action->kind == ACTION_CREATE_TABLE ? padding_of(action) : 0;
        if (lost >= PADDING_TOLD)
            rule_report(place, "%zu bytes of each row of %s are padding between its columns", lost,
                        place_name(place, action->relation));
    }
}

// --- rows

#define COLUMN_KINDS                                                                               \
    {                                                                                              \
        ACTION_CREATE_TABLE, ACTION_ADD_COLUMN, ACTION_ALTER_TYPE                                  \
    }

const struct rule rule_prefer_text = {
    .id = "prefer-text",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "varchar(n)",
    .why = "A length that is a guess becomes a migration; text with a CHECK is changed without a "
           "rewrite.",
    .safe_form = "text, with a CHECK where the length means something",
    .source = "PostgreSQL wiki, Don't Do This",
    .kinds = COLUMN_KINDS,
    .check = check_prefer_text,
};

const struct rule rule_no_padded_char = {
    .id = "no-padded-char",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "char(n)",
    .why = "Values are filled with blanks, which comparisons then leave out again.",
    .safe_form = "text",
    .source = "PostgreSQL wiki, Don't Do This",
    .kinds = COLUMN_KINDS,
    .check = check_no_padded_char,
};

const struct rule rule_prefer_timestamptz = {
    .id = "prefer-timestamptz",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "timestamp without time zone",
    .why = "It holds no instant: what it means depends on who wrote it.",
    .safe_form = "timestamptz",
    .source = "PostgreSQL wiki, Don't Do This",
    .kinds = COLUMN_KINDS,
    .check = check_prefer_timestamptz,
};

const struct rule rule_no_money = {
    .id = "no-money",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "money",
    .why = "Currency and decimals come from a setting of the session, not from the value.",
    .safe_form = "numeric, with the currency in a column of its own",
    .source = "PostgreSQL wiki, Don't Do This",
    .kinds = COLUMN_KINDS,
    .check = check_no_money,
};

const struct rule rule_prefer_identity = {
    .id = "prefer-identity",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "serial instead of an identity column",
    .why = "Its sequence has rights, an owner and a type of its own, which are forgotten.",
    .safe_form = "bigint GENERATED BY DEFAULT AS IDENTITY",
    .source = "PostgreSQL wiki, Don't Do This",
    .kinds = COLUMN_KINDS,
    .check = check_prefer_identity,
};

const struct rule rule_prefer_bigint_key = {
    .id = "prefer-bigint-key",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "a primary key that ends at 2,147,483,647 or earlier",
    .why = "Changing it later rewrites the table and everything that references it.",
    .safe_form = "bigint",
    .source = "PostgreSQL 15 manual, Numeric Types",
    .kinds = {ACTION_CREATE_TABLE},
    .check = check_prefer_bigint_key,
};

const struct rule rule_prefer_jsonb = {
    .id = "prefer-jsonb",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "json instead of jsonb",
    .why = "json has no equality and no index, and is parsed at each access.",
    .safe_form = "jsonb",
    .source = "PostgreSQL 15 manual, JSON Types",
    .kinds = COLUMN_KINDS,
    .check = check_prefer_jsonb,
};

const struct rule rule_no_float_for_money = {
    .id = "no-float-for-money",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "a price, amount or balance as real or double precision",
    .why = "0.1 is no such number: sums differ by the order in which they are made.",
    .safe_form = "numeric",
    .source = "PostgreSQL 15 manual, Floating-Point Types",
    .kinds = COLUMN_KINDS,
    .check = check_no_float_for_money,
};

const struct rule rule_no_quoted_name = {
    .id = "no-quoted-name",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "a table or column whose name must be quoted",
    .why = "Whoever forgets the quotes names another one.",
    .safe_form = "lower case letters, digits and _",
    .source = "PostgreSQL 15 manual, Identifiers and Key Words",
    .kinds = {ACTION_CREATE_TABLE, ACTION_ADD_COLUMN, ACTION_RENAME, ACTION_RENAME_COLUMN},
    .check = check_no_quoted_name,
};

const struct rule rule_name_constraint = {
    .id = "name-constraint",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "a constraint or index without a name",
    .why = "The name that the server makes depends on what is there already: a later DROP may not "
           "find "
           "it.",
    .safe_form = "write a name",
    .source = "PostgreSQL 15 manual, CREATE TABLE",
    .kinds = {ACTION_ADD_CONSTRAINT, ACTION_CREATE_INDEX},
    .check = check_name_constraint,
};

const struct rule rule_column_padding = {
    .id = "column-padding",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .is_optional = true,
    .summary = "the order of columns costs eight bytes or more of each row",
    .why = "Columns of fixed length are aligned to it, and the gaps between them are stored.",
    .safe_form = "columns of eight bytes first, then of four, two and one, then those that vary",
    .source = "PostgreSQL 15 manual, Database Page Layout",
    .kinds = {ACTION_CREATE_TABLE},
    .check = check_column_padding,
};
