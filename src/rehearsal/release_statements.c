/*
 * Statements of a release: of a file, or as the server counted them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "proof/sql.h"
#include "rehearsal/release.h"
#include "statement/lexer.h"
#include "statement/quoting.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#define RECORDED_MAX 300

// --- a file

static void add_statement(TALLOC_CTX *mem, const char *path, const char *text, size_t start,
                          size_t end, struct release_statements *out)
{
    struct text_place place = text_place(text, end, start);
    *mem_append(mem, out->list, out->n) = (struct release_statement){
        .name = mem_printf(mem, "%s:%zu", path, place.line),
        .sql = mem_strndup(mem, text + start, end - start),
        .calls = -1,
    };
}

bool release_read(TALLOC_CTX *mem, const char *path, enum dialect dialect,
                  struct release_statements *out, struct error *err)
{
    char *text;
    size_t len, start = SIZE_MAX;
    TRY(file_read(mem, path, FILE_SIZE_MAX, &text, &len, err));
    struct lexer lexer = lexer_make(dialect, text, 0, len);
    *out = (struct release_statements){0};
    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_BROKEN) {
            struct text_place place = text_place(text, len, token.offset);
            return error_set(err, ERROR_INPUT, "%s:%zu:%zu: a quote or comment is not closed", path,
                             place.line, place.column);
        }
        bool is_end = token.kind == TOKEN_END || token.kind == TOKEN_SEMICOLON;
        if (is_end && start != SIZE_MAX)
            add_statement(mem, path, text, start, token.offset, out);
        start = is_end ? SIZE_MAX : start == SIZE_MAX ? token.offset : start;
        if (token.kind == TOKEN_END)
            break;
    }
    if (out->n == 0)
        return error_set(err, ERROR_INPUT, "%s: there is no statement in it", path);
    return true;
}

// --- as the server counted them

struct recorded {
    TALLOC_CTX *mem;
    struct release_statements *out;
    const char *schema;
};

static bool take_schema(void *context, const char *const *names, const struct engine_value *values,
                        size_t n)
{
    struct recorded *recorded = context;
    (void)names;
    if (n == 1 && !values[0].is_null)
        recorded->schema = mem_strdup(recorded->mem, values[0].text);
    return false;
}

static bool take_statement(void *context, const char *const *names,
                           const struct engine_value *values, size_t n)
{
    struct recorded *recorded = context;
    (void)names;
    if (n != 2 || values[1].is_null)
        return true;
    int64_t calls = strtoll(values[0].text, NULL, 10);
    *mem_append(recorded->mem, recorded->out->list, recorded->out->n) = (struct release_statement){
        .name = mem_printf(recorded->mem, "pg_stat_statements, %" PRId64 " calls", calls),
        .sql = mem_strdup(recorded->mem, values[1].text),
        .calls = calls,
    };
    return true;
}

static bool is_plain(const char *name)
{
    for (; *name != '\0'; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

// Those that name a table of the change, as a regular expression.
static char *table_pattern(TALLOC_CTX *mem, const struct trace *trace)
{
    char *pattern = mem_strdup(mem, "");
    for (size_t i = 0; i < trace->n_tables; i++) {
        const char *name = trace->tables[i]->before.name;
        if (name != NULL && is_plain(name))
            pattern = mem_printf(mem, "%s%s%s", pattern, *pattern ? "|" : "", name);
    }
    return pattern;
}

bool release_recorded(TALLOC_CTX *mem, const struct target *source, const struct trace *trace,
                      struct release_statements *out, const char **why, struct error *err)
{
    SCRATCH(tmp);
    struct recorded recorded = {.mem = mem, .out = out};
    const char *pattern = table_pattern(tmp, trace);
    struct error unknown = {0};
    *why = "rehearsal.old_release names no file";
    if (source->driver->dialect != DIALECT_POSTGRES || *pattern == '\0')
        return true;
    TRY(source->driver->session->query(
        source->engine,
        "SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n "
        "ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'",
        take_schema, &recorded, err));
    if (recorded.schema == NULL) {
        *why = "rehearsal.old_release names no file, and pg_stat_statements is not installed";
        return true;
    }
    const char *sql = mem_printf(
        tmp,
        "SELECT sum(calls)::bigint, query FROM %s WHERE dbid = (SELECT oid FROM "
        "pg_catalog.pg_database WHERE datname = current_database()) AND query ~* %s AND query ~* "
        "'^\\s*(select|insert|update|delete|with|merge|values)\\M' GROUP BY query ORDER BY 1 DESC "
        "LIMIT %d",
        sql_relation(tmp, (struct name){recorded.schema, "pg_stat_statements"}),
        quoting_text(tmp, mem_printf(tmp, "\\m(%s)\\M", pattern)), RECORDED_MAX);
    if (source->driver->session->query(source->engine, sql, take_statement, &recorded, &unknown))
        return true;
    *why = mem_printf(mem, "pg_stat_statements was not read: %s", unknown.message);
    if (unknown.code != ERROR_UNREACHABLE && unknown.code != ERROR_INTERRUPTED)
        return true;
    *err = unknown;
    return false;
}
