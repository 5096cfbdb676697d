/*
 * Notifiers: see notifier.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/notifier.h"
#include "base/text.h"

// "https://example.org/****": many services have their key in the path.
static const char *masked(TALLOC_CTX *mem, const struct secret *url)
{
    SCRATCH(tmp);
    const char *whole = secret_reveal(url), *host = strstr(whole, "://");
    if (host == NULL)
        return "****";
    int scheme = (int)(host - whole);
    size_t len = strcspn(host + 3, "/?#");
    const char *authority = mem_strndup(tmp, host + 3, len), *user = strrchr(authority, '@');
    return secret_hide(
        mem, mem_printf(tmp, "%.*s://%s/****", scheme, whole, user == NULL ? authority : user + 1));
}

const char *notifier_channel_name(TALLOC_CTX *mem, const struct config_notify *channel)
{
    if (channel->url != NULL)
        return mem_printf(mem, "%s %s", channel->kind, masked(mem, channel->url));
    return channel->path == NULL ? channel->kind
                                 : mem_printf(mem, "%s %s", channel->kind, channel->path);
}

static const char *without_address(TALLOC_CTX *mem, const struct config_notify *channel,
                                   const char *text)
{
    SCRATCH(tmp);
    if (channel->url == NULL)
        return text;
    const char *line =
        text_replaced(tmp, text, secret_mask(tmp, channel->url), masked(tmp, channel->url));
    return text_replaced(mem, line, secret_reveal(channel->url), "****");
}

bool notifier_send(TALLOC_CTX *mem, const struct notifier_driver *const *drivers,
                   const struct notifier_request *request, struct notifier_answer *out,
                   struct error *err)
{
    const struct config_notify *channel = request->channel;
    *out = (struct notifier_answer){.channel = notifier_channel_name(mem, channel)};
    for (size_t i = 0; drivers[i] != NULL; i++) {
        if (strcmp(drivers[i]->name, channel->kind) != 0)
            continue;
        TRY(drivers[i]->send(mem, request, out, err));
        out->text = without_address(mem, channel, out->text);
        return true;
    }
    out->text = mem_printf(mem, "this tminus sends nothing to a channel of kind %s", channel->kind);
    return true;
}
