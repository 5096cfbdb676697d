/*
 * tminus approve: a person signs the digest of a plan.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"
#include "command/poll_options.h"
#include "flight/notification.h"
#include "journal/events.h"

#define KEY_REASON 0x201
#define KEY_ANNOUNCED 0x202
#define KEY_ANNOUNCE 0x203

struct request {
    struct plan_request plan;
    const char *reason;
    const char *announcement; // that is sent; NULL: none
    bool is_announced;
};

static const struct argp_option table[] = {
    {"reason", KEY_REASON, "TEXT", 0,
     "why it is acceptable: for a high risk, or where there is no way back", 1},
    {"announced", KEY_ANNOUNCED, NULL, 0,
     "sign that it was announced, instead of the plan; --reason says where", 1},
    {"announce", KEY_ANNOUNCE, "TEXT", 0,
     "send TEXT to every channel of notify, and sign that it was announced", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->plan; return 0;
    case KEY_REASON:
        if (value[strspn(value, " \t\n")] == '\0')
            argp_error(state, "--reason needs words");
        request->reason = value;
        return 0;
    case KEY_ANNOUNCED: request->is_announced = true; return 0;
    case KEY_ANNOUNCE:
        if (value[strspn(value, " \t\n")] == '\0')
            argp_error(state, "--announce needs words");
        request->announcement = value;
        request->is_announced = true;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "[PATH…]",
    .doc = "Sign the digest of the plan, as the person that TMINUS_ACTOR names. What is signed is "
           "this plan and no other: when it changes, the signature is void. Ends with 0, 3 when an "
           "announcement reached nobody; nothing is signed then.",
    .children = poll_children,
};

static void write_approved(const struct request *request, const struct plan *plan,
                           const char *actor, const struct journal_head *head)
{
    const char *reason = request->reason;

    if (request->plan.assess.options.format == FORMAT_JSON) {
        json_auto_t *document = json_object();
        json_put_text(document, "schema", "tminus/approve/1");
        json_put_text(document, "digest", plan->digest.hex);
        json_put_bool(document, "announced", request->is_announced);
        json_put_text(document, "actor", actor);
        json_put_text(document, "reason", reason);
        json_t *journal = json_put_object(document, "journal");
        json_put_integer(journal, "seq", head->sequence);
        json_put_text(journal, "hash", head->hash);
        json_write(stdout, document);
        return;
    }
    printf("%s signed %splan %s\n  %s\n  way back: %s\n", actor,
           request->is_announced ? "the announcement of " : "", plan->digest.hex, plan->title,
           rollback_class_name(plan->rollback.class));
    if (reason != NULL)
        printf("  %s: %s\n", request->is_announced ? "where" : "reason", reason);
    printf("journal %lld:%s\n", (long long)head->sequence, head->hash);
}

// To whom it went, for the record.
static const char *channels_of(TALLOC_CTX *mem, const struct notification_report *report)
{
    const char *names = "";
    const json_t *answer;
    size_t i;

    json_array_foreach(report->answers, i, answer)
    {
        if (json_is_true(json_object_get(answer, "delivered")))
            names = mem_printf(mem, "%s%s%s", names, *names ? ", " : "",
                               json_get_text(answer, "channel"));
    }
    return names;
}

// What nobody was told is not signed as announced.
static bool announce(TALLOC_CTX *mem, const struct program *program, const char *text,
                     const struct plan *plan, const struct inspection *inspection,
                     const char **where, struct error *err)
{
    struct notification_report report;
    json_t *detail = json_keep(mem, json_object());
    const struct notification notification = {
        .config = inspection->choice.config,
        .environment = inspection->choice.environment,
        .text = text,
        .detail = detail,
        .journal = inspection->journal,
        .drivers = program->notifiers,
        .wait = wait_make(mem),
    };

    if (notification.environment == NULL || notification.environment->n_notify == 0) {
        error_set(err, ERROR_CONFIG, "there is no channel to announce it by");
        return error_hint(err,
                          "write notify: [{kind: webhook, url: \"${HOOK}\"}] into tminus.yaml; "
                          "or announce it yourself, and sign with --announced --reason WHERE");
    }
    json_put_text(detail, "plan", plan->digest.hex);
    TRY(notification_send(mem, &notification, &report, err));
    if (report.n_delivered == 0)
        return error_set(err, ERROR_UNKNOWN, "nobody was told, and nothing is signed: %s",
                         report.why);
    if (report.n_delivered < report.n_channels)
        log_warning("not everybody was told: %s", report.why);
    *where = channels_of(mem, &report);
    return true;
}

static bool approve(TALLOC_CTX *mem, const struct program *program, struct request *request,
                    struct error *err)
{
    struct plan_input input = {0};
    struct plan *plan;
    struct journal_head head;

    TRY(poll_plan(mem, program, &request->plan, &input, &plan, err));
    const struct inspection *inspection = input.inspection;
    if (request->announcement != NULL)
        TRY(announce(mem, program, request->announcement, plan, inspection, &request->reason, err));
    json_t *data = json_object();
    json_put_text(data, "digest", plan->digest.hex);
    json_put_text(data, "database", inspection->target.identity.database);
    json_put_text(data, "environment", inspection->choice.environment_name);
    json_put_text(data, "reason", request->reason);
    TRY(journal_append(inspection->journal,
                       request->is_announced ? EVENT_ANNOUNCED : EVENT_APPROVED, data, err));
    TRY(journal_head(inspection->journal, &head, err));
    write_approved(request, plan, journal_actor(inspection->journal), &head);
    return true;
}

static int approve_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {.plan = {.assess = {.mem = tmp}}};

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.plan.assess.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err) ||
        !approve(tmp, program, &request, err))
        return -1;
    return EXIT_GO;
}

const struct command command_approve = {
    .name = "approve",
    .arguments = "[--reason TEXT] [--announce TEXT] [PATH…]",
    .summary = "sign the digest of the plan",
    .when = "before",
    .run = approve_run,
};
