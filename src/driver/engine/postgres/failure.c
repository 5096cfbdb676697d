/*
 * What a server or libpq says went wrong, told to people: where, what, why, and what to do.
 *
 * The SQLSTATE decides, for messages come in the server's language. While a connection is being
 * made libpq gives text alone; it is asked for verbose messages then, in which the SQLSTATE stands
 * behind the severity.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/connection.h"
#include <ctype.h>

// How a class of SQLSTATE, or one SQLSTATE, ends a statement that was sent. First match decides.
static const struct {
    const char *sqlstate; // or how it begins
    enum error_code code;
    const char *hint;
} meanings[] = {
    {"57014", ERROR_UNREACHABLE, "it was cancelled in the server: by a time limit or by a person"},
    {"57P", ERROR_UNREACHABLE, "the server is stopping or starting; run the command again later"},
    {"08", ERROR_UNREACHABLE, "the connection broke; run the command again"},
    {"25P03", ERROR_UNREACHABLE,
     "idle_in_transaction_session_timeout of the server or its pooler ended the transaction"},
    {"55P03", ERROR_UNREACHABLE, "another session holds the lock: see pg_locks, pg_stat_activity"},
    {"40P01", ERROR_UNREACHABLE, "two sessions waited for each other; run the command again"},
    {"40001", ERROR_UNREACHABLE, "another session was in the way; run the command again"},
    {"53300", ERROR_UNREACHABLE, "free connection slots, or raise max_connections"},
    {"53", ERROR_UNREACHABLE, "the server is out of memory, disk or connections; see its log"},
    {"42501", ERROR_DATABASE,
     "grant the role what it needs: pg_read_all_data to read, BYPASSRLS where a policy hides rows"},
};

static void fill_known(const char *sqlstate, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(meanings); i++) {
        if (strncmp(sqlstate, meanings[i].sqlstate, strlen(meanings[i].sqlstate)) == 0) {
            err->code = meanings[i].code;
            error_hint(err, "%s", meanings[i].hint);
            return;
        }
    }
}

// libpq's text in one line, without its severity and full stop.
static char *one_line(TALLOC_CTX *mem, const char *text)
{
    char *line = mem_strdup(mem, text);
    size_t n = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (!isspace((unsigned char)*c))
            line[n++] = *c;
        else if (n > 0 && line[n - 1] != ' ')
            line[n++] = ' ';
    }
    while (n > 0 && strchr(" .", line[n - 1]) != NULL)
        n--;
    line[n] = '\0';
    return line;
}

static bool fail_lost(struct connection *connection, const char *why, const char *what,
                      struct error *err)
{
    SCRATCH(tmp);
    error_set(err, ERROR_UNREACHABLE, "%s: the connection is lost: %s: %s", connection->place,
              *why ? one_line(tmp, why) : "the server did not end a cancelled statement", what);
    return error_hint(err, "see the server's log; run the command again when it is back");
}

bool connection_fail(struct connection *connection, const PGresult *result, const char *what,
                     struct error *err)
{
    SCRATCH(tmp);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (connection->hides_rows && sqlstate != NULL && strncmp(sqlstate, "23", 2) == 0)
        detail = NULL; // "Failing row contains (…)"
    snprintf(connection->sqlstate, sizeof connection->sqlstate, "%s", sqlstate ? sqlstate : "");
    if (sqlstate == NULL || why == NULL)
        return fail_lost(connection,
                         result ? PQresultErrorMessage(result) : PQerrorMessage(connection->handle),
                         what, err);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    connection->position = position ? strtoull(position, NULL, 10) : 0;
    talloc_free(connection->why);
    connection->why = mem_printf(connection, "%s%s%s", one_line(tmp, why), detail ? "; " : "",
                                 detail ? one_line(tmp, detail) : "");
    error_set(err, ERROR_DATABASE, "%s: %s: %s", connection->place, connection->why, what);
    if (hint != NULL)
        error_hint(err, "%s", one_line(tmp, hint));
    fill_known(sqlstate, err);
    snprintf(err->sqlstate, sizeof err->sqlstate, "%s", sqlstate);
    return false;
}
