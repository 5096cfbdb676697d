/*
 * Migration: the steps that every layout's reader shares.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/migration.h"
#include "base/file.h"
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

struct migration *migration_of(TALLOC_CTX *mem, struct change *change, const char *version,
                               const char *name)
{
    // From the end: files come sorted by name, so a down's up was added just before.
    for (size_t i = change->n_migrations; i-- > 0;) {
        struct migration *migration = &change->migrations[i];
        if (!migration->is_repeatable &&
            migration_compare_versions(migration->version, version) == 0 &&
            (name == NULL || strcmp(migration->name, name) == 0))
            return migration;
    }
    return migration_add(mem, change, version, name == NULL ? "" : name);
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

int migration_by_version(const struct migration *a, const struct migration *b)
{
    int order = migration_compare_versions(a->version, b->version);
    return order != 0 ? order : strcmp(a->path, b->path);
}

void migration_sort(struct change *change, migration_order *order)
{
    // Insertion sort: the input is sorted by name already, so this is linear in practice, and it
    // keeps equal ones in their order.
    for (size_t i = 1; i < change->n_migrations; i++) {
        struct migration moved = change->migrations[i];
        size_t at = i;
        for (; at > 0 && order(&change->migrations[at - 1], &moved) > 0; at--)
            change->migrations[at] = change->migrations[at - 1];
        change->migrations[at] = moved;
    }
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
