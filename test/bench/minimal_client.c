/*
 * The least that a client of PostgreSQL costs: connect, ask for one row, print it.
 *
 *   minimal_client URL SQL
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <libpq-fe.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    PGconn *connection = PQconnectdb(argc == 3 ? argv[1] : "");
    PGresult *rows = PQexec(connection, argc == 3 ? argv[2] : "");
    int is_answered = PQresultStatus(rows) == PGRES_TUPLES_OK && PQntuples(rows) > 0;

    if (is_answered)
        puts(PQgetvalue(rows, 0, 0));
    else
        fputs(PQerrorMessage(connection), stderr);
    PQclear(rows);
    PQfinish(connection);
    return !is_answered;
}
