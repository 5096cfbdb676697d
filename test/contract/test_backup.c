/*
 * What every driver of backups must do: one suite, run on each row of `places`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../support/postgres_server.h"
#include "driver/backup.h"
#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>

// How a test gets a database that can be backed up, and changes it from outside the driver.
struct backup_case {
    const struct backup_driver *driver;
    struct database *(*make)(const char *sql);
    void (*execute)(const char *path, const char *sql);
    const struct engine_driver *engine;
};

static const struct backup_case cases[] = {
    {&backup_sqlite, database_make, database_execute, &engine_sqlite},
    {&backup_pg_dump, postgres_database_make, postgres_execute, &engine_postgres},
    {&backup_pg_basebackup, postgres_database_make, postgres_execute, &engine_postgres},
    {&backup_command, database_make, database_execute, &engine_sqlite},
};

// What a project's own commands may look like.
static const char take_script[] = "name=copy.$$.sqlite\n"
                                  "sqlite3 \"$TMINUS_DATABASE_URL\" \".backup $TMINUS_BACKUP_DIRECTORY/$name\" || exit 1\n"
                                  "echo \"$name\"\n";
static const char give_script[] = "cp \"$TMINUS_BACKUP_DIRECTORY/$TMINUS_BACKUP_ID\" \"$TMINUS_DATABASE_URL\"\n";
static const char *const take_command[] = {"/bin/sh", "-c", take_script, NULL};
static const char *const give_command[] = {"/bin/sh", "-c", give_script, NULL};

// `bulk` is large enough that a file cut in half loses rows of it.
#define SCHEMA                                                                                     \
    "CREATE TABLE emails (id INTEGER PRIMARY KEY, status VARCHAR(20) NOT NULL);"                   \
    "CREATE TABLE bulk (id INTEGER PRIMARY KEY, note VARCHAR(80));"                                \
    "INSERT INTO emails VALUES (1, 'new'), (2, 'read'), (3, 'gone');"                              \
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"              \
    "  INSERT INTO bulk SELECT i, 'note number ' || i * 7919 % 3001 FROM n;"

struct rig {
    const struct backup_case *of;
    const struct backup_driver *driver;
    struct database *database;
    char *directory;
    struct backup_options options;
    struct error err;
};

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static int rig_remove(char *directory)
{
    nftw(directory, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
    return 0;
}

// A server of its own is small, and nobody else's tablespaces are in it.
static char server_folder[64];

static void server_command(const char *verb)
{
    SCRATCH(tmp);
    const char *source = getenv("SOURCE") ? getenv("SOURCE") : "..";
    const char *const argv[] = {file_join(tmp, source, "tool/postgres-server"), verb, server_folder, NULL};
    struct process_result result;
    struct error err = {0};
    if (!process_run(tmp, &(struct process_options){.argv = argv}, &result, &err) || result.status != 0)
        fail_msg("postgres-server %s failed", verb);
}

static void server_stop(void)
{
    server_command("stop");
}

// Of a role with REPLICATION.
static const char *server_url(TALLOC_CTX *mem)
{
    SCRATCH(tmp);
    char *port;
    size_t len;
    struct error err = {0};
    if (server_folder[0] == '\0') {
        snprintf(server_folder, sizeof server_folder, "/var/tmp/tminus-base-%d", (int)getpid());
        server_command("start");
        atexit(server_stop);
    }
    if (!file_read(tmp, file_join(tmp, server_folder, "port"), 16, &port, &len, &err))
        fail_msg("%s", err.message);
    return mem_printf(mem, "postgresql://postgres@127.0.0.1:%.*s/postgres", (int)strcspn(port, "\n"), port);
}

static void rig_make(struct rig *rig, const struct backup_case *of)
{
    *rig = (struct rig){.of = of, .driver = of->driver, .database = of->make(SCHEMA)};
    rig->directory = mem_strdup(rig->database, "/tmp/tminus-backup-XXXXXX");
    assert_non_null(mkdtemp(rig->directory));
    talloc_set_destructor(rig->directory, rig_remove);
    rig->options.directory = file_join(rig->database, rig->directory, "kept/here");
    rig->options.url = secret_make(rig->database, rig->database->path);
    if (rig->driver->is_physical)
        rig->options.url = secret_make(rig->database, server_url(rig->database));
    rig->options.timeout_ms = 60000;
    rig->options.command = take_command;
    rig->options.restore = give_command;
}

static struct backup take(struct rig *rig)
{
    struct backup backup;
    if (!rig->driver->take(rig->database, &rig->options, NULL, &backup, &rig->err))
        fail_msg("%s", rig->err.message);
    return backup;
}

static size_t count(struct rig *rig, struct backup **list)
{
    size_t n;
    if (!rig->driver->list(rig->database, &rig->options, list, &n, &rig->err))
        fail_msg("%s", rig->err.message);
    return n;
}

// A place that nothing is in yet, of the same kind of database. `*out` is its address.
static struct database *empty_place(struct rig *rig, struct secret **out)
{
    struct database *empty = rig->of->make(NULL);
    *out = secret_make(empty, empty->path);
    return empty;
}

// Into a folder, for those who give back a server.
static char *empty_folder(struct rig *rig)
{
    char *folder = file_join(rig->database, rig->directory, "restored");
    assert_int_equal(mkdir(folder, 0700), 0);
    return folder;
}

struct seen {
    char first[64];
};

static bool see(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    struct seen *seen = context;
    (void)names;
    (void)n;
    snprintf(seen->first, sizeof seen->first, "%s", values[0].is_null ? "(null)" : values[0].text);
    return true;
}

static void expect_first(struct rig *rig, const char *path, const char *sql, const char *expected)
{
    SCRATCH(tmp);
    struct engine *engine;
    struct seen seen = {0};
    const struct engine_open_options options = {.url = secret_make(tmp, path), .read_only = true};
    if (!rig->of->engine->session->open(tmp, &options, &engine, &rig->err) ||
        !rig->of->engine->session->query(engine, sql, see, &seen, &rig->err))
        fail_msg("%s: %s", sql, rig->err.message);
    assert_string_equal(seen.first, expected);
}

// --- the largest file of a backup, for damaging it

static char largest[4096];
static off_t largest_bytes;
static mode_t loosest;

static int look_at(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)place;
    loosest |= status->st_mode & 077;
    // Of WAL only what was written in the meantime is looked at.
    if (kind == FTW_F && status->st_size > largest_bytes && strstr(path, "/pg_wal/") == NULL) {
        snprintf(largest, sizeof largest, "%s", path);
        largest_bytes = status->st_size;
    }
    return 0;
}

static void look_into(const char *path)
{
    largest_bytes = 0;
    loosest = 0;
    assert_int_equal(nftw(path, look_at, 16, FTW_PHYS), 0);
}

static void expect_nothing_left(struct rig *rig)
{
    struct backup *list;
    assert_int_equal(count(rig, &list), 0);
    if (file_kind(rig->options.directory) == FILE_FOLDER && !rig->driver->serves_all) // a command's own files
        assert_int_equal(rmdir(rig->options.directory), 0);
}

// --- the tests: each gets a fresh rig

static void test_table__is_complete(struct rig *rig)
{
    assert_non_null(rig->driver->name);
    assert_non_null(rig->driver->take);
    assert_non_null(rig->driver->list);
    assert_non_null(rig->driver->check);
    assert_non_null(rig->driver->restore);
}

static void test_list__is_empty_at_first(struct rig *rig)
{
    struct backup *list;
    assert_int_equal(count(rig, &list), 0);
}

static void test_take__is_listed_newest_first(struct rig *rig)
{
    struct backup *list, first = take(rig), second = take(rig);
    assert_int_equal(count(rig, &list), 2);
    assert_string_equal(list[0].id, second.id);
    assert_string_equal(list[1].id, first.id);
    assert_string_equal(list[0].kind, rig->driver->name);
    assert_true(list[0].taken_ms >= list[1].taken_ms);
    assert_true(list[0].bytes > 0);
    assert_null(list[0].damage);
}

static void test_take__is_nobody_elses(struct rig *rig)
{
    struct backup backup = take(rig);
    look_into(backup.path);
    assert_int_equal(loosest, 0);
    struct stat status;
    assert_int_equal(stat(rig->options.directory, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void test_take__of_nowhere_leaves_nothing(struct rig *rig)
{
    struct backup backup;
    rig->options.url = secret_make(rig->database, rig->of->engine == &engine_sqlite
                                                      ? "/nowhere/x.db"
                                                      : "postgresql://nobody:hush@127.0.0.1:1/none");
    assert_false(rig->driver->take(rig->database, &rig->options, NULL, &backup, &rig->err));
    assert_null(strstr(rig->err.message, "hush"));
    expect_nothing_left(rig);
}

static void test_take__into_a_file_is_refused(struct rig *rig)
{
    struct backup backup;
    char *file = file_join(rig->database, rig->directory, "file");
    assert_true(file_write(file, "x", 1, 0600, &rig->err));
    rig->options.directory = file;
    assert_false(rig->driver->take(rig->database, &rig->options, NULL, &backup, &rig->err));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    assert_string_equal(rig->err.message, mem_printf(rig->database, "%s: a file, not a folder for backups", file));
}

static void test_take__without_a_directory_is_refused(struct rig *rig)
{
    struct backup backup;
    rig->options.directory = NULL;
    assert_false(rig->driver->take(rig->database, &rig->options, NULL, &backup, &rig->err));
    assert_int_equal(rig->err.code, ERROR_CONFIG);
}

static void test_take__two_at_once_is_refused(struct rig *rig)
{
    struct backup backup, *list;
    take(rig);
    int fd = open(rig->options.directory, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_false(rig->driver->take(rig->database, &rig->options, NULL, &backup, &rig->err));
    assert_int_equal(rig->err.code, ERROR_POLICY);
    close(fd);
    assert_int_equal(count(rig, &list), 1);
    take(rig);
}

static void test_take__removes_what_a_killed_one_left(struct rig *rig)
{
    if (rig->driver->serves_all) // what a command leaves is its own matter
        return;
    struct backup first = take(rig), *list;
    char *left = mem_printf(rig->database, "%s.partial", first.path);
    assert_int_equal(rename(first.path, left), 0);
    assert_int_equal(count(rig, &list), 1);
    assert_non_null(list[0].damage);
    take(rig);
    assert_int_equal(count(rig, &list), 1);
    assert_null(list[0].damage);
}

static void test_take__sees_the_instant_of_a_snapshot(struct rig *rig)
{
    struct engine *engine;
    struct backup backup;
    struct secret *into;
    char *snapshot = NULL;
    const struct engine_session_table *session = rig->of->engine->session;
    const struct engine_open_options open = {.url = rig->options.url, .read_only = true, .timeout_ms = 3000};
    if (!rig->driver->takes_snapshot)
        return;
    if (rig->driver->dialect == DIALECT_SQLITE) // with its other journal it would keep the writer waiting
        rig->of->execute(rig->database->path, "PRAGMA journal_mode = WAL");
    if (!session->open(rig->database, &open, &engine, &rig->err) || !session->snapshot_begin(engine, &rig->err))
        fail_msg("%s", rig->err.message);
    if (session->snapshot_name != NULL)
        assert_true(session->snapshot_name(rig->database, engine, &snapshot, &rig->err));
    rig->of->execute(rig->database->path, "UPDATE emails SET status = 'later'");
    rig->options.engine = engine;
    if (!rig->driver->take(rig->database, &rig->options, snapshot, &backup, &rig->err))
        fail_msg("%s", rig->err.message);
    assert_true(session->snapshot_end(engine, &rig->err));
    struct database *empty = empty_place(rig, &into);
    if (!rig->driver->restore(&rig->options, &backup, into, NULL, NULL, &rig->err))
        fail_msg("%s", rig->err.message);
    expect_first(rig, empty->path, "SELECT count(*) FROM emails WHERE status = 'later'", "0");
    talloc_free(engine);
    talloc_free(empty);
}

static void test_restore__gives_all_back(struct rig *rig)
{
    struct secret *into;
    if (rig->driver->is_physical)
        return;
    struct backup backup = take(rig);
    if (!rig->driver->check(&rig->options, &backup, &rig->err))
        fail_msg("%s", rig->err.message);
    struct database *empty = empty_place(rig, &into);
    if (!rig->driver->restore(&rig->options, &backup, into, NULL, NULL, &rig->err))
        fail_msg("%s", rig->err.message);
    expect_first(rig, empty->path, "SELECT count(*) FROM bulk", "3000");
    expect_first(rig, empty->path, "SELECT status FROM emails WHERE id = 2", "read");
    talloc_free(empty);
}

static void test_restore__gives_a_whole_server(struct rig *rig)
{
    const struct name table = {.name = "emails"};
    if (!rig->driver->is_physical)
        return;
    struct backup backup = take(rig);
    char *folder = empty_folder(rig);
    assert_false(rig->driver->restore(&rig->options, &backup, NULL, folder, &table, &rig->err));
    assert_int_equal(rig->err.code, ERROR_USAGE);
    if (!rig->driver->restore(&rig->options, &backup, NULL, folder, NULL, &rig->err))
        fail_msg("%s", rig->err.message);
    assert_int_equal(file_kind(file_join(rig->database, folder, "global/pg_control")), FILE_REGULAR);
    assert_int_equal(file_kind(file_join(rig->database, folder, "backup_label")), FILE_REGULAR);
    assert_non_null(backup.system);
    if (!rig->driver->check(&rig->options, &backup, &rig->err)) // it is as it was
        fail_msg("%s", rig->err.message);
}

static void test_restore__gives_one_table(struct rig *rig)
{
    struct secret *into;
    const struct name table = {.name = "emails"}, missing = {.name = "mails"};
    if (!rig->driver->gives_tables)
        return;
    struct backup backup = take(rig);
    struct database *empty = empty_place(rig, &into);
    assert_false(rig->driver->restore(&rig->options, &backup, into, NULL, &missing, &rig->err));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    if (!rig->driver->restore(&rig->options, &backup, into, NULL, &table, &rig->err))
        fail_msg("%s", rig->err.message);
    expect_first(rig, empty->path, "SELECT count(*) FROM emails", "3");
    const char *tables = rig->driver->dialect == DIALECT_SQLITE
                             ? "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
                             : "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'";
    expect_first(rig, empty->path, tables, "1");
    talloc_free(empty);
}

static void test_check__finds_a_file_cut_in_half(struct rig *rig)
{
    struct secret *into;
    if (rig->driver->serves_all) // it knows of nothing inside
        return;
    struct backup backup = take(rig), *list;
    look_into(backup.path);
    assert_int_equal(truncate(largest, largest_bytes / 2), 0);
    assert_int_equal(count(rig, &list), 1);
    assert_false(rig->driver->check(&rig->options, &list[0], &rig->err));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    struct database *empty = empty_place(rig, &into);
    char *folder = empty_folder(rig);
    assert_false(rig->driver->restore(&rig->options, &list[0], into, folder, NULL, &rig->err));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    assert_int_equal(rmdir(folder), 0);
    talloc_free(empty);
}

static void test_list__tells_what_is_empty(struct rig *rig)
{
    struct backup backup = take(rig), *list;
    struct stat status;
    assert_int_equal(stat(backup.path, &status), 0);
    nftw(backup.path, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
    if (S_ISDIR(status.st_mode))
        assert_int_equal(mkdir(backup.path, 0700), 0);
    else
        assert_true(file_write(backup.path, "", 0, 0600, &rig->err));
    assert_int_equal(count(rig, &list), 1);
    assert_non_null(list[0].damage);
    assert_false(rig->driver->check(&rig->options, &list[0], &rig->err));
    assert_int_equal(rig->err.code, ERROR_INPUT);
}

#define ON_EACH(test)                                                                              \
    static void test##_on_each(void **state)                                                       \
    {                                                                                              \
        (void)state;                                                                               \
        for (size_t i = 0; i < COUNT_OF(cases); i++) {                                             \
            struct rig rig;                                                                        \
            print_message("# %s\n", cases[i].driver->name);                                        \
            rig_make(&rig, &cases[i]);                                                             \
            test(&rig);                                                                            \
            talloc_free(rig.database);                                                             \
        }                                                                                          \
    }

ON_EACH(test_table__is_complete)
ON_EACH(test_list__is_empty_at_first)
ON_EACH(test_take__is_listed_newest_first)
ON_EACH(test_take__is_nobody_elses)
ON_EACH(test_take__of_nowhere_leaves_nothing)
ON_EACH(test_take__into_a_file_is_refused)
ON_EACH(test_take__without_a_directory_is_refused)
ON_EACH(test_take__two_at_once_is_refused)
ON_EACH(test_take__removes_what_a_killed_one_left)
ON_EACH(test_take__sees_the_instant_of_a_snapshot)
ON_EACH(test_restore__gives_all_back)
ON_EACH(test_restore__gives_a_whole_server)
ON_EACH(test_restore__gives_one_table)
ON_EACH(test_check__finds_a_file_cut_in_half)
ON_EACH(test_list__tells_what_is_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table__is_complete_on_each),
        cmocka_unit_test(test_list__is_empty_at_first_on_each),
        cmocka_unit_test(test_take__is_listed_newest_first_on_each),
        cmocka_unit_test(test_take__is_nobody_elses_on_each),
        cmocka_unit_test(test_take__of_nowhere_leaves_nothing_on_each),
        cmocka_unit_test(test_take__into_a_file_is_refused_on_each),
        cmocka_unit_test(test_take__without_a_directory_is_refused_on_each),
        cmocka_unit_test(test_take__two_at_once_is_refused_on_each),
        cmocka_unit_test(test_take__removes_what_a_killed_one_left_on_each),
        cmocka_unit_test(test_take__sees_the_instant_of_a_snapshot_on_each),
        cmocka_unit_test(test_restore__gives_all_back_on_each),
        cmocka_unit_test(test_restore__gives_a_whole_server_on_each),
        cmocka_unit_test(test_restore__gives_one_table_on_each),
        cmocka_unit_test(test_check__finds_a_file_cut_in_half_on_each),
        cmocka_unit_test(test_list__tells_what_is_empty_on_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
