/*
 * Migration: the steps that every layout's reader shares.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/migration.h"
#include "base/file.h"
#include "base/text_index.h"
#include <ctype.h>

bool migration_text_read(TALLOC_CTX *mem, const char *path, bool in_transaction,
                         struct migration_text *out, struct error *err)
{
    char *text;
    size_t len;
    TRY(file_read(mem, path, FILE_SIZE_MAX, &text, &len, err));
    *out = (struct migration_text){
        .path = mem_strdup(mem, path),
        .text = text,
        .len = len,
        .start = 0,
        .end = len,
        .in_transaction = in_transaction,
    };
    return true;
}

char *migration_head(TALLOC_CTX *mem, const char *path)
{
    // Not zeroed: of a folder, every file's head is asked for, and most files are small.
    char *head = mem_checked(talloc_size(mem, MIGRATION_HEAD_SIZE + 1));
    size_t len = 0;
    FILE *file = fopen(path, "re");
    if (file != NULL) { // else reading it whole will say why
        setvbuf(file, NULL, _IONBF, 0);
        len = fread(head, 1, MIGRATION_HEAD_SIZE, file);
        fclose(file);
    }
    head[len] = '\0';
    return head;
}

struct migration_text migration_text_unseen(const char *path, const char *what)
{
    return (struct migration_text){.path = path, .text = "", .unseen = what};
}

struct migration *migration_add(TALLOC_CTX *mem, struct change *change, const char *version,
                                const char *name)
{
    struct migration *migration = mem_append(mem, change->migrations, change->n_migrations);
    migration->version = mem_strdup(mem, version);
    migration->name = mem_strdup(mem, name);
    return migration;
}

void migration_append(TALLOC_CTX *mem, struct change *change, const struct change *part)
{
    for (size_t i = 0; i < part->n_migrations; i++)
        *mem_append(mem, change->migrations, change->n_migrations) = part->migrations[i];
}

struct migration *migration_keyed(TALLOC_CTX *mem, struct change *change, const char *key,
                                  const char *version, const char *name)
{
    if (change->keys == NULL)
        change->keys = text_index_make(mem);
    size_t place = text_index_add(change->keys, key, change->n_migrations);
    return place < change->n_migrations ? &change->migrations[place]
                                        : migration_add(mem, change, version, name);
}

// Compare two runs of digits as numbers of any length; both are moved behind their run.
static int compare_digits(const char **a, const char **b)
{
    while (**a == '0')
        (*a)++;
    while (**b == '0')
        (*b)++;
    size_t a_len = strspn(*a, "0123456789");
    size_t b_len = strspn(*b, "0123456789");
    int order = a_len != b_len ? (a_len < b_len ? -1 : 1) : memcmp(*a, *b, a_len);
    *a += a_len;
    *b += b_len;
    return order;
}

int migration_compare_natural(const char *a, const char *b)
{
    const char *left = a;
    const char *right = b;
    while (*left != '\0' && *right != '\0') {
        if (isdigit((unsigned char)*left) && isdigit((unsigned char)*right)) {
            int order = compare_digits(&left, &right);
            if (order != 0)
                return order;
            continue;
        }
        if (*left != *right)
            return (unsigned char)*left < (unsigned char)*right ? -1 : 1;
        left++;
        right++;
    }
    if (*left != *right)
        return *left == '\0' ? -1 : 1;
    return strcmp(a, b); // "1" and "01": any order, but always the same one
}

// "1" is "1.0": a version that ends compares as if zeros followed.
static bool is_zero_tail(const char *text)
{
    return text[strspn(text, "0._")] == '\0';
}

static bool is_number(const char *text)
{
    return text[strspn(text, "0123456789._")] == '\0';
}

int migration_compare_versions(const char *a, const char *b)
{
    if (!is_number(a) || !is_number(b))
        return migration_compare_natural(a, b);
    while (*a != '\0' && *b != '\0') {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            int order = compare_digits(&a, &b);
            if (order != 0)
                return order;
            continue;
        }
        char left = *a == '_' ? '.' : *a;
        char right = *b == '_' ? '.' : *b;
        if (left != right)
            return (unsigned char)left < (unsigned char)right ? -1 : 1;
        a++;
        b++;
    }
    if (is_zero_tail(a) && is_zero_tail(b))
        return 0;
    return *a == '\0' ? -1 : 1;
}

// What versions that compare as equal have in common: "1.0" and "01" are "1".
static char *version_key(TALLOC_CTX *mem, const char *version)
{
    char *key = mem_strdup(mem, version);
    char *end = key;
    if (!is_number(version))
        return key;
    while (*version != '\0') {
        char *part = end;
        version += strspn(version, "0");
        for (; isdigit((unsigned char)*version); version++)
            *end++ = *version;
        if (end == part)
            *end++ = '0'; // the zeros that were skipped, or nothing before a point
        if (*version != '\0') {
            *end++ = '.';
            version++;
        }
    }
    while (end > key && (end[-1] == '.' || (end[-1] == '0' && (end - 1 == key || end[-2] == '.'))))
        end--;
    *end = '\0';
    return key;
}

struct migration *migration_of(TALLOC_CTX *mem, struct change *change, const char *version)
{
    SCRATCH(tmp);
    return migration_keyed(mem, change, version_key(tmp, version), version, "");
}

int migration_by_version(const struct migration *a, const struct migration *b)
{
    int order = migration_compare_versions(a->version, b->version);
    return order != 0 ? order : strcmp(a->path, b->path);
}

struct sorting {
    const struct migration *list;
    migration_order *order;
};

static int compare_places(const void *a, const void *b, void *sorting_)
{
    const struct sorting *sorting = sorting_;
    size_t one = *(const size_t *)a;
    size_t other = *(const size_t *)b;
    int order = sorting->order(&sorting->list[one], &sorting->list[other]);
    return order != 0 ? order : one < other ? -1 : one > other;
}

void migration_sort(struct change *change, migration_order *order)
{
    SCRATCH(tmp);
    size_t n = change->n_migrations;
    bool is_sorted = true; // mostly: files come sorted by name
    for (size_t i = 1; i < n && is_sorted; i++)
        is_sorted = order(&change->migrations[i - 1], &change->migrations[i]) <= 0;
    TALLOC_FREE(change->keys);
    if (is_sorted)
        return;
    struct migration *before = mem_array(tmp, struct migration, n);
    memcpy(before, change->migrations, n * sizeof(*before));
    size_t *places = mem_array(tmp, size_t, n);
    for (size_t i = 0; i < n; i++)
        places[i] = i;
    qsort_r(places, n, sizeof(*places), compare_places,
            &(struct sorting){.list = before, .order = order});
    for (size_t i = 0; i < n; i++)
        change->migrations[i] = before[places[i]];
}

bool migration_check_versions(const struct change *change, struct error *err)
{
    for (size_t i = 1; i < change->n_migrations; i++) {
        const struct migration *first = &change->migrations[i - 1];
        const struct migration *second = &change->migrations[i];
        if (first->is_repeatable || second->is_repeatable || first->up.path == NULL ||
            second->up.path == NULL ||
            migration_compare_versions(first->version, second->version) != 0)
            continue;
        error_set(err, ERROR_INPUT, "%s: version %s is also that of '%s'", second->up.path,
                  second->version, first->up.path);
        return error_hint(err, "give one of the two another version; the order of two migrations "
                               "of one version is not defined");
    }
    return true;
}

bool migration_is_direct(const char *folder, const char *path)
{
    if (folder == NULL)
        return true;
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    if (strncmp(folder, path, len) != 0)
        return strchr(path, '/') == NULL;
    const char *rest = path + len + strspn(path + len, "/");
    return strchr(rest, '/') == NULL;
}
