/*
 * Alembic, as its offline mode prints it: `alembic upgrade base:head --sql`, `alembic downgrade …`.
 *
 *   -- Running upgrade 1975ea83b712 -> ae1027a6acf
 *   ALTER TABLE …;
 *   UPDATE alembic_version SET version_num='ae1027a6acf' WHERE …;
 *
 * Each header begins a migration; the statement on alembic_version, which ends it, is Alembic's own
 * record and left out. BEGIN stands once, before the first. A migration with an autocommit_block,
 * which prints COMMIT and BEGIN inside of it, counts as one without a transaction; the two are
 * blanked. Source: Alembic's documentation, "Generating SQL Scripts (Offline Mode)"; output of
 * Alembic 1.18.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "change/layout_rows.h"
#include "change/line.h"
#include "change/migration.h"
#include "change/migration_graph.h"
#include "change/printed.h"
#include <assert.h>

static const struct printed_tool tool = {
    .name = "Alembic",
    .source = ".py",
    .mark = "down_revision",
    .command = "print it: alembic upgrade base:head --sql > upgrade.sql; "
               "alembic downgrade head:base --sql > downgrade.sql; then give these files",
};

static bool has_mark(const char *text)
{
    return strstr(text, "-- Running upgrade ") != NULL ||
           strstr(text, "-- Running downgrade ") != NULL;
}

static int recognise(const char *folder, char *const *paths, size_t n)
{
    (void)folder;
    if (printed_find_sql(paths, n, false, has_mark))
        return 80;
    return printed_find_code(&tool, paths, n) != NULL ? PRINTED_CODE_SCORE : 0;
}

// Everything that is read before the order is known.
struct reading {
    TALLOC_CTX *mem;
    struct change *change;
    char *text;                        // of the file that is read, ours to blank
    struct migration_parents *parents; // of each migration
    size_t n_parents;
    bool is_open; // a section has begun and not ended: `open` and `is_up` say which
    size_t open;
    bool is_up;
};

static void end_section(struct reading *reading, size_t end)
{
    if (!reading->is_open)
        return;
    struct migration *migration = &reading->change->migrations[reading->open];
    struct migration_text *text = reading->is_up ? &migration->up : &migration->down;
    text->end = end;
    reading->is_open = false;
    if (memmem(reading->text + text->start, end - text->start, "\nCOMMIT;", 8) == NULL)
        return;
    text->in_transaction = false;
    struct line line = {.text = reading->text, .next = text->start};
    while (line_next(&line, end))
        if (line_starts_with(&line, "COMMIT;") || line_starts_with(&line, "BEGIN;"))
            memset(reading->text + line.start, ' ', line.end - line.start);
}

static size_t index_of(struct reading *reading, const char *version)
{
    struct change *change = reading->change;
    for (size_t i = 0; i < change->n_migrations; i++)
        if (strcmp(change->migrations[i].version, version) == 0)
            return i;
    (void)mem_append(reading->mem, reading->parents, reading->n_parents);
    migration_add(reading->mem, change, version, version);
    return change->n_migrations - 1;
}

// "a, b" → parents; both sides of the arrow may be empty (the base).
static void add_parents(struct reading *reading, size_t index, char *list)
{
    assert(index < reading->n_parents && reading->parents != NULL);
    struct migration_parents *parents = &reading->parents[index];
    for (char *part = list; part != NULL && parents->n < 64;) {
        char *comma = strchr(part, ',');
        size_t len = comma == NULL ? strlen(part) : (size_t)(comma - part);
        while (len > 0 && *part == ' ') {
            part++;
            len--;
        }
        while (len > 0 && part[len - 1] == ' ')
            len--;
        if (len > 0)
            *mem_append(reading->mem, parents->versions, parents->n) =
                mem_strndup(reading->mem, part, len);
        part = comma == NULL ? NULL : comma + 1;
    }
}

static char *trim_blanks(char *text)
{
    text += strspn(text, " ");
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        text[--len] = '\0';
    return text;
}

// Is the line a header? Then its section is open.
static bool begin_section(struct reading *reading, const struct line *line,
                          const struct migration_text *whole, bool is_in_transaction)
{
    SCRATCH(tmp);
    bool is_up = line_starts_with(line, "-- Running upgrade ");
    if (!is_up && !line_starts_with(line, "-- Running downgrade "))
        return false;
    char *from = strstr(line_copy(tmp, line), is_up ? "upgrade " : "downgrade ");
    from += strcspn(from, " ");
    char *arrow = strstr(from, "->");
    if (arrow == NULL)
        return false;
    *arrow = '\0';
    char *to = arrow + 2;
    end_section(reading, line->start);
    reading->open = index_of(reading, trim_blanks(is_up ? to : from));
    reading->is_up = is_up;
    reading->is_open = true;
    add_parents(reading, reading->open, is_up ? from : to);
    struct migration *migration = &reading->change->migrations[reading->open];
    struct migration_text *text = is_up ? &migration->up : &migration->down;
    if (is_up || migration->path == NULL)
        migration->path = whole->path;
    *text = *whole;
    text->start = line->next;
    text->in_transaction = is_in_transaction;
    return true;
}

static bool is_record(const struct line *line)
{
    SCRATCH(tmp);
    static const char *const verbs[] = {"INSERT INTO ", "UPDATE ", "DELETE FROM ", "DROP TABLE "};
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (line_starts_with(line, verbs[i]))
            return strstr(line_copy(tmp, line), "alembic_version") != NULL;
    return false;
}

static bool read_file(struct reading *reading, const char *path, struct error *err)
{
    struct migration_text whole;
    TRY(migration_text_read(reading->mem, path, true, &whole, err));
    reading->text = mem_array(reading->mem, char, whole.len + 1);
    memcpy(reading->text, whole.text, whole.len);
    whole.text = reading->text;
    bool is_in_transaction = false;
    for (struct line line = {.text = whole.text}; line_next(&line, whole.len);) {
        if (begin_section(reading, &line, &whole, is_in_transaction))
            continue;
        if (line_starts_with(&line, "BEGIN;"))
            is_in_transaction = true;
        else if (is_record(&line))
            end_section(reading, line.start); // what follows until the next header is Alembic's own
    }
    end_section(reading, whole.len);
    return true;
}

static bool read_files(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       struct change *change, struct error *err)
{
    (void)folder;
    const char *code = printed_find_code(&tool, paths, n);
    if (code != NULL && !printed_find_sql(paths, n, false, has_mark))
        return printed_refuse_code(&tool, code, err);
    struct reading reading = {.mem = mem, .change = change};
    for (size_t i = 0; i < n; i++)
        if (text_ends_with(paths[i], ".sql"))
            TRY(read_file(&reading, paths[i], err));
    return migration_graph_sort(change, reading.parents, err);
}

const struct migration_layout layout_alembic = {
    .name = "alembic",
    .file_pattern = "the output of alembic upgrade --sql",
    .transaction_rule = "one transaction where the printed SQL says BEGIN",
    .record_table = "alembic_version",
    .recognise = recognise,
    .surest = 80,
    .read = read_files,
    .not_following = "its migrations are code in Python",
};
