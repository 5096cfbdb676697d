/*
 * Keys of tminus.yaml about who is told: files and webhooks that messages go to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config_key_rows.h"

#define TIMEOUT_MS 5000

static const char *const kinds[] = {"slack", "webhook", "command", "file", NULL};

static void parse_headers(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_notify *notify = at;
    config_read_sent_headers(reading, node, &notify->headers, &notify->n_headers);
}

static const struct config_key keys[] = {
    {.name = "kind",
     .shape = KEY_CHOICE,
     .offset = offsetof(struct config_notify, kind),
     .choices = kinds,
     .is_required = true},
    KEY("url", KEY_SECRET, struct config_notify, url),
    {.name = "headers", .shape = KEY_CUSTOM, .parse = parse_headers},
    SHOWN("ca", struct config_notify, ca),
    KEY("timeout", KEY_DURATION, struct config_notify, timeout_ms),
    SHOWN("path", struct config_notify, path),
    // Of the kinds that this version does not send to.
    CHECKED("webhook", KEY_SECRET),
    CHECKED("channel", KEY_TEXT),
    CHECKED("command", KEY_COMMAND),
    CHECKED("shell", KEY_BOOL),
};

static void begin_notify(struct config_reading *reading, const struct yaml *node, void *element)
{
    (void)reading;
    (void)node;
    ((struct config_notify *)element)->timeout_ms = TIMEOUT_MS;
}

static void end_notify(struct config_reading *reading, const struct yaml *node, void *element)
{
    static const struct {
        const char *kind, *key;
    } needs[] = {
        {"file", "path"}, {"webhook", "url"}, {"slack", "webhook"}, {"command", "command"}};
    const struct config_notify *notify = element;
    for (size_t i = 0; i < COUNT_OF(needs) && notify->kind != NULL; i++)
        if (strcmp(needs[i].kind, notify->kind) == 0 && yaml_get(node, needs[i].key) == NULL)
            config_problem(reading, node->line, node->column, NULL, "kind %s needs '%s'",
                           notify->kind, needs[i].key);
}

const struct config_map config_map_notify = {
    .what = "a notification",
    .keys = keys,
    .n_keys = COUNT_OF(keys),
    .size = sizeof(struct config_notify),
    .begin = begin_notify,
    .end = end_notify,
};
