/*
 * tminus maintenance: what users see instead of the service, for a time, proven from outside.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/maintenance.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/quantity.h"
#include "command/effect.h"
#include "command/kept_journal.h"
#include "flight/maintenance.h"
#include "flight/notification.h"
#include "journal/events.h"

#define KEY_ENABLE 0x201
#define KEY_DISABLE 0x202
#define KEY_FOR 0x203
#define KEY_OVERDUE 0x204
#define KEY_DRY_RUN 0x205

struct request {
    struct options options;
    bool enables, disables, is_overdue, is_dry_run;
    const char *lasts;
};

static const struct argp_option table[] = {
    {"enable", KEY_ENABLE, NULL, 0, "switch it on, for a time", 1},
    {"disable", KEY_DISABLE, NULL, 0, "switch it off", 1},
    {"for", KEY_FOR, "DURATION", 0, "how long it may be on, such as 30m", 1},
    {"overdue", KEY_OVERDUE, NULL, 0,
     "with --disable: only when its time is over; people are called", 1},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "only look what is seen from outside", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_ENABLE: request->enables = true; return 0;
    case KEY_DISABLE: request->disables = true; return 0;
    case KEY_FOR: request->lasts = value; return 0;
    case KEY_OVERDUE: request->is_overdue = true; return 0;
    case KEY_DRY_RUN: request->is_dry_run = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .doc =
        "Enable or disable maintenance by the commands of tminus.yaml, and look from outside "
        "whether it is so. It is on for a time: tminus watch and flights disable it when that is "
        "over, and people are called. Ends with 0 when it is so, 3 when nobody can say, 4 when "
        "the command failed and nothing changed, 5 when it is not seen from outside.",
    .children = options_children,
};

// Looking at a journal must not make one.
static bool read_lease(const struct effect *effect, struct maintenance_lease *out,
                       struct error *err)
{
    SCRATCH(tmp);
    struct journal_place place;
    struct journal *journal;

    *out = (struct maintenance_lease){0};
    TRY(kept_journal_find(tmp, effect->program, &effect->choice, &place, err));
    if (strcmp(place.driver->name, "sqlite") == 0 &&
        file_kind(secret_reveal(place.location)) == FILE_MISSING)
        return true;
    TRY(journal_open(tmp, &place, "", &journal, err));
    TRY(journal_check(journal, err));
    return maintenance_lease_read(journal, effect->choice.environment_name, out, err);
}

static struct maintenance_request request_of(struct effect *effect, bool is_on)
{
    return (struct maintenance_request){
        .config = effect->choice.config,
        .environment = effect->choice.environment,
        .is_on = is_on,
        .probes = effect->program->probes,
        .engines = effect->program->engines,
        .wait = effect->wait,
        .show = effect_show_line,
        .show_context = effect,
    };
}

// --- overdue

static bool tell_people(TALLOC_CTX *mem, const struct effect *effect, struct journal *journal,
                        const char *text, struct error *err)
{
    struct journal_head head;
    struct notification_report report;
    const struct notification notification = {
        .config = effect->choice.config,
        .environment = effect->choice.environment,
        .text = text,
        .journal = journal,
        .drivers = effect->program->notifiers,
        .wait = effect->wait,
    };

    if (notification.environment->n_notify == 0)
        return true;
    TRY(journal_head(journal, &head, err));
    json_t *data = json_object();
    json_put_integer(data, "about", head.sequence);
    json_put_text(data, "text", text);
    TRY(journal_append(journal, EVENT_CALL_STARTED, data, err));
    TRY(notification_send(mem, &notification, &report, err));
    data = json_object();
    json_put_integer(data, "about", head.sequence);
    json_put_text(data, "why", report.why);
    json_put(data, "answers", json_incref(report.answers));
    return journal_append(journal, report.n_delivered > 0 ? EVENT_CALLED : EVENT_CALL_FAILED, data,
                          err);
}

static bool note_overdue(const struct effect *effect, struct journal *journal,
                         const struct maintenance_lease *lease, struct error *err)
{
    json_t *data = json_object();

    json_put_text(data, "environment", effect->choice.environment_name);
    json_put_text(data, "until", clock_format(lease->until_ms).text);
    json_put_integer(data, "late_ms", clock_wall_ms() - lease->until_ms);
    return journal_append(journal, EVENT_MAINTENANCE_OVERDUE, data, err);
}

static bool end_overdue(TALLOC_CTX *mem, struct effect *effect, struct journal *journal,
                        const struct maintenance_lease *lease, struct act_report *out,
                        struct error *err)
{
    struct maintenance_request request = request_of(effect, false);
    struct act act;

    request.lease = *lease;
    TRY(maintenance_act(mem, &request, &act, err));
    if (!lease->is_noted)
        TRY(note_overdue(effect, journal, lease, err));
    TRY(act_run(mem, &act, journal, out, err));
    const char *text = mem_printf(
        mem, "%s %s: ALARM: maintenance was to end at %s; %s: %s", effect->choice.config->service,
        effect->choice.environment_name, clock_format(lease->until_ms).text,
        out->state == ACT_DONE ? "it was disabled now" : "it could not be disabled", out->why);
    log_warning("%s", text);
    return lease->is_noted || tell_people(mem, effect, journal, text, err);
}

bool maintenance_end_overdue(TALLOC_CTX *mem, const struct program *program,
                             const struct options *options, struct maintenance_ending *out,
                             struct error *err)
{
    struct effect effect = {.verb = "maintenance", .program = program, .options = options};
    struct maintenance_lease lease;
    struct journal *journal;

    *out = (struct maintenance_ending){0};
    TRY(effect_open(mem, &effect, err));
    TRY(read_lease(&effect, &lease, err));
    if (!maintenance_lease_is_over(&lease, clock_wall_ms()))
        return true;
    TRY(effect_open_journal(mem, &effect, &journal, err));
    // Another one may have ended it meanwhile.
    TRY(maintenance_lease_read(journal, effect.choice.environment_name, &lease, err));
    out->was_over = maintenance_lease_is_over(&lease, clock_wall_ms());
    return !out->was_over || end_overdue(mem, &effect, journal, &lease, &out->report, err);
}

static int run_overdue(TALLOC_CTX *mem, const struct program *program,
                       const struct options *options, struct error *err)
{
    struct maintenance_ending ending;

    if (!maintenance_end_overdue(mem, program, options, &ending, err))
        return -1;
    const char *why = ending.was_over ? ending.report.why : "no maintenance is overdue";
    if (options->format == FORMAT_TEXT) {
        printf("%s\n", why);
    } else {
        json_auto_t *document = json_object();
        json_put_text(document, "schema", "tminus/maintenance/1");
        json_put_bool(document, "was_overdue", ending.was_over);
        json_put_text(document, "state",
                      ending.was_over ? act_state_name(ending.report.state) : "done");
        json_put_text(document, "why", why);
        json_write(stdout, document);
    }
    return ending.was_over ? act_exit_status(&ending.report) : EXIT_GO;
}

// --- the verb

static bool check_words(const struct request *request, struct error *err)
{
    if (request->enables == request->disables) {
        error_set(err, ERROR_USAGE,
                  request->enables ? "it cannot be enabled and disabled at once"
                                   : "it is not said whether maintenance is to be on or off");
        return error_hint(err, "tminus maintenance --enable --for 30m, or --disable");
    }
    if (request->lasts != NULL && !request->enables)
        return error_set(err, ERROR_USAGE, "--for says how long it is enabled: give --enable too");
    if (request->is_overdue && (request->enables || request->is_dry_run))
        return error_set(err, ERROR_USAGE, "--overdue goes with --disable alone");
    return true;
}

static bool read_for(const struct request *request, const struct effect *effect, int64_t *ms,
                     struct error *err)
{
    *ms = effect->choice.environment->maintenance.for_ms;
    if (request->lasts != NULL && !quantity_read_duration(request->lasts, ms, err))
        return false;
    return *ms > 0 || error_set(err, ERROR_USAGE, "--for: maintenance of no time is none");
}

static int maintenance_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct act act;
    int64_t for_ms;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    struct effect effect = {.verb = "maintenance",
                            .program = program,
                            .options = &request.options,
                            .is_dry_run = request.is_dry_run};
    if (!effect_open(tmp, &effect, err) || !check_words(&request, err))
        return -1;
    if (request.is_overdue)
        return run_overdue(tmp, program, &request.options, err);
    struct maintenance_request maintenance = request_of(&effect, request.enables);
    if (!read_for(&request, &effect, &for_ms, err) || !read_lease(&effect, &maintenance.lease, err))
        return -1;
    maintenance.has_for = request.lasts != NULL;
    maintenance.until_ms = clock_wall_ms() + for_ms;
    if (!maintenance_act(tmp, &maintenance, &act, err))
        return -1;
    const char *title = request.enables ? mem_printf(tmp, "maintenance on until %s",
                                                     clock_format(maintenance.until_ms).text)
                                        : "maintenance off";
    return effect_run(tmp, &effect, &act, title, err);
}

const struct command command_maintenance = {
    .name = "maintenance",
    .arguments = "--enable [--for 30m] | --disable",
    .summary = "switch the maintenance page for a time, and look from outside",
    .when = "during",
    .run = maintenance_run,
};
