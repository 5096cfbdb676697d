/*
 * Mirror (see sqlite_mirror.h).
 *
 * Limits keep a hostile script from costing more than it weighs: SQLite's own on length, depth and
 * memory, a number of authorizer calls for views that multiply, a number of steps for DDL.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_mirror.h"

#include "base/text.h"
#include "statement/reader.h"
#include "statement/sqlite_mirror_state.h"
#include <assert.h>

#define NAMES_MAX 4096             // noted from one statement
#define AUTHORIZER_CALLS_MAX 20000 // of one statement: columns read, views looked through
#define STEPS_MAX 2000             // of one DDL statement, in thousands of virtual instructions

#define STRINGS_MAX 16 // told of one statement

static int mirror_free(struct sqlite_mirror *mirror)
{
    sqlite3_close_v2(mirror->db);
    return 0;
}

static void note_read(struct sqlite_mirror *mirror, const char *schema, const char *table,
                      const char *column)
{
    struct sqlite_judgement *into = mirror->judgement;
    size_t i = 0;

    while (i < into->n_reads && !text_equal_nocase(into->reads[i].name, table))
        i++;
    if (i == into->n_reads && i < NAMES_MAX)
        *mem_append(mirror->mem, into->reads, into->n_reads) = (struct name){
            .schema = mem_strdup(mirror->mem, schema), .name = mem_strdup(mirror->mem, table)};
    for (i = 0; i < into->n_columns; i++)
        if (text_equal_nocase(into->columns[i], column))
            return;
    if (i < NAMES_MAX && column[0] != '\0')
        *mem_append(mirror->mem, into->columns, into->n_columns) = mem_strdup(mirror->mem, column);
}

static int authorize_run(int action, const char *second)
{
    // DDL itself changes the schema table, calls SQLite's own functions; FTS asks for the page
    // size.
    bool is_denied = action == SQLITE_ATTACH || action == SQLITE_DETACH ||
                     action == SQLITE_TRANSACTION || (action == SQLITE_PRAGMA && second != NULL) ||
                     (action == SQLITE_FUNCTION && text_equal_nocase(second, "load_extension"));
    if (action == SQLITE_CREATE_VTABLE)
        is_denied = !text_equal_nocase(second, "fts3") && !text_equal_nocase(second, "fts4") &&
                    !text_equal_nocase(second, "fts5") && !text_equal_nocase(second, "rtree");
    return is_denied ? SQLITE_DENY : SQLITE_OK;
}

static int authorize(void *context, int action, const char *first, const char *second,
                     const char *schema, const char *within)
{
    struct sqlite_mirror *mirror = context;

    if (++mirror->calls > AUTHORIZER_CALLS_MAX)
        return SQLITE_DENY;
    if (mirror->task == TASK_ASK)
        return SQLITE_OK;
    if (mirror->task == TASK_APPLY)
        return authorize_run(action, second);
    if (action == SQLITE_PRAGMA)
        return SQLITE_IGNORE; // some act while they are prepared
    if (action == SQLITE_READ && within == NULL && first != NULL)
        note_read(mirror, schema, first, second ? second : "");
    return SQLITE_OK;
}

static int progress(void *context)
{
    struct sqlite_mirror *mirror = context;
    return ++mirror->steps > STEPS_MAX;
}

bool sqlite_mirror_open(TALLOC_CTX *mem, struct sqlite_mirror **out, struct error *err)
{
    sqlite3 *db = NULL;

    int rc = sqlite3_open_v2(":memory:", &db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, NULL);
    if (rc != SQLITE_OK) {
        sqlite3_close(db);
        return error_set(err, ERROR_INTERNAL, "cannot open an in-memory database: %s",
                         sqlite3_errstr(rc));
    }
    struct sqlite_mirror *mirror = mem_new(mem, struct sqlite_mirror);
    mirror->db = db;
    talloc_set_destructor(mirror, mirror_free);
    mirror->task = TASK_ASK;
    // A statement may be as long as the reader lets it be; depth stays SQLite's own (1000).
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, (int)STATEMENT_BYTES_MAX + 1);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, (int)STATEMENT_BYTES_MAX + 1);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    // "quoted" strings are SQLite's default for files; builds differ in it.
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_exec(db, "PRAGMA temp_store = memory", NULL, NULL, NULL);
    sqlite3_set_authorizer(db, authorize, mirror);
    sqlite3_progress_handler(db, 1000, progress, mirror);
    *out = mirror;
    return true;
}

void sqlite_mirror_begin(struct sqlite_mirror *mirror, enum mirror_task task)
{
    mirror->task = task;
    mirror->calls = 0;
    mirror->steps = 0;
}

// Messages of SQLite's tokenizer and parser; every other one is about what exists.
static bool is_syntax_message(const char *message)
{
    static const char *const starts[] = {
        "near \"",
        "incomplete input",
        "unrecognized token",
        "parser stack overflow",
        "syntax error",
        "Expression tree is too large",
        "string or blob too big",
        "statement too long",
        "query string is",
        "query is too large",
    };

    for (size_t i = 0; i < COUNT_OF(starts); i++)
        if (text_starts_with(message, starts[i]))
            return true;
    return false;
}

struct sqlite_judgement sqlite_mirror_judge(TALLOC_CTX *mem, struct sqlite_mirror *mirror,
                                            const char *sql, size_t len)
{
    struct sqlite_judgement judgement = {0};
    sqlite3_stmt *statement = NULL;

    assert(len <= STATEMENT_BYTES_MAX);
    sqlite_mirror_begin(mirror, TASK_JUDGE);
    mirror->mem = mem;
    mirror->judgement = &judgement;
    int rc = sqlite3_prepare_v2(mirror->db, sql, (int)len, &statement, NULL);
    bool was_too_much = mirror->calls > AUTHORIZER_CALLS_MAX;
    mirror->judgement = NULL;
    mirror->mem = NULL;
    sqlite_mirror_begin(mirror, TASK_ASK);
    if (rc != SQLITE_OK) {
        int offset = sqlite3_error_offset(mirror->db);
        judgement.message = was_too_much ? "more columns and views than can be judged"
                                         : mem_strdup(mem, sqlite3_errmsg(mirror->db));
        judgement.is_syntax = is_syntax_message(judgement.message);
        judgement.offset = offset > 0 && (size_t)offset <= len ? (size_t)offset : 0;
    }
    sqlite3_finalize(statement);
    return judgement;
}

// The first name that is no column and, for once, no string either; NULL: there is none.
static char *first_unknown(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql)
{
    static const char prefix[] = "no such column: ";
    sqlite3_stmt *statement = NULL;
    char *name = NULL;

    sqlite_mirror_begin(mirror, TASK_ASK);
    if (sqlite3_prepare_v2(mirror->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        const char *message = sqlite3_errmsg(mirror->db);
        if (text_starts_with(message, prefix)) {
            // SQLite 3.46 and newer quote it, and give advice behind it.
            const char *start = message + strlen(prefix);
            start += *start == '"';
            name = mem_strndup(mem, start, strcspn(start, "\""));
        }
    }
    sqlite3_finalize(statement);
    return name;
}

// "name" becomes 'name'; false: it stands nowhere.
static bool make_string(char *sql, const char *name)
{
    SCRATCH(tmp);
    const char *quoted = mem_printf(tmp, "\"%s\"", name);
    bool is_found = false;

    for (char *at = sql; (at = strcasestr(at, quoted)) != NULL; is_found = true) {
        *at = '\'';
        at += strlen(quoted);
        at[-1] = '\'';
    }
    return is_found;
}

const char **sqlite_mirror_strings(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql,
                                   size_t *n)
{
    SCRATCH(tmp);
    const char **names = NULL;
    const char *name;

    if (!strchr(sql, '"'))
        return NULL;
    char *text = mem_strdup(tmp, sql);
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    while (*n < STRINGS_MAX && (name = first_unknown(mem, mirror, text)) && make_string(text, name))
        *mem_append(mem, names, *n) = name;
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_DQS_DDL, 1, NULL);
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_DQS_DML, 1, NULL);
    return names;
}

const char **sqlite_mirror_firing(TALLOC_CTX *mem, struct sqlite_mirror *mirror, size_t *n)
{
    static const char sql[] =
        "WITH fired AS (SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger') "
        "SELECT printf('INSERT INTO \"%w\" DEFAULT VALUES', tbl_name) FROM fired UNION ALL "
        "SELECT printf('DELETE FROM \"%w\"', tbl_name) FROM fired UNION ALL "
        "SELECT printf('UPDATE \"%w\" SET %s', tbl_name, (SELECT group_concat(printf('\"%w\" = "
        "NULL', name), ', ') FROM pragma_table_info(tbl_name))) FROM fired";
    sqlite3_stmt *statement = NULL;
    const char **firing = NULL;

    sqlite_mirror_begin(mirror, TASK_ASK);
    if (sqlite3_prepare_v2(mirror->db, sql, -1, &statement, NULL) == SQLITE_OK) {
        while (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
            *mem_append(mem, firing, *n) =
                mem_strdup(mem, (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return firing;
}

int sqlite_mirror_run(struct sqlite_mirror *mirror, const char *sql, size_t len)
{
    sqlite3_stmt *statement = NULL;

    sqlite_mirror_begin(mirror, TASK_APPLY);
    int rc = sqlite3_prepare_v2(mirror->db, sql, (int)len, &statement, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        rc = SQLITE_OK;
    // Finalize first gives the message of the failed step again.
    int finalized = sqlite3_finalize(statement);
    sqlite_mirror_begin(mirror, TASK_ASK);
    return rc == SQLITE_DONE ? SQLITE_OK : (finalized != SQLITE_OK ? finalized : rc);
}

bool sqlite_mirror_execute(struct sqlite_mirror *mirror, const char *sql)
{
    sqlite_mirror_begin(mirror, TASK_ASK);
    return sqlite3_exec(mirror->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

const char *sqlite_mirror_apply(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql,
                                size_t len)
{
    const char *message = NULL;

    if (sqlite_mirror_run(mirror, sql, len) != SQLITE_OK) {
        message = mem_strdup(mem, sqlite3_errmsg(mirror->db));
        // "error in view v: no such table: main.x": an object that ALTER does not understand stops
        // it. The change is made all the same, so that what follows is judged by it.
        if (text_starts_with(message, "error in ")) {
            sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 1, NULL);
            sqlite_mirror_run(mirror, sql, len);
            sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0, NULL);
        }
    }
    // Some failures (interrupt, full) end the trial's transaction; it is as at its begin, then.
    if (mirror->is_trial && sqlite3_get_autocommit(mirror->db))
        sqlite_mirror_execute(mirror, "SAVEPOINT trial");
    return message;
}

// Failures that the rows of the text alone decide, whatever the table holds.
static bool is_sure_failure(int code)
{
    return code == SQLITE_CONSTRAINT_CHECK || code == SQLITE_CONSTRAINT_NOTNULL ||
           code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
           code == SQLITE_CONSTRAINT_DATATYPE || code == SQLITE_MISMATCH;
}

const char *sqlite_mirror_try_rows(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql)
{
    const char *message = NULL;

    if (!sqlite_mirror_execute(mirror, "SAVEPOINT rows"))
        return NULL;
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (sqlite_mirror_run(mirror, sql, strlen(sql)) != SQLITE_OK &&
        is_sure_failure(sqlite3_extended_errcode(mirror->db)))
        message = mem_strdup(mem, sqlite3_errmsg(mirror->db));
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    sqlite_mirror_execute(mirror, "ROLLBACK TO rows; RELEASE rows");
    return message;
}

bool sqlite_mirror_is_true(struct sqlite_mirror *mirror, const char *expression)
{
    SCRATCH(tmp);
    sqlite3_stmt *statement = NULL;
    const char *sql = mem_printf(tmp, "SELECT (%s\n) IS TRUE", expression);

    sqlite_mirror_begin(mirror, TASK_APPLY);
    bool is_true = sqlite3_prepare_v2(mirror->db, sql, -1, &statement, NULL) == SQLITE_OK &&
                   sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1;
    sqlite3_finalize(statement);
    sqlite_mirror_begin(mirror, TASK_ASK);
    return is_true;
}

const char *sqlite_mirror_table_of(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *type,
                                   const char *name)
{
    static const char sql[] = "SELECT tbl_name FROM (SELECT * FROM temp.sqlite_master UNION ALL "
                              "SELECT * FROM main.sqlite_master)"
                              " WHERE type = ?1 AND name = ?2 COLLATE nocase";
    sqlite3_stmt *statement = NULL;
    const char *table = NULL;

    sqlite_mirror_begin(mirror, TASK_ASK);
    if (sqlite3_prepare_v2(mirror->db, sql, -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, type, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, name, -1, SQLITE_STATIC);
        if (sqlite3_step(statement) == SQLITE_ROW)
            table = mem_strdup(mem, (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return table;
}

bool sqlite_mirror_has(struct sqlite_mirror *mirror, const char *relation)
{
    SCRATCH(tmp);
    return sqlite_mirror_table_of(tmp, mirror, "table", relation) ||
           sqlite_mirror_table_of(tmp, mirror, "view", relation);
}

struct column *sqlite_mirror_columns(TALLOC_CTX *mem, struct sqlite_mirror *mirror,
                                     const char *table, size_t *n)
{
    sqlite3_stmt *statement = NULL;
    struct column *columns = NULL;

    sqlite_mirror_begin(mirror, TASK_ASK);
    if (sqlite3_prepare_v2(mirror->db, "SELECT name, type FROM pragma_table_info(?1)", -1,
                           &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            const char *type = (const char *)sqlite3_column_text(statement, 1);
            struct column *column = mem_append(mem, columns, *n);
            column->name = mem_strdup(mem, (const char *)sqlite3_column_text(statement, 0));
            if (type && type[0] != '\0')
                column->type.text = column->type.name = mem_strdup(mem, type);
        }
    }
    sqlite3_finalize(statement);
    return columns;
}

const char *sqlite_mirror_version(void)
{
    static char version[64];

    snprintf(version, sizeof version, "SQLite %s", sqlite3_libversion());
    return version;
}

void sqlite_mirror_set_writable(struct sqlite_mirror *mirror, bool is_writable)
{
    sqlite3_db_config(mirror->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, is_writable ? 1 : 0, NULL);
}

void sqlite_mirror_begin_trial(struct sqlite_mirror *mirror)
{
    assert(!mirror->is_trial);
    mirror->is_trial = sqlite_mirror_execute(mirror, "SAVEPOINT trial");
}

void sqlite_mirror_end_trial(struct sqlite_mirror *mirror)
{
    if (mirror->is_trial)
        sqlite_mirror_execute(mirror, "ROLLBACK TO trial; RELEASE trial");
    mirror->is_trial = false;
}
