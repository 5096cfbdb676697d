/*
 * Cast tests: the input rules of PostgreSQL's types, and where USING writes a cast out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/cast_test.h"
#include "base/text.h"
#include "statement/lexer.h"
#include "statement/quoting.h"

// isspace() of the C locale, which PostgreSQL's input functions skip; [[:space:]] holds more.
#define BLANKS "[ \\t\\n\\v\\f\\r]*"
#define DAY "(?!0000)[0-9]{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01])"
#define CLOCK "([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?"
#define ZONE "( ?(Z|[+-](0?[0-9]|1[0-5])(:?[0-5][0-9])?))?"
#define DECIMAL "[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,4})?"

bool type_is_text(const char *name)
{
    static const char *const texts[] = {"text", "varchar", "bpchar", "char", "citext", "name"};
    return word_in(name, texts, COUNT_OF(texts));
}

// --- USING

static const struct {
    const char *word, *name;
} type_words[] = {
    {"smallint", "int2"},   {"int", "int4"},      {"integer", "int4"}, {"bigint", "int8"},
    {"decimal", "numeric"}, {"real", "float4"},   {"boolean", "bool"}, {"character", "bpchar"},
    {"char", "bpchar"},     {"double", "float8"},
};

// Does the word begin the type as a person writes it? `timestamp with time zone` is not told apart.
static bool names_type(const char *word, const struct type_name *type)
{
    for (size_t i = 0; i < COUNT_OF(type_words); i++) {
        if (strcmp(type_words[i].word, word) == 0)
            return strcmp(type_words[i].name, type->name) == 0 ||
                   (strcmp(word, "character") == 0 && strcmp(type->name, "varchar") == 0);
    }
    if (strcmp(word, "timestamp") == 0)
        return text_starts_with(type->name, "timestamp");
    return strcmp(word, type->name) == 0;
}

static void skip_parentheses(struct lexer *lexer, struct token *token)
{
    size_t depth = 0;
    do {
        depth += token->kind == TOKEN_OPEN;
        depth -= token->kind == TOKEN_CLOSE;
        *token = lexer_next(lexer);
    } while (depth > 0 && token->kind != TOKEN_END);
}

// One operand: a name, a call, what stands in parentheses. False: something else begins here.
static bool skip_operand(struct lexer *lexer, struct token *token)
{
    while (token->kind == TOKEN_WORD || token->kind == TOKEN_IDENTIFIER) {
        if (token_is(lexer, *token, "case") || token_is(lexer, *token, "not"))
            return false;
        *token = lexer_next(lexer);
        if (token->kind != TOKEN_DOT)
            break;
        *token = lexer_next(lexer);
    }
    if (token->kind == TOKEN_OPEN)
        skip_parentheses(lexer, token);
    return true;
}

static bool is_cast_operator(const struct lexer *lexer, struct token token)
{
    return token.kind == TOKEN_OPERATOR && token.len == 2 &&
           strncmp(lexer->text + token.offset, "::", 2) == 0;
}

// The type behind the current token: does it name `to`?
static bool read_type(TALLOC_CTX *mem, struct lexer *lexer, struct token *token,
                      const struct type_name *to)
{
    bool is_to = false;
    while (token->kind == TOKEN_WORD || token->kind == TOKEN_IDENTIFIER ||
           token->kind == TOKEN_DOT) {
        is_to = is_to || names_type(token_value(mem, lexer, *token), to);
        *token = lexer_next(lexer);
    }
    if (token->kind == TOKEN_OPEN)
        skip_parentheses(lexer, token);
    return is_to;
}

// `operand::a::b`: what stands in front of the last cast, when that is one to `to`; else NULL.
static const char *before_operator(TALLOC_CTX *mem, const char *text, const struct type_name *to)
{
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text));
    struct token token = lexer_next(&lexer);
    size_t at = 0;
    bool is_to = false;
    if (!skip_operand(&lexer, &token))
        return NULL;
    while (is_cast_operator(&lexer, token)) {
        at = token.offset;
        token = lexer_next(&lexer);
        is_to = read_type(mem, &lexer, &token, to);
    }
    return token.kind == TOKEN_END && is_to ? mem_strndup(mem, text, at) : NULL;
}

// `CAST(operand AS type)`, likewise.
static const char *inside_call(TALLOC_CTX *mem, const char *text, const struct type_name *to)
{
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text));
    struct token token = lexer_next(&lexer);
    if (!token_is(&lexer, token, "cast") || lexer_next(&lexer).kind != TOKEN_OPEN)
        return NULL;
    size_t start = lexer.at;
    token = lexer_next(&lexer);
    while (token.kind != TOKEN_END && token.kind != TOKEN_CLOSE && !token_is(&lexer, token, "as")) {
        if (token.kind == TOKEN_OPEN)
            skip_parentheses(&lexer, &token);
        else
            token = lexer_next(&lexer);
    }
    size_t end = token.offset;
    if (!token_is(&lexer, token, "as"))
        return NULL;
    token = lexer_next(&lexer);
    bool is_to = read_type(mem, &lexer, &token, to);
    if (!is_to || token.kind != TOKEN_CLOSE || lexer_next(&lexer).kind != TOKEN_END)
        return NULL;
    return mem_printf(mem, "(%.*s)", (int)(end - start), text + start);
}

struct cast_value cast_value_of(const struct asking *asking, const struct type_name *to)
{
    TALLOC_CTX *mem = asking->place->mem;
    const struct action *action = asking->action;
    if (action->using_expr == NULL)
        return (struct cast_value){.sql = ask_name(asking, action->column)};
    const char *text = action->using_expr->text;
    const char *operand = before_operator(mem, text, to);
    if (operand == NULL)
        operand = inside_call(mem, text, to);
    return (struct cast_value){.sql = operand != NULL ? operand : mem_printf(mem, "(%s)", text),
                               .is_cast = operand != NULL};
}

// --- texts

struct text_test {
    const char *type;
    const char *valid; // pattern of every text that is one
    const char *range; // of those that match: true where the value is refused, %1$s the value; NULL
    const char *also;  // pattern of the words that are values, too; NULL
};

#define LAST_DAY                                                                                   \
    "substring(%1$s from '-[0-9]{1,2}-([0-9]{1,2})')::int > extract(day FROM "                     \
    "make_date(substring(%1$s from '([0-9]{4})-')::int, "                                          \
    "substring(%1$s from '-([0-9]{1,2})-')::int, 1) + interval '1 month -1 day')"

// Source: PostgreSQL 15, numutils.c, numeric.c, float.c, bool.c, uuid.c, datetime.c; each held
// against the server in test/live/questions.t.
static const struct text_test text_tests[] = {
    {"int2", "^" BLANKS "[+-]?0*[0-9]{1,5}" BLANKS "$",
     "%1$s::numeric NOT BETWEEN -32768 AND 32767", NULL},
    {"int4", "^" BLANKS "[+-]?0*[0-9]{1,10}" BLANKS "$",
     "%1$s::numeric NOT BETWEEN -2147483648 AND 2147483647", NULL},
    {"int8", "^" BLANKS "[+-]?0*[0-9]{1,19}" BLANKS "$",
     "%1$s::numeric NOT BETWEEN -9223372036854775808 AND 9223372036854775807", NULL},
    {"float4", "^" BLANKS DECIMAL BLANKS "$", "abs(%1$s::numeric) > 3.4028235677973362e38",
     "^" BLANKS "([+-]?inf(inity)?|nan)" BLANKS "$"},
    {"float8", "^" BLANKS DECIMAL BLANKS "$", "abs(%1$s::numeric) > 1.7976931348623157e308",
     "^" BLANKS "([+-]?inf(inity)?|nan)" BLANKS "$"},
    {"numeric", "^" BLANKS DECIMAL BLANKS "$", NULL,
     "^" BLANKS "([+-]?inf(inity)?|nan)" BLANKS "$"},
    {"bool",
     "^" BLANKS "([tT]([rR]([uU][eE]?)?)?|[fF]([aA]([lL]([sS][eE]?)?)?)?|[yY]([eE][sS]?)?|[nN][oO]?"
     "|[oO][nN]|[oO][fF][fF]?|0|1)" BLANKS "$",
     NULL, NULL},
    {"uuid", "^(([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}|\\{([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}\\})$",
     NULL, NULL},
    {"date", "^" BLANKS DAY BLANKS "$", LAST_DAY, NULL},
    {"timestamp", "^" BLANKS DAY "([ T]" CLOCK ZONE ")?" BLANKS "$", LAST_DAY, NULL},
    {"timestamptz", "^" BLANKS DAY "([ T]" CLOCK ZONE ")?" BLANKS "$", LAST_DAY, NULL},
};

static const struct text_test *text_test_find(const char *type)
{
    for (size_t i = 0; i < COUNT_OF(text_tests); i++) {
        if (strcmp(text_tests[i].type, type) == 0)
            return &text_tests[i];
    }
    return NULL;
}

// 10 to the power of the digits in front of the point.
static const char *number_limit(TALLOC_CTX *mem, const struct type_name *to)
{
    int scale = to->n_mods > 1 ? to->mods[1] : 0;
    return mem_printf(mem, "1e%d", to->mods[0] - scale);
}

static const char *out_of_numeric(TALLOC_CTX *mem, const char *number, const struct type_name *to)
{
    return mem_printf(mem, "abs(round(%s, %d)) >= %s", number, to->n_mods > 1 ? to->mods[1] : 0,
                      number_limit(mem, to));
}

static const char *replaced(TALLOC_CTX *mem, const char *format, const char *value)
{
    const char *out = "";
    for (const char *at; (at = strstr(format, "%1$s")) != NULL; format = at + 4)
        out = mem_printf(mem, "%s%.*s%s", out, (int)(at - format), format, value);
    return mem_printf(mem, "%s%s", out, format);
}

static const char *text_refused(TALLOC_CTX *mem, const char *value, const struct type_name *to)
{
    const struct text_test *test = text_test_find(to->name);
    if (test == NULL)
        return NULL;
    bool is_limited = strcmp(to->name, "numeric") == 0 && to->n_mods > 0;
    const char *range = test->range != NULL ? replaced(mem, test->range, value) : NULL;
    if (is_limited)
        range = out_of_numeric(mem, mem_printf(mem, "%s::numeric", value), to);
    // numeric(p, s) holds NaN and no infinity. Source: PostgreSQL 15 manual, 8.1.2.
    const char *also = is_limited ? "^" BLANKS "nan" BLANKS "$" : test->also;
    const char *other = also == NULL ? "true" : mem_printf(mem, "%s !~* '%s'", value, also);
    if (range != NULL)
        return mem_printf(mem, "%s%sCASE WHEN %s ~ '%s' THEN %s ELSE %s END",
                          also == NULL ? value : "", also == NULL ? " IS NOT NULL AND " : "", value,
                          test->valid, range, other);
    if (also != NULL)
        return mem_printf(mem, "%s !~ '%s' AND %s", value, test->valid, other);
    return mem_printf(mem, "%s !~ '%s'", value, test->valid);
}

// --- all

static const char *number_refused(TALLOC_CTX *mem, const char *value, const struct type_name *from,
                                  const struct type_name *to)
{
    bool is_float = text_starts_with(from->name, "float");
    const char *number = is_float ? mem_printf(mem, "%s::float8", value) : value;
    const char *rounded =
        text_starts_with(from->name, "int") ? value : mem_printf(mem, "round(%s)", number);
    if (strcmp(to->name, "int2") == 0)
        return mem_printf(mem, "%s NOT BETWEEN -32768 AND 32767", rounded);
    if (strcmp(to->name, "int4") == 0)
        return mem_printf(mem, "%s NOT BETWEEN -2147483648 AND 2147483647", rounded);
    // 2^63 is the first float that does not fit, and no float lies between it and the last that
    // does.
    if (strcmp(to->name, "int8") == 0)
        return is_float
                   ? mem_printf(mem,
                                "NOT (%s >= -9223372036854775808::float8 AND %s < "
                                "9223372036854775808::float8)",
                                rounded, rounded)
                   : mem_printf(mem, "%s NOT BETWEEN -9223372036854775808 AND 9223372036854775807",
                                rounded);
    if (strcmp(to->name, "numeric") == 0)
        return mem_printf(mem, "%s::numeric <> 'NaN' AND %s", value,
                          out_of_numeric(mem, mem_printf(mem, "%s::numeric", value), to));
    // float8 to float4. Source: IEEE 754, halfway between the last float and what would be next.
    return mem_printf(mem,
                      "abs(%s) < 'Infinity' AND (abs(%s) >= 3.4028235677973366e38 OR "
                      "(%s <> 0 AND abs(%s) <= 7.006492321624085e-46))",
                      value, value, value, value);
}

static const char *label_refused(const struct rule_place *place, const char *value,
                                 const struct schema_type *type)
{
    TALLOC_CTX *mem = place->mem;
    const char **labels = mem_array(mem, const char *, type->n_labels);
    for (size_t i = 0; i < type->n_labels; i++)
        labels[i] = quoting_text(mem, type->labels[i]);
    return mem_printf(mem, "%s NOT IN (%s)", value, words_join(mem, labels, type->n_labels));
}

static bool is_cut_to_length(const struct type_name *to)
{
    return to->n_mods > 0 && (strcmp(to->name, "varchar") == 0 || strcmp(to->name, "bpchar") == 0);
}

const char *cast_test(const struct rule_place *place, const struct cast_value *value,
                      const struct type_name *from, const struct type_name *to)
{
    TALLOC_CTX *mem = place->mem;
    const char *sql = value->sql;
    bool is_plain_text = strcmp(from->name, "text") == 0 || strcmp(from->name, "varchar") == 0;
    const char *text = is_plain_text && sql[0] != '(' ? sql : mem_printf(mem, "(%s)::text", sql);
    const struct schema_type *type =
        schema_find_type(place->before, (struct name){to->schema, to->name});
    // Blanks at the end are cut without an error. Source: PostgreSQL 15 manual, 8.3.
    if (type_is_text(from->name) && is_cut_to_length(to))
        return mem_printf(mem, "length(rtrim(%s, ' ')) > %d", text, to->mods[0]);
    if (!type_is_text(from->name) && (type == NULL || type->object != OBJECT_ENUM))
        return number_refused(mem, sql, from, to);
    if (!value->is_cast && type_is_text(from->name))
        return NULL; // USING does more than a cast, and may fail inside
    if (type != NULL && type->object == OBJECT_ENUM)
        return type->n_labels > 0 ? label_refused(place, text, type) : NULL;
    // Source: PostgreSQL 16 manual, 9.27.4.
    if (place->pg_version >= 16)
        return mem_printf(mem, "NOT pg_input_is_valid(%s, %s)", text, quoting_text(mem, to->text));
    return text_refused(mem, text, to);
}

const char *cast_test_range(const struct rule_place *place, const char *value,
                            const struct type_name *from, const struct type_name *to)
{
    static const char *const limited[] = {"int2", "int4", "int8", "float4"};
    bool is_number = strcmp(from->name, "numeric") == 0 || text_starts_with(from->name, "float");
    bool has_limit = word_in(to->name, limited, COUNT_OF(limited)) ||
                     (strcmp(to->name, "numeric") == 0 && to->n_mods > 0);
    return is_number && has_limit ? number_refused(place->mem, value, from, to) : NULL;
}

const char *cast_test_limits(const struct rule_place *place, const struct type_name *from,
                             const struct type_name *to)
{
    if (!type_is_text(from->name) || place->pg_version >= 16)
        return "";
    if (strcmp(to->name, "date") == 0)
        return " written as 2026-12-31 (other forms are counted, too)";
    return text_starts_with(to->name, "timestamp")
               ? " written as 2026-12-31 23:59:59 (other forms are counted, too)"
               : "";
}
