/*
 * Real migrations of three projects, when they lie beside the project: every statement is found
 * where PostgreSQL found it, every file that its grammar parses is understood, and the others are
 * named.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

#include "base/file.h"
#include "base/text.h"
#include <jansson.h>

static const struct corpus {
    const char *name;
    size_t migrations;
    size_t statements; // of ups
} corpora[] = {{"concourse", 149, 672}, {"exposure", 80, 410}, {"pkgsite", 158, 860}};

static const char *shared_folder(TALLOC_CTX *mem)
{
    const char *shared = getenv("TMINUS_SHARED");
    return shared != NULL ? shared : mem_printf(mem, "%s/../shared", getenv("SOURCE"));
}

static bool is_missing(TALLOC_CTX *mem)
{
    if (file_kind(file_join(mem, shared_folder(mem), "corpora/truth")) == FILE_FOLDER)
        return false;
    // cmocka's skip() prints "not ok" in TAP, which meson counts as a failure.
    print_message("# SKIP: no corpora in %s\n", shared_folder(mem));
    return true;
}

static FILE *open_truth(TALLOC_CTX *mem, const char *corpus, const char *what)
{
    FILE *file = fopen(
        mem_printf(mem, "%s/corpora/truth/%s.%s.jsonl", shared_folder(mem), corpus, what), "r");
    assert_non_null(file);
    return file;
}

static json_t *next_line(FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len = getline(&line, &room, file);
    json_t *object = len < 0 ? NULL : json_loadb(line, (size_t)len, 0, NULL);
    assert_true(len < 0 || object != NULL);
    free(line);
    return object;
}

// NULL when there is no such file.
static struct script *read_migration(TALLOC_CTX *mem, const char *corpus, const char *migration,
                                     const char *direction)
{
    struct error err = {0};
    char *text;
    size_t len;
    struct script *script;
    char *path = mem_printf(mem, "%s/corpora/%s/%s.%s.sql", shared_folder(mem), corpus, migration,
                            direction);
    if (file_kind(path) != FILE_REGULAR)
        return NULL;
    EXPECT_OK(file_read(mem, path, SIZE_MAX, &text, &len, &err));
    EXPECT_OK(read_text(mem, DIALECT_POSTGRES, text, len, &script, &err));
    return script;
}

// Truth keeps the beginning of a long statement, and no carriage returns.
static void check_text(const char *sql, const char *expected)
{
    for (; *expected != '\0'; sql++, expected++) {
        while (*sql == '\r')
            sql++;
        assert_int_equal(*sql, *expected);
    }
}

// Statements of code stand behind the DO that runs them; the server counts the DO only.
static size_t outer_count(const struct script *script)
{
    size_t n = 0;
    for (size_t i = 0; i < script->n_statements; i += 1 + script->statements[i].n_inner)
        n++;
    return n;
}

static const struct statement *outer_statement(const struct script *script, size_t number)
{
    size_t at = 0;
    while (number-- > 0)
        at += 1 + script->statements[at].n_inner;
    return &script->statements[at];
}

// Truth has a line for each statement of an up, in the order of the file.
static void check_statements(TALLOC_CTX *mem, const struct corpus *corpus)
{
    FILE *truth = open_truth(mem, corpus->name, "statements");
    struct script *script = NULL;
    char *migration = mem_strdup(mem, "");
    size_t n = 0;
    for (json_t *line = next_line(truth); line != NULL; line = next_line(truth), n++) {
        const char *name = json_string_value(json_object_get(line, "migration"));
        if (strcmp(name, migration) != 0) {
            migration = mem_strdup(mem, name);
            script = read_migration(mem, corpus->name, name, "up");
        }
        size_t number = (size_t)json_integer_value(json_object_get(line, "n"));
        assert_non_null(script);
        assert_true(number < outer_count(script));
        const struct statement *statement = outer_statement(script, number);
        assert_int_equal(statement->offset, json_integer_value(json_object_get(line, "offset")));
        check_text(statement->sql, json_string_value(json_object_get(line, "sql")));
        assert_true(statement->n_actions > 0);
        json_decref(line);
    }
    assert_int_equal(n, corpus->statements);
    fclose(truth);
}

static void test_statements_are_where_the_server_found_them(void **state)
{
    (void)state;
    SCRATCH(tmp);
    for (size_t i = 0; i < COUNT_OF(corpora) && !is_missing(tmp); i++)
        check_statements(tmp, &corpora[i]);
}

// Understood when, and only when, the grammar parses the whole file.
static void check_direction(const struct corpus *corpus, const json_t *line, const char *direction,
                            const char *parses, const char *statements)
{
    SCRATCH(tmp);
    const char *migration = json_string_value(json_object_get(line, "migration"));
    struct script *script = read_migration(tmp, corpus->name, migration, direction);
    const json_t *expected = json_object_get(line, parses);
    if (script == NULL || !json_is_boolean(expected))
        return;
    assert_int_equal(script->n_not_understood == 0, json_is_true(expected));
    if (json_is_true(expected))
        assert_int_equal(outer_count(script),
                         json_integer_value(json_object_get(line, statements)));
    for (size_t i = 0; i < script->n_not_understood; i++) {
        assert_true(script->not_understood[i].line > 0 && script->not_understood[i].column > 0);
        assert_true(text_ends_with(script->not_understood[i].reason, "(PostgreSQL 15 grammar)"));
    }
}

static void test_files_are_understood_as_the_grammar_does(void **state)
{
    (void)state;
    SCRATCH(tmp);
    for (size_t i = 0; i < COUNT_OF(corpora) && !is_missing(tmp); i++) {
        FILE *truth = open_truth(tmp, corpora[i].name, "migrations");
        size_t n = 0;
        for (json_t *line = next_line(truth); line != NULL; line = next_line(truth), n++) {
            check_direction(&corpora[i], line, "up", "parses", "statements");
            check_direction(&corpora[i], line, "down", "down_parses", "down_statements");
            json_decref(line);
        }
        assert_int_equal(n, corpora[i].migrations);
        fclose(truth);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_are_where_the_server_found_them),
        cmocka_unit_test(test_files_are_understood_as_the_grammar_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
