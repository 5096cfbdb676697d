/*
 * Addresses: what libpq accepts as the address of a database, and what it would misunderstand.
 *
 * libpq's own messages quote what they could not read, which may be a part of a password ("pa/ss"
 * and "p@ss" cut a URL in the wrong places). So only the name of a parameter is repeated from them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/postgres/connection.h"
#include <ctype.h>

static int options_free(PQconninfoOption **options)
{
    PQconninfoFree(*options);
    return 0;
}

// Hold libpq's list until `mem` is freed.
static const PQconninfoOption *options_keep(TALLOC_CTX *mem, PQconninfoOption *options)
{
    PQconninfoOption **kept = mem_new(mem, PQconninfoOption *);
    *kept = options;
    talloc_set_destructor(kept, options_free);
    return options;
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val && *options->val ? options->val : NULL;
    }
    return NULL;
}

// The scheme's length with its colon; 0: not a URL of PostgreSQL. SQLAlchemy names its driver
// behind a plus.
static size_t scheme_len(const char *url)
{
    static const char *const schemes[] = {"postgresql", "postgres"};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (!text_starts_with(url, schemes[i]))
            continue;
        size_t n = strlen(schemes[i]);
        if (url[n] == '+') {
            do
                n++;
            while (isalnum((unsigned char)url[n]) || url[n] == '_');
        }
        return url[n] == ':' ? n + 1 : 0;
    }
    return 0;
}

static bool is_keyword(const char *word, size_t len)
{
    SCRATCH(tmp);
    struct error none = {0};
    if (!libpq_load(&none))
        return false; // what can only be an address of PostgreSQL is told when it is read
    const PQconninfoOption *option = options_keep(tmp, PQconndefaults());
    for (; option != NULL && option->keyword != NULL; option++) {
        if (strlen(option->keyword) == len && memcmp(option->keyword, word, len) == 0)
            return true;
    }
    return false;
}

bool postgres_accepts(const char *url)
{
    if (scheme_len(url) > 0)
        return true;
    url += strspn(url, " \t\n");
    size_t len = strspn(url, "abcdefghijklmnopqrstuvwxyz_");
    return url[len + strspn(url + len, " \t\n")] == '=' && is_keyword(url, len);
}

static bool fail_form(struct error *err, const char *why)
{
    error_set(err, ERROR_CONFIG, "the address of the PostgreSQL database: %s", why);
    return error_hint(err,
                      "write postgresql://USER@HOST:PORT/DATABASE or 'host=… dbname=… user=…'");
}

static bool fail_mixed(struct error *err)
{
    fail_form(err, "host and port cannot be told apart from user and password");
    return error_hint(err, "within a user or password of a URL write : / ? # [ ] @ %% as %%3A %%2F "
                           "%%3F %%23 %%5B %%5D %%40 %%25");
}

// libpq's message, of which only the name of an unknown parameter may be shown.
static bool fail_parse(struct error *err, const char *message)
{
    SCRATCH(tmp);
    static const char *const named[] = {"invalid URI query parameter: \"",
                                        "invalid connection option \""};
    for (size_t i = 0; i < COUNT_OF(named); i++) {
        const char *name = strstr(message, named[i]);
        if (name == NULL)
            continue;
        name += strlen(named[i]);
        return fail_form(err, mem_printf(tmp, "libpq knows no parameter '%.*s'",
                                         (int)strcspn(name, "\""), name));
    }
    size_t len = strcspn(message, "\":\n");
    while (len > 0 && message[len - 1] == ' ')
        len--;
    return fail_form(err, mem_printf(tmp, "it cannot be read: %.*s", (int)len, message));
}

static bool is_port_list(const char *ports)
{
    return ports == NULL || ports[strspn(ports, "0123456789,")] == '\0';
}

// The `i`th of a list with commas, the only one of a list of one; NULL: none.
static const char *list_item(TALLOC_CTX *mem, const char *list, size_t i)
{
    if (list == NULL)
        return NULL;
    for (const char *comma = strchr(list, ','); i > 0 && comma != NULL; i--) {
        list = comma + 1;
        comma = strchr(list, ',');
    }
    size_t len = strcspn(list, ",");
    return len > 0 ? mem_strndup(mem, list, len) : NULL;
}

static size_t list_len(const char *list)
{
    size_t n = 1;
    for (; list != NULL && *list != '\0'; list++)
        n += *list == ',';
    return n;
}

static void add_hosts(TALLOC_CTX *mem, const PQconninfoOption *options, const char *session_attrs,
                      struct address *out)
{
    const char *names = option_value(options, "host");
    for (size_t i = 0; i < list_len(names); i++) {
        const char *port = list_item(mem, option_value(options, "port"), i);
        *mem_append(mem, out->hosts, out->n_hosts) =
            (struct host){.name = list_item(mem, names, i),
                          .port = port ? port : "5432", // libpq's for an empty one, not PGPORT
                          .session_attrs = session_attrs};
    }
}

// Left to libpq: one host, hosts of the environment or a service file, and lists of addresses.
static bool read_hosts(TALLOC_CTX *mem, const PQconninfoOption *options, struct address *out,
                       struct error *err)
{
    const char *names = option_value(options, "host");
    const char *attrs = option_value(options, "target_session_attrs");
    if (list_len(names) < 2 || option_value(options, "hostaddr") != NULL) {
        *mem_append(mem, out->hosts, out->n_hosts) = (struct host){0};
        return true;
    }
    size_t n_ports = list_len(option_value(options, "port"));
    if (n_ports > 1 && n_ports != list_len(names))
        return fail_form(err, "it lists more or fewer ports than hosts");
    if (names[0] == ',' || strstr(names, ",,") != NULL || text_ends_with(names, ","))
        return fail_form(err, "a host in its list is empty");
    bool prefers_standby = attrs != NULL && strcmp(attrs, "prefer-standby") == 0;
    add_hosts(mem, options, prefers_standby ? "standby" : NULL, out);
    if (prefers_standby)
        add_hosts(mem, options, "any", out);
    return true;
}

static bool read_timeout(const PQconninfoOption *options, int64_t *out, struct error *err)
{
    const char *text = option_value(options, "connect_timeout");
    if (text == NULL)
        return true;
    char *end;
    long seconds = strtol(text, &end, 10);
    if (*end != '\0' || seconds < 0 || seconds > 86400)
        return fail_form(err, "connect_timeout is no number of seconds");
    if (seconds > 0)
        *out = seconds * 1000;
    return true;
}

bool address_read(TALLOC_CTX *mem, const char *url, struct address *out, struct error *err)
{
    SCRATCH(tmp);
    char *message = NULL;
    TRY(libpq_load(err));
    if (text_starts_with(url, "jdbc:"))
        url += strlen("jdbc:");
    size_t scheme = scheme_len(url);
    if (scheme > 0 && !text_starts_with(url + scheme, "//"))
        return fail_form(err, "two slashes must follow the scheme");
    const char *text = scheme ? mem_printf(mem, "postgresql:%s", url + scheme) : url;
    PQconninfoOption *parsed = PQconninfoParse(text, &message);
    if (parsed == NULL) {
        fail_parse(err, message ? message : "out of memory");
        PQfreemem(message);
        return false;
    }
    const PQconninfoOption *options = options_keep(tmp, parsed);
    const char *host = option_value(options, "host");
    if ((host != NULL && strchr(host, '@') != NULL) || !is_port_list(option_value(options, "port")))
        return fail_mixed(err);
    struct address address = {.text = mem_strdup(mem, text)};
    TRY(read_hosts(mem, options, &address, err));
    TRY(read_timeout(options, &address.connect_ms, err));
    *out = address;
    return true;
}

// --- the same server's other databases

static const char *encoded(TALLOC_CTX *mem, const char *text)
{
    return text == NULL ? "" : text_percent_encoded(mem, text);
}

// One host by TCP stands where other programs look for it, too; what only libpq understands (a
// socket's folder, a list) among the parameters.
static bool is_in_authority(const char *keyword, bool has_plain_host)
{
    if (strcmp(keyword, "host") == 0 || strcmp(keyword, "port") == 0)
        return has_plain_host;
    return strcmp(keyword, "user") == 0 || strcmp(keyword, "password") == 0 ||
           strcmp(keyword, "dbname") == 0;
}

static char *parameters_text(TALLOC_CTX *mem, const PQconninfoOption *options, bool has_plain_host)
{
    SCRATCH(tmp);
    char *text = mem_strdup(tmp, "");
    for (; options->keyword != NULL; options++) {
        if (options->val == NULL || is_in_authority(options->keyword, has_plain_host))
            continue;
        text = mem_printf(tmp, "%s%s%s=%s", text, *text ? "&" : "?", options->keyword,
                          encoded(tmp, options->val));
    }
    return mem_strdup(mem, text);
}

char *address_with_database(TALLOC_CTX *mem, const struct address *address, const char *database)
{
    SCRATCH(tmp);
    PQconninfoOption *parsed = PQconninfoParse(address->text, NULL);
    if (parsed == NULL)
        bug("an address that was read cannot be read");
    const PQconninfoOption *options = options_keep(tmp, parsed);
    const char *host = option_value(options, "host");
    const char *port = option_value(options, "port");
    const char *user = option_value(options, "user");
    const char *password = option_value(options, "password");
    bool is_plain = host != NULL && host[0] != '/' && strpbrk(host, ",:") == NULL &&
                    (port == NULL || strchr(port, ',') == NULL);
    return mem_printf(mem, "postgresql://%s%s%s%s%s%s%s/%s%s", encoded(tmp, user),
                      password ? ":" : "", encoded(tmp, password), user || password ? "@" : "",
                      is_plain ? host : "", is_plain && port ? ":" : "",
                      is_plain && port ? port : "", encoded(tmp, database),
                      parameters_text(tmp, options, is_plain));
}
