/*
 * Lines of deployed code: spellings and ranks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/deployed_line.h"
#include "base/text.h"
#include "change/inflection.h"
#include <ctype.h>

// email_messages → EmailMessages, emailMessages
static char *camel(TALLOC_CTX *mem, const char *name, bool is_pascal)
{
    char *text = mem_strdup(mem, name);
    size_t n = 0;
    bool starts = is_pascal;
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '_' && n > 0) {
            starts = true;
            continue;
        }
        text[n++] = starts ? (char)toupper((unsigned char)*c) : *c;
        starts = false;
    }
    text[n] = '\0';
    return text;
}

static void add_word(struct deployed_words *words, const char *word)
{
    for (size_t i = 0; i < words->n; i++) {
        if (strcmp(words->list[i], word) == 0)
            return;
    }
    words->list[words->n++] = word;
}

struct deployed_words deployed_words_of(TALLOC_CTX *mem, const char *name, bool is_table)
{
    struct deployed_words words = {0};
    add_word(&words, mem_strdup(mem, name));
    add_word(&words, camel(mem, name, true));
    if (strchr(name, '_') != NULL)
        add_word(&words, camel(mem, name, false));
    if (is_table)
        add_word(&words, camel(mem, inflection_singular(mem, name), true));
    return words;
}

bool deployed_names(const char *text, const struct deployed_words *words)
{
    for (size_t i = 0; i < words->n; i++) {
        if (text_has_word(text, words->list[i]))
            return true;
    }
    return false;
}

static bool is_comment(const char *text)
{
    static const char *const starts[] = {"//", "#", "*", "/*", "--", "\"\"\"", "<!--"};
    text += strspn(text, " \t");
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (text_starts_with(text, starts[i]))
            return true;
    }
    return false;
}

static bool has_sql(const char *text)
{
    static const char *const words[] = {"select", "insert",   "update",   "delete",
                                        "from",   "where",    "join",     "into",
                                        "set",    "order by", "group by", "returning"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (text_has_word_nocase(text, words[i]))
            return true;
    }
    return false;
}

static bool is_model(const char *path)
{
    static const char *const globs[] = {"**/models/**", "**/models.py",    "**/model/**",
                                        "**/entity/**", "**/entities/**",  "**/*.prisma",
                                        "**/schema/**", "**/repository/**"};
    for (size_t i = 0; i < COUNT_OF(globs); i++) {
        if (text_glob_match(globs[i], path))
            return true;
    }
    return false;
}

enum deployed_rank deployed_rank_of(const char *path, const char *text)
{
    if (is_comment(text) && !text_ends_with(path, ".sql"))
        return RANK_COMMENT;
    if (has_sql(text))
        return RANK_SQL;
    return is_model(path) ? RANK_MODEL : RANK_CODE;
}
