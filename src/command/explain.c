/*
 * tminus explain: what a statement locks, rewrites and scans, or what a rule is about.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/explain.h"
#include "base/text.h"
#include "command/command.h"
#include "command/explain_database.h"
#include "command/options.h"
#include "command/schema_files.h"

#define KEY_SCHEMA 0x200
#define KEY_DIALECT 0x201
#define KEY_DATABASE 0x202

struct explain_request {
    struct options options;
    TALLOC_CTX *mem;
    char *words; // the arguments, joined by blanks
    const char **schema_paths;
    size_t n_schemas;
    enum dialect dialect;
    const char *dialect_given;
    const char *database; // --database
};

static const struct argp_option table[] = {
    {"database", KEY_DATABASE, "URL", 0,
     "sizes of this database, and who is in the way; --env NAME: of that environment's", 1},
    {"schema", KEY_SCHEMA, "FILE", 0, "schema that the statement meets (pg_dump -s); repeatable",
     1},
    {"dialect", KEY_DIALECT, "D", 0, "postgres (default) or sqlite", 1},
    {0},
};

static void read_dialect(struct argp_state *state, const char *name, enum dialect *out)
{
    if (strcmp(name, dialect_name(DIALECT_SQLITE)) == 0)
        *out = DIALECT_SQLITE;
    else if (strcmp(name, dialect_name(DIALECT_POSTGRES)) != 0)
        argp_error(state, "unknown dialect '%s', known are postgres, sqlite", name);
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
    .args_doc = "[STATEMENT or RULE]",
    .doc = "Say what a statement does to tables and to everybody else, or what a rule is about. "
           "Without an argument: all rules.",
    .children = options_children,
};

static bool explain_rule(const struct explain_request *request, struct error *err)
{
    const struct rule *rule = rule_find(request->words);
    bool is_json = request->options.format == FORMAT_JSON;
    if (rule != NULL) {
        (is_json ? report_rule_json : report_rule_text)(stdout, rule);
        return true;
    }
    SCRATCH(tmp);
    const char **ids = mem_array(tmp, const char *, rule_count);
    for (size_t i = 0; i < rule_count; i++)
        ids[i] = rule_table[i]->id;
    const char *nearest = text_nearest(request->words, ids, rule_count);
    error_set(err, ERROR_USAGE, "no rule is called '%s'", request->words);
    return nearest != NULL ? error_hint(err, "did you mean '%s'?", nearest)
                           : error_hint(err, "`tminus explain` lists the rules; SQL has blanks");
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
    struct assessment_options options = {.dialect = request->dialect};
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

static int explain_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct explain_request request = {.mem = tmp, .dialect = DIALECT_POSTGRES};
    argp_parse(&parser, argc, argv, 0, NULL, &request);
    unsigned formats = OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON);
    if (!options_format_allowed(&request.options, formats, err))
        return -1;
    if (request.words == NULL) {
        (request.options.format == FORMAT_JSON ? report_rules_json : report_rules_text)(stdout);
        return EXIT_GO;
    }
    bool is_statement = strpbrk(request.words, " \t\n;") != NULL;
    bool is_done =
        is_statement ? explain_statement(program, &request, err) : explain_rule(&request, err);
    return is_done ? EXIT_GO : -1;
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "[STATEMENT or RULE]",
    .summary = "what a statement locks and rewrites, or what a rule is about",
    .when = "before",
    .run = explain_run,
};
