/*
 * tminus explain: what a statement locks, rewrites and scans, or what a rule is about.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/explain.h"
#include "base/text.h"
#include "command/command.h"
#include "command/options.h"
#include "command/schema_files.h"

#define KEY_SCHEMA 0x200
#define KEY_DIALECT 0x201

struct explain_request {
    struct options options;
    TALLOC_CTX *mem;
    char *words; // the arguments, joined by blanks
    const char **schema_paths;
    size_t n_schemas;
    enum dialect dialect;
};

static const struct argp_option table[] = {
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
    case KEY_DIALECT: read_dialect(state, value, &request->dialect); return 0;
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

static bool explain_statement(const struct explain_request *request, struct error *err)
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
    TRY(schema_files_read(tmp, request->schema_paths, request->n_schemas, &options, err));
    TRY(assessment_make(tmp, &change, &options, &assessment, err));
    for (size_t i = 0; i < assessment->scripts[0].script->n_not_understood; i++) {
        const struct not_understood *bad = &assessment->scripts[0].script->not_understood[i];
        return error_set(err, ERROR_INPUT, "statement:%zu:%zu: %s", bad->line, bad->column,
                         bad->reason);
    }
    (request->options.format == FORMAT_JSON ? report_explain_json
                                            : report_explain_text)(stdout, assessment);
    return true;
}

static int explain_run(const struct program *program, int argc, char **argv, struct error *err)
{
    (void)program;
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
    bool is_done = is_statement ? explain_statement(&request, err) : explain_rule(&request, err);
    return is_done ? EXIT_GO : -1;
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "[STATEMENT or RULE]",
    .summary = "what a statement locks and rewrites, or what a rule is about",
    .when = "before",
    .run = explain_run,
};
