/*
 * What the verbs of a flight share: see flight_work.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/flight_work.h"
#include "base/clock.h"
#include "base/log.h"
#include "command/by_hand.h"
#include "command/command.h"
#include "command/flight_binding.h"
#include "command/flight_screen.h"
#include "command/kept_journal.h"
#include "command/rollback_plan.h"
#include "flight/way_back.h"
#include "flight/world.h"
#include "journal/events.h"
#include "journal/state.h"
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct flight_reader *flight_work_reader(TALLOC_CTX *mem, const struct flight_work *work,
                                         const char *id)
{
    return flight_reader_make(mem, work->journal, work->choice.config->service,
                              work->choice.environment_name, id);
}

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL || strcmp(a, b) == 0;
}

bool flight_work_has(const struct flight_work *work, const struct flight *flight)
{
    return is_same(flight->service, work->choice.config->service) &&
           is_same(flight->environment, work->choice.environment_name);
}

// One that was named may be another environment's: what is done to it would be done to this one's
// database.
static bool check_environment(const struct flight_work *work, struct error *err)
{
    const struct flight *flight = work->flight;

    if (flight_work_has(work, flight))
        return true;
    error_set(err, ERROR_POLICY, "flight %s is one of %s/%s, not of %s", flight->id,
              flight->service ?: "tminus", flight->environment ?: "default", work->lease_name);
    return error_hint(err, "say --env %s", flight->environment ?: "of it");
}

// Fills `out`, whose program and options are given.
static bool open_work(TALLOC_CTX *mem, const char *id, kept_journal_opener *open_journal,
                      struct flight_work *out, struct error *err)
{
    SCRATCH(tmp);

    TRY(database_choose(mem, out->options, NULL, &out->choice, err));
    TRY(open_journal(mem, out->program, &out->choice, journal_run_name(tmp), &out->journal, err));
    out->lease_name = mem_printf(mem, "%s/%s", out->choice.config->service ?: "tminus",
                                 out->choice.environment_name ?: "default");
    const char *service = out->choice.config->service, *environment = out->choice.environment_name;
    TRY(state_path(mem, service, environment, state_lock_name(tmp, service, environment, "verbs"),
                   &out->verbs_lock, err));
    out->reader = flight_work_reader(mem, out, id);
    TRY(flight_refresh(out->reader, &out->flight, err));
    return id == NULL || out->flight == NULL || check_environment(out, err);
}

bool flight_work_open(TALLOC_CTX *mem, const struct program *program, const struct options *options,
                      const char *id, struct flight_work *out, struct error *err)
{
    *out = (struct flight_work){.program = program, .options = options};
    return open_work(mem, id, kept_journal_open, out, err);
}

// --- ids

struct ids {
    TALLOC_CTX *mem;
    const struct flight_work *work;
    const char **list; // in the order in which they began
    size_t n;
};

static bool note_id(void *context, const json_t *event)
{
    struct ids *ids = context;
    const char *name = json_get_text(event, "event");
    const char *id = json_get_text(json_object_get(event, "data"), "flight");

    if (name != NULL && id != NULL && strcmp(name, EVENT_FLIGHT_STARTED) == 0 &&
        flight_event_is_of(event, ids->work->choice.config->service,
                           ids->work->choice.environment_name))
        *mem_append(ids->mem, ids->list, ids->n) = mem_strdup(ids->mem, id);
    return true;
}

#define IDS_SHOWN 3

// One of another environment is told otherwise (check_environment).
static bool fail_missing(const struct flight_work *work, const char *id, struct error *err)
{
    SCRATCH(tmp);
    struct ids ids = {.mem = tmp, .work = work};
    const char *last = NULL;

    TRY(journal_read(work->journal, 1, note_id, &ids, err));
    if (ids.n == 0) {
        error_set(err, ERROR_INPUT, "%s: no flight was begun", work->lease_name);
        return error_hint(err, "tminus launch begins one; tminus journal show tells what was done");
    }
    for (size_t i = 0; i < ids.n && i < IDS_SHOWN; i++)
        last = mem_printf(tmp, "%s%s%s", last == NULL ? "" : last, last == NULL ? "" : ", ",
                          ids.list[ids.n - 1 - i]);
    error_set(err, ERROR_INPUT, "%s: the journal has no flight '%s'", work->lease_name, id);
    return error_hint(err, "the last %s: %s", ids.n == 1 ? "one" : "ones", last);
}

static bool find_work(TALLOC_CTX *mem, const char *id, kept_journal_opener *open_journal,
                      struct flight_work *out, struct error *err)
{
    if (open_work(mem, id, open_journal, out, err))
        return out->flight != NULL || fail_missing(out, id, err);
    if (err->code == ERROR_INPUT && out->choice.config != NULL)
        by_hand_write(out->program, out->options, err->message);
    return false;
}

bool flight_work_find(TALLOC_CTX *mem, const struct program *program, const struct options *options,
                      const char *id, struct flight_work *out, struct error *err)
{
    *out = (struct flight_work){.program = program, .options = options};
    return find_work(mem, id, kept_journal_open, out, err);
}

bool flight_work_look(TALLOC_CTX *mem, const struct program *program, const struct options *options,
                      const char *id, struct flight_work *out, struct error *err)
{
    *out = (struct flight_work){.program = program, .options = options};
    return find_work(mem, id, kept_journal_look, out, err);
}

// --- the lease

bool flight_work_take(TALLOC_CTX *mem, struct flight_work *work, struct error *err)
{
    TRY(lease_take(mem, work->journal, work->lease_name, FLIGHT_LEASE_MS, &work->lease, err));
    journal_fence(work->journal, work->lease);
    if (work->lease->taken.is_takeover)
        log_warning("taken over from %s on %s, which is gone",
                    work->lease->taken.before.owner.actor, work->lease->taken.before.owner.host);
    TRY(verb_await_others(work->verbs_lock, wait_make(mem), err));
    // What the one before had appended last.
    return flight_refresh(work->reader, &work->flight, err);
}

static bool find_program(TALLOC_CTX *mem, const char **out, struct error *err)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);

    if (len < 0 || (size_t)len == sizeof path)
        return error_set(err, ERROR_SYSTEM, "/proc/self/exe: cannot be read: %m");
    *out = mem_strndup(mem, path, (size_t)len);
    return true;
}

// --- flying

static bool find_since(TALLOC_CTX *mem, void *context, const char **out, struct error *err)
{
    const struct flight_work *work = context;
    return rollback_since(mem, work, out, err);
}

static bool make_caller(TALLOC_CTX *mem, const struct flight_work *work,
                        const struct store_fence *fence, struct verb_caller *out, struct error *err)
{
    const struct config_environment *environment = work->choice.environment;

    *out = (struct verb_caller){
        .flight = work->flight->id,
        .environment = environment == NULL ? NULL : environment->name,
        .config = work->options->config_path,
        .is_after_release = work->flight->is_after_release,
        .fence = fence,
        .lock = work->verbs_lock,
        .wait = wait_make(mem),
    };
    return find_program(mem, &out->program, err);
}

static bool make_world(TALLOC_CTX *mem, struct flight_work *work, struct flight_screen *screen,
                       struct flight_world **out, struct error *err)
{
    struct world_options *world = mem_new(mem, struct world_options);

    *world = (struct world_options){
        .reader = work->reader,
        .journal = work->journal,
        .lease = work->lease,
        .config = work->choice.config,
        .environment = work->choice.environment,
        .notifiers = work->program->notifiers,
        .since_ms = work->flight->entered_ms,
        .since = find_since,
        .since_context = work,
        .tell = flight_screen_tell,
        .pass = flight_screen_pass,
        .screen = screen,
    };
    TRY(make_caller(mem, work, &work->lease->fence, &world->caller, err));
    world->caller.hear = flight_screen_hear;
    world->caller.hear_context = screen;
    *out = world_make(mem, world);
    return true;
}

static bool fly(TALLOC_CTX *mem, struct flight_work *work, const struct flying_options *options,
                struct error *err)
{
    SCRATCH(tmp); // what it draws on is given back before anything else is written
    struct flight_screen *screen = flight_screen_open(tmp, work);
    struct flight_world *world;

    TRY(make_world(mem, work, screen, &world, err));
    return flight_fly(work->reader, work->journal, world, options, &work->flight, err);
}

int flight_work_fly(TALLOC_CTX *mem, struct flight_work *work, const struct flying_options *options,
                    struct error *err)
{
    struct error release;
    bool is_flown = fly(mem, work, options, err);

    if (!is_flown && (err->code == ERROR_INTERRUPTED || err->code == ERROR_SYSTEM))
        error_hint(err, "`tminus resume` goes on from here; `tminus status` shows where it is");
    // Of one that was fenced there is nothing to give back.
    if (err->code != ERROR_POLICY && !lease_release(work->lease, is_flown ? err : &release))
        return -1;
    return is_flown ? flight_work_show(work, err) : -1;
}

// Only looked at: what is asked for it journals nothing, under whatever lease there is.
static bool make_looker(TALLOC_CTX *mem, struct flight_work *work, struct verb_caller *out,
                        struct error *err)
{
    struct store_lease pilot = {0};
    struct store_fence *fence = mem_new(mem, struct store_fence);
    bool is_there;

    TRY(lease_look(mem, work->journal, work->lease_name, &pilot, &is_there, err));
    *fence = (struct store_fence){.lease = work->lease_name, .epoch = pilot.epoch};
    return make_caller(mem, work, fence, out, err);
}

bool flight_work_undo_command(TALLOC_CTX *mem, struct flight_work *work, const struct step *step,
                              const char **out, struct error *err)
{
    struct verb_caller caller;

    TRY(make_looker(mem, work, &caller, err));
    const struct step_context steps = {.caller = &caller, .journal = work->journal};
    return step_undo_command(mem, &steps, step, out, err);
}

bool flight_work_check_back(TALLOC_CTX *mem, struct flight_work *work, const struct flight *flight,
                            const char **refused, struct error *err)
{
    struct verb_caller caller;

    TRY(make_looker(mem, work, &caller, err));
    const struct step_context steps = {.caller = &caller, .journal = work->journal};
    const struct way_back way_back = {.steps = &steps, .since = find_since, .context = work};
    return way_back_check(mem, &way_back, flight, refused, err);
}

// --- nobody flies

static bool raise_alarm(TALLOC_CTX *mem, struct flight_work *work, const struct store_lease *pilot,
                        struct error *err)
{
    SCRATCH(tmp);
    struct flight_screen *screen = flight_screen_open(tmp, work);
    struct flight_world *world;

    TRY(make_world(mem, work, screen, &world, err));
    return flight_raise_alarm(work->reader, work->journal, world, pilot, &work->flight, err);
}

// Under a lease of its own: two timers call once, and who flew and only slept may fly on.
int flight_work_alarm(TALLOC_CTX *mem, struct flight_work *work, const struct store_lease *pilot,
                      struct error *err)
{
    const char *name = mem_printf(mem, "%s#alarm", work->lease_name);
    struct error cause = {0};

    if (!lease_take(mem, work->journal, name, FLIGHT_LEASE_MS, &work->lease, &cause)) {
        if (cause.code == ERROR_POLICY) // another one is at it
            return flight_work_show(work, err);
        *err = cause;
        return -1;
    }
    journal_fence(work->journal, work->lease);
    bool is_raised = raise_alarm(mem, work, pilot, err);
    return lease_release(work->lease, is_raised ? err : &cause) && is_raised
               ? flight_work_show(work, err)
               : -1;
}

// --- the last one that flew

bool flight_work_find_flown(TALLOC_CTX *mem, struct flight_work *work, struct error *err)
{
    struct ids ids = {.mem = mem, .work = work};

    if (work->flight->state != FLIGHT_ABORTED)
        return true;
    TRY(journal_read(work->journal, 1, note_id, &ids, err));
    for (size_t i = ids.n; i > 0; i--) {
        struct flight_reader *reader = flight_work_reader(mem, work, ids.list[i - 1]);
        struct flight *flight;
        TRY(flight_refresh(reader, &flight, err));
        if (flight == NULL || flight->state == FLIGHT_ABORTED)
            continue;
        work->reader = reader;
        work->flight = flight;
        return true;
    }
    return true;
}

// --- asking

// Is a tminus at work on it, that reads the wish?
static bool look_for_pilot(const struct flight_work *work, bool *is_flown, struct error *err)
{
    SCRATCH(tmp);
    struct store_lease pilot;
    bool is_there;

    TRY(lease_look(tmp, work->journal, work->lease_name, &pilot, &is_there, err));
    *is_flown = is_there && pilot.is_alive;
    if (*is_flown)
        log_info("asked; %s on %s flies it and answers within seconds: tminus status",
                 pilot.owner.actor, pilot.owner.host);
    return true;
}

int flight_work_ask(TALLOC_CTX *mem, struct flight_work *work, const struct flight_wish *wish,
                    struct error *err)
{
    const struct flying_options options = {0};
    bool is_flown;

    if (!flight_ask(work->journal, work->flight, wish, err) ||
        !look_for_pilot(work, &is_flown, err))
        return -1;
    if (is_flown)
        return flight_refresh(work->reader, &work->flight, err) && flight_work_show(work, err) >= 0
                   ? EXIT_GO
                   : -1;
    // Of a hold nobody asked before: it is welcome from everywhere, and flown here alone.
    return flight_binding_check_work(work, wish->asks, err) && flight_work_take(mem, work, err)
               ? flight_work_fly(mem, work, &options, err)
               : -1;
}

int flight_work_show(const struct flight_work *work, struct error *err)
{
    SCRATCH(tmp);
    struct store_lease pilot;
    bool is_there;

    if (!lease_look(tmp, work->journal, work->lease_name, &pilot, &is_there, err))
        return -1;
    const struct board_options options = {.now_ms = clock_wall_ms(),
                                          .pilot = is_there ? &pilot : NULL,
                                          .size = {.is_colored = log_is_colored(stdout)}};
    if (work->options->format == FORMAT_TEXT) {
        board_write_text(stdout, work->flight, &options, "\n");
    } else {
        json_auto_t *document = board_json(work->flight, &options);
        json_write(stdout, document);
    }
    return board_exit_status(work->flight, &options);
}
