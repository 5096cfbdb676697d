/*
 * Which engine a database URL means, and which engines are refused by name.
 *
 * Never prints more of a URL than its scheme: the rest may hold a password.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine.h"
#include "base/file.h"
#include "base/text.h"
#include <ctype.h>

// Schemes that people will try, and what they are called. A driver's own schemes come first.
static const struct {
    const char *scheme;
    const char *engine;
} unsupported[] = {
    {"mysql", "MySQL"},
    {"mysql2", "MySQL"},
    {"mariadb", "MariaDB"},
    {"oracle", "Oracle"},
    {"sqlserver", "SQL Server"},
    {"mssql", "SQL Server"},
    {"mongodb", "MongoDB"},
    {"mongodb+srv", "MongoDB"},
    {"redis", "Redis"},
    {"clickhouse", "ClickHouse"},
    {"cassandra", "Cassandra"},
    {"snowflake", "Snowflake"},
    {"cockroachdb", "CockroachDB"},
    {"db2", "Db2"},
    {"firebird", "Firebird"},
    {"duckdb", "DuckDB"},
    {"libsql", "libSQL"},
    {"bigquery", "BigQuery"},
    {"redshift", "Redshift"},
};

// The scheme in lower case, without "jdbc:" before it and "+driver" behind it; NULL: no URL.
static const char *url_scheme(TALLOC_CTX *mem, const char *url)
{
    if (text_starts_with(url, "jdbc:"))
        url += strlen("jdbc:");
    size_t n = 0;
    while (isalnum((unsigned char)url[n]) || (n > 0 && strchr("+-.", url[n]) && url[n] != '\0'))
        n++;
    if (url[n] != ':' || n < 2)
        return NULL;
    return text_lower(mem, mem_strndup(mem, url, n));
}

static const char *unsupported_name(TALLOC_CTX *mem, const char *scheme)
{
    const char *plus = strchr(scheme, '+');
    const char *stem = plus ? mem_strndup(mem, scheme, (size_t)(plus - scheme)) : scheme;
    for (size_t i = 0; i < COUNT_OF(unsupported); i++) {
        if (strcmp(unsupported[i].scheme, scheme) == 0 || strcmp(unsupported[i].scheme, stem) == 0)
            return unsupported[i].engine;
    }
    return NULL;
}

static const char *scheme_list(TALLOC_CTX *mem, const struct engine_driver *const *drivers)
{
    char *list = mem_strdup(mem, "");
    for (; *drivers != NULL; drivers++) {
        for (const char *const *scheme = (*drivers)->url_schemes; *scheme != NULL; scheme++)
            list = mem_printf(mem, "%s%s%s", list, *list ? ", " : "", *scheme);
    }
    return list;
}

static bool driver_takes(const struct engine_driver *driver, const char *url)
{
    for (const char *const *scheme = driver->url_schemes; *scheme != NULL; scheme++) {
        if (text_starts_with(url, *scheme))
            return true;
    }
    return driver->accepts != NULL && driver->accepts(url);
}

bool engine_driver_for(const struct engine_driver *const *drivers, const struct secret *url,
                       const struct engine_driver **out, struct error *err)
{
    SCRATCH(tmp);
    const char *text = secret_reveal(url);
    for (const struct engine_driver *const *driver = drivers; *driver != NULL; driver++) {
        if (driver_takes(*driver, text)) {
            *out = *driver;
            return true;
        }
    }
    const char *list = scheme_list(tmp, drivers);
    const char *scheme = url_scheme(tmp, text);
    if (scheme == NULL && strpbrk(text, "=@") == NULL) {
        error_set(err, ERROR_INPUT, "%s: no such database file", text);
        return error_hint(err, "give the path of an existing file, or a URL that begins with: %s",
                          list);
    }
    const char *name = scheme ? unsupported_name(tmp, scheme) : NULL;
    if (name != NULL)
        error_set(err, ERROR_CONFIG, "%s is not supported as a live database ('%s:' URL)", name,
                  scheme);
    else if (scheme != NULL)
        error_set(err, ERROR_CONFIG, "no engine is known for a URL that begins with '%s:'", scheme);
    else
        error_set(err, ERROR_CONFIG, "the database URL has no scheme");
    return error_hint(err, "this version opens: %s", list);
}

bool engine_dialect_for(const struct engine_driver *const *drivers, const struct secret *url,
                        enum dialect *out, struct error *err)
{
    const struct engine_driver *driver;
    TRY(engine_driver_for(drivers, url, &driver, err));
    *out = driver->dialect;
    return true;
}
