/*
 * Django, as `manage.py sqlmigrate APP NAME` prints it, one file a migration.
 *
 *   BEGIN;
 *   --
 *   -- Add field category to email
 *   --
 *   ALTER TABLE …;
 *   COMMIT;
 *
 * BEGIN and COMMIT are printed for atomic migrations and left out of the text, which is then in one
 * transaction. An operation in Python prints only a comment: the text is marked as not all there.
 * Source: Django's documentation, "django-admin sqlmigrate"; output of Django 5.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "change/layout_rows.h"
#include "change/line.h"
#include "change/migration.h"
#include "change/printed.h"
#include "change/stem_pairs.h"

static const struct printed_tool tool = {
    .name = "Django",
    .source = ".py",
    .mark = "migrations.Migration",
    .command = "print it: python manage.py sqlmigrate APP NAME > NAME.sql; "
               "python manage.py sqlmigrate APP NAME --backwards > NAME.down.sql; then give these "
               "files",
};

// How Django's operations describe themselves (django/db/migrations/operations, describe()).
static const char *const operations[] = {
    "Create model ",
    "Delete model ",
    "Rename model ",
    "Rename table for ",
    "Add field ",
    "Remove field ",
    "Alter field ",
    "Rename field ",
    "Create index ",
    "Remove index ",
    "Rename index ",
    "Rename unnamed index ",
    "Alter unique_together ",
    "Alter index_together ",
    "Set order_with_respect_to ",
    "Create constraint ",
    "Remove constraint ",
    "Alter constraint ",
    "Concurrently create index ",
    "Concurrently remove index ",
    "Creates extension ",
    "Create collation ",
    "Raw SQL operation",
    "Raw Python operation",
    "Custom state/database change combination",
    "Change Meta options on ",
    "Change managers on ",
    "Alter table comment ",
};

static bool is_operation(const struct line *line)
{
    if (!line_starts_with(line, "-- "))
        return false;
    struct line rest = *line;
    rest.start += strlen("-- ");
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (line_starts_with(&rest, operations[i]))
            return true;
    return false;
}

static bool is_rule(const struct line *line)
{
    return line->end - line->start == 2 && line_starts_with(line, "--");
}

// "--", "-- OPERATION …", "--": three lines that nothing else prints.
static bool has_mark(const char *text)
{
    bool was_rule = false;
    bool was_operation = false;
    for (struct line line = {.text = text}; line_next(&line, strlen(text));) {
        if (was_operation && is_rule(&line))
            return true;
        was_operation = was_rule && is_operation(&line);
        was_rule = is_rule(&line);
    }
    return false;
}

static int recognise(const char *folder, char *const *paths, size_t n)
{
    (void)folder;
    if (printed_find_sql(paths, n, false, has_mark))
        return 80;
    return printed_find_code(&tool, paths, n) != NULL ? PRINTED_CODE_SCORE : 0;
}

static void trim(struct migration_text *text)
{
    if (text->path == NULL)
        return;
    text->in_transaction = false;
    for (struct line line = {.text = text->text}; line_next(&line, text->len);) {
        if (line_starts_with(&line, "BEGIN;") && !text->in_transaction) {
            text->in_transaction = true;
            text->start = line.next;
        } else if (line_starts_with(&line, "COMMIT;")) {
            text->end = line.start;
        } else if (line_starts_with(&line, "-- THIS OPERATION CANNOT BE WRITTEN AS SQL") &&
                   text->unseen == NULL) {
            text->unseen = "an operation in Python";
            text->unseen_line = line.number;
        }
    }
}

static bool read_files(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       struct change *change, struct error *err)
{
    const char *code = printed_find_code(&tool, paths, n);
    if (code != NULL && !printed_find_sql(paths, n, false, has_mark))
        return printed_refuse_code(&tool, code, err);
    TRY(stem_pairs_read(mem, folder, paths, n, change, err));
    for (size_t i = 0; i < change->n_migrations; i++) {
        trim(&change->migrations[i].up);
        trim(&change->migrations[i].down);
    }
    return true;
}

const struct migration_layout layout_django = {
    .name = "django",
    .file_pattern = "the output of manage.py sqlmigrate",
    .transaction_rule = "each file in one transaction where the printed SQL says BEGIN",
    .record_table = "django_migrations",
    .recognise = recognise,
    .surest = 80,
    .read = read_files,
    .not_following = "its migrations are code in Python",
};
