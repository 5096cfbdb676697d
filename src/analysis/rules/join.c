/*
 * Joins in the text of a statement: see join.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/join.h"
#include "statement/lexer.h"

struct join_reading {
    const struct rule_place *place;
    struct lexer lexer;
    struct joined_table *out;
    struct token *tokens; // of the whole text
    size_t n;
};

static bool is_name(struct token token)
{
    return token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER;
}

static const char *value_at(const struct join_reading *r, size_t i)
{
    return i < r->n ? token_value(r->place->mem, &r->lexer, r->tokens[i]) : "";
}

static bool is_at(const struct join_reading *r, size_t i, const char *word)
{
    return i < r->n && token_is(&r->lexer, r->tokens[i], word);
}

static bool is_any_at(const struct join_reading *r, size_t i, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is_at(r, i, *words))
            return true;
    }
    return false;
}

static enum token_kind kind_at(const struct join_reading *r, size_t i)
{
    return i < r->n ? r->tokens[i].kind : TOKEN_END;
}

// The item `[schema.]table [AS alias]` of the list itself; `r->n`: there is none.
static size_t find_item(const struct join_reading *r, struct name table)
{
    size_t depth = 0;
    for (size_t i = 0; i < r->n; i++) {
        depth += r->tokens[i].kind == TOKEN_OPEN;
        depth -= r->tokens[i].kind == TOKEN_CLOSE && depth > 0;
        bool is_start = i == 0 || kind_at(r, i - 1) == TOKEN_COMMA || is_at(r, i - 1, "join") ||
                        is_at(r, i - 1, "only") || kind_at(r, i - 1) == TOKEN_DOT;
        if (depth == 0 && is_start && is_name(r->tokens[i]) && kind_at(r, i + 1) != TOKEN_DOT &&
            kind_at(r, i + 1) != TOKEN_OPEN && strcmp(value_at(r, i), table.name) == 0)
            return i;
    }
    return r->n;
}

static const char *alias_behind(const struct join_reading *r, size_t item)
{
    static const char *const others[] = {"on",    "using", "join",    "inner", "left",      "right",
                                         "full",  "cross", "natural", "where", "returning", "when",
                                         "group", "order", "limit",   "union", NULL};
    size_t i = item + 1;
    if (is_at(r, i, "as"))
        return value_at(r, i + 1);
    return i < r->n && is_name(r->tokens[i]) && !is_any_at(r, i, others) ? value_at(r, i)
                                                                         : value_at(r, item);
}

static bool is_left_join(const struct join_reading *r, size_t item)
{
    while (item > 0 && (kind_at(r, item - 1) == TOKEN_DOT || is_name(r->tokens[item - 1])) &&
           !is_at(r, item - 1, "join"))
        item--;
    return item > 1 && is_at(r, item - 1, "join") &&
           (is_at(r, item - 2, "left") ||
            (is_at(r, item - 2, "outer") && is_at(r, item - 3, "left")));
}

static bool is_equals(const struct join_reading *r, size_t i)
{
    return kind_at(r, i) == TOKEN_OPERATOR && r->tokens[i].len == 1 &&
           r->lexer.text[r->tokens[i].offset] == '=';
}

static void add_column(struct join_reading *r, size_t at)
{
    const char *name = value_at(r, at);
    if (!word_in(name, r->out->columns, r->out->n_columns))
        *mem_append(r->place->mem, r->out->columns, r->out->n_columns) = name;
}

// `alias.column` from `first` to `last`: compared by =, or asked something else.
static void read_use(struct join_reading *r, size_t first, size_t last)
{
    bool is_equal = is_equals(r, last + 1) || (first > 0 && is_equals(r, first - 1)) ||
                    is_at(r, last + 1, "in");
    if (is_equal)
        add_column(r, last);
    else
        r->out->is_plain = false;
}

// JOIN … USING (a, b) names columns of both sides.
static void read_using(struct join_reading *r, size_t open)
{
    for (size_t i = open + 1; i < r->n && kind_at(r, i) != TOKEN_CLOSE; i++) {
        if (is_name(r->tokens[i]))
            add_column(r, i);
    }
}

// A name without a table in front that only this one can mean.
static bool is_own(const struct join_reading *r, const struct schema_relation *table, size_t i)
{
    return table != NULL && r->tokens[i].kind != TOKEN_OPEN && kind_at(r, i + 1) != TOKEN_OPEN &&
           kind_at(r, i + 1) != TOKEN_DOT && (i == 0 || kind_at(r, i - 1) != TOKEN_DOT) &&
           (is_equals(r, i + 1) || (i > 0 && is_equals(r, i - 1))) &&
           schema_find_column(table, value_at(r, i)) != NULL;
}

static void read_uses(struct join_reading *r, size_t item, struct name table)
{
    const struct schema_relation *relation = schema_find(r->place->before, table);
    for (size_t i = 0; i < r->n; i++) {
        if (i == item || !is_name(r->tokens[i]))
            continue;
        if (kind_at(r, i + 1) == TOKEN_DOT && strcmp(value_at(r, i), r->out->alias) == 0)
            read_use(r, i, i + 2);
        else if (is_at(r, i, "using") && kind_at(r, i + 1) == TOKEN_OPEN)
            read_using(r, i + 1);
        else if (is_own(r, relation, i))
            add_column(r, i);
    }
}

struct joined_table join_read(const struct rule_place *place, const char *text, struct name table)
{
    struct joined_table joined = {.is_plain = true};
    struct join_reading r = {.place = place,
                             .lexer = lexer_make(place->script->dialect, text, 0, strlen(text)),
                             .out = &joined};
    for (struct token token = lexer_next(&r.lexer); token.kind != TOKEN_END;
         token = lexer_next(&r.lexer))
        *mem_append(place->mem, r.tokens, r.n) = token;
    size_t item = find_item(&r, table);
    if (item == r.n)
        return joined;
    joined.alias = alias_behind(&r, item);
    joined.is_left = is_left_join(&r, item);
    read_uses(&r, item, table);
    return joined;
}

static bool is_word(const struct lexer *lexer, struct token token, const char *const *words)
{
    for (; token.kind == TOKEN_WORD && *words != NULL; words++) {
        if (token_is(lexer, token, *words))
            return true;
    }
    return false;
}

const char *join_text(const struct rule_place *place, const char *const *begins,
                      const char *const *ends)
{
    const char *sql = place->statement->sql;
    struct lexer lexer = lexer_make(place->script->dialect, sql, 0, strlen(sql));
    size_t start = 0, depth = 0;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE && depth > 0;
        if (depth == 0 && start > 0 && is_word(&lexer, token, ends))
            return mem_strndup(place->mem, sql + start, token.offset - start);
        if (depth == 0 && start == 0 && is_word(&lexer, token, begins))
            start = token.offset + token.len;
    }
    return start == 0 ? NULL : mem_strdup(place->mem, sql + start);
}
