/*
 * tminus assess: does this change need verification, and why.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/assess.h"
#include "base/log.h"
#include "base/quantity.h"
#include "command/assess_fix.h"
#include "command/command.h"
#include "report/assess.h"
#include "report/findings.h"

#define KEY_BASE 0x200
#define KEY_SCHEMA 0x201
#define KEY_SIZES 0x202
#define KEY_DIALECT 0x203
#define KEY_PG_VERSION 0x204
#define KEY_FINDINGS 0x205
#define KEY_DATABASE 0x206
#define KEY_DEPLOYED 0x20f
#define KEY_FIX 0x207
#define KEY_OUTPUT 0x208

#define PG_VERSION_MIN 9
#define PG_VERSION_MAX 99

static const struct argp_option table[] = {
    {"base", KEY_BASE, "REV", 0, "judge only what changed since REV, and the changed code", 1},
    {"deployed", KEY_DEPLOYED, "REV", 0,
     "the revision that runs now: its code is searched for what goes away; without it, --base", 1},
    {"database", KEY_DATABASE, "URL", 0,
     "read the schema and sizes of this database; --env NAME: of that environment's", 1},
    {"schema", KEY_SCHEMA, "FILE", 0, "schema before the first migration (pg_dump -s); repeatable",
     1},
    {"sizes", KEY_SIZES, "FILE", 0,
     "rows and bytes of tables: {public.emails: {rows: N, bytes: N}}", 1},
    {"dialect", KEY_DIALECT, "D", 0, "postgres (default) or sqlite", 1},
    {"pg-version", KEY_PG_VERSION, "N", 0, "major version of the server, 15 by default", 1},
    {"findings", KEY_FINDINGS, "SARIF", 0, "take in the findings of another tool", 1},
    {"fix", KEY_FIX, NULL, 0, "write the safe forms as new migrations to --output, judge those", 1},
    {"output", KEY_OUTPUT, "DIR", 0, "a new folder for --fix", 1},
    {0},
};

static void read_version(struct argp_state *state, const char *text, unsigned *out)
{
    struct error err;
    int64_t value;
    if (!quantity_read_integer(text, &value, &err) || value < PG_VERSION_MIN ||
        value > PG_VERSION_MAX)
        argp_error(state, "--pg-version needs a major version such as 15, not '%s'", text);
    else
        *out = (unsigned)value;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct assess_request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_BASE: request->base = value; return 0;
    case KEY_DEPLOYED: request->deployed = value; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_SCHEMA:
        *mem_append(request->mem, request->schema_paths, request->n_schemas) = value;
        return 0;
    case KEY_SIZES: request->sizes_path = value; return 0;
    case KEY_DIALECT: request->dialect = value; return 0;
    case KEY_PG_VERSION: read_version(state, value, &request->pg_version); return 0;
    case KEY_FINDINGS: request->findings_path = value; return 0;
    case KEY_FIX: request->fixes = true; return 0;
    case KEY_OUTPUT: request->output = value; return 0;
    case ARGP_KEY_ARG:
        *mem_append(request->mem, request->paths, request->n_paths) = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "[PATH…]",
    .doc = "Judge migrations: what they lock, rewrite, destroy, and what may fail. "
           "Ends with 0 GO, 1 NO-GO, 3 HOLD, 2 when something could not be read.",
    .children = options_children,
};

#define FORMATS                                                                                    \
    (OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON) | OPTIONS_FORMAT(FORMAT_MD) |       \
     OPTIONS_FORMAT(FORMAT_SARIF) | OPTIONS_FORMAT(FORMAT_JUNIT) | OPTIONS_FORMAT(FORMAT_GITHUB) | \
     OPTIONS_FORMAT(FORMAT_GITLAB))

static void write_report(const struct options *options, const struct assessment *assessment)
{
    const struct report_text_options text = {.is_colored = log_is_colored(stdout),
                                             .is_whole = options->verbosity > 0};
    switch ((int)options->format) {
    case FORMAT_JSON: report_assess_json(stdout, assessment); return;
    case FORMAT_MD: report_assess_markdown(stdout, assessment); return;
    case FORMAT_SARIF: report_sarif(stdout, assessment); return;
    case FORMAT_JUNIT: report_junit(stdout, assessment); return;
    case FORMAT_GITHUB: report_github(stdout, assessment); return;
    case FORMAT_GITLAB: report_gitlab(stdout, assessment); return;
    default: report_assess_text(stdout, assessment, &text); return;
    }
}

static bool read_input(TALLOC_CTX *mem, const struct program *program,
                       const struct assess_request *request, struct assess_input *out,
                       struct error *err)
{
    TRY(assess_gather(mem, program->engines, request, out, err));
    return !assess_is_live(request) || assess_read_database(mem, program, request, out, err);
}

static bool assess_one(TALLOC_CTX *mem, const struct program *program,
                       const struct assess_request *request, struct assessment **out,
                       struct error *err)
{
    struct assess_input input;
    TRY(read_input(mem, program, request, &input, err));
    TRY(assessment_make(mem, input.change, &input.options, out, err));
    return assess_read_evidence(*out, request, &input, err);
}

// Each database of the environment with its own migrations, as one answer.
static bool assess_all(TALLOC_CTX *mem, const struct program *program,
                       const struct assess_request *request, struct assessment **out,
                       struct error *err)
{
    const char *const *names;
    size_t n;
    struct assessment *all = NULL, *one;
    TRY(assess_databases(mem, request, &names, &n, err));
    if (n == 0)
        return assess_one(mem, program, request, out, err);
    for (size_t i = 0; i < n; i++) {
        struct assess_request of_one = *request;
        of_one.database = names[i];
        if (i > 0)
            of_one.findings_path = NULL; // once
        TRY(assess_one(mem, program, &of_one, &one, err));
        if (all == NULL)
            all = one;
        else
            assessment_join(all, one);
    }
    *out = all;
    return true;
}

// --- --fix

static bool check_fix(TALLOC_CTX *mem, const struct assess_request *request, struct error *err)
{
    const char *const *names;
    size_t n;
    const unsigned formats = OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON);
    if (request->output == NULL) {
        error_set(err, ERROR_USAGE, "--fix needs --output DIR");
        return error_hint(err, "the new migrations are written there; yours stay as they are");
    }
    TRY(options_format_allowed(&request->options, formats, err));
    TRY(assess_databases(mem, request, &names, &n, err));
    return n == 0 || error_set(err, ERROR_USAGE, "--fix writes for one database: --database NAME");
}

static int fix_run(const struct program *program, const struct assess_request *request,
                   struct error *err)
{
    struct assess_input input;
    struct fix_report report;
    struct assessment *result;
    if (!check_fix(request->mem, request, err) ||
        !read_input(request->mem, program, request, &input, err) ||
        !assess_fix(request->mem, &input, request->output, &report, &result, err))
        return -1;
    if (request->options.format == FORMAT_JSON) {
        report_fix_json(stdout, &report, result);
    } else {
        report_fix_text(stdout, &report);
        write_report(&request->options, result);
    }
    return command_exit_status(result->verdict);
}

static int assess_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct assess_request request = {.mem = tmp};
    struct assessment *assessment;
    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (request.fixes)
        return fix_run(program, &request, err);
    if (request.output != NULL) {
        error_set(err, ERROR_USAGE, "--output is for --fix");
        return -1;
    }
    // Freed by the end of the program, which takes a tenth less time; a connection is closed first.
    TALLOC_CTX *life = assess_is_live(&request) ? tmp : mem_scratch();
    if (!options_format_allowed(&request.options, FORMATS, err) ||
        !assess_all(life, program, &request, &assessment, err))
        return -1;
    write_report(&request.options, assessment);
    return command_exit_status(assessment->verdict);
}

const struct command command_assess = {
    .name = "assess",
    .arguments = "[PATH…]",
    .summary = "does this change need verification, and why",
    .when = "before",
    .run = assess_run,
};
