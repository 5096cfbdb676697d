/*
 * Notifiers: a message to people or to their programs, by a channel of tminus.yaml.
 *
 * A message is a JSON object with `text` in it. That nobody took it is an answer, not a failure:
 * who flies goes on. Addresses of channels are secret: only a webhook's host is ever named.
 *
 * Only main.c names implementations. test/contract/ runs one suite on each of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_NOTIFIER_H
#define DRIVER_NOTIFIER_H

#include "base/error.h"
#include "base/json.h"
#include "base/wait.h"
#include "change/config.h"

#define NOTIFIER_ATTEMPTS 3 // of a webhook whose server may be better a moment later

struct notifier_request {
    const struct config_notify *channel;
    const char *folder;    // that relative paths start in
    const json_t *message; // borrowed
    struct wait *wait;
};

struct notifier_answer {
    bool is_delivered;
    const char *channel; // "webhook https://example.org/****"
    const char *text;    // one sentence: "status 204", "nobody listens there"
    int64_t attempts;
};

struct notifier_driver {
    const char *name; // "file"
    // Fails on an interruption alone: nobody knows then whether it was delivered.
    bool (*send)(TALLOC_CTX *mem, const struct notifier_request *request,
                 struct notifier_answer *out, struct error *err);
};

extern const struct notifier_driver notifier_file;
extern const struct notifier_driver notifier_webhook;

// Send by the driver for the channel's kind; where there is none, nobody took it. `drivers` is
// main.c's NULL-terminated table.
MUST_CHECK bool notifier_send(TALLOC_CTX *mem, const struct notifier_driver *const *drivers,
                              const struct notifier_request *request, struct notifier_answer *out,
                              struct error *err);

// "webhook https://example.org/****", "file calls.jsonl".
const char *notifier_channel_name(TALLOC_CTX *mem, const struct config_notify *channel);

#endif
