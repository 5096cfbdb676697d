/*
 * Secrets: kept in memory that is wiped when freed, shown masked; values that texts are rid of.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/secret.h"
#include "base/text.h"
#include <ctype.h>
#include <sodium.h>

#define MASK "****"

struct secret {
    char *value;
};

static int wipe(struct secret *secret)
{
    sodium_memzero(secret->value, strlen(secret->value));
    return 0;
}

struct secret *secret_make(TALLOC_CTX *mem, const char *value)
{
    struct secret *secret = mem_new(mem, struct secret);
    secret->value = mem_strdup(secret, value);
    talloc_set_destructor(secret, wipe);
    return secret;
}

const char *secret_reveal(const struct secret *secret)
{
    return secret->value;
}

// Where the part behind the scheme starts, or NULL: no URL. "user:password" is none, so only
// the schemes of files do without "//".
static const char *after_scheme(const char *url)
{
    const char *at = url;
    if (!isalpha((unsigned char)*at))
        return NULL;
    while (isalnum((unsigned char)*at) || *at == '+' || *at == '.' || *at == '-')
        at++;
    if (text_starts_with(at, "://"))
        return at + 3;
    return text_starts_with(url, "sqlite:") || text_starts_with(url, "file:") ? at + 1 : NULL;
}

// The '@' that ends user and password, or NULL. A password may hold '@', '?' and even '/'
// unescaped: rather too much is masked than too little.
static const char *end_of_user(const char *authority)
{
    const char *last = memrchr(authority, '@', strcspn(authority, "/"));
    return last != NULL ? last : memrchr(authority, '@', strcspn(authority, "?"));
}

static bool is_secret_name(TALLOC_CTX *mem, const char *name, size_t len)
{
    static const char *const parts[] = {"pass", "pwd", "secret", "token", "key", "auth", "sig"};
    const char *lowered = text_lower(mem, mem_strndup(mem, name, len));
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (strstr(lowered, parts[i]) != NULL)
            return true;
    }
    return false;
}

// "?a=b&password=x" with the values of secret-looking names masked.
static char *mask_query(TALLOC_CTX *mem, const char *query)
{
    char *masked = mem_strdup(mem, "");
    while (*query != '\0') {
        size_t lead = *query == '?' || *query == '&' || *query == '#';
        size_t len = lead + strcspn(query + lead, "&#");
        const char *equals = memchr(query, '=', len);
        bool is_secret = equals != NULL && is_secret_name(mem, query, (size_t)(equals - query));
        size_t kept = is_secret ? (size_t)(equals + 1 - query) : len;
        masked = mem_printf(mem, "%s%.*s%s", masked, (int)kept, query, is_secret ? MASK : "");
        query += len;
    }
    return masked;
}

char *secret_mask(TALLOC_CTX *mem, const struct secret *secret)
{
    SCRATCH(tmp);
    const char *url = secret->value;
    const char *authority = after_scheme(url);
    if (authority == NULL)
        return mem_strdup(mem, MASK);
    const char *at = end_of_user(authority);
    const char *rest = at == NULL ? authority : at;
    const char *colon = at == NULL ? NULL : memchr(authority, ':', (size_t)(at - authority));
    int kept = (int)((colon == NULL ? rest : colon + 1) - url);
    size_t path_len = strcspn(rest, "?#");
    const char *masked = mem_printf(tmp, "%.*s%s%.*s%s", kept, url, colon == NULL ? "" : MASK,
                                    (int)path_len, rest, mask_query(tmp, rest + path_len));
    return secret_hide(mem, masked);
}

// --- veils

struct veil {
    char *value, *shown;
    size_t len;
};

// Of the process: a library or a command that repeats what it was given knows no context of ours.
static struct {
    struct veil *list; // the longest first: one may stand within another
    size_t n;
} veils;

static bool is_veiled(const char *value)
{
    for (size_t i = 0; i < veils.n; i++)
        if (strcmp(veils.list[i].value, value) == 0)
            return true;
    return false;
}

void secret_veil(const char *value, const char *shown)
{
    size_t len = strlen(value);
    if (len < SECRET_VEILED_MIN || is_veiled(value))
        return;
    *mem_append(NULL, veils.list, veils.n) = (struct veil){0};
    size_t at = veils.n - 1;
    for (; at > 0 && veils.list[at - 1].len < len; at--)
        veils.list[at] = veils.list[at - 1];
    veils.list[at] = (struct veil){mem_strdup(NULL, value), mem_strdup(NULL, shown), len};
}

char *secret_hide(TALLOC_CTX *mem, const char *text)
{
    char *hidden = mem_strdup(mem, text);
    for (size_t i = 0; i < veils.n && text != NULL; i++)
        if (strstr(hidden, veils.list[i].value) != NULL)
            hidden = text_replaced(mem, hidden, veils.list[i].value, veils.list[i].shown);
    return hidden;
}
