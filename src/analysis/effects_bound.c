/*
 * Partition bounds: does a CHECK say that every row belongs to a partition, or that none does?
 *
 * The server proves it and then reads no row. Here the simple cases are proven: a key of one plain
 * column, and CHECKs that join comparisons with constants by AND. What is not understood proves
 * nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"
#include "base/text.h"
#include "statement/lexer.h"

enum comparison { AT_LEAST, ABOVE, AT_MOST, BELOW, ONE_OF, NONE_OF };

// What a CHECK says of a column.
struct term {
    const char *column;
    enum comparison comparison;
    const char **values;
    size_t n_values;
};

struct terms {
    TALLOC_CTX *mem;
    struct term *list;
    size_t n;
};

// --- reading a CHECK

struct reading_check {
    struct terms *terms;
    struct lexer lexer;
    struct token token; // the next
};

// Brackets are passed over: where all is joined by AND they say nothing.
static void advance(struct reading_check *r)
{
    do {
        r->token = lexer_next(&r->lexer);
    } while (r->token.kind == TOKEN_OPEN || r->token.kind == TOKEN_CLOSE);
}

static bool is_operator(const struct reading_check *r, const char *text)
{
    return r->token.kind == TOKEN_OPERATOR && r->token.len == strlen(text) &&
           strncmp(r->lexer.text + r->token.offset, text, r->token.len) == 0;
}

static bool take_word(struct reading_check *r, const char *word)
{
    if (!token_is(&r->lexer, r->token, word))
        return false;
    advance(r);
    return true;
}

static bool take_operator(struct reading_check *r, const char *text)
{
    if (!is_operator(r, text))
        return false;
    advance(r);
    return true;
}

// "::character varying(20)[]"
static void pass_casts(struct reading_check *r)
{
    static const char *const ends[] = {"and", "or", "is", "in", "not", "between", "any", "all"};
    while (take_operator(r, "::")) {
        while (r->token.kind == TOKEN_WORD || r->token.kind == TOKEN_NUMBER) {
            for (size_t i = 0; i < COUNT_OF(ends); i++) {
                if (token_is(&r->lexer, r->token, ends[i]))
                    return;
            }
            advance(r);
        }
    }
}

static bool read_value(struct reading_check *r, struct term *term)
{
    TALLOC_CTX *mem = r->terms->mem;
    if (token_is(&r->lexer, r->token, "date") || token_is(&r->lexer, r->token, "timestamp") ||
        token_is(&r->lexer, r->token, "timestamptz"))
        advance(r); // DATE '2026-01-01'
    bool is_negative = take_operator(r, "-");
    if (r->token.kind != TOKEN_NUMBER && (r->token.kind != TOKEN_STRING || is_negative))
        return false;
    char *value = token_value(mem, &r->lexer, r->token);
    *mem_append(mem, term->values, term->n_values) =
        is_negative ? mem_printf(mem, "-%s", value) : value;
    advance(r);
    pass_casts(r);
    return true;
}

static bool read_list(struct reading_check *r, struct term *term)
{
    do {
        if (r->token.kind == TOKEN_COMMA)
            advance(r);
        if (!read_value(r, term))
            return false;
    } while (r->token.kind == TOKEN_COMMA);
    return true;
}

static struct term *add_term(struct reading_check *r, const char *column,
                             enum comparison comparison)
{
    struct term *term = mem_append(r->terms->mem, r->terms->list, r->terms->n);
    *term = (struct term){.column = column, .comparison = comparison};
    return term;
}

static bool read_comparison(struct reading_check *r, const char *column)
{
    static const struct {
        const char *text;
        enum comparison comparison;
    } operators[] = {{">=", AT_LEAST}, {">", ABOVE},    {"<=", AT_MOST}, {"<", BELOW},
                     {"=", ONE_OF},    {"<>", NONE_OF}, {"!=", NONE_OF}};
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        if (!take_operator(r, operators[i].text))
            continue;
        struct term *term = add_term(r, column, operators[i].comparison);
        bool is_list = (term->comparison == ONE_OF && take_word(r, "any")) ||
                       (term->comparison == NONE_OF && take_word(r, "all"));
        if (!is_list)
            return read_value(r, term);
        return take_word(r, "array") && read_list(r, term);
    }
    return false;
}

// column IS NOT NULL | column [NOT] IN (…) | column BETWEEN a AND b | column < 1
static bool read_term(struct reading_check *r)
{
    if (r->token.kind != TOKEN_WORD && r->token.kind != TOKEN_IDENTIFIER)
        return false;
    const char *column = token_value(r->terms->mem, &r->lexer, r->token);
    advance(r);
    pass_casts(r);
    if (take_word(r, "is")) // known by the column
        return take_word(r, "not") && take_word(r, "null");
    bool is_negated = take_word(r, "not");
    if (take_word(r, "in"))
        return read_list(r, add_term(r, column, is_negated ? NONE_OF : ONE_OF));
    if (is_negated)
        return false;
    if (!take_word(r, "between"))
        return read_comparison(r, column);
    return read_value(r, add_term(r, column, AT_LEAST)) && take_word(r, "and") &&
           read_value(r, add_term(r, column, AT_MOST));
}

// False: something in it is not understood.
static bool read_check(struct terms *terms, const char *text)
{
    struct reading_check r = {.terms = terms,
                              .lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text))};
    advance(&r);
    take_word(&r, "check"); // from a catalog
    do {
        if (!read_term(&r))
            return false;
    } while (take_word(&r, "and"));
    return r.token.kind == TOKEN_END;
}

// <> of several comparisons is one list.
static void join_exclusions(struct terms *terms)
{
    for (size_t i = 0; i < terms->n; i++) {
        struct term *first = &terms->list[i];
        for (size_t k = i + 1; first->comparison == NONE_OF && k < terms->n; k++) {
            const struct term *more = &terms->list[k];
            if (more->comparison != NONE_OF || strcmp(more->column, first->column) != 0)
                continue;
            for (size_t m = 0; m < more->n_values; m++)
                *mem_append(terms->mem, first->values, first->n_values) = more->values[m];
        }
    }
}

static struct terms read_checks(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    struct terms all = {.mem = mem};
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *c = &relation->constraints[i];
        size_t n = all.n;
        if (c->kind == CONSTRAINT_CHECK && c->is_valid && c->check_text &&
            !read_check(&all, c->check_text))
            all.n = n;
    }
    join_exclusions(&all);
    return all;
}

// --- comparing values

enum order { LESS, EQUAL, GREATER, OTHER, UNKNOWN }; // OTHER: not equal, in what order ever

static bool is_day(const char *text)
{
    return strlen(text) == 10 && strspn(text, "0123456789-") == 10 && text[4] == '-' &&
           text[7] == '-';
}

static enum order order_of(int difference)
{
    return difference < 0 ? LESS : difference > 0 ? GREATER : EQUAL;
}

// Numbers by value, days by their text; of anything else only what is the same is known.
static enum order compare(const char *type, const char *a, const char *b)
{
    static const char *const numbers[] = {"int2", "int4", "int8", "numeric"};
    static const char *const times[] = {"date", "timestamp", "timestamptz"};
    static const char *const texts[] = {"text", "varchar", "bool"};
    if (!a || !b)
        return UNKNOWN;
    if (word_in(type, numbers, COUNT_OF(numbers))) {
        char *end_a, *end_b;
        double x = strtod(a, &end_a), y = strtod(b, &end_b);
        return *end_a || *end_b ? UNKNOWN : order_of((x > y) - (x < y));
    }
    if (word_in(type, times, COUNT_OF(times)) && is_day(a) && is_day(b))
        return order_of(strcmp(a, b));
    if (strcmp(a, b) == 0)
        return EQUAL;
    return word_in(type, texts, COUNT_OF(texts)) ? OTHER : UNKNOWN;
}

// --- proofs

struct proof {
    const char *type; // of the key's column
    const struct partition_bound *bound;
};

static bool is_at_least(const struct proof *proof, const char *value, const char *limit)
{
    enum order order = compare(proof->type, value, limit);
    return order == EQUAL || order == GREATER;
}

// The value is no less than where the partition begins.
static bool reaches_from(const struct proof *proof, const char *value)
{
    const struct partition_value *from = &proof->bound->values[0];
    return from->limit == LIMIT_MINVALUE || is_at_least(proof, value, from->constant);
}

// The value is less than where it ends.
static bool stays_below(const struct proof *proof, const char *value)
{
    const struct partition_value *to = &proof->bound->to[0];
    return to->limit == LIMIT_MAXVALUE || compare(proof->type, value, to->constant) == LESS;
}

static bool is_listed(const struct proof *proof, const char *value)
{
    for (size_t i = 0; i < proof->bound->n_values; i++) {
        if (compare(proof->type, value, proof->bound->values[i].constant) == EQUAL)
            return true;
    }
    return false;
}

typedef bool about_value(const struct proof *proof, const char *value);

static bool all_values(const struct proof *proof, const struct term *term, about_value *holds)
{
    for (size_t i = 0; i < term->n_values; i++) {
        if (!holds(proof, term->values[i]))
            return false;
    }
    return term->n_values > 0;
}

static bool bounds_below(const struct proof *proof, const struct term *term)
{
    bool limits =
        term->comparison == AT_LEAST || term->comparison == ABOVE || term->comparison == ONE_OF;
    return limits && all_values(proof, term, reaches_from);
}

static bool bounds_above(const struct proof *proof, const struct term *term)
{
    const struct partition_value *to = &proof->bound->to[0];
    if (term->comparison == BELOW)
        return to->limit == LIMIT_MAXVALUE || is_at_least(proof, to->constant, term->values[0]);
    return (term->comparison == AT_MOST || term->comparison == ONE_OF) &&
           all_values(proof, term, stays_below);
}

static bool term_lists(const struct proof *proof, const struct term *term)
{
    return term->comparison == ONE_OF && all_values(proof, term, is_listed);
}

typedef bool about_term(const struct proof *proof, const struct term *term);

static bool any_term(const struct proof *proof, const struct terms *terms, const char *column,
                     about_term *holds)
{
    for (size_t i = 0; i < terms->n; i++) {
        if (strcmp(terms->list[i].column, column) == 0 && holds(proof, &terms->list[i]))
            return true;
    }
    return false;
}

// The one plain column that the parent is divided by. NULL: it is not that simple.
static const char *key_column(const struct schema_relation *parent)
{
    const struct partition_key *key = parent->partition_key;
    return key && key->n_columns == 1 ? key->columns[0].column : NULL;
}

bool bound_is_proven(const struct schema_relation *parent, const struct schema_relation *partition,
                     const struct partition_bound *bound)
{
    const char *name = key_column(parent);
    const struct schema_column *column = name ? schema_find_column(partition, name) : NULL;
    if (!column || !bound || !not_null_is_proven(partition, name))
        return false;
    SCRATCH(tmp);
    struct terms terms = read_checks(tmp, partition);
    struct proof proof = {column->type.name, bound};
    if (bound->strategy == PARTITION_LIST)
        return any_term(&proof, &terms, name, term_lists);
    if (bound->strategy != PARTITION_RANGE)
        return false;
    return (bound->values[0].limit == LIMIT_MINVALUE ||
            any_term(&proof, &terms, name, bounds_below)) &&
           (bound->to[0].limit == LIMIT_MAXVALUE || any_term(&proof, &terms, name, bounds_above));
}

// --- and that no row of the default partition belongs to the new one

static bool is_elsewhere(const struct proof *proof, const char *value)
{
    for (size_t i = 0; i < proof->bound->n_values; i++) {
        enum order order = compare(proof->type, value, proof->bound->values[i].constant);
        if (order == EQUAL || order == UNKNOWN)
            return false;
    }
    return true;
}

static bool term_avoids_list(const struct proof *proof, const struct term *term)
{
    if (term->comparison == ONE_OF)
        return all_values(proof, term, is_elsewhere);
    if (term->comparison != NONE_OF)
        return false;
    for (size_t i = 0; i < proof->bound->n_values; i++) {
        bool is_named = false;
        for (size_t k = 0; k < term->n_values; k++)
            is_named |=
                compare(proof->type, term->values[k], proof->bound->values[i].constant) == EQUAL;
        if (!is_named)
            return false;
    }
    return true;
}

static bool is_behind(const struct proof *proof, const char *value)
{
    return is_at_least(proof, value, proof->bound->to[0].constant);
}

static bool is_before(const struct proof *proof, const char *value)
{
    return compare(proof->type, value, proof->bound->values[0].constant) == LESS;
}

static bool term_avoids_range(const struct proof *proof, const struct term *term)
{
    switch (term->comparison) {
    case AT_LEAST:
    case ABOVE: return all_values(proof, term, is_behind);
    case AT_MOST: return all_values(proof, term, is_before);
    case BELOW: return is_at_least(proof, proof->bound->values[0].constant, term->values[0]);
    case ONE_OF: return all_values(proof, term, is_behind) || all_values(proof, term, is_before);
    case NONE_OF: break;
    }
    return false;
}

static bool terms_exclude(const struct terms *terms, const char *column, const char *type,
                          const struct partition_bound *bound)
{
    struct proof proof = {type, bound};
    if (bound->strategy == PARTITION_LIST)
        return any_term(&proof, terms, column, term_avoids_list);
    return bound->strategy == PARTITION_RANGE && any_term(&proof, terms, column, term_avoids_range);
}

bool bound_is_excluded(const struct schema_relation *parent, const struct schema_relation *other,
                       const struct partition_bound *bound)
{
    const char *name = key_column(parent);
    const struct schema_column *column = name ? schema_find_column(other, name) : NULL;
    if (!column || !bound)
        return false;
    SCRATCH(tmp);
    struct terms terms = read_checks(tmp, other);
    return terms_exclude(&terms, name, column->type.name, bound);
}

// --- partitions that a WHERE leaves out

static bool lies_within(const struct proof *proof, const char *value)
{
    if (proof->bound->strategy == PARTITION_LIST)
        return is_listed(proof, value);
    return proof->bound->strategy == PARTITION_RANGE && reaches_from(proof, value) &&
           stays_below(proof, value);
}

// Rows of the default partition are of no other: what the term names is all in others.
static bool default_is_excluded(const struct relation_list *beside, const struct terms *terms,
                                const char *column, const char *type)
{
    for (size_t i = 0; i < terms->n; i++) {
        const struct term *term = &terms->list[i];
        size_t n = 0;
        for (size_t k = 0;
             term->comparison == ONE_OF && strcmp(term->column, column) == 0 && k < term->n_values;
             k++) {
            for (size_t m = 0; m < beside->n; m++) {
                struct proof proof = {type, beside->list[m]->bound};
                n += proof.bound && lies_within(&proof, term->values[k]);
            }
        }
        if (n > 0 && n == term->n_values)
            return true;
    }
    return false;
}

bool partition_is_pruned(const struct schema *schema, const struct schema_relation *partition,
                         const struct expression *where)
{
    const struct schema_relation *parent =
        partition->n_parents ? schema_find(schema, partition->parents[0]) : NULL;
    const char *name = parent && where ? key_column(parent) : NULL;
    const struct schema_column *column = name ? schema_find_column(partition, name) : NULL;
    SCRATCH(tmp);
    struct terms terms = {.mem = tmp};
    if (!column || !where->text || !read_check(&terms, where->text))
        return false;
    if (!partition->is_default_partition)
        return partition->bound && terms_exclude(&terms, name, column->type.name, partition->bound);
    struct relation_list all = schema_descendants(tmp, schema, parent), beside = {0};
    for (size_t i = 1; i < all.n; i++) {
        if (name_equals(all.list[i]->parents[0], parent->name, false))
            list_add(tmp, &beside, all.list[i]);
    }
    return default_is_excluded(&beside, &terms, name, column->type.name);
}
