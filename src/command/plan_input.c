/*
 * What plan gathers: see plan.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "change/git.h"
#include "change/layout.h"
#include "command/plan.h"
#include "flight/record.h"
#include "proof/known_schema.h"
#include "proof/sql.h"

struct gathering {
    TALLOC_CTX *mem;
    const struct program *program;
    const struct plan_request *request;
    struct plan_input *out;
    struct config *raw; // variables as they are written
    const struct config_environment *raw_environment;
};

static void add_note(const struct gathering *gathering, const char *text)
{
    *mem_append(gathering->mem, gathering->out->notes, gathering->out->n_notes) = text;
}

// --- words of command lines

// "$DATABASE_URL" of "${DATABASE_URL}", quoted for the shell; a plain URL as it is; NULL: it holds
// a secret, or is a text with a variable in it.
static const char *shell_url(TALLOC_CTX *mem, const struct secret *url)
{
    SCRATCH(tmp);

    if (url == NULL)
        return NULL;
    const char *text = secret_reveal(url);
    size_t len = strlen(text);
    if (text_starts_with(text, "${") && strcspn(text, "}") == len - 1)
        return mem_printf(mem, "\"$%.*s\"", (int)len - 3, text + 2);
    bool is_plain = strcmp(secret_mask(tmp, url), text) == 0 && strstr(text, "${") == NULL;
    return is_plain ? text_shell_quoted(mem, text) : NULL;
}

static const char *const sqlite_schemes[] = {"sqlite:", "file:"};

// The file behind it, for sqlite3: "${DATABASE_URL#sqlite:}".
static const char *shell_file(TALLOC_CTX *mem, const char *url)
{
    if (text_starts_with(url, "\"$"))
        return mem_printf(mem, "\"${%.*s#sqlite:}\"", (int)strlen(url) - 3, url + 2);
    for (size_t i = 0; i < COUNT_OF(sqlite_schemes); i++)
        if (text_starts_with(url, sqlite_schemes[i]))
            return mem_strdup(mem, url + strlen(sqlite_schemes[i]));
    return url;
}

static void word_url(const struct gathering *gathering, const struct secret *url)
{
    struct plan_facts *facts = &gathering->out->facts;
    bool is_sqlite = facts->assessment->dialect == DIALECT_SQLITE;
    const char *shown = shell_url(gathering->mem, url);

    if (shown == NULL) {
        shown = "\"$DATABASE_URL\"";
        add_note(gathering, url == NULL
                                ? "no database is named: set DATABASE_URL before typing a command"
                                : "the database's URL holds a secret: set DATABASE_URL to it "
                                  "before typing a command");
    }
    facts->url = is_sqlite ? shell_file(gathering->mem, shown) : shown;
    if (file_is_program(is_sqlite ? "sqlite3" : "psql", NULL))
        facts->client = is_sqlite ? mem_printf(gathering->mem, "sqlite3 -readonly %s", facts->url)
                                  : mem_printf(gathering->mem, "psql %s -Xc", facts->url);
}

static char *join_words(TALLOC_CTX *mem, const char *a, const char *b)
{
    return mem_printf(mem, "%s%s%s", a, a[0] == '\0' || b[0] == '\0' ? "" : " ", b);
}

static void word_options(const struct gathering *gathering)
{
    TALLOC_CTX *mem = gathering->mem;
    const struct plan_request *request = gathering->request;
    const struct assess_request *assess = &request->assess;
    struct plan_facts *facts = &gathering->out->facts;
    const char *options = "", *assessed = "";

    if (assess->options.config_path != NULL)
        options =
            mem_printf(mem, "--config %s", text_shell_quoted(mem, assess->options.config_path));
    if (facts->environment != NULL)
        options = join_words(
            mem, options,
            mem_printf(mem, "--env %s", text_shell_quoted(mem, facts->environment->name)));
    if (assess->options.is_after_release)
        options = join_words(mem, options, "--after-release");
    assessed = options;
    if (facts->assessment->dialect == DIALECT_SQLITE && facts->environment == NULL)
        assessed = join_words(mem, assessed, "--dialect sqlite");
    if (assess->base != NULL)
        assessed = join_words(mem, assessed,
                              mem_printf(mem, "--base %s", text_shell_quoted(mem, assess->base)));
    if (request->database != NULL) {
        const char *url = shell_url(mem, secret_make(mem, request->database));
        options =
            join_words(mem, options,
                       mem_printf(mem, "--database %s", url == NULL ? "\"$DATABASE_URL\"" : url));
    } else if (facts->environment == NULL) {
        options = join_words(mem, options, "--database \"$DATABASE_URL\"");
    }
    facts->options = options;
    facts->assess_options = assessed;
}

static const char *first_folder(TALLOC_CTX *mem, const struct change *change)
{
    return change->n_migrations == 0 ? NULL : file_folder(mem, change->migrations[0].path);
}

static void word_paths(const struct gathering *gathering)
{
    TALLOC_CTX *mem = gathering->mem;
    const struct assess_request *assess = &gathering->request->assess;
    struct plan_facts *facts = &gathering->out->facts;
    const struct config_environment *environment = facts->environment;
    bool is_configured = environment != NULL && environment->n_databases > 0 &&
                         environment->databases[0].migrations != NULL;
    const char *folder = first_folder(mem, facts->change);

    facts->paths = "";
    for (size_t i = 0; i < assess->n_paths; i++)
        facts->paths = join_words(mem, facts->paths, text_shell_quoted(mem, assess->paths[i]));
    if (assess->n_paths == 0 && !is_configured && folder != NULL)
        facts->paths = text_shell_quoted(mem, folder);
    facts->folder = folder == NULL ? NULL : text_shell_quoted(mem, folder);
}

static enum plan_console find_console(const struct plan_facts *facts)
{
    const struct migration_layout *layout = facts->change->layout;
    const char *name = layout == NULL ? "" : layout->name;

    if (strcmp(name, "rails") == 0 && file_is_program("bin/rails", NULL))
        return CONSOLE_RAILS;
    if (strcmp(name, "django") == 0 && file_kind("manage.py") == FILE_REGULAR)
        return CONSOLE_DJANGO;
    return CONSOLE_CLIENT;
}

// --- title and release

// Of the work tree's tip where no range is given; outside of git the folder's name stands.
static void name_release(const struct gathering *gathering)
{
    struct plan_facts *facts = &gathering->out->facts;
    const struct change *change = facts->change;
    struct change tip = {0};
    struct error ignored;
    const char *folder = gathering->raw->path != NULL ? gathering->raw->folder
                                                      : first_folder(gathering->mem, change);

    facts->title = change->title;
    facts->version = change->head;
    facts->previous = change->base;
    if (change->head == NULL && folder != NULL &&
        git_read_range(gathering->mem, folder, "HEAD", gathering->raw, &tip, &ignored)) {
        facts->title = tip.title;
        facts->version = tip.head;
    }
    if (gathering->request->title != NULL)
        facts->title = gathering->request->title;
    if (facts->title == NULL || facts->title[0] == '\0')
        facts->title = facts->config->service;
}

// --- the change

static bool gather_offline(const struct gathering *gathering, struct error *err)
{
    struct plan_facts *facts = &gathering->out->facts;
    struct assess_input input;
    struct assessment *assessment;

    TRY(assess_gather(gathering->mem, gathering->program->engines, &gathering->request->assess,
                      &input, err));
    TRY(assessment_make(gathering->mem, input.change, &input.options, &assessment, err));
    TRY(assess_read_evidence(assessment, &gathering->request->assess, &input, err));
    facts->change = input.change;
    facts->assessment = assessment;
    facts->schema = assessment->before;
    facts->config = gathering->raw;
    facts->environment = gathering->raw_environment;
    facts->target.engine = dialect_name(assessment->dialect);
    return invariants_derive(gathering->mem, assessment, facts->schema, facts->config,
                             &gathering->out->invariants, &gathering->out->trace, err);
}

// --- with a database

static bool take_count(void *context, const char *const *names, const struct engine_value *values,
                       size_t n)
{
    int64_t *rows = context;

    (void)names;
    if (n == 1 && !values[0].is_null)
        *rows = strtoll(values[0].text, NULL, 10);
    return true;
}

static bool ask_count(const struct target *target, struct schema_relation *relation,
                      struct error *err)
{
    SCRATCH(tmp);
    struct error unknown = {0};
    const char *sql = mem_printf(tmp, "SELECT count(*) FROM %s", sql_relation(tmp, relation->name));

    // It stays unknown where it may not be read; a target that is gone is no answer.
    if (!target->driver->session->query(target->engine, sql, take_count, &relation->rows,
                                        &unknown) &&
        unknown.code == ERROR_INTERRUPTED) {
        *err = unknown;
        return false;
    }
    return true;
}

// SQLite keeps no count of rows, and counting them is quick.
static bool count_rows(const struct gathering *gathering, struct schema *schema, struct error *err)
{
    const struct target *target = &gathering->out->inspection->target;
    struct trace *trace = gathering->out->trace;

    for (size_t i = 0; schema_dialect(schema) == DIALECT_SQLITE && i < trace->n_tables; i++) {
        struct schema_relation *relation = trace->tables[i]->before.name == NULL
                                               ? NULL
                                               : schema_find(schema, trace->tables[i]->before);
        if (relation != NULL && relation->rows < 0)
            TRY(ask_count(target, relation, err));
    }
    return true;
}

static void name_target(const struct gathering *gathering)
{
    struct plan_facts *facts = &gathering->out->facts;
    const struct engine_identity *identity = &gathering->out->inspection->target.identity;

    facts->target = (struct plan_target){.engine = identity->engine,
                                         .system = identity->system,
                                         .database = identity->database,
                                         .text = identity->text};
}

// Of several databases the one that is named has its own migrations.
static void take_folder(TALLOC_CTX *mem, const struct database_choice *choice,
                        struct assess_request *assess)
{
    if (assess->n_paths == 0 && assess->base == NULL && database_has_migrations(choice) &&
        choice->environment->n_databases > 1)
        *mem_append(mem, assess->paths, assess->n_paths) =
            config_resolve(mem, choice->config, choice->database->migrations);
}

static bool gather_live(const struct gathering *gathering, struct error *err)
{
    TALLOC_CTX *mem = gathering->mem;
    struct plan_input *out = gathering->out;
    struct plan_facts *facts = &out->facts;
    struct assess_request assess = gathering->request->assess;
    struct inspection *inspection = mem_new(mem, struct inspection);
    struct assess_input input;
    struct assessment *assessment;
    struct schema *schema;
    struct plan_rollback *rehearsed;
    int64_t n_applied;

    out->inspection = inspection;
    TRY(inspection_open(mem, gathering->program, &assess.options, gathering->request->database,
                        inspection, err));
    take_folder(mem, &inspection->choice, &assess);
    TRY(assess_gather(mem, gathering->program->engines, &assess, &input, err));
    out->whole = input.change;
    // What is not recorded as applied is deployed, whatever the range: a runner applies all of it.
    TRY(inspection_pending(mem, inspection, out->whole, &input.change, &n_applied, err));
    if (n_applied > 0 && input.change->n_migrations == 0)
        log_info("nothing is pending: all %zu migrations are recorded as applied",
                 out->whole->n_migrations);
    TRY(known_schema_read(mem, &inspection->target, &input.options, err));
    TRY(inspection_calibrate(mem, inspection, &input.options, err));
    facts->calibration = input.options.calibration;
    TRY(assessment_make(mem, input.change, &input.options, &assessment, err));
    input.inspection = inspection;
    TRY(assess_read_evidence(assessment, &assess, &input, err));
    TRY(inspection->target.driver->catalog->read(mem, inspection->target.engine, &schema, err));
    if (input.options.sizes != NULL)
        sizes_apply(input.options.sizes, schema);
    facts->change = input.change;
    facts->assessment = assessment;
    facts->schema = schema;
    facts->config = inspection->choice.config;
    facts->environment = inspection->choice.environment;
    facts->has_undo_log =
        inspection->choice.database != NULL && inspection->choice.database->has_undo_log;
    name_target(gathering);
    TRY(plan_find_rehearsal(mem, inspection, facts->change, &rehearsed, err));
    facts->rehearsed = rehearsed;
    TRY(invariants_derive(mem, assessment, schema, facts->config, &out->invariants, &out->trace,
                          err));
    return count_rows(gathering, schema, err);
}

// Where a database is configured it is asked, unless its variable is not set here and nobody named
// the environment.
static bool is_live(const struct gathering *gathering, bool *out, struct error *err)
{
    const struct plan_request *request = gathering->request;
    const struct options *options = &request->assess.options;
    const struct config_environment *environment = gathering->raw_environment;
    struct config *config;

    *out = !request->is_offline && request->database != NULL;
    if (*out || request->is_offline || environment == NULL || environment->n_databases == 0)
        return true;
    TRY(config_read(gathering->mem, options->config_path, true, &config, err));
    const struct config_environment *expanded =
        &config->environments[environment - gathering->raw->environments];
    *out = options->environment != NULL || request->needs_database ||
           (expanded->missing.code == ERROR_NONE && expanded->databases[0].url != NULL);
    if (!*out && expanded->missing.code != ERROR_NONE)
        add_note(gathering, mem_printf(gathering->mem, "no database was asked: %s",
                                       expanded->missing.message));
    return true;
}

static bool read_raw(struct gathering *gathering, struct error *err)
{
    const struct options *options = &gathering->request->assess.options;
    const char *slot;

    TRY(config_read(gathering->mem, options->config_path, false, &gathering->raw, err));
    if (gathering->raw->n_environments == 0 && options->environment == NULL)
        return true;
    return config_environment(gathering->raw, options->environment, &gathering->raw_environment,
                              &slot, err);
}

static bool runs_migrations(const struct plan_facts *facts)
{
    const struct record_format *format;
    struct error ignored;

    enum dialect dialect = facts->assessment->dialect;
    return record_format_for(facts->change->layout, dialect, &format, &ignored) &&
           record_format_check(format, dialect, &ignored);
}

static const struct secret *raw_url(const struct gathering *gathering)
{
    const struct config_environment *environment = gathering->raw_environment;

    if (gathering->request->database != NULL)
        return secret_make(gathering->mem, gathering->request->database);
    return environment == NULL || environment->n_databases == 0 ? NULL
                                                                : environment->databases[0].url;
}

bool plan_gather(TALLOC_CTX *mem, const struct program *program, const struct plan_request *request,
                 struct plan_input *out, struct error *err)
{
    struct gathering gathering = {.mem = mem, .program = program, .request = request, .out = out};
    struct plan_facts *facts = &out->facts;

    bool asks;

    TRY(read_raw(&gathering, err));
    TRY(is_live(&gathering, &asks, err));
    TRY(asks ? gather_live(&gathering, err) : gather_offline(&gathering, err));
    TRY(plan_cover(mem, gathering.raw,
                   gathering.raw_environment == NULL ? NULL : gathering.raw_environment->name,
                   facts, err));
    facts->invariants = &out->invariants;
    facts->trace = out->trace;
    facts->made_at = mem_strdup(mem, clock_format(clock_wall_ms()).text);
    facts->is_after_release = request->assess.options.is_after_release;
    facts->runs_migrations = runs_migrations(facts);
    facts->console = find_console(facts);
    name_release(&gathering);
    word_url(&gathering, raw_url(&gathering));
    word_options(&gathering);
    word_paths(&gathering);
    return true;
}
