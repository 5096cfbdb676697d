/*
 * Effects files: what is written is read, agrees with itself and with copies of another size, and with nothing else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "expect.h"
#include "rehearsal/effects_file.h"
#include <unistd.h>

#define UP "UPDATE mails SET category = 'todo'"
#define DOWN "UPDATE mails SET category = 'task'"

static struct migration migration = {
    .version = "0003",
    .name = "todo",
    .path = "migrations/0003_todo.up.sql",
    .up = {.path = "migrations/0003_todo.up.sql", .text = UP, .len = sizeof UP - 1, .end = sizeof UP - 1},
    .down = {.path = "migrations/0003_todo.down.sql", .text = DOWN, .len = sizeof DOWN - 1, .end = sizeof DOWN - 1},
};

struct example {
    struct migration_effects effects;
    struct table_effect tables[4];
    struct column_effect columns[4];
    struct value_pair pairs[3];
    struct object_effect objects[2];
};

static const char *const gone[] = {"id=7", "id=8"};

// `scale` times 1,000 mails.
static void make(struct example *example, int64_t scale)
{
    *example = (struct example){
        .pairs = {{"task", "todo", 300 * scale}, {NULL, "none", 20 * scale}, {"tab\t\"x\"", NULL, 10 * scale}},
        .columns = {{.column = "category", .before = "category", .changed = 330 * scale, .to_null = 10 * scale, .from_null = 20 * scale, .has_all_pairs = true},
                    {.column = "legacy", .before = "legacy", .is_dropped = true, .changed = 1000 * scale, .to_null = 1000 * scale},
                    {.column = "name", .before = "title", .changed = 5, .is_masked = true},
                    {.column = "slug", .changed = 900 * scale, .from_null = 900 * scale}},
        .tables = {{.table = "public.mails", .before = "public.mails", .rows_before = 1000 * scale, .rows_after = 998 * scale, .has_key = true,
                    .removed = {2 * scale, (const char **)(uintptr_t)gone, 2}, .changed = {330 * scale, NULL, 0}, .n_columns = 4},
                   {.table = "public.archive", .rows_before = -1, .rows_after = 40 * scale, .added = {40 * scale, NULL, 0}, .has_key = true},
                   {.table = "old", .before = "old", .is_dropped = true, .rows_before = 3, .rows_after = -1, .removed = {3, NULL, 0}, .has_key = true},
                   {.table = "public.log", .before = "public.log", .rows_before = 50 * scale, .rows_after = 50 * scale, .unknown = "no key"}},
        .objects = {{"public.archive", "added"}, {"function f(integer)", "changed"}},
    };
    example->columns[0].pairs = example->pairs;
    example->columns[0].n_pairs = 3;
    example->tables[0].columns = example->columns;
    example->effects = (struct migration_effects){
        .migration = &migration,
        .effects = {.tables = example->tables, .n_tables = 4, .objects = example->objects, .n_objects = 2},
    };
}

static const char written[] =
    "effects: 1\n"
    "up: ab2f1a\n"
    "down: cd\n"
    "tables:\n"
    "  old:\n"
    "    state: dropped\n"
    "    rows: 3\n"
    "    removed: {rows: 3, share: 100%}\n"
    "  public.archive:\n"
    "    state: new\n"
    "    rows: 0\n"
    "    added: {rows: 40}\n"
    "  public.log:\n"
    "    unknown: \"no key\"\n"
    "    rows: 50\n"
    "  public.mails:\n"
    "    rows: 1000\n"
    "    removed: {rows: 2, share: 0.2%}\n"
    "    changed: {rows: 330, share: 33%}\n"
    "    columns:\n"
    "      category:\n"
    "        changed: {rows: 330, share: 33%}\n"
    "        to_null: {rows: 10, share: 1%}\n"
    "        from_null: {rows: 20, share: 2%}\n"
    "        pairs:\n"
    "          - {from: null, to: \"none\", rows: 20, share: 2%}\n"
    "          - {from: \"tab\\x09\\\"x\\\"\", to: null, rows: 10, share: 1%}\n"
    "          - {from: \"task\", to: \"todo\", rows: 300, share: 30%}\n"
    "      legacy:\n"
    "        state: dropped\n"
    "        changed: {rows: 1000, share: 100%}\n"
    "        other_pairs: true\n"
    "      name:\n"
    "        was: title\n"
    "        changed: {rows: 5, share: 0.5%}\n"
    "        masked: true\n"
    "      slug:\n"
    "        state: new\n"
    "        changed: {rows: 900, share: 90%}\n"
    "        other_pairs: true\n"
    "schema:\n"
    "  added:\n"
    "    - public.archive\n"
    "  changed:\n"
    "    - \"function f(integer)\"\n";

// Without the comment at the top.
static const char *body(const char *text)
{
    const char *start = strstr(text, "effects: 1\n");
    assert_non_null(start);
    return start;
}

static struct effects_file *read_text(TALLOC_CTX *mem, const char *text, struct error *err)
{
    char path[] = "/tmp/tminus-effects-XXXXXX";
    struct effects_file *file = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    if (!effects_file_read(mem, path, &file, err))
        file = NULL;
    unlink(path);
    return file;
}

static struct effects_file *read_valid(TALLOC_CTX *mem, const char *text)
{
    struct error err;
    struct effects_file *file = read_text(mem, text, &err);
    if (file == NULL)
        fail_msg("%s", err.message);
    return file;
}

// "RULE LINE: MESSAGE" a line.
static char *found(TALLOC_CTX *mem, const struct effects_file *file, const struct migration_effects *effects)
{
    struct findings findings = {.mem = mem};
    char *text = mem_strdup(mem, "");
    effects_file_check(file, effects, &findings);
    for (size_t i = 0; i < findings.n; i++) {
        const struct finding *finding = &findings.list[i];
        assert_int_equal(finding->severity, SEVERITY_STOP);
        assert_int_equal(finding->layer, LAYER_MEASURED);
        text = mem_printf(mem, "%s%s%s %zu: %s", text, i > 0 ? "\n" : "", finding->rule, finding->line, finding->message);
    }
    return text;
}

static void test_effects_file__is_written_in_order(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct example example;
    make(&example, 1);
    char *text = effects_file_text(tmp, &example.effects, NULL);
    assert_int_equal(strncmp(text, "# What 0003_todo.up.sql really does", 35), 0);
    const char *digests = strstr(text, "up: ");
    assert_int_equal(strspn(digests + 4, "0123456789abcdef"), 64);
    assert_string_equal(strstr(text, "tables:"), strstr(written, "tables:"));
}

// Whatever the size of the copy: shares are compared.
static void test_effects_file__agrees_with_itself(void **state)
{
    static const int64_t scales[] = {1, 2, 1000};
    (void)state;
    SCRATCH(tmp);
    struct example example;
    make(&example, 1);
    struct effects_file *file = read_valid(tmp, effects_file_text(tmp, &example.effects, NULL));
    for (size_t i = 0; i < COUNT_OF(scales); i++) {
        make(&example, scales[i]);
        example.columns[2].changed = 5 * scales[i];
        assert_string_equal(found(tmp, file, &example.effects), "");
    }
}

// --- what differs

static void more_removed(struct example *example) { example->tables[0].removed.rows = 5; }
static void within_two_rows(struct example *example) { example->tables[0].removed.rows = 4; }
static void within_a_tenth(struct example *example) { example->columns[0].changed = example->tables[0].changed.rows = 360; example->pairs[0].rows = 330; }
static void too_many(struct example *example) { example->tables[0].changed.rows = 400; }
static void too_few(struct example *example) { example->tables[0].changed.rows = 0; }
static void added(struct example *example) { example->tables[0].added = (struct key_sample){2, (const char **)(uintptr_t)gone, 2}; }
static void doubled(struct example *example) { example->tables[0].duplicated = (struct key_sample){1, (const char **)(uintptr_t)gone, 1}; }
static void another_pair(struct example *example) { example->pairs[1].after = "other"; }
static void more_pairs(struct example *example) { example->columns[0].has_all_pairs = false; }
static void pair_to_null(struct example *example) { example->pairs[0].after = NULL; example->columns[0].to_null = 310; }
static void another_column(struct example *example) { example->columns[3].column = "slugs"; }
static void not_dropped(struct example *example) { example->columns[1].is_dropped = false; }
static void not_compared(struct example *example) { example->columns[2].unknown = "permission denied"; }
static void another_table(struct example *example) { example->tables[1].table = "public.attic"; }
static void archive_empty(struct example *example) { example->tables[1].added.rows = 0; }
static void archive_larger(struct example *example) { example->tables[1].added.rows = 40000; }
static void objects(struct example *example) { example->objects[0].what = "removed"; }

static const struct {
    const char *name;
    void (*change)(struct example *example);
    const char *found;
} differences[] = {
    {"more rows", more_removed, "effect-differs 24: public.mails: 5 of 1,000 rows were removed (id=7; id=8; …), approved are 2 of 1,000"},
    {"within two rows", within_two_rows, ""},
    {"within a tenth", within_a_tenth, ""},
    {"too many", too_many, "effect-differs 25: public.mails: 400 of 1,000 rows changed, approved are 330 of 1,000"},
    {"none at all", too_few, "effect-missing 25: public.mails: no rows changed, approved are 330 of 1,000"},
    {"of a kind that is not there", added, "effect-not-approved 22: public.mails: 2 of 1,000 rows were added (id=7; id=8), approved are none"},
    {"rows twice", doubled, "effect-not-approved 22: public.mails: 1 of 1,000 rows equal another one (id=7), approved are none"},
    {"another pair", another_pair,
     "effect-not-approved 27: public.mails.category: 20 values NULL became 'other', which is not approved\n"
     "effect-missing 32: public.mails.category: no values NULL became 'none', approved are 20 of 1,000"},
    {"more pairs", more_pairs, "effect-not-approved 27: public.mails.category: there are more pairs of values than the approved ones"},
    {"values that became NULL", pair_to_null,
     "effect-differs 29: public.mails.category: 310 of 1,000 values became NULL, approved are 10 of 1,000\n"
     "effect-not-approved 27: public.mails.category: 300 values 'task' became NULL, which is not approved\n"
     "effect-missing 34: public.mails.category: no values 'task' became 'todo', approved are 300 of 1,000"},
    {"another column", another_column,
     "effect-not-approved 22: public.mails.slugs was added, with 900 values: not approved\n"
     "effect-missing 43: public.mails.slug is as it was, approved is that it changes"},
    {"not dropped", not_dropped,
     "effect-not-approved 35: public.mails.legacy is there before and after, approved is that it is dropped\n"
     "effect-not-approved 35: public.mails.legacy: 1,000 of 1,000 values became NULL, approved are none"},
    {"not compared", not_compared, "effect-not-approved 39: public.mails.name could not be compared: permission denied"},
    {"another table", another_table,
     "effect-not-approved 0: public.attic, which is new, is not in the file: 40 rows added, 0 removed, 0 changed\n"
     "effect-missing 15: public.archive is as it was, approved is that it changes"},
    {"a new table that stays empty", archive_empty, "effect-missing 18: public.archive: no rows were added, approved are 40"},
    {"a new table with more", archive_larger, ""},
    {"objects", objects,
     "effect-not-approved 0: public.archive was removed, which is not in the file\n"
     "effect-missing 49: public.archive was not added, and that is approved"},
};

static void test_effects_file__finds_what_differs(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct example example;
    make(&example, 1);
    struct effects_file *file = read_valid(tmp, effects_file_text(tmp, &example.effects, NULL));
    for (size_t i = 0; i < COUNT_OF(differences); i++) {
        print_message("# %s\n", differences[i].name);
        make(&example, 1);
        differences[i].change(&example);
        assert_string_equal(found(tmp, file, &example.effects), differences[i].found);
    }
}

static void test_effects_file__of_another_text(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct example example;
    make(&example, 1);
    struct effects_file *file = read_valid(tmp, effects_file_text(tmp, &example.effects, NULL));
    struct migration edited = migration;
    edited.up.end--;
    edited.down.path = NULL;
    example.effects.migration = &edited;
    assert_string_equal(found(tmp, file, &example.effects),
                        "effects-file-stale 1: 0003_todo.up.sql was changed since its effects were approved: rehearse again\n"
                        "effects-file-stale 1: the down of 0003_todo.up.sql was changed since its effects were approved: rehearse again");
    assert_string_equal(found(tmp, NULL, &example.effects),
                        "effects-file-missing 0: 0003_todo.up.sql has no effects file: nobody approved what it does");
}

// --- what a person wrote

static void test_effects_file__keeps_what_a_person_wrote(void **state)
{
    static const char hand[] = "effects: 1\nup: none\ndown: none\nnote: \"asked by ana\"\ntolerance: 20%\ntables:\n  public.mails:\n    note: \"weekly job\"\n"
                               "    tolerance: 7\n    columns:\n      category:\n        note: plain\n        tolerance: exact\n        pairs: any\n";
    (void)state;
    SCRATCH(tmp);
    struct example example;
    make(&example, 1);
    struct effects_file *existing = read_valid(tmp, hand);
    const char *text = body(effects_file_text(tmp, &example.effects, existing));
    assert_non_null(strstr(text, "note: \"asked by ana\"\ntolerance: 20%\ntables:\n"));
    assert_non_null(strstr(text, "  public.mails:\n    note: \"weekly job\"\n    tolerance: 7\n    rows: 1000\n"));
    assert_non_null(strstr(text, "      category:\n        note: plain\n        tolerance: exact\n        changed: {rows: 330, share: 33%}\n"
                                 "        to_null: {rows: 10, share: 1%}\n        from_null: {rows: 20, share: 2%}\n        pairs: any\n"));
    // Seven rows more are taken, eight are not; of the column not one; pairs are not looked at.
    struct effects_file *file = read_valid(tmp, text);
    example.tables[0].removed.rows = 9;
    example.pairs[0].after = "whatever";
    assert_string_equal(found(tmp, file, &example.effects), "");
    example.tables[0].removed.rows = 10;
    example.columns[0].changed = 331;
    assert_string_equal(found(tmp, file, &example.effects),
                        "effect-differs 22: public.mails: 10 of 1,000 rows were removed (id=7; id=8; …), approved are 2 of 1,000\n"
                        "effect-differs 28: public.mails.category: 331 of 1,000 values changed, approved are 330 of 1,000");
}

// Times and UUIDs of the run would be other ones the next time.
static void test_effects_file__values_of_the_run(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct example example;
    const struct clock_text now = clock_format(clock_wall_ms());
    static const struct { const char *after; bool is_any; } values[] = {
        {NULL, true}, {"0b8a7c52-6a8e-4d0b-9a55-0e8b7f6f3c11", true}, {"2001-02-03 04:05:06", false}, {"todo", false}};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        make(&example, 1);
        example.columns[0].n_pairs = 1;
        example.pairs[0].after = values[i].after ? values[i].after : mem_printf(tmp, "%.10s 01:02:03.5+00", now.text);
        char *text = effects_file_text(tmp, &example.effects, NULL);
        assert_int_equal(strstr(text, "        pairs: any\n") != NULL, values[i].is_any);
        assert_int_equal(strstr(text, "{from: \"task\"") == NULL, values[i].is_any);
    }
}

// Of more pairs than are told, the rare ones differ from copy to copy.
static void test_effects_file__frequent_pairs_alone(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct example example;
    make(&example, 1);
    example.columns[0].has_all_pairs = false;
    example.pairs[2].rows = 9;
    char *text = effects_file_text(tmp, &example.effects, NULL);
    assert_null(strstr(text, "\\x09"));
    assert_non_null(strstr(text, "to: \"todo\", rows: 300, share: 30%}\n        other_pairs: true\n"));
    struct effects_file *file = read_valid(tmp, text);
    example.pairs[2].before = "another";
    assert_string_equal(found(tmp, file, &example.effects), "");
    example.pairs[0].rows = 200;
    assert_string_equal(found(tmp, file, &example.effects),
                        "effect-differs 33: public.mails.category: 200 of 1,000 values 'task' became 'todo', approved are 300 of 1,000");
}

// --- where it lies, and what is none

static void test_effects_file__path(void **state)
{
    static const char *const paths[][2] = {
        {"db/0003_todo.up.sql", "db/0003_todo.effects.yaml"}, {"V2__x.sql", "./V2__x.effects.yaml"},
        {"m/0003/up.sql", "m/0003/effects.yaml"},             {"m/2026_x/migration.sql", "m/2026_x/effects.yaml"},
        {"app/migrations/0002_y.py", "app/migrations/0002_y.effects.yaml"}, {"db/20260101_z.rb", "db/20260101_z.effects.yaml"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        SCRATCH(tmp);
        const struct migration one = {.path = paths[i][0]};
        assert_string_equal(effects_file_path(tmp, &one), paths[i][1]);
    }
}

#define HEAD "effects: 1\nup: none\ndown: none\n"

static void test_effects_file__bad_files(void **state)
{
    static const char *const bad[][2] = {
        {"", ":1:1: no 'effects': it is no effects file"},
        {"effects: 2\n", ":1:10: effects file of format 2, this tminus reads 1"},
        {"effects: one\n", ":1:10: expected a number of rows"},
        {"- a\n", ":1:1: expected keys and values"},
        {HEAD, ":1:1: no 'tables': it is no effects file"},
        {"effects: 1\nup: 12ab\n", ":2:5: expected a SHA-256 of 64 hexadecimal digits, or none"},
        {HEAD "tables: []\n", ":4:9: expected tables by name"},
        {HEAD "tables:\n  t: {remved: {rows: 1}}\n", ":5:7: unknown key 'remved'"},
        {HEAD "tables:\n  t: {removed: 3}\n", ":5:16: expected keys and values"},
        {HEAD "tables:\n  t: {removed: {rows: -1}}\n", ":5:23: expected a number of rows"},
        {HEAD "tables:\n  t: {removed: {rows: 1, share: 0.5}}\n", ":5:33: expected a share as 12.5%"},
        {HEAD "tables:\n  t: {state: gone}\n", ":5:14: expected new or dropped"},
        {HEAD "tables:\n  t: {tolerance: much}\n", ":5:18: expected exact, a number of rows, or a share as 5%"},
        {HEAD "tables:\n  t: {columns: {c: {pairs: {a: b}}}}\n", ":5:28: expected a list of {from, to, rows, share}, or any"},
        {HEAD "tables:\n  t: {columns: {c: {pairs: [{from: a, rows: 1}]}}}\n", ":5:29: expected from, to and rows"},
        {HEAD "tables:\n  t: {columns: {c: {masked: maybe}}}\n", ":5:29: expected true or false"},
        {HEAD "tables: {}\nschema: {added: [{a: b}]}\n", ":5:18: expected a text"},
        {HEAD "tables: {}\ntables: {}\n", ":5:1: "},
        {HEAD "tables: {\n", ":5:1: "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        SCRATCH(tmp);
        struct error err = {0};
        assert_null(read_text(tmp, bad[i][0], &err));
        assert_int_equal(err.code, ERROR_INPUT);
        if (strstr(err.message, bad[i][1]) == NULL)
            fail_msg("%s, not: %s", err.message, bad[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects_file__is_written_in_order),
        cmocka_unit_test(test_effects_file__agrees_with_itself),
        cmocka_unit_test(test_effects_file__finds_what_differs),
        cmocka_unit_test(test_effects_file__of_another_text),
        cmocka_unit_test(test_effects_file__keeps_what_a_person_wrote),
        cmocka_unit_test(test_effects_file__values_of_the_run),
        cmocka_unit_test(test_effects_file__frequent_pairs_alone),
        cmocka_unit_test(test_effects_file__path),
        cmocka_unit_test(test_effects_file__bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
