/*
 * The digest: the same for the same plan, another for what people approve, blind for what was seen.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "planned.h"
#include "report/plan.h"

#define SCHEMA "CREATE TABLE emails (id bigint PRIMARY KEY, status text, category text);"

static const struct planned_case change = {
    .before = SCHEMA,
    .up = "ALTER TABLE emails ADD COLUMN note text; UPDATE emails SET note = category;",
    .down = "ALTER TABLE emails DROP COLUMN note;",
    .version = "1111111111111111111111111111111111111111",
    .previous = "2222222222222222222222222222222222222222",
    .database = "shop",
};

static const char *digest_of_case(TALLOC_CTX *mem, const struct planned_case *c)
{
    return planned(mem, c)->digest.hex;
}

static void test_plan_seal__is_stable(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct planned_case other = change;

    assert_int_equal(strlen(digest_of_case(tmp, &change)), 64);
    assert_string_equal(digest_of_case(tmp, &change), digest_of_case(tmp, &other));
    other.sizes = "{public.emails: {rows: 300000000, bytes: 30GB}}";
    assert_string_equal(digest_of_case(tmp, &change), digest_of_case(tmp, &other));
}

static void test_plan_seal__changes_with_what_is_approved(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *digest = digest_of_case(tmp, &change);
    struct planned_case other = change;

    other.up = "ALTER TABLE emails ADD COLUMN note text; UPDATE emails SET note = category; ";
    assert_string_not_equal(digest, digest_of_case(tmp, &other));
    other = change;
    other.down = "ALTER TABLE emails DROP COLUMN note; ";
    assert_string_not_equal(digest, digest_of_case(tmp, &other));
    other = change;
    other.database = "shop_copy";
    assert_string_not_equal(digest, digest_of_case(tmp, &other));
    other = change;
    other.version = "3333333333333333333333333333333333333333";
    assert_string_not_equal(digest, digest_of_case(tmp, &other));
    other = change;
    other.yaml = "environments: {production: {release: {deploy: [./deploy.sh, '{version}']}}}";
    assert_string_not_equal(digest, digest_of_case(tmp, &other));
}

// Every member that the digest covers, changed by hand.
static void test_plan_seal__sees_each_member(void **state)
{
    (void)state;
    static const size_t seen[] = {
        offsetof(struct plan_step, name),     offsetof(struct plan_step, title),
        offsetof(struct plan_step, command),  offsetof(struct plan_step, proof),
        offsetof(struct plan_step, expected), offsetof(struct plan_step, undo),
        offsetof(struct plan_step, owner),
    };
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        SCRATCH(tmp);
        struct plan *plan = planned(tmp, &change);
        const struct digest_text before = plan->digest;
        char *step = (char *)planned_step(plan, "deploy.0002");
        *(const char **)(step + seen[i]) = "another";
        plan_seal(plan);
        assert_string_not_equal(before.hex, plan->digest.hex);
    }
    SCRATCH(tmp);
    struct plan *plan = planned(tmp, &change);
    const struct digest_text before = plan->digest;
    struct plan_step *step = planned_step(plan, "deploy.0002");
    step->status = STATUS_FAIL;
    step->observed = "another";
    step->detail = "another";
    step->batching = "another";
    step->estimate = (struct plan_estimate){.is_known = true, .high = 5, .basis = "another"};
    step->at = plan->made_at = "another";
    plan_seal(plan);
    assert_string_equal(before.hex, plan->digest.hex);
}

static json_t *written(const struct plan *plan)
{
    char *text;
    size_t len;
    json_t *document;
    struct error err;
    FILE *memory = open_memstream(&text, &len);

    report_plan_json(memory, plan);
    fclose(memory);
    if (!json_read("plan.json", text, len, &document, &err))
        fail_msg("%s", err.message);
    free(text);
    return document;
}

static void test_plan_read__what_was_written(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct plan *plan = planned(tmp, &change), *read;
    json_auto_t *document = written(plan);

    if (!plan_read(tmp, "plan.json", document, &read, &err))
        fail_msg("%s", err.message);
    assert_string_equal(read->digest.hex, plan->digest.hex);
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        assert_int_equal(read->sections[i].n_steps, plan->sections[i].n_steps);
    struct plan_step *step = planned_step(read, "post.I1/emails.note");
    assert_int_equal(step->status, STATUS_UNKNOWN);
    assert_string_equal(step->sql, planned_step(plan, "post.I1/emails.note")->sql);
}

static void assert_unread(json_t *document, const char *start)
{
    SCRATCH(tmp);
    struct error err = {0};
    struct plan *read;

    assert_false(plan_read(tmp, "plan.json", document, &read, &err));
    assert_int_equal(err.code, ERROR_INPUT);
    if (strncmp(err.message, start, strlen(start)) != 0)
        fail_msg("%s", err.message);
}

static json_t *deploy_step(json_t *document)
{
    json_t *section = json_array_get(json_object_get(document, "sections"), PLAN_DEPLOY);
    json_t *steps = json_object_get(section, "steps");

    for (size_t i = 0; i < json_array_size(steps); i++)
        if (strcmp(json_get_text(json_array_get(steps, i), "name"), "deploy.0002") == 0)
            return json_array_get(steps, i);
    fail_msg("no step 'deploy.0002'");
    return NULL;
}

static void test_plan_read__refuses(void **state)
{
    (void)state;
    SCRATCH(tmp);
    json_auto_t *edited = written(planned(tmp, &change));
    json_auto_t *unfinished = written(planned(tmp, &change));
    json_auto_t *other = json_object();
    json_auto_t *section = json_deep_copy(edited);

    json_t *step = deploy_step(edited);
    json_put_text(step, "command", "rm -rf shop");
    assert_unread(edited, "plan.json: edited: its content has the digest ");
    step = deploy_step(unfinished);
    json_put_text(step, "command", "./deploy.sh <sha>");
    assert_unread(unfinished, "plan: step 'deploy.0002': its command still has the placeholder");
    assert_unread(other, "plan.json: no plan: it has no schema tminus/plan/1");
    json_put_text(json_array_get(json_object_get(section, "sections"), 0), "name", "first");
    assert_unread(section, "plan.json: section 'first' is not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_seal__is_stable),
        cmocka_unit_test(test_plan_seal__changes_with_what_is_approved),
        cmocka_unit_test(test_plan_seal__sees_each_member),
        cmocka_unit_test(test_plan_read__what_was_written),
        cmocka_unit_test(test_plan_read__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
