/*
 * Following: one row a tool. The sources of what each tool understands stand in layout_NAME.c and
 * docs/layouts.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/following.h"
#include "base/file.h"
#include "base/text.h"
#include "change/migration.h"
#include "statement/lexer.h"

// --- versions

// The last number in it, counted up by `n`; as wide as it was.
static char *count_up(TALLOC_CTX *mem, const char *version, size_t n)
{
    SCRATCH(tmp);
    char *digits = mem_strdup(tmp, version);
    size_t end = strlen(digits);
    while (end > 0 && strchr("0123456789", digits[end - 1]) == NULL)
        end--;
    for (; n > 0; n--) {
        size_t at = end;
        while (at > 0 && digits[at - 1] == '9')
            digits[--at] = '0';
        if (at > 0 && strchr("012345678", digits[at - 1]) != NULL) {
            digits[at - 1]++;
        } else {
            digits = mem_printf(tmp, "%.*s1%s", (int)at, digits, digits + at);
            end++;
        }
    }
    return mem_strdup(mem, digits);
}

// Names that are versions themselves ("20240131_add_users") get a number behind.
static char *count_plain(TALLOC_CTX *mem, const char *version, size_t n)
{
    bool is_number = version[strspn(version, "0123456789")] == '\0';
    return is_number ? count_up(mem, version, n) : mem_printf(mem, "%s_%zu", version, n + 1);
}

// 1.2 is followed by 1.2.1, for which there is always room.
static char *count_below(TALLOC_CTX *mem, const char *version, size_t n)
{
    return mem_printf(mem, "%s.%zu", version, n);
}

// --- files

static const char *stem_of(TALLOC_CTX *mem, const struct following_migration *migration,
                           const char *between)
{
    bool has_name = migration->name[0] != '\0';
    return mem_printf(mem, "%s%s%s", migration->version, has_name ? between : "", migration->name);
}

static void file_add(struct following_files *files, char *path, char *text)
{
    *mem_append(files->mem, files->list, files->n) =
        (struct following_file){.path = path, .text = text};
}

static void add_text(struct following_files *files, char *path, const char *text)
{
    file_add(files, path, mem_strdup(files->mem, text));
}

static void write_golang_migrate(struct following_files *files,
                                 const struct following_migration *migration)
{
    const char *stem = stem_of(files->mem, migration, "_");
    add_text(files, mem_printf(files->mem, "%s.up.sql", stem), migration->up);
    if (migration->down != NULL)
        add_text(files, mem_printf(files->mem, "%s.down.sql", stem), migration->down);
}

static void write_flyway(struct following_files *files, const struct following_migration *migration)
{
    TALLOC_CTX *mem = files->mem;
    const char *stem = mem_printf(mem, "%s.sql", stem_of(mem, migration, "__"));
    add_text(files, mem_printf(mem, "V%s", stem), migration->up);
    if (!migration->in_transaction)
        add_text(files, mem_printf(mem, "V%s.conf", stem), "executeInTransaction=false\n");
    if (migration->down == NULL)
        return;
    add_text(files, mem_printf(mem, "U%s", stem), migration->down);
    if (!migration->down_in_transaction)
        add_text(files, mem_printf(mem, "U%s.conf", stem), "executeInTransaction=false\n");
}

static void write_folder(struct following_files *files, const struct following_migration *migration,
                         const char *up)
{
    TALLOC_CTX *mem = files->mem;
    const char *folder = stem_of(mem, migration, "_");
    add_text(files, mem_printf(mem, "%s/%s", folder, up), migration->up);
    if (migration->down != NULL)
        add_text(files, mem_printf(mem, "%s/down.sql", folder), migration->down);
}

static void write_diesel(struct following_files *files, const struct following_migration *migration)
{
    write_folder(files, migration, "up.sql");
    if (!migration->in_transaction || !migration->down_in_transaction)
        add_text(files,
                 mem_printf(files->mem, "%s/metadata.toml", stem_of(files->mem, migration, "_")),
                 "run_in_transaction = false\n");
}

static void write_prisma(struct following_files *files, const struct following_migration *migration)
{
    write_folder(files, migration, "migration.sql");
}

// --- markers

// goose ends a statement at a semicolon at the end of a line, wherever that stands.
static char *goose_statements(TALLOC_CTX *mem, const char *text)
{
    SCRATCH(tmp);
    char *out = mem_strdup(tmp, "");
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text));
    size_t start = 0;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        if (token.kind != TOKEN_SEMICOLON)
            continue;
        size_t end = token.offset + token.len;
        const char *statement = mem_strndup(tmp, text + start, end - start);
        bool has_inner = memchr(text + start, ';', token.offset - start) != NULL;
        statement += statement[0] == '\n';
        out = mem_printf(
            tmp, has_inner ? "%s-- +goose StatementBegin\n%s\n-- +goose StatementEnd\n" : "%s%s\n",
            out, statement);
        start = end;
    }
    const char *rest = text + start;
    rest += rest[0] == '\n';
    return mem_printf(mem, "%s%s", out, rest);
}

static void write_goose(struct following_files *files, const struct following_migration *migration)
{
    TALLOC_CTX *mem = files->mem;
    bool is_outside = !migration->in_transaction || !migration->down_in_transaction;
    char *text =
        mem_printf(mem, "%s-- +goose Up\n%s", is_outside ? "-- +goose NO TRANSACTION\n" : "",
                   goose_statements(mem, migration->up));
    if (migration->down != NULL)
        text =
            mem_printf(mem, "%s\n-- +goose Down\n%s", text, goose_statements(mem, migration->down));
    if (migration->is_moved)
        text = mem_strdup(mem, migration->origin->up.text);
    file_add(files, mem_printf(mem, "%s.sql", stem_of(mem, migration, "_")), text);
}

static void write_dbmate(struct following_files *files, const struct following_migration *migration)
{
    TALLOC_CTX *mem = files->mem;
    char *text = mem_printf(mem, "-- migrate:up%s\n%s",
                            migration->in_transaction ? "" : " transaction:false", migration->up);
    if (migration->down != NULL)
        text =
            mem_printf(mem, "%s\n-- migrate:down%s\n%s", text,
                       migration->down_in_transaction ? "" : " transaction:false", migration->down);
    if (migration->is_moved)
        text = mem_strdup(mem, migration->origin->up.text);
    file_add(files, mem_printf(mem, "%s.sql", stem_of(mem, migration, "_")), text);
}

// --- a plain folder

// ".down" of x.down.sql: what the team calls its downs; `base` is that of the up.
static const char *down_ending(TALLOC_CTX *mem, const struct migration *origin)
{
    static const char *const endings[] = {"_down", "-down", ".rollback", "_rollback", "-rollback"};
    SCRATCH(tmp);
    const char *path = origin->down.path == NULL ? "" : origin->down.path;
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (text_ends_with(path, mem_printf(tmp, "%s.sql", endings[i])))
            return mem_strdup(mem, endings[i]);
    return ".down";
}

static void write_plain(struct following_files *files, const struct following_migration *migration)
{
    TALLOC_CTX *mem = files->mem;
    const char *stem = stem_of(mem, migration, "_");
    const char *up = text_ends_with(migration->origin->path, ".up.sql") ? ".up" : "";
    // What runs outside is alone in its file, which is sign enough.
    add_text(files, mem_printf(mem, "%s%s.sql", stem, up), migration->up);
    if (migration->down != NULL)
        add_text(files, mem_printf(mem, "%s%s.sql", stem, down_ending(mem, migration->origin)),
                 migration->down);
}

// --- rows

const struct following following_golang_migrate = {count_up, write_golang_migrate,
                                                   migration_compare_versions};
const struct following following_goose = {count_up, write_goose, migration_compare_versions};
const struct following following_flyway = {count_below, write_flyway, migration_compare_versions};
// By the bytes of the name.
const struct following following_dbmate = {count_up, write_dbmate, strcmp};
const struct following following_diesel = {count_up, write_diesel, strcmp};
const struct following following_prisma = {count_up, write_prisma, strcmp};
const struct following following_plain = {count_plain, write_plain, migration_compare_natural};
