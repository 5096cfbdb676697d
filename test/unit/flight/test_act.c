/*
 * Acts: looked at before and behind, intent and result in the journal, what the exit status says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/act.h"
#include "journal/events.h"
#include "tree.h"

struct rig {
    struct tree *tree;
    struct journal *journal;
    struct act act;
    struct act_report report;
    struct error err;
    enum act_state before, behind;
    const char *failure;   // what the act says of itself
    enum error_code cause; // it fails without a word
    int looks, acts;
    bool has_waited; // the look behind may wait
};

static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out, struct error *err)
{
    struct rig *rig = context;
    (void)mem, (void)err;
    rig->looks++;
    rig->has_waited |= has_acted;
    out->state = rig->acts > 0 ? rig->behind : rig->before;
    out->why = mem_printf(rig, "look %d", rig->looks);
    out->evidence = json_object();
    json_put_integer(out->evidence, "look", rig->looks);
    return true;
}

static bool act(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    struct rig *rig = context;
    (void)mem;
    rig->acts++;
    *why = rig->failure;
    return rig->cause == ERROR_NONE || error_set(err, rig->cause, "it broke");
}

static struct rig *rig_make(enum act_state before, enum act_state behind)
{
    struct rig *rig = mem_new(NULL, struct rig);
    rig->tree = tree_make(rig);
    rig->before = before;
    rig->behind = behind;
    const struct journal_place place = {.driver = &store_sqlite,
                                        .location = secret_make(rig, tree_path(rig->tree, "journal.db"))};
    assert_true(journal_open(rig, &place, "run", &rig->journal, &rig->err));
    rig->act = (struct act){.started = EVENT_RELEASE_STARTED,
                            .done = EVENT_RELEASED,
                            .failed = EVENT_RELEASE_FAILED,
                            .data = json_keep(rig, json_object()),
                            .context = rig,
                            .look = look,
                            .act = act};
    json_put_text(rig->act.data, "version", "v2");
    return rig;
}

static bool add_name(void *context, const json_t *event)
{
    char **names = context;
    *names = talloc_asprintf_append_buffer(*names, "%s ", json_get_text(event, "event"));
    return true;
}

// Runs it, and gives the names of the events.
static const char *flown(struct rig *rig)
{
    char *names = mem_strdup(rig, "");
    if (!act_run(rig, &rig->act, rig->journal, &rig->report, &rig->err))
        fail_msg("%s", rig->err.message);
    assert_true(journal_read(rig->journal, 1, add_name, &names, &rig->err));
    return names;
}

static void test_act__done(void **state)
{
    (void)state;
    struct rig *rig = rig_make(ACT_PENDING, ACT_DONE);
    assert_string_equal(flown(rig), "release-started released ");
    assert_true(rig->report.state == ACT_DONE && rig->report.has_acted && !rig->report.was_there);
    assert_int_equal(act_exit_status(&rig->report), 0);
    assert_true(rig->has_waited); // what takes effect later is waited for
    json_t *event;
    assert_true(journal_last(rig->journal, EVENT_RELEASED, "version", "v2", &event, &rig->err));
    const json_t *data = json_object_get(event, "data");
    assert_string_equal(json_get_text(data, "state"), "done");
    assert_int_equal(json_get_integer(json_object_get(data, "evidence"), "look", 0), 2);
    json_decref(event);
    talloc_free(rig);
}

static void test_act__was_there(void **state)
{
    (void)state;
    struct rig *rig = rig_make(ACT_DONE, ACT_DONE);
    assert_string_equal(flown(rig), "");
    assert_true(rig->acts == 0 && rig->report.was_there && !rig->report.has_acted);
    assert_int_equal(act_exit_status(&rig->report), 0);
    talloc_free(rig);
}

static void test_act__refused(void **state)
{
    (void)state;
    struct rig *rig = rig_make(ACT_REFUSED, ACT_DONE);
    assert_string_equal(flown(rig), "");
    assert_true(rig->acts == 0 && !rig->report.has_acted);
    assert_int_equal(act_exit_status(&rig->report), 1);
    talloc_free(rig);
}

static void test_act__unknown_before(void **state)
{
    (void)state;
    struct rig *rig = rig_make(ACT_UNKNOWN, ACT_DONE);
    rig->act.needs_certainty = true;
    assert_string_equal(flown(rig), "");
    assert_int_equal(rig->acts, 0);
    assert_int_equal(act_exit_status(&rig->report), 3);
    talloc_free(rig);
    rig = rig_make(ACT_UNKNOWN, ACT_DONE); // who may do it twice does it
    assert_string_equal(flown(rig), "release-started released ");
    talloc_free(rig);
}

static void test_act__dry_run(void **state)
{
    (void)state;
    static const struct {
        enum act_state before;
        int status;
    } cases[] = {{ACT_PENDING, 0}, {ACT_DONE, 0}, {ACT_PARTLY, 0}, {ACT_UNKNOWN, 3}, {ACT_REFUSED, 1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rig *rig = rig_make(cases[i].before, ACT_DONE);
        assert_true(act_run(rig, &rig->act, NULL, &rig->report, &rig->err));
        assert_true(rig->acts == 0 && rig->looks == 1);
        assert_int_equal(act_exit_status(&rig->report), cases[i].status);
        talloc_free(rig);
    }
}

// Its own word is not believed: what is seen behind it decides.
static void test_act__seen_behind_it(void **state)
{
    (void)state;
    static const struct {
        const char *failure;
        enum act_state behind;
        const char *events;
        int status;
        const char *why;
    } cases[] = {
        {NULL, ACT_PENDING, "release-started release-failed ", 5, "look 2"},
        {NULL, ACT_PARTLY, "release-started release-failed ", 5, "look 2"},
        {NULL, ACT_UNKNOWN, "release-started release-failed ", 3, "look 2"},
        {"status 1", ACT_PENDING, "release-started release-failed ", 4, "status 1; look 2"},
        {"status 1", ACT_PARTLY, "release-started release-failed ", 5, "status 1; look 2"},
        {"status 1", ACT_DONE, "release-started released ", 0, "status 1; but look 2"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rig *rig = rig_make(ACT_PENDING, cases[i].behind);
        rig->failure = cases[i].failure;
        assert_string_equal(flown(rig), cases[i].events);
        assert_int_equal(act_exit_status(&rig->report), cases[i].status);
        assert_string_equal(rig->report.why, cases[i].why);
        assert_int_equal(rig->report.has_failed, cases[i].failure != NULL);
        assert_int_equal(rig->has_waited, cases[i].failure == NULL); // what failed is not waited for
        talloc_free(rig);
    }
}

static void test_act__cannot_be_begun(void **state)
{
    (void)state;
    struct rig *rig = rig_make(ACT_PENDING, ACT_PENDING);
    rig->cause = ERROR_INPUT;
    assert_string_equal(flown(rig), "release-started release-failed ");
    assert_string_equal(rig->report.why, "it broke; look 2");
    assert_int_equal(act_exit_status(&rig->report), 4);
    talloc_free(rig);
}

// Nobody knows how far it came: the intent stands alone, and is not hidden by a result.
static void test_act__interrupted(void **state)
{
    (void)state;
    struct rig *rig = rig_make(ACT_PENDING, ACT_DONE);
    char *names = mem_strdup(rig, "");
    rig->cause = ERROR_INTERRUPTED;
    assert_false(act_run(rig, &rig->act, rig->journal, &rig->report, &rig->err));
    assert_int_equal(rig->err.code, ERROR_INTERRUPTED);
    assert_true(journal_read(rig->journal, 1, add_name, &names, &rig->err));
    assert_string_equal(names, "release-started ");
    // The next one looks, finds it done, and does nothing.
    rig->cause = ERROR_NONE;
    assert_string_equal(flown(rig), "release-started ");
    assert_true(rig->acts == 1 && rig->report.was_there);
    talloc_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_act__done),
        cmocka_unit_test(test_act__was_there),
        cmocka_unit_test(test_act__refused),
        cmocka_unit_test(test_act__unknown_before),
        cmocka_unit_test(test_act__dry_run),
        cmocka_unit_test(test_act__seen_behind_it),
        cmocka_unit_test(test_act__cannot_be_begun),
        cmocka_unit_test(test_act__interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
