/*
 * Rules on the copy of a rebuild in SQLite: what the new table refuses of the old one's rows, and
 * what it changes in them without a word.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/question.h"
#include "base/text.h"

// INSERT ... SELECT from one table that has rows into one that this migration makes.
struct copy {
    struct rule_place *place;
    const struct query *query;
    const struct schema_relation *from, *to;
    const char *filter; // " AND (WHERE of the copy)" or ""; NULL: it cannot be asked
};

// The column that an output hands on as it is; NULL: it is computed.
static const struct schema_column *plain_column(const struct schema_relation *from,
                                                const struct expression *output)
{
    if (output->n_columns != 1 || output->n_functions > 0 || output->n_relations > 0)
        return NULL;
    const char *text = output->text, *name = output->columns[0];
    const char *dot = strrchr(text, '.');
    text = dot == NULL ? text : dot + 1;
    size_t len = strlen(text);
    bool is_quoted = len >= 2 && strchr("\"`[", text[0]) != NULL;
    text += is_quoted;
    len -= is_quoted ? 2 : 0;
    if (len != strlen(name) || strncasecmp(text, name, len) != 0)
        return NULL;
    return schema_find_column(from, name);
}

static const struct schema_column *stored_column(const struct schema_relation *relation, size_t at)
{
    for (size_t i = 0; i < relation->n_columns; i++) {
        if (!relation->columns[i].is_generated && at-- == 0)
            return &relation->columns[i];
    }
    return NULL;
}

// Where `name` stands in the list of columns that the copy writes; SIZE_MAX: it does not.
static size_t position_of(const struct copy *copy, const char *name)
{
    const struct query *query = copy->query;
    size_t n = query->n_columns > 0 ? query->n_columns : copy->to->n_columns;
    for (size_t i = 0; i < n; i++) {
        const struct schema_column *column = stored_column(copy->to, i);
        const char *written = query->n_columns > 0 ? query->columns[i]
                              : column == NULL     ? ""
                                                   : column->name;
        if (text_equal_nocase(written, name))
            return i;
    }
    return SIZE_MAX;
}

// The old column whose values `column` of the new table gets as they are; NULL: others.
static const struct schema_column *source_of(const struct copy *copy, const char *column)
{
    const struct query *query = copy->query;
    size_t at = position_of(copy, column);
    bool is_star = query->n_outputs == 1 && strcmp(query->outputs[0].text, "*") == 0;
    if (is_star && at != SIZE_MAX)
        return at < copy->from->n_columns ? &copy->from->columns[at] : NULL;
    return at < query->n_outputs ? plain_column(copy->from, &query->outputs[at]) : NULL;
}

static const char *filter_of(const struct rule_place *place, const struct query *query)
{
    const struct expression *where = query->where;
    if (where == NULL || where->is_true)
        return "";
    bool is_plain = where->n_relations == 0 && strchr(where->text, '.') == NULL;
    return is_plain ? mem_printf(place->mem, " AND (%s)", where->text) : NULL;
}

static bool copy_read(struct rule_place *place, const struct query *query, struct copy *out)
{
    if (query->verb != QUERY_INSERT || query->has_values || query->n_reads != 1 ||
        query->has_set_operation || query->has_group_by || query->conflict != CONFLICT_NONE ||
        !place_is_new(place, query->target) || place_is_new(place, query->reads[0]) ||
        place_has_no_rows(place, query->reads[0]))
        return false;
    *out = (struct copy){.place = place,
                         .query = query,
                         .from = schema_find(place->before, query->reads[0]),
                         .to = schema_find(place->before, query->target),
                         .filter = filter_of(place, query)};
    return out->from != NULL && out->to != NULL && relation_is_table(out->from);
}

static bool is_strict(const struct schema_relation *relation)
{
    return relation->options != NULL && strstr(relation->options, "STRICT") != NULL;
}

static void report_rows(const struct copy *copy, const struct schema_column *column, bool loses,
                        const char *condition, const char *message)
{
    struct asking asking = ask(copy->place, NULL, copy->from->name);
    ask_needs_columns(&asking, &column->name, 1);
    asking.question.loses = loses;
    if (copy->filter != NULL && condition != NULL)
        ask_rows(&asking, ask_table(&asking),
                 mem_printf(copy->place->mem, "%s%s", condition, copy->filter));
    ask_report(&asking, copy->place->rule->severity,
               mem_printf(copy->place->mem, "every %s of %s fits the new table as it is",
                          column->name, place_name(copy->place, copy->from->name)),
               "%s", message);
}

// --- what the new table refuses

static bool is_rowid(const struct schema_relation *relation, const struct schema_column *column)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *key = &relation->constraints[i];
        if (key->kind == CONSTRAINT_PRIMARY_KEY && key->n_columns == 1 && key->index == NULL &&
            text_equal_nocase(key->columns[0], column->name))
            return true;
    }
    return false;
}

static void null_refused(const struct copy *copy, const struct schema_column *to)
{
    const struct schema_column *from = to->is_not_null ? source_of(copy, to->name) : NULL;
    const struct expression *where = copy->query->where;
    if (from == NULL || is_rowid(copy->to, to) || is_rowid(copy->from, from) ||
        relation_proves_not_null(copy->from, from->name) ||
        place_fills(copy->place, copy->from->name, from->name) ||
        (where != NULL && text_equal_nocase(where->proves_not_null, from->name)))
        return;
    TALLOC_CTX *mem = copy->place->mem;
    struct asking names = ask(copy->place, NULL, copy->from->name);
    report_rows(copy, from, false, mem_printf(mem, "%s IS NULL", ask_name(&names, from->name)),
                mem_printf(mem, "fails when a %s of %s is NULL: %s.%s is NOT NULL", from->name,
                           place_name(copy->place, copy->from->name),
                           place_name(copy->place, copy->to->name), to->name));
}

// What a STRICT table does not store in a column of `type`; NULL: it stores anything.
// Source: SQLite, STRICT Tables, 2; measured in test_sqlite_harm.
static const char *refused_by_type(const struct copy *copy, const char *type, const char *name)
{
    TALLOC_CTX *mem = copy->place->mem;
    if (text_equal_nocase(type, "INT") || text_equal_nocase(type, "INTEGER"))
        return mem_printf(mem,
                          "(typeof(%s) = 'blob' OR (typeof(%s) IN ('real', 'text') AND NOT "
                          "(CAST(%s AS NUMERIC) = %s AND CAST(%s AS NUMERIC) = CAST(%s AS "
                          "INTEGER))))",
                          name, name, name, name, name, name);
    if (text_equal_nocase(type, "REAL"))
        return mem_printf(
            mem, "(typeof(%s) = 'blob' OR (typeof(%s) = 'text' AND NOT CAST(%s AS NUMERIC) = %s))",
            name, name, name, name);
    if (text_equal_nocase(type, "TEXT"))
        return mem_printf(mem, "typeof(%s) = 'blob'", name);
    if (text_equal_nocase(type, "BLOB"))
        return mem_printf(mem, "typeof(%s) NOT IN ('blob', 'null')", name);
    return NULL;
}

static void type_refused(const struct copy *copy, const struct schema_column *to)
{
    const struct schema_column *from = source_of(copy, to->name);
    if (from == NULL || is_rowid(copy->from, from) || to->type.name == NULL)
        return;
    struct asking names = ask(copy->place, NULL, copy->from->name);
    const char *condition = refused_by_type(copy, to->type.name, ask_name(&names, from->name));
    bool was_strict = is_strict(copy->from) && text_equal_nocase(from->type.name, to->type.name);
    if (condition == NULL || was_strict)
        return;
    report_rows(copy, from, false, condition,
                mem_printf(copy->place->mem, "fails when a %s of %s is no %s: %s is STRICT",
                           from->name, place_name(copy->place, copy->from->name), to->type.name,
                           place_name(copy->place, copy->to->name)));
}

static bool has_check(const struct schema_relation *relation, const char *text)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *check = &relation->constraints[i];
        if (check->kind == CONSTRAINT_CHECK && check->check_text != NULL &&
            text_equal_nocase(check->check_text, text))
            return true;
    }
    return false;
}

static void check_refused(const struct copy *copy, const struct schema_constraint *check)
{
    if (check->check_text == NULL || check->n_check_columns == 0 ||
        has_check(copy->from, check->check_text))
        return;
    const struct schema_column *from = NULL;
    for (size_t i = 0; i < check->n_check_columns; i++) {
        from = source_of(copy, check->check_columns[i]);
        if (from == NULL || !text_equal_nocase(from->name, check->check_columns[i]))
            return; // asked of the old table it would be another condition
    }
    TALLOC_CTX *mem = copy->place->mem;
    report_rows(copy, from, false, mem_printf(mem, "NOT (%s)", check->check_text),
                mem_printf(mem, "fails when a row of %s breaks CHECK (%s)",
                           place_name(copy->place, copy->from->name), check->check_text));
}

static const char *collation_of(const struct schema_column *column)
{
    return column->collation == NULL ? "BINARY" : column->collation;
}

// The columns of the old table whose values the key compares; false: others, or they are unique.
static bool key_columns(const struct copy *copy, const struct schema_constraint *key,
                        const char **columns, const char **terms)
{
    bool is_compared_alike = true;
    struct asking names = ask(copy->place, NULL, copy->from->name);
    for (size_t i = 0; i < key->n_columns; i++) {
        const struct schema_column *to = schema_find_column(copy->to, key->columns[i]);
        const struct schema_column *from = source_of(copy, key->columns[i]);
        if (to == NULL || from == NULL || is_rowid(copy->from, from))
            return false;
        columns[i] = from->name;
        bool is_alike = text_equal_nocase(collation_of(from), collation_of(to));
        terms[i] = is_alike ? ask_name(&names, from->name)
                            : mem_printf(copy->place->mem, "%s COLLATE %s",
                                         ask_name(&names, from->name), collation_of(to));
        is_compared_alike = is_compared_alike && is_alike;
    }
    return !is_compared_alike || !relation_has_key(copy->from, columns, key->n_columns);
}

static void duplicate_refused(const struct copy *copy, const struct schema_constraint *key)
{
    TALLOC_CTX *mem = copy->place->mem;
    const char **columns = mem_array(mem, const char *, key->n_columns);
    const char **terms = mem_array(mem, const char *, key->n_columns);
    if (key->n_columns == 0 || !key_columns(copy, key, columns, terms))
        return;
    struct asking asking = ask(copy->place, NULL, copy->from->name);
    ask_needs_columns(&asking, columns, key->n_columns);
    const char *table = place_name(copy->place, copy->from->name);
    const char *list = words_join(mem, terms, key->n_columns);
    const char *where = mem_printf(mem, "%s IS NOT NULL", ask_name(&asking, columns[0]));
    for (size_t i = 1; i < key->n_columns; i++)
        where = mem_printf(mem, "%s AND %s IS NOT NULL", where, ask_name(&asking, columns[i]));
    if (copy->filter != NULL) {
        const char *rest = mem_printf(mem, "FROM %s WHERE %s%s GROUP BY %s HAVING count(*) > 1",
                                      ask_table(&asking), where, copy->filter, list);
        asking.question.sql =
            mem_printf(mem, "SELECT count(*) FROM (SELECT 1 %s) AS duplicates", rest);
        ask_decision(&asking, "", rest);
        asking.question.samples = mem_printf(mem, "SELECT %s, count(*) %s LIMIT 5", list, rest);
    }
    ask_report(&asking, copy->place->rule->severity,
               mem_printf(mem, "no two rows of %s agree in (%s)", table, list),
               "fails when two rows of %s agree in (%s): %s allows one", table, list,
               place_name(copy->place, copy->to->name));
}

static void copy_may_fail(struct rule_place *place, const struct query *query)
{
    struct copy copy;
    if (!copy_read(place, query, &copy))
        return;
    for (size_t i = 0; i < copy.to->n_columns; i++) {
        null_refused(&copy, &copy.to->columns[i]);
        if (is_strict(copy.to))
            type_refused(&copy, &copy.to->columns[i]);
    }
    for (size_t i = 0; i < copy.to->n_constraints; i++) {
        const struct schema_constraint *constraint = &copy.to->constraints[i];
        if (constraint->kind == CONSTRAINT_CHECK)
            check_refused(&copy, constraint);
        else if (constraint->kind == CONSTRAINT_UNIQUE ||
                 constraint->kind == CONSTRAINT_PRIMARY_KEY)
            duplicate_refused(&copy, constraint);
    }
}

static void check_copy_may_fail(struct rule_place *place)
{
    place_each_query(place, copy_may_fail);
}

// --- what the new table changes

enum affinity { AFFINITY_BLOB, AFFINITY_TEXT, AFFINITY_NUMERIC, AFFINITY_INTEGER, AFFINITY_REAL };

// Source: SQLite, Datatypes In SQLite, 3.1: the first that matches counts.
static enum affinity affinity_of(const struct schema_column *column)
{
    static const struct {
        const char *word;
        enum affinity affinity;
    } words[] = {{"int", AFFINITY_INTEGER}, {"char", AFFINITY_TEXT}, {"clob", AFFINITY_TEXT},
                 {"text", AFFINITY_TEXT},   {"blob", AFFINITY_BLOB}, {"real", AFFINITY_REAL},
                 {"floa", AFFINITY_REAL},   {"doub", AFFINITY_REAL}};
    const char *type = column->type.name == NULL ? "blob" : column->type.name;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcasestr(type, words[i].word) != NULL)
            return words[i].affinity;
    }
    return AFFINITY_NUMERIC;
}

static bool is_number(enum affinity affinity)
{
    return affinity != AFFINITY_BLOB && affinity != AFFINITY_TEXT;
}

// Comparing with a NUMERIC makes a number of text that looks like one, as storing it would.
static const char *changed_as_number(const struct copy *copy, const char *name)
{
    return mem_printf(copy->place->mem,
                      "typeof(%s) = 'text' AND CAST(%s AS NUMERIC) = %s AND CAST(CAST(%s AS "
                      "NUMERIC) AS TEXT) <> %s",
                      name, name, name, name, name);
}

static void convert(const struct copy *copy, const struct schema_column *from,
                    const struct schema_column *to)
{
    TALLOC_CTX *mem = copy->place->mem;
    enum affinity was = affinity_of(from), is = affinity_of(to);
    struct asking names = ask(copy->place, NULL, copy->from->name);
    const char *name = ask_name(&names, from->name);
    const char *what =
        mem_printf(mem, "%s.%s was %s and is %s in %s", place_name(copy->place, copy->from->name),
                   from->name, from->type.name == NULL ? "without a type" : from->type.text,
                   to->type.name == NULL ? "without a type" : to->type.text,
                   place_name(copy->place, copy->to->name));
    if (!is_number(was) && is_number(is))
        report_rows(
            copy, from, true, changed_as_number(copy, name),
            mem_printf(mem, "%s: text that looks like a number becomes one, '007' is 7", what));
    else if (is_number(was) && is == AFFINITY_TEXT)
        report_rows(copy, from, true, NULL,
                    mem_printf(mem, "%s: numbers become text, '10' sorts before '9'", what));
    else if ((was == AFFINITY_INTEGER || was == AFFINITY_NUMERIC) && is == AFFINITY_REAL)
        report_rows(copy, from, true,
                    mem_printf(mem,
                               "typeof(%s) = 'integer' AND CAST(CAST(%s AS REAL) AS INTEGER) <> %s",
                               name, name, name),
                    mem_printf(mem, "%s: integers past 2^53 are rounded", what));
}

static void copy_converts_values(struct rule_place *place, const struct query *query)
{
    struct copy copy;
    if (!copy_read(place, query, &copy))
        return;
    for (size_t i = 0; i < copy.to->n_columns; i++) {
        const struct schema_column *from = source_of(&copy, copy.to->columns[i].name);
        if (from != NULL)
            convert(&copy, from, &copy.to->columns[i]);
    }
}

static void check_copy_converts_values(struct rule_place *place)
{
    place_each_query(place, copy_converts_values);
}

// --- rows

const struct rule rule_copy_may_fail = {
    .id = "copy-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .summary = "rows are copied into a new table that is stricter: NOT NULL, UNIQUE, CHECK, STRICT",
    .why = "One old row that breaks it makes the rebuild fail, in production only.",
    .safe_form = "count the rows that break it, mend them, then rebuild",
    .source = "SQLite, CREATE TABLE and STRICT Tables; measured on SQLite 3.40",
    .kinds = {ACTION_QUERY},
    .check = check_copy_may_fail,
};

const struct rule rule_copy_converts_values = {
    .id = "copy-converts-values",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .summary = "rows are copied into a new table whose column has a type of another affinity",
    .why = "SQLite converts what it stores without an error: '007' becomes 7, 10 becomes '10', "
           "integers past 2^53 are rounded.",
    .safe_form = "keep the type, or convert with an expression that says what becomes of each "
                 "value",
    .source = "SQLite, Datatypes In SQLite, 3; measured on SQLite 3.40",
    .kinds = {ACTION_QUERY},
    .check = check_copy_converts_values,
};
