/*
 * Keys of tminus.yaml about a flight's own steps.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config_key_rows.h"

#define MINUTE_MS ((int64_t)60 * 1000)

static const char *const kind_names[STEP_KIND_COUNT] = {
    [STEP_KIND_NONE] = "none", [STEP_KIND_COMMAND] = "command", [STEP_KIND_TRAFFIC] = "traffic",
    [STEP_KIND_SQL] = "sql",   [STEP_KIND_FLAG] = "flag",       [STEP_KIND_TAG] = "tag",
    [STEP_KIND_WAIT] = "wait", [STEP_KIND_NOTIFY] = "notify",   [STEP_KIND_VERIFY] = "verify",
};

const char *config_step_kind_name(enum step_kind_name kind)
{
    return kind_names[kind];
}

// --- keys

static const char *const places[] = {"prepare", "before_migrations", "after_migrations",
                                     "after_release", NULL};

// `none`, a command as a list, or a file of SQL.
static void parse_undo(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_step *step = at;
    step->undo = STEP_UNDO_GIVEN;
    if (node->kind == YAML_LIST) {
        config_read_texts(reading, node, &step->undo_command, &step->n_undo_command);
        return;
    }
    step->undo_sql = config_scalar(reading, node, "none, a command as a list, or a file of SQL");
    if (step->undo_sql == NULL || strcmp(step->undo_sql, "none") != 0)
        return;
    step->undo = STEP_UNDO_NONE;
    step->undo_sql = NULL;
}

static void parse_value(struct config_reading *reading, const struct yaml *node, void *at)
{
    const char *value = config_scalar(reading, node, "on or off");
    if (value == NULL || config_is_open(value))
        return;
    bool is_on = strcmp(value, "on") == 0;
    if (!is_on && strcmp(value, "off") != 0)
        config_expected(reading, node, "on or off");
    ((struct config_step *)at)->is_on = is_on;
}

static void parse_read_back(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_step *step = at;
    struct config_health *health = mem_new(reading->mem, struct config_health);
    config_map_read_back.begin(reading, node, health);
    config_read_map(reading, node, &config_map_read_back, health);
    config_map_read_back.end(reading, node, health);
    step->read_back = health;
}

static const struct config_key keys[] = {
    {.name = "name",
     .shape = KEY_TEXT,
     .offset = offsetof(struct config_step, name),
     .is_required = true},
    {.name = "at",
     .shape = KEY_CHOICE,
     .offset = offsetof(struct config_step, at),
     .choices = places,
     .is_required = true},
    ARRAY("command", KEY_COMMAND, struct config_step, command, n_command, NULL),
    ARRAY("traffic", KEY_COMMAND, struct config_step, command, n_command, NULL),
    KEY("shell", KEY_BOOL, struct config_step, is_shell),
    KEY("changes_schema", KEY_BOOL, struct config_step, changes_schema),
    SHOWN("sql", struct config_step, sql),
    SHOWN("database", struct config_step, database),
    SHOWN("flag", struct config_step, flag),
    {.name = "value", .shape = KEY_CUSTOM, .parse = parse_value},
    KEY("tag", KEY_BOOL, struct config_step, tag),
    KEY("wait", KEY_DURATION, struct config_step, wait_ms),
    KEY("notify", KEY_TEXT, struct config_step, notify),
    KEY("required", KEY_BOOL, struct config_step, is_required),
    KEY("verify", KEY_BOOL, struct config_step, verify),
    {.name = "undo", .shape = KEY_CUSTOM, .parse = parse_undo},
    SHOWN("reason", struct config_step, reason),
    {.name = "read_back", .shape = KEY_CUSTOM, .parse = parse_read_back},
    KEY("timeout", KEY_DURATION, struct config_step, timeout_ms),
    KEY("ready", KEY_DURATION, struct config_step, ready_ms),
};

// --- what a step must have

static void begin_step(struct config_reading *reading, const struct yaml *node, void *element)
{
    (void)reading;
    struct config_step *step = element;
    step->timeout_ms = 30 * MINUTE_MS;
    step->ready_ms = MINUTE_MS / 6;
    step->line = node->line;
    step->column = node->column;
}

static void complain(struct config_reading *reading, const struct config_step *step,
                     const char *hint, const char *what)
{
    config_problem(reading, step->line, step->column, hint, "step '%s' %s",
                   step->name == NULL ? "?" : step->name, what);
}

static enum step_kind_name find_kind(const struct yaml *node, size_t *n)
{
    enum step_kind_name kind = STEP_KIND_NONE;
    *n = 0;
    for (size_t i = STEP_KIND_COMMAND; i < STEP_KIND_COUNT; i++)
        if (yaml_get(node, kind_names[i]) != NULL && ++*n)
            kind = (enum step_kind_name)i;
    return kind;
}

// Keys that only some kinds have.
static void check_keys(struct config_reading *reading, const struct yaml *node,
                       const struct config_step *step)
{
#define OF(kind) (1u << (kind))
    static const unsigned commands = OF(STEP_KIND_COMMAND) | OF(STEP_KIND_TRAFFIC);
    const struct {
        const char *key;
        unsigned kinds;
    } only[] = {
        {"shell", commands},
        {"changes_schema", OF(STEP_KIND_COMMAND)},
        {"database", OF(STEP_KIND_SQL) | OF(STEP_KIND_COMMAND)},
        {"value", OF(STEP_KIND_FLAG)},
        {"required", OF(STEP_KIND_NOTIFY)},
        {"undo", commands | OF(STEP_KIND_SQL) | OF(STEP_KIND_FLAG)},
        {"read_back", commands | OF(STEP_KIND_SQL) | OF(STEP_KIND_WAIT)},
        {"ready", commands},
        {"timeout", commands | OF(STEP_KIND_SQL) | OF(STEP_KIND_VERIFY)},
    };
    SCRATCH(tmp);
    for (size_t i = 0; i < COUNT_OF(only); i++)
        if (yaml_get(node, only[i].key) != NULL && (only[i].kinds & OF(step->kind)) == 0)
            complain(reading, step, NULL,
                     mem_printf(tmp, "is of kind %s, which has no '%s'", kind_names[step->kind],
                                only[i].key));
#undef OF
}

// It changes the target, and how it is taken back must be said.
static bool needs_undo(const struct config_step *step)
{
    return step->place != STEP_AT_PREPARE &&
           (step->kind == STEP_KIND_COMMAND || step->kind == STEP_KIND_TRAFFIC ||
            step->kind == STEP_KIND_SQL);
}

static void check_undo(struct config_reading *reading, const struct config_step *step)
{
    bool is_flag = step->kind == STEP_KIND_FLAG;
    if (step->undo == STEP_UNDO_UNSAID && needs_undo(step))
        complain(reading, step,
                 "undo: [COMMAND, …] (of sql: a file), or undo: none with reason: TEXT",
                 "changes something and does not say how that is taken back");
    if (step->undo == STEP_UNDO_NONE && step->reason == NULL)
        complain(reading, step, NULL, "has 'undo: none' and no 'reason'");
    if (step->undo != STEP_UNDO_NONE && step->reason != NULL)
        complain(reading, step, NULL, "has a 'reason', which belongs to 'undo: none'");
    if (step->undo == STEP_UNDO_GIVEN &&
        (is_flag || (step->undo_sql != NULL) != (step->kind == STEP_KIND_SQL)))
        complain(reading, step, NULL,
                 is_flag ? "sets a flag back by itself: 'undo' is none or left out"
                         : "is undone by what it is done by: a command as a list, a file of SQL");
}

// What the kind cannot do without, and where it may stand.
static void check_kind(struct config_reading *reading, const struct yaml *node,
                       const struct config_step *step)
{
    enum step_kind_name kind = step->kind;
    bool is_preparing = step->place == STEP_AT_PREPARE;
    if (kind == STEP_KIND_FLAG && yaml_get(node, "value") == NULL)
        complain(reading, step, "value: on, or value: off", "does not say what the flag is set to");
    if (kind == STEP_KIND_SQL && (step->read_back == NULL || step->read_back->kind != HEALTH_SQL))
        complain(reading, step, "read_back: {sql: \"SELECT …\", expect: …}",
                 "is not believed: only a question of SQL tells whether it is done");
    if (is_preparing && step->changes_schema)
        complain(reading, step, "at: before_migrations",
                 "changes the schema, and preparation does not");
    if (kind == STEP_KIND_COMMAND && step->database != NULL && !step->changes_schema)
        complain(reading, step, NULL, "has a 'database', which belongs to 'changes_schema'");
    if ((kind == STEP_KIND_TAG && !step->tag) || (kind == STEP_KIND_VERIFY && !step->verify))
        complain(reading, step, "leave it out instead", "is false, and so nothing");
    if (kind == STEP_KIND_VERIFY && step->place < STEP_AT_AFTER_MIGRATIONS)
        complain(reading, step, NULL, "has nothing to compare before the migrations");
    if (is_preparing &&
        (kind == STEP_KIND_SQL || kind == STEP_KIND_FLAG || kind == STEP_KIND_TRAFFIC))
        complain(reading, step, "at: before_migrations",
                 "changes what runs, and preparation does not");
}

// It names a lock, an event and a line of the board; a flight's own steps have theirs.
static void check_name(struct config_reading *reading, const struct config_step *step)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    static const char *const own[] = {"build", "backup", "baseline", "migrate", "release", "tag"};
    const char *name = step->name;
    if (name == NULL)
        return;
    if (name[0] == '\0' || name[0] == '-' || name[strspn(name, allowed)] != '\0')
        complain(reading, step, NULL, "has no name of letters, digits, _ and -");
    else if (word_in(name, own, COUNT_OF(own)))
        complain(reading, step, "give it another name", "has the name of one of the flight's own");
}

static void end_step(struct config_reading *reading, const struct yaml *node, void *element)
{
    struct config_step *step = element;
    size_t n;
    if (node->kind != YAML_MAP)
        return;
    for (size_t i = 0; step->at != NULL && places[i] != NULL; i++)
        if (strcmp(places[i], step->at) == 0)
            step->place = (enum step_place)i;
    step->kind = find_kind(node, &n);
    check_name(reading, step);
    if (step->read_back != NULL) // it is told by the step's name: it has none of its own
        step->read_back->name = step->name;
    if (n != 1) {
        config_problem(reading, step->line, step->column,
                       "give one of command, traffic, sql, flag, tag, wait, notify, verify",
                       n == 0 ? "the step does nothing" : "the step does %zu things at once", n);
        return;
    }
    check_keys(reading, node, step);
    check_undo(reading, step);
    if (step->at != NULL)
        check_kind(reading, node, step);
}

const struct config_map config_map_step = {
    .what = "a step",
    .keys = keys,
    .n_keys = COUNT_OF(keys),
    .size = sizeof(struct config_step),
    .begin = begin_step,
    .end = end_step,
};

void config_check_steps(struct config_reading *reading,
                        const struct config_environment *environment)
{
    for (size_t i = 0; i < environment->n_steps; i++) {
        const struct config_step *step = &environment->steps[i];
        for (size_t j = 0; j < i && step->name != NULL; j++)
            if (environment->steps[j].name != NULL &&
                strcmp(environment->steps[j].name, step->name) == 0)
                complain(reading, step, NULL, "is there twice");
    }
}
