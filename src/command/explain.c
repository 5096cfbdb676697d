/*
 * tminus explain: what a statement locks, rewrites and scans and why, what a form of statement
 * does, or what a rule is about.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/explain.h"
#include "base/quantity.h"
#include "base/text.h"
#include "command/command.h"
#include "command/explain_database.h"
#include "command/options.h"
#include "command/schema_files.h"
#include "report/fact.h"

#define KEY_SCHEMA 0x200
#define KEY_DIALECT 0x201
#define KEY_DATABASE 0x202
#define KEY_PG_VERSION 0x203
#define WORD_WIDTH 60 // of a word that is nothing, in the message
#define FORMS "forms" // instead of one form: all of them

struct explain_request {
    struct options options;
    TALLOC_CTX *mem;
    char *words; // the arguments, joined by blanks
    const char **schema_paths;
    size_t n_schemas;
    enum dialect dialect;
    const char *dialect_given;
    const char *database; // --database
    unsigned pg_version;  // --pg-version; 0: not given
};

static const struct argp_option table[] = {
    {"database", KEY_DATABASE, "URL", 0,
     "sizes of this database, and who is in the way; --env NAME: of that environment's", 1},
    {"schema", KEY_SCHEMA, "FILE", 0, "schema that the statement meets (pg_dump -s); repeatable",
     1},
    {"dialect", KEY_DIALECT, "D", 0, "postgres (default) or sqlite", 1},
    {"pg-version", KEY_PG_VERSION, "N", 0, "PostgreSQL 14 to 19 (15)", 1},
    {0},
};

static void read_dialect(struct argp_state *state, const char *name, enum dialect *out)
{
    if (strcmp(name, dialect_name(DIALECT_SQLITE)) == 0)
        *out = DIALECT_SQLITE;
    else if (strcmp(name, dialect_name(DIALECT_POSTGRES)) != 0)
        argp_error(state, "unknown dialect '%s', known are postgres, sqlite", name);
}

static void read_version(struct argp_state *state, const char *text, unsigned *out)
{
    struct error err;
    int64_t value;
    if (!quantity_read_integer(text, &value, &err) || value < POSTGRES_FACT_FIRST ||
        value > POSTGRES_FACT_LAST)
        argp_error(state, "--pg-version needs a major version from %d to %d, not '%s'",
                   POSTGRES_FACT_FIRST, POSTGRES_FACT_LAST, text);
    else
        *out = (unsigned)value;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct explain_request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_SCHEMA:
        *mem_append(request->mem, request->schema_paths, request->n_schemas) = value;
        return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_PG_VERSION: read_version(state, value, &request->pg_version); return 0;
    case KEY_DIALECT:
        request->dialect_given = value;
        read_dialect(state, value, &request->dialect);
        return 0;
    case ARGP_KEY_ARG:
        request->words = request->words == NULL
                             ? mem_strdup(request->mem, value)
                             : mem_printf(request->mem, "%s %s", request->words, value);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "[STATEMENT, RULE, FORM or \"" FORMS "\"]",
    .doc = "Say what a statement does to tables and to everybody else, and why; what a form of "
           "statement does in PostgreSQL; or what a rule is about. Without an argument: all rules.",
    .children = options_children,
};

static const struct postgres_fact *fact_named(const struct explain_request *request)
{
    unsigned version = request->pg_version == 0 ? POSTGRES_VERSION_USUAL : request->pg_version;
    return postgres_fact_find(request->words, version);
}

// A rule, a form of statement, or both where they have one name.
static bool explain_word(const struct explain_request *request, struct error *err)
{
    const struct rule *rule = rule_find(request->words);
    const struct postgres_fact *fact = fact_named(request);
    if (rule != NULL || fact != NULL) {
        if (request->options.format == FORMAT_JSON)
            report_word_json(stdout, rule, fact);
        else
            report_word_text(stdout, rule, fact);
        return true;
    }
    SCRATCH(tmp);
    const char **ids = mem_array(tmp, const char *, rule_count);
    for (size_t i = 0; i < rule_count; i++)
        ids[i] = rule_table[i]->id;
    const char *nearest = text_nearest(request->words, ids, rule_count);
    error_set(err, ERROR_USAGE, "no rule and no form of statement is called '%s'",
              text_shorten(tmp, request->words, strlen(request->words), WORD_WIDTH));
    return nearest != NULL
               ? error_hint(err, "did you mean '%s'?", nearest)
               : error_hint(err, "`tminus explain` lists the rules, `tminus explain " FORMS
                                 "` the forms; SQL has blanks");
}

static bool is_live(const struct explain_request *request)
{
    return request->database != NULL || request->options.environment != NULL;
}

static bool read_database(TALLOC_CTX *mem, const struct program *program,
                          const struct explain_request *request, struct inspection *inspection,
                          struct error *err)
{
    const char *option = request->n_schemas > 0           ? "--schema"
                         : request->pg_version != 0       ? "--pg-version"
                         : request->dialect_given != NULL ? "--dialect"
                                                          : NULL;
    if (option != NULL)
        return error_set(err, ERROR_USAGE,
                         "%s is not for a database that is read: it tells that itself", option);
    return inspection_connect(mem, program, &request->options, request->database, inspection, err);
}

static bool check_understood(const struct assessment *assessment, struct error *err)
{
    const struct script *script = assessment->scripts[0].script;
    if (script->n_statements + script->n_not_understood == 0) {
        error_set(err, ERROR_INPUT, "no statement is in what is to be explained");
        return error_hint(err, "give one: tminus explain 'DROP TABLE emails'");
    }
    if (script->n_not_understood == 0)
        return true;
    const struct not_understood *bad = &script->not_understood[0];
    return error_set(err, ERROR_INPUT, "statement:%zu:%zu: %s", bad->line, bad->column,
                     bad->reason);
}

static bool explain_statement(const struct program *program, const struct explain_request *request,
                              struct error *err)
{
    SCRATCH(tmp);
    size_t len = strlen(request->words);
    struct migration migration = {
        .path = "statement",
        .up = {.path = "statement", .text = request->words, .len = len, .end = len},
    };
    const struct change change = {.migrations = &migration, .n_migrations = 1};
    struct assessment_options options = {.dialect = request->dialect,
                                         .pg_version = request->pg_version};
    struct assessment *assessment;
    struct inspection *inspection = mem_new(tmp, struct inspection);
    struct explain_scene scene = {0};
    TRY(schema_files_read(tmp, request->schema_paths, request->n_schemas, &options, err));
    if (is_live(request)) {
        TRY(read_database(tmp, program, request, inspection, err));
        TRY(explain_read_database(tmp, inspection, &options, &scene, err));
    }
    TRY(assessment_make(tmp, &change, &options, &assessment, err));
    TRY(check_understood(assessment, err));
    if (is_live(request))
        TRY(explain_read_activity(tmp, inspection, assessment, &scene, err));
    (request->options.format == FORMAT_JSON ? report_explain_json
                                            : report_explain_text)(stdout, assessment, &scene);
    return true;
}

static void explain_forms(enum format format)
{
    if (format == FORMAT_JSON)
        report_facts_json(stdout);
    else if (format == FORMAT_MD)
        report_facts_markdown(stdout);
    else
        report_facts_text(stdout);
}

static int explain_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct explain_request request = {.mem = tmp, .dialect = DIALECT_POSTGRES};
    argp_parse(&parser, argc, argv, 0, NULL, &request);
    unsigned formats = OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON);
    bool is_forms = request.words != NULL && strcmp(request.words, FORMS) == 0;
    if (is_forms)
        formats |= OPTIONS_FORMAT(FORMAT_MD);
    if (!options_format_allowed(&request.options, formats, err))
        return -1;
    if (request.words == NULL) {
        (request.options.format == FORMAT_JSON ? report_rules_json : report_rules_text)(stdout);
        return EXIT_GO;
    }
    if (is_forms) {
        explain_forms(request.options.format);
        return EXIT_GO;
    }
    bool is_statement = strpbrk(request.words, " \t\n;") != NULL;
    bool is_done =
        is_statement ? explain_statement(program, &request, err) : explain_word(&request, err);
    return is_done ? EXIT_GO : -1;
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "[STATEMENT, RULE or FORM]",
    .summary = "what a statement locks and rewrites, or what a rule is about",
    .when = "before",
    .run = explain_run,
};
