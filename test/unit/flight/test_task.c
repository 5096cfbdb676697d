/*
 * Tasks: words and holes, environment by names, masking, output, deadline of the whole group.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "flight/task.h"
#include "tree.h"
#include <signal.h>
#include <stdlib.h>

struct rig {
    struct tree *tree;
    struct config config;
    char *shown; // each line and '|'
    struct error err;
    struct task_end end;
};

static void show(void *context, const char *line)
{
    struct rig *rig = context;
    rig->shown = mem_printf(rig, "%s%s|", rig->shown, line);
}

static struct rig *rig_make(TALLOC_CTX *mem)
{
    struct rig *rig = mem_new(mem, struct rig);
    rig->tree = tree_make(rig);
    rig->config.folder = rig->tree->folder;
    rig->shown = mem_strdup(rig, "");
    return rig;
}

// One text for a shell.
static bool run(struct rig *rig, const char *script, struct task task)
{
    const char *const words[] = {script};
    task.name = "release.deploy";
    task.words = words;
    task.n_words = 1;
    task.is_shell = true;
    task.config = &rig->config;
    task.timeout_ms = task.timeout_ms ? task.timeout_ms : 20000;
    task.show = show;
    task.show_context = rig;
    return task_run(rig, &task, &rig->end, &rig->err);
}

static const char *const *argv_of(struct rig *rig, const char *const *words, size_t n, struct task task)
{
    const char **argv = NULL;
    json_t *data = json_keep(rig, json_object());
    task.name = "release.deploy";
    task.words = words;
    task.n_words = n;
    task.config = &rig->config;
    if (!task_put_command(data, &task, &rig->err))
        return NULL;
    const json_t *command = json_object_get(data, "command");
    argv = mem_array(rig, const char *, json_array_size(command) + 1);
    for (size_t i = 0; i < json_array_size(command); i++)
        argv[i] = json_string_value(json_array_get(command, i));
    return argv;
}

static void test_task_put_command__holes_are_words(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    static const char *const words[] = {"./deploy.sh", "{slot}", "--to={version}", "{version}{version}"};
    const struct task task = {.values = {.slot = "green; rm -rf /", .version = "v2"}};
    const char *const *argv = argv_of(rig, words, 4, task);
    assert_non_null(argv);
    assert_string_equal(argv[1], "green; rm -rf /"); // one word, and nothing of a shell
    assert_string_equal(argv[2], "--to=v2");
    assert_string_equal(argv[3], "v2v2");
    assert_null(argv[4]);
    talloc_free(rig);
}

// What variables were put into is told as the configuration has it.
static void test_task_put_command__no_value_of_a_variable(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    static const char *const words[] = {"./deploy.sh", "--token=s3cret for {version}", "{version}"};
    struct config_written written = {words[1], "--token=${TOKEN} for {version}"};
    const struct task task = {.values = {.version = "v2"}};
    rig->config.written = &written;
    rig->config.n_written = 1;
    const char *const *argv = argv_of(rig, words, 3, task);
    assert_non_null(argv);
    assert_string_equal(argv[1], "--token=${TOKEN} for v2");
    assert_string_equal(argv[2], "v2");
    talloc_free(rig);
}

static void test_task_put_command__quoted_for_a_shell(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    static const char *const words[] = {"./deploy.sh {slot}"};
    const struct task task = {.is_shell = true, .values = {.slot = "it's $(date)"}};
    const char *const *argv = argv_of(rig, words, 1, task);
    assert_non_null(argv);
    assert_string_equal(argv[0], "sh");
    assert_string_equal(argv[1], "-c");
    assert_string_equal(argv[2], "./deploy.sh 'it'\\''s $(date)'");
    talloc_free(rig);
}

static void test_task_put_command__refused(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    static const char *const words[] = {"./deploy.sh", "{version}"};
    assert_null(argv_of(rig, words, 2, (struct task){0}));
    assert_int_equal(rig->err.code, ERROR_CONFIG);
    assert_string_equal(rig->err.message, "release.deploy: {version} has no value here");
    assert_null(argv_of(rig, words, 0, (struct task){0}));
    assert_string_equal(rig->err.message, "release.deploy: no command is configured");
    talloc_free(rig);
}

static void test_task_check_version__letters(void **state)
{
    (void)state;
    static const char *const good[] = {"v1.2.3", "2026-11-22", "shop/web@sha256:ab", "a_b+c"};
    static const char *const bad[] = {"", "-v", "v 1", "v1;id", "$(id)", "v1\n", "ü"};
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(task_check_version(good[i], &err));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(task_check_version(bad[i], &err));
        assert_int_equal(err.code, ERROR_USAGE);
    }
}

static void test_task_run__status_and_output(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    assert_true(run(rig, "echo one; pwd; printf last", (struct task){0}));
    assert_int_equal(rig->end.status, 0);
    assert_null(rig->end.why);
    assert_string_equal(rig->end.first, mem_printf(rig, "one\n%s\nlast", rig->tree->folder));
    assert_string_equal(rig->end.output, mem_printf(rig, "one\n%s\nlast\n", rig->tree->folder));
    assert_true(run(rig, "echo out; sleep 0.1; echo broken pipe >&2; exit 3", (struct task){0}));
    assert_int_equal(rig->end.status, 3);
    assert_string_equal(rig->end.why, "release.deploy: ended with status 3: broken pipe");
    assert_string_equal(rig->end.first, "out\n");
    // What it wrote besides is no reason, whatever came last.
    assert_true(run(rig, "echo '  no room ' >&2; echo >&2; sleep 0.1; echo cleaning up; exit 3", (struct task){0}));
    assert_string_equal(rig->end.why, "release.deploy: ended with status 3: no room");
    assert_true(run(rig, "echo deploying; exit 3", (struct task){0}));
    assert_string_equal(rig->end.why, "release.deploy: ended with status 3");
    assert_true(run(rig, "kill -9 $$", (struct task){0}));
    assert_int_equal(rig->end.status, 128 + SIGKILL);
    talloc_free(rig);
}

static void test_task_run__cannot_be_started(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    static const char *const words[] = {"./no-such-command"};
    const struct task task = {.name = "release.deploy", .words = words, .n_words = 1, .config = &rig->config};
    assert_false(task_run(rig, &task, &rig->end, &rig->err));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    assert_string_equal(rig->err.message, "release.deploy: ./no-such-command: command not found");
    talloc_free(rig);
}

static void test_task_run__environment_by_names(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    static const char *const names[] = {"DEPLOY_REGION", "NOT_SET_ANYWHERE"};
    setenv("DEPLOY_REGION", "eu", 1);
    setenv("DATABASE_PASSWORD", "sesame-seed", 1);
    assert_true(run(rig, "env | sed 's/=.*//' | grep -v '^_$\\|^PWD$\\|^SHLVL$\\|^OLDPWD$' | sort | xargs",
                    (struct task){.environment = names, .n_environment = 2, .values = {.slot = "green", .version = "v2"}}));
    static const char *const usual = " PATH HOME USER LOGNAME SHELL LANG TZ TERM TMPDIR LC_ALL SSH_AUTH_SOCK ";
    bool has_region = false;
    char *rest = mem_strdup(rig, rig->end.output), *name;
    rest[strcspn(rest, "\n")] = '\0';
    while ((name = strsep(&rest, " ")) != NULL) {
        has_region |= strcmp(name, "DEPLOY_REGION") == 0;
        assert_true(strcmp(name, "DEPLOY_REGION") == 0 || strcmp(name, "TMINUS_SLOT") == 0 ||
                    strcmp(name, "TMINUS_VERSION") == 0 || strstr(usual, mem_printf(rig, " %s ", name)) != NULL);
    }
    assert_true(has_region);
    assert_true(run(rig, "echo $TMINUS_SLOT $TMINUS_VERSION ${DATABASE_PASSWORD-none}",
                    (struct task){.values = {.slot = "green", .version = "v2"}}));
    assert_string_equal(rig->end.output, "green v2 none\n");
    talloc_free(rig);
}

static void test_task_run__values_are_masked(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    static const char *const names[] = {"DEPLOY_TOKEN", "DEPLOY_LEVEL"};
    setenv("DEPLOY_TOKEN", "sesame-seed", 1);
    setenv("DEPLOY_LEVEL", "3", 1); // too short to be a secret
    assert_true(run(rig, "echo got $DEPLOY_TOKEN, 3; printf 'ses'; sleep 0.1; echo ame-seed; echo x${DEPLOY_TOKEN}y >&2; exit 1",
                    (struct task){.environment = names, .n_environment = 2}));
    assert_null(strstr(rig->shown, "sesame-seed"));
    assert_non_null(strstr(rig->shown, "got ****, 3|"));
    assert_null(strstr(rig->end.output, "sesame-seed")); // also where it came in two pieces
    assert_string_equal(rig->end.why, "release.deploy: ended with status 1: x****y");
    assert_non_null(strstr(rig->shown, "x****y|"));
    talloc_free(rig);
}

static void test_task_run__the_end_of_much_output(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    assert_true(run(rig, "i=0; while [ $i -lt 3000 ]; do echo line ä $i; i=$((i+1)); done; echo the last", (struct task){0}));
    size_t len = strlen(rig->end.output);
    assert_true(len <= TASK_OUTPUT_MAX && len > TASK_OUTPUT_MAX - 4);
    assert_string_equal(rig->end.output + len - strlen("the last\n"), "the last\n");
    assert_true(strlen(rig->end.first) <= TASK_OUTPUT_MAX);
    assert_memory_equal(rig->end.first, "line ä 0\n", strlen("line ä 0\n"));
    talloc_free(rig);
}

// A line without an end is shown in pieces.
static void test_task_run__a_line_without_end(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    assert_true(run(rig, "head -c 200000 /dev/zero | tr '\\0' x", (struct task){0}));
    size_t pieces = 0;
    for (const char *at = rig->shown; (at = strchr(at, '|')) != NULL; at++)
        pieces++;
    assert_int_equal(pieces, 200000 / TASK_LINE_MAX + 1);
    talloc_free(rig);
}

static void test_task_run__deadline_ends_the_group(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    int64_t began_ms = clock_monotonic_ms();
    assert_true(run(rig, "(sleep 30; touch late) & echo begun; sleep 30", (struct task){.timeout_ms = 300}));
    assert_true(rig->end.timed_out);
    assert_string_equal(rig->end.why, "release.deploy: did not end within 300 ms");
    assert_non_null(strstr(rig->shown, "begun|"));
    assert_true(clock_monotonic_ms() - began_ms < 15000);
    // Its child would hold the output open for 30 s; it is gone with the group.
    assert_int_equal(file_kind(tree_path(rig->tree, "late")), FILE_MISSING);
    talloc_free(rig);
}

// It does not obey, and its children ignore it too: killed all the same.
static void test_task_run__deadline_of_who_does_not_obey(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    assert_true(run(rig, "trap '' TERM; echo $$; while :; do sleep 0.1; done", (struct task){.timeout_ms = 200}));
    assert_true(rig->end.timed_out);
    assert_int_equal(rig->end.status, 128 + SIGKILL);
    pid_t pid = (pid_t)strtol(rig->end.first, NULL, 10);
    assert_int_equal(kill(pid, 0), -1);
    talloc_free(rig);
}

static bool stop_at_once(void *context)
{
    (void)context;
    return false;
}

static void test_task_run__interrupted(void **state)
{
    (void)state;
    struct rig *rig = rig_make(NULL);
    struct wait *wait = wait_make(rig);
    wait_on_tick(wait, stop_at_once, NULL);
    assert_false(run(rig, "sleep 30", (struct task){.wait = wait}));
    assert_int_equal(rig->err.code, ERROR_INTERRUPTED);
    talloc_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_put_command__holes_are_words),
        cmocka_unit_test(test_task_put_command__no_value_of_a_variable),
        cmocka_unit_test(test_task_put_command__quoted_for_a_shell),
        cmocka_unit_test(test_task_put_command__refused),
        cmocka_unit_test(test_task_check_version__letters),
        cmocka_unit_test(test_task_run__status_and_output),
        cmocka_unit_test(test_task_run__cannot_be_started),
        cmocka_unit_test(test_task_run__environment_by_names),
        cmocka_unit_test(test_task_run__values_are_masked),
        cmocka_unit_test(test_task_run__the_end_of_much_output),
        cmocka_unit_test(test_task_run__a_line_without_end),
        cmocka_unit_test(test_task_run__deadline_ends_the_group),
        cmocka_unit_test(test_task_run__deadline_of_who_does_not_obey),
        cmocka_unit_test(test_task_run__interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
