/*
 * Configuration listing: see config_listing.h.
 *
 * Values are shown as the file has them, with ${NAME}; which of those names this process does not
 * have is told beside each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/config_listing.h"
#include "base/quantity.h"
#include "base/text.h"
#include "driver/notifier.h"

struct listed {
    const char *label; // "step drain"
    const char *text;  // what it does
    const char *name;
    const char *kind, *at, *undo; // of a step; NULL
    const char **unset;
    size_t n_unset;
};

struct listing {
    TALLOC_CTX *mem;
    const struct config *config;
    struct listed *list;
    size_t n;
};

// --- what is not set

static void add_unset(struct listing *listing, struct listed *listed, const char *text)
{
    for (const char *at = text; at != NULL && (at = strstr(at, "${")) != NULL; at += 2) {
        size_t len = strcspn(at + 2, "}");
        const char *name = mem_strndup(listing->mem, at + 2, len);
        if ((at == text || at[-1] != '$') && getenv(name) == NULL &&
            !word_in(name, listed->unset, listed->n_unset))
            *mem_append(listing->mem, listed->unset, listed->n_unset) = name;
    }
}

static const char *take(struct listing *listing, struct listed *listed, const char *value)
{
    const char *text = value == NULL ? NULL : config_written(listing->config, value);
    add_unset(listing, listed, text);
    return text;
}

static const char *take_words(struct listing *listing, struct listed *listed, const char **words,
                              size_t n)
{
    char *line = mem_strdup(listing->mem, "");
    for (size_t i = 0; i < n; i++)
        line = mem_printf(listing->mem, "%s%s%s", line, i == 0 ? "" : " ",
                          text_shell_quoted(listing->mem, take(listing, listed, words[i])));
    return line;
}

// --- steps

static const char *what_is_done(struct listing *listing, struct listed *listed,
                                const struct config_step *step)
{
    TALLOC_CTX *mem = listing->mem;
    switch (step->kind) {
    case STEP_KIND_COMMAND:
    case STEP_KIND_TRAFFIC: return take_words(listing, listed, step->command, step->n_command);
    case STEP_KIND_SQL: return take(listing, listed, step->sql);
    case STEP_KIND_FLAG: return mem_printf(mem, "%s %s", step->flag, step->is_on ? "on" : "off");
    case STEP_KIND_WAIT: return quantity_duration(mem, step->wait_ms);
    case STEP_KIND_NOTIFY: return take(listing, listed, step->notify);
    case STEP_KIND_TAG:
    case STEP_KIND_VERIFY:
    case STEP_KIND_NONE:
    case STEP_KIND_COUNT: break;
    }
    return NULL;
}

static const char *how_it_is_undone(struct listing *listing, struct listed *listed,
                                    const struct config_step *step)
{
    if (step->undo == STEP_UNDO_NONE)
        return mem_printf(listing->mem, "none: %s", step->reason);
    if (step->undo == STEP_UNDO_UNSAID)
        return NULL;
    return step->undo_sql != NULL
               ? take(listing, listed, step->undo_sql)
               : take_words(listing, listed, step->undo_command, step->n_undo_command);
}

static void add_step(struct listing *listing, const struct config_step *step)
{
    const char *kind = config_step_kind_name(step->kind);
    struct listed listed = {.label = mem_printf(listing->mem, "step %s", step->name),
                            .name = step->name,
                            .kind = kind,
                            .at = step->at};
    const char *what = what_is_done(listing, &listed, step);
    listed.undo = how_it_is_undone(listing, &listed, step);
    if (step->read_back != NULL) {
        const struct config_health *seen = step->read_back;
        take(listing, &listed, seen->http);
        take(listing, &listed, seen->sql);
        take(listing, &listed, seen->tcp);
        take_words(listing, &listed, seen->command, seen->n_command);
    }
    listed.text = mem_printf(listing->mem, "%s%s%s", kind, what == NULL ? "" : " ", what ?: "");
    *mem_append(listing->mem, listing->list, listing->n) = listed;
}

// --- gates and channels

static void add_gate(struct listing *listing, const char *gate, const char *of,
                     const char **command, size_t n)
{
    if (n == 0)
        return;
    struct listed listed = {.label = mem_printf(listing->mem, "gate %s", gate), .name = gate};
    const char *words = take_words(listing, &listed, command, n);
    listed.text = of == NULL ? words : mem_printf(listing->mem, "%s: %s", of, words);
    *mem_append(listing->mem, listing->list, listing->n) = listed;
}

static void add_gates(struct listing *listing, const struct config_gates *gates)
{
    add_gate(listing, "low-traffic", NULL, gates->traffic_command, gates->n_traffic_command);
    add_gate(listing, "keys", NULL, gates->keys_command, gates->n_keys_command);
    for (size_t i = 0; i < gates->n_secrets; i++)
        add_gate(listing, "secrets", gates->secrets[i].name, gates->secrets[i].command,
                 gates->secrets[i].n_command);
    add_gate(listing, "disk", NULL, gates->disk_command, gates->n_disk_command);
}

static void add_channel(struct listing *listing, const struct config_notify *channel)
{
    struct listed listed = {.label = "notify", .name = channel->kind};
    listed.text = notifier_channel_name(listing->mem, channel);
    if (channel->url != NULL)
        add_unset(listing, &listed, secret_reveal(channel->url));
    for (size_t i = 0; i < channel->n_headers; i++)
        add_unset(listing, &listed, secret_reveal(channel->headers[i].secret));
    take(listing, &listed, channel->path);
    *mem_append(listing->mem, listing->list, listing->n) = listed;
}

// --- the whole

static void write_listed(FILE *out, const struct listed *listed)
{
    fprintf(out, "    %-16s ", listed->label);
    if (listed->at != NULL)
        fprintf(out, "at %s: ", listed->at);
    fprintf(out, "%s", listed->text);
    if (listed->undo != NULL)
        fprintf(out, "; undo %s", listed->undo);
    for (size_t i = 0; i < listed->n_unset; i++)
        fprintf(out, "%s${%s}", i == 0 ? "; not set: " : ", ", listed->unset[i]);
    fprintf(out, "\n");
}

void config_listing_write(FILE *out, const struct config *config,
                          const struct config_environment *environment)
{
    SCRATCH(tmp);
    struct listing listing = {.mem = tmp, .config = config};
    for (size_t i = 0; i < environment->n_steps; i++)
        add_step(&listing, &environment->steps[i]);
    add_gates(&listing, &environment->gates);
    for (size_t i = 0; i < environment->n_notify; i++)
        add_channel(&listing, &environment->notify[i]);
    for (size_t i = 0; i < listing.n; i++)
        write_listed(out, &listing.list[i]);
}

static void put_all(json_t *object, const char *name, const char *text_name,
                    struct listing *listing)
{
    json_t *list = json_put_array(object, name);
    for (size_t i = 0; i < listing->n; i++) {
        const struct listed *listed = &listing->list[i];
        json_t *item = json_object();
        json_put_text(item, "name", listed->name);
        if (listed->at != NULL) {
            json_put_text(item, "at", listed->at);
            json_put_text(item, "kind", listed->kind);
            json_put_text(item, "undo", listed->undo);
        }
        json_put_text(item, text_name, listed->text);
        json_t *unset = json_put_array(item, "unset");
        for (size_t k = 0; k < listed->n_unset; k++)
            json_array_append_new(unset, json_text(listed->unset[k]));
        json_array_append_new(list, item);
    }
    listing->n = 0;
}

void config_listing_put(json_t *object, const struct config *config,
                        const struct config_environment *environment)
{
    SCRATCH(tmp);
    struct listing listing = {.mem = tmp, .config = config};
    for (size_t i = 0; i < environment->n_steps; i++)
        add_step(&listing, &environment->steps[i]);
    put_all(object, "steps", "does", &listing);
    add_gates(&listing, &environment->gates);
    put_all(object, "gates", "command", &listing);
    for (size_t i = 0; i < environment->n_notify; i++)
        add_channel(&listing, &environment->notify[i]);
    put_all(object, "notify", "channel", &listing);
}
