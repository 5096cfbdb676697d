/*
 * Server log: see server_log.h.
 *
 * With log_statement = all the server logs a statement when it begins ("statement: …", "execute
 * NAME: …" of the extended protocol), and with log_duration when it ended ("duration: 0.123 ms");
 * those of parse and bind come before "execute" and are of nothing that is kept.
 * Source: exec_simple_query, exec_execute_message of PostgreSQL 15, and a server's log.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/server_log.h"
#include "base/text.h"
#include <stdlib.h>

struct entry {
    long process;
    const char *text; // behind its level
    bool is_error;
};

static const struct {
    const char *word;
    bool is_error;
} levels[] = {{" LOG:  ", false}, {" ERROR:  ", true}, {" FATAL:  ", true}, {" PANIC:  ", true}};

// Of `database`, not of tminus, and of a level that is looked at.
static bool entry_read(const char *line, const char *database, struct entry *out)
{
    SCRATCH(tmp);
    char *behind;
    const char *found = NULL;
    if (line[0] != '[')
        return false;
    out->process = strtol(line + 1, &behind, 10);
    const char *prefix = mem_printf(tmp, "] %s ", database);
    if (!text_starts_with(behind, prefix))
        return false;
    const char *application = behind + strlen(prefix);
    // An application may have no name: its blank is the level's too.
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        const char *at = strstr(application - 1, levels[i].word);
        if (at == NULL || (found != NULL && at > found))
            continue;
        found = at;
        out->text = at + strlen(levels[i].word);
        out->is_error = levels[i].is_error;
    }
    return found != NULL && !text_starts_with(application, "tminus");
}

// The statement in an entry; NULL: it is of something else. A fetch of a cursor is none.
static const char *statement_of(const char *text)
{
    if (text_starts_with(text, "statement: "))
        return text + strlen("statement: ");
    if (!text_starts_with(text, "execute ") || text_starts_with(text, "execute fetch from "))
        return NULL;
    const char *colon = strstr(text, ": ");
    return colon == NULL ? NULL : colon + 2;
}

static struct logged_statement *last_of(struct server_log *log, long process)
{
    for (size_t i = log->n; i > 0; i--)
        if (log->list[i - 1].process == process)
            return &log->list[i - 1];
    return NULL;
}

static void add_duration(struct server_log *log, const struct entry *entry)
{
    char *behind;
    double ms = strtod(entry->text + strlen("duration: "), &behind);
    struct logged_statement *last = last_of(log, entry->process);
    if (strcmp(behind, " ms") == 0 && last != NULL && last->took_us < 0 && !last->has_failed)
        last->took_us = (int64_t)(ms * 1000);
}

static void add_error(TALLOC_CTX *mem, struct server_log *log, const struct entry *entry)
{
    struct logged_statement *last = last_of(log, entry->process);
    if (last != NULL && last->took_us < 0)
        last->has_failed = true;
    log->last_error = mem_strdup(mem, entry->text);
}

static void add_entry(TALLOC_CTX *mem, struct server_log *log, const char *line)
{
    struct entry entry = {0};
    if (!entry_read(line, log->database, &entry))
        return;
    const char *sql = entry.is_error ? NULL : statement_of(entry.text);
    if (entry.is_error)
        add_error(mem, log, &entry);
    else if (text_starts_with(entry.text, "duration: "))
        add_duration(log, &entry);
    else if (sql != NULL && log->n >= SERVER_LOG_STATEMENTS_MAX)
        log->n_more++;
    else if (sql != NULL)
        *mem_append(mem, log->list, log->n) = (struct logged_statement){
            .sql = mem_strdup(mem, sql), .took_us = -1, .process = entry.process};
}

// One entry's end: behind the line that no other one goes on from.
static const char *entry_end(const char *text)
{
    const char *end = text;
    do {
        end += strcspn(end, "\n");
        end += *end == '\n';
    } while (*end == '\t');
    return end;
}

// Its lines joined, without the tabs that mark those that go on.
static char *entry_text(TALLOC_CTX *mem, const char *from, const char *end)
{
    char *text = mem_strndup(mem, from, (size_t)(end - from));
    size_t n = 0;
    for (const char *c = text; *c != '\0'; c++) {
        bool is_mark = c > text && c[-1] == '\n' && *c == '\t';
        if (!is_mark)
            text[n++] = *c;
    }
    while (n > 0 && text[n - 1] == '\n')
        n--;
    text[n] = '\0';
    return text;
}

void server_log_add(TALLOC_CTX *mem, struct server_log *log, const char *text)
{
    while (*text != '\0') {
        SCRATCH(tmp);
        const char *end = entry_end(text);
        add_entry(mem, log, entry_text(tmp, text, end));
        text = end;
    }
}
