/*
 * tminus migrate: apply pending migrations, or undo the last ones.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/migrate.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/text.h"
#include "command/command.h"
#include "command/database.h"
#include "command/flight_binding.h"
#include "command/kept_journal.h"
#include "flight/file_lock.h"
#include "flight/verb.h"
#include "journal/state.h"
#include "report/migration.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY_TO 0x201
#define KEY_UNDO 0x202
#define KEY_STEPS 0x203
#define KEY_DRY_RUN 0x204
#define KEY_DATABASE 0x205
#define KEY_LOCK_TIMEOUT 0x206
#define KEY_ATTEMPTS 0x207
#define KEY_UNDO_LOG 0x208
#define KEY_NO_UNDO_LOG 0x209
#define ATTEMPTS 3

struct migrate_command {
    TALLOC_CTX *mem;
    const struct program *program;
    struct options options;
    const char *database;
    const char *to;
    bool is_undo;
    bool is_dry_run;
    bool has_undo_log, has_no_undo_log;
    int64_t steps;
    int64_t timeout_ms;
    int64_t attempts;
    const char **paths;
    size_t n_paths;
};

static const struct argp_option table[] = {
    {"to", KEY_TO, "VERSION", 0, "last version to apply, instead of all", 1},
    {"undo", KEY_UNDO, NULL, 0, "run the downs of the last applied migrations, in reverse order",
     1},
    {"steps", KEY_STEPS, "N", 0, "how many to undo", 1},
    {"undo-log", KEY_UNDO_LOG, NULL, 0,
     "keep before-images of what is overwritten and deleted (undo_log of tminus.yaml)", 1},
    {"no-undo-log", KEY_NO_UNDO_LOG, NULL, 0,
     "keep none; of an undo: leave the data as it is, whatever its log holds", 1},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "show what would be done; touch nothing", 1},
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 1},
    {"lock-timeout", KEY_LOCK_TIMEOUT, "TIME", 0,
     "wait so long for a lock (PostgreSQL, each lock: 5s; SQLite: 30s)", 1},
    {"attempts", KEY_ATTEMPTS, "N", 0,
     "begin a migration so often when a lock is not to be had (PostgreSQL: 3)", 1},
    {0},
};

static void read_steps(struct argp_state *state, const char *text, int64_t *out)
{
    struct error err;
    if (!quantity_read_integer(text, out, &err) || *out < 1)
        argp_error(state, "--steps needs a number from 1, not '%s'", text);
}

static void read_timeout(struct argp_state *state, const char *text, int64_t *out)
{
    struct error err;
    if (!quantity_read_duration(text, out, &err) || *out < 1)
        argp_error(state, "--lock-timeout needs a time such as 5s, not '%s'", text);
}

static void read_attempts(struct argp_state *state, const char *text, int64_t *out)
{
    struct error err;
    if (!quantity_read_integer(text, out, &err) || *out < 1)
        argp_error(state, "--attempts needs a number from 1, not '%s'", text);
}

static bool check_together(const struct migrate_command *command, struct error *err)
{
    if (command->is_undo && command->steps == 0)
        return error_set(err, ERROR_USAGE, "--undo needs --steps N");
    if (!command->is_undo && command->steps != 0)
        return error_set(err, ERROR_USAGE, "--steps goes with --undo");
    if (command->is_undo && command->to != NULL)
        return error_set(err, ERROR_USAGE, "--to goes with applying; say --undo --steps N");
    if (command->has_undo_log && command->has_no_undo_log)
        return error_set(err, ERROR_USAGE, "--undo-log and --no-undo-log exclude each other");
    if (command->is_undo && command->has_undo_log)
        return error_set(err, ERROR_USAGE,
                         "--undo-log goes with applying; an undo takes the log "
                         "that is there");
    return true;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct migrate_command *command = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &command->options; return 0;
    case KEY_TO: command->to = value; return 0;
    case KEY_UNDO: command->is_undo = true; return 0;
    case KEY_STEPS: read_steps(state, value, &command->steps); return 0;
    case KEY_UNDO_LOG: command->has_undo_log = true; return 0;
    case KEY_NO_UNDO_LOG: command->has_no_undo_log = true; return 0;
    case KEY_DRY_RUN: command->is_dry_run = true; return 0;
    case KEY_ATTEMPTS: read_attempts(state, value, &command->attempts); return 0;
    case KEY_DATABASE: command->database = value; return 0;
    case KEY_LOCK_TIMEOUT: read_timeout(state, value, &command->timeout_ms); return 0;
    case ARGP_KEY_ARG:
        *mem_append(command->mem, command->paths, command->n_paths) = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "[PATH…]",
    .doc =
        "Apply the pending migrations of PATH (or of tminus.yaml) in order, each with its record, "
        "and read back what the database then holds. Ends with 0 done, 4 when a failed one was "
        "taken back, 5 when one is partly applied, 3 when the database is locked, 6 when another "
        "tminus is at work.",
    .children = options_children,
};

// Of the database, whoever comes by whatever service, environment and folder; on PostgreSQL, where
// one database may have several addresses, its record is locked besides.
static const char *lock_name(TALLOC_CTX *mem, const struct database_choice *choice)
{
    SCRATCH(tmp);
    char whole[PATH_MAX];
    const char *url = secret_reveal(choice->url), *colon = strchr(url, ':');
    const char *rest = colon == NULL ? url : colon + 1;
    if (text_starts_with(rest, "//"))
        rest += 2;
    const char *path = mem_strndup(tmp, rest, strcspn(rest, "?"));
    bool is_file = realpath(url, whole) != NULL || realpath(path, whole) != NULL;
    const char *target = is_file ? whole : url;
    return mem_printf(mem, "locks/migrate-%.16s.lock", digest_of(target, strlen(target)).hex);
}

static bool open_journal(TALLOC_CTX *mem, const struct program *program,
                         const struct database_choice *choice, struct journal **out,
                         struct error *err)
{
    struct file_lock *lock;
    char *lock_path;
    TRY(state_common_path(mem, lock_name(mem, choice), &lock_path, err));
    TRY(file_lock_take(mem, lock_path, &lock, err));
    const char *run = mem_printf(mem, "migrate/%ld", (long)getpid());
    return kept_journal_open(mem, program, choice, run, out, err);
}

static void write_report(const struct options *options, const struct migrate_report *report,
                         struct journal *journal, const struct error *failure)
{
    struct journal_head head = {0};
    struct error ignored;
    if (journal != NULL && !journal_head(journal, &head, &ignored))
        head.sequence = 0;
    const struct report_journal at = {.sequence = head.sequence, .hash = head.hash};
    if (options->format == FORMAT_JSON)
        report_migration_json(stdout, report, &at, failure);
    else
        report_migration_text(stdout, report, &at);
}

// The status of output that cannot be written says that nothing was changed.
static void warn_of_loss(const struct migrate_report *report)
{
    if (report->is_dry_run || report->n_steps == 0 || fflush(stdout) == 0 || errno == EPIPE)
        return;
    log_warning("only the report is lost, the migrations have run: see tminus journal show");
}

static enum migrate_undo_log undo_log_of(const struct migrate_command *command,
                                         const struct database_choice *choice)
{
    bool is_configured = choice->database != NULL && choice->database->has_undo_log;
    if (command->is_undo)
        return command->has_no_undo_log ? UNDO_LOG_LEFT : UNDO_LOG_AS_IS;
    return command->has_undo_log || (is_configured && !command->has_no_undo_log) ? UNDO_LOG_KEPT
                                                                                 : UNDO_LOG_AS_IS;
}

static bool prepare(TALLOC_CTX *mem, const struct migrate_command *command, const char *database,
                    struct migrate_request *request, struct error *err)
{
    struct database_choice choice;
    struct change *change;
    TRY(database_choose(mem, &command->options, database, &choice, err));
    TRY(engine_driver_for(command->program->engines, choice.url, &request->driver, err));
    TRY(database_read_change(mem, &choice, command->paths, command->n_paths, &change, err));
    if (request->timeout_ms == 0 && choice.database != NULL)
        request->timeout_ms = choice.database->lock_timeout_ms;
    if (request->attempts == 0 && choice.database != NULL)
        request->attempts = choice.database->attempts;
    if (request->attempts == 0)
        request->attempts = ATTEMPTS;
    request->url = choice.url;
    request->phase = choice.phase;
    request->change = change;
    request->config = choice.config;
    request->undo_log = undo_log_of(command, &choice);
    TRY(flight_binding_find(mem, command->program, &choice, &request->binding, err));
    request->needs_whole_log = command->has_undo_log && request->binding != NULL;
    if (!command->is_dry_run)
        return open_journal(mem, command->program, &choice, &request->journal, err);
    // What the last up left is known to it alone.
    return !command->is_undo ||
           kept_journal_look(mem, command->program, &choice, "", &request->journal, err);
}

static int migrate_database(void *context, const char *database, bool *is_shown, struct error *err)
{
    SCRATCH(tmp);
    const struct migrate_command *command = context;
    struct store_fence fence;
    struct migrate_request request = {
        .to = command->to,
        .is_undo = command->is_undo,
        .steps = command->steps,
        .is_dry_run = command->is_dry_run,
        // A dry run touches nothing, but that of a flight reads back what became of its own.
        .recovers = !command->is_dry_run || verb_fence(tmp, &fence),
        .timeout_ms = command->timeout_ms,
        .attempts = command->attempts,
        .wait = wait_make(tmp),
    };
    struct migrate_report *report = NULL;
    if (!prepare(tmp, command, database, &request, err))
        return -1;
    bool is_done = migrate_run(tmp, &request, &report, err);
    *is_shown = report != NULL;
    if (report != NULL) {
        write_report(&command->options, report, command->is_dry_run ? NULL : request.journal,
                     is_done ? NULL : err);
        warn_of_loss(report);
    }
    return is_done ? EXIT_GO : -1;
}

static int migrate_command_run(const struct program *program, int argc, char **argv,
                               struct error *err)
{
    SCRATCH(tmp);
    struct migrate_command command = {.mem = tmp, .program = program};
    argp_parse(&parser, argc, argv, 0, NULL, &command);
    if (!check_together(&command, err) ||
        !options_format_allowed(&command.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err))
        return -1;
    const struct database_work work = {
        .options = &command.options,
        .given = command.database,
        .needs_name = command.n_paths > 0 || command.is_undo,
        .schema = "tminus/migrate/1",
        .stops = true,
        .run = migrate_database,
        .context = &command,
    };
    return database_each(&work, err);
}

const struct command command_migrate = {
    .name = "migrate",
    .arguments = "[--undo --steps N] [PATH…]",
    .summary = "apply pending migrations, or undo the last ones, and read back",
    .when = "during",
    .run = migrate_command_run,
};
