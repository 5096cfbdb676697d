/*
 * Keys of tminus.yaml about releases, what is asked of a slot, and flags.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config_key_rows.h"

#define CHOICE(key_name, list, type, member)                                                       \
    {                                                                                              \
        .name = (key_name), .shape = KEY_CHOICE, .offset = offsetof(type, member),                 \
        .choices = (list)                                                                          \
    }

// A file, or the arguments of a command that prints its digest.
static void parse_artifact(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_release *release = at;
    if (node->kind == YAML_LIST)
        config_read_texts(reading, node, &release->digest, &release->n_digest);
    else
        release->artifact = config_scalar(reading, node, "a file, or a command as a list");
}

static const char *const strategies[] = {"canary", "blue_green", "rolling", NULL};
static const struct config_key release_keys[] = {
    CHOICE("strategy", strategies, struct config_release, strategy),
    ARRAY("build", KEY_COMMAND, struct config_release, build, n_build, NULL),
    ARRAY("deploy", KEY_COMMAND, struct config_release, deploy, n_deploy, NULL),
    CHECKED("rollback", KEY_COMMAND),
    {.name = "artifact", .shape = KEY_CUSTOM, .parse = parse_artifact},
    SHOWN("provenance", struct config_release, provenance),
    SHOWN("verified_in", struct config_release, verified_in),
    KEY("tag", KEY_BOOL, struct config_release, has_tag),
    KEY("shell", KEY_BOOL, struct config_release, is_shell),
    ARRAY("environment", KEY_TEXTS, struct config_release, environment, n_environment, NULL),
    KEY("timeout", KEY_DURATION, struct config_release, timeout_ms),
    KEY("ready", KEY_DURATION, struct config_release, ready_ms),
};
const struct config_map config_map_release = {
    .what = "release", .keys = release_keys, .n_keys = COUNT_OF(release_keys)};

// --- health

struct members {
    struct config_member *list;
    size_t n;
};

static void read_members(struct config_reading *reading, const struct yaml *node,
                         struct members *members)
{
    if (node->kind != YAML_MAP) {
        config_expected(reading, node, "a map of names to values");
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        const char *value = config_scalar(reading, node->entries[i].value, "a value");
        if (value != NULL)
            *mem_append(reading->mem, members->list, members->n) =
                (struct config_member){.name = node->entries[i].key, .value = value};
    }
}

void config_read_sent_headers(struct config_reading *reading, const struct yaml *node,
                              struct config_member **list, size_t *n)
{
    struct members members = {0};
    read_members(reading, node, &members);
    for (size_t i = 0; i < members.n; i++) {
        members.list[i].secret = secret_make(reading->mem, members.list[i].value);
        members.list[i].value = NULL;
    }
    *list = members.list;
    *n = members.n;
}

static void parse_sent_headers(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_health *health = at;
    config_read_sent_headers(reading, node, &health->headers, &health->n_headers);
}

static void parse_json(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_health *health = at;
    struct members members = {0};
    read_members(reading, node, &members);
    health->json = members.list;
    health->n_json = members.n;
}

static void parse_header(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_health *health = at;
    struct members members = {0};
    read_members(reading, node, &members);
    health->header = members.list;
    health->n_header = members.n;
}

static const struct config_key http_expect_keys[] = {
    KEY("status", KEY_INTEGER, struct config_health, status),
    {.name = "json", .shape = KEY_CUSTOM, .parse = parse_json},
    {.name = "header", .shape = KEY_CUSTOM, .parse = parse_header},
    KEY("body", KEY_TEXT, struct config_health, body),
    KEY("text", KEY_TEXT, struct config_health, text),
};
static const struct config_map http_expect_map =
    MAP("what is expected of an http check", http_expect_keys);

static const struct config_key command_expect_keys[] = {
    KEY("exit", KEY_INTEGER, struct config_health, exit),
    KEY("output", KEY_TEXT, struct config_health, output),
};
static const struct config_map command_expect_map =
    MAP("what is expected of a command", command_expect_keys);

static const struct config_key health_keys[] = {
    {.name = "name",
     .shape = KEY_TEXT,
     .offset = offsetof(struct config_health, name),
     .is_required = true},
    // From here on also those of a step's read_back.
    KEY("http", KEY_TEXT, struct config_health, http),
    KEY("tcp", KEY_TEXT, struct config_health, tcp),
    KEY("sql", KEY_TEXT, struct config_health, sql),
    ARRAY("command", KEY_COMMAND, struct config_health, command, n_command, NULL),
    KEY("shell", KEY_BOOL, struct config_health, is_shell),
    SHOWN("database", struct config_health, database),
    SHOWN("ca", struct config_health, ca),
    {.name = "headers", .shape = KEY_CUSTOM, .parse = parse_sent_headers},
    CHECKED("expect", KEY_ANY), // by the kind, at the end
    KEY("timeout", KEY_DURATION, struct config_health, timeout_ms),
    KEY("critical", KEY_BOOL, struct config_health, is_critical),
    ARRAY("tags", KEY_TEXTS, struct config_health, tags, n_tags, NULL),
};

static void begin_health(struct config_reading *reading, const struct yaml *node, void *element)
{
    (void)reading;
    struct config_health *health = element;
    health->is_critical = true;
    health->timeout_ms = 5000;
    health->line = node->line;
    health->column = node->column;
}

static enum health_kind kind_of(const struct config_health *health, size_t *n)
{
    enum health_kind kind = HEALTH_NONE;
    *n = 0;
    if (health->http != NULL && ++*n)
        kind = HEALTH_HTTP;
    if (health->tcp != NULL && ++*n)
        kind = HEALTH_TCP;
    if (health->sql != NULL && ++*n)
        kind = HEALTH_SQL;
    if (health->n_command > 0 && ++*n)
        kind = HEALTH_COMMAND;
    return kind;
}

static void read_expected(struct config_reading *reading, const struct yaml *node,
                          struct config_health *health)
{
    const struct yaml *expect = node->kind == YAML_MAP ? yaml_get(node, "expect") : NULL;
    switch (health->kind) {
    case HEALTH_HTTP:
        if (expect != NULL)
            config_read_map(reading, expect, &http_expect_map, health);
        return;
    case HEALTH_COMMAND:
        if (expect != NULL)
            config_read_map(reading, expect, &command_expect_map, health);
        return;
    case HEALTH_SQL:
        if (expect == NULL) // a question whose answer is never wrong is no check
            config_problem(reading, health->line, health->column,
                           "say what must come out: expect: 0, or expect: {below: 3600}",
                           "the check expects nothing of its sql");
        else if (expect->kind == YAML_SCALAR)
            health->value.has_equals =
                (health->value.equals = config_scalar(reading, expect, "a value")) != NULL;
        else
            config_parse_expect(reading, expect, &health->value);
        return;
    case HEALTH_TCP:
        if (expect != NULL)
            config_problem(reading, expect->line, expect->column, NULL,
                           "a tcp check expects a connection, and nothing else");
        return;
    case HEALTH_NONE: return;
    }
}

static void end_health(struct config_reading *reading, const struct yaml *node, void *element)
{
    struct config_health *health = element;
    size_t n;
    health->kind = kind_of(health, &n);
    if (n != 1 && node->kind == YAML_MAP)
        config_problem(reading, health->line, health->column, "give one of http, tcp, sql, command",
                       n == 0 ? "the check asks nothing" : "the check asks %zu things at once", n);
    if (n == 1)
        read_expected(reading, node, health);
}

// The same question, of one step: it needs no name, and decides.
const struct config_map config_map_read_back = {
    .what = "what is read back",
    .keys = health_keys + 1,
    .n_keys = COUNT_OF(health_keys) - 1,
    .begin = begin_health,
    .end = end_health,
};

const struct config_map config_map_health = {
    .what = "a health check",
    .keys = health_keys,
    .n_keys = COUNT_OF(health_keys),
    .size = sizeof(struct config_health),
    .begin = begin_health,
    .end = end_health,
};

// --- maintenance

static const struct config_key maintenance_keys[] = {
    ARRAY("enable", KEY_COMMAND, struct config_maintenance, enable, n_enable, NULL),
    ARRAY("disable", KEY_COMMAND, struct config_maintenance, disable, n_disable, NULL),
    KEY("shell", KEY_BOOL, struct config_maintenance, is_shell),
    ARRAY("environment", KEY_TEXTS, struct config_maintenance, environment, n_environment, NULL),
    ARRAY("check", KEY_LIST, struct config_maintenance, check, n_check, &config_map_health),
    KEY("for", KEY_DURATION, struct config_maintenance, for_ms),
    KEY("timeout", KEY_DURATION, struct config_maintenance, timeout_ms),
    KEY("ready", KEY_DURATION, struct config_maintenance, ready_ms),
    KEY("in_flight", KEY_BOOL, struct config_maintenance, in_flight),
};
const struct config_map config_map_maintenance = {
    .what = "maintenance", .keys = maintenance_keys, .n_keys = COUNT_OF(maintenance_keys)};

// --- flags

static const char *const flag_kinds[] = {"command",   "file",         "sql", "unleash",
                                         "flagsmith", "launchdarkly", NULL};
static const struct config_key flag_keys[] = {
    {.name = "kind",
     .shape = KEY_CHOICE,
     .offset = offsetof(struct config_flag, kind),
     .choices = flag_kinds,
     .is_required = true},
    KEY("key", KEY_TEXT, struct config_flag, key),
    SHOWN("path", struct config_flag, path),
    KEY("url", KEY_TEXT, struct config_flag, url),
    KEY("token", KEY_SECRET, struct config_flag, token),
    SHOWN("project", struct config_flag, project),
    SHOWN("environment", struct config_flag, environment),
    SHOWN("ca", struct config_flag, ca),
    SHOWN("database", struct config_flag, database),
    SHOWN("only_when_zero", struct config_flag, only_when_zero),
    ARRAY("on", KEY_TEXTS, struct config_flag, on, n_on, NULL),
    ARRAY("off", KEY_TEXTS, struct config_flag, off, n_off, NULL),
    ARRAY("show", KEY_TEXTS, struct config_flag, show, n_show, NULL),
    KEY("timeout", KEY_DURATION, struct config_flag, timeout_ms),
};

static void begin_flag(struct config_reading *reading, const struct yaml *node, void *element)
{
    (void)reading;
    (void)node;
    ((struct config_flag *)element)->timeout_ms = 5000;
}

// Which keys a kind cannot do without.
static void end_flag(struct config_reading *reading, const struct yaml *node, void *element)
{
    static const struct {
        const char *kind;
        const char *keys[5];
    } needs[] = {
        {"command", {"on", "off", "show"}},
        {"file", {"path", "key"}},
        {"sql", {"on", "off", "show"}},
        {"unleash", {"url", "token", "project", "environment", "key"}},
        {"flagsmith", {"url", "token", "environment", "key"}},
        {"launchdarkly", {"url", "token", "project", "environment", "key"}},
    };
    const struct config_flag *flag = element;
    for (size_t i = 0; i < COUNT_OF(needs) && flag->kind != NULL; i++)
        for (size_t j = 0; strcmp(needs[i].kind, flag->kind) == 0 && j < COUNT_OF(needs[i].keys);
             j++)
            if (needs[i].keys[j] != NULL && yaml_get(node, needs[i].keys[j]) == NULL)
                config_problem(reading, node->line, node->column, NULL,
                               "a flag of kind %s needs '%s'", flag->kind, needs[i].keys[j]);
}

const struct config_map config_map_flag = {
    .what = "a flag",
    .keys = flag_keys,
    .n_keys = COUNT_OF(flag_keys),
    .size = sizeof(struct config_flag),
    .name_offset = offsetof(struct config_flag, name),
    .begin = begin_flag,
    .end = end_flag,
};

static bool names_version(const char *text)
{
    return text != NULL && strstr(text, "{version}") != NULL;
}

bool config_health_asks_version(const struct config_health *health)
{
    for (size_t i = 0; i < health->n_json; i++)
        if (names_version(health->json[i].value))
            return true;
    for (size_t i = 0; i < health->n_header; i++)
        if (names_version(health->header[i].value))
            return true;
    return names_version(health->text);
}
