/*
 * The undo of migrations as a step: what is asked of migrate, and when it is done, by what the target's record says and by the undo
 * logs that wait. The program is a script that answers as tminus migrate does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/tree.h"
#include "flight/step_kind.h"
#include <sys/stat.h>

struct rig {
    struct tree *tree;
    struct store_fence fence;
    struct verb_caller caller;
    struct step_context context;
    struct step step;
};

// Two migrations on one that was applied before.
static void rig_make(TALLOC_CTX *mem, struct rig *rig)
{
    *rig = (struct rig){.tree = tree_make(mem), .fence = {.lease = "shop/here", .epoch = 1}};
    rig->caller = (struct verb_caller){
        .program = tree_path(rig->tree, "tminus"),
        .flight = "f1",
        .fence = &rig->fence,
        .lock = tree_path(rig->tree, "lock"),
        .wait = wait_make(mem),
    };
    rig->context.caller = &rig->caller;
    rig->step = (struct step){.name = "back.migrate", .phase = STEP_BACK, .kind = "undo", .timeout_ms = 60000,
                              .settings = json_pack("{s:i, s:i, s:s}", "applied", 1, "pending", 2, "to", "0003")};
}

// Asked dry it tells the record, else it notes its words, says `answer` and ends with `status`.
static void answers(struct rig *rig, int applied, int waiting, const char *answer, int status)
{
    SCRATCH(tmp);
    tree_write(rig->tree, "tminus",
               mem_printf(tmp,
                          "#!/bin/sh\ncase \" $* \" in *' --dry-run '*) echo '{\"applied_before\": %d, \"migrations\": [], \"data_waiting\": %d}';;\n"
                          "*) echo \"$*\" >'%s/words'; echo '%s'; echo 'rows were left alone' >&2; exit %d;; esac\n",
                          applied, waiting, rig->tree->folder, answer, status));
    assert_int_equal(chmod(rig->caller.program, 0755), 0);
}

static void expect_read_back(struct rig *rig, int applied, int waiting, enum step_state state, const char *why)
{
    SCRATCH(tmp);
    struct step_result result = {0};
    struct error err = {0};
    answers(rig, applied, waiting, "{}", 0);
    if (!step_read_back(tmp, &rig->context, &rig->step, &result, &err))
        fail_msg("%s", err.message);
    assert_int_equal(result.state, state);
    if (why == NULL)
        assert_null(result.why);
    else
        assert_string_equal(result.why, why);
    json_decref(result.evidence);
}

static void test_read_back(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    rig_make(tmp, &rig);
    expect_read_back(&rig, 1, 0, STEP_DONE, NULL);
    expect_read_back(&rig, 3, 0, STEP_PENDING, "2 migrations of the flight are still applied");
    expect_read_back(&rig, 1, 1, STEP_PENDING, "the data of 1 migration did not go back from its undo log");
    expect_read_back(&rig, 0, 0, STEP_UNKNOWN, "0 migrations are applied, fewer than the 1 before the flight: somebody else undid some");
    json_decref((json_t *)(uintptr_t)rig.step.settings);
}

static void expect_act(struct rig *rig, int applied, int waiting, const char *answer, int status, enum step_state state, const char *words)
{
    SCRATCH(tmp);
    struct step_result result = {0};
    struct error err = {0};
    char *said;
    size_t len;
    (void)unlink(tree_path(rig->tree, "words"));
    answers(rig, applied, waiting, answer, status);
    if (!step_act(tmp, &rig->context, &rig->step, &result, &err))
        fail_msg("%s", err.message);
    assert_int_equal(result.state, state);
    if (words == NULL) {
        assert_int_equal(file_kind(tree_path(rig->tree, "words")), FILE_MISSING);
        return;
    }
    assert_true(file_read(tmp, tree_path(rig->tree, "words"), 1000, &said, &len, &err));
    assert_string_equal(said, words);
}

// A migration whose down ran and whose data waits is a step of its own.
static void test_act(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    rig_make(tmp, &rig);
    expect_act(&rig, 3, 0, "{}", 0, STEP_DONE, "migrate --undo --steps 2 --format json\n");
    expect_act(&rig, 2, 1, "{}", 0, STEP_DONE, "migrate --undo --steps 2 --format json\n");
    expect_act(&rig, 1, 1, "{}", 0, STEP_DONE, "migrate --undo --steps 1 --format json\n");
    expect_act(&rig, 1, 0, "{}", 0, STEP_DONE, NULL);
    // All is back but rows that others changed; else it is a failure.
    expect_act(&rig, 3, 0, "{\"complete\": true}", 5, STEP_DONE, "migrate --undo --steps 2 --format json\n");
    expect_act(&rig, 3, 0, "{\"complete\": false}", 5, STEP_FAILED, "migrate --undo --steps 2 --format json\n");
    expect_act(&rig, 4, 0, "{}", 0, STEP_UNKNOWN, NULL);
    json_decref((json_t *)(uintptr_t)rig.step.settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_act),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
