/*
 * Keys of tminus.yaml about gates: what must pass before a launch.
 *
 * They fill the environment itself, so the offset of each map in it is 0.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "change/config_key_rows.h"

#define HOUR_MS ((int64_t)60 * 60 * 1000)

const struct config_gates config_gates_default = {
    .rehearsal_max_age_ms = 24 * HOUR_MS,
};

// --- the window

static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                   "friday", "saturday", "sunday",    NULL};
static void parse_days(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_environment *environment = at;
    struct config_gates *gates = &environment->gates;
    size_t first = gates->n_not_on;

    config_read_texts(reading, node, &gates->not_on, &gates->n_not_on);
    for (size_t i = first; i < gates->n_not_on; i++) {
        size_t day = 0;
        while (days[day] != NULL && !text_equal_nocase(days[day], gates->not_on[i]))
            day++;
        if (days[day] == NULL && !config_is_open(gates->not_on[i]))
            config_expected(reading, node->kind == YAML_LIST ? node->items[i - first] : node,
                            "a day of the week as friday");
    }
}

// "09:00-16:00"
static bool read_hours(const char *text, struct config_hours *out)
{
    int from_hour, from_minute, to_hour, to_minute, end = 0;

    if (sscanf(text, "%2d:%2d-%2d:%2d%n", &from_hour, &from_minute, &to_hour, &to_minute, &end) !=
            4 ||
        text[end] != '\0')
        return false;
    out->from = from_hour * 60 + from_minute;
    out->to = to_hour * 60 + to_minute;
    return from_hour >= 0 && to_hour >= 0 && from_minute >= 0 && to_minute >= 0 &&
           from_minute < 60 && to_minute < 60 && out->from < 24 * 60 && out->to <= 24 * 60;
}

static void parse_hours(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_environment *environment = at;
    const char **texts = NULL;
    size_t n = 0;

    config_read_texts(reading, node, &texts, &n);
    for (size_t i = 0; i < n; i++) {
        struct config_hours hours;
        if (config_is_open(texts[i]))
            continue;
        if (read_hours(texts[i], &hours))
            *mem_append(reading->mem, environment->gates.hours, environment->gates.n_hours) = hours;
        else
            config_expected(reading, node->kind == YAML_LIST ? node->items[i] : node,
                            "hours as 09:00-16:00");
    }
}

static const struct config_key window_keys[] = {
    {.name = "not_on", .shape = KEY_CUSTOM, .parse = parse_days},
    {.name = "between", .shape = KEY_CUSTOM, .parse = parse_hours},
    SHOWN("zone", struct config_environment, gates.zone),
};
static const struct config_map window_map = MAP("the window gate", window_keys);

// --- the calendar

static bool is_date(const char *text)
{
    int year, month, day, end = 0;

    return sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && end == 10 &&
           text[end] == '\0' && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_moment(const char *text)
{
    SCRATCH(tmp);
    int hour, minute, end = 0;

    if (strlen(text) == 10)
        return is_date(text);
    return strlen(text) == 16 && is_date(mem_strndup(tmp, text, 10)) &&
           sscanf(text + 10, " %2d:%2d%n", &hour, &minute, &end) == 2 && end == 6 && hour >= 0 &&
           hour < 24 && minute >= 0 && minute < 60;
}

static void end_freeze(struct config_reading *reading, const struct yaml *node, void *element)
{
    const struct config_freeze *freeze = element;
    const char *const moments[] = {freeze->from, freeze->to};

    for (size_t i = 0; i < COUNT_OF(moments); i++)
        if (moments[i] != NULL && !config_is_open(moments[i]) && !is_moment(moments[i]))
            config_expected(reading, yaml_get(node, i == 0 ? "from" : "to"),
                            "a day as 2026-12-20, or 2026-12-20 18:00");
    if (freeze->from != NULL && freeze->to != NULL && is_moment(freeze->from) &&
        is_moment(freeze->to) && strncmp(freeze->from, freeze->to, 10) > 0)
        config_problem(reading, node->line, node->column, NULL, "it ends before it begins");
}

static const struct config_key freeze_keys[] = {
    {.name = "from",
     .shape = KEY_TEXT,
     .offset = offsetof(struct config_freeze, from),
     .is_required = true},
    {.name = "to",
     .shape = KEY_TEXT,
     .offset = offsetof(struct config_freeze, to),
     .is_required = true},
    SHOWN("reason", struct config_freeze, reason),
};
static const struct config_map freeze_map = {
    .what = "a freeze",
    .keys = freeze_keys,
    .n_keys = COUNT_OF(freeze_keys),
    .size = sizeof(struct config_freeze),
    .end = end_freeze,
};

static void parse_holidays(struct config_reading *reading, const struct yaml *node, void *at)
{
    static const char what[] = "a day as 2026-12-25, or 12-25 of every year";
    SCRATCH(tmp);
    struct config_gates *gates = &((struct config_environment *)at)->gates;
    size_t n = node->kind == YAML_LIST ? node->n : 1;

    for (size_t i = 0; i < n; i++) {
        const struct yaml *item = node->kind == YAML_LIST ? node->items[i] : node;
        const char *text = config_scalar(reading, item, what);
        if (text == NULL)
            continue;
        *mem_append(reading->mem, gates->holidays, gates->n_holidays) = text;
        bool is_yearly = strlen(text) == 5;
        if (!config_is_open(text) && !is_date(is_yearly ? mem_printf(tmp, "2000-%s", text) : text))
            config_expected(reading, item, what);
    }
}

// --- the others

static const struct config_key review_keys[] = {
    KEY("approvals", KEY_INTEGER, struct config_environment, gates.approvals),
};
static const struct config_map review_map = MAP("the review gate", review_keys);
static const struct config_key size_keys[] = {
    KEY("max_lines", KEY_INTEGER, struct config_environment, gates.max_lines),
    SHOWN("base", struct config_environment, gates.size_base),
};
static const struct config_map size_map = MAP("the size gate", size_keys);
static const struct config_key baseline_keys[] = {
    KEY("max_age", KEY_DURATION, struct config_environment, baseline_max_age_ms),
};
static const struct config_map baseline_map = MAP("the baseline gate", baseline_keys);
static const struct config_key rehearsed_keys[] = {
    KEY("max_age", KEY_DURATION, struct config_environment, gates.rehearsal_max_age_ms),
};
static const struct config_map rehearsed_map = MAP("the rehearsal gate", rehearsed_keys);
static const struct config_key risk_keys[] = {
    SHOWN("flag", struct config_environment, gates.risk_flag),
};
static const struct config_map risk_map = MAP("the risk gate", risk_keys);
static const struct config_key announced_keys[] = {
    KEY("before", KEY_DURATION, struct config_environment, gates.announced_ms),
};
static const struct config_map announced_map = MAP("the announced gate", announced_keys);
static const struct config_key staging_keys[] = {
    SHOWN("environment", struct config_environment, gates.staging),
};
static const struct config_map staging_map = MAP("the staging gate", staging_keys);

static const struct config_key keys_keys[] = {
    ARRAY("required", KEY_TEXTS, struct config_environment, gates.keys, gates.n_keys, NULL),
    SHOWN("file", struct config_environment, gates.keys_file),
    SHOWN("pid_file", struct config_environment, gates.keys_pid_file),
    ARRAY("command", KEY_TEXTS, struct config_environment, gates.keys_command, gates.n_keys_command,
          NULL),
};
static const struct config_map keys_map = MAP("the keys gate", keys_keys);

static const struct config_key secret_keys[] = {
    {.name = "name",
     .shape = KEY_TEXT,
     .offset = offsetof(struct config_secret_age, name),
     .is_required = true},
    SHOWN("path", struct config_secret_age, path),
    ARRAY("command", KEY_TEXTS, struct config_secret_age, command, n_command, NULL),
    {.name = "max_age",
     .shape = KEY_DURATION,
     .offset = offsetof(struct config_secret_age, max_age_ms),
     .is_required = true},
};
static void end_secret(struct config_reading *reading, const struct yaml *node, void *element)
{
    const struct config_secret_age *secret = element;

    if (node->kind == YAML_MAP && (secret->path != NULL) == (secret->n_command > 0))
        config_problem(reading, node->line, node->column, NULL,
                       "expected one of path and command, found %s",
                       secret->path != NULL ? "both" : "none");
}
static const struct config_map secret_map = {
    .what = "a secret",
    .keys = secret_keys,
    .n_keys = COUNT_OF(secret_keys),
    .size = sizeof(struct config_secret_age),
    .end = end_secret,
};

static const struct config_key traffic_keys[] = {
    SHOWN("file", struct config_environment, gates.traffic_file),
    ARRAY("command", KEY_TEXTS, struct config_environment, gates.traffic_command,
          gates.n_traffic_command, NULL),
    KEY("below", KEY_SHARE, struct config_environment, gates.traffic_below),
};
static const struct config_map traffic_map = MAP("the low_traffic gate", traffic_keys);

static const struct config_key disk_keys[] = {
    SHOWN("path", struct config_environment, gates.disk_path),
    ARRAY("command", KEY_TEXTS, struct config_environment, gates.disk_command, gates.n_disk_command,
          NULL),
};
static const struct config_map disk_map = MAP("the disk gate", disk_keys);

#define INNER_MAP(key_name, key_map)                                                               \
    {                                                                                              \
        .name = (key_name), .shape = KEY_MAP, .offset = 0, .map = (key_map)                        \
    }

static const struct config_key gate_keys[] = {
    // Which gates there are is the poll's to know.
    ARRAY("required", KEY_TEXTS, struct config_environment, gates.required, gates.n_required, NULL),
    ARRAY("optional", KEY_TEXTS, struct config_environment, gates.optional, gates.n_optional, NULL),
    INNER_MAP("review", &review_map),
    INNER_MAP("window", &window_map),
    INNER_MAP("low_traffic", &traffic_map),
    ARRAY("freeze", KEY_LIST, struct config_environment, gates.freeze, gates.n_freeze, &freeze_map),
    {.name = "holidays", .shape = KEY_CUSTOM, .parse = parse_holidays},
    INNER_MAP("size", &size_map),
    INNER_MAP("baseline", &baseline_map),
    INNER_MAP("rehearsal", &rehearsed_map),
    INNER_MAP("risk", &risk_map),
    INNER_MAP("announced", &announced_map),
    INNER_MAP("staging", &staging_map),
    INNER_MAP("keys", &keys_map),
    ARRAY("secrets", KEY_LIST, struct config_environment, gates.secrets, gates.n_secrets,
          &secret_map),
    INNER_MAP("disk", &disk_map),
};
const struct config_map config_map_gates = MAP("gates", gate_keys);
