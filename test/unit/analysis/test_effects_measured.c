/*
 * Predicted effects against measured ones: every line of effects_measured.txt.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "predict.h"

enum { LINES_MIN = 540 }; // as many were measured at least: a file cut short must not pass

static char *measured_read(TALLOC_CTX *mem)
{
    const char *source = getenv("SOURCE");
    char *path = mem_printf(mem, "%s/test/unit/analysis/effects_measured.txt", source ? source : ".");
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is not there", path);
    char *text = mem_array(mem, char, 1 << 20);
    text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
    fclose(file);
    return text;
}

// Does tminus say of the statement in `line` what was measured? Prints where it does not.
static bool line_agrees(const struct schema *schema, char *line)
{
    SCRATCH(tmp);
    char *arrow = strstr(line, " => ");
    if (!arrow)
        fail_msg("no measurement in '%s'", line);
    char *statement = mem_strndup(tmp, line, (size_t)(arrow - line));
    const char *expected = arrow + 4;
    struct schema *copy = schema_copy(tmp, schema);
    schema_begin_migration(copy, "judged");
    struct script *script = predict_read(tmp, statement);
    assert_int_equal(script->n_statements, 1);
    char *said = predict_line(tmp, effects_predict(tmp, copy, &script->statements[0], 15));
    if (strcmp(said, expected) == 0)
        return true;
    print_message("# %s\n#   took %s\n#   said %s\n", statement, expected, said);
    return false;
}

struct walk {
    TALLOC_CTX *mem;
    struct schema *schema;
    char *setup;
    bool runs; // behind "run"
    size_t n_lines, n_wrong;
};

static void walk_line(struct walk *walk, char *line)
{
    if (strcmp(line, "setup") == 0) {
        walk->schema = schema_make(walk->mem, DIALECT_POSTGRES);
        walk->setup = mem_strdup(walk->mem, "");
        walk->runs = false;
    } else if (strcmp(line, "run") == 0) {
        predict_migrate(walk->schema, walk->setup, "setup");
        walk->runs = true;
    } else if (strncmp(line, "    ", 4) == 0 && walk->runs) {
        walk->n_lines++;
        walk->n_wrong += !line_agrees(walk->schema, line + 4);
    } else if (strncmp(line, "    ", 4) == 0) {
        walk->setup = mem_printf(walk->mem, "%s%s\n", walk->setup, line);
    }
}

static void test_effects_predict__as_measured(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct walk walk = {.mem = tmp};
    char *rest = measured_read(tmp);
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
        walk_line(&walk, line);
    assert_true(walk.n_lines >= LINES_MIN);
    assert_int_equal(walk.n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_effects_predict__as_measured)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
