/*
 * Suppressions: reading one line of a comment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/suppression.h"
#include "analysis/rule.h"
#include "base/text.h"
#include <ctype.h>

#define FORM "-- tminus: allow RULE until 2027-01-31: reason"
#define DAY_LEN 10 // "2027-01-31"

struct words {
    const char *at;
    const char *end;
};

static void skip_blanks(struct words *words)
{
    while (words->at < words->end && isspace((unsigned char)*words->at))
        words->at++;
}

// Letters, digits, '-' and '_'; empty: something else stands here.
static char *next_word(TALLOC_CTX *mem, struct words *words)
{
    skip_blanks(words);
    const char *start = words->at;
    while (words->at < words->end &&
           (isalnum((unsigned char)*words->at) || *words->at == '-' || *words->at == '_'))
        words->at++;
    return mem_strndup(mem, start, (size_t)(words->at - start));
}

static bool skip_sign(struct words *words, char sign)
{
    skip_blanks(words);
    if (words->at >= words->end || *words->at != sign)
        return false;
    words->at++;
    return true;
}

static bool refuse(struct suppression *out, const char *problem, const char *hint)
{
    out->problem = problem;
    out->problem_hint = hint == NULL ? FORM : hint;
    return false;
}

static bool take_rule(TALLOC_CTX *mem, struct suppression *out, const char *id)
{
    const struct rule *rule = rule_find(id);
    if (rule != NULL && rule->is_final)
        return refuse(out,
                      mem_printf(mem, "%s cannot be allowed: what was not read is not known", id),
                      "settle it: unknown is never pass");
    if (rule == NULL) {
        const char **ids = mem_array(mem, const char *, rule_count);
        for (size_t i = 0; i < rule_count; i++)
            ids[i] = rule_table[i]->id;
        const char *nearest = text_nearest(id, ids, rule_count);
        return refuse(out, mem_printf(mem, "no rule is called '%s'", id),
                      nearest == NULL ? "`tminus explain` lists the rules"
                                      : mem_printf(mem, "did you mean '%s'?", nearest));
    }
    *mem_append(mem, out->rules, out->n_rules) = rule->id;
    return true;
}

// RULE[, RULE…], up to and with "until".
static bool read_rules(TALLOC_CTX *mem, struct words *words, struct suppression *out)
{
    for (;;) {
        const char *word = next_word(mem, words);
        if (strcmp(word, "until") == 0 && out->n_rules > 0)
            return true;
        if (word[0] == '\0' || strcmp(word, "until") == 0)
            return out->n_rules == 0 ? refuse(out, "no rule is named", NULL)
                                     : refuse(out, "no day is given: until when?", NULL);
        if (!take_rule(mem, out, word))
            return false;
        skip_sign(words, ',');
    }
}

static int number_at(const char *text, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + text[i] - '0';
    return value;
}

// "2027-01-31", as the calendar has it.
static bool is_day(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(text) != DAY_LEN)
        return false;
    for (size_t i = 0; i < DAY_LEN; i++) {
        if (form[i] == '-' ? text[i] != '-' : !isdigit((unsigned char)text[i]))
            return false;
    }
    int year = number_at(text, 4), month = number_at(text + 5, 2), day = number_at(text + 8, 2);
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && is_leap);
}

static bool read_day(TALLOC_CTX *mem, struct words *words, struct suppression *out)
{
    const char *day = next_word(mem, words);
    if (!is_day(day))
        return refuse(out, mem_printf(mem, "'%s' is no day such as 2027-01-31", day), NULL);
    out->until = day;
    return true;
}

static bool read_reason(TALLOC_CTX *mem, struct words *words, struct suppression *out)
{
    bool has_sign = skip_sign(words, ':');
    skip_blanks(words);
    while (words->end > words->at && isspace((unsigned char)words->end[-1]))
        words->end--;
    if (!has_sign || words->at == words->end)
        return refuse(out, "no reason is given", NULL);
    out->reason = mem_strndup(mem, words->at, (size_t)(words->end - words->at));
    return true;
}

static bool read_all(TALLOC_CTX *mem, struct words *words, struct suppression *out)
{
    bool has_sign = skip_sign(words, ':');
    const char *verb = next_word(mem, words);
    out->is_file = strcmp(verb, "allow-file") == 0;
    if (!out->is_file && strcmp(verb, "allow") != 0)
        return refuse(out, mem_printf(mem, "'%s' is neither allow nor allow-file", verb), NULL);
    if (!has_sign)
        return refuse(out, "a ':' is missing behind tminus", NULL);
    return read_rules(mem, words, out) && read_day(mem, words, out) && read_reason(mem, words, out);
}

// "tminus: …", or "tminus allow…" where the colon was forgotten; not a sentence about tminus.
static bool speaks_to_us(const char *text, size_t len)
{
    SCRATCH(tmp);
    struct words words = {text, text + len};
    if (strcmp(next_word(tmp, &words), "tminus") != 0)
        return false;
    if (text_equal_nocase(text_shorten(tmp, text, len, 80), "tminus: no transaction"))
        return false; // a plain folder's mark (change/layout_plain.c)
    return skip_sign(&words, ':') || text_starts_with(next_word(tmp, &words), "allow");
}

bool suppression_read(TALLOC_CTX *mem, const char *text, size_t len, struct suppression *out)
{
    if (!speaks_to_us(text, len))
        return false;
    struct words words = {text, text + len};
    *out = (struct suppression){0};
    next_word(mem, &words);
    out->text = text_shorten(mem, text, len, 200);
    read_all(mem, &words, out);
    return true;
}
