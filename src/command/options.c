/*
 * Options: the parser of those that every verb takes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/options.h"
#include "base/log.h"
#include "base/text.h"
#include <assert.h>

#define KEY_SLOT 0x100 // options without a letter
#define KEY_CONFIG 0x101
#define KEY_FORMAT 0x102
#define KEY_NO_PROGRESS 0x103
#define KEY_ENVIRONMENT 0x104
#define KEY_AFTER_RELEASE 0x105

static const char *const format_names[] = {
    [FORMAT_TEXT] = "text",
    [FORMAT_JSON] = "json",
    [FORMAT_MD] = "md",
    [FORMAT_HTML] = "html",
    [FORMAT_SARIF] = "sarif",
    [FORMAT_JUNIT] = "junit",
    [FORMAT_GITHUB] = "github",
    [FORMAT_GITLAB] = "gitlab",
    [FORMAT_TAP] = "tap",
    [FORMAT_NAGIOS] = "nagios",
    [FORMAT_PROMETHEUS] = "prometheus",
};
static_assert(COUNT_OF(format_names) == FORMAT_COUNT, "every format has a name");

static const struct argp_option table[] = {
    {"env", KEY_ENVIRONMENT, "NAME", 0, "environment of tminus.yaml, or one of its slots", 90},
    {"environment", 0, NULL, OPTION_ALIAS, NULL, 90},
    {"slot", KEY_SLOT, "NAME", 0, "slot of the environment", 90},
    {"after-release", KEY_AFTER_RELEASE, NULL, 0,
     "of the migrations that run after the release (post_migrations)", 90},
    {"config", KEY_CONFIG, "FILE", 0, "configuration instead of ./tminus.yaml", 90},
    {"format", KEY_FORMAT, "FORMAT", 0, "what is written on stdout: text (default), json, …", 90},
    {"verbose", 'v', NULL, 0, "say more; nothing is shortened", 90},
    {"quiet", 'q', NULL, 0, "only warnings and errors on stderr", 90},
    {"no-progress", KEY_NO_PROGRESS, NULL, 0, "no progress on stderr", 90},
    {0},
};

static void read_format(struct argp_state *state, const char *name, enum format *format)
{
    for (size_t i = 0; i < COUNT_OF(format_names); i++) {
        if (strcmp(format_names[i], name) == 0) {
            *format = (enum format)i;
            return;
        }
    }
    const char *nearest = text_nearest(name, format_names, COUNT_OF(format_names));
    if (nearest != NULL)
        argp_error(state, "unknown format '%s', did you mean '%s'?", name, nearest);
    else
        argp_error(state, "unknown format '%s'", name);
}

static void apply(const struct options *options)
{
    log_set_level(options->verbosity < 0 ? LOG_QUIET : LOG_NORMAL);
    log_set_progress(!options->no_progress);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_ENVIRONMENT: options->environment = value; return 0;
    case KEY_SLOT: options->slot = value; return 0;
    case KEY_AFTER_RELEASE: options->is_after_release = true; return 0;
    case KEY_CONFIG: options->config_path = value; return 0;
    case KEY_FORMAT: read_format(state, value, &options->format); return 0;
    case KEY_NO_PROGRESS: options->no_progress = true; return 0;
    case 'v': options->verbosity = 1; return 0;
    case 'q': options->verbosity = -1; return 0;
    case ARGP_KEY_SUCCESS: apply(options); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {.options = table, .parser = parse};
const struct argp_child options_children[] = {{.argp = &parser}, {0}};

const char *options_action(struct argp_state *state, const char *name, const char *const *known)
{
    SCRATCH(tmp);
    char *list = mem_strdup(tmp, "");
    const char *nearest;
    size_t n = 0;
    for (; known[n] != NULL; n++) {
        if (name != NULL && strcmp(known[n], name) == 0)
            return known[n];
        list = mem_printf(tmp, "%s%s%s", list, n == 0 ? "" : ", ", known[n]);
    }
    if (name == NULL)
        argp_error(state, "an action is missing, known: %s", list);
    else if ((nearest = text_nearest(name, known, n)) != NULL)
        argp_error(state, "unknown action '%s', did you mean '%s'?", name, nearest);
    else
        argp_error(state, "unknown action '%s', known: %s", name, list);
    return NULL;
}

bool options_format_allowed(const struct options *options, unsigned formats, struct error *err)
{
    if ((formats & OPTIONS_FORMAT(options->format)) != 0)
        return true;
    SCRATCH(tmp);
    char *list = mem_strdup(tmp, "");
    for (size_t i = 0; i < COUNT_OF(format_names); i++) {
        if ((formats & OPTIONS_FORMAT(i)) != 0)
            list = mem_printf(tmp, "%s%s%s", list, *list == '\0' ? "" : ", ", format_names[i]);
    }
    error_set(err, ERROR_USAGE, "this verb does not write the format '%s'",
              format_names[options->format]);
    return error_hint(err, "it writes %s", list);
}
