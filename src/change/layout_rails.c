/*
 * Rails, as `bin/rails db:migrate` writes it into its log at level debug.
 *
 *   Migrating to AddCategory (20240101000000)
 *     TRANSACTION (0.2ms)  BEGIN
 *   == 20240101000000 AddCategory: migrating ====
 *      (0.4ms)  ALTER TABLE "emails" ADD "category" character varying
 *     ActiveRecord::SchemaMigration Create (0.3ms)  INSERT INTO "schema_migrations" …
 *     TRANSACTION (1.8ms)  COMMIT
 *
 * The text of a migration is its part of the log in which everything but SQL is blank, and the
 * place of each "(0.4ms)" a semicolon, so that lines and columns stay those of the log. Rails' own
 * statements (transactions, locks, its two tables) are blank too. Source: logs as in rails/rails
 * #26996 and PecanProject/bety #359; ActiveRecord::LogSubscriber#sql.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "change/layout_rows.h"
#include "change/line.h"
#include "change/migration.h"
#include "change/printed.h"
#include <ctype.h>

static const struct printed_tool tool = {
    .name = "Rails",
    .source = ".rb",
    .mark = "ActiveRecord::Migration",
    .command =
        "print it: run bin/rails db:migrate (and db:rollback) against a scratch database and "
        "give log/development.log, which holds the SQL",
};

static bool has_mark(const char *text)
{
    const char *found = strstr(text, "Migrating to ");
    return found != NULL && strstr(found, "ms)  ") != NULL;
}

static int recognise(const char *folder, char *const *paths, size_t n)
{
    (void)folder;
    if (printed_find_sql(paths, n, true, has_mark))
        return 80;
    return printed_find_code(&tool, paths, n) != NULL ? PRINTED_CODE_SCORE : 0;
}

static void blank(char *text, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++)
        text[i] = ' ';
}

// Colours: ESC [ … m
static void blank_colors(char *text, const struct line *line)
{
    for (size_t i = line->start; i + 1 < line->end; i++) {
        if (text[i] != '\033' || text[i + 1] != '[')
            continue;
        size_t end = i + 2;
        while (end < line->end && (isdigit((unsigned char)text[end]) || text[end] == ';'))
            end++;
        blank(text, i, end < line->end ? end + 1 : end);
    }
}

// Where the SQL of a log line begins, behind "NAME (0.4ms)"; 0: the line holds none.
static size_t sql_start(const char *text, const struct line *line)
{
    const char *end = memmem(text + line->start, line->end - line->start, "ms)", 3);
    if (end == NULL)
        return 0;
    const char *open = end;
    while (open > text + line->start && (isdigit((unsigned char)open[-1]) || open[-1] == '.'))
        open--;
    if (open == end || open == text + line->start || open[-1] != '(')
        return 0;
    size_t start = (size_t)(end - text) + 3;
    while (start < line->end && text[start] == ' ')
        start++;
    return start;
}

// Statements of Rails itself, not of the migration.
static bool is_own(const char *text, const struct line *line, size_t start)
{
    static const char *const own[] = {
        "BEGIN",  "COMMIT", "ROLLBACK", "SAVEPOINT", "begin transaction", "commit transaction",
        "RELEASE"};
    static const char *const names[] = {"schema_migrations", "ar_internal_metadata",
                                        "advisory_lock", "advisory_unlock"};
    struct line sql = *line;
    sql.start = start;
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (line_starts_with(&sql, own[i]))
            return true;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (memmem(text + start, line->end - start, names[i], strlen(names[i])) != NULL)
            return true;
    return memmem(text + line->start, start - line->start, "SCHEMA (", 8) != NULL;
}

// "  [["version", "1"]]": values of parameters behind the statement.
static void blank_parameters(char *text, const struct line *line, size_t start)
{
    const char *found = memmem(text + start, line->end - start, "  [[", 4);
    if (found != NULL && text[line->end - 1] == ']')
        blank(text, (size_t)(found - text), line->end);
}

static bool is_noise(const struct line *line)
{
    static const char *const starts[] = {"-- ",  "-> ",  "== ",          "\xe2\x86\xb3",
                                         "I, [", "D, [", "Migrating to "};
    for (size_t i = 0; i < COUNT_OF(starts); i++)
        if (line_starts_with(line, starts[i]))
            return true;
    return false;
}

// One file while it is read. `part` is the migration's text, NULL before the first.
struct log {
    TALLOC_CTX *mem;
    struct change *change;
    struct migration_text whole;
    char *text; // the copy in which all but SQL becomes blank
    struct migration *migration;
    struct migration_text part;
    bool is_down;
    bool is_blanking; // continuation lines of a statement of Rails' own
};

static void end_section(struct log *log, size_t end)
{
    if (log->migration == NULL)
        return;
    log->part.end = end;
    *(log->is_down ? &log->migration->down : &log->migration->up) = log->part;
    if (!log->is_down || log->migration->path == NULL)
        log->migration->path = log->part.path;
}

// "Migrating to AddCategory (20240101000000)"
static bool begin_section(struct log *log, const struct line *line)
{
    SCRATCH(tmp);
    char *copy = line_copy(tmp, line);
    char *name = strstr(copy, "Migrating to ");
    char *open = name == NULL ? NULL : strchr(name, '(');
    if (open == NULL || open == name + strlen("Migrating to "))
        return false;
    name += strlen("Migrating to ");
    end_section(log, line->start);
    open[-1] = '\0';
    char *version = open + 1;
    version[strcspn(version, ")")] = '\0';
    log->migration = migration_of(log->mem, log->change, version);
    log->migration->name = mem_strdup(log->mem, name);
    log->part = log->whole;
    log->part.start = line->next;
    log->part.in_transaction = false;
    log->is_down = false;
    return true;
}

static void take_line(struct log *log, const struct line *line)
{
    blank_colors(log->text, line);
    if (begin_section(log, line) || log->migration == NULL) {
        blank(log->text, line->start, line->end);
        return;
    }
    size_t len = line->end - line->start;
    if (memmem(log->text + line->start, len, ": reverting ", 12) != NULL)
        log->is_down = true;
    size_t start = sql_start(log->text, line);
    if (start == 0) {
        if (is_noise(line) || log->is_blanking)
            blank(log->text, line->start, line->end);
        return;
    }
    struct line sql = *line;
    sql.start = start;
    if (line_starts_with(&sql, "BEGIN") || line_starts_with(&sql, "begin transaction"))
        log->part.in_transaction = true;
    log->is_blanking = is_own(log->text, line, start);
    blank_parameters(log->text, line, start);
    blank(log->text, line->start, log->is_blanking ? line->end : start);
    log->text[line->start] = ';';
}

static bool read_file(TALLOC_CTX *mem, const char *path, struct change *change, struct error *err)
{
    struct log log = {.mem = mem, .change = change};
    TRY(migration_text_read(mem, path, true, &log.whole, err));
    log.text = mem_array(mem, char, log.whole.len + 1);
    memcpy(log.text, log.whole.text, log.whole.len);
    log.whole.text = log.text;
    for (struct line line = {.text = log.text}; line_next(&line, log.whole.len);)
        take_line(&log, &line);
    end_section(&log, log.whole.len);
    return true;
}

static bool read_files(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       struct change *change, struct error *err)
{
    (void)folder;
    const char *code = printed_find_code(&tool, paths, n);
    if (code != NULL && !printed_find_sql(paths, n, true, has_mark))
        return printed_refuse_code(&tool, code, err);
    for (size_t i = 0; i < n; i++)
        if (text_ends_with(paths[i], ".log") || text_ends_with(paths[i], ".sql"))
            TRY(read_file(mem, paths[i], change, err));
    migration_sort(change, migration_by_version);
    return true;
}

const struct migration_layout layout_rails = {
    .name = "rails",
    .file_pattern = "the log of rails db:migrate",
    .transaction_rule = "each migration in one transaction where the log says BEGIN",
    .record_table = "schema_migrations",
    .recognise = recognise,
    .surest = 80,
    .read = read_files,
    .not_following = "its migrations are code in Ruby",
};
