/*
 * The guard's words half: no text crashes, and what it lets pass is one query to the reader as well.
 *
 * The reader cuts a text into statements by psql's rules and knows of no allow-list, so that an
 * oversight of the guard shows as a difference between the two.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/guard.h"
#include "statement/reader.h"
#include "target.h"

static bool is_question(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct query *query = statement->actions[i].query;
        if (query != NULL && (query->selects_into || query->is_locking))
            return false;
    }
    return strcmp(statement->kind, "SELECT") == 0 || strcmp(statement->kind, "SHOW") == 0 ||
           strncmp(statement->kind, "EXPLAIN", strlen("EXPLAIN")) == 0;
}

static void read_again(const char *sql)
{
    SCRATCH(tmp);
    struct error err;
    struct reader *reader;
    struct script *script;
    const struct script_source source = {
        .path = "question.sql", .text = sql, .len = strlen(sql), .end = strlen(sql)};
    if (!reader_open(tmp, DIALECT_POSTGRES, &reader, &err) ||
        !reader_read(tmp, reader, &source, &script, &err))
        bug("allowed, and not to be read: %s", err.message);
    if (script->n_statements != 1 || script->n_not_understood != 0)
        bug("allowed, and %zu statements", script->n_statements);
    if (!is_question(&script->statements[0]))
        bug("allowed, and it is %s", script->statements[0].kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    SCRATCH(tmp);
    const char *sql = target_text(tmp, data, len);
    struct guard_names names;
    struct error err = {0};
    if (guard_read(tmp, sql, GUARD_QUESTION, &names, &err)) {
        for (size_t i = 0; i < names.n; i++) {
            if (names.names[i].name == NULL || names.names[i].offset > strlen(sql))
                bug("a name without text or place");
        }
        read_again(sql);
    } else if (err.code != ERROR_UNKNOWN || err.message[0] == '\0') {
        bug("refused without a reason");
    }
    (void)!guard_read(tmp, sql, GUARD_BODY, &names, &err);
    return 0;
}
