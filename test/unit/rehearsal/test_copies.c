/*
 * Copies of a rehearsal: of SQLite files and of golden clones, kept, begun anew, removed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "base/text.h"
#include "rehearsal/copies.h"
#include "../../support/skip.h"
#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define SETUP                                                                                      \
    "CREATE TABLE things (id INTEGER PRIMARY KEY, name VARCHAR(20));"                              \
    "INSERT INTO things VALUES (1, 'a'), (2, 'b');"                                                \
    "CREATE TABLE others (id INTEGER PRIMARY KEY)"

struct rig {
    char folder[64];
    struct database *database; // the source
    struct target source;
    struct config_rehearsal settings;
    struct copies_request request;
    struct copies *copies;
    struct error err;
};

static struct target open_source(struct rig *rig, const struct engine_driver *driver)
{
    struct target target = {.driver = driver};
    const struct engine_open_options options = {.url = rig->request.source_url, .read_only = true, .timeout_ms = 3000};
    if (!driver->session->open(rig->database, &options, &target.engine, &rig->err) ||
        !driver->session->identity(rig->database, target.engine, &target.identity, &rig->err))
        fail_msg("%s", rig->err.message);
    return target;
}

static void rig_make(struct rig *rig, struct database *database, const struct copy_driver *driver,
                     const struct engine_driver *engine)
{
    *rig = (struct rig){.folder = "/var/tmp/tminus-rehearsal-XXXXXX", .database = database};
    assert_non_null(mkdtemp(rig->folder));
    chmod(rig->folder, 0711); // a scratch server may run as another user than root
    rig->request = (struct copies_request){.driver = driver,
                                           .engine = engine,
                                           .settings = &rig->settings,
                                           .source = &rig->source,
                                           .source_url = secret_make(database, database->path),
                                           .folder = rig->folder};
    rig->source = open_source(rig, engine);
}

static void sqlite_rig(struct rig *rig, const char *sql)
{
    rig_make(rig, database_make(sql), &copy_sqlite, &engine_sqlite);
}

static size_t entries(const char *path)
{
    size_t n = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

static void rig_end(struct rig *rig)
{
    talloc_free(rig->copies);
    assert_int_equal(entries(rig->folder), 0);
    assert_int_equal(rmdir(rig->folder), 0);
    talloc_free(rig->source.engine);
    talloc_free(rig->database);
}

#define MUST(rig, call)                                                                            \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s (%s)", (rig)->err.message, (rig)->err.hint);                              \
    } while (0)

static bool make(struct rig *rig)
{
    rig->err = (struct error){0};
    return copies_make(NULL, &rig->request, &rig->copies, &rig->err);
}

static bool see(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    (void)names;
    (void)n;
    *(int64_t *)context = strtoll(values[0].text, NULL, 10);
    return true;
}

static int64_t count(struct rig *rig, const struct target *target)
{
    int64_t rows = -1;
    MUST(rig, target->driver->session->query(target->engine, "SELECT count(*) FROM things", see, &rows, &rig->err));
    return rows;
}

static void run(struct rig *rig, const struct target *target, const char *sql)
{
    const struct engine_run_request request = {
        .path = "test.sql", .text = sql, .end = strlen(sql), .in_transaction = true};
    struct engine_run result;
    MUST(rig, target->driver->session->run(rig->copies, target->engine, &request, &result, &rig->err));
}

// --- SQLite

static void test_copies_make__two_copies_of_a_file_that_stays_as_it_is(void **state)
{
    struct rig rig;
    (void)state;
    sqlite_rig(&rig, SETUP);
    struct digest_text before = database_bytes(rig.database);
    MUST(&rig, make(&rig));
    assert_int_equal(count(&rig, &rig.copies->before), 2);
    assert_int_equal(count(&rig, &rig.copies->work), 2);
    assert_string_equal(rig.copies->source.kind, "file");
    assert_int_equal(rig.copies->source.fingerprint_equal, STATUS_PASS);
    assert_int_equal(rig.copies->source.restored_rows, 2);
    assert_int_equal(rig.copies->source.tables, 2);
    assert_true(rig.copies->source.bytes > 0);
    run(&rig, &rig.copies->work, "DELETE FROM things");
    assert_int_equal(count(&rig, &rig.copies->before), 2);
    assert_int_equal(count(&rig, &rig.source), 2);
    MUST(&rig, copies_end(rig.copies, &rig.err));
    struct digest_text after = database_bytes(rig.database);
    assert_string_equal(before.hex, after.hex);
    rig_end(&rig);
}

static void test_copies_keep__is_apart_from_work(void **state)
{
    struct rig rig;
    struct target kept;
    (void)state;
    sqlite_rig(&rig, SETUP);
    MUST(&rig, make(&rig));
    run(&rig, &rig.copies->work, "DELETE FROM things WHERE id = 1");
    MUST(&rig, copies_keep(rig.copies, rig.copies, "step", &kept, &rig.err));
    run(&rig, &rig.copies->work, "DELETE FROM things");
    assert_int_equal(count(&rig, &kept), 1);
    assert_int_equal(count(&rig, &rig.copies->work), 0);
    MUST(&rig, copies_forget(rig.copies, &kept, &rig.err));
    MUST(&rig, copies_keep(rig.copies, rig.copies, "step", &kept, &rig.err)); // the name is free again
    MUST(&rig, copies_begin_anew(rig.copies, &rig.err));
    assert_int_equal(count(&rig, &rig.copies->work), 2);
    assert_int_equal(count(&rig, &rig.copies->before), 2);
    rig_end(&rig);
}

static void test_copies_make__another_file_instead_of_the_database(void **state)
{
    struct rig rig;
    (void)state;
    struct database *golden = database_make(SETUP "; INSERT INTO things VALUES (3, 'c')");
    sqlite_rig(&rig, SETUP);
    rig.settings.file = golden->path;
    MUST(&rig, make(&rig));
    assert_int_equal(count(&rig, &rig.copies->work), 3);
    assert_int_equal(rig.copies->source.fingerprint_equal, STATUS_PASS);
    rig_end(&rig);
    talloc_free(golden);
}

static sqlite3 *sqlite_connect(struct rig *rig, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(rig->database->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    return db;
}

static void test_copies_make__what_stands_in_the_wal_is_copied(void **state)
{
    struct rig rig;
    (void)state;
    sqlite_rig(&rig, SETUP);
    sqlite3 *writer = sqlite_connect(&rig, "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;"
                                           "INSERT INTO things VALUES (3, 'c');"
                                           "BEGIN; INSERT INTO things VALUES (4, 'not committed')");
    MUST(&rig, make(&rig));
    assert_int_equal(count(&rig, &rig.copies->work), 3);
    assert_int_equal(rig.copies->source.fingerprint_equal, STATUS_PASS);
    sqlite3_close(writer);
    rig_end(&rig);
}

// A writer that was killed with its transaction half written into the file.
static void test_copies_make__a_hot_journal_is_rolled_back_in_the_copy_alone(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    struct database *interrupted = database_make(NULL);
    (void)state;
    sqlite_rig(&rig, SETUP);
    sqlite3 *writer = sqlite_connect(&rig, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE;"
                                           "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                                           "INSERT INTO things SELECT i, 'half written' FROM n");
    const char *const ends[] = {"", "-journal"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        char *text;
        size_t len;
        MUST(&rig, file_read(tmp, mem_printf(tmp, "%s%s", rig.database->path, ends[i]), FILE_SIZE_MAX, &text, &len, &rig.err));
        assert_true(len > 0);
        MUST(&rig, file_write(mem_printf(tmp, "%s%s", interrupted->path, ends[i]), text, len, 0600, &rig.err));
    }
    sqlite3_close(writer);
    struct digest_text before = database_bytes(interrupted);
    rig.request.source = NULL; // an engine that only reads does not open it
    rig.settings.file = interrupted->path;
    struct copy_site *site;
    struct secret *url;
    const struct copy_site_options options = {.folder = rig.folder};
    MUST(&rig, copy_sqlite.open(NULL, &options, &site, &rig.err));
    MUST(&rig, copy_sqlite.adopt(site, interrupted->path, "before", &rig.err));
    MUST(&rig, copy_sqlite.url(site, site, "before", &url, &rig.err));
    struct target copy = {.driver = &engine_sqlite};
    const struct engine_open_options opening = {.url = url, .read_only = true};
    MUST(&rig, engine_sqlite.session->open(site, &opening, &copy.engine, &rig.err));
    assert_int_equal(count(&rig, &copy), 2);
    struct digest_text after = database_bytes(interrupted);
    assert_string_equal(before.hex, after.hex);
    talloc_free(site);
    rig_end(&rig);
    talloc_free(interrupted);
}

static void expect_failure(struct rig *rig, enum error_code code, const char *message)
{
    assert_false(make(rig));
    if (rig->err.code != code || strstr(rig->err.message, message) == NULL)
        fail_msg("%d: %s", (int)rig->err.code, rig->err.message);
    rig->copies = NULL;
}

static void test_copies_make__no_such_file_no_database(void **state)
{
    struct rig rig;
    struct database *text = database_make(NULL);
    (void)state;
    sqlite_rig(&rig, SETUP);
    rig.settings.file = "/nowhere/golden.db";
    expect_failure(&rig, ERROR_INPUT, "/nowhere/golden.db: no such database file");
    MUST(&rig, file_write(text->path, "CREATE TABLE is text, no database of SQLite", 43, 0600, &rig.err));
    rig.settings.file = text->path;
    expect_failure(&rig, ERROR_INPUT, "damaged: file is not a database");
    rig_end(&rig);
    talloc_free(text);
}

static void test_copies_make__no_room(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    sqlite_rig(&rig, SETUP ";CREATE TABLE large AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
                           " SELECT i, zeroblob(100000) AS bytes FROM n");
    const char *small = file_join(tmp, rig.folder, "small");
    assert_int_equal(mkdir(small, 0700), 0);
    if (mount("none", small, "tmpfs", 0, "size=3m") != 0) {
        rmdir(small);
        rig_end(&rig);
        SKIP("a small file system needs root");
    }
    rig.settings.folder = small;
    expect_failure(&rig, ERROR_SYSTEM, "no room for two copies of 1.9 MB and what the change writes: 4.2 MB are needed, 3.0 MB are free");
    assert_int_equal(entries(small), 0);
    assert_int_equal(umount(small), 0);
    rmdir(small);
    rig_end(&rig);
}

static void test_copies_make__two_at_once_do_not_disturb_each_other(void **state)
{
    struct rig rig;
    (void)state;
    sqlite_rig(&rig, SETUP);
    MUST(&rig, make(&rig));
    struct copies *first = rig.copies;
    MUST(&rig, make(&rig));
    assert_int_equal(rig.copies->n_notes, 0);
    run(&rig, &rig.copies->work, "DELETE FROM things");
    MUST(&rig, copies_end(rig.copies, &rig.err));
    assert_int_equal(count(&rig, &first->work), 2);
    talloc_free(first);
    rig_end(&rig);
}

// --- PostgreSQL

static void postgres_rig(struct rig *rig, const char *sql)
{
    rig_make(rig, postgres_database_make(sql), &copy_postgres, &engine_postgres);
}

static void test_copies_make__nothing_configured(void **state)
{
    struct rig rig;
    (void)state;
    postgres_rig(&rig, SETUP);
    expect_failure(&rig, ERROR_CONFIG, "nothing says what the copies for the rehearsal are made of");
    assert_true(text_starts_with(rig.err.hint, "write into the environment of tminus.yaml: rehearsal: {from: dump}"));
    rig.settings.from = "file";
    expect_failure(&rig, ERROR_CONFIG, "copies of a PostgreSQL database cannot be made from 'file'");
    rig_end(&rig);
}

static void test_copies_make__of_a_golden_clone(void **state)
{
    struct rig rig;
    struct target kept;
    (void)state;
    struct database *golden = postgres_database_make(SETUP "; INSERT INTO things VALUES (3, 'c')");
    postgres_rig(&rig, SETUP);
    rig.settings = (struct config_rehearsal){
        .from = "template",
        .template = golden->folder,
        .server = secret_make(rig.database, postgres_url(rig.database, "deployer", "postgres"))};
    MUST(&rig, make(&rig));
    assert_int_equal(count(&rig, &rig.copies->before), 3);
    assert_int_equal(rig.copies->source.fingerprint_equal, STATUS_UNKNOWN);
    run(&rig, &rig.copies->work, "DELETE FROM things WHERE id = 1");
    MUST(&rig, copies_keep(rig.copies, rig.copies, "step", &kept, &rig.err));
    assert_int_equal(count(&rig, &kept), 2);
    MUST(&rig, copies_begin_anew(rig.copies, &rig.err));
    assert_int_equal(count(&rig, &rig.copies->work), 3);
    rig_end(&rig);
    talloc_free(golden);
}

static void test_copies_make__never_of_the_target_by_template(void **state)
{
    struct rig rig;
    (void)state;
    postgres_rig(&rig, SETUP);
    rig.settings = (struct config_rehearsal){
        .from = "template",
        .template = rig.database->folder,
        .server = secret_make(rig.database, postgres_url(rig.database, "postgres", "postgres"))};
    expect_failure(&rig, ERROR_POLICY, "is the very database that is deployed to");
    rig.settings.server = NULL;
    expect_failure(&rig, ERROR_CONFIG, "from: template needs the server that it is on");
    rig_end(&rig);
}

static void test_copies_make__a_role_that_may_not_make_databases(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    postgres_execute(postgres_url(tmp, "postgres", "postgres"),
                     "DROP ROLE IF EXISTS copies_poor; CREATE ROLE copies_poor LOGIN");
    postgres_rig(&rig, SETUP);
    rig.settings = (struct config_rehearsal){
        .from = "template",
        .template = "template1",
        .server = secret_make(rig.database, postgres_url(rig.database, "copies_poor", "postgres"))};
    expect_failure(&rig, ERROR_POLICY, "role 'copies_poor' may not make databases there");
    assert_true(text_starts_with(rig.err.hint, "ALTER ROLE \"copies_poor\" CREATEDB; or"));
    rig_end(&rig);
    postgres_execute(postgres_url(tmp, "postgres", "postgres"), "DROP ROLE copies_poor");
}

// --- dumps and backups

static const struct backup_driver *const backups[] = {&backup_pg_dump, &backup_pg_basebackup, &backup_sqlite, NULL};

static bool see_text(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    (void)names;
    (void)n;
    snprintf(context, 128, "%s", values[0].text);
    return true;
}

static void expect_text(struct rig *rig, const struct target *target, const char *sql, const char *expected)
{
    char seen[128] = "";
    MUST(rig, target->driver->session->query(target->engine, sql, see_text, seen, &rig->err));
    assert_string_equal(seen, expected);
}

static void test_copies_make__of_a_dump_on_a_scratch_server_like_the_source(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    postgres_rig(&rig, SETUP "; CREATE SCHEMA app; CREATE TABLE app.more (id INTEGER PRIMARY KEY); INSERT INTO app.more VALUES (7)");
    postgres_execute(rig.database->path,
                     mem_printf(tmp, "ALTER DATABASE %s SET search_path TO app, \"$user\", public", rig.database->folder));
    postgres_execute(rig.database->path,
                     mem_printf(tmp, "ALTER DATABASE %s SET TimeZone TO 'Asia/Tokyo'", rig.database->folder));
    rig.settings.from = "dump";
    rig.request.backups = backups;
    MUST(&rig, make(&rig));
    const struct target *before = &rig.copies->before;
    assert_int_equal(rig.copies->source.fingerprint_equal, STATUS_PASS);
    assert_int_equal(rig.copies->source.restored_rows, 3);
    assert_true(rig.copies->source.taken_ms > 0);
    // Of the database itself, so that it holds for `work`, too, which is a clone.
    const struct target *both[] = {before, &rig.copies->work};
    for (size_t i = 0; i < COUNT_OF(both); i++)
        expect_text(&rig, both[i],
                    "SELECT s.setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
                    " WHERE d.datname = current_database()",
                    "{\"search_path=app, \\\"$user\\\", public\",TimeZone=Asia/Tokyo}");
    expect_text(&rig, before, "SELECT rolname FROM pg_class c JOIN pg_roles r ON r.oid = relowner WHERE relname = 'more'",
                "deployer");
    expect_text(&rig, before, "SELECT datcollate || ' ' || pg_encoding_to_char(encoding) FROM pg_database"
                              " WHERE datname = current_database()",
                "C.UTF-8 UTF8");
    assert_string_not_equal(before->identity.system, rig.source.identity.system);
    run(&rig, &rig.copies->work, "DELETE FROM public.things");
    assert_int_equal(rig.copies->n_notes, 1);
    assert_string_equal(rig.copies->notes[0],
                        "the copy's superuser runs the change: rights that role 'deployer' of the target lacks do not show");
    MUST(&rig, copies_end(rig.copies, &rig.err));
    expect_text(&rig, &rig.source, "SELECT count(*) FROM public.things", "2");
    rig_end(&rig);
}

static void test_copies_make__of_a_dump_that_reaches_nobody(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    postgres_rig(&rig, SETUP);
    postgres_execute(postgres_url(tmp, "postgres", rig.database->folder),
                     "CREATE EXTENSION postgres_fdw;"
                     "CREATE SERVER billing FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1');"
                     "CREATE USER MAPPING FOR PUBLIC SERVER billing OPTIONS (user 'deployer');"
                     "CREATE USER MAPPING FOR deployer SERVER billing OPTIONS (user 'deployer');"
                     "CREATE SUBSCRIPTION feed CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false)");
    rig.settings.from = "dump";
    rig.request.backups = backups;
    // Only a superuser's dump has subscriptions.
    rig.request.source_url = secret_make(rig.database, postgres_url(tmp, "postgres", rig.database->folder));
    MUST(&rig, make(&rig));
    const struct target *both[] = {&rig.copies->before, &rig.copies->work};
    for (size_t i = 0; i < COUNT_OF(both); i++)
        expect_text(&rig, both[i], "SELECT (SELECT count(*) FROM pg_foreign_server) || ' ' || (SELECT count(*) FROM pg_user_mapping)",
                    "1 0");
    expect_text(&rig, &rig.copies->before,
                "SELECT subenabled || ' ' || (subslotname IS NULL) FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid"
                " WHERE datname = current_database()",
                "false true");
    assert_int_equal(rig.copies->n_notes, 4);
    assert_string_equal(rig.copies->notes[0], "the copy cannot reach the foreign server billing");
    assert_string_equal(rig.copies->notes[2], "the copy cannot reach the publisher of subscription feed");
    postgres_execute(postgres_url(tmp, "postgres", rig.database->folder),
                     "ALTER SUBSCRIPTION feed SET (slot_name = NONE); DROP SUBSCRIPTION feed");
    rig_end(&rig);
}

// Beside the state's folder, as it is for the verbs.
struct backup_rig {
    struct rig rig;
    struct config config;
    struct config_backup settings;
    char directory[128];
    struct backup backup;
};

static void remove_folder(const char *path)
{
    const char *const argv[] = {"rm", "-rf", path, NULL};
    const struct process_options options = {.argv = argv};
    struct process_result result;
    struct error err;
    assert_true(process_run(NULL, &options, &result, &err));
    talloc_free(result.output);
    talloc_free(result.errors);
}

static void backup_take(struct backup_rig *backing, const struct backup_driver *driver, const struct secret *url)
{
    struct rig *rig = &backing->rig;
    snprintf(backing->directory, sizeof backing->directory, "%s-backups", rig->folder);
    backing->settings = (struct config_backup){.kind = driver->name, .directory = backing->directory};
    const struct backup_options options = {.directory = backing->directory, .url = url};
    MUST(rig, driver->take(rig->database, &options, NULL, &backing->backup, &rig->err));
    rig->request.backups = backups;
    rig->request.backup = &backing->settings;
    rig->request.config = &backing->config;
    rig->settings.from = "backup";
}

static void record_fingerprints(struct backup_rig *backing)
{
    SCRATCH(tmp);
    struct rig *rig = &backing->rig;
    struct fingerprints *prints;
    const struct fingerprints_request asking = {.target = &rig->source};
    MUST(rig, fingerprints_take(tmp, &asking, &prints, &rig->err));
    MUST(rig, fingerprints_write(prints, mem_printf(tmp, "%s.fingerprints.json", backing->backup.path), &rig->err));
}

static void expect_equal(struct rig *rig, enum status status, const char *detail)
{
    MUST(rig, make(rig));
    if (rig->copies->source.fingerprint_equal != status)
        fail_msg("%d: %s", (int)rig->copies->source.fingerprint_equal, rig->copies->source.fingerprint_detail);
    if (detail != NULL && strstr(rig->copies->source.fingerprint_detail, detail) == NULL)
        fail_msg("%s", rig->copies->source.fingerprint_detail);
    assert_int_equal(count(rig, &rig->copies->work), 2);
    TALLOC_FREE(rig->copies);
}

// Each kind: nothing recorded, the same recorded, something else recorded.
static void backup_compared(struct backup_rig *backing, void (*execute)(const char *path, const char *sql),
                            enum status when_different)
{
    struct rig *rig = &backing->rig;
    expect_equal(rig, STATUS_UNKNOWN, "no fingerprints were recorded with the backup");
    record_fingerprints(backing);
    expect_equal(rig, STATUS_PASS, NULL);
    execute(rig->database->path, "INSERT INTO things VALUES (3, 'c')");
    record_fingerprints(backing);
    expect_equal(rig, when_different, "things: 2 rows, was 3");
    remove_folder(backing->directory);
    expect_failure(rig, ERROR_BASELINE, "there is no backup");
    rig_end(rig);
}

static void test_copies_make__of_a_dump_that_was_kept(void **state)
{
    struct backup_rig backing = {0};
    (void)state;
    postgres_rig(&backing.rig, SETUP);
    backup_take(&backing, &backup_pg_dump, backing.rig.request.source_url);
    backup_compared(&backing, postgres_execute, STATUS_FAIL);
}

static void test_copies_make__of_a_backup_of_a_file(void **state)
{
    struct backup_rig backing = {0};
    (void)state;
    sqlite_rig(&backing.rig, SETUP);
    backup_take(&backing, &backup_sqlite, backing.rig.request.source_url);
    backup_compared(&backing, database_execute, STATUS_FAIL);
}

// The whole server's folder, on which a server of ours runs.
static void test_copies_make__of_a_physical_backup(void **state)
{
    SCRATCH(tmp);
    struct backup_rig backing = {0};
    (void)state;
    postgres_rig(&backing.rig, SETUP);
    const struct secret *super =
        secret_make(backing.rig.database, postgres_url(tmp, "postgres", backing.rig.database->folder));
    backup_take(&backing, &backup_pg_basebackup, super);
    backing.rig.settings.server = secret_make(backing.rig.database, postgres_url(tmp, "deployer", "postgres"));
    expect_failure(&backing.rig, ERROR_CONFIG, "give back a whole server");
    backing.rig.settings.server = NULL;
    backup_compared(&backing, postgres_execute, STATUS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_make__two_copies_of_a_file_that_stays_as_it_is),
        cmocka_unit_test(test_copies_keep__is_apart_from_work),
        cmocka_unit_test(test_copies_make__another_file_instead_of_the_database),
        cmocka_unit_test(test_copies_make__what_stands_in_the_wal_is_copied),
        cmocka_unit_test(test_copies_make__a_hot_journal_is_rolled_back_in_the_copy_alone),
        cmocka_unit_test(test_copies_make__no_such_file_no_database),
        cmocka_unit_test(test_copies_make__no_room),
        cmocka_unit_test(test_copies_make__two_at_once_do_not_disturb_each_other),
        cmocka_unit_test(test_copies_make__nothing_configured),
        cmocka_unit_test(test_copies_make__of_a_golden_clone),
        cmocka_unit_test(test_copies_make__never_of_the_target_by_template),
        cmocka_unit_test(test_copies_make__a_role_that_may_not_make_databases),
        cmocka_unit_test(test_copies_make__of_a_dump_on_a_scratch_server_like_the_source),
        cmocka_unit_test(test_copies_make__of_a_dump_that_reaches_nobody),
        cmocka_unit_test(test_copies_make__of_a_dump_that_was_kept),
        cmocka_unit_test(test_copies_make__of_a_backup_of_a_file),
        cmocka_unit_test(test_copies_make__of_a_physical_backup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
