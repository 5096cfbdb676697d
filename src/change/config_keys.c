/*
 * Configuration keys: every key that tminus.yaml may have, one row each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config_key_rows.h"

// --- what must hold of the data

static bool has_variable(const char *text)
{
    const char *at = strstr(text, "${");
    while (at != NULL && at > text && at[-1] == '$')
        at = strstr(at + 2, "${");
    return at != NULL;
}

static void read_query(struct config_reading *reading, const struct yaml *node,
                       struct config_invariant *invariant)
{
    static const struct {
        const char *key;
        enum invariant_kind kind;
    } kinds[] = {{"zero", INVARIANT_ZERO},
                 {"same", INVARIANT_SAME},
                 {"keys_kept", INVARIANT_KEYS_KEPT},
                 {"value", INVARIANT_VALUE}};
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct yaml *query = yaml_get(node, kinds[i].key);
        if (query == NULL)
            continue;
        n++;
        invariant->kind = kinds[i].kind;
        invariant->sql = config_scalar(reading, query, "a query");
        if (query->kind == YAML_SCALAR && has_variable(query->text))
            config_problem(reading, query->line, query->column,
                           "write the value, or $${ for the two characters ${",
                           "a query that others are to read and to ask again takes no variable");
    }
    if (n != 1)
        config_problem(reading, node->line, node->column, NULL,
                       "expected one of zero, same, keys_kept, value with a query, found %s",
                       n == 0 ? "none" : "several");
}

static void end_invariant(struct config_reading *reading, const struct yaml *node, void *element)
{
    struct config_invariant *invariant = element;
    invariant->line = node->line;
    invariant->column = node->column;
    if (node->kind != YAML_MAP)
        return;
    read_query(reading, node, invariant);
    bool has_expect = yaml_get(node, "expect") != NULL;
    if (invariant->sql != NULL && has_expect != (invariant->kind == INVARIANT_VALUE))
        config_problem(reading, node->line, node->column, "expect: {below: 3600}",
                       has_expect ? "'expect' belongs to 'value' only"
                                  : "'value' needs 'expect': what may the value be?");
}

static const struct config_key invariant_keys[] = {
    {.name = "name",
     .shape = KEY_TEXT,
     .is_required = true,
     .offset = offsetof(struct config_invariant, name)},
    CHECKED("zero", KEY_ANY), // these four: end_invariant
    CHECKED("same", KEY_ANY),
    CHECKED("keys_kept", KEY_ANY),
    CHECKED("value", KEY_ANY),
    SHOWN("database", struct config_invariant, database),
    {.name = "tolerance",
     .shape = KEY_CUSTOM,
     .offset = offsetof(struct config_invariant, tolerance),
     .parse = config_parse_tolerance},
    {.name = "expect",
     .shape = KEY_CUSTOM,
     .offset = offsetof(struct config_invariant, expect),
     .parse = config_parse_expect},
};
static const struct config_map invariant_map = {
    .what = "an invariant",
    .keys = invariant_keys,
    .n_keys = COUNT_OF(invariant_keys),
    .size = sizeof(struct config_invariant),
    .end = end_invariant,
};

static const struct config_key table_keys[] = {
    ARRAY("key", KEY_TEXTS, struct config_table, key, n_key, NULL),
    ARRAY("ignore", KEY_TEXTS, struct config_table, ignore, n_ignore, NULL),
    ARRAY("mask", KEY_TEXTS, struct config_table, mask, n_mask, NULL),
    SHOWN("age", struct config_table, age),
    {.name = "tolerance",
     .shape = KEY_CUSTOM,
     .offset = offsetof(struct config_table, tolerance),
     .parse = config_parse_tolerance},
};
static const struct config_map table_map = {
    .what = "a table",
    .keys = table_keys,
    .n_keys = COUNT_OF(table_keys),
    .size = sizeof(struct config_table),
    .name_offset = offsetof(struct config_table, name),
};

// "attachments.email_id", perhaps with a schema before it.
static void split_column(struct config_reading *reading, const struct yaml *node,
                         const char **table, const char **column)
{
    static const char what[] = "TABLE.COLUMN";
    const char *text = node == NULL ? NULL : config_scalar(reading, node, what);
    if (text == NULL)
        return;
    const char *dot = strrchr(text, '.');
    if (dot == NULL || dot == text || dot[1] == '\0') {
        config_expected(reading, node, what);
        return;
    }
    *table = mem_strndup(reading->mem, text, (size_t)(dot - text));
    *column = dot + 1;
}

static void end_reference(struct config_reading *reading, const struct yaml *node, void *element)
{
    struct config_reference *reference = element;
    if (node->kind != YAML_MAP)
        return;
    split_column(reading, yaml_get(node, "from"), &reference->from_table, &reference->from_column);
    split_column(reading, yaml_get(node, "to"), &reference->to_table, &reference->to_column);
}

static const struct config_key reference_keys[] = {
    {.name = "from", .shape = KEY_ANY, .offset = KEY_NOWHERE, .is_required = true},
    {.name = "to", .shape = KEY_ANY, .offset = KEY_NOWHERE, .is_required = true},
};
static const struct config_map reference_map = {
    .what = "a reference",
    .keys = reference_keys,
    .n_keys = COUNT_OF(reference_keys),
    .size = sizeof(struct config_reference),
    .end = end_reference,
};

// paths: {"app/classify/**": [emails, briefs], "docs/**": []}
static void parse_paths(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config *config = at;
    if (node->kind != YAML_MAP) {
        config_expected(reading, node, "a map of path patterns to tables");
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        struct config_path *path =
            mem_append(reading->mem, config->code_paths, config->n_code_paths);
        path->glob = node->entries[i].key;
        config_read_texts(reading, node->entries[i].value, &path->tables, &path->n_tables);
    }
}

// rules: {style: true, RULE: off}; which rules there are is the command's to know.
static void parse_rules(struct config_reading *reading, const struct yaml *node, void *at)
{
    static const char *const settings[] = {"off", "note", "warn", "stop"};
    struct config *config = at;
    if (node->kind != YAML_MAP) {
        config_expected(reading, node, "a map of rules to off, note, warn or stop");
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml *value = node->entries[i].value;
        const char *text = config_scalar(reading, value, "off, note, warn or stop");
        bool is_style = strcmp(node->entries[i].key, "style") == 0;
        bool is_known = false;
        if (text == NULL)
            continue;
        for (size_t k = 0; k < COUNT_OF(settings); k++)
            is_known = is_known || strcmp(text, settings[k]) == 0;
        if (is_style && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
            config->has_style = text[0] == 't';
        else if (is_style || !is_known)
            config_expected(reading, value, is_style ? "true or false" : "off, note, warn or stop");
        else
            *mem_append(reading->mem, config->rules, config->n_rules) =
                (struct config_rule){.rule = node->entries[i].key,
                                     .setting = text,
                                     .line = value->line,
                                     .column = value->column};
    }
}

static const struct config_key owner_keys[] = {
    SHOWN("deployer", struct config_owners, deployer),
    SHOWN("database", struct config_owners, database),
    SHOWN("reviewer", struct config_owners, reviewer),
    SHOWN("on_call", struct config_owners, on_call),
};
static const struct config_map owners_map = MAP("owners", owner_keys);

static const struct config_key budget_keys[] = {
    KEY("blocks_reads", KEY_DURATION, struct config_budget, blocks_reads_ms),
    KEY("blocks_writes", KEY_DURATION, struct config_budget, blocks_writes_ms),
};
static const struct config_map budget_map = MAP("budget", budget_keys);

static const struct config_key file_keys[] = {
    SHOWN("service", struct config, service),
    ARRAY("environments", KEY_NAMED, struct config, environments, n_environments,
          &config_map_environment),
    ARRAY("invariants", KEY_LIST, struct config, invariants, n_invariants, &invariant_map),
    ARRAY("tables", KEY_NAMED, struct config, tables, n_tables, &table_map),
    ARRAY("references", KEY_LIST, struct config, references, n_references, &reference_map),
    {.name = "paths", .shape = KEY_CUSTOM, .parse = parse_paths},
    {.name = "rules", .shape = KEY_CUSTOM, .parse = parse_rules},
    {.name = "owners",
     .shape = KEY_MAP,
     .offset = offsetof(struct config, owners),
     .map = &owners_map},
    {.name = "budget",
     .shape = KEY_MAP,
     .offset = offsetof(struct config, budget),
     .map = &budget_map},
    ARRAY("generated", KEY_TEXTS, struct config, generated, n_generated, NULL),
    {.name = "store",
     .shape = KEY_CUSTOM,
     .offset = offsetof(struct config, store),
     .parse = config_parse_store},
};

const struct config_map config_map_file = MAP("tminus.yaml", file_keys);
