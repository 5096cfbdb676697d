/*
 * The guard of SQLite: decides, before anything runs, that a statement only reads.
 *
 * Allow-lists throughout, because a deny-list leaks with the next version of the library: actions
 * of the authorizer, functions, pragmas (those with an argument apart, because with one they may
 * set). SQLite asks for every part of a statement, of the views that it reads, and of what its
 * virtual tables prepare while it runs. The connection below is opened read-only besides, with
 * query_only, a defensive schema and only those virtual tables that read (open.c).
 * docs/guarded-sql.md lists the ways out that are tested.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/sqlite/sqlite.h"

// SQLite's built-in functions that compute a value and do nothing else.
// Source: sqlite.org/lang_corefunc, lang_aggfunc, lang_datefunc, lang_mathfunc, json1,
// windowfunctions, fts3, fts5. Left out on purpose: load_extension, fts3_tokenizer, fts5 (hand out
// pointers), optimize (writes), random, randomblob (another answer each time is none), rtreecheck,
// edit, readfile, writefile, and whatever a later version brings.
static const char *const functions[] = {
    "->",
    "->>",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "bm25",
    "ceil",
    "ceiling",
    "changes",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "cosh",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "highlight",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_error_position",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_insert_rowid",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "match",
    "matchinfo",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "offsets",
    "percent_rank",
    "pi",
    "pow",
    "power",
    "printf",
    "quote",
    "radians",
    "rank",
    "regexp",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sin",
    "sinh",
    "snippet",
    "soundex",
    "sqlite_source_id",
    "sqlite_version",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "subtype",
    "sum",
    "tan",
    "tanh",
    "timediff",
    "tminus_fingerprint",
    "total",
    "total_changes",
    "trim",
    "trunc",
    "typeof",
    "unhex",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
};

enum pragma_argument {
    ARGUMENT_NONE = 1, // may be asked without an argument
    ARGUMENT_SOME = 2, // may be asked with one: it names what is looked at
};

static const struct {
    const char *name;
    unsigned arguments;
} pragmas[] = {
    {"application_id", ARGUMENT_NONE},
    {"auto_vacuum", ARGUMENT_NONE},
    {"collation_list", ARGUMENT_NONE},
    {"compile_options", ARGUMENT_NONE},
    {"data_version", ARGUMENT_NONE},
    {"database_list", ARGUMENT_NONE},
    {"encoding", ARGUMENT_NONE},
    {"foreign_key_check", ARGUMENT_NONE | ARGUMENT_SOME},
    {"foreign_key_list", ARGUMENT_SOME},
    {"foreign_keys", ARGUMENT_NONE},
    {"freelist_count", ARGUMENT_NONE},
    {"function_list", ARGUMENT_NONE},
    {"index_info", ARGUMENT_SOME},
    {"index_list", ARGUMENT_SOME},
    {"index_xinfo", ARGUMENT_SOME},
    {"integrity_check", ARGUMENT_NONE | ARGUMENT_SOME},
    {"page_count", ARGUMENT_NONE},
    {"page_size", ARGUMENT_NONE},
    {"quick_check", ARGUMENT_NONE | ARGUMENT_SOME},
    {"schema_version", ARGUMENT_NONE},
    {"table_info", ARGUMENT_SOME},
    {"table_list", ARGUMENT_NONE | ARGUMENT_SOME},
    {"table_xinfo", ARGUMENT_SOME},
    {"user_version", ARGUMENT_NONE},
};

// What is refused, in words; what is not named here is "action N".
static const struct {
    int action;
    const char *words; // followed by the first name that SQLite gives
} refusals[] = {
    {SQLITE_INSERT, "it writes to"},
    {SQLITE_UPDATE, "it updates"},
    {SQLITE_DELETE, "it deletes from"},
    {SQLITE_CREATE_TABLE, "it creates table"},
    {SQLITE_CREATE_TEMP_TABLE, "it creates temporary table"},
    {SQLITE_CREATE_INDEX, "it creates index"},
    {SQLITE_CREATE_TEMP_INDEX, "it creates index"},
    {SQLITE_CREATE_TRIGGER, "it creates trigger"},
    {SQLITE_CREATE_TEMP_TRIGGER, "it creates trigger"},
    {SQLITE_CREATE_VIEW, "it creates view"},
    {SQLITE_CREATE_TEMP_VIEW, "it creates view"},
    {SQLITE_CREATE_VTABLE, "it creates virtual table"},
    {SQLITE_DROP_TABLE, "it drops table"},
    {SQLITE_DROP_INDEX, "it drops index"},
    {SQLITE_DROP_TRIGGER, "it drops trigger"},
    {SQLITE_DROP_VIEW, "it drops view"},
    {SQLITE_DROP_VTABLE, "it drops virtual table"},
    {SQLITE_ALTER_TABLE, "it alters a table of database"},
    {SQLITE_REINDEX, "it rebuilds index"},
    {SQLITE_ANALYZE, "it analyzes table"},
    {SQLITE_ATTACH, "it attaches database"},
    {SQLITE_DETACH, "it detaches database"},
    {SQLITE_TRANSACTION, "it is"},
    {SQLITE_SAVEPOINT, "it is SAVEPOINT"},
};

static bool function_is_allowed(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (text_equal_nocase(functions[i], name))
            return true;
    }
    return false;
}

static bool pragma_is_allowed(const char *name, const char *argument)
{
    unsigned wanted = argument ? ARGUMENT_SOME : ARGUMENT_NONE;
    for (size_t i = 0; i < COUNT_OF(pragmas); i++) {
        if (text_equal_nocase(pragmas[i].name, name))
            return (pragmas[i].arguments & wanted) != 0;
    }
    return false;
}

static int refuse(struct guard *guard, const char *words, const char *name)
{
    if (guard->refused[0] == '\0')
        snprintf(guard->refused, sizeof guard->refused, "%s%s%s", words, name && *name ? " " : "",
                 name ? name : "");
    return SQLITE_DENY;
}

static const char *refusal_words(int action)
{
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        if (refusals[i].action == action)
            return refusals[i].words;
    }
    return "it does something unknown to";
}

// DDL first asks to write to the schema's table, and only then says what it is.
static int refuse_action(struct guard *guard, int action, const char *name)
{
    bool is_schema = name != NULL && (strcmp(name, "sqlite_master") == 0 ||
                                      strcmp(name, "sqlite_temp_master") == 0);
    return is_schema ? refuse(guard, "it changes the schema", "")
                     : refuse(guard, refusal_words(action), name);
}

// A migration in our transaction must not end it: the record would stand outside.
static int authorize_migration(struct guard *guard, int action, const char *first)
{
    if (action == SQLITE_TRANSACTION && guard->forbids_commit)
        return refuse(guard, "it is", first);
    // VACUUM attaches "", VACUUM INTO the file that it makes; NULL: only the run shows which.
    bool is_elsewhere = action == SQLITE_ATTACH &&
                        (first == NULL || (*first != '\0' && strcmp(first, ":memory:") != 0));
    if (guard->is_copy && is_elsewhere)
        return refuse(guard, "it attaches database", first);
    return SQLITE_OK;
}

static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *origin)
{
    struct guard *guard = context;
    (void)database;
    (void)origin;
    if (!guard->is_on)
        return authorize_migration(guard, action, first);
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_UPDATE:
        // Every virtual table declares its columns so when it is first read. An UPDATE of the
        // schema by hand is refused by SQLite itself, and by sqlite3_stmt_readonly below.
        return strcmp(first, "sqlite_master") == 0 ? SQLITE_OK
                                                   : refuse_action(guard, action, first);
    case SQLITE_FUNCTION:
        return function_is_allowed(second) ? SQLITE_OK : refuse(guard, "it calls function", second);
    case SQLITE_PRAGMA:
        if (pragma_is_allowed(first, second))
            return SQLITE_OK;
        return refuse(guard, second ? "it sets PRAGMA" : "it runs PRAGMA", first);
    default: return refuse_action(guard, action, first);
    }
}

void guard_install(struct engine *engine)
{
    sqlite3_set_authorizer(engine->handle, authorize, &engine->guard);
}

void guard_end(struct engine *engine)
{
    engine->guard.is_on = false;
}

static bool refuse_statement(const char *why, struct error *err)
{
    error_set(err, ERROR_UNKNOWN, "refused, a check may only read: %s", why);
    return error_hint(err,
                      "allowed is one SELECT, VALUES or EXPLAIN of one, or a PRAGMA that reads "
                      "(docs/guarded-sql.md)");
}

// The first statement from `*sql` on; NULL when only blanks, comments and semicolons are left.
static bool prepare_next(struct engine *engine, const char **sql, sqlite3_stmt **out,
                         struct error *err)
{
    *out = NULL;
    while (*out == NULL && **sql != '\0') {
        if (sqlite3_prepare_v2(engine->handle, *sql, -1, out, sql) == SQLITE_OK)
            continue;
        if (engine->guard.refused[0] != '\0')
            return refuse_statement(engine->guard.refused, err);
        return sqlite_fail(engine, err, ERROR_UNKNOWN, "the query is not understood");
    }
    return true;
}

bool guard_prepare(TALLOC_CTX *mem, struct engine *engine, const char *sql, struct cursor **out,
                   struct error *err)
{
    SCRATCH(tmp);
    engine->guard.is_on = true;
    engine->guard.refused[0] = '\0';
    sqlite3_stmt *first;
    sqlite3_stmt *second = NULL;
    struct error ignored;
    TRY(prepare_next(engine, &sql, &first, err));
    struct cursor *cursor = cursor_wrap(tmp, first);
    if (first == NULL)
        return refuse_statement("there is no statement in it", err);
    // Whatever follows, even what is not SQL, is one statement too many.
    bool is_alone = prepare_next(engine, &sql, &second, &ignored) && second == NULL;
    cursor_wrap(tmp, second);
    if (!is_alone)
        return refuse_statement("there is a second statement in it", err);
    if (!sqlite3_stmt_readonly(first) || sqlite3_column_count(first) == 0)
        return refuse_statement("SQLite says that it is no query", err);
    *out = talloc_steal(mem, cursor);
    return true;
}
