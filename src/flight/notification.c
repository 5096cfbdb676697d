/*
 * Notifications: see notification.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/notification.h"
#include "base/clock.h"
#include "journal/events.h"
#include <string.h>

// Where the journal stands, for `tminus journal verify --head`.
static bool put_head(const struct notification *notification, json_t *message, struct error *err)
{
    SCRATCH(tmp);
    struct journal_head head;

    if (notification->journal == NULL)
        return true;
    TRY(journal_head(notification->journal, &head, err));
    const char *text = journal_head_text(tmp, &head);
    json_put_text(message, "text", mem_printf(tmp, "%s\njournal %s", notification->text, text));
    json_put_text(message, "journal", text);
    return true;
}

static json_t *make_message(const struct notification *notification)
{
    json_t *message = json_object();
    if (notification->detail != NULL)
        json_object_update(message, notification->detail);
    json_put_text(message, "text", notification->text);
    json_put_text(message, "at", clock_format(clock_wall_ms()).text);
    json_put_text(message, "service", notification->config->service);
    json_put_text(message, "environment", notification->environment->name);
    return message;
}

static void note_answer(struct notification_report *report, const struct notifier_answer *answer)
{
    json_t *noted = json_object();
    json_put_text(noted, "channel", answer->channel);
    json_put_bool(noted, "delivered", answer->is_delivered);
    json_put_text(noted, "text", answer->text);
    json_put_integer(noted, "attempts", answer->attempts);
    json_array_append_new(report->answers, noted);
    report->n_delivered += answer->is_delivered;
}

static const char *failed_names(TALLOC_CTX *mem, const struct notification_report *report)
{
    const char *names = "";
    const json_t *answer;
    size_t i;

    json_array_foreach(report->answers, i, answer)
    {
        if (json_is_true(json_object_get(answer, "delivered")))
            continue;
        names = mem_printf(mem, "%s%s%s: %s", names, *names ? "; " : "",
                           json_get_text(answer, "channel"), json_get_text(answer, "text"));
    }
    return names;
}

bool notification_send(TALLOC_CTX *mem, const struct notification *notification,
                       struct notification_report *out, struct error *err)
{
    SCRATCH(tmp);
    const struct config_environment *environment = notification->environment;
    json_t *message = json_keep(tmp, make_message(notification));

    TRY(put_head(notification, message, err));
    *out = (struct notification_report){.n_channels = environment->n_notify,
                                        .answers = json_keep(mem, json_array())};
    for (size_t i = 0; i < environment->n_notify; i++) {
        struct notifier_answer answer;
        const struct notifier_request request = {.channel = &environment->notify[i],
                                                 .folder = notification->config->folder,
                                                 .message = message,
                                                 .wait = notification->wait};
        TRY(notifier_send(tmp, notification->drivers, &request, &answer, err));
        note_answer(out, &answer);
    }
    if (out->n_delivered == out->n_channels)
        out->why = mem_printf(mem, "%zu channel%s took it", out->n_channels,
                              out->n_channels == 1 ? "" : "s");
    else
        out->why = failed_names(mem, out);
    return true;
}

// --- as an act

struct notifying {
    const struct notification *notification;
    struct notification_report report;
    json_t *data;
};

static int drop_data(struct notifying *notifying)
{
    json_decref(notifying->data);
    return 0;
}

// Whether it came before cannot be seen from here.
static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    const struct notifying *notifying = context;
    const struct notification_report *report = &notifying->report;
    (void)has_acted, (void)err;
    *out = (struct act_seen){.state = ACT_PENDING, .why = report->why};
    if (report->answers == NULL) {
        out->why = mem_printf(mem, "%zu channels are to be told",
                              notifying->notification->environment->n_notify);
        return true;
    }
    out->evidence = json_object();
    json_put(out->evidence, "answers", json_incref(report->answers));
    if (report->n_delivered > 0)
        out->state = report->n_delivered == report->n_channels ? ACT_DONE : ACT_PARTLY;
    return true;
}

static bool send_all(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    struct notifying *notifying = context;
    TRY(notification_send(mem, notifying->notification, &notifying->report, err));
    const struct notification_report *report = &notifying->report;
    if (report->n_delivered < report->n_channels)
        *why =
            mem_printf(mem, "%zu of %zu channels took it", report->n_delivered, report->n_channels);
    return true;
}

static bool check_text(const char *text, struct error *err)
{
    if (text == NULL || text[strspn(text, " \t\r\n")] == '\0') {
        error_set(err, ERROR_USAGE, "there is no text to send");
        return error_hint(err, "tminus notify TEXT");
    }
    if (strlen(text) <= NOTIFICATION_TEXT_MAX)
        return true;
    return error_set(err, ERROR_USAGE, "the text has %zu bytes; at most %zu are sent", strlen(text),
                     NOTIFICATION_TEXT_MAX);
}

bool notification_act(TALLOC_CTX *mem, const struct notification *notification, struct act *out,
                      struct error *err)
{
    TRY(check_text(notification->text, err));
    if (notification->environment->n_notify == 0) {
        error_set(err, ERROR_CONFIG, "environment '%s' has no channel to tell anybody by",
                  notification->environment->name);
        return error_hint(err,
                          "write notify: [{kind: webhook, url: \"${HOOK}\"}] into tminus.yaml");
    }
    struct notifying *notifying = mem_new(mem, struct notifying);
    notifying->notification = notification;
    notifying->data = json_object();
    talloc_set_destructor(notifying, drop_data);
    if (notification->detail != NULL)
        json_object_update(notifying->data, notification->detail);
    json_put_text(notifying->data, "environment", notification->environment->name);
    json_put_text(notifying->data, "text", secret_hide(mem, notification->text));
    *out = (struct act){.started = EVENT_NOTIFY_STARTED,
                        .done = EVENT_NOTIFIED,
                        .failed = EVENT_NOTIFY_FAILED,
                        .data = notifying->data,
                        .context = notifying,
                        .look = look,
                        .act = send_all};
    return true;
}
