/*
 * Code text: a source file as words, strings and marks, comments left out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/code_text.h"
#include "base/file.h"
#include "base/text.h"
#include <ctype.h>

static const struct code_language languages[] = {
    {.endings = ".rb .rake .erb .haml .slim ",
     .hash_comments = true,
     .heredocs = true,
     .long_quotes = true,
     .word_marks = true},
    {.endings = ".py .ipynb ", .hash_comments = true, .triple_quotes = true, .documents = true},
    {.endings = ".ex .exs ",
     .hash_comments = true,
     .triple_quotes = true,
     .documents = true,
     .word_marks = true},
    {.endings = ".sh .bash .pl .pm ", .hash_comments = true, .heredocs = true, .long_quotes = true},
    {.endings = ".php ",
     .hash_comments = true,
     .slash_comments = true,
     .heredocs = true,
     .long_quotes = true},
    {.endings = ".js .mjs .cjs .jsx .ts .tsx .vue .svelte ",
     .slash_comments = true,
     .backquotes = true},
    {.endings = ".go ", .slash_comments = true, .backquotes = true, .character_quotes = true},
    {.endings = ".rs ", .slash_comments = true, .long_quotes = true, .character_quotes = true},
    {.endings = ".java .kt .scala .groovy .cs .swift ",
     .slash_comments = true,
     .triple_quotes = true,
     .character_quotes = true},
    {.endings = ".dart ", .slash_comments = true, .triple_quotes = true},
    {.endings = ".c .cc .cpp .h .hpp .fs .clj .lua .erl .hs ",
     .slash_comments = true,
     .character_quotes = true},
};

struct scan {
    TALLOC_CTX *mem;
    struct code_text *out;
    size_t at;
    size_t line;
    int depth;      // of parentheses and brackets
    size_t heredoc; // of a heredoc that begins on the next line: its word, or 0
    size_t heredoc_len;
};

static const struct code_language *language_of(TALLOC_CTX *mem, const char *path)
{
    const char *dot = strrchr(file_base(path), '.');
    for (size_t i = 0; dot != NULL && i < COUNT_OF(languages); i++)
        if (strstr(languages[i].endings, mem_printf(mem, "%s ", dot)) != NULL)
            return &languages[i];
    return NULL;
}

static bool starts(const struct scan *scan, const char *text)
{
    size_t len = strlen(text);
    return scan->out->len - scan->at >= len && memcmp(scan->out->text + scan->at, text, len) == 0;
}

static void add(struct scan *scan, enum code_token_kind kind, size_t start, size_t end, size_t line)
{
    struct code_token *token = mem_append(scan->mem, scan->out->tokens, scan->out->n);
    *token = (struct code_token){kind, start, end, line, scan->line};
}

static void skip_to(struct scan *scan, size_t end)
{
    for (; scan->at < end; scan->at++)
        if (scan->out->text[scan->at] == '\n')
            scan->line++;
}

static size_t find(const struct scan *scan, size_t from, const char *text)
{
    const char *found = from > scan->out->len ? NULL
                                              : memmem(scan->out->text + from,
                                                       scan->out->len - from, text, strlen(text));
    return found == NULL ? scan->out->len : (size_t)(found - scan->out->text);
}

// A string from `start` (its content) to `end`, closed by `close` characters.
static void take_string(struct scan *scan, size_t start, size_t end, size_t close)
{
    size_t line = scan->line;
    skip_to(scan, end);
    add(scan, CODE_STRING, start, end, line);
    size_t behind = end + close;
    skip_to(scan, behind < scan->out->len ? behind : scan->out->len);
}

// A triple-quoted string that is a statement of its own explains, it is not used.
static bool is_document(const struct scan *scan)
{
    const struct code_text *out = scan->out;
    if (!out->language->documents || scan->depth > 0)
        return false;
    if (out->n == 0)
        return true;
    const struct code_token *last = &out->tokens[out->n - 1];
    if (last->line_end == scan->line)
        return code_is_word(out, out->n - 1, "moduledoc") || code_is_word(out, out->n - 1, "doc");
    return last->kind != CODE_MARK || strchr("=+\\,%", out->text[last->start]) == NULL;
}

static void take_triple(struct scan *scan, const char *quotes)
{
    size_t end = find(scan, scan->at + 3, quotes);
    if (is_document(scan))
        skip_to(scan, end + 3 < scan->out->len ? end + 3 : scan->out->len);
    else
        take_string(scan, scan->at + 3, end, 3);
}

// Does the content at `start` read as SQL? Only such a string is let over the end of its line: a
// quote in a regular expression must not swallow the file.
static bool reads_as_sql(const struct scan *scan, size_t start)
{
    static const char *const verbs[] = {"insert", "update",   "delete", "with",
                                        "merge",  "truncate", "copy",   "select"};
    SCRATCH(tmp);
    while (start < scan->out->len && isspace((unsigned char)scan->out->text[start]))
        start++;
    size_t left = scan->out->len - start;
    char *head = text_lower(tmp, mem_strndup(tmp, scan->out->text + start, left < 8 ? left : 8));
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (text_starts_with(head, verbs[i]))
            return true;
    return false;
}

static void take_quoted(struct scan *scan)
{
    const struct code_text *out = scan->out;
    char quote = out->text[scan->at];
    bool is_long = quote == '`' || (out->language->long_quotes && reads_as_sql(scan, scan->at + 1));
    size_t end = scan->at + 1;
    while (end < out->len && out->text[end] != quote && (is_long || out->text[end] != '\n'))
        end += out->text[end] == '\\' && end + 1 < out->len && out->text[end + 1] != '\n' ? 2 : 1;
    if (end > out->len)
        end = out->len;
    bool is_closed = end < out->len && out->text[end] == quote;
    bool is_character = quote == '\'' && out->language->character_quotes;
    if (is_character && (!is_closed || end - scan->at > 12)) {
        scan->at++; // a lifetime of Rust, a stray quote
        return;
    }
    take_string(scan, scan->at + 1, end, is_closed ? 1 : 0);
}

// "<<~SQL", "<<-'SQL'", "<<<SQL": the string begins on the next line.
static bool begin_heredoc(struct scan *scan)
{
    const struct code_text *out = scan->out;
    if (!starts(scan, "<<") || scan->heredoc_len > 0)
        return false;
    size_t at = scan->at + 2;
    while (at < out->len && strchr("<~-'\"", out->text[at]) != NULL)
        at++;
    size_t start = at;
    while (at < out->len && (isupper((unsigned char)out->text[at]) || out->text[at] == '_'))
        at++;
    if (at - start < 2)
        return false;
    scan->heredoc = start;
    scan->heredoc_len = at - start;
    if (at < out->len && strchr("'\"", out->text[at]) != NULL)
        at++;
    scan->at = at;
    return true;
}

static void take_heredoc(struct scan *scan)
{
    const struct code_text *out = scan->out;
    size_t start = scan->at + 1;
    size_t end = start;
    while (end < out->len) {
        size_t at = end;
        while (at < out->len && (out->text[at] == ' ' || out->text[at] == '\t'))
            at++;
        if (out->len - at >= scan->heredoc_len &&
            memcmp(out->text + at, out->text + scan->heredoc, scan->heredoc_len) == 0)
            break;
        size_t newline = find(scan, end, "\n");
        end = newline < out->len ? newline + 1 : out->len;
    }
    skip_to(scan, start < out->len ? start : out->len);
    scan->heredoc_len = 0;
    take_string(scan, start, end, 0);
    skip_to(scan, find(scan, end, "\n"));
}

static bool is_word_character(const struct scan *scan, size_t at)
{
    unsigned char c = (unsigned char)scan->out->text[at];
    return isalnum(c) || c == '_' || c >= 0x80;
}

static void take_word(struct scan *scan)
{
    const struct code_text *out = scan->out;
    size_t start = scan->at;
    while (scan->at < out->len && is_word_character(scan, scan->at))
        scan->at++;
    bool may_have_mark = out->language->word_marks && scan->at + 1 < out->len &&
                         strchr("!?", out->text[scan->at]) != NULL &&
                         out->text[scan->at + 1] != '=';
    if (may_have_mark)
        scan->at++;
    add(scan, CODE_WORD, start, scan->at, scan->line);
}

static bool skip_comment(struct scan *scan)
{
    const struct code_language *language = scan->out->language;
    if ((language->hash_comments && starts(scan, "#")) ||
        (language->slash_comments && starts(scan, "//"))) {
        skip_to(scan, find(scan, scan->at, "\n"));
        return true;
    }
    bool is_block = language->slash_comments && starts(scan, "/*");
    bool is_ruby = language->word_marks && starts(scan, "=begin") &&
                   (scan->at == 0 || scan->out->text[scan->at - 1] == '\n');
    if (!is_block && !is_ruby)
        return false;
    const char *close = is_block ? "*/" : "\n=end";
    size_t end = find(scan, scan->at, close) + strlen(close);
    skip_to(scan, end < scan->out->len ? end : scan->out->len);
    return true;
}

static void take_mark(struct scan *scan)
{
    char mark = scan->out->text[scan->at];
    if (mark == '(' || mark == '[')
        scan->depth++;
    if ((mark == ')' || mark == ']') && scan->depth > 0)
        scan->depth--;
    add(scan, CODE_MARK, scan->at, scan->at + 1, scan->line);
    scan->at++;
}

static void step(struct scan *scan)
{
    const struct code_language *language = scan->out->language;
    char c = scan->out->text[scan->at];
    if (c == '\n' && scan->heredoc_len > 0)
        take_heredoc(scan);
    else if (isspace((unsigned char)c) || c == '\0')
        skip_to(scan, scan->at + 1);
    else if (skip_comment(scan) || (language->heredocs && begin_heredoc(scan)))
        return;
    else if (language->triple_quotes && (starts(scan, "\"\"\"") || starts(scan, "'''")))
        take_triple(scan, c == '"' ? "\"\"\"" : "'''");
    else if (c == '"' || c == '\'' || (c == '`' && language->backquotes))
        take_quoted(scan);
    else if (is_word_character(scan, scan->at))
        take_word(scan);
    else
        take_mark(scan);
}

void code_text_read(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                    struct code_text *out)
{
    *out = (struct code_text){
        .path = path, .text = text, .len = len, .language = language_of(mem, path)};
    struct scan scan = {.mem = mem, .out = out, .line = 1};
    if (out->language == NULL) { // SQL, or a language without a row: all of it is one text
        scan.line = 1;
        take_string(&scan, 0, len, 0);
        if (out->n > 0)
            out->tokens[0].line = 1;
        return;
    }
    while (scan.at < len)
        step(&scan);
}

bool code_is_mark(const struct code_text *code, size_t i, char mark)
{
    return i < code->n && code->tokens[i].kind == CODE_MARK &&
           code->text[code->tokens[i].start] == mark;
}

bool code_is_word(const struct code_text *code, size_t i, const char *word)
{
    if (i >= code->n || code->tokens[i].kind != CODE_WORD)
        return false;
    size_t len = code->tokens[i].end - code->tokens[i].start;
    return len == strlen(word) && memcmp(code->text + code->tokens[i].start, word, len) == 0;
}

char *code_token_text(TALLOC_CTX *mem, const struct code_text *code, size_t i)
{
    return mem_strndup(mem, code->text + code->tokens[i].start,
                       code->tokens[i].end - code->tokens[i].start);
}

bool code_is_ruby(const struct code_text *code)
{
    return text_ends_with(code->path, ".rb") || text_ends_with(code->path, ".rake");
}
