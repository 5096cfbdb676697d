/*
 * golang-migrate: N_name.up.sql and N_name.down.sql in one folder, ordered by N as a number.
 *
 * Its PostgreSQL driver sends a file as one simple query, which PostgreSQL runs as one implicit
 * transaction, unless it is one statement that must run outside of one; its SQLite driver wraps the
 * file in BEGIN and COMMIT. Source: golang-migrate/migrate, MIGRATIONS.md; source/parse.go;
 * database/postgres, database/sqlite3 README.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "change/layout_rows.h"
#include "change/migration.h"
#include "change/transaction.h"

// N_name.up.EXT: the parts of a file's name.
struct file_name {
    const char *version;
    const char *name;
    bool is_up;
    bool is_sql;
};

static const char *direction_at(const char *rest)
{
    for (const char *dot = strchr(rest, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
        if (text_starts_with(dot, ".up.") || text_starts_with(dot, ".down."))
            return dot;
    return NULL;
}

static bool name_read(TALLOC_CTX *mem, const char *path, struct file_name *out)
{
    const char *base = file_base(path);
    size_t digits = strspn(base, "0123456789");
    if (digits == 0 || base[digits] != '_')
        return false;
    const char *rest = base + digits + 1;
    const char *dot = direction_at(rest);
    if (dot == NULL)
        return false;
    out->version = mem_strndup(mem, base, digits);
    out->name = mem_strndup(mem, rest, (size_t)(dot - rest));
    out->is_up = text_starts_with(dot, ".up.");
    const char *extension = strchr(dot + 1, '.');
    out->is_sql = strcmp(extension, ".sql") == 0;
    // Editors' leftovers ("1_a.up.sql~", ".swp") are no migrations; code is one that we cannot see.
    return out->is_sql || strcmp(extension, ".go") == 0;
}

static int recognise(const char *folder, char *const *paths, size_t n)
{
    SCRATCH(tmp);
    struct file_name name;
    for (size_t i = 0; i < n; i++)
        if (migration_is_direct(folder, paths[i]) && name_read(tmp, paths[i], &name) &&
            (name.is_up || folder == NULL)) // a plain folder may have 1_a.sql and 1_a.down.sql
            return 90;
    return 0;
}

static bool read_direction(TALLOC_CTX *mem, const char *path, const struct file_name *name,
                           struct migration_text *out, struct error *err)
{
    if (name->is_sql) {
        TRY(migration_text_read(mem, path, true, out, err));
        out->in_transaction = !transaction_is_alone_outside(out);
        return true;
    }
    *out = migration_text_unseen(mem_strdup(mem, path), "a migration in Go");
    return true;
}

static bool is_free(const struct migration_text *text, const char *path, const char *version,
                    struct error *err)
{
    if (text->path == NULL)
        return true;
    error_set(err, ERROR_INPUT, "%s: version %s is also that of '%s'", path, version, text->path);
    return error_hint(err, "give one of the two another version; golang-migrate refuses both");
}

static bool read_file(TALLOC_CTX *mem, const char *path, struct change *change, struct error *err)
{
    struct file_name name;
    if (!name_read(mem, path, &name))
        return true;
    struct migration *migration = migration_of(mem, change, name.version);
    struct migration_text *text = name.is_up ? &migration->up : &migration->down;
    TRY(is_free(text, path, name.version, err));
    TRY(read_direction(mem, path, &name, text, err));
    if (name.is_up || migration->path == NULL) {
        migration->version = name.version;
        migration->name = name.name;
        migration->path = text->path;
    }
    return true;
}

static bool read_files(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       struct change *change, struct error *err)
{
    for (size_t i = 0; i < n; i++)
        if (migration_is_direct(folder, paths[i]))
            TRY(read_file(mem, paths[i], change, err));
    migration_sort(change, migration_by_version);
    return true;
}

const struct migration_layout layout_golang_migrate = {
    .name = "golang-migrate",
    .file_pattern = "N_name.up.sql and N_name.down.sql",
    .transaction_rule = "each file is one query string, which is one implicit transaction",
    .record_table = "schema_migrations",
    .recognise = recognise,
    .surest = 90,
    .read = read_files,
    .following = &following_golang_migrate,
};
