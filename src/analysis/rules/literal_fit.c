/*
 * Literals held against types: input rules of texts, and which types take a number or a boolean.
 *
 * What is not surely refused is taken: types of others, and texts that a type reads in many ways.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/literal_fit.h"
#include "base/text.h"
#include "statement/quoting.h"
#include <ctype.h>
#include <stdlib.h>

// PostgreSQL 16 reads 0x1F, 0o17 and 1_000 as well. Source: its release notes.
#define OTHER_NUMBERS_SINCE 16
#define DOMAIN_DEPTH_MAX 16

struct fit_question {
    const struct rule_place *place;
    const struct value *value;
    const struct type_name *type;
    bool is_stored;
};

struct value value_of_expression(const struct expression *expression)
{
    return (struct value){.literal = expression->literal, .constant = expression->constant};
}

static const char *trimmed(TALLOC_CTX *mem, const char *text)
{
    static const char blanks[] = " \t\n\v\f\r";
    text += strspn(text, blanks);
    size_t len = strlen(text);
    while (len > 0 && strchr(blanks, text[len - 1]) != NULL)
        len--;
    return mem_strndup(mem, text, len);
}

static bool is_integer_text(const char *text)
{
    text += *text == '+' || *text == '-';
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool is_decimal_text(const char *text)
{
    static const char *const words[] = {"nan",      "inf",       "+inf",     "-inf",
                                        "infinity", "+infinity", "-infinity"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcasecmp(text, words[i]) == 0)
            return true;
    }
    text += *text == '+' || *text == '-';
    size_t whole = strspn(text, "0123456789");
    text += whole;
    size_t part = 0;
    if (*text == '.')
        part = strspn(++text, "0123456789");
    text += part;
    if (whole + part == 0)
        return false;
    return *text == '\0' || ((*text == 'e' || *text == 'E') && is_integer_text(text + 1));
}

// Prefixes of the words are values, too. Source: PostgreSQL 15 manual, 8.6.
static bool is_boolean_text(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no"};
    size_t len = strlen(text);
    for (size_t i = 0; len > 0 && i < COUNT_OF(words); i++) {
        if (strncasecmp(text, words[i], len) == 0)
            return true;
    }
    return strcmp(text, "1") == 0 || strcmp(text, "0") == 0 || strcasecmp(text, "on") == 0 ||
           strcasecmp(text, "of") == 0 || strcasecmp(text, "off") == 0;
}

// Without a digit only these words are a time. Source: PostgreSQL 15 manual, 8.5.1.4.
static bool may_be_time_text(const char *text)
{
    static const char *const words[] = {"now",      "today",     "tomorrow",  "yesterday", "epoch",
                                        "infinity", "+infinity", "-infinity", "allballs"};
    if (strpbrk(text, "0123456789") != NULL)
        return true;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcasestr(text, words[i]) != NULL)
            return true;
    }
    return false;
}

static bool is_uuid_text(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (strchr("{}-", *text) != NULL)
            continue;
        if (!isxdigit((unsigned char)*text))
            return false;
        n++;
    }
    return n == 32;
}

// By how it begins and ends.
static bool may_be_json_text(const char *text)
{
    size_t len = strlen(text);
    char last = len > 0 ? text[len - 1] : '\0';
    switch (*text) {
    case '{': return last == '}';
    case '[': return last == ']';
    case '"': return len > 1 && last == '"';
    case 't': return strcmp(text, "true") == 0;
    case 'f': return strcmp(text, "false") == 0;
    case 'n': return strcmp(text, "null") == 0;
    default: return *text == '-' || isdigit((unsigned char)*text);
    }
}

typedef bool text_check(const char *text);

static const struct text_form {
    const char *type, *title;
    text_check *check;
    bool keeps_blanks; // around it they are an error
} text_forms[] = {
    {"int2", "a smallint", is_integer_text, false},
    {"int4", "an integer", is_integer_text, false},
    {"int8", "a bigint", is_integer_text, false},
    {"numeric", "a number", is_decimal_text, false},
    {"float4", "a number", is_decimal_text, false},
    {"float8", "a number", is_decimal_text, false},
    {"bool", "a boolean", is_boolean_text, false},
    {"date", "a date", may_be_time_text, false},
    {"timestamp", "a timestamp", may_be_time_text, false},
    {"timestamptz", "a timestamp", may_be_time_text, false},
    {"json", "JSON", may_be_json_text, false},
    {"jsonb", "JSON", may_be_json_text, false},
    {"uuid", "a uuid", is_uuid_text, true},
};

static const struct text_form *text_form_of(const char *type)
{
    for (size_t i = 0; i < COUNT_OF(text_forms); i++) {
        if (strcmp(text_forms[i].type, type) == 0)
            return &text_forms[i];
    }
    return NULL;
}

static bool is_number_type(const char *type)
{
    static const char *const numbers[] = {"int2", "int4", "int8", "numeric", "float4", "float8"};
    return word_in(type, numbers, COUNT_OF(numbers));
}

static const char *label_misfit(const struct fit_question *question, const struct schema_type *type)
{
    TALLOC_CTX *mem = question->place->mem;
    if (type->n_labels == 0 || schema_doubts_all(question->place->before))
        return NULL;
    if (question->value->literal != LITERAL_TEXT)
        return mem_printf(mem, "%s is no value of %s", question->value->constant, type->name.name);
    if (word_in(question->value->constant, type->labels, type->n_labels))
        return NULL;
    return mem_printf(mem, "%s is no value of %s", quoting_text(mem, question->value->constant),
                      type->name.name);
}

// The limits of what is stored; `text` without blanks around it.
static const char *size_misfit(const struct fit_question *question, const char *text)
{
    static const struct {
        const char *type;
        double min, end; // the first that is too large
    } ranges[] = {
        {"int2", -32768.5, 32767.5},
        {"int4", -2147483648.5, 2147483647.5},
        {"int8", -9223372036854775808.0, 9223372036854775808.0},
    };
    TALLOC_CTX *mem = question->place->mem;
    double number = strtod(text, NULL);
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        if (strcmp(ranges[i].type, question->type->name) == 0 &&
            (number < ranges[i].min || number > ranges[i].end))
            return mem_printf(mem, "%s is out of the range of %s", text, question->type->text);
    }
    return NULL;
}

static size_t characters(const char *text)
{
    size_t n = 0, kept = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0U) != 0x80;
        if (*text != ' ')
            kept = n;
    }
    return kept; // blanks at the end are cut without an error
}

static const char *text_misfit(const struct fit_question *question)
{
    TALLOC_CTX *mem = question->place->mem;
    const char *constant = question->value->constant, *name = question->type->name;
    bool has_length =
        question->type->n_mods > 0 && (strcmp(name, "varchar") == 0 || strcmp(name, "bpchar") == 0);
    if (has_length && question->is_stored && characters(constant) > (size_t)question->type->mods[0])
        return mem_printf(mem, "%s is longer than %s", quoting_text(mem, constant),
                          question->type->text);
    const struct text_form *form = text_form_of(name);
    if (form == NULL)
        return NULL;
    const char *text = form->keeps_blanks ? constant : trimmed(mem, constant);
    bool is_otherwise = is_number_type(name) &&
                        question->place->pg_version >= OTHER_NUMBERS_SINCE &&
                        strpbrk(text, "0123456789") != NULL;
    if (!is_otherwise && !form->check(text))
        return mem_printf(mem, "%s is not %s", quoting_text(mem, constant), form->title);
    // Texts are read when the statement is: their range counts even where nothing is stored.
    return !is_otherwise && form->check == is_integer_text ? size_misfit(question, text) : NULL;
}

// Assignment casts. Source: pg_cast of PostgreSQL 15; what is in neither list is not judged.
static const char *other_misfit(const struct fit_question *question)
{
    static const char *const never[] = {"date",     "time", "timetz", "timestamp", "timestamptz",
                                        "interval", "json", "jsonb",  "uuid"};
    const char *name = question->type->name, *constant = question->value->constant;
    bool is_number = question->value->literal == LITERAL_NUMBER;
    bool is_refused = word_in(name, never, COUNT_OF(never)) ||
                      (is_number ? strcmp(name, "bool") == 0 : is_number_type(name));
    if (is_refused)
        return mem_printf(question->place->mem, "%s is %s, and is not cast to %s by itself",
                          constant, is_number ? "a number" : "a boolean", question->type->text);
    return is_number && question->is_stored ? size_misfit(question, constant) : NULL;
}

static const char *array_misfit(const struct fit_question *question)
{
    TALLOC_CTX *mem = question->place->mem;
    const char *constant = question->value->constant;
    if (question->value->literal != LITERAL_TEXT)
        return mem_printf(mem, "%s is no array", constant);
    char first = *trimmed(mem, constant);
    return first == '{' || first == '['
               ? NULL
               : mem_printf(mem, "%s is no array: '{…}'", quoting_text(mem, constant));
}

const char *literal_misfit(const struct rule_place *place, const struct value *value,
                           const struct type_name *type, bool is_stored)
{
    struct fit_question question = {place, value, type, is_stored};
    if (value->literal < LITERAL_TEXT || value->constant == NULL || type->name == NULL)
        return NULL;
    for (int i = 0; i < DOMAIN_DEPTH_MAX; i++) {
        const struct name name = {question.type->schema, question.type->name};
        if (question.type->is_array)
            return array_misfit(&question);
        const struct schema_type *known = schema_find_type(place->before, name);
        if (known == NULL)
            break;
        if (known->object == OBJECT_ENUM)
            return label_misfit(&question, known);
        if (known->object != OBJECT_DOMAIN)
            return NULL;
        question.type = &known->base;
        if (question.type->name == NULL)
            return NULL;
    }
    return value->literal == LITERAL_TEXT ? text_misfit(&question) : other_misfit(&question);
}
