/*
 * Questions about copies: the SELECT is taken out of the statement's own text and counted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/copy_question.h"
#include "statement/lexer.h"
#include "statement/quoting.h"

static struct lexer lexer_of(const struct rule_place *place, const char *text)
{
    return lexer_make(place->script->dialect, text, 0, strlen(text));
}

static bool is_any(const struct lexer *lexer, struct token token, const char *const *words)
{
    for (; token.kind == TOKEN_WORD && *words != NULL; words++) {
        if (token_is(lexer, token, *words))
            return true;
    }
    return false;
}

// The text from behind the first of `begins` (with it, when `whole`) to the first of `ends`, both
// outside of parentheses.
static const char *between(const struct rule_place *place, const char *text,
                           const char *const *begins, const char *const *ends, bool whole)
{
    struct lexer lexer = lexer_of(place, text);
    size_t start = 0, depth = 0;
    bool has_begun = false;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE && depth > 0;
        if (depth > 0 || token.kind == TOKEN_CLOSE)
            continue;
        if (has_begun && is_any(&lexer, token, ends))
            return mem_strndup(place->mem, text + start, token.offset - start);
        if (!has_begun && is_any(&lexer, token, begins)) {
            has_begun = true;
            start = whole ? token.offset : token.offset + token.len;
        }
    }
    return has_begun ? mem_strdup(place->mem, text + start) : NULL;
}

// ON belongs to a join as well; ON CONFLICT begins where the word behind it says so.
static const char *without_conflict(const struct rule_place *place, const char *text)
{
    struct lexer lexer = lexer_of(place, text);
    size_t on = 0, depth = 0;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE && depth > 0;
        if (depth == 0 && on > 0 && token_is(&lexer, token, "conflict"))
            return mem_strndup(place->mem, text, on);
        on = depth == 0 && token_is(&lexer, token, "on") ? token.offset : 0;
    }
    return text;
}

// The SELECT of INSERT ... SELECT and CREATE TABLE ... AS SELECT; NULL: there is more to it.
static const char *select_text(const struct rule_place *place)
{
    static const char *const begins[] = {"select", NULL};
    static const char *const ends[] = {"returning", NULL};
    const char *sql = place->statement->sql;
    struct lexer lexer = lexer_of(place, sql);
    if (token_is(&lexer, lexer_next(&lexer), "with"))
        return NULL;
    const char *text = between(place, sql, begins, ends, true);
    return text == NULL ? NULL : without_conflict(place, text);
}

// --- joins

// The first item of FROM: its table, and the name that the query knows it by.
struct first_item {
    struct name table;
    const char *alias;
};

static bool read_first(const struct rule_place *place, const char *from, struct first_item *out)
{
    static const char *const joins[] = {"join",    "inner", "left",  "right", "full", "cross",
                                        "natural", "on",    "using", "where", NULL};
    struct lexer lexer = lexer_of(place, from);
    struct token token = lexer_next(&lexer);
    if (token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER)
        return false;
    *out = (struct first_item){.table.name = token_value(place->mem, &lexer, token)};
    token = lexer_next(&lexer);
    if (token.kind == TOKEN_DOT) {
        out->table.schema = out->table.name;
        out->table.name = token_value(place->mem, &lexer, lexer_next(&lexer));
        token = lexer_next(&lexer);
    }
    if (token_is(&lexer, token, "as"))
        token = lexer_next(&lexer);
    bool has_alias = (token.kind == TOKEN_WORD && !is_any(&lexer, token, joins)) ||
                     token.kind == TOKEN_IDENTIFIER;
    out->alias = has_alias ? token_value(place->mem, &lexer, token) : out->table.name;
    return token.kind != TOKEN_OPEN && token.kind != TOKEN_DOT;
}

// Does the WHERE look at the first table alone? Then it leaves the same rows out on both sides.
static bool is_of_first(const struct rule_place *place, const struct query *query,
                        const struct schema_relation *first)
{
    if (query->where == NULL)
        return true;
    for (size_t i = 0; i < query->n_reads; i++) {
        const struct schema_relation *other = schema_find(place->before, query->reads[i]);
        if (other == NULL)
            return false;
        for (size_t j = 0; other != first && j < query->where->n_columns; j++) {
            if (schema_find_column(other, query->where->columns[j]) != NULL)
                return false;
        }
    }
    return query->where->n_relations == 0;
}

static const struct schema_constraint *primary_key(const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == CONSTRAINT_PRIMARY_KEY &&
            relation->constraints[i].n_columns > 0)
            return &relation->constraints[i];
    }
    return NULL;
}

static void write_lost(struct asking *asking, const struct query *query,
                       const struct first_item *first, const char *from)
{
    TALLOC_CTX *mem = asking->place->mem;
    const struct schema_constraint *key = primary_key(asking->relation);
    const char *alias = ask_name(asking, first->alias);
    const char *keys = "", *names = "", *match = "";
    for (size_t i = 0; i < key->n_columns; i++) {
        const char *column = mem_printf(mem, "%s.%s", alias, ask_name(asking, key->columns[i]));
        const char *comma = i > 0 ? ", " : "";
        keys = mem_printf(mem, "%s%s%s AS k%zu", keys, comma, column, i + 1);
        names = mem_printf(mem, "%s%s%s", names, comma, column);
        match = mem_printf(mem, "%s%scopied.k%zu = %s", match, i > 0 ? " AND " : "", i + 1, column);
    }
    bool is_sqlite = asking->place->script->dialect == DIALECT_SQLITE;
    const char *where = query->where == NULL ? "" : mem_printf(mem, "(%s)", query->where->text);
    const char *rest = mem_printf(
        mem,
        "FROM %s AS %s LEFT JOIN (SELECT %s, count(*) AS n FROM %s%s%s GROUP BY %s) AS copied ON "
        "%s "
        "WHERE %s%scopied.n IS %s 1",
        ask_table(asking), alias, keys, from, where[0] != '\0' ? " WHERE " : "", where, names,
        match, where, where[0] != '\0' ? " AND " : "", is_sqlite ? "NOT" : "DISTINCT FROM");
    asking->question.sql = mem_printf(mem, "SELECT count(*) %s", rest);
    ask_decision(asking, "", rest);
    asking->question.samples = mem_printf(mem, "SELECT %s, copied.n %s LIMIT 5", names, rest);
    asking->question.loses = true;
}

static const char *trimmed(TALLOC_CTX *mem, const char *text)
{
    size_t start = strspn(text, " \t\r\n"), end = strlen(text);
    while (end > start && strchr(" \t\r\n", text[end - 1]) != NULL)
        end--;
    return mem_strndup(mem, text + start, end - start);
}

void ask_lost_in_join(struct asking *asking, const struct query *query)
{
    static const char *const begins[] = {"from", NULL};
    static const char *const ends[] = {"where", "order", "for", "with", NULL};
    struct rule_place *place = asking->place;
    const char *select = select_text(place);
    const char *from = select == NULL ? NULL : between(place, select, begins, ends, false);
    struct first_item first;
    if (from == NULL || query->has_limit || query->has_group_by || query->has_distinct ||
        query->has_set_operation || !read_first(place, from, &first))
        return;
    *asking = ask(place, NULL, first.table);
    if (asking->relation == NULL || primary_key(asking->relation) == NULL ||
        !is_of_first(place, query, asking->relation))
        return;
    for (size_t i = 0; i < query->n_reads; i++)
        ask_needs_rows(asking, query->reads[i]);
    write_lost(asking, query, &first, trimmed(place->mem, from));
}

// --- collisions

struct only_key {
    const char *const *columns;
    size_t n;
    bool is_one;
};

// The target's key, when it has one alone and that is of plain columns.
static struct only_key find_only_key(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    struct only_key key = {0};
    size_t n_keys = 0;
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *constraint = &relation->constraints[i];
        if (constraint->kind != CONSTRAINT_PRIMARY_KEY && constraint->kind != CONSTRAINT_UNIQUE &&
            constraint->kind != CONSTRAINT_EXCLUDE)
            continue;
        key = (struct only_key){constraint->columns, constraint->n_columns, n_keys++ == 0};
    }
    for (size_t i = 0; i < relation->n_indexes; i++) {
        const struct schema_index *index = &relation->indexes[i];
        if (!index->is_unique || index->is_primary ||
            (key.n == index->n_columns && n_keys == 1 && key.n > 0 &&
             index->columns[0].column != NULL &&
             word_in(index->columns[0].column, key.columns, key.n)))
            continue;
        const char **columns = mem_array(mem, const char *, index->n_columns);
        bool is_plain = index->predicate_text == NULL;
        for (size_t j = 0; j < index->n_columns; j++) {
            columns[j] = index->columns[j].column;
            is_plain = is_plain && columns[j] != NULL;
        }
        key = (struct only_key){columns, index->n_columns, n_keys++ == 0 && is_plain};
    }
    return key;
}

// The target's columns in the order of the SELECT's.
static const char **target_columns(TALLOC_CTX *mem, const struct schema_relation *relation,
                                   const struct query *query, size_t *n)
{
    *n = query->n_columns;
    if (*n > 0)
        return query->columns;
    const char **columns = mem_array(mem, const char *, relation->n_columns);
    for (*n = 0; *n < relation->n_columns; (*n)++)
        columns[*n] = relation->columns[*n].name;
    return columns;
}

static bool has_star(const struct query *query)
{
    for (size_t i = 0; i < query->n_outputs; i++) {
        const char *text = query->outputs[i].text;
        if (text[strlen(text) - 1] == '*')
            return true;
    }
    return false;
}

static void write_collisions(struct asking *asking, const char *select, const char *columns,
                             const struct only_key *key)
{
    TALLOC_CTX *mem = asking->place->mem;
    const char *match = "", *has_value = "";
    for (size_t i = 0; i < key->n; i++) {
        const char *name = ask_name(asking, key->columns[i]), *and = i > 0 ? " AND " : "";
        match = mem_printf(mem, "%s%st.%s = g.%s", match, and, name, name);
        has_value = mem_printf(mem, "%s%s%s IS NOT NULL", has_value, and, name);
    }
    const char *names = ask_list(asking, "", key->columns, key->n);
    const char *copied = mem_printf(mem, "WITH copied (%s) AS (%s)", columns, select);
    const char *groups =
        mem_printf(mem, "(SELECT %s, count(*) AS n FROM copied WHERE %s GROUP BY %s) AS g", names,
                   has_value, names);
    // Of rows of one key one stays, unless the table has it already.
    const char *lost = "g.n - 1";
    if (!place_is_new(asking->place, asking->table))
        lost = mem_printf(
            mem, "g.n - CASE WHEN EXISTS (SELECT 1 FROM %s AS t WHERE %s) THEN 0 ELSE 1 END",
            ask_table(asking), match);
    asking->question.sql =
        mem_printf(mem, "%s SELECT coalesce(sum(%s), 0) FROM %s", copied, lost, groups);
    ask_decision(asking, copied, mem_printf(mem, "FROM %s WHERE %s > 0", groups, lost));
    asking->question.samples =
        mem_printf(mem, "%s SELECT %s FROM %s WHERE %s > 0 LIMIT 5", copied, names, groups, lost);
}

// The SELECT and the target's columns that it fills; NULL: they cannot be told.
static const char *copied_select(struct asking *asking, const struct query *query,
                                 const char **list)
{
    struct rule_place *place = asking->place;
    const char *select = select_text(place);
    size_t n;
    if (select == NULL || asking->relation == NULL || query->has_limit || has_star(query) ||
        place->statement->is_inner)
        return NULL;
    const char **columns = target_columns(place->mem, asking->relation, query, &n);
    if (query->n_columns == 0 && n > query->n_outputs)
        n = query->n_outputs;
    if (n != query->n_outputs)
        return NULL;
    *list = ask_list(asking, "", columns, n);
    // A table that this migration makes is there when it is empty: only the source is asked.
    if (place_is_new(place, asking->table))
        asking->is_moot = place->is_down || asking->relation->is_filled;
    for (size_t i = 0; i < query->n_reads; i++)
        ask_needs_rows(asking, query->reads[i]);
    return trimmed(place->mem, select);
}

void ask_collisions(struct asking *asking, const struct query *query)
{
    struct rule_place *place = asking->place;
    size_t n;
    if (asking->relation == NULL)
        return;
    struct only_key key = find_only_key(place->mem, asking->relation);
    const char **columns = target_columns(place->mem, asking->relation, query, &n);
    for (size_t i = 0; key.is_one && i < key.n; i++)
        key.is_one = word_in(key.columns[i], columns, n);
    const char *list, *select = key.is_one ? copied_select(asking, query, &list) : NULL;
    if (select == NULL)
        return;
    write_collisions(asking, select, list, &key);
    asking->question.loses = true;
}

void ask_key_collisions(struct asking *asking, const struct query *query,
                        const char *const *columns, size_t n)
{
    const struct only_key key = {columns, n, true};
    const char *list, *select = copied_select(asking, query, &list);
    if (select != NULL)
        write_collisions(asking, select, list, &key);
}

void ask_copied_nulls(struct asking *asking, const struct query *query, const char *column)
{
    TALLOC_CTX *mem = asking->place->mem;
    const char *list, *select = copied_select(asking, query, &list);
    if (select == NULL)
        return;
    const char *copied = mem_printf(mem, "WITH copied (%s) AS (%s)", list, select);
    const char *rest = mem_printf(mem, "FROM copied WHERE %s IS NULL", ask_name(asking, column));
    asking->question.sql = mem_printf(mem, "%s SELECT count(*) %s", copied, rest);
    ask_decision(asking, copied, rest);
    asking->question.samples = mem_printf(mem, "%s SELECT %s %s LIMIT 5", copied, list, rest);
}
