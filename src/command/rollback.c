/*
 * tminus rollback: take back what the last flight did, by the methods that the evidence allows.
 *
 * What it would lose is said first. The way back is flown as a part of the flight that it takes
 * back, step by step, and proven against that flight's own baseline.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/log.h"
#include "command/command.h"
#include "command/flight_binding.h"
#include "command/rollback_plan.h"
#include <string.h>

#define KEY_TO 0x201
#define KEY_METHOD 0x202
#define KEY_DRY_RUN 0x203
#define KEY_REASON 0x204
#define KEY_NOW 0x205
#define KEY_APPROVE 0x206
#define KEY_FLIGHT 0x207

struct request {
    struct options options;
    struct rollback_request rollback;
    const char *flight, *reason;
    bool is_dry_run, is_now, is_approval;
};

static const struct argp_option table[] = {
    {"to", KEY_TO, "VERSION", 0, "the version that is deployed again, instead of the one before",
     1},
    {"method", KEY_METHOD, "LIST", 0,
     "version, migration or both, instead of what the evidence allows", 1},
    {"flight", KEY_FLIGHT, "ID", 0, "this one instead of the last", 1},
    {"reason", KEY_REASON, "TEXT", 0, "why, for the record", 1},
    {"now", KEY_NOW, NULL, 0, "end the step that runs instead of waiting for its end", 1},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "say what would be done and lost; ask nothing", 1},
    {"approve", KEY_APPROVE, NULL, 0,
     "sign this rollback for somebody else, who does it; needs --reason", 1},
    {0},
};

static unsigned read_methods(struct argp_state *state, const char *text)
{
    SCRATCH(tmp);
    unsigned methods = 0;
    char *rest = mem_strdup(tmp, text), *save = NULL;

    for (char *word = strtok_r(rest, ", ", &save); word != NULL;
         word = strtok_r(NULL, ", ", &save)) {
        if (strcmp(word, "version") == 0)
            methods |= BACK_VERSION;
        else if (strcmp(word, "migration") == 0)
            methods |= BACK_MIGRATION;
        else
            argp_error(state, "--method is version, migration or both, not '%s'", word);
    }
    if (methods == 0)
        argp_error(state, "--method needs version, migration or both");
    return methods;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_TO: request->rollback.to = value; return 0;
    case KEY_METHOD: request->rollback.methods = read_methods(state, value); return 0;
    case KEY_FLIGHT: request->flight = value; return 0;
    case KEY_REASON: request->reason = value; return 0;
    case KEY_NOW: request->is_now = true; return 0;
    case KEY_DRY_RUN: request->is_dry_run = true; return 0;
    case KEY_APPROVE: request->is_approval = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .doc = "Take back what the last flight did, also when it is done: the version that ran before, "
           "then the data, each step recorded and read back, and everything compared with the "
           "flight's own baseline. What it loses is said first. It is refused where nothing shows "
           "that it comes back and nobody else signed for that, and where something came after it. "
           "Ends with 4 taken back and proven, 5 a person is needed, 6 refused; 0 asked, where "
           "another tminus flies it.",
    .children = options_children,
};

// --- saying first

static const char *command_of(TALLOC_CTX *mem, const struct step *step,
                              const struct rollback_plan *plan)
{
    char *text = NULL;

    if (plan->to != NULL && strcmp(step->kind, "release") == 0)
        return mem_printf(mem, "tminus release --version %s", plan->to);
    if (plan->undo != NULL && strcmp(step->kind, "undo") == 0)
        return plan->undo;
    for (size_t i = 0; step->argv != NULL && step->argv[i] != NULL; i++)
        text = text == NULL ? mem_strdup(mem, step->argv[i])
                            : mem_printf(mem, "%s %s", text, step->argv[i]);
    return text == NULL ? step->name : text;
}

static void write_text(FILE *out, const struct flight *flight, const struct rollback_plan *plan)
{
    SCRATCH(tmp);

    fprintf(out, "way back of flight %s%s%s, which is %s\n", flight->id,
            flight->version == NULL ? "" : " of ", flight->version == NULL ? "" : flight->version,
            flight_state_name(flight->state));
    for (size_t i = 0; i < plan->n_back; i++)
        fprintf(out, "  %zu. %s\n", i + 1, command_of(tmp, plan->back[i], plan));
    fprintf(out, "  loses    %s\n", plan->loses);
    if (plan->note != NULL)
        fprintf(out, "  note     %s\n", plan->note);
    if (plan->blocked != NULL)
        fprintf(out, "  blocked  before its first step, and a person is needed then: %s\n",
                plan->blocked);
    if (plan->allowed_by != NULL)
        fprintf(out, "  allowed  %s\n", plan->allowed_by);
    if (plan->act.what != NULL)
        fprintf(out, "  digest   %s\n", plan->act.digest.hex);
}

static void write_json(const struct flight *flight, const struct rollback_plan *plan)
{
    SCRATCH(tmp);
    json_auto_t *document = json_object();

    json_put_text(document, "schema", "tminus/rollback/1");
    json_put_text(document, "flight", flight->id);
    json_put_text(document, "version", flight->version);
    json_put_text(document, "state", flight_state_name(flight->state));
    json_t *methods = json_put_array(document, "methods");
    if ((plan->methods & BACK_VERSION) != 0)
        json_array_append_new(methods, json_text("version"));
    if ((plan->methods & BACK_MIGRATION) != 0)
        json_array_append_new(methods, json_text("migration"));
    json_t *steps = json_put_array(document, "steps");
    for (size_t i = 0; i < plan->n_back; i++) {
        json_t *step = json_object();
        json_put_text(step, "name", plan->back[i]->name);
        json_put_text(step, "command", command_of(tmp, plan->back[i], plan));
        json_array_append_new(steps, step);
    }
    json_put_text(document, "class", flight->way_back.class);
    json_put_text(document, "reason", flight->way_back.reason);
    if (flight->way_back.rows_lost < 0 || flight->way_back.class == NULL)
        json_put(document, "rows_lost", json_null());
    else
        json_put_integer(document, "rows_lost", flight->way_back.rows_lost);
    json_put_text(document, "loses", plan->loses);
    json_put_text(document, "note", plan->note);
    json_put_text(document, "allowed_by", plan->allowed_by);
    json_put_text(document, "refused", plan->refused);
    json_put_text(document, "blocked", plan->blocked);
    json_put_text(document, "digest", plan->act.what == NULL ? NULL : plan->act.digest.hex);
    json_write(stdout, document);
}

static void show(const struct request *request, const struct flight *flight,
                 const struct rollback_plan *plan)
{
    if (request->options.format == FORMAT_JSON)
        write_json(flight, plan);
    else
        write_text(stdout, flight, plan);
}

static bool fail_refused(const struct flight *flight, const struct rollback_plan *plan,
                         struct error *err)
{
    error_set(err, ERROR_POLICY, "flight %s is not taken back: %s", flight->id, plan->refused);
    return plan->hint == NULL ? false : error_hint(err, "%s", plan->hint);
}

// --- doing it

// What cannot be done, or changes nothing, is not signed either.
static int approve(const struct request *request, const struct flight_work *work,
                   const struct rollback_plan *plan, struct error *err)
{
    struct journal_head head;

    if (plan->act.what == NULL) {
        if (plan->refused != NULL)
            (void)fail_refused(work->flight, plan, err);
        else
            error_set(err, ERROR_INPUT, "there is nothing to be signed: it loses %s", plan->loses);
        return -1;
    }
    if (plan->blocked != NULL) {
        error_set(err, ERROR_POLICY, "flight %s cannot be taken back, and nothing is signed: %s",
                  work->flight->id, plan->blocked);
        return -1;
    }
    if (!act_approve(work->journal, &plan->act, request->reason, err) ||
        !journal_head(work->journal, &head, err))
        return -1;
    show(request, work->flight, plan);
    if (request->options.format == FORMAT_TEXT)
        printf("signed by %s: %s\njournal %lld:%s\n", journal_actor(work->journal), request->reason,
               (long long)head.sequence, head.hash);
    return EXIT_GO;
}

static int roll_back(TALLOC_CTX *mem, struct flight_work *work, const struct request *request,
                     const struct rollback_plan *plan, struct error *err)
{
    const struct flight_wish wish = {
        .asks = "rollback",
        .reason = request->reason,
        .methods = plan->methods,
        .to = plan->to,
        .allowed_by = plan->allowed_by,
        .is_now = request->is_now,
    };

    if (request->options.verbosity >= 0)
        write_text(stderr, work->flight, plan);
    return flight_work_ask(mem, work, &wish, err);
}

// What the flight finds before its first step back: the steps of the methods that would be flown.
static bool look_ahead(TALLOC_CTX *mem, struct flight_work *work, struct rollback_plan *plan,
                       struct error *err)
{
    struct flight flown = *work->flight;

    if (plan->is_unchanged)
        return true;
    flown.is_rolling_back = true;
    flown.methods = plan->methods;
    for (size_t i = 0; i < plan->n_back && plan->undo == NULL; i++)
        TRY(flight_work_undo_command(mem, work, plan->back[i], &plan->undo, err));
    return flight_work_check_back(mem, work, &flown, &plan->blocked, err);
}

static int decide(TALLOC_CTX *mem, struct flight_work *work, const struct request *request,
                  struct error *err)
{
    struct rollback_plan plan;

    if (request->flight == NULL && !flight_work_find_flown(mem, work, err))
        return -1;
    if (!flight_binding_check_work(work, "rollback", err) ||
        !rollback_plan_make(mem, work, &request->rollback, &plan, err))
        return -1;
    bool is_looked_at = request->is_approval || (request->is_dry_run && plan.refused == NULL);
    if (is_looked_at && !look_ahead(mem, work, &plan, err))
        return -1;
    if (request->is_approval)
        return approve(request, work, &plan, err);
    if (request->is_dry_run)
        show(request, work->flight, &plan);
    if (plan.refused != NULL) {
        (void)fail_refused(work->flight, &plan, err);
        return -1;
    }
    if (!request->is_dry_run)
        return roll_back(mem, work, request, &plan, err);
    return plan.blocked == NULL ? EXIT_GO : EXIT_PARTIAL;
}

static int rollback_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct flight_work work;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err) ||
        !flight_work_find(tmp, program, &request.options, request.flight, &work, err))
        return -1;
    return decide(tmp, &work, &request, err);
}

const struct command command_rollback = {
    .name = "rollback",
    .arguments = "[--to VERSION] [--method LIST]",
    .summary = "take back what the last flight did, and prove it",
    .when = "after",
    .run = rollback_run,
};
