/*
 * Code: which tables a changed file writes, and what must not be taken for a write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "repository.h"

#include "change/code.h"
#include "change/git.h"
#include "change/inflection.h"

// "emails:3 briefs:7 …" and behind it "?" when the file is unmapped.
static char *summary(TALLOC_CTX *mem, const struct code_report *report, const char *path)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < report->n_writes; i++)
        if (strcmp(report->writes[i].path, path) == 0)
            text = mem_printf(mem, "%s%s%s:%zu%s", text, *text == '\0' ? "" : " ",
                              report->writes[i].table, report->writes[i].line,
                              report->writes[i].is_data_change ? "" : "m");
    for (size_t i = 0; i < report->n_unmapped; i++)
        if (strcmp(report->unmapped[i], path) == 0)
            text = mem_printf(mem, "%s?", text);
    return text;
}

static struct code_report *read_report(TALLOC_CTX *mem, struct tree *tree, const char *base,
                                       const struct config *config)
{
    struct error err = {0};
    struct change *change = mem_new(mem, struct change);
    struct code_report *report = NULL;
    if (!git_read_range(mem, tree->folder, base, config, change, &err) ||
        !code_read(mem, tree->folder, change, config, &report, &err))
        fail_msg("%s", err.message);
    return report;
}

struct code_case {
    const char *path, *text, *expected;
};

// All files of `cases` are new in one range of `tree`.
static void check_cases(TALLOC_CTX *mem, struct tree *tree, const struct code_case *cases, size_t n)
{
    repository_commit(tree, "base");
    for (size_t i = 0; i < n; i++)
        tree_write(tree, cases[i].path, cases[i].text);
    struct code_report *report = read_report(mem, tree, "HEAD", NULL);
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        char *found = summary(mem, report, cases[i].path);
        if (strcmp(found, cases[i].expected) == 0)
            continue;
        print_error("%s: expected '%s', found '%s'\n", cases[i].path, cases[i].expected, found);
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}

// The documents' own example: how emails are classified changes.
static void test_classification(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct code_case cases[] = {
        {"app/services/classify.rb",
         "class Classify\n"
         "  def call(email)\n"
         "    email.category = email.subject =~ /news/i ? \"brief\" : \"task\"\n"
         "    email.save!\n"
         "  end\n"
         "end\n",
         "emails:3"},
        {"app/services/classify.py",
         "def classify(email):\n"
         "    \"\"\"Update emails set category = brief where it is short.\"\"\"\n"
         "    email.category = \"brief\" if len(email.body) < 200 else \"task\"\n"
         "    email.save()\n",
         "emails:3"},
        {"app/services/sql.py",
         "def classify(cursor):\n"
         "    cursor.execute(\"\"\"\n"
         "        UPDATE emails\n"
         "           SET category = 'brief'\n"
         "         WHERE length(body) < 200\n"
         "    \"\"\")\n",
         "emails:3"},
    };
    struct tree *tree = repository_make(tmp);
    tree_write(tree, "db/migrations/0001_mail.up.sql",
               "CREATE TABLE IF NOT EXISTS emails (id int);\n");
    check_cases(tmp, tree, cases, COUNT_OF(cases));
}

// The same without any migration or model in the repository: a guess by the variable's name.
static void test_classification_alone(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct code_case cases[] = {
        {"classify.rb", "def call(email)\n  email.update!(category: \"brief\")\nend\n", "emails:2"},
        {"general.rb", "def call(record)\n  record.update!(category: \"brief\")\nend\n", "?"},
    };
    check_cases(tmp, repository_make(tmp), cases, COUNT_OF(cases));
}

static void test_sql_in_languages(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct code_case cases[] = {
        {"a.go", "var q = `\nINSERT INTO briefs (id)\nSELECT id FROM emails`\n", "briefs:2"},
        {"a.java",
         "String q = \"UPDATE emails \" +\n    \"SET category = ? \" +\n    \"WHERE id = ?\";\n",
         "emails:1"},
        {"b.rb", "x = <<~SQL\n  DELETE FROM emails\n  WHERE id = 1\nSQL\ny = 1\n", "emails:2"},
        {"c.rb", "x = \"UPDATE emails\n  SET a = 1\"\n", "emails:1"},
        {"d.ts", "await db.query(`UPDATE \"Emails\" SET a = ${x}`);\n", "Emails:1"},
        {"e.py", "q = f\"DELETE FROM emails WHERE id = {x}\"\n", "emails:1"},
        {"f.php", "<?php $q = \"REPLACE INTO `emails` VALUES (1)\";\n", "emails:1"},
        {"g.sh", "psql <<SQL\nTRUNCATE emails;\nSQL\n", "emails:2"},
        {"h.sql", "SELECT 1;\nMERGE INTO emails AS e USING x ON true WHEN MATCHED THEN DELETE;\n",
         "emails:2"},
        {"i.py", "q = 'COPY emails (id) FROM STDIN'\n", "emails:1"},
        {"j.cs", "var q = @\"WITH x AS (SELECT 1) UPDATE public.emails SET a = 1\";\n",
         "public.emails:1"},
        {"k.rs", "let q = \"INSERT OR IGNORE INTO emails VALUES (1)\"; let c = 'x';\n", "emails:1"},
        {"l.py", "q = \"UPDATE %s SET a = 1\" % table\n", "?"},
        {"m.rb", "execute \"UPDATE #{table} SET a = 1\"\n", "?"},
    };
    check_cases(tmp, repository_make(tmp), cases, COUNT_OF(cases));
}

// What looks like a write and is none.
static void test_no_writes(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct code_case cases[] = {
        {"a.py", "q = \"SELECT * FROM emails WHERE id = 1 FOR UPDATE\"\n", "?"},
        {"b.py", "# UPDATE emails SET a = 1\nx = 1\n", "?"},
        {"c.go", "// DELETE FROM emails WHERE a\n/* INSERT INTO emails VALUES (1) */\nvar x = 1\n",
         "?"},
        {"d.rb", "=begin\nUPDATE emails SET a = 1\n=end\nx = 1\n", "?"},
        {"e.js", "button('Delete from favorites'); t('Update the settings now')\n", "?"},
        {"f.rb", "fk = 'ON UPDATE CASCADE ON DELETE SET NULL'\n", "?"},
        {"g.py", "log('insert into the form'); log('copy text from here')\n", "?"},
        {"h.js", "const r = /it's/; hash.update(x); list.remove(y); el.delete();\n", "?"},
        {"i.py", "form.save()\nd = {}\nd.update(a=1)\nos.remove('x')\n", "?"},
        {"j.rb", "config.timeout = 5\nresponse.status = 200\n", "?"},
        {"README.md", "UPDATE emails SET a = 1\n", ""},
        {"web/site.css", ".a { b: c }\n", ""},
        {"test/test_x.py", "q = 'DELETE FROM emails'\n", ""},
        {"app/x_spec.rb", "Email.update_all(a: 1)\n", ""},
        {"web/Page.tsx", "export const P = () => <p>hello</p>\n", ""},
        {"docs/a.py", "q = 'DELETE FROM emails'\n", ""},
        {"config/settings.py", "DEBUG = True\n", ""},
    };
    check_cases(tmp, repository_make(tmp), cases, COUNT_OF(cases));
}

static void test_rails(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct code_case cases[] = {
        {"app/jobs/a.rb", "Email.where(kind: 'x').in_batches.update_all(category: 'brief')\n",
         "emails:1"},
        {"app/jobs/b.rb", "user.emails.destroy_all\n", "emails:1"},
        {"app/jobs/c.rb", "@email_message.update(read: true)\n", "messages:1"},
        {"app/jobs/d.rb", "Mail::Category.find_or_create_by!(name: 'x')\n", "categories:1"},
        {"app/jobs/e.rb", "Email.where(a: 1).count\n", "?"},
        {"lib/tasks/backfill.rake",
         "task fill: :environment do\n  Email.find_each do |e|\n    e.update!(a: 1)\n  end\nend\n",
         "emails:3"},
        {"app/models/note.rb",
         "class Note < ApplicationRecord\n  validates :text, presence: true\nend\n", "notes:1m"},
        {"app/jobs/f.rb", "Rails.cache.delete('x')\nFile.delete('y')\n", "?"},
    };
    struct tree *tree = repository_make(tmp);
    tree_write(tree, "app/models/email.rb", "class Email < ApplicationRecord\nend\n");
    tree_write(tree, "app/models/email_message.rb",
               "class EmailMessage < ApplicationRecord\n  self.table_name = \"messages\"\nend\n");
    check_cases(tmp, tree, cases, COUNT_OF(cases));
}

static void test_python(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct code_case cases[] = {
        {"mail/a.py", "Email.objects.filter(a=1).update(category='brief')\n", "mail_email:1"},
        {"mail/b.py", "Brief.objects.bulk_create(rows)\n", "briefs_of_mail:1"},
        {"mail/c.py", "session.add(Attachment(email_id=1))\n", "attachments:1"},
        {"mail/d.py", "session.execute(update(Attachment).values(a=1))\n", "attachments:1"},
        {"mail/e.py", "Email.objects.filter(a=1).count()\n", "?"},
        {"mail/management/commands/fix.py",
         "for e in Email.objects.all():\n    e.category = 'x'\n    e.asave()\n", "mail_email:3"},
    };
    struct tree *tree = repository_make(tmp);
    tree_write(tree, "mail/models.py",
               "from django.db import models\nclass Email(models.Model):\n    a = 1\n"
               "class Brief(models.Model):\n    class Meta(Base.Meta):\n        db_table = "
               "'briefs_of_mail'\n");
    tree_write(tree, "mail/tables.py",
               "class Attachment(Base):\n    __tablename__ = \"attachments\"\n");
    check_cases(tmp, tree, cases, COUNT_OF(cases));
}

static void test_other_mappers(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct code_case cases[] = {
        {"src/a.ts", "await prisma.email.updateMany({ data: { a: 1 } })\n", "mail:1"},
        {"src/b.ts", "await this.userRepository.save(x)\n", "app_users:1"},
        {"src/c.ts", "await knex('labels').where('a', 1).update({ a: 2 })\n", "labels:1"},
        {"src/d.ts", "await supabase.from('labels').insert({ a: 2 })\n", "labels:1"},
        {"src/e.go", "db.Model(&Label{}).Where(\"a = ?\", 1).Update(\"a\", 2)\n", "label_rows:1"},
        {"src/f.go", "db.Save(&Label{A: 1})\n", "label_rows:1"},
        {"src/g.php", "<?php DB::table('labels')->where('a', 1)->update(['a' => 2]);\n",
         "labels:1"},
        {"src/h.ts", "const n = await prisma.email.count()\n", "?"},
        {"src/i.ts", "map.set('a', 1); set.delete('b'); url.searchParams.set('c', 'd')\n", "?"},
    };
    struct tree *tree = repository_make(tmp);
    tree_write(tree, "schema.prisma", "model Email {\n  id Int @id\n\n  @@map(\"mail\")\n}\n");
    tree_write(tree, "src/user.entity.ts",
               "@Entity({ name: \"app_users\" })\nexport class User {\n}\n");
    tree_write(tree, "src/label.go",
               "type Label struct {\n}\n\nfunc (l *Label) TableName() string {\n"
               "\treturn \"label_rows\"\n}\n");
    check_cases(tmp, tree, cases, COUNT_OF(cases));
}

static void test_changed_lines(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = repository_make(tmp);
    static const char before[] =
        "# note\ndef a\n  1\nend\n\ndef b\n  db.exec(\"UPDATE emails SET a = 1\")\nend\n";
    tree_write(tree, "a.rb", before);
    tree_write(tree, "b.rb", before);
    tree_write(tree, "c.rb", before);
    tree_write(tree, "d.rb", before);
    repository_commit(tree, "base");
    // Only a comment; another function; the statement itself; the file went.
    tree_write(
        tree, "a.rb",
        "# other note\ndef a\n  1\nend\n\ndef b\n  db.exec(\"UPDATE emails SET a = 1\")\nend\n");
    tree_write(tree, "b.rb",
               "# note\ndef a\n  2\nend\n\ndef b\n  db.exec(\"UPDATE emails SET a = 1\")\nend\n");
    tree_write(tree, "c.rb",
               "# note\ndef a\n  1\nend\n\ndef b\n  db.exec(\"UPDATE emails SET a = 2\")\nend\n");
    unlink(tree_path(tree, "d.rb"));
    struct code_report *report = read_report(tmp, tree, "HEAD", NULL);
    assert_string_equal(summary(tmp, report, "a.rb"), "");
    assert_string_equal(summary(tmp, report, "b.rb"), "emails:7");
    assert_string_equal(summary(tmp, report, "c.rb"), "emails:7");
    assert_string_equal(summary(tmp, report, "d.rb"), "emails:7");
    for (size_t i = 0; i < report->n_writes; i++)
        assert_int_equal(report->writes[i].in_changed_line,
                         strcmp(report->writes[i].path, "b.rb") != 0);
    assert_string_equal(report->writes[0].evidence, "UPDATE emails SET a = 1");
    assert_int_equal(report->writes[0].source, CODE_SQL);
}

static void test_path_map(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = repository_make(tmp);
    repository_commit(tree, "base");
    tree_write(tree, "app/classify/rules.rb", "def x\n  1\nend\n");
    tree_write(tree, "app/pure/math.rb", "db.exec('DELETE FROM x')\n");
    tree_write(tree, "app/rules.yml", "brief: 1\n");
    tree_write(tree, "app/other.rb", "def x\n  1\nend\n");
    struct config_path paths[] = {
        {.glob = "app/classify/**", .tables = (const char *[]){"emails", "briefs"}, .n_tables = 2},
        {.glob = "app/pure/**"},
        {.glob = "rules.yml", .tables = (const char *[]){"emails"}, .n_tables = 1},
    };
    struct config config = {.code_paths = paths, .n_code_paths = COUNT_OF(paths)};
    struct code_report *report = read_report(tmp, tree, "HEAD", &config);
    assert_string_equal(summary(tmp, report, "app/classify/rules.rb"), "emails:0 briefs:0");
    assert_string_equal(summary(tmp, report, "app/pure/math.rb"), "");
    assert_string_equal(summary(tmp, report, "app/rules.yml"), "emails:0");
    assert_string_equal(summary(tmp, report, "app/other.rb"), "?");
    assert_int_equal(report->writes[0].source, CODE_PATH_MAP);
    assert_string_equal(report->writes[0].evidence, "app/classify/**");
}

// What speaks of creating tables does not make its words tables.
static void test_no_tables(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct code_case cases[] = {
        {"a.py", "class A:\n    def f(self):\n        self.name = 1\n        names.count = 2\n",
         "?"},
        {"b.py", "table.insert()\nthat.x = 1\n", "?"},
        {"d.py", "seen = set()\nseen.add(email)\nselect.options.add(email)\n", "?"},
        {"c.py", "emails.update(category='x')\nbrief.kind = 'y'\n", "emails:1 briefs:2"},
    };
    struct tree *tree = repository_make(tmp);
    tree_write(tree, "ddl.py",
               "def create_table(self, table):\n    \"\"\"Create table names that follow.\"\"\"\n"
               "    return 'CREATE TABLE %s (' % table\n");
    tree_write(tree, "db.py", "op.create_table('emails', x)\n");
    tree_write(tree, "db.rb", "create_table :briefs do |t|\n");
    check_cases(tmp, tree, cases, COUNT_OF(cases));
}

static void test_sources(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = repository_make(tmp);
    repository_commit(tree, "base");
    tree_write(tree, "lib/tasks/fill.rake", "execute('UPDATE emails SET a = 1')\n");
    struct code_report *report = read_report(tmp, tree, "HEAD", NULL);
    assert_int_equal(report->n_writes, 1);
    assert_int_equal(report->writes[0].source, CODE_TASK);
}

static void test_inflection(void **state)
{
    (void)state;
    SCRATCH(tmp);
    // Rails guide, Active Record Basics, "Naming Conventions": class and table.
    assert_string_equal(inflection_table(tmp, "Article"), "articles");
    assert_string_equal(inflection_table(tmp, "LineItem"), "line_items");
    assert_string_equal(inflection_table(tmp, "Product"), "products");
    assert_string_equal(inflection_table(tmp, "Person"), "people");
    assert_string_equal(inflection_table(tmp, "Category"), "categories");
    assert_string_equal(inflection_table(tmp, "Address"), "addresses");
    assert_string_equal(inflection_table(tmp, "Day"), "days");
    assert_string_equal(inflection_snake(tmp, "HTTPServer"), "http_server");
    assert_string_equal(inflection_singular(tmp, "addresses"), "address");
    assert_string_equal(inflection_singular(tmp, "categories"), "category");
    assert_string_equal(inflection_singular(tmp, "messages"), "message");
    assert_string_equal(inflection_singular(tmp, "email"), "email");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classification),
        cmocka_unit_test(test_classification_alone),
        cmocka_unit_test(test_sql_in_languages),
        cmocka_unit_test(test_no_writes),
        cmocka_unit_test(test_rails),
        cmocka_unit_test(test_python),
        cmocka_unit_test(test_other_mappers),
        cmocka_unit_test(test_changed_lines),
        cmocka_unit_test(test_path_map),
        cmocka_unit_test(test_no_tables),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_inflection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
