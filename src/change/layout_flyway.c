/*
 * Flyway: V1.2__name.sql (versioned), U1.2__name.sql (undo), R__name.sql (repeatable, after all
 * versioned ones, by name), in any folder below the given one.
 *
 * A migration runs in one transaction; one of statements that cannot, without; a mixture is refused
 * unless `mixed` is set. `executeInTransaction=false` in NAME.sql.conf, or for all in flyway.conf
 * or flyway.toml, switches it off. Source: Flyway's documentation, "Migrations" (Naming,
 * Transactions), "Script Config Files", "Mixed".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "change/layout_rows.h"
#include "change/migration.h"
#include "change/settings.h"
#include "change/transaction.h"

struct file_name {
    char kind; // 'V' 'U' 'R'
    const char *version;
    const char *name;
    bool is_sql;
};

static bool is_version(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && strspn(text, "0123456789._") == len && strchr("._", text[0]) == NULL;
}

static bool name_read(TALLOC_CTX *mem, const char *path, struct file_name *out)
{
    const char *base = file_base(path);
    const char *separator = strstr(base, "__");
    bool is_sql = text_ends_with(base, ".sql");
    if (strchr("VUR", base[0]) == NULL || separator == NULL ||
        !(is_sql || text_ends_with(base, ".java")))
        return false;
    out->kind = base[0];
    out->version = mem_strndup(mem, base + 1, (size_t)(separator - base - 1));
    out->name = mem_strndup(mem, separator + 2, (size_t)(strrchr(base, '.') - separator - 2));
    out->is_sql = is_sql;
    return out->kind == 'R' ? out->version[0] == '\0' : is_version(out->version);
}

static int recognise(const char *folder, char *const *paths, size_t n)
{
    (void)folder;
    SCRATCH(tmp);
    struct file_name name;
    for (size_t i = 0; i < n; i++)
        if (name_read(tmp, paths[i], &name) && name.is_sql)
            return 95;
    return 0;
}

// A setting of Flyway itself: its files lie in the folder of the migrations or above it.
static bool is_set(const char *path, const char *key, const char *value)
{
    static const char *const files[] = {"flyway.conf", "flyway.toml", "conf/flyway.conf"};
    SCRATCH(tmp);
    const char *folder = file_folder(tmp, path);
    for (int depth = 0; depth < 3; depth++) {
        for (size_t i = 0; i < COUNT_OF(files); i++)
            if (settings_is(file_join(tmp, folder, files[i]), key, value))
                return true;
        folder = file_join(tmp, folder, "..");
    }
    return false;
}

static bool is_in_transaction(const struct migration_text *text)
{
    SCRATCH(tmp);
    char *own = settings_value(tmp, mem_printf(tmp, "%s.conf", text->path), "executeInTransaction");
    if (own != NULL)
        return text_equal_nocase(own, "true");
    if (is_set(text->path, "executeInTransaction", "false"))
        return false;
    struct transaction_shape shape = transaction_read(text);
    if (shape.n_outside == 0)
        return true;
    bool is_mixed = shape.n_outside < shape.n_statements;
    return is_mixed && !is_set(text->path, "mixed", "true");
}

static bool read_text(TALLOC_CTX *mem, const char *path, const struct file_name *name,
                      struct migration_text *text, struct error *err)
{
    if (text->path != NULL) {
        error_set(err, ERROR_INPUT, "%s: version %s is also that of '%s'", path, name->version,
                  text->path);
        return error_hint(err, "give one of the two another version; Flyway refuses both");
    }
    if (!name->is_sql) {
        *text = migration_text_unseen(mem_strdup(mem, path), "a migration in Java");
        return true;
    }
    TRY(migration_text_read(mem, path, true, text, err));
    text->in_transaction = is_in_transaction(text);
    return true;
}

static bool read_file(TALLOC_CTX *mem, const char *path, struct change *change, struct error *err)
{
    struct file_name name;
    if (!name_read(mem, path, &name))
        return true;
    struct migration *migration = name.kind == 'R' ? migration_add(mem, change, "", name.name)
                                                   : migration_of(mem, change, name.version);
    migration->is_repeatable = name.kind == 'R';
    struct migration_text *text = name.kind == 'U' ? &migration->down : &migration->up;
    TRY(read_text(mem, path, &name, text, err));
    if (name.kind != 'U' || migration->path == NULL) {
        migration->path = text->path;
        migration->name = name.name;
    }
    return true;
}

static int by_order(const struct migration *a, const struct migration *b)
{
    if (a->is_repeatable != b->is_repeatable)
        return a->is_repeatable ? 1 : -1;
    return a->is_repeatable ? strcmp(a->name, b->name) : migration_by_version(a, b);
}

static bool read_files(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       struct change *change, struct error *err)
{
    (void)folder;
    for (size_t i = 0; i < n; i++)
        TRY(read_file(mem, paths[i], change, err));
    migration_sort(change, by_order);
    return true;
}

const struct migration_layout layout_flyway = {
    .name = "flyway",
    .file_pattern = "V1__name.sql, U1__name.sql, R__name.sql",
    .transaction_rule =
        "each file in one transaction, unless executeInTransaction=false or none of "
        "its statements can run in one",
    .record_table = "flyway_schema_history",
    .recognise = recognise,
    .surest = 95,
    .read = read_files,
    .following = &following_flyway,
};
