/*
 * A flight as a fold over its events: see flight.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flight.h"
#include "journal/events.h"
#include <string.h>

static const char *const state_names[] = {
    [STEP_PENDING] = "pending", [STEP_BEGUN] = "begun",     [STEP_DONE] = "done",
    [STEP_FAILED] = "failed",   [STEP_UNKNOWN] = "unknown",
};
_Static_assert(COUNT_OF(state_names) == STEP_STATE_COUNT, "one name each");

static const char *const phase_names[] = {
    [STEP_PREPARE] = "prepare",
    [STEP_DEPLOY] = "deploy",
    [STEP_BACK] = "back",
};
_Static_assert(COUNT_OF(phase_names) == STEP_PHASE_COUNT, "one name each");

const char *step_state_name(enum step_state state)
{
    return state_names[state];
}

const char *step_phase_name(enum step_phase phase)
{
    return phase_names[phase];
}

// --- the start

static json_t *step_json(const struct step *step)
{
    json_t *object = json_object();

    json_put_text(object, "name", step->name);
    json_put_text(object, "phase", phase_names[step->phase]);
    json_put_text(object, "kind", step->kind);
    if (step->argv != NULL) {
        json_t *argv = json_put_array(object, "argv");
        for (size_t i = 0; step->argv[i] != NULL; i++)
            json_array_append_new(argv, json_text(step->argv[i]));
    }
    if (step->undoes != NULL)
        json_put_text(object, "undoes", step->undoes);
    json_put_integer(object, "timeout_ms", step->timeout_ms);
    if (step->settings != NULL)
        json_put(object, "settings", json_deep_copy(step->settings));
    return object;
}

static void put_way_back(json_t *data, const struct flight_way_back *way_back)
{
    if (way_back->class == NULL)
        return;
    json_t *object = json_put_object(data, "way_back");
    json_put_text(object, "class", way_back->class);
    json_put_text(object, "reason", way_back->reason);
    json_put_integer(object, "rows_lost", way_back->rows_lost);
    json_put_text(object, "old_release_survives", way_back->old_release_survives);
}

json_t *flight_plan_json(const struct flight *flight)
{
    json_t *data = json_object();

    json_put_text(data, "flight", flight->id);
    json_put_integer(data, "at_ms", flight->started_ms);
    json_put_text(data, "service", flight->service);
    json_put_text(data, "environment", flight->environment);
    json_put_text(data, "version", flight->version);
    json_put_text(data, "digest", flight->digest);
    json_put_integer(data, "start_at", flight->start_at_ms);
    json_put_bool(data, "after_release", flight->is_after_release);
    json_put_integer(data, "after_release_pending", flight->n_after_release);
    json_put_bool(data, "can_go_back", flight->can_go_back);
    if (flight->target != NULL)
        json_put(data, "target", json_deep_copy(flight->target));
    put_way_back(data, &flight->way_back);
    json_put_text(data, "state", flight_state_name(flight->state));
    json_t *steps = json_put_array(data, "steps");
    for (size_t i = 0; i < flight->n_steps; i++)
        json_array_append_new(steps, step_json(&flight->steps[i]));
    json_t *points = json_put_array(data, "points");
    for (size_t i = 0; i < flight->n_points; i++) {
        json_t *point = json_object();
        json_put_text(point, "name", flight->points[i].name);
        json_put_integer(point, "after_ms", flight->points[i].after_ms);
        json_put_integer(point, "tolerance_ms", flight->points[i].tolerance_ms);
        json_array_append_new(points, point);
    }
    return data;
}

// --- the fold

struct flight_reader {
    struct journal *journal;
    const char *service, *environment; // of the newest; NULL: of any
    const char *id;                    // NULL: the newest
    const char **own;                  // ids of the flights of this environment
    size_t n_own;
    const char *recalled;  // an older one that a person asked back after the newest began; NULL
    TALLOC_CTX *mem;       // of the flight; NULL: not seen yet
    TALLOC_CTX *poll_mem;  // of its last poll
    char *why;             // the flight's last sentence
    struct flight *flight; // NULL: not seen yet
    struct maintenance_lease maintenance;
    int64_t next; // sequence of the first event that was not read
    struct error *err;
    bool has_failed;
};

static bool fail_at(struct flight_reader *reader, const json_t *event, const char *what)
{
    reader->has_failed = true;
    error_set(reader->err, ERROR_INPUT, "journal: event %lld cannot be read: %s",
              (long long)json_get_integer(event, "seq", 0), what);
    error_hint(reader->err,
               "`tminus journal verify` tells whether it was changed; a newer tminus may "
               "have written it");
    return false;
}

static const char *text_of(struct flight_reader *reader, const json_t *object, const char *name)
{
    return mem_strdup(reader->mem, json_get_text(object, name));
}

static bool read_state(struct flight_reader *reader, const json_t *event, enum flight_state *out)
{
    const json_t *data = json_object_get(event, "data");
    enum flight_state state = flight_state_named(json_get_text(data, "state"));

    if (state == FLIGHT_STATE_COUNT)
        return fail_at(reader, event, "it names no state that is known");
    *out = state;
    return true;
}

static int name_index(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; name != NULL && i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static const char *const *read_argv(struct flight_reader *reader, const json_t *array)
{
    size_t n = json_array_size(array);

    if (!json_is_array(array))
        return NULL;
    const char **argv = mem_array(reader->mem, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        argv[i] = mem_strdup(reader->mem, json_string_value(json_array_get(array, i)) ?: "");
    return argv;
}

static bool read_step(struct flight_reader *reader, const json_t *event, const json_t *object,
                      struct step *out)
{
    int phase = name_index(json_get_text(object, "phase"), phase_names, STEP_PHASE_COUNT);

    *out = (struct step){
        .name = text_of(reader, object, "name"),
        .kind = text_of(reader, object, "kind"),
        .argv = read_argv(reader, json_object_get(object, "argv")),
        .undoes = text_of(reader, object, "undoes"),
        .timeout_ms = json_get_integer(object, "timeout_ms", 0),
    };
    const json_t *settings = json_object_get(object, "settings");
    if (settings != NULL)
        out->settings = json_keep(reader->mem, json_deep_copy(settings));
    if (phase < 0 || out->name == NULL || out->kind == NULL)
        return fail_at(reader, event, "a step of it has no name, phase or kind");
    out->phase = (enum step_phase)phase;
    return true;
}

// The flight's own clock: tests fly a day in milliseconds.
static int64_t time_of(const json_t *event)
{
    return json_get_integer(json_object_get(event, "data"), "at_ms", 0);
}

static void read_way_back(struct flight_reader *reader, const json_t *object)
{
    reader->flight->way_back = (struct flight_way_back){
        .class = text_of(reader, object, "class"),
        .reason = text_of(reader, object, "reason"),
        .rows_lost = json_get_integer(object, "rows_lost", -1),
        .old_release_survives = text_of(reader, object, "old_release_survives"),
    };
}

static bool take_start(struct flight_reader *reader, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");
    const json_t *object;
    size_t i;

    talloc_free(reader->mem); // of an older flight nothing is needed once a newer one began
    reader->recalled = NULL;
    reader->mem = mem_checked(talloc_new(reader));
    reader->poll_mem = NULL;
    reader->why = NULL;
    struct flight *flight = mem_new(reader->mem, struct flight);
    reader->flight = flight;
    flight->id = text_of(reader, data, "flight");
    flight->service = text_of(reader, data, "service");
    flight->environment = text_of(reader, data, "environment");
    flight->version = text_of(reader, data, "version");
    flight->digest = text_of(reader, data, "digest");
    flight->start_at_ms = json_get_integer(data, "start_at", 0);
    flight->is_after_release = json_is_true(json_object_get(data, "after_release"));
    flight->n_after_release = json_get_integer(data, "after_release_pending", 0);
    flight->can_go_back = json_is_true(json_object_get(data, "can_go_back"));
    flight->methods = BACK_WHOLE;
    if (json_object_get(data, "target") != NULL)
        flight->target = json_keep(reader->mem, json_deep_copy(json_object_get(data, "target")));
    read_way_back(reader, json_object_get(data, "way_back"));
    flight->started_ms = flight->entered_ms = time_of(event);
    TRY(read_state(reader, event, &flight->state));
    flight->reached_ms[flight->state] = flight->entered_ms;
    json_array_foreach(json_object_get(data, "steps"), i, object) TRY(
        read_step(reader, event, object, mem_append(reader->mem, flight->steps, flight->n_steps)));
    json_array_foreach(json_object_get(data, "points"), i, object)
    {
        struct flight_point *point = mem_append(reader->mem, flight->points, flight->n_points);
        point->name = text_of(reader, object, "name");
        point->after_ms = json_get_integer(object, "after_ms", 0);
        point->tolerance_ms = json_get_integer(object, "tolerance_ms", FLIGHT_TOLERANCE_MS);
    }
    return true;
}

static bool is_alarm(enum flight_state state)
{
    return state == FLIGHT_HOLDING || state == FLIGHT_NEEDS_PERSON || state == FLIGHT_ROLLED_BACK ||
           state == FLIGHT_ABORTED || state == FLIGHT_DONE;
}

static void pass_point(struct flight *flight)
{
    for (size_t i = 0; i < flight->n_points; i++)
        if (!flight->points[i].is_passed) {
            flight->points[i].is_passed = true;
            flight->points[i].checked_ms = flight->reached_ms[FLIGHT_CHECKING];
            return;
        }
}

// What it holds for now, or what was accepted and let it go on.
static void take_unattributed(struct flight_reader *reader, const json_t *data,
                              enum flight_state state)
{
    struct flight *flight = reader->flight;
    struct flight_acceptance *acceptance = &flight->acceptance;
    const char *digest = text_of(reader, json_object_get(data, "detail"), "unattributed");

    if (state == FLIGHT_HOLDING) {
        if (flight->state != FLIGHT_HOLDING)
            acceptance->open = digest;
        return;
    }
    acceptance->open = NULL;
    if (digest != NULL)
        acceptance->accepted = digest;
    if (state == FLIGHT_WATCHING || state == FLIGHT_DONE)
        acceptance->is_given = false;
}

// The event moved the flight into a state, or let it stay: staying does not begin it anew.
static bool enter(struct flight_reader *reader, const json_t *event)
{
    struct flight *flight = reader->flight;
    const json_t *data = json_object_get(event, "data");
    const char *occurrence = json_get_text(data, "occurrence");
    enum flight_state state;

    TRY(read_state(reader, event, &state));
    if (occurrence == NULL)
        return true;
    talloc_free(reader->why); // a flight may last for days
    reader->why = mem_strdup(reader->mem, json_get_text(data, "why"));
    flight->why = reader->why;
    take_unattributed(reader, data, state);
    if (state == FLIGHT_HOLDING && flight->state != FLIGHT_HOLDING)
        flight->held = flight->state;
    if (state == FLIGHT_ROLLING_BACK)
        flight->is_rolling_back = true;
    bool is_anew = state != flight->state ||
                   strcmp(occurrence, flight_occurrence_name(OCCURRED_HOLD_ASKED)) == 0 ||
                   strcmp(occurrence, flight_occurrence_name(OCCURRED_DEADLINE)) == 0;
    if (is_anew)
        flight->entered_ms = flight->reached_ms[state] = time_of(event);
    if (flight->state == FLIGHT_VERIFYING && state == FLIGHT_WATCHING)
        flight->verified_ms = time_of(event);
    if (state == FLIGHT_VERIFYING && flight->deployed_ms == 0)
        flight->deployed_ms = time_of(event);
    // A point is passed when its check gave GO.
    if (flight->state == FLIGHT_CHECKING && (state == FLIGHT_WATCHING || state == FLIGHT_DONE))
        pass_point(flight);
    bool is_news = state != flight->state ||
                   strcmp(occurrence, flight_occurrence_name(OCCURRED_DEADLINE)) == 0;
    if (is_news && is_alarm(state))
        flight->alarm_sequence = json_get_integer(event, "seq", 0);
    flight->state = state;
    return true;
}

static const char *const *release_command(TALLOC_CTX *mem, const char *version)
{
    const char **argv = mem_array(mem, const char *, 5);

    argv[0] = "tminus";
    argv[1] = "release";
    argv[2] = "--version";
    argv[3] = mem_strdup(mem, version);
    return argv;
}

// The way back that was asked for and is taken now.
static void take_way_back(struct flight_reader *reader, const struct flight_request *request)
{
    struct flight *flight = reader->flight;

    flight->methods = request->methods;
    for (size_t i = 0; request->to != NULL && i < flight->n_steps; i++) {
        struct step *step = &flight->steps[i];
        if (step->phase == STEP_BACK && strcmp(step->kind, "release") == 0)
            step->argv = release_command(reader->mem, request->to);
    }
}

// A go to differences that nobody can attribute is that person's word for them.
static void take_go(struct flight *flight, const struct flight_request *request)
{
    if (flight->state != FLIGHT_HOLDING || flight->acceptance.open == NULL)
        return;
    flight->acceptance.by = request->actor;
    flight->acceptance.is_given = true;
}

static void answer_request(struct flight_reader *reader, int64_t sequence, bool is_taken)
{
    struct flight *flight = reader->flight;

    for (size_t i = 0; i < flight->n_requests; i++)
        if (flight->requests[i].sequence == sequence) {
            if (is_taken && flight->requests[i].occurrence == OCCURRED_ROLLBACK_ASKED)
                take_way_back(reader, &flight->requests[i]);
            if (is_taken && flight->requests[i].occurrence == OCCURRED_GO_ASKED)
                take_go(flight, &flight->requests[i]);
            memmove(&flight->requests[i], &flight->requests[i + 1],
                    (flight->n_requests - i - 1) * sizeof *flight->requests);
            flight->n_requests--;
            return;
        }
}

static bool take_moved(struct flight_reader *reader, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");

    answer_request(reader, json_get_integer(data, "request", 0),
                   json_object_get(data, "refused") == NULL);
    return enter(reader, event);
}

static unsigned read_methods(const json_t *names)
{
    unsigned methods = 0;

    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        methods |= name == NULL                     ? 0
                   : strcmp(name, "version") == 0   ? BACK_VERSION
                   : strcmp(name, "migration") == 0 ? BACK_MIGRATION
                                                    : 0;
    }
    return methods == 0 ? BACK_WHOLE : methods;
}

static bool take_asked(struct flight_reader *reader, const json_t *event)
{
    static const char *const asks[] = {"hold", "go", "abort", "rollback"};
    const json_t *data = json_object_get(event, "data");
    int which = name_index(json_get_text(data, "asks"), asks, COUNT_OF(asks));

    if (which < 0)
        return fail_at(reader, event, "it asks for what is not known");
    *mem_append(reader->mem, reader->flight->requests, reader->flight->n_requests) =
        (struct flight_request){
            .sequence = json_get_integer(event, "seq", 0),
            .occurrence = (enum flight_occurrence)(OCCURRED_HOLD_ASKED + which),
            .actor = text_of(reader, event, "actor"),
            .reason = text_of(reader, data, "reason"),
            .answer = text_of(reader, data, "step"),
            .methods = read_methods(json_object_get(data, "methods")),
            .to = text_of(reader, data, "to"),
            .allowed_by = text_of(reader, data, "allowed_by"),
            .is_now = json_is_true(json_object_get(data, "now")),
        };
    return true;
}

static bool take_step_started(struct flight_reader *reader, const json_t *event)
{
    struct step *step =
        flight_step(reader->flight, json_get_text(json_object_get(event, "data"), "step"));

    if (step == NULL)
        return fail_at(reader, event, "the flight has no such step");
    step->state = STEP_BEGUN;
    step->attempts++;
    step->began_ms = time_of(event);
    step->ended_ms = 0;
    return true;
}

static bool take_step_ended(struct flight_reader *reader, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");
    struct step *step = flight_step(reader->flight, json_get_text(data, "step"));
    int state = name_index(json_get_text(data, "outcome"), state_names, STEP_STATE_COUNT);

    if (step == NULL || state < 0)
        return fail_at(reader, event, "the flight has no such step, or it has no outcome");
    step->state = (enum step_state)state;
    step->ended_ms = time_of(event);
    step->why = text_of(reader, data, "said");
    step->left_nothing = json_is_true(json_object_get(data, "left_nothing"));
    return enter(reader, event);
}

static bool take_missed(struct flight_reader *reader, const json_t *event)
{
    struct flight *flight = reader->flight;
    const char *name = json_get_text(json_object_get(event, "data"), "point");

    flight->alarm_sequence = json_get_integer(event, "seq", 0);
    for (size_t i = 0; name != NULL && i < flight->n_points; i++)
        if (strcmp(flight->points[i].name, name) == 0) {
            flight->points[i].missed_ms = time_of(event);
            return true;
        }
    return fail_at(reader, event, "the flight has no such point");
}

static bool take_call(struct flight_reader *reader, const json_t *event)
{
    reader->flight->called_sequence = json_get_integer(json_object_get(event, "data"), "about", 0);
    return true;
}

// The gates journal by themselves, as every verb of the flight does: under its name.
static void take_poll(struct flight_reader *reader, const json_t *event)
{
    const json_t *data = json_object_get(event, "data"), *object;
    struct flight_poll *poll = &reader->flight->poll;
    size_t i;

    talloc_free(reader->poll_mem);
    TALLOC_CTX *mem = reader->poll_mem = mem_checked(talloc_new(reader->mem));
    *poll = (struct flight_poll){.verdict = mem_strdup(mem, json_get_text(data, "verdict")),
                                 .why = mem_strdup(mem, json_get_text(data, "why"))};
    json_array_foreach(json_object_get(data, "results"), i, object)
    {
        const char *name = json_get_text(object, "name"), *status = json_get_text(object, "status");
        *mem_append(mem, poll->gates, poll->n_gates) = (struct flight_gate){
            .name = mem_strdup(mem, name == NULL ? "?" : name),
            .status = mem_strdup(mem, status == NULL ? "UNKNOWN" : status),
            .observed = mem_strdup(mem, json_get_text(object, "observed")),
            .is_required = json_is_true(json_object_get(object, "required")),
        };
    }
}

static bool is_of_its_poll(const struct flight_reader *reader, const json_t *event)
{
    const char *name = json_get_text(event, "event"), *run = json_get_text(event, "run");

    return reader->flight != NULL && name != NULL && run != NULL &&
           strcmp(name, EVENT_POLLED) == 0 && strcmp(run, reader->flight->id) == 0;
}

static const struct {
    const char *event;
    bool (*take)(struct flight_reader *reader, const json_t *event);
} takers[] = {
    {EVENT_FLIGHT_MOVED, take_moved},        {EVENT_FLIGHT_ASKED, take_asked},
    {EVENT_STEP_STARTED, take_step_started}, {EVENT_STEP_ENDED, take_step_ended},
    {EVENT_POINT_MISSED, take_missed},       {EVENT_CALL_STARTED, take_call},
};

// A flight that is asked back is the last one from then on: it is the one that is on its way.
static bool note_recall(struct flight_reader *reader, const char *name, const char *id,
                        const json_t *data)
{
    const char *asks = json_get_text(data, "asks");

    if (reader->flight != NULL && strcmp(name, EVENT_FLIGHT_ASKED) == 0 && asks != NULL &&
        strcmp(asks, "rollback") == 0 && name_index(id, reader->own, reader->n_own) >= 0)
        reader->recalled = mem_strdup(reader->mem, id);
    return true;
}

// What a journal does not say, or nobody asked for, is no other one.
static bool is_other(const char *wanted, const char *found)
{
    return wanted != NULL && found != NULL && strcmp(wanted, found) != 0;
}

bool flight_event_is_of(const json_t *event, const char *service, const char *environment)
{
    const json_t *data = json_object_get(event, "data");

    return !is_other(service, json_get_text(data, "service")) &&
           !is_other(environment, json_get_text(data, "environment"));
}

// One journal may tell of several environments.
static bool take_any_start(struct flight_reader *reader, const json_t *event, const char *id)
{
    if (reader->id == NULL && !flight_event_is_of(event, reader->service, reader->environment))
        return true;
    *mem_append(reader, reader->own, reader->n_own) = mem_strdup(reader, id);
    return take_start(reader, event);
}

static bool take(void *context, const json_t *event)
{
    struct flight_reader *reader = context;
    const char *name = json_get_text(event, "event");
    const char *id = json_get_text(json_object_get(event, "data"), "flight");
    int64_t sequence = json_get_integer(event, "seq", 0);

    reader->next = sequence + 1;
    if (flight_event_is_of(event, reader->service, reader->environment))
        maintenance_lease_take(&reader->maintenance, event);
    if (is_of_its_poll(reader, event))
        take_poll(reader, event);
    if (name == NULL || id == NULL || (reader->id != NULL && strcmp(reader->id, id) != 0))
        return true;
    if (strcmp(name, EVENT_FLIGHT_STARTED) == 0)
        TRY(take_any_start(reader, event, id));
    if (reader->flight == NULL || strcmp(reader->flight->id, id) != 0)
        return note_recall(reader, name, id, json_object_get(event, "data"));
    reader->flight->last_sequence = sequence;
    for (size_t i = 0; i < COUNT_OF(takers); i++)
        if (strcmp(takers[i].event, name) == 0)
            return takers[i].take(reader, event);
    return true;
}

struct flight_reader *flight_reader_make(TALLOC_CTX *mem, struct journal *journal,
                                         const char *service, const char *environment,
                                         const char *id)
{
    struct flight_reader *reader = mem_new(mem, struct flight_reader);

    reader->journal = journal;
    reader->service = mem_strdup(reader, service);
    reader->environment = mem_strdup(reader, environment);
    reader->id = mem_strdup(reader, id);
    reader->next = 1;
    return reader;
}

// From its start, for of a flight that is not the last one nothing was kept.
static bool read_recalled(struct flight_reader *reader, struct error *err)
{
    SCRATCH(tmp);

    reader->id = mem_strdup(tmp, reader->recalled);
    reader->recalled = NULL;
    bool is_read = journal_read(reader->journal, 1, take, reader, err);
    reader->id = NULL;
    return is_read;
}

bool flight_refresh(struct flight_reader *reader, struct flight **out, struct error *err)
{
    reader->err = err;
    TRY(journal_read(reader->journal, reader->next, take, reader, err));
    if (!reader->has_failed && reader->recalled != NULL)
        TRY(read_recalled(reader, err));
    if (reader->has_failed)
        return false;
    if (reader->flight != NULL)
        reader->flight->maintenance = reader->maintenance;
    *out = reader->flight;
    return true;
}

const struct maintenance_lease *flight_reader_maintenance(const struct flight_reader *reader)
{
    return &reader->maintenance;
}

// --- what the view says

struct step *flight_step(const struct flight *flight, const char *name)
{
    for (size_t i = 0; name != NULL && i < flight->n_steps; i++)
        if (strcmp(flight->steps[i].name, name) == 0)
            return &flight->steps[i];
    return NULL;
}

static bool is_begun(const struct step *step)
{
    return step->state != STEP_PENDING && !step->left_nothing;
}

enum back_method flight_step_method(const struct step *step)
{
    const char *back = json_get_text(step->settings, "back");

    if (strcmp(step->kind, "maintenance") == 0) // it ends whichever way back is flown
        return BACK_WHOLE;
    if (back != NULL)
        return strcmp(back, "migration") == 0 ? BACK_MIGRATION : BACK_VERSION;
    return strcmp(step->kind, "undo") == 0 ? BACK_MIGRATION : BACK_VERSION;
}

// What it undoes was begun: what failed half-way is taken back too.
bool flight_is_called_for(const struct flight *flight, const struct step *step)
{
    const struct step *undone = flight_step(flight, step->undoes);

    if (step->phase != STEP_BACK)
        return true;
    if (step->argv == NULL && strcmp(step->kind, "release") == 0) // nobody knows what ran before
        return false;
    return (undone == NULL || is_begun(undone)) &&
           (flight->methods & flight_step_method(step)) != 0;
}

static enum step_phase phase_of(const struct flight *flight)
{
    if (flight->is_rolling_back)
        return STEP_BACK;
    return flight->state == FLIGHT_POLLING || flight->state == FLIGHT_PREPARING ? STEP_PREPARE
                                                                                : STEP_DEPLOY;
}

struct step *flight_next_step(const struct flight *flight)
{
    enum step_phase phase = phase_of(flight);

    for (size_t i = 0; i < flight->n_steps; i++) {
        struct step *step = &flight->steps[i];
        if (step->phase == phase && step->state != STEP_DONE && flight_is_called_for(flight, step))
            return step;
    }
    return NULL;
}

// Its step back is done; of one that has none nothing is left to be done once the others went back.
static bool is_taken_back(const struct flight *flight, const struct step *step)
{
    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *back = &flight->steps[i];
        if (back->phase == STEP_BACK && back->undoes != NULL &&
            strcmp(back->undoes, step->name) == 0)
            return back->state == STEP_DONE;
    }
    return flight->is_rolling_back;
}

static bool is_only_a_look(const struct step *step)
{
    static const char *const kinds[] = {"wait", "notify", "verify", "tag"};
    const char *does = json_get_text(step->settings, "does");

    for (size_t i = 0; does != NULL && i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i], does) == 0)
            return true;
    return false;
}

const struct step *flight_final_step(const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        const char *undo = json_get_text(step->settings, "undo");
        if (step->phase == STEP_DEPLOY && is_begun(step) && undo != NULL &&
            strcmp(undo, "none") == 0)
            return step;
    }
    return NULL;
}

struct flight_facts flight_facts(const struct flight *flight)
{
    struct flight_facts facts = {.can_go_back = flight->can_go_back &&
                                                flight_final_step(flight) == NULL,
                                 .is_open = flight->acceptance.open != NULL};
    bool has_lasting = false; // more than a maintenance, which always ends

    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        if (step->phase != STEP_DEPLOY || !is_begun(step) || is_taken_back(flight, step))
            continue;
        if (is_only_a_look(step)) // a wait, a message, a comparison
            continue;
        facts.is_changed = true;
        has_lasting = has_lasting || strcmp(step->kind, "maintenance") != 0;
    }
    if (facts.is_changed && !has_lasting)
        facts.can_go_back = true;
    return facts;
}

int64_t flight_deadline_ms(const struct flight *flight)
{
    int64_t lasts = flight_state_deadline_ms(flight->state);
    int64_t from = flight->entered_ms;

    if (flight_state_is_end(flight->state))
        return 0;
    // Waiting for a moment that was chosen is no hang before that moment.
    if (flight->state == FLIGHT_READY && flight->start_at_ms > from)
        from = flight->start_at_ms;
    const struct flight_point *point = flight_next_point(flight);
    if (flight->state == FLIGHT_WATCHING && point != NULL)
        return flight_point_ms(flight, point) + point->tolerance_ms;
    return from + lasts;
}

const struct flight_point *flight_next_point(const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_points; i++)
        if (!flight->points[i].is_passed)
            return &flight->points[i];
    return NULL;
}

int64_t flight_point_ms(const struct flight *flight, const struct flight_point *point)
{
    return flight->verified_ms + point->after_ms;
}

bool flight_point_is_missed(const struct flight *flight, const struct flight_point *point,
                            int64_t now_ms)
{
    return flight->state == FLIGHT_WATCHING && !point->is_passed &&
           now_ms >= flight_point_ms(flight, point) + point->tolerance_ms;
}

int64_t flight_point_late_ms(const struct flight *flight, const struct flight_point *point)
{
    int64_t late_ms = point->checked_ms - flight_point_ms(flight, point);

    return point->checked_ms > 0 && late_ms > point->tolerance_ms ? late_ms : 0;
}

int64_t flight_verification_late_ms(const struct flight *flight, int64_t now_ms)
{
    int64_t ended_ms = flight->verified_ms > 0 ? flight->verified_ms : now_ms;
    int64_t late_ms = ended_ms - flight->deployed_ms - FLIGHT_VERIFY_WITHIN_MS;
    bool is_over = flight->verified_ms == 0 && flight->state != FLIGHT_VERIFYING &&
                   flight->state != FLIGHT_HOLDING;

    return flight->deployed_ms > 0 && !is_over && late_ms > 0 ? late_ms : 0;
}

bool flight_is_call_due(const struct flight *flight)
{
    return flight->alarm_sequence > flight->called_sequence;
}
