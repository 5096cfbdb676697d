/*
 * What every driver of copies must do: one suite, run on each row of `places`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../support/postgres_server.h"
#include "driver/copy.h"
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct copy_place {
    const char *name;
    const struct copy_driver *driver;
    const struct engine_driver *engine;
    struct database *(*make)(const char *sql); // a source, by the engine's own means
    void (*execute)(const char *path, const char *sql);
    bool is_named; // on the test's own server, not a scratch one
};

static const struct copy_place places[] = {
    {"sqlite", &copy_sqlite, &engine_sqlite, database_make, database_execute, false},
    {"scratch", &copy_postgres, &engine_postgres, postgres_database_make, postgres_execute, false},
    {"server", &copy_postgres, &engine_postgres, postgres_database_make, postgres_execute, true},
};

#define SCHEMA                                                                                     \
    "CREATE TABLE things (id INTEGER PRIMARY KEY, name VARCHAR(20));"                              \
    "INSERT INTO things VALUES (1, 'a'), (2, 'b');"

struct rig {
    const struct copy_place *place;
    const struct copy_driver *driver;
    char folder[64];
    struct copy_site_options options;
    struct copy_site *site;
    struct error err;
};

static struct copy_site *try_open(struct rig *rig)
{
    struct copy_site *site = NULL;
    return rig->driver->open(NULL, &rig->options, &site, &rig->err) ? site : NULL;
}

static void rig_options(struct rig *rig, const struct copy_place *place)
{
    SCRATCH(tmp);
    *rig = (struct rig){.place = place, .driver = place->driver, .folder = "/var/tmp/tminus copies-XXXXXX"};
    assert_non_null(mkdtemp(rig->folder));
    // A scratch server may run as another user than root.
    chmod(rig->folder, 0711);
    rig->options.folder = rig->folder;
    if (place->is_named)
        rig->options.server = secret_make(NULL, postgres_url(tmp, "deployer", "postgres"));
}

static void rig_make(struct rig *rig, const struct copy_place *place)
{
    rig_options(rig, place);
    rig->site = try_open(rig);
    if (rig->site == NULL)
        fail_msg("%s: %s", place->name, rig->err.message);
}

static size_t folder_entries(const char *path)
{
    size_t n = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

// Nothing of it may stay.
static void rig_end(struct rig *rig)
{
    talloc_free(rig->site);
    talloc_free((void *)(uintptr_t)rig->options.server);
    assert_int_equal(folder_entries(rig->folder), 0);
    assert_int_equal(rmdir(rig->folder), 0);
}

static bool see(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    (void)names;
    (void)n;
    snprintf(context, 64, "%s", values[0].is_null ? "(null)" : values[0].text);
    return true;
}

static struct engine *open_copy(struct rig *rig, const char *name, bool read_only)
{
    struct secret *url;
    struct engine *engine;
    assert_true(rig->driver->url(rig->site, rig->site, name, &url, &rig->err));
    const struct engine_open_options options = {
        .url = url, .read_only = read_only, .allow_superuser = true, .timeout_ms = 5000};
    if (!rig->place->engine->session->open(NULL, &options, &engine, &rig->err))
        fail_msg("%s: %s", rig->place->name, rig->err.message);
    return engine;
}

static void run(struct rig *rig, const char *name, const char *sql)
{
    struct engine *engine = open_copy(rig, name, false);
    const struct engine_run_request request = {
        .path = "test.sql", .text = sql, .end = strlen(sql), .in_transaction = true};
    struct engine_run result;
    if (!rig->place->engine->session->run(engine, engine, &request, &result, &rig->err))
        fail_msg("%s: %s", rig->place->name, rig->err.message);
    talloc_free(engine);
}

static void expect_count(struct rig *rig, const char *name, const char *expected)
{
    char seen[64] = "";
    struct engine *engine = open_copy(rig, name, true);
    if (!rig->place->engine->session->query(engine, "SELECT count(*) FROM things", see, seen, &rig->err))
        fail_msg("%s: %s", rig->place->name, rig->err.message);
    assert_string_equal(seen, expected);
    talloc_free(engine);
}

static void must(struct rig *rig, bool is_done)
{
    if (!is_done)
        fail_msg("%s: %s (%s)", rig->place->name, rig->err.message, rig->err.hint);
}

static void create__is_an_empty_database_and_clones_are_apart(const struct copy_place *place)
{
    struct rig rig;
    int64_t bytes;
    rig_make(&rig, place);
    must(&rig, rig.driver->create(rig.site, "before", &rig.err));
    run(&rig, "before", SCHEMA);
    must(&rig, rig.driver->clone(rig.site, "before", "work", &rig.err));
    run(&rig, "work", "DELETE FROM things WHERE id = 1");
    expect_count(&rig, "before", "2");
    expect_count(&rig, "work", "1");
    must(&rig, rig.driver->bytes(rig.site, "work", &bytes, &rig.err));
    assert_true(bytes > 0);
    must(&rig, rig.driver->drop(rig.site, "work", &rig.err));
    must(&rig, rig.driver->clone(rig.site, "before", "work", &rig.err));
    expect_count(&rig, "work", "2");
    assert_true(place->is_named ? rig.driver->room(rig.site) == -1 : rig.driver->room(rig.site) > 0);
    rig_end(&rig);
}

static void folder__is_the_makers_alone(const struct copy_place *place)
{
    struct rig rig;
    struct stat info;
    rig_make(&rig, place);
    assert_int_equal(stat(rig.driver->folder(rig.site), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    rig_end(&rig);
}

static void leftovers__of_one_that_lives_are_none(const struct copy_place *place)
{
    struct rig rig;
    struct copy_leftover *list = NULL;
    size_t n = 0;
    rig_make(&rig, place);
    must(&rig, rig.driver->create(rig.site, "before", &rig.err));
    must(&rig, rig.driver->leftovers(rig.site, &rig.options, &list, &n, &rig.err));
    assert_int_equal(n, 0);
    rig.err = (struct error){0};
    assert_false(rig.driver->remove(&rig.options, rig.driver->folder(rig.site), &rig.err));
    assert_int_equal(rig.err.code, ERROR_POLICY);
    rig_end(&rig);
}

// A process that makes copies and is killed before it removes them.
static void make_and_die(const struct copy_place *place, const struct rig *rig)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct copy_site *site;
        struct error err = {0};
        bool is_made = rig->driver->open(NULL, &rig->options, &site, &err) &&
                       rig->driver->create(site, "before", &err);
        if (!is_made)
            fprintf(stderr, "# %s: %s\n", place->name, err.message);
        kill(getpid(), is_made ? SIGKILL : SIGTERM);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void leftovers__of_one_that_was_killed_are_found_and_removed(const struct copy_place *place)
{
    struct rig rig;
    struct copy_leftover *list = NULL;
    size_t n = 0;
    rig_options(&rig, place);
    TALLOC_CTX *mem = talloc_new(NULL);
    make_and_die(place, &rig);
    must(&rig, rig.driver->leftovers(mem, &rig.options, &list, &n, &rig.err));
    assert_int_equal(n, place->is_named ? 2 : 1);
    for (size_t i = 0; i < n; i++)
        must(&rig, rig.driver->remove(&rig.options, list[i].id, &rig.err));
    n = 0;
    list = NULL;
    must(&rig, rig.driver->leftovers(mem, &rig.options, &list, &n, &rig.err));
    assert_int_equal(n, 0);
    talloc_free(mem);
    rig_end(&rig);
}

static void remove__leaves_what_has_no_mark(const struct copy_place *place)
{
    SCRATCH(tmp);
    struct rig rig;
    struct copy_leftover *list = NULL;
    size_t n = 0;
    rig_options(&rig, place);
    const char *foreign = file_join(tmp, rig.folder, "tminus-copy-00000001");
    const char *forged = file_join(tmp, rig.folder, "tminus-copy-00000002");
    const char *mark = mem_printf(tmp, "%s.mark", forged);
    assert_int_equal(mkdir(foreign, 0700), 0);
    assert_int_equal(mkdir(forged, 0700), 0);
    must(&rig, file_write(mark, "mine\n", 5, 0600, &rig.err));
    must(&rig, rig.driver->leftovers(tmp, &rig.options, &list, &n, &rig.err));
    assert_int_equal(n, 0);
    const char *const ids[] = {foreign, forged, "/etc", rig.folder, ""};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_false(rig.driver->remove(&rig.options, ids[i], &rig.err));
        assert_int_equal(rig.err.code, ERROR_INPUT);
    }
    unlink(mark);
    rmdir(forged);
    rmdir(foreign);
    rig_end(&rig);
}

#define EACH_PLACE(name)                                                                           \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        for (size_t i = 0; i < COUNT_OF(places); i++)                                              \
            name(&places[i]);                                                                      \
    }
EACH_PLACE(create__is_an_empty_database_and_clones_are_apart)
EACH_PLACE(folder__is_the_makers_alone)
EACH_PLACE(leftovers__of_one_that_lives_are_none)
EACH_PLACE(leftovers__of_one_that_was_killed_are_found_and_removed)
EACH_PLACE(remove__leaves_what_has_no_mark)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create__is_an_empty_database_and_clones_are_apart),
        cmocka_unit_test(test_folder__is_the_makers_alone),
        cmocka_unit_test(test_leftovers__of_one_that_lives_are_none),
        cmocka_unit_test(test_leftovers__of_one_that_was_killed_are_found_and_removed),
        cmocka_unit_test(test_remove__leaves_what_has_no_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
