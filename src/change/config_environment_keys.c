/*
 * Configuration keys of an environment: its databases, slots, and sections of later parts.
 *
 * Sections that this version does not act on (traffic, metrics, thresholds) have rows
 * too: a slip is found today, not when they are used.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config_key_rows.h"
#include "change/layout.h"

// --- databases

static void parse_layout(struct config_reading *reading, const struct yaml *node, void *at)
{
    const char *name = config_scalar(reading, node, "the name of a layout");
    if (name == NULL || config_is_open(name))
        return;
    ((struct config_database *)at)->layout = name;
    if (layout_find(name) != NULL)
        return;
    SCRATCH(tmp);
    char *list = mem_strdup(tmp, "one of");
    for (size_t i = 0; i < layout_count; i++)
        list = mem_printf(tmp, "%s%s %s", list, i == 0 ? "" : ",", layout_table[i]->name);
    config_expected(reading, node, list);
}

static void end_database(struct config_reading *reading, const struct yaml *node, void *element)
{
    (void)reading;
    struct config_database *database = element;
    const struct yaml *url = node->kind == YAML_MAP ? yaml_get(node, "url") : NULL;
    database->url_line = url == NULL ? 0 : url->line;
    database->url_column = url == NULL ? 0 : url->column;
}

// How patiently its migrations wait for a lock.
static const struct config_key migrate_keys[] = {
    KEY("lock_timeout", KEY_DURATION, struct config_database, lock_timeout_ms),
    KEY("attempts", KEY_INTEGER, struct config_database, attempts),
};
static const struct config_map migrate_map = MAP("the running of migrations", migrate_keys);

static const struct config_key database_keys[] = {
    KEY("url", KEY_SECRET, struct config_database, url),
    SHOWN("migrations", struct config_database, migrations),
    SHOWN("post_migrations", struct config_database, post_migrations),
    {.name = "layout", .shape = KEY_CUSTOM, .parse = parse_layout},
    KEY("allow_superuser", KEY_BOOL, struct config_database, allow_superuser),
    {.name = "migrate", .shape = KEY_MAP, .offset = 0, .map = &migrate_map},
    KEY("undo_log", KEY_BOOL, struct config_database, has_undo_log),
    KEY("undo_log_keep", KEY_DURATION, struct config_database, undo_log_keep_ms),
};
static const struct config_map database_map = {
    .what = "a database",
    .keys = database_keys,
    .n_keys = COUNT_OF(database_keys),
    .size = sizeof(struct config_database),
    .name_offset = offsetof(struct config_database, name),
    .end = end_database,
};

// `database:` is the only one, called main.
static void parse_database(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_environment *environment = at;
    struct config_database *database =
        mem_append(reading->mem, environment->databases, environment->n_databases);
    database->name = "main";
    config_read_map(reading, node, &database_map, database);
    end_database(reading, node, database);
}

// --- sections of later parts

static const char *const traffic_kinds[] = {"haproxy", "nginx", "command", NULL};
static const struct config_key traffic_keys[] = {
    CHECKED_CHOICE("kind", traffic_kinds), CHECKED("socket", KEY_TEXT),
    CHECKED("backend", KEY_TEXT),          CHECKED("file", KEY_TEXT),
    CHECKED("steps", KEY_SHARES),          CHECKED("step_time", KEY_DURATION),
    CHECKED("command", KEY_COMMAND),       CHECKED("shell", KEY_BOOL),
};
static const struct config_map traffic_map = MAP("traffic", traffic_keys);

static const struct config_key prometheus_keys[] = {
    CHECKED("url", KEY_SECRET),
    CHECKED("queries", KEY_ANY),
};
static const struct config_map prometheus_map = MAP("prometheus", prometheus_keys);
static const char *const metrics_kinds[] = {"haproxy", "prometheus", "command", NULL};
static const struct config_key metrics_keys[] = {
    CHECKED_CHOICE("kind", metrics_kinds),
    CHECKED("url", KEY_SECRET),
    CHECKED("socket", KEY_TEXT),
    CHECKED("backend", KEY_TEXT),
    CHECKED("queries", KEY_ANY),
    CHECKED("command", KEY_COMMAND),
    CHECKED("shell", KEY_BOOL),
    CHECKED_MAP("prometheus", &prometheus_map),
};
static const struct config_map metrics_map = MAP("metrics", metrics_keys);

static const struct config_key threshold_keys[] = {
    CHECKED("error_rate", KEY_THRESHOLD), CHECKED("rollback_error_rate", KEY_THRESHOLD),
    CHECKED("p95", KEY_THRESHOLD),        CHECKED("success_rate", KEY_THRESHOLD),
    CHECKED("cpu", KEY_THRESHOLD),        CHECKED("memory", KEY_THRESHOLD),
    CHECKED("latency", KEY_THRESHOLD),    CHECKED("throughput", KEY_THRESHOLD),
    CHECKED("disk", KEY_THRESHOLD),
};
static const struct config_map threshold_map = MAP("thresholds", threshold_keys);

// --- environments

static const struct config_key slot_keys[] = {
    {.name = "address",
     .shape = KEY_TEXTS,
     .is_shown = true,
     .offset = offsetof(struct config_slot, addresses),
     .count = offsetof(struct config_slot, n_addresses)},
};
static const struct config_map slot_map = {
    .what = "a slot",
    .keys = slot_keys,
    .n_keys = COUNT_OF(slot_keys),
    .size = sizeof(struct config_slot),
    .name_offset = offsetof(struct config_slot, name),
};

#define HOUR_MS ((int64_t)60 * 60 * 1000)

const struct config_backup config_backup_default = {
    // Source: the deployment runbook, "database backed up less than 1 hour ago".
    .max_age_ms = HOUR_MS,
    // A large database is not restored every hour.
    .max_restore_proof_age_ms = 7 * 24 * HOUR_MS,
};

static void begin_environment(struct config_reading *reading, const struct yaml *node,
                              void *element)
{
    (void)node;
    struct config_environment *environment = element;
    reading->missing = &environment->missing;
    environment->baseline_max_age_ms = config_backup_default.max_age_ms;
    environment->backup = config_backup_default;
    environment->gates = config_gates_default;
    environment->rehearsal.deadline_ms = 4 * HOUR_MS;
    environment->release.timeout_ms = HOUR_MS / 2;
    environment->release.ready_ms = HOUR_MS / 30;
    environment->watch_tolerance_ms = HOUR_MS / 12;
    environment->maintenance.for_ms = HOUR_MS / 2;
    environment->maintenance.timeout_ms = HOUR_MS / 60;
    environment->maintenance.ready_ms = HOUR_MS / 120;
}

static void end_environment(struct config_reading *reading, const struct yaml *node, void *element)
{
    config_check_steps(reading, element);
    reading->missing = NULL;
    if (node->kind == YAML_MAP && yaml_get(node, "database") != NULL &&
        yaml_get(node, "databases") != NULL)
        config_problem(reading, node->line, node->column, "put all of them under 'databases'",
                       "both 'database' and 'databases' are given");
}

static const struct config_key environment_keys[] = {
    {.name = "database", .shape = KEY_CUSTOM, .parse = parse_database},
    ARRAY("databases", KEY_NAMED, struct config_environment, databases, n_databases, &database_map),
    ARRAY("slots", KEY_NAMED, struct config_environment, slots, n_slots, &slot_map),
    SHOWN("deployed", struct config_environment, deployed),
    {.name = "gates", .shape = KEY_MAP, .offset = 0, .map = &config_map_gates},
    {.name = "rehearsal",
     .shape = KEY_MAP,
     .offset = offsetof(struct config_environment, rehearsal),
     .map = &config_map_rehearsal},
    {.name = "backup",
     .shape = KEY_MAP,
     .offset = offsetof(struct config_environment, backup),
     .map = &config_map_backup},
    ARRAY("watch", KEY_TEXTS, struct config_environment, watch, n_watch, NULL),
    KEY("watch_tolerance", KEY_DURATION, struct config_environment, watch_tolerance_ms),
    {.name = "maintenance",
     .shape = KEY_MAP,
     .offset = offsetof(struct config_environment, maintenance),
     .map = &config_map_maintenance},
    {.name = "release",
     .shape = KEY_MAP,
     .offset = offsetof(struct config_environment, release),
     .map = &config_map_release},
    CHECKED_MAP("traffic", &traffic_map),
    CHECKED_MAP("metrics", &metrics_map),
    ARRAY("health", KEY_LIST, struct config_environment, health, n_health, &config_map_health),
    ARRAY("flags", KEY_NAMED, struct config_environment, flags, n_flags, &config_map_flag),
    CHECKED_MAP("thresholds", &threshold_map),
    ARRAY("steps", KEY_LIST, struct config_environment, steps, n_steps, &config_map_step),
    ARRAY("notify", KEY_LIST, struct config_environment, notify, n_notify, &config_map_notify),
    {.name = "store",
     .shape = KEY_CUSTOM,
     .offset = offsetof(struct config_environment, store),
     .parse = config_parse_store},
};
const struct config_map config_map_environment = {
    .what = "an environment",
    .keys = environment_keys,
    .n_keys = COUNT_OF(environment_keys),
    .size = sizeof(struct config_environment),
    .name_offset = offsetof(struct config_environment, name),
    .begin = begin_environment,
    .end = end_environment,
};
