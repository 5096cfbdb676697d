/*
 * Kinds of steps: see step_kind.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/step_kind.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "flight/checkup.h"
#include "journal/events.h"
#include <string.h>

// Exit statuses of verbs, as command/command.h has them.
#define VERB_DONE 0
#define VERB_HOLD 3
#define VERB_PARTIAL 5

struct step_kind {
    const char *name;
    // What is run of `step` now, NULL-terminated, without the program's name; NULL: nothing is left
    // to be done, and it is done.
    bool (*arguments)(TALLOC_CTX *mem, const struct step_context *context, const struct step *step,
                      const char *const **out, struct error *err);
    bool (*read_back)(TALLOC_CTX *mem, const struct step_context *context, const struct step *step,
                      struct step_result *out, struct error *err);
};

#define READ_BACK_MS ((int64_t)5 * 60 * 1000)
#define OTHERS_MS ((int64_t)30 * 1000)
#define OTHERS_PAUSE_MS 1000

// --- what was journaled by a verb of this flight

struct sought {
    const char *event, *run;
    bool is_there;
};

static bool look_at(void *context, const json_t *event)
{
    struct sought *sought = context;
    const char *name = json_get_text(event, "event"), *run = json_get_text(event, "run");

    sought->is_there =
        sought->is_there || (name != NULL && run != NULL && strcmp(name, sought->event) == 0 &&
                             strcmp(run, sought->run) == 0);
    return !sought->is_there;
}

static bool read_back_event(const struct step_context *context, const char *event,
                            struct step_result *out, struct error *err)
{
    struct sought sought = {.event = event, .run = context->caller->flight};

    TRY(journal_read(context->journal, 1, look_at, &sought, err));
    out->state = sought.is_there ? STEP_DONE : STEP_PENDING;
    out->why = sought.is_there ? NULL : "the journal has no result of it";
    return true;
}

struct baseline_sought {
    TALLOC_CTX *mem;
    const char *run, *path;
};

static bool take_baseline(void *context, const json_t *event)
{
    struct baseline_sought *sought = context;
    const char *name = json_get_text(event, "event"), *run = json_get_text(event, "run");

    if (name != NULL && run != NULL && strcmp(name, EVENT_BASELINE_SAVED) == 0 &&
        strcmp(run, sought->run) == 0)
        sought->path =
            mem_strdup(sought->mem, json_get_text(json_object_get(event, "data"), "path"));
    return true;
}

bool step_find_baseline(TALLOC_CTX *mem, const struct step_context *context, const char **out,
                        struct error *err)
{
    struct baseline_sought sought = {.mem = mem, .run = context->caller->flight};

    TRY(journal_read(context->journal, 1, take_baseline, &sought, err));
    *out = sought.path;
    return true;
}

static bool backup_read_back(TALLOC_CTX *mem, const struct step_context *context,
                             const struct step *step, struct step_result *out, struct error *err)
{
    (void)mem, (void)step;
    return read_back_event(context, EVENT_BACKUP_TAKEN, out, err);
}

static bool baseline_read_back(TALLOC_CTX *mem, const struct step_context *context,
                               const struct step *step, struct step_result *out, struct error *err)
{
    (void)mem, (void)step;
    return read_back_event(context, EVENT_BASELINE_SAVED, out, err);
}

// The step's own words behind "tminus".
static bool own_arguments(TALLOC_CTX *mem, const struct step_context *context,
                          const struct step *step, const char *const **out, struct error *err)
{
    (void)mem, (void)context;
    if (step->argv == NULL || step->argv[0] == NULL)
        return error_set(err, ERROR_INPUT, "step '%s' has no command", step->name);
    *out = step->argv + 1;
    return true;
}

// --- migrations: what the target's record has

struct recorded {
    bool is_known;
    int64_t applied, pending; // pending: up to the version that the step goes to
    int64_t waiting;          // are not applied, and their data did not go back
    const char *why;          // not known: why
};

// While another session migrates, the record says nothing: that one may still commit. It is waited
// for a while: what a dead process had begun ends with its statement.
static bool ask_record(TALLOC_CTX *mem, const struct step_context *context, const char *to,
                       struct verb_answer *out, struct error *err)
{
    const char *const argv[] = {"migrate", "--dry-run", to == NULL ? NULL : "--to", to, NULL};
    int64_t until_ms = clock_monotonic_ms() + OTHERS_MS;

    for (;;) {
        TRY(verb_run(mem, context->caller, argv, READ_BACK_MS, out, err));
        if (json_get_text(out->document, "at_work") == NULL || clock_monotonic_ms() >= until_ms)
            return true;
        TRY(wait_pause(context->caller->wait, OTHERS_PAUSE_MS, err));
    }
}

static bool read_record(TALLOC_CTX *mem, const struct step_context *context,
                        const struct step *step, struct recorded *out, struct error *err)
{
    SCRATCH(tmp);
    struct verb_answer answer;

    TRY(ask_record(tmp, context, json_get_text(step->settings, "to"), &answer, err));
    const char *at_work = json_get_text(answer.document, "at_work");
    const json_t *steps = json_object_get(answer.document, "migrations");
    int64_t applied = json_get_integer(answer.document, "applied_before", -1);
    *out = (struct recorded){.applied = applied,
                             .pending = (int64_t)json_array_size(steps),
                             .waiting = json_get_integer(answer.document, "data_waiting", 0)};
    out->is_known =
        answer.status == VERB_DONE && applied >= 0 && json_is_array(steps) && at_work == NULL;
    if (at_work != NULL)
        out->why = mem_printf(
            mem, "another session still migrates this database, and may commit: %s", at_work);
    else if (!out->is_known)
        out->why =
            mem_strdup(mem, answer.said == NULL ? "migrate --dry-run gave no answer" : answer.said);
    return true;
}

static bool put_unknown(const struct recorded *recorded, struct step_result *out)
{
    out->state = STEP_UNKNOWN;
    out->why = recorded->why;
    return true;
}

static json_t *recorded_evidence(const struct recorded *recorded)
{
    json_t *evidence = json_object();
    json_put_integer(evidence, "applied", recorded->applied);
    json_put_integer(evidence, "pending", recorded->pending);
    return evidence;
}

static bool migrate_read_back(TALLOC_CTX *mem, const struct step_context *context,
                              const struct step *step, struct step_result *out, struct error *err)
{
    int64_t wanted = json_get_integer(step->settings, "pending", 0);
    struct recorded recorded;

    TRY(read_record(mem, context, step, &recorded, err));
    if (!recorded.is_known)
        return put_unknown(&recorded, out);
    out->evidence = recorded_evidence(&recorded);
    out->state = recorded.pending == 0 ? STEP_DONE : STEP_PENDING;
    out->is_proof = true; // record and migration are one transaction, or the record is dirty
    out->is_partly = recorded.pending > 0 && recorded.pending < wanted;
    if (recorded.pending > 0)
        out->why = mem_printf(mem, "%lld of %lld migrations are not applied",
                              (long long)recorded.pending, (long long)wanted);
    return true;
}

// Applied behind the flight's own: what somebody else added since is not the flight's to undo.
static const char *foreign_migrations(TALLOC_CTX *mem, const struct step *step,
                                      const struct recorded *recorded)
{
    int64_t most = json_get_integer(step->settings, "applied", 0) +
                   json_get_integer(step->settings, "pending", 0);

    if (recorded->applied <= most)
        return NULL;
    return mem_printf(mem,
                      "%lld migrations are applied, more than the %lld after the flight: somebody "
                      "else applied others since",
                      (long long)recorded->applied, (long long)most);
}

static bool undo_arguments(TALLOC_CTX *mem, const struct step_context *context,
                           const struct step *step, const char *const **out, struct error *err)
{
    int64_t before = json_get_integer(step->settings, "applied", 0);
    struct recorded recorded;

    TRY(read_record(mem, context, step, &recorded, err));
    if (!recorded.is_known)
        return error_set(err, ERROR_UNKNOWN, "%s", recorded.why);
    const char *foreign = foreign_migrations(mem, step, &recorded);
    if (foreign != NULL)
        return error_set(err, ERROR_POLICY, "%s", foreign);
    *out = NULL;
    int64_t n = recorded.applied - before + recorded.waiting;
    if (recorded.applied < before || n == 0)
        return true;
    const char **argv = mem_array(mem, const char *, 5);
    argv[0] = "migrate";
    argv[1] = "--undo";
    argv[2] = "--steps";
    argv[3] = mem_printf(mem, "%lld", (long long)n);
    *out = argv;
    return true;
}

static bool undo_read_back(TALLOC_CTX *mem, const struct step_context *context,
                           const struct step *step, struct step_result *out, struct error *err)
{
    int64_t before = json_get_integer(step->settings, "applied", 0);
    struct recorded recorded;

    TRY(read_record(mem, context, step, &recorded, err));
    if (!recorded.is_known)
        return put_unknown(&recorded, out);
    out->evidence = recorded_evidence(&recorded);
    out->state = recorded.applied == before && recorded.waiting == 0 ? STEP_DONE : STEP_PENDING;
    if (recorded.applied < before) {
        out->state = STEP_UNKNOWN;
        out->why = mem_printf(mem,
                              "%lld migrations are applied, fewer than the %lld before the "
                              "flight: somebody else undid some",
                              (long long)recorded.applied, (long long)before);
    } else if (recorded.applied > before) {
        const char *foreign = foreign_migrations(mem, step, &recorded);
        out->is_partly = true;
        out->why = foreign != NULL
                       ? foreign
                       : mem_printf(mem, "%lld migrations of the flight are still applied",
                                    (long long)(recorded.applied - before));
    } else if (recorded.waiting > 0) {
        out->is_partly = true;
        out->why = mem_printf(mem, "the data of %lld migration%s did not go back from its undo log",
                              (long long)recorded.waiting, recorded.waiting == 1 ? "" : "s");
    }
    return true;
}

// --- verbs that look at the world before and behind what they do (flight/act.h)

static enum step_state state_of(const char *seen)
{
    if (seen == NULL || strcmp(seen, "unknown") == 0)
        return STEP_UNKNOWN;
    if (strcmp(seen, "done") == 0)
        return STEP_DONE;
    return strcmp(seen, "pending") == 0 ? STEP_PENDING : STEP_FAILED;
}

static bool act_read_back(TALLOC_CTX *mem, const struct step_context *context,
                          const struct step *step, struct step_result *out, struct error *err)
{
    SCRATCH(tmp);
    const char *const *own;
    const char **argv = NULL;
    size_t n = 0;
    struct verb_answer answer;

    TRY(own_arguments(tmp, context, step, &own, err));
    for (; *own != NULL; own++)
        *mem_append(tmp, argv, n) = *own;
    *mem_append(tmp, argv, n) = "--dry-run";
    (void)mem_append(tmp, argv, n); // the end
    TRY(verb_run(tmp, context->caller, argv, READ_BACK_MS, &answer, err));
    const char *why = json_get_text(answer.document, "why");
    const char *does = json_get_text(step->settings, "does");
    out->state = state_of(json_get_text(answer.document, "state"));
    out->is_proof = does != NULL && strcmp(does, "sql") == 0; // one transaction, whole or not
    out->why = mem_strdup(mem, why == NULL && answer.document == NULL ? answer.said : why);
    return true;
}

// --- a comparison with the baseline, before the flight's own

static bool verify_arguments(TALLOC_CTX *mem, const struct step_context *context,
                             const struct step *step, const char *const **out, struct error *err)
{
    const char *baseline;
    (void)step;
    TRY(step_find_baseline(mem, context, &baseline, err));
    if (baseline == NULL)
        return error_set(err, ERROR_UNKNOWN, "the flight has no baseline to compare with");
    const char **argv = mem_array(mem, const char *, 6);
    argv[0] = "verify";
    argv[1] = "--baseline";
    argv[2] = baseline;
    argv[3] = "--expect";
    argv[4] = "applied";
    *out = argv;
    return true;
}

struct verified_sought {
    const char *run, *step;
    bool is_go, is_open; // the last one of the step's last attempt; open: nobody can tell
};

static bool take_verified(void *context, const json_t *event)
{
    struct verified_sought *sought = context;
    const char *name = json_get_text(event, "event"), *run = json_get_text(event, "run");
    const json_t *data = json_object_get(event, "data");
    const char *step = json_get_text(data, "step"), *verdict = json_get_text(data, "verdict");

    if (name == NULL || run == NULL || strcmp(run, sought->run) != 0)
        return true;
    if (strcmp(name, EVENT_STEP_STARTED) == 0 && step != NULL && strcmp(step, sought->step) == 0)
        sought->is_go = sought->is_open = false;
    if (strcmp(name, EVENT_VERIFIED) == 0) {
        sought->is_go = verdict != NULL && strcmp(verdict, "GO") == 0;
        sought->is_open = json_is_true(json_object_get(data, "unattributable"));
    }
    return true;
}

static bool verify_read_back(TALLOC_CTX *mem, const struct step_context *context,
                             const struct step *step, struct step_result *out, struct error *err)
{
    struct verified_sought sought = {.run = context->caller->flight, .step = step->name};

    (void)mem;
    TRY(journal_read(context->journal, 1, take_verified, &sought, err));
    out->state = sought.is_go ? STEP_DONE : sought.is_open ? STEP_UNKNOWN : STEP_PENDING;
    out->why = sought.is_go     ? NULL
               : sought.is_open ? "rows differ, and this database does not tell who wrote them"
                                : "the journal has no GO of it";
    return true;
}

static const struct step_kind kinds[] = {
    {"backup", own_arguments, backup_read_back},    {"baseline", own_arguments, baseline_read_back},
    {"migrate", own_arguments, migrate_read_back},  {"undo", undo_arguments, undo_read_back},
    {"build", own_arguments, act_read_back},        {"release", own_arguments, act_read_back},
    {"tag", own_arguments, act_read_back},          {"step", own_arguments, act_read_back},
    {"verify", verify_arguments, verify_read_back}, {"maintenance", own_arguments, act_read_back},
};

// NULL: there is none.
static const struct step_kind *kind_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

// --- acting

static const char *said_of(TALLOC_CTX *mem, const struct verb_answer *answer)
{
    const char *reason = checkup_reason(mem, answer->document);
    return reason != NULL ? reason : answer->said != NULL ? answer->said : "it said nothing";
}

static void judge(TALLOC_CTX *mem, const struct verb_answer *answer, int64_t timeout_ms,
                  struct step_result *out)
{
    bool is_unknown = answer->timed_out || answer->status == VERB_HOLD || answer->status >= 128 ||
                      checkup_is_unattributable(answer->document);

    // Of an undo: all is back, but for rows that others changed since.
    bool is_complete = answer->status == VERB_PARTIAL &&
                       json_is_true(json_object_get(answer->document, "complete"));

    out->state = answer->status == VERB_DONE || is_complete ? STEP_DONE
                 : is_unknown                               ? STEP_UNKNOWN
                                                            : STEP_FAILED;
    if (answer->timed_out)
        out->why = mem_printf(mem, "it did not end within %s", quantity_duration(mem, timeout_ms));
    else if (answer->status != VERB_DONE)
        out->why = mem_printf(mem, "%s (it ended with %d)", said_of(mem, answer), answer->status);
}

bool step_act(TALLOC_CTX *mem, const struct step_context *context, const struct step *step,
              struct step_result *out, struct error *err)
{
    const struct step_kind *kind = kind_find(step->kind);
    const char *const *argv;
    struct verb_answer answer;
    struct error cause = {0};

    if (kind == NULL)
        return error_set(err, ERROR_INPUT,
                         "step '%s' is of kind '%s', which this tminus does not "
                         "know",
                         step->name, step->kind);
    if (!kind->arguments(mem, context, step, &argv, &cause)) {
        if (cause.code == ERROR_INTERRUPTED)
            return error_set(err, cause.code, "%s", cause.message);
        out->state = STEP_UNKNOWN;
        out->why = mem_strdup(mem, cause.message);
        return true;
    }
    if (argv == NULL) {
        out->state = STEP_DONE;
        return true;
    }
    TRY(verb_run(mem, context->caller, argv, step->timeout_ms, &answer, err));
    judge(mem, &answer, step->timeout_ms, out);
    return true;
}

bool step_read_back(TALLOC_CTX *mem, const struct step_context *context, const struct step *step,
                    struct step_result *out, struct error *err)
{
    const struct step_kind *kind = kind_find(step->kind);

    if (kind == NULL)
        return error_set(err, ERROR_INPUT,
                         "step '%s' is of kind '%s', which this tminus does not "
                         "know",
                         step->name, step->kind);
    return kind->read_back(mem, context, step, out, err);
}

// Only an undo can be looked at before: whether others applied more, and whether each has a down.
bool step_check_back(TALLOC_CTX *mem, const struct step_context *context, const struct step *step,
                     const char **refused, struct error *err)
{
    SCRATCH(tmp);
    const char *const *undo;
    const char **argv = NULL;
    size_t n = 0;
    struct verb_answer answer;
    struct error cause = {0};

    *refused = NULL;
    if (strcmp(step->kind, "undo") != 0)
        return true;
    if (!undo_arguments(tmp, context, step, &undo, &cause)) {
        if (cause.code == ERROR_INTERRUPTED)
            return error_set(err, cause.code, "%s", cause.message);
        *refused = mem_strdup(mem, cause.message);
        return true;
    }
    for (; undo != NULL && *undo != NULL; undo++)
        *mem_append(tmp, argv, n) = *undo;
    if (n == 0)
        return true;
    *mem_append(tmp, argv, n) = "--dry-run";
    (void)mem_append(tmp, argv, n); // the end
    TRY(verb_run(tmp, context->caller, argv, READ_BACK_MS, &answer, err));
    if (answer.status != VERB_DONE)
        *refused = mem_strdup(mem, answer.said ?: "the undo of its migrations cannot be looked at");
    return true;
}

bool step_undo_command(TALLOC_CTX *mem, const struct step_context *context, const struct step *step,
                       const char **out, struct error *err)
{
    SCRATCH(tmp);
    const char *const *undo = NULL;
    struct error cause = {0};

    *out = NULL;
    if (strcmp(step->kind, "undo") != 0)
        return true;
    if (!undo_arguments(tmp, context, step, &undo, &cause))
        return cause.code != ERROR_INTERRUPTED || error_set(err, cause.code, "%s", cause.message);
    for (; undo != NULL && *undo != NULL; undo++)
        *out = mem_printf(mem, "%s %s", *out == NULL ? "tminus" : *out, *undo);
    if (*out == NULL && cause.code == ERROR_NONE)
        *out = "nothing: its migrations are undone already";
    return true;
}
