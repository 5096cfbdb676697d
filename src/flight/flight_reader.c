/*
 * Readers of flights: the fold over the journal's events that gives the view.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/acceptance.h"
#include "flight/flight.h"
#include "journal/events.h"
#include <string.h>

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
    enum step_phase phase = step_phase_named(json_get_text(object, "phase"));

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
    if (phase == STEP_PHASE_COUNT || out->name == NULL || out->kind == NULL)
        return fail_at(reader, event, "a step of it has no name, phase or kind");
    out->phase = phase;
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

// What it holds for now.
static void take_unattributed(struct flight_reader *reader, const json_t *data,
                              enum flight_state state)
{
    struct flight *flight = reader->flight;
    struct flight_acceptance *acceptance = &flight->acceptance;
    const char *kinds = text_of(reader, json_object_get(data, "detail"), "unattributed");

    if (state != FLIGHT_HOLDING)
        acceptance->open = NULL;
    else if (flight->state != FLIGHT_HOLDING)
        acceptance->open = kinds;
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
    if (state == FLIGHT_VERIFYING) { // it stays where it is
        flight->is_rolling_back = false;
        flight->methods = BACK_WHOLE;
    }
    bool is_anew = state != flight->state ||
                   strcmp(occurrence, flight_occurrence_name(OCCURRED_HOLD_ASKED)) == 0 ||
                   strcmp(occurrence, flight_occurrence_name(OCCURRED_DEADLINE)) == 0;
    if (is_anew)
        flight->entered_ms = flight->reached_ms[state] = time_of(event);
    // Verified once more, its points stay where they were.
    if (flight->state == FLIGHT_VERIFYING && state == FLIGHT_WATCHING && flight->verified_ms == 0)
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

// A go to differences that nobody can attribute is that person's word for their kinds.
static void take_go(struct flight_reader *reader, const struct flight_request *request)
{
    struct flight *flight = reader->flight;
    struct flight_acceptance *acceptance = &flight->acceptance;

    if (flight->state != FLIGHT_HOLDING || acceptance->open == NULL)
        return;
    acceptance->by = request->actor;
    acceptance->accepted = acceptance_joined(reader->mem, acceptance->accepted, acceptance->open);
}

static void answer_request(struct flight_reader *reader, int64_t sequence, bool is_taken)
{
    struct flight *flight = reader->flight;

    for (size_t i = 0; i < flight->n_requests; i++)
        if (flight->requests[i].sequence == sequence) {
            if (is_taken && flight->requests[i].occurrence == OCCURRED_ROLLBACK_ASKED)
                take_way_back(reader, &flight->requests[i]);
            if (is_taken && flight->requests[i].occurrence == OCCURRED_GO_ASKED)
                take_go(reader, &flight->requests[i]);
            memmove(&flight->requests[i], &flight->requests[i + 1],
                    (flight->n_requests - i - 1) * sizeof *flight->requests);
            flight->n_requests--;
            return;
        }
}

static bool take_moved(struct flight_reader *reader, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");

    reader->flight->lost_ms = 0;
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
    static const char *const asks[] = {"hold", "go", "abort", "rollback", "watch"};
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
    reader->flight->lost_ms = 0;
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
    enum step_state state = step_state_named(json_get_text(data, "outcome"));

    if (step == NULL || state == STEP_STATE_COUNT)
        return fail_at(reader, event, "the flight has no such step, or it has no outcome");
    reader->flight->lost_ms = 0;
    step->state = state;
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

// Two that look at once raise one alarm.
static bool take_lost(struct flight_reader *reader, const json_t *event)
{
    struct flight *flight = reader->flight;

    if (flight->lost_ms != 0)
        return true;
    flight->lost_ms = time_of(event);
    flight->alarm_sequence = json_get_integer(event, "seq", 0);
    return true;
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
    {EVENT_POINT_MISSED, take_missed},       {EVENT_PILOT_LOST, take_lost},
    {EVENT_CALL_STARTED, take_call},
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
