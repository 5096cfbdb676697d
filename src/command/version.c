/*
 * tminus version: the program's version, and whose grammars it reads SQL with.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include "command/command.h"
#include "command/options.h"
#include "statement/reader.h"

static error_t parse(int key, char *value, struct argp_state *state)
{
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = state->input;
        return 0;
    }
    if (key == ARGP_KEY_ARG)
        argp_error(state, "unexpected argument '%s'", value);
    return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
    .parser = parse, .doc = "Print the version of tminus.", .children = options_children};

static int version_run(const struct program *program, int argc, char **argv, struct error *err)
{
    (void)program;
    struct options options = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (!options_format_allowed(&options, OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON),
                                err))
        return -1;
    if (options.format == FORMAT_TEXT) {
        printf("tminus %s (reads SQL as %s and %s)\n", TMINUS_VERSION,
               reader_grammar(DIALECT_POSTGRES), reader_grammar(DIALECT_SQLITE));
        return EXIT_GO;
    }
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/version/1");
    json_put_text(document, "version", TMINUS_VERSION);
    json_t *grammars = json_put_object(document, "grammars");
    json_put_text(grammars, dialect_name(DIALECT_POSTGRES), reader_grammar(DIALECT_POSTGRES));
    json_put_text(grammars, dialect_name(DIALECT_SQLITE), reader_grammar(DIALECT_SQLITE));
    json_write(stdout, document);
    return EXIT_GO;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "print the version",
    .when = "always",
    .run = version_run,
};
