/*
 * A project's own tool on a copy: Alembic, as Debian has it, and small commands that fail each in
 * their way. On a scratch server of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"
#include "base/process.h"
#include "rehearsal/command_run.h"
#include "../../support/skip.h"
#include <stdlib.h>
#include <sys/stat.h>

struct rig {
    TALLOC_CTX *mem;
    char folder[64];
    struct config config;
    struct config_rehearsal settings;
    struct copies_request request;
    struct copies copies;
    struct measured_run run;
    struct command_output output;
    struct error err;
};

#define MUST(rig, call)                                                                            \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s (%s)", (rig)->err.message, (rig)->err.hint);                              \
    } while (0)

static void execute(struct rig *rig, const char *sql)
{
    struct engine_run result;
    const struct engine_run_request request = {.path = "test.sql", .text = sql, .end = strlen(sql), .in_transaction = true};
    MUST(rig, engine_postgres.session->run(rig->mem, rig->copies.work.engine, &request, &result, &rig->err));
}

static void open_work(struct rig *rig)
{
    struct secret *url;
    MUST(rig, copy_postgres.url(rig->mem, rig->copies.site, "work", &url, &rig->err));
    const struct engine_open_options options = {.url = url, .timeout_ms = 60000, .name = "tminus"};
    rig->copies.work.driver = &engine_postgres;
    MUST(rig, engine_postgres.session->open(rig->mem, &options, &rig->copies.work.engine, &rig->err));
    MUST(rig, engine_postgres.session->identity(rig->mem, rig->copies.work.engine, &rig->copies.work.identity, &rig->err));
}

static void rig_make(struct rig *rig)
{
    static const char *const settings[] = {"log_statement = all", "log_duration = on", NULL};
    *rig = (struct rig){.mem = talloc_new(NULL), .folder = "/var/tmp/tminus-command-XXXXXX"};
    assert_non_null(mkdtemp(rig->folder));
    chmod(rig->folder, 0711); // the server may run as another user than root
    rig->config.folder = rig->folder;
    const struct copy_site_options options = {.folder = rig->folder, .settings = settings};
    MUST(rig, copy_postgres.open(rig->mem, &options, &rig->copies.site, &rig->err));
    MUST(rig, copy_postgres.create(rig->copies.site, "work", &rig->err));
    rig->request = (struct copies_request){.driver = &copy_postgres, .settings = &rig->settings, .config = &rig->config, .is_logged = true};
    rig->request.leave_out = command_records(rig->mem, "public", &rig->request.n_leave_out);
    rig->copies.request = &rig->request;
    open_work(rig);
    execute(rig, "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people VALUES (1, 'Ann'), (2, E'B\\nob'), (3, 'it''s')");
}

static void rig_end(struct rig *rig)
{
    SCRATCH(tmp);
    talloc_free(rig->mem);
    const char *const argv[] = {"rm", "-rf", rig->folder, NULL};
    const struct process_options options = {.argv = argv};
    struct process_result result;
    assert_true(process_run(tmp, &options, &result, &rig->err));
}

static void run(struct rig *rig, const char **argv, size_t n, bool is_down)
{
    rig->run = (struct measured_run){0};
    if (is_down)
        rig->settings.down = argv, rig->settings.n_down = n;
    else
        rig->settings.up = argv, rig->settings.n_up = n;
    MUST(rig, command_run(rig->mem, &rig->copies, is_down, &rig->run, &rig->output, &rig->err));
}

static void run_shell(struct rig *rig, const char *script)
{
    const char *argv[] = {"sh", "-c", script};
    run(rig, argv, 3, false);
}

static char *kinds(struct rig *rig)
{
    char *text = talloc_strdup(rig->mem, "");
    for (size_t i = 0; i < rig->run.n_statements; i++)
        text = talloc_asprintf_append(text, "%s%s", i ? ", " : "", rig->run.statements[i].kind);
    return text;
}

// --- Alembic

static const struct {
    const char *name, *text;
} project[] = {
    {"alembic.ini", "[alembic]\nscript_location = mig\n"},
    {"mig/script.py.mako", ""},
    {"mig/env.py", "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine, pool\n"
                   "engine = create_engine(os.environ['TMINUS_DATABASE_URL'], poolclass=pool.NullPool)\n"
                   "with engine.connect() as connection:\n    context.configure(connection=connection)\n"
                   "    with context.begin_transaction():\n        context.run_migrations()\n"},
    {"mig/versions/a1.py", "revision = 'a1'\ndown_revision = None\nfrom alembic import op\nimport sqlalchemy as sa\n"
                           "def upgrade():\n    op.add_column('people', sa.Column('lower', sa.Text()))\n    c = op.get_bind()\n"
                           "    for row in c.execute(sa.text('SELECT id, name FROM people')).fetchall():\n"
                           "        c.execute(sa.text('UPDATE people SET lower = :l WHERE id = :i'), {'l': row[1].lower(), 'i': row[0]})\n"
                           "def downgrade():\n    op.drop_column('people', 'lower')\n"},
};

static bool has_alembic(void)
{
    SCRATCH(tmp);
    const char *const argv[] = {"/usr/bin/python3", "-c", "import alembic, psycopg2", NULL};
    const struct process_options options = {.argv = argv};
    struct process_result result;
    struct error err;
    return process_run(tmp, &options, &result, &err) && result.status == 0;
}

static void write_project(struct rig *rig)
{
    MUST(rig, file_make_folders(file_join(rig->mem, rig->folder, "mig/versions"), 0755, &rig->err));
    for (size_t i = 0; i < COUNT_OF(project); i++)
        MUST(rig, file_write(file_join(rig->mem, rig->folder, project[i].name), project[i].text, strlen(project[i].text), 0644, &rig->err));
}

static void test_command_run__alembic_up_and_down(void **state)
{
    struct rig rig;
    const char *up[] = {"/usr/bin/python3", "-m", "alembic.config", "upgrade", "head"};
    const char *down[] = {"/usr/bin/python3", "-m", "alembic.config", "downgrade", "base"};
    (void)state;
    if (!has_alembic())
        SKIP("python3-alembic is not installed");
    rig_make(&rig);
    write_project(&rig);
    run(&rig, up, COUNT_OF(up), false);
    if (rig.run.state != RUN_DONE)
        fail_msg("%s\n%s", rig.run.failure, rig.output.text);
    assert_string_equal(kinds(&rig), "ALTER TABLE, UPDATE");
    assert_string_equal(rig.run.statements[0].sql, "ALTER TABLE people ADD COLUMN lower TEXT");
    assert_string_equal(rig.run.statements[1].remarks[0], "and 2 more like it");
    assert_true(rig.run.took_us > 0);
    assert_true(rig.output.statements > 5);
    assert_null(rig.output.unknown);
    execute(&rig, "DO $$ BEGIN ASSERT (SELECT count(*) FROM people WHERE lower = lower(name)) = 3; END $$");
    run(&rig, down, COUNT_OF(down), true);
    assert_int_equal(rig.run.state, RUN_DONE);
    assert_string_equal(kinds(&rig), "ALTER TABLE");
    assert_string_equal(rig.run.statements[0].sql, "ALTER TABLE people DROP COLUMN lower");
    rig_end(&rig);
}

// --- knex, from npm: `npm install --prefix build/bench knex pg`

static const struct {
    const char *name, *text;
} knex_project[] = {
    // libpq's form of an address without a host is not node's: it wants the folder of the socket as host.
    {"knexfile.js", "const url = new URL(process.env.TMINUS_DATABASE_URL.replace('@/', '@local/'));\n"
                    "module.exports = { client: 'pg', connection: { user: decodeURIComponent(url.username), password: url.password,\n"
                    "  host: url.searchParams.get('host') || url.hostname, port: Number(url.searchParams.get('port') || url.port),\n"
                    "  database: url.pathname.slice(1) } };\n"},
    {"migrations/1_a.js", "exports.up = async (knex) => {\n  await knex.schema.alterTable('people', (t) => t.text('lower'));\n"
                          "  for (const row of await knex('people')) await knex('people').where({ id: row.id }).update({ lower: row.name.toLowerCase() });\n};\n"
                          "exports.down = (knex) => knex.schema.alterTable('people', (t) => t.dropColumn('lower'));\n"},
};

static void test_command_run__knex_up_and_down(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    const char *source = getenv("SOURCE") ? getenv("SOURCE") : "..";
    (void)state;
    char *modules = realpath(file_join(tmp, source, "build/bench/node_modules"), NULL);
    if (modules == NULL || file_kind(file_join(tmp, modules, "knex/bin/cli.js")) != FILE_REGULAR) {
        free(modules);
        SKIP("knex is not installed");
    }
    rig_make(&rig);
    const char *program = file_join(rig.mem, modules, "knex/bin/cli.js");
    const char *up[] = {"node", program, "migrate:latest"};
    const char *down[] = {"node", program, "migrate:rollback"};
    MUST(&rig, file_make_folders(file_join(rig.mem, rig.folder, "migrations"), 0755, &rig.err));
    for (size_t i = 0; i < COUNT_OF(knex_project); i++)
        MUST(&rig, file_write(file_join(rig.mem, rig.folder, knex_project[i].name), knex_project[i].text, strlen(knex_project[i].text), 0644, &rig.err));
    assert_int_equal(symlink(modules, file_join(rig.mem, rig.folder, "node_modules")), 0);
    free(modules);
    run(&rig, up, COUNT_OF(up), false);
    if (rig.run.state != RUN_DONE)
        fail_msg("%s\n%s", rig.run.failure, rig.output.text);
    assert_string_equal(kinds(&rig), "ALTER TABLE, UPDATE");
    assert_string_equal(rig.run.statements[1].sql, "update \"people\" set \"lower\" = $1 where \"id\" = $2");
    execute(&rig, "DO $$ BEGIN ASSERT (SELECT count(*) FROM people WHERE lower = lower(name)) = 3; END $$");
    run(&rig, down, COUNT_OF(down), true);
    assert_int_equal(rig.run.state, RUN_DONE);
    assert_string_equal(kinds(&rig), "ALTER TABLE");
    rig_end(&rig);
}

// --- other commands

static void test_command_run__that_fails(void **state)
{
    struct rig rig;
    (void)state;
    rig_make(&rig);
    run_shell(&rig, "psql -X -q -c 'DROP TABLE nothing' \"$DATABASE_URL\" 2>/dev/null; echo \"no luck with $DATABASE_URL\"; exit 3");
    assert_int_equal(rig.run.state, RUN_FAILED);
    assert_non_null(strstr(rig.run.failure, ": ended with status 3: no luck with postgresql://"));
    assert_non_null(strstr(rig.run.failure, "(the server: table \"nothing\" does not exist)"));
    assert_int_equal(rig.run.n_statements, 0);
    rig_end(&rig);
}

static void test_command_run__that_sends_nothing_to_the_copy(void **state)
{
    struct rig rig;
    (void)state;
    rig_make(&rig);
    run_shell(&rig, "true");
    assert_int_equal(rig.run.state, RUN_FAILED);
    assert_string_equal(rig.run.failure, "sh -c true: ended well, but sent nothing to the copy: it must take its database from "
                                         "TMINUS_DATABASE_URL or DATABASE_URL");
    assert_int_equal(rig.output.statements, 0);
    rig_end(&rig);
}

static void test_command_run__that_does_not_end(void **state)
{
    struct rig rig;
    (void)state;
    rig_make(&rig);
    rig.settings.deadline_ms = 300;
    run_shell(&rig, "sleep 60");
    assert_int_equal(rig.run.state, RUN_OVERDUE);
    assert_string_equal(rig.run.failure, "sh -c 'sleep 60': did not end within 300 ms");
    rig_end(&rig);
}

static void test_command_run__that_is_not_there(void **state)
{
    struct rig rig;
    const char *argv[] = {"/nowhere/tool"};
    (void)state;
    rig_make(&rig);
    run(&rig, NULL, 0, false);
    assert_int_equal(rig.run.state, RUN_NOT_TRIED);
    rig.settings.up = argv;
    rig.settings.n_up = 1;
    assert_false(command_run(rig.mem, &rig.copies, false, &rig.run, &rig.output, &rig.err));
    assert_non_null(strstr(rig.err.message, "/nowhere/tool"));
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_run__alembic_up_and_down),
        cmocka_unit_test(test_command_run__knex_up_and_down),
        cmocka_unit_test(test_command_run__that_fails),
        cmocka_unit_test(test_command_run__that_sends_nothing_to_the_copy),
        cmocka_unit_test(test_command_run__that_does_not_end),
        cmocka_unit_test(test_command_run__that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
