/*
 * Command runs: see command_run.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/command_run.h"
#include "base/process.h"
#include "base/quantity.h"
#include "base/text.h"
#include "rehearsal/command_statements.h"
#include "rehearsal/copies_source.h"

#define SHOWN_ERROR 300

// Source: the tools' own documentation, and the tables that they made.
static const char *const record_names[] = {
    "alembic_version",       "django_migrations",
    "schema_migrations",     "ar_internal_metadata",
    "knex_migrations",       "pgmigrations",
    "knex_migrations_lock",  "SequelizeMeta",
    "typeorm_metadata",      "_prisma_migrations",
    "__EFMigrationsHistory", "doctrine_migration_versions",
    "__drizzle_migrations",  "migrations",
    "flyway_schema_history", "databasechangelog",
    "databasechangeloglock",
};

struct name *command_records(TALLOC_CTX *mem, const char *schema, size_t *n)
{
    struct name *names = mem_array(mem, struct name, COUNT_OF(record_names));
    for (size_t i = 0; i < COUNT_OF(record_names); i++)
        names[i] = (struct name){mem_strdup(mem, schema), record_names[i]};
    *n = COUNT_OF(record_names);
    return names;
}

struct commanding {
    TALLOC_CTX *mem;
    const struct copies *copies;
    const char *const *argv; // NULL-terminated
    const char *shown;       // the command in one line
    const struct secret *url;
    struct measured_run *run;
    struct command_output *output;
    int64_t log_from; // -1: there is no log
};

// --- the command

static bool find_command(struct commanding *commanding, bool is_down)
{
    const struct config_rehearsal *settings = commanding->copies->request->settings;
    const char **words = is_down ? settings->down : settings->up;
    size_t n = is_down ? settings->n_down : settings->n_up;
    const char **argv = mem_array(commanding->mem, const char *, n + 1);
    char *shown = talloc_strdup(commanding->mem, "");
    for (size_t i = 0; i < n; i++) {
        argv[i] = words[i];
        shown = talloc_asprintf_append(shown, "%s%s", i > 0 ? " " : "",
                                       text_shell_quoted(commanding->mem, words[i]));
    }
    commanding->argv = argv;
    commanding->shown = secret_hide(commanding->mem, shown);
    return n > 0;
}

// What it wrote, the copy's address as tminus prints it.
static void keep_output(struct commanding *commanding, const struct process_result *result)
{
    SCRATCH(tmp);
    const char *text = mem_printf(tmp, "%s%s", result->output, result->errors);
    size_t len = strlen(text);
    if (len > COMMAND_OUTPUT_MAX)
        text += len - COMMAND_OUTPUT_MAX;
    text = text_to_utf8(tmp, text, strlen(text));
    text =
        text_replaced(tmp, text, secret_reveal(commanding->url), secret_mask(tmp, commanding->url));
    commanding->output->text = secret_hide(commanding->mem, text);
}

// The last line that says something.
static const char *last_line(TALLOC_CTX *mem, const char *text)
{
    size_t end = strlen(text);
    while (end > 0 && strchr(" \t\r\n", text[end - 1]) != NULL)
        end--;
    size_t start = end;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    return text_shorten(mem, text + start, end - start, SHOWN_ERROR);
}

static void judge(struct commanding *commanding, const struct process_result *result,
                  int64_t deadline_ms)
{
    SCRATCH(tmp);
    struct measured_run *run = commanding->run;
    const char *line = last_line(tmp, commanding->output->text);
    run->state = RUN_DONE;
    if (result->timed_out) {
        run->state = RUN_OVERDUE;
        run->failure = mem_printf(commanding->mem, "%s: did not end within %s", commanding->shown,
                                  quantity_duration(tmp, deadline_ms));
    } else if (result->status != 0) {
        run->state = RUN_FAILED;
        run->failure = mem_printf(commanding->mem, "%s: ended with status %d%s%s",
                                  commanding->shown, result->status, *line ? ": " : "", line);
    }
}

static bool run_command(struct commanding *commanding, struct error *err)
{
    SCRATCH(tmp);
    const struct copies_request *request = commanding->copies->request;
    const char *url = secret_reveal(commanding->url);
    const char *const environment[] = {mem_printf(tmp, "TMINUS_DATABASE_URL=%s", url),
                                       mem_printf(tmp, "DATABASE_URL=%s", url), NULL};
    struct process_result result;
    const struct process_options options = {
        .argv = commanding->argv,
        .folder = request->config ? request->config->folder : NULL,
        .environment = environment,
        .timeout_ms = request->settings->deadline_ms,
        .wait = request->wait,
    };
    if (!process_run(tmp, &options, &result, err))
        return error_wrap(err, "rehearsal");
    if (wait_signal() != 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    keep_output(commanding, &result);
    judge(commanding, &result, options.timeout_ms);
    return true;
}

// --- what it sent

// All that was logged since; `log` NULL: it is passed over.
static bool read_log(struct commanding *commanding, struct server_log *log, struct error *err)
{
    const struct copies *copies = commanding->copies;
    for (;;) {
        SCRATCH(tmp);
        char *text;
        TRY(copies->request->driver->log(tmp, copies->site, &commanding->log_from, &text, err));
        if (*text == '\0')
            return true;
        if (log != NULL)
            server_log_add(commanding->mem, log, text);
    }
}

static bool begin_log(struct commanding *commanding, struct error *err)
{
    struct error why = {0};
    commanding->log_from = -1;
    commanding->output->statements = -1;
    if (commanding->copies->request->driver->log == NULL) {
        commanding->output->unknown = "this database logs no statements";
        return true;
    }
    commanding->log_from = 0;
    if (read_log(commanding, NULL, &why))
        return true;
    if (why.code != ERROR_UNKNOWN) {
        *err = why;
        return false;
    }
    commanding->log_from = -1;
    commanding->output->unknown = mem_strdup(commanding->mem, why.message);
    return true;
}

static bool end_log(struct commanding *commanding, struct error *err)
{
    struct measured_run *run = commanding->run;
    const struct copies_request *request = commanding->copies->request;
    struct server_log log = {.database = commanding->copies->work.identity.database};
    if (commanding->log_from < 0)
        return true;
    TRY(read_log(commanding, &log, err));
    commanding->output->statements = (int64_t)(log.n + log.n_more);
    TRY(command_statements_take(commanding->mem, &log, commanding->shown, request->leave_out,
                                request->n_leave_out, run, err));
    if (run->state != RUN_DONE && log.last_error != NULL)
        run->failure = mem_printf(
            commanding->mem, "%s (the server: %s)", run->failure,
            text_shorten(commanding->mem, log.last_error, strlen(log.last_error), SHOWN_ERROR));
    if (run->state == RUN_DONE && log.n == 0) {
        run->state = RUN_FAILED;
        run->failure = mem_printf(
            commanding->mem,
            "%s: ended well, but sent nothing to the copy: it must take its database from "
            "TMINUS_DATABASE_URL or DATABASE_URL",
            commanding->shown);
    }
    return true;
}

bool command_run(TALLOC_CTX *mem, const struct copies *copies, bool is_down,
                 struct measured_run *run, struct command_output *output, struct error *err)
{
    struct secret *url;
    *output = (struct command_output){.text = "", .statements = -1};
    struct commanding commanding = {.mem = mem, .copies = copies, .run = run, .output = output};
    if (run->n_statements == 0)
        run->wal_bytes = -1;
    if (!find_command(&commanding, is_down)) {
        run->state = RUN_NOT_TRIED;
        return true;
    }
    TRY(copies->request->driver->url(mem, copies->site, COPY_WORK, &url, err));
    commanding.url = url;
    TRY(begin_log(&commanding, err));
    TRY(run_command(&commanding, err));
    return end_log(&commanding, err);
}
