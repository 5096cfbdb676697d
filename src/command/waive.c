/*
 * tminus waive: a person lets one gate be, by name, with a reason and until a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "check/gate.h"
#include "command/inspection.h"
#include "journal/events.h"

#define KEY_REASON 0x201
#define KEY_UNTIL 0x202
#define KEY_DATABASE 0x203

// What is waived for longer is no exception but the rule: tminus.yaml says so, in a commit.
#define WAIVER_DAYS_MAX 30
#define WAIVER_MAX_MS ((int64_t)WAIVER_DAYS_MAX * 24 * 3600 * 1000)

struct request {
    struct options options;
    const char *database;
    const char *gate;
    const char *reason;
    const char *until;
};

static const struct argp_option table[] = {
    {"reason", KEY_REASON, "TEXT", 0, "why it is acceptable", 1},
    {"until", KEY_UNTIL, "TIME", 0, "when it ends: 2026-11-22T18:00:00Z, or 2h from now", 1},
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_REASON:
        if (value[strspn(value, " \t\n")] == '\0')
            argp_error(state, "--reason needs words");
        request->reason = value;
        return 0;
    case KEY_UNTIL: request->until = value; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case ARGP_KEY_ARG:
        if (request->gate != NULL)
            argp_error(state, "unexpected argument '%s': one gate at a time", value);
        request->gate = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "GATE",
    .doc = "Let one gate be, with a reason and until a time, as the person that TMINUS_ACTOR "
           "names. The next polls show it as waived. Ends with 0, 6 when this gate cannot be "
           "waived.",
    .children = options_children,
};

static bool read_until(const char *text, int64_t now_ms, int64_t *out, struct error *err)
{
    struct error ignored;
    int64_t duration_ms;

    if (quantity_read_duration(text, &duration_ms, &ignored))
        *out = now_ms + duration_ms;
    else if (!clock_parse(text, out, &ignored))
        return error_set(err, ERROR_USAGE,
                         "--until needs a time as 2026-11-22T18:00:00Z or 2h, not '%s'", text);
    if (*out <= now_ms)
        return error_set(err, ERROR_USAGE, "--until '%s' is over", text);
    if (*out - now_ms > WAIVER_MAX_MS) {
        error_set(err, ERROR_USAGE, "--until '%s' is more than %d days away", text,
                  WAIVER_DAYS_MAX);
        return error_hint(err, "what is never asked for stands in tminus.yaml: gates: {optional: "
                               "[…]}");
    }
    return true;
}

static bool check(const struct request *request, int64_t *until_ms, struct error *err)
{
    const struct gate *gate = request->gate == NULL ? NULL : gate_find(request->gate);

    if (request->gate == NULL)
        return error_set(err, ERROR_USAGE,
                         "which gate? tminus waive GATE --reason TEXT --until "
                         "TIME");
    if (gate == NULL)
        return gate_fail_unknown(request->gate, ERROR_USAGE, err);
    if (request->reason == NULL || request->until == NULL)
        return error_set(err, ERROR_USAGE, "a waiver needs --reason TEXT and --until TIME");
    if (gate->never_waived != NULL)
        return error_set(err, ERROR_POLICY, "the gate '%s' cannot be waived: %s", gate->id,
                         gate->never_waived);
    return read_until(request->until, clock_wall_ms(), until_ms, err);
}

static void write_waived(const struct request *request, const char *actor, const char *until,
                         const struct journal_head *head)
{
    if (request->options.format == FORMAT_JSON) {
        json_auto_t *document = json_object();
        json_put_text(document, "schema", "tminus/waive/1");
        json_put_text(document, "gate", request->gate);
        json_put_text(document, "actor", actor);
        json_put_text(document, "reason", request->reason);
        json_put_text(document, "until", until);
        json_t *journal = json_put_object(document, "journal");
        json_put_integer(journal, "seq", head->sequence);
        json_put_text(journal, "hash", head->hash);
        json_write(stdout, document);
        return;
    }
    printf("%s waived %s until %s: %s\njournal %lld:%s\n", actor, request->gate, until,
           request->reason, (long long)head->sequence, head->hash);
}

static bool waive(TALLOC_CTX *mem, const struct program *program, const struct request *request,
                  struct error *err)
{
    struct inspection *inspection = mem_new(mem, struct inspection);
    struct journal_head head;
    int64_t until_ms;

    TRY(check(request, &until_ms, err));
    TRY(inspection_open(mem, program, &request->options, request->database, inspection, err));
    const char *until = mem_strdup(mem, clock_format(until_ms).text);
    json_t *data = json_object();
    json_put_text(data, "gate", request->gate);
    json_put_text(data, "database", inspection->target.identity.database);
    json_put_text(data, "environment", inspection->choice.environment_name);
    json_put_text(data, "reason", request->reason);
    json_put_text(data, "until", until);
    TRY(journal_append(inspection->journal, EVENT_WAIVED, data, err));
    TRY(journal_head(inspection->journal, &head, err));
    write_waived(request, journal_actor(inspection->journal), until, &head);
    return true;
}

static int waive_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err) ||
        !waive(tmp, program, &request, err))
        return -1;
    return EXIT_GO;
}

const struct command command_waive = {
    .name = "waive",
    .arguments = "GATE --reason TEXT --until TIME",
    .summary = "let one gate be, with a reason and until a time",
    .when = "before",
    .run = waive_run,
};
