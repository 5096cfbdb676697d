/*
 * The real world of a flight: see world.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/world.h"
#include "base/clock.h"
#include "flight/calling.h"
#include "flight/checkup.h"
#include "flight/notification.h"
#include "flight/stray.h"
#include "flight/way_back.h"
#include <string.h>

#define LOOK_EVERY_MS 1000 // for wishes, while something runs or is waited for
#define SLEEP_LEAST_MS 10
#define POLL_MS ((int64_t)25 * 60 * 1000)
#define KEEP_MS ((int64_t)5 * 60 * 1000)
#define KEEP_EVERY_MS ((int64_t)60 * 1000) // where it cannot be ended
#define CALL_MS ((int64_t)10 * 1000) // for all channels: who flies has more to do than to call

struct world {
    struct flight_world table;
    const struct world_options *options;
    struct step_context steps;
    int64_t began_ms, began_boot_ms; // the same moment by both clocks
    int64_t renewed_ms, looked_ms;   // monotonic
    bool is_acting, is_aborting;
    int64_t kept_ms;      // monotonic: when a maintenance was ended last; 0: never
    int64_t call_ends_ms; // monotonic; 0: nobody is being called
    struct error fenced;  // code ERROR_NONE: not
};

// From the wall's time at the start, by the machine's own: who sets the clock meanwhile makes no
// deadline come earlier or later.
static int64_t world_now(void *context)
{
    const struct world *world = context;
    return world->began_ms + (clock_boot_ms() - world->began_boot_ms);
}

static int64_t world_wall(void *context)
{
    (void)context;
    return clock_wall_ms();
}

// --- while something runs

static bool keep_lease(struct world *world)
{
    struct error err = {0};
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms - world->renewed_ms < FLIGHT_LEASE_MS / 3)
        return true;
    if (lease_renew(world->options->lease, &err)) {
        world->renewed_ms = now_ms;
        return true;
    }
    // Another one flies now; anything else may be better at the next try.
    if (err.code != ERROR_POLICY)
        return true;
    world->fenced = err;
    return false;
}

// Does a person want that what runs is ended?
static bool is_wanted_ended(const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_requests; i++) {
        const struct flight_request *request = &flight->requests[i];
        if (request->occurrence == OCCURRED_ABORT_ASKED ||
            (request->occurrence == OCCURRED_ROLLBACK_ASKED && request->is_now))
            return true;
    }
    return false;
}

static bool look_for_wishes(struct world *world)
{
    struct error ignored;
    struct flight *flight;
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms - world->looked_ms < LOOK_EVERY_MS)
        return true;
    world->looked_ms = now_ms;
    if (!flight_refresh(world->options->reader, &flight, &ignored))
        return true; // told by the loop, which reads it again
    // A rollback is not stopped half-way.
    if (flight->state != FLIGHT_ROLLING_BACK && is_wanted_ended(flight))
        world->is_aborting = true;
    return !world->is_aborting;
}

static bool tick(void *context)
{
    struct world *world = context;

    world->options->pass(world->options->screen);
    if (world->call_ends_ms != 0 && clock_monotonic_ms() >= world->call_ends_ms)
        return false;
    return keep_lease(world) && (!world->is_acting || look_for_wishes(world));
}

// What an interruption was: fenced, or a signal.
static bool fail_interrupted(struct world *world, struct error *err)
{
    if (world->fenced.code != ERROR_NONE)
        *err = world->fenced;
    return false;
}

static bool world_sleep(void *context, int64_t until_ms, struct error *err)
{
    struct world *world = context;
    bool never = false;
    int64_t left_ms = until_ms - world_now(world);
    int64_t ms = left_ms < LOOK_EVERY_MS ? left_ms : LOOK_EVERY_MS;

    if (ms < SLEEP_LEAST_MS) // the moment is one of the other clock
        ms = SLEEP_LEAST_MS;
    if (wait_until(world->options->caller.wait, &never, clock_monotonic_ms() + ms, err))
        return true;
    return err->code == ERROR_UNREACHABLE || fail_interrupted(world, err); // the time is over
}

// --- steps

static bool world_act(void *context, TALLOC_CTX *mem, const struct flight *flight,
                      const struct step *step, struct step_result *out, struct error *err)
{
    (void)flight;
    struct world *world = context;

    // The last look before something is done: a process that slept may have been taken over.
    if (!lease_renew(world->options->lease, err))
        return false;
    world->is_acting = true;
    bool is_done = step_act(mem, &world->steps, step, out, err);
    world->is_acting = false;
    if (is_done)
        return true;
    if (!world->is_aborting)
        return fail_interrupted(world, err);
    world->is_aborting = false;
    out->state = STEP_FAILED;
    out->why = "it was ended: a person asked for it";
    return true;
}

static bool world_read_back(void *context, TALLOC_CTX *mem, const struct flight *flight,
                            const struct step *step, struct step_result *out, struct error *err)
{
    (void)flight;
    struct world *world = context;
    return step_read_back(mem, &world->steps, step, out, err) || fail_interrupted(world, err);
}

static bool world_find_stray(void *context, TALLOC_CTX *mem, const struct flight *flight,
                             const struct step *step, const char **out, struct error *err)
{
    const struct world *world = context;
    return stray_find(mem, world->options->journal, flight, step, out, err);
}

// --- questions: the verbs that answer them

static void put_answer(TALLOC_CTX *mem, const struct verb_answer *answer, struct flight_answer *out)
{
    const char *why = json_get_text(answer->document, "reason");

    out->verdict = answer->status == 0                         ? VERDICT_GO
                   : answer->status == 1 && !answer->timed_out ? VERDICT_NO_GO
                                                               : VERDICT_HOLD;
    if (why == NULL)
        why = out->verdict == VERDICT_GO ? NULL : answer->said;
    out->why = mem_strdup(mem, why);
}

// Does the flight make by itself, before T-0, what this gate looks for?
static bool is_prepared(const struct flight *flight, const char *gate)
{
    const struct step *step = flight_step(flight, gate);
    // A configured step may have the name of a gate, and makes nothing for it.
    return step != NULL && step->phase == STEP_PREPARE && strcmp(step->kind, "step") != 0;
}

// At T-30 it is what failed that counts: what is not known yet, and what the flight prepares, is
// asked again at T-0, when nothing may be unknown.
static const char *first_failed(const struct flight *flight, const json_t *checks)
{
    const json_t *check;
    size_t i;

    json_array_foreach(checks, i, check)
    {
        const char *name = json_get_text(check, "name"), *status = json_get_text(check, "status");
        if (json_is_true(json_object_get(check, "required")) && name != NULL && status != NULL &&
            strcmp(status, "FAIL") == 0 && !is_prepared(flight, name))
            return name;
    }
    return NULL;
}

static json_t *poll_detail(const json_t *document)
{
    json_t *detail = json_object();
    json_put_text(detail, "digest", json_get_text(document, "digest"));
    json_put_text(detail, "verdict", json_get_text(document, "verdict"));
    return detail;
}

static bool world_poll(void *context, TALLOC_CTX *mem, const struct flight *flight,
                       struct flight_answer *out, struct error *err)
{
    struct world *world = context;
    const char *const argv[] = {"poll", NULL};
    struct verb_answer answer;

    if (!verb_run(mem, &world->options->caller, argv, POLL_MS, &answer, err))
        return fail_interrupted(world, err);
    put_answer(mem, &answer, out);
    const json_t *checks = json_object_get(answer.document, "checks");
    if (json_is_array(checks))
        out->detail = poll_detail(answer.document);
    if (flight->state == FLIGHT_POLLING && out->verdict != VERDICT_GO && json_is_array(checks) &&
        first_failed(flight, checks) == NULL) {
        out->verdict = VERDICT_GO;
        out->why = "nothing failed; what is not known yet is asked again at T-0";
    }
    return true;
}

static bool world_verify(void *context, TALLOC_CTX *mem, const struct flight *flight,
                         bool as_before, struct flight_answer *out, struct error *err)
{
    struct world *world = context;
    const struct checkup checkup = {
        .steps = &world->steps,
        .flight = flight,
        .as_before = as_before,
        .ready_ms =
            world->options->environment == NULL ? 0 : world->options->environment->release.ready_ms,
    };

    return checkup_all(mem, &checkup, out, err) || fail_interrupted(world, err);
}

// --- the way back

static bool world_check_back(void *context, TALLOC_CTX *mem, const struct flight *flight,
                             const char **refused, struct error *err)
{
    struct world *world = context;
    const struct way_back way_back = {.steps = &world->steps,
                                      .since = world->options->since,
                                      .context = world->options->since_context};

    return way_back_check(mem, &way_back, flight, refused, err) || fail_interrupted(world, err);
}

// --- maintenance

static bool world_keep(void *context, TALLOC_CTX *mem, const struct flight *flight,
                       struct error *err)
{
    struct world *world = context;
    const char *const argv[] = {"maintenance", "--disable", "--overdue", NULL};
    int64_t now_ms = clock_monotonic_ms();
    struct verb_answer answer;

    if (!maintenance_lease_is_over(&flight->maintenance, clock_wall_ms()) ||
        (world->kept_ms != 0 && now_ms - world->kept_ms < KEEP_EVERY_MS))
        return true;
    world->kept_ms = now_ms;
    // What comes of it stands in the journal, and people are called by the verb.
    return verb_run(mem, &world->options->caller, argv, KEEP_MS, &answer, err) ||
           fail_interrupted(world, err);
}

// --- people

static char *world_call_text(void *context, TALLOC_CTX *mem, const struct flight *flight)
{
    const struct world *world = context;
    return calling_text(mem, world->options->config->service, flight, clock_wall_ms());
}

static bool world_call(void *context, TALLOC_CTX *mem, const struct flight *flight,
                       const char *text, struct flight_call *out, struct error *err)
{
    struct world *world = context;
    struct error cause = {0};
    struct notification_report report;
    const struct notification notification = {
        .config = world->options->config,
        .environment = world->options->environment,
        .text = text,
        .detail = calling_detail(mem, flight, clock_wall_ms()),
        .journal = world->options->journal,
        .drivers = world->options->notifiers,
        .wait = world->options->caller.wait,
    };

    world->call_ends_ms = clock_monotonic_ms() + CALL_MS;
    bool is_sent = notification_send(mem, &notification, &report, &cause);
    bool is_over = clock_monotonic_ms() >= world->call_ends_ms;
    world->call_ends_ms = 0;
    if (is_sent) {
        *out = (struct flight_call){.is_taken = report.n_delivered > 0,
                                    .why = report.why,
                                    .answers = json_incref(report.answers)};
        return true;
    }
    if (!is_over || wait_signal() != 0 || world->fenced.code != ERROR_NONE) {
        *err = cause;
        return fail_interrupted(world, err);
    }
    out->why = "the channels did not answer in time: nobody knows whether somebody was told";
    return true;
}

static void world_tell(void *context, const struct flight *flight)
{
    struct world *world = context;
    world->options->tell(world->options->screen, flight);
}

struct flight_world *world_make(TALLOC_CTX *mem, const struct world_options *options)
{
    struct world *world = mem_new(mem, struct world);

    world->options = options;
    world->steps = (struct step_context){.caller = &options->caller, .journal = options->journal};
    world->began_ms = clock_wall_ms() > options->since_ms ? clock_wall_ms() : options->since_ms;
    world->began_boot_ms = clock_boot_ms();
    world->renewed_ms = clock_monotonic_ms();
    world->table = (struct flight_world){
        .context = world,
        .now_ms = world_now,
        .wall_ms = world_wall,
        .sleep_until = world_sleep,
        .poll = world_poll,
        .verify = world_verify,
        .act = world_act,
        .read_back = world_read_back,
        .find_stray = world_find_stray,
        .check_back = options->since == NULL ? NULL : world_check_back,
        .keep = world_keep,
        .call_text = world_call_text,
        .call =
            options->environment == NULL || options->environment->n_notify == 0 ? NULL : world_call,
        .tell = world_tell,
    };
    wait_on_tick(options->caller.wait, tick, world);
    return &world->table;
}
