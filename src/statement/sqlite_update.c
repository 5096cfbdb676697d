/*
 * Updates of SQLite to constants, tried on the mirror: one row of zeros is put into the empty
 * table without its CHECKs, and set to the constants. What fails then fails on any row.
 *
 * A CHECK counts when all columns that it reads are set by the statement: of others the zeros are
 * not what a row holds.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "statement/quoting.h"
#include "statement/sqlite_mirror.h"
#include "statement/sqlite_mirror_state.h"

static bool is_given(const struct assignment *assignment)
{
    return assignment->value.is_constant || assignment->value.is_null;
}

// The row of zeros; STRICT tables take no number for a BLOB.
static char *zeros_of(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *table,
                      struct name target)
{
    size_t n = 0;
    struct column *columns = sqlite_mirror_columns(mem, mirror, target.name, &n);
    char *names = mem_strdup(mem, ""), *values = mem_strdup(mem, "");

    for (size_t i = 0; i < n; i++) {
        const char *type = columns[i].type.text;
        names = talloc_asprintf_append_buffer(names, "%s%s", i == 0 ? "" : ", ",
                                              quoting_name(mem, DIALECT_SQLITE, columns[i].name));
        values = talloc_asprintf_append_buffer(
            values, "%s%s", i == 0 ? "" : ", ",
            type != NULL && text_equal_nocase(type, "BLOB") ? "x''" : "0");
    }
    return n == 0 ? NULL : mem_printf(mem, "INSERT INTO %s (%s) VALUES (%s)", table, names, values);
}

// NULL: no column is set to a constant.
static char *constants_of(TALLOC_CTX *mem, const char *table, const struct query *query)
{
    char *sql = NULL;

    for (size_t i = 0; i < query->n_assignments; i++) {
        const struct assignment *assignment = &query->assignments[i];
        if (!is_given(assignment))
            continue;
        const char *column = quoting_name(mem, DIALECT_SQLITE, assignment->column);
        sql = sql == NULL
                  ? mem_printf(mem, "UPDATE %s SET %s = %s", table, column, assignment->value.text)
                  : mem_printf(mem, "%s, %s = %s", sql, column, assignment->value.text);
    }
    return sql;
}

static bool sets(const struct query *query, const char *column)
{
    for (size_t i = 0; i < query->n_assignments; i++)
        if (is_given(&query->assignments[i]) &&
            text_equal_nocase(query->assignments[i].column, column))
            return true;
    return false;
}

// Of a CHECK without a name SQLite's message has the text, of which it says what it reads.
static bool is_sure_check(struct sqlite_mirror *mirror, const char *table,
                          const struct query *query, const char *message)
{
    SCRATCH(tmp);
    static const char prefix[] = "CHECK constraint failed: ";
    const char *check = message + strlen(prefix);

    if (!text_starts_with(message, prefix) || strpbrk(check, " <>=!()+-*/|%&~") == NULL)
        return false;
    const char *sql = mem_printf(tmp, "SELECT (%s\n) FROM %s", check, table);
    struct sqlite_judgement judgement = sqlite_mirror_judge(tmp, mirror, sql, strlen(sql));
    bool is_sure = judgement.message == NULL && judgement.n_columns > 0;
    for (size_t i = 0; is_sure && i < judgement.n_columns; i++)
        is_sure = sets(query, judgement.columns[i]);
    return is_sure;
}

static const char *try_update(TALLOC_CTX *mem, struct sqlite_mirror *mirror,
                              const struct query *query, const char *table, const char *update)
{
    if (sqlite_mirror_run(mirror, update, strlen(update)) != SQLITE_OK) {
        int code = sqlite3_extended_errcode(mirror->db);
        bool is_sure = code == SQLITE_CONSTRAINT_NOTNULL || code == SQLITE_CONSTRAINT_DATATYPE ||
                       code == SQLITE_MISMATCH;
        return is_sure ? mem_strdup(mem, sqlite3_errmsg(mirror->db)) : NULL;
    }
    sqlite_mirror_execute(mirror, "PRAGMA ignore_check_constraints = 0");
    if (sqlite_mirror_run(mirror, update, strlen(update)) == SQLITE_OK ||
        sqlite3_extended_errcode(mirror->db) != SQLITE_CONSTRAINT_CHECK)
        return NULL;
    const char *message = mem_strdup(mem, sqlite3_errmsg(mirror->db));
    return is_sure_check(mirror, table, query, message) ? message : NULL;
}

const char *sqlite_mirror_try_update(TALLOC_CTX *mem, struct sqlite_mirror *mirror,
                                     const struct query *query)
{
    SCRATCH(tmp);
    const char *table = quoting_relation(tmp, DIALECT_SQLITE, query->target);
    const char *update = constants_of(tmp, table, query);
    const char *zeros = update == NULL ? NULL : zeros_of(tmp, mirror, table, query->target);
    const char *message = NULL;

    if (zeros == NULL || !sqlite_mirror_execute(mirror, "SAVEPOINT rows"))
        return NULL;
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (sqlite_mirror_execute(mirror, "PRAGMA ignore_check_constraints = 1") &&
        sqlite_mirror_run(mirror, zeros, strlen(zeros)) == SQLITE_OK)
        message = try_update(mem, mirror, query, table, update);
    sqlite_mirror_execute(mirror, "PRAGMA ignore_check_constraints = 0");
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    sqlite_mirror_execute(mirror, "ROLLBACK TO rows; RELEASE rows");
    return message;
}
