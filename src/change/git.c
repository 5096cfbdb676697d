/*
 * Git: what a range changes, asked of the git command.
 *
 * The range goes from the merge base of `base` and HEAD to the work tree: what is committed on this
 * branch, and what is not yet.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/git.h"
#include "base/file.h"
#include "base/text.h"
#include "base/text_index.h"
#include "change/generated.h"
#include "change/git_run.h"
#include "change/line.h"
#include "change/migration.h"
#include <limits.h>

#define ASK(mem, folder, out, err, ...)                                                            \
    git_ask_line(mem, folder, (const char *const[]){__VA_ARGS__, NULL}, out, err)

static bool hint_shallow(const char *folder, struct error *err)
{
    SCRATCH(tmp);
    char *is_shallow;
    struct error ignored = {0};
    if (ASK(tmp, folder, &is_shallow, &ignored, "rev-parse", "--is-shallow-repository") &&
        is_shallow != NULL && strcmp(is_shallow, "true") == 0)
        return error_hint(err,
                          "this clone is shallow: git fetch --unshallow (in CI: fetch-depth 0)");
    return error_hint(err, "git branch -a and git tag list what there is");
}

bool git_find_commit(TALLOC_CTX *mem, const char *folder, const char *revision, char **out,
                     struct error *err)
{
    SCRATCH(tmp);
    char *commit = NULL;
    // A name that starts with '-' would be an option, and no revision does.
    if (revision[0] != '-' && revision[0] != '\0')
        TRY(ASK(mem, folder, &commit, err, "rev-parse", "--verify", "--quiet",
                mem_printf(tmp, "%s^{commit}", revision)));
    if (commit == NULL) {
        if (strcmp(revision, "HEAD") == 0) {
            error_set(err, ERROR_INPUT, "%s: no commit in this repository yet", folder);
            return error_hint(err, "commit first, or give paths instead of --base");
        }
        error_set(err, ERROR_INPUT, "%s: no revision '%s' in this repository", folder, revision);
        return hint_shallow(folder, err);
    }
    *out = commit;
    return true;
}

bool git_find_root(TALLOC_CTX *mem, const char *folder, const char **out, struct error *err)
{
    char *root;
    TRY(ASK(mem, folder, &root, err, "rev-parse", "--show-toplevel"));
    if (root == NULL)
        return error_set(err, ERROR_INPUT, "%s: this git repository has no work tree", folder);
    *out = root;
    return true;
}

// Is there a HEAD, and what is its commit subject?
static bool git_head(TALLOC_CTX *mem, const char *folder, const char **commit, const char **subject,
                     struct error *err)
{
    char *found;
    char *title;
    TRY(git_find_commit(mem, folder, "HEAD", &found, err));
    TRY(ASK(mem, folder, &title, err, "log", "-1", "--format=%s", found));
    *commit = found;
    *subject = title == NULL ? "" : title;
    return true;
}

static bool find_merge_base(TALLOC_CTX *mem, const char *folder, const char *base, const char *head,
                            char **out, struct error *err)
{
    char *commit;
    char *found;
    TRY(git_find_commit(mem, folder, base, &commit, err));
    TRY(ASK(mem, folder, &found, err, "merge-base", commit, head));
    if (found == NULL) {
        error_set(err, ERROR_INPUT, "%s: '%s' and HEAD have no common ancestor", folder, base);
        return hint_shallow(folder, err);
    }
    *out = found;
    return true;
}

// --- git diff --raw --numstat -z

struct cursor {
    const char *at;
    const char *end;
};

// The next field, up to its NUL.
static const char *next_field(struct cursor *cursor)
{
    if (cursor->at >= cursor->end)
        return NULL;
    const char *field = cursor->at;
    cursor->at += strlen(field) + 1;
    return field;
}

// Of a path that stands there twice the first is what is found.
static struct changed_file *add_file(TALLOC_CTX *mem, struct change *change, const char *path)
{
    struct changed_file *file = mem_append(mem, change->files, change->n_files);
    file->path = mem_strdup(mem, path);
    text_index_add(change->file_places, path, change->n_files - 1);
    return file;
}

static struct changed_file *find_file(const struct change *change, const char *path)
{
    size_t place =
        change->file_places == NULL ? TEXT_INDEX_NONE : text_index_find(change->file_places, path);
    return place == TEXT_INDEX_NONE ? NULL : &change->files[place];
}

// ":100644 100644 1234 5678 M", path, and for renames and copies the new path.
static void read_raw(TALLOC_CTX *mem, struct cursor *cursor, struct change *change)
{
    const char *head = next_field(cursor);
    const char *path = next_field(cursor);
    const char *space = strrchr(head, ' ');
    if (space == NULL || path == NULL)
        return;
    char status = space[1];
    bool is_renamed = status == 'R';
    const char *new_path = is_renamed || status == 'C' ? next_field(cursor) : path;
    struct changed_file *file = add_file(mem, change, new_path == NULL ? "" : new_path);
    file->old_path = is_renamed ? mem_strdup(mem, path) : NULL;
    file->status = status == 'C' ? 'A' : status;
}

// "12\t3\tpath", or "12\t3\t" and two fields for a rename; "-\t-" for a binary file.
static void read_numbers(struct cursor *cursor, struct change *change)
{
    const char *head = next_field(cursor);
    const char *tab = strchr(head, '\t');
    const char *second = tab == NULL ? NULL : strchr(tab + 1, '\t');
    if (second == NULL)
        return;
    const char *path = second + 1;
    if (path[0] == '\0') {
        next_field(cursor);
        path = next_field(cursor);
    }
    struct changed_file *file = path == NULL ? NULL : find_file(change, path);
    if (file == NULL)
        return;
    bool is_binary = head[0] == '-';
    file->added = is_binary ? -1 : strtoll(head, NULL, 10);
    file->deleted = is_binary ? -1 : strtoll(tab + 1, NULL, 10);
}

static bool read_diff(TALLOC_CTX *mem, struct change *change, struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    struct git_question question = {
        .folder = change->root,
        .arguments = (const char *const[]){"diff", "--raw", "--numstat", "-z", "--no-abbrev",
                                           "--find-renames", "--no-ext-diff", "--no-textconv",
                                           "--no-relative", "--ignore-submodules=dirty",
                                           change->base, "--", NULL}};
    TRY(git_ask(tmp, &question, &result, err));
    if (result.status != 0)
        return error_set(err, ERROR_INPUT, "%s: git diff: %s", change->root,
                         git_complaint(tmp, &result));
    struct cursor cursor = {result.output, result.output + result.output_len};
    while (cursor.at < cursor.end) {
        if (cursor.at[0] == ':')
            read_raw(mem, &cursor, change);
        else
            read_numbers(&cursor, change);
    }
    return true;
}

// Files that git does not know yet and does not ignore.
static bool read_untracked(TALLOC_CTX *mem, struct change *change, struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    struct git_question question = {.folder = change->root,
                                    .arguments = (const char *const[]){
                                        "ls-files", "--others", "--exclude-standard", "-z", NULL}};
    TRY(git_ask(tmp, &question, &result, err));
    struct cursor cursor = {result.output, result.output + result.output_len};
    for (const char *path; (path = next_field(&cursor)) != NULL;) {
        struct error ignored = {0};
        char *text;
        size_t len;
        const char *full = file_join(tmp, change->root, path);
        struct changed_file *file = add_file(mem, change, path);
        file->status = 'A';
        file->added = -1; // not readable or binary, until it is read
        if (!file_read(tmp, full, FILE_SIZE_MAX, &text, &len, &ignored) ||
            memchr(text, '\0', len) != NULL)
            continue;
        struct line line = {.text = text};
        while (line_next(&line, len)) {
        }
        file->added = (int64_t)line.number;
        talloc_free(text);
    }
    return true;
}

// --- generated files

// .gitattributes may say linguist-generated or linguist-vendored; git knows the rules of its files.
static bool read_attributes(struct change *change, struct error *err)
{
    SCRATCH(tmp);
    size_t size = 0;
    for (size_t i = 0; i < change->n_files; i++)
        size += strlen(change->files[i].path) + 1;
    char *input = mem_array(tmp, char, size + 1);
    size = 0;
    for (size_t i = 0; i < change->n_files; i++) {
        size_t len = strlen(change->files[i].path) + 1;
        memcpy(input + size, change->files[i].path, len);
        size += len;
    }
    struct process_result result;
    struct git_question question = {
        .folder = change->root,
        .arguments = (const char *const[]){"check-attr", "-z", "--stdin", "linguist-generated",
                                           "linguist-vendored", NULL},
        .input = input,
        .input_len = size};
    TRY(git_ask(tmp, &question, &result, err));
    struct cursor cursor = {result.output, result.output + result.output_len};
    for (const char *path; (path = next_field(&cursor)) != NULL;) {
        next_field(&cursor); // the attribute's name
        const char *value = next_field(&cursor);
        struct changed_file *file = find_file(change, path);
        if (file != NULL && value != NULL &&
            (strcmp(value, "set") == 0 || strcmp(value, "true") == 0))
            file->is_generated = true;
    }
    return true;
}

static bool mark_generated(struct change *change, const struct config *config, struct error *err)
{
    if (change->n_files > 0)
        TRY(read_attributes(change, err));
    for (size_t i = 0; i < change->n_files; i++) {
        SCRATCH(tmp);
        struct changed_file *file = &change->files[i];
        if (generated_by_path(file->path, config))
            file->is_generated = true;
        else if (file->status != 'D' && file->added >= 0)
            file->is_generated =
                file->is_generated ||
                generated_by_text(migration_head(tmp, file_join(tmp, change->root, file->path)));
        if (!file->is_generated && file->added >= 0)
            change->lines_changed += file->added + file->deleted;
    }
    return true;
}

bool git_read_range(TALLOC_CTX *mem, const char *folder, const char *base,
                    const struct config *config, struct change *change, struct error *err)
{
    const char *root;
    char *merge_base = NULL;
    const char *head;
    const char *title;
    TRY(git_find_root(mem, folder, &root, err));
    TRY(git_head(mem, folder, &head, &title, err));
    TRY(find_merge_base(mem, folder, base, head, &merge_base, err));
    struct change range = {
        .root = root, .base = merge_base, .head = head, .file_places = text_index_make(mem)};
    TRY(read_diff(mem, &range, err));
    TRY(read_untracked(mem, &range, err));
    TRY(mark_generated(&range, config, err));
    change->title = title;
    change->root = range.root;
    change->base = range.base;
    change->head = range.head;
    change->files = range.files;
    change->n_files = range.n_files;
    change->file_places = range.file_places;
    change->lines_changed = range.lines_changed;
    return true;
}

bool git_show(TALLOC_CTX *mem, const char *folder, const char *revision, const char *path,
              char **text, size_t *len, struct error *err)
{
    SCRATCH(tmp);
    char *commit;
    struct process_result result;
    TRY(git_find_commit(tmp, folder, revision, &commit, err));
    struct git_question question = {
        .folder = folder,
        .arguments = (const char *const[]){"cat-file", "blob",
                                           mem_printf(tmp, "%s:%s", commit, path), NULL}};
    TRY(git_ask(tmp, &question, &result, err));
    *text = result.status != 0 ? NULL : talloc_steal(mem, result.output);
    *len = result.status != 0 ? 0 : result.output_len;
    return true;
}

// --- migrations of the range

// `path` (as we see it) below the repository's folder, in `full`; NULL: it lies elsewhere.
static const char *path_in_root(const struct change *change, const char *path, char full[PATH_MAX])
{
    if (path == NULL || realpath(path, full) == NULL)
        return NULL;
    size_t root = strlen(change->root);
    if (strncmp(full, change->root, root) != 0 || full[root] != '/')
        return NULL;
    return full + root + 1;
}

// How the range changes the file at `path`; NULL: not at all.
static const struct changed_file *change_of(const struct change *change, const char *path)
{
    char full[PATH_MAX];
    const char *known = path_in_root(change, path, full);
    return known == NULL ? NULL : find_file(change, known);
}

// Files are alike that lie beside each other and are of one kind, db/1.sql and db/2.sql, or that
// have one name in folders beside each other, db/1/up.sql and db/2/up.sql: how each of these is
// told, "db/.sql" and "db//up.sql". NULL: not in this way.
struct likeness {
    const char *by_kind, *by_name;
};

static struct likeness likeness_of(TALLOC_CTX *mem, const char *path)
{
    const char *name = file_base(path);
    const char *end = strrchr(name, '.');
    const char *folder = file_folder(mem, path);
    return (struct likeness){
        .by_kind = end == NULL ? NULL : mem_printf(mem, "%s/%s", folder, end),
        .by_name = strchr(folder, '/') == NULL
                       ? NULL
                       : mem_printf(mem, "%s//%s", file_folder(mem, folder), name),
    };
}

static void add_likeness(const struct change *change, const char *path, struct text_index *kinds)
{
    SCRATCH(tmp);
    char full[PATH_MAX];
    const char *known = path_in_root(change, path, full);
    struct likeness likeness = known == NULL ? (struct likeness){0} : likeness_of(tmp, known);
    if (likeness.by_kind != NULL)
        text_index_add(kinds, likeness.by_kind, 0);
    if (likeness.by_name != NULL)
        text_index_add(kinds, likeness.by_name, 0);
}

static bool has_likeness(const struct text_index *kinds, const char *path)
{
    SCRATCH(tmp);
    struct likeness likeness = likeness_of(tmp, path);
    return (likeness.by_kind != NULL &&
            text_index_find(kinds, likeness.by_kind) != TEXT_INDEX_NONE) ||
           (likeness.by_name != NULL &&
            text_index_find(kinds, likeness.by_name) != TEXT_INDEX_NONE);
}

static bool has_deleted(const struct change *change)
{
    for (size_t i = 0; i < change->n_files; i++) {
        if (change->files[i].status == 'D')
            return true;
    }
    return false;
}

static void mark_deleted(struct change *change)
{
    SCRATCH(tmp);
    struct text_index *kinds = text_index_make(tmp);
    if (!has_deleted(change))
        return;
    for (size_t i = 0; i < change->n_migrations; i++) {
        add_likeness(change, change->migrations[i].up.path, kinds);
        add_likeness(change, change->migrations[i].down.path, kinds);
    }
    for (size_t i = 0; i < change->n_files; i++) {
        struct changed_file *file = &change->files[i];
        file->was_migration = file->status == 'D' && has_likeness(kinds, file->path);
    }
}

void change_mark_context(struct change *change)
{
    for (size_t i = 0; i < change->n_migrations; i++) {
        struct migration *migration = &change->migrations[i];
        const struct changed_file *up = change_of(change, migration->up.path);
        const struct changed_file *down = change_of(change, migration->down.path);
        migration->is_context = up == NULL && down == NULL;
        migration->was_edited = up != NULL && up->status != 'A';
        migration->renamed_from = up == NULL ? NULL : up->old_path;
    }
    mark_deleted(change);
}
