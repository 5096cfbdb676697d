/*
 * tminus init: a first tminus.yaml from what is found, with comments; never over an existing one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/log.h"
#include "command/command.h"
#include "command/first_config.h"
#include "command/options.h"

#define KEY_PRINT 0x200

struct init_request {
    struct options options;
    bool print_only;
};

static const struct argp_option table[] = {
    {"print", KEY_PRINT, NULL, 0, "write it to stdout instead of the file", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct init_request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_PRINT: request->print_only = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", value); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .doc = "Write a first tminus.yaml into this folder from what is found in it: migrations, git, "
           "database, proxy. An existing one is never changed.",
    .children = options_children,
};

static bool write_file(const struct init_request *request, struct error *err)
{
    SCRATCH(tmp);
    const char *path =
        request->options.config_path == NULL ? "tminus.yaml" : request->options.config_path;
    if (!request->print_only && file_kind(path) != FILE_MISSING) {
        error_set(err, ERROR_USAGE, "%s: is there already", path);
        return error_hint(err, "'tminus init --print' shows what would be written");
    }
    const char *text = first_config_make(tmp);
    if (request->print_only) {
        fputs(text, stdout);
        return true;
    }
    TRY(file_write(path, text, strlen(text), 0644, err));
    const char *given = request->options.config_path;
    log_info("%s is written; look it over, then: tminus config check%s%s", path,
             given == NULL ? "" : " --config ", given == NULL ? "" : given);
    return true;
}

static int init_run(const struct program *program, int argc, char **argv, struct error *err)
{
    (void)program;
    struct init_request request = {0};
    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options, OPTIONS_FORMAT(FORMAT_TEXT), err) ||
        !write_file(&request, err))
        return -1;
    return EXIT_GO;
}

const struct command command_init = {
    .name = "init",
    .arguments = "[--print]",
    .summary = "write a first tminus.yaml from what is found",
    .when = "before",
    .run = init_run,
};
