/*
 * goose and dbmate: up and down in one file, divided by marker comments.
 *
 * goose   "-- +goose Up", "-- +goose Down" (any case), each statement or StatementBegin…End block
 *         sent alone, the file in one transaction unless "-- +goose NO TRANSACTION".
 *         Source: pressly/goose, internal/sqlparser/parser.go; its manual, "Annotations".
 * dbmate  "-- migrate:up", "-- migrate:down", each with options ("transaction:false").
 *         Source: amacneil/dbmate, pkg/dbmate/migration.go; its README, "Migration Options".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "change/layout_rows.h"
#include "change/line.h"
#include "change/migration.h"

enum marker {
    MARKER_NONE,
    MARKER_UP,
    MARKER_DOWN,
    MARKER_NO_TRANSACTION,
    MARKER_STATEMENT_BEGIN,
    MARKER_STATEMENT_END,
    MARKER_VARIABLES,
};

// What a marker comment says, blanks folded: "+goose no transaction".
static char *marker_text(TALLOC_CTX *mem, const struct line *line)
{
    if (line->end - line->start < 2 || memcmp(line->text + line->start, "--", 2) != 0)
        return NULL;
    return text_shorten(mem, line->text + line->start + 2, line->end - line->start - 2, 80);
}

static enum marker goose_marker(const struct line *line)
{
    static const struct {
        const char *text;
        enum marker marker;
    } markers[] = {
        {"+goose up", MARKER_UP},
        {"+goose down", MARKER_DOWN},
        {"+goose no transaction", MARKER_NO_TRANSACTION},
        {"+goose statementbegin", MARKER_STATEMENT_BEGIN},
        {"+goose statementend", MARKER_STATEMENT_END},
        {"+goose envsub on", MARKER_VARIABLES},
    };
    SCRATCH(tmp);
    const char *text = marker_text(tmp, line);
    for (size_t i = 0; text != NULL && i < COUNT_OF(markers); i++)
        if (text_equal_nocase(text, markers[i].text))
            return markers[i].marker;
    return MARKER_NONE;
}

static enum marker dbmate_marker(const struct line *line)
{
    SCRATCH(tmp);
    const char *text = marker_text(tmp, line);
    if (text == NULL)
        return MARKER_NONE;
    if (strcmp(text, "migrate:up") == 0 || text_starts_with(text, "migrate:up "))
        return MARKER_UP;
    if (strcmp(text, "migrate:down") == 0 || text_starts_with(text, "migrate:down "))
        return MARKER_DOWN;
    return MARKER_NONE;
}

// One file while it is read.
struct marked {
    enum marker (*marker)(const struct line *line);
    struct migration *migration;
    struct migration_text whole;
    struct migration_text *part; // the direction that the line belongs to, NULL before the first
    size_t open_line;            // of a StatementBegin without its end, else 0
    bool is_in_transaction;
    bool has_variables;
};

static bool fail_at(const struct marked *file, size_t line, const char *what, const char *advice,
                    struct error *err)
{
    error_set(err, ERROR_INPUT, "%s:%zu:1: %s", file->whole.path, line, what);
    return error_hint(err, "%s", advice);
}

static void part_end(struct marked *file, size_t end)
{
    if (file->part != NULL)
        file->part->end = end;
}

static bool part_begin(struct marked *file, const struct line *line, struct migration_text *part,
                       struct error *err)
{
    if (part->path != NULL)
        return fail_at(file, line->number, "a second marker of one direction",
                       "a file has one up and one down", err);
    part_end(file, line->start);
    *part = file->whole;
    part->start = line->next;
    if (file->marker == dbmate_marker) {
        SCRATCH(tmp);
        part->in_transaction = strstr(line_copy(tmp, line), "transaction:false") == NULL;
    }
    file->part = part;
    return true;
}

static bool take_text(struct marked *file, const struct line *line, struct error *err)
{
    if (file->part == NULL) {
        if (line_is_blank(line) || line_starts_with(line, "--"))
            return true;
        return fail_at(file, line->number, "a statement before the marker of the up",
                       "put it behind the marker; the tool refuses this file", err);
    }
    size_t len = line->end - line->start;
    if (file->has_variables && memmem(line->text + line->start, len, "${", 2) != NULL &&
        file->part->unseen == NULL) {
        file->part->unseen = "values from the environment (goose ENVSUB)";
        file->part->unseen_line = line->number;
    }
    return true;
}

static bool take_line(struct marked *file, const struct line *line, struct error *err)
{
    switch (file->marker(line)) {
    case MARKER_UP:
        if (file->migration->down.path != NULL)
            return fail_at(file, line->number, "the up stands behind the down", "put it first",
                           err);
        return part_begin(file, line, &file->migration->up, err);
    case MARKER_DOWN:
        if (file->migration->up.path == NULL)
            return fail_at(file, line->number, "the down stands before the up", "put the up first",
                           err);
        return part_begin(file, line, &file->migration->down, err);
    case MARKER_NO_TRANSACTION: file->is_in_transaction = false; return true;
    case MARKER_STATEMENT_BEGIN: file->open_line = line->number; return true;
    case MARKER_STATEMENT_END: file->open_line = 0; return true;
    case MARKER_VARIABLES: file->has_variables = true; return true;
    case MARKER_NONE: break;
    }
    return take_text(file, line, err);
}

static bool read_marked(struct marked *file, struct error *err)
{
    for (struct line line = {.text = file->whole.text}; line_next(&line, file->whole.len);)
        TRY(take_line(file, &line, err));
    part_end(file, file->whole.len);
    if (file->migration->up.path == NULL)
        return fail_at(file, 1, "no marker of the up in this file",
                       file->marker == goose_marker ? "start it with '-- +goose Up'"
                                                    : "start it with '-- migrate:up'",
                       err);
    if (file->open_line != 0)
        return fail_at(file, file->open_line, "a StatementBegin without its StatementEnd",
                       "add '-- +goose StatementEnd' behind the statement", err);
    if (!file->is_in_transaction)
        file->migration->up.in_transaction = file->migration->down.in_transaction = false;
    return true;
}

// "20240101_add_users.sql": version and name; false when the tool would not look at this file.
static bool is_candidate(const char *folder, const char *path, const char *ending)
{
    const char *base = file_base(path);
    bool is_numbered = strspn(base, "0123456789") > 0;
    return text_ends_with(base, ending) && migration_is_direct(folder, path) &&
           (is_numbered || folder == NULL);
}

static struct migration *add_file(TALLOC_CTX *mem, struct change *change, const char *path)
{
    const char *base = file_base(path);
    size_t digits = strspn(base, "0123456789");
    size_t stem = strcspn(base, ".");
    size_t name = base[digits] == '_' ? digits + 1 : digits;
    if (digits == 0 || name > stem)
        name = 0;
    char *version = mem_strndup(mem, base, digits == 0 ? stem : digits);
    return migration_add(mem, change, version, mem_strndup(mem, base + name, stem - name));
}

static bool read_file(TALLOC_CTX *mem, const char *path, enum marker (*marker)(const struct line *),
                      struct change *change, struct error *err)
{
    struct marked file = {.marker = marker, .is_in_transaction = true};
    TRY(migration_text_read(mem, path, true, &file.whole, err));
    file.migration = add_file(mem, change, path);
    file.migration->path = file.whole.path;
    return read_marked(&file, err);
}

static int recognise_marker(const char *folder, char *const *paths, size_t n,
                            enum marker (*marker)(const struct line *))
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        if (!is_candidate(folder, paths[i], ".sql"))
            continue;
        const char *head = migration_head(tmp, paths[i]);
        for (struct line line = {.text = head}; line_next(&line, strlen(head));)
            if (marker(&line) == MARKER_UP)
                return 85;
    }
    return 0;
}

static int goose_recognise(const char *folder, char *const *paths, size_t n)
{
    return recognise_marker(folder, paths, n, goose_marker);
}

static bool goose_read(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       struct change *change, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (is_candidate(folder, paths[i], ".sql")) {
            TRY(read_file(mem, paths[i], goose_marker, change, err));
        } else if (is_candidate(folder, paths[i], ".go") && folder != NULL &&
                   !text_ends_with(paths[i], "_test.go")) {
            struct migration *migration = add_file(mem, change, paths[i]);
            migration->path = mem_strdup(mem, paths[i]);
            migration->up = migration_text_unseen(migration->path, "a migration in Go");
        }
    }
    migration_sort(change, migration_by_version);
    return true;
}

static int dbmate_recognise(const char *folder, char *const *paths, size_t n)
{
    return recognise_marker(folder, paths, n, dbmate_marker);
}

static int by_file_name(const struct migration *a, const struct migration *b)
{
    return strcmp(file_base(a->path), file_base(b->path));
}

static bool dbmate_read(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                        struct change *change, struct error *err)
{
    for (size_t i = 0; i < n; i++)
        if (is_candidate(folder, paths[i], ".sql"))
            TRY(read_file(mem, paths[i], dbmate_marker, change, err));
    migration_sort(change, by_file_name);
    return true;
}

const struct migration_layout layout_goose = {
    .name = "goose",
    .file_pattern = "N_name.sql with '-- +goose Up'",
    .transaction_rule = "each file in one transaction, unless it says '-- +goose NO TRANSACTION'",
    .record_table = "goose_db_version",
    .recognise = goose_recognise,
    .surest = 85,
    .read = goose_read,
    .following = &following_goose,
};

const struct migration_layout layout_dbmate = {
    .name = "dbmate",
    .file_pattern = "N_name.sql with '-- migrate:up'",
    .transaction_rule = "each direction in one transaction, unless its marker says "
                        "'transaction:false'",
    .record_table = "schema_migrations",
    .recognise = dbmate_recognise,
    .surest = 85,
    .read = dbmate_read,
    .following = &following_dbmate,
};
