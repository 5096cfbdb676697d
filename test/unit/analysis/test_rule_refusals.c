/*
 * Rules on what the server refuses: what the examples of their pages do not show. Each case names
 * the rule, and its severity or that it stays silent. Every statement was run on PostgreSQL 15.20
 * behind its `before`: those with a severity were refused there (some as soon as a row is met),
 * those without were taken; what nobody understands (FROBNICATE) leaves a doubt.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

#define SILENT (-1)

struct expected {
    const char *before, *up, *rule;
    int severity;
    bool is_complete;
};

#define USERS                                                                                      \
    "CREATE TYPE mood AS ENUM ('sad', 'ok');"                                                      \
    "CREATE DOMAIN small AS int DEFAULT 1 CHECK (VALUE < 10);"                                     \
    "CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL,"   \
    " name varchar(5), age int, feeling mood, size small NOT NULL, tags text[], is_new boolean,"    \
    " born date, made text GENERATED ALWAYS AS (upper(name)) STORED);"                             \
    "CREATE TABLE src (id int, email text);"
#define FILLED                                                                                     \
    USERS "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.email = 'a';"       \
          " RETURN NEW; END $$;"                                                                   \
          "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();"

static const struct expected cases[] = {
    // Identity and generated columns.
    {USERS, "INSERT INTO users VALUES (1, 'a');", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (id, email) SELECT id, email FROM src;", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (id, email) VALUES (DEFAULT, 'a');", "write-refused", SILENT},
    {USERS, "INSERT INTO users (id, email) OVERRIDING USER VALUE VALUES (1, 'a');", "write-refused",
     SILENT},
    {USERS, "INSERT INTO users (email, made) VALUES ('a', 'A');", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email, made) VALUES ('a', DEFAULT);", "write-refused", SILENT},
    {USERS, "UPDATE users SET id = 5 WHERE email = 'a';", "write-refused", SEVERITY_STOP},
    {USERS, "UPDATE users SET id = DEFAULT WHERE email = 'a';", "write-refused", SILENT},
    {USERS, "MERGE INTO users u USING src s ON s.email = u.email WHEN NOT MATCHED THEN"
            " INSERT (id, email) VALUES (s.id, s.email);", "write-refused", SEVERITY_STOP},
    {USERS, "MERGE INTO users u USING src s ON s.email = u.email WHEN NOT MATCHED THEN"
            " INSERT (email) VALUES (s.email);", "write-refused", SILENT},
    // Required columns.
    {USERS, "INSERT INTO users (name) VALUES ('a');", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users DEFAULT VALUES;", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email) VALUES ('a'), (NULL);", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email) SELECT NULL FROM src;", "write-refused", SEVERITY_STOP},
    {USERS, "UPDATE users SET email = NULL WHERE age = 1;", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email) VALUES ('a') ON CONFLICT (id) DO UPDATE SET email = NULL;",
     "write-refused", SEVERITY_STOP},
    {FILLED, "INSERT INTO users (name) VALUES ('a');", "write-refused", SILENT},
    {FILLED, "INSERT INTO users (email) VALUES (NULL);", "write-refused", SILENT},
    // Numbers of values.
    {USERS, "INSERT INTO src VALUES (1, 'a', 2);", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO src (id, email) VALUES (1);", "write-refused", SEVERITY_STOP},
    {USERS, "INSERT INTO src VALUES (1);", "write-refused", SILENT},
    {USERS, "INSERT INTO src SELECT * FROM src;", "write-refused", SILENT},
    // Code that may not run, and tables in doubt.
    {USERS, "DO $$ BEGIN IF false THEN INSERT INTO users (name) VALUES ('a'); END IF; END $$;",
     "write-refused", SEVERITY_WARN},
    {USERS, "ALTER TABLE users FROBNICATE; INSERT INTO users (name) VALUES ('a');",
     "write-refused", SILENT},
    // Literals.
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT 'abc';", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT ' -12 ';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT 1.5;", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT true;", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER age SET DEFAULT '3000000000';", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER name SET DEFAULT 5;", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER name SET DEFAULT 'longer than it';", "literal-of-wrong-type",
     SILENT},
    {USERS, "ALTER TABLE users ALTER size SET DEFAULT 'x';", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER feeling SET DEFAULT 'glad';", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER feeling SET DEFAULT 'ok';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER tags SET DEFAULT '';", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER tags SET DEFAULT '{}';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER is_new SET DEFAULT 0;", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER is_new SET DEFAULT 'ye';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER is_new SET DEFAULT 'o';", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER born SET DEFAULT 'Jan 8 1999';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER born SET DEFAULT 'never';", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "ALTER TABLE users ALTER born SET DEFAULT 'now';", "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ALTER age TYPE text, ALTER age SET DEFAULT 'abc';",
     "literal-of-wrong-type", SILENT},
    {USERS, "ALTER TABLE users ADD COLUMN at uuid DEFAULT 'x';", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "CREATE TABLE t (n int DEFAULT '1e5');", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "CREATE TABLE t (n numeric DEFAULT '1e5', m float8 DEFAULT 'Infinity', j jsonb DEFAULT"
            " '[]', u uuid DEFAULT '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}');",
     "literal-of-wrong-type", SILENT},
    {USERS, "INSERT INTO users (email, name) VALUES ('a', 'sixsix');", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "INSERT INTO users (email, name) VALUES ('a', 'five     ');", "literal-of-wrong-type",
     SILENT},
    {USERS, "INSERT INTO users (email, age) VALUES ('a', 3000000000);", "literal-of-wrong-type",
     SEVERITY_STOP},
    {USERS, "UPDATE users SET is_new = 1 WHERE age = 1;", "literal-of-wrong-type", SEVERITY_STOP},
    {USERS, "INSERT INTO users (email, age) SELECT email, 'x' FROM src;", "literal-of-wrong-type",
     SEVERITY_STOP},
};

static void test_refusals__fire_or_stay_silent(void **state)
{
    (void)state;
    size_t n_bad = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct expected *c = &cases[i];
        const struct judged_case judged_case = {
            .before = c->before, .up = c->up, .is_complete = c->is_complete};
        const struct finding *found = judged_find(judged(tmp, &judged_case), c->rule);
        int severity = found == NULL ? SILENT : (int)found->severity;
        if (severity == c->severity)
            continue;
        print_message("# %s on: %s: %d, not %d: %s\n", c->rule, c->up, severity, c->severity,
                      found == NULL ? "" : found->message);
        n_bad++;
    }
    assert_int_equal(n_bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals__fire_or_stay_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
