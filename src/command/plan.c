/*
 * tminus plan: the Go/No-Go checklist of a change, with everything that is known of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/plan.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "report/plan.h"
#include <langinfo.h>
#include <unistd.h>

#define KEY_BASE 0x200
#define KEY_SCHEMA 0x201
#define KEY_SIZES 0x202
#define KEY_DIALECT 0x203
#define KEY_FINDINGS 0x204
#define KEY_DATABASE 0x205
#define KEY_OUTPUT 0x206
#define KEY_TITLE 0x207
#define KEY_CHECK 0x208
#define KEY_OFFLINE 0x209
#define KEY_ASCII 0x20a

static const struct argp_option table[] = {
    {"base", KEY_BASE, "REV", 0,
     "plan what changed since REV; it names title, release and rollback", 1},
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 1},
    {"offline", KEY_OFFLINE, NULL, 0, "ask no database, even where one is configured", 1},
    {"check", KEY_CHECK, "PLANFILE", OPTION_ARG_OPTIONAL,
     "run the lines that only read again, of a plan written as JSON or of one made now", 1},
    {"output", KEY_OUTPUT, "FILE", 0, "write it there instead of on stdout", 1},
    {"title", KEY_TITLE, "TEXT", 0, "title of the pull request, instead of the commit's subject",
     1},
    {"ascii", KEY_ASCII, NULL, 0, "no sign outside of ASCII", 1},
    {"schema", KEY_SCHEMA, "FILE", 0, "schema before the first migration (pg_dump -s); repeatable",
     1},
    {"sizes", KEY_SIZES, "FILE", 0,
     "rows and bytes of tables: {public.emails: {rows: N, bytes: N}}", 1},
    {"dialect", KEY_DIALECT, "D", 0, "postgres (default) or sqlite", 1},
    {"findings", KEY_FINDINGS, "SARIF", 0, "take in the findings of another tool", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct plan_request *request = state->input;
    struct assess_request *assess = &request->assess;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &assess->options; return 0;
    case KEY_BASE: assess->base = value; return 0;
    case KEY_SCHEMA:
        *mem_append(assess->mem, assess->schema_paths, assess->n_schemas) = value;
        return 0;
    case KEY_SIZES: assess->sizes_path = value; return 0;
    case KEY_DIALECT: assess->dialect = value; return 0;
    case KEY_FINDINGS: assess->findings_path = value; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_OFFLINE: request->is_offline = true; return 0;
    case KEY_OUTPUT: request->output = value; return 0;
    case KEY_TITLE: request->title = value; return 0;
    case KEY_ASCII: request->is_ascii = true; return 0;
    case KEY_CHECK:
        request->is_check = true;
        request->check_path = value;
        return 0;
    case ARGP_KEY_ARG: *mem_append(assess->mem, assess->paths, assess->n_paths) = value; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "[PATH…]",
    .doc =
        "Write the checklist of a deployment: what is typed, what must come out, who does it and "
        "what takes it back. With a database its lines that only read are asked. Ends with 0 GO, "
        "1 NO-GO, 3 HOLD, 2 when a step could not be executed as it is written.",
    .children = options_children,
};

#define FORMATS                                                                                    \
    (OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON) | OPTIONS_FORMAT(FORMAT_MD) |       \
     OPTIONS_FORMAT(FORMAT_HTML))

// Where the output goes to a file, whoever reads that will know UTF-8.
static bool is_utf8_terminal(void)
{
    return !isatty(STDOUT_FILENO) || strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void write_plan(FILE *out, const struct plan_request *request, const struct plan *plan)
{
    const struct options *options = &request->assess.options;
    const struct report_plan_options report = {
        .is_colored = out == stdout && log_is_colored(stdout),
        .is_whole = options->verbosity > 0,
        .is_ascii = request->is_ascii || (out == stdout && !is_utf8_terminal()),
        .only_asked = request->is_check,
    };

    if (options->format == FORMAT_JSON)
        report_plan_json(out, plan);
    else if (options->format == FORMAT_MD)
        report_plan_markdown(out, plan, &report);
    else if (options->format == FORMAT_HTML)
        report_plan_html(out, plan);
    else
        report_plan_text(out, plan, &report);
}

// Whole or not at all: a plan that was cut off is none.
static bool write_file(const struct plan_request *request, const struct plan *plan,
                       struct error *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);

    if (memory == NULL)
        return error_set(err, ERROR_SYSTEM, "%s: %m", request->output);
    write_plan(memory, request, plan);
    fclose(memory);
    bool is_written = file_write(request->output, text, len, 0644, err);
    free(text);
    return is_written;
}

// An argument of an option that may have none is written behind '='; people write a blank.
static void take_plan_file(struct plan_request *request)
{
    struct assess_request *assess = &request->assess;
    size_t n = 0;

    for (size_t i = 0; request->is_check && i < assess->n_paths; i++) {
        if (request->check_path == NULL && text_ends_with(assess->paths[i], ".json"))
            request->check_path = assess->paths[i];
        else
            assess->paths[n++] = assess->paths[i];
    }
    if (request->is_check)
        assess->n_paths = n;
}

static int plan_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct plan_request request = {.assess = {.mem = tmp}};
    struct plan_input input = {0};
    struct plan *plan;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    take_plan_file(&request);
    if (!options_format_allowed(&request.assess.options, FORMATS, err) ||
        !plan_work(tmp, program, &request, &input, &plan, err) || !plan_ask(tmp, &input, plan, err))
        return -1;
    if (request.output == NULL)
        write_plan(stdout, &request, plan);
    else if (!write_file(&request, plan, err))
        return -1;
    return command_exit_status(plan->verdict);
}

const struct command command_plan = {
    .name = "plan",
    .arguments = "[PATH…]",
    .summary = "the Go/No-Go checklist: each step with command, expected value, owner and undo",
    .when = "before",
    .run = plan_run,
};
