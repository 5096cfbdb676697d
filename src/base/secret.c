/*
 * Secrets: kept in memory that is wiped when freed, shown masked.
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
    return mem_printf(mem, "%.*s%s%.*s%s", kept, url, colon == NULL ? "" : MASK, (int)path_len,
                      rest, mask_query(tmp, rest + path_len));
}
