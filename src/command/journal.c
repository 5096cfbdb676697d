/*
 * tminus journal: verify the record's chain, show it, export it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/journal.h"
#include "base/quantity.h"
#include "change/config.h"
#include "command/command.h"
#include "command/kept_journal.h"
#include "command/options.h"

struct request {
    struct options options;
    const char *action;
    const char *file;
    const char *head;
    const char *event;
    int64_t last; // 0: all
};

#define KEY_HEAD 0x201
#define KEY_FILE 0x202
#define KEY_EVENT 0x203
#define KEY_LAST 0x204

static const struct argp_option table[] = {
    {"journal", KEY_FILE, "FILE", 0, "this journal, instead of the environment's", 1},
    {"head", KEY_HEAD, "SEQ:HASH", 0, "verify: a head noted elsewhere; finds a cut tail", 1},
    {"event", KEY_EVENT, "NAME", 0, "show: only events of this name", 1},
    {"last", KEY_LAST, "N", 0, "show: only the last N events", 1},
    {0},
};

static const char *const actions[] = {"verify", "show", "export", NULL};

static void read_last(struct argp_state *state, const char *text, int64_t *out)
{
    struct error err;
    if (!quantity_read_integer(text, out, &err) || *out < 1)
        argp_error(state, "--last needs a number from 1, not '%s'", text);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_FILE: request->file = value; return 0;
    case KEY_HEAD: request->head = value; return 0;
    case KEY_EVENT: request->event = value; return 0;
    case KEY_LAST: read_last(state, value, &request->last); return 0;
    case ARGP_KEY_ARG:
        if (request->action != NULL)
            argp_error(state, "unexpected argument '%s'", value);
        request->action = options_action(state, value, actions);
        return 0;
    case ARGP_KEY_NO_ARGS: options_action(state, NULL, actions); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "verify | show | export",
    .doc = "Verify the journal's chain of hashes, show its events, or export them as JSON lines. "
           "verify ends with 0 when it is intact, 1 when it is not, 3 when it is empty.",
    .children = options_children,
};

// Where it is, whether or not the environment's other variables are set: whoever looks at a journal
// may be elsewhere.
static bool find_configured(TALLOC_CTX *mem, const struct program *program,
                            const struct options *options, struct journal_place *out,
                            struct error *err)
{
    const char *name = options->environment, *slot;
    const struct config_environment *found = NULL;
    struct config *config;
    TRY(config_read(mem, options->config_path, true, &config, err));
    if (config->n_environments > 0) {
        TRY(config_find_environment(config, name, &found, &slot, err));
        name = found->name;
    }
    TRY(config_check_slot(config, found, options->slot, err));
    return kept_journal_find(mem, program, config, found, name, out, err);
}

// The journal that there is: looking at one must not make one.
static bool open_existing(TALLOC_CTX *mem, const struct program *program,
                          const struct request *request, struct journal **out, struct error *err)
{
    SCRATCH(tmp);
    struct journal_place place = {.driver = program->stores[0]};

    if (request->file == NULL)
        TRY(find_configured(tmp, program, &request->options, &place, err));
    else
        place.location = secret_make(tmp, request->file);
    place.must_exist = true;
    return journal_open(mem, &place, "", out, err);
}

// --- verify

// A record of nothing vouches for nothing: it may be new, or may have been emptied.
static enum verdict verdict_on(const struct journal_verdict *verdict)
{
    if (!verdict->is_intact)
        return VERDICT_NO_GO;
    return verdict->events > 0 ? VERDICT_GO : VERDICT_HOLD;
}

static void print_verdict(const struct journal_verdict *verdict)
{
    SCRATCH(tmp);

    if (verdict_on(verdict) == VERDICT_HOLD)
        printf("journal EMPTY: there is no event to verify\n");
    else if (verdict->is_intact)
        printf("journal intact: %lld event%s\n", (long long)verdict->events,
               verdict->events == 1 ? "" : "s");
    else
        printf("journal BROKEN at event %lld: %s\n", (long long)verdict->broken_at,
               verdict->reason);
    if (verdict->head.sequence > 0)
        printf("%s %s\n", verdict->is_intact ? "head" : "intact up to",
               journal_head_text(tmp, &verdict->head));
}

static json_t *head_json(const struct journal_head *head)
{
    json_t *object = json_object();
    json_put_integer(object, "seq", head->sequence);
    json_put_text(object, "hash", head->hash);
    return object;
}

static void write_verdict(const struct journal_verdict *verdict)
{
    json_auto_t *document = json_object();

    json_put_text(document, "schema", "tminus/journal/1");
    json_put_text(document, "verdict", verdict_name(verdict_on(verdict)));
    json_put_bool(document, "intact", verdict->is_intact);
    json_put_integer(document, "events", verdict->events);
    json_put(document, "broken_at",
             verdict->is_intact ? json_null() : json_integer(verdict->broken_at));
    json_put_text(document, "reason", verdict->is_intact ? NULL : verdict->reason);
    json_put(document, "head", head_json(&verdict->head));
    json_write(stdout, document);
}

static int run_verify(struct journal *journal, const struct request *request, struct error *err)
{
    struct journal_head expected;
    struct journal_verdict verdict;

    if (request->head != NULL && !journal_head_read(request->head, &expected, err))
        return -1;
    if (!journal_verify(journal, request->head == NULL ? NULL : &expected, &verdict, err))
        return -1;
    if (request->options.format == FORMAT_JSON)
        write_verdict(&verdict);
    else
        print_verdict(&verdict);
    return command_exit_status(verdict_on(&verdict));
}

// --- show and export

struct showing {
    const struct request *request;
    json_t *events; // JSON: collected; NULL: printed
    int64_t first;  // sequence
};

// "path=… rows=200000": the members of `data` that are not documents themselves.
static void print_data(const json_t *data)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)data, name, value)
    {
        if (json_is_string(value))
            printf("  %s=%s", name, json_string_value(value));
        else if (json_is_integer(value))
            printf("  %s=%lld", name, (long long)json_integer_value(value));
        else if (json_is_real(value))
            printf("  %s=%g", name, json_real_value(value));
        else if (json_is_boolean(value))
            printf("  %s=%s", name, json_is_true(value) ? "yes" : "no");
    }
}

static const char *text_or_dash(const json_t *event, const char *name)
{
    const char *text = json_get_text(event, name);
    return text == NULL ? "-" : text;
}

static bool show_event(void *context, const json_t *event)
{
    struct showing *showing = context;
    int64_t sequence = json_get_integer(event, "seq", 0);

    if (sequence < showing->first)
        return true;
    if (showing->request->event != NULL &&
        strcmp(showing->request->event, text_or_dash(event, "event")) != 0)
        return true;
    if (showing->events != NULL) {
        json_array_append_new(showing->events, json_deep_copy(event));
        return true;
    }
    printf("%4lld  %s  %-18s  %s", (long long)sequence, text_or_dash(event, "ts"),
           text_or_dash(event, "event"), text_or_dash(event, "actor"));
    print_data(json_object_get(event, "data"));
    printf("\n");
    return true;
}

static int run_show(struct journal *journal, const struct request *request, struct error *err)
{
    json_auto_t *document = request->options.format == FORMAT_JSON ? json_object() : NULL;
    struct showing showing = {.request = request, .first = 1};
    struct journal_head head;

    if (!journal_head(journal, &head, err))
        return -1;
    if (request->last > 0 && request->last < head.sequence)
        showing.first = head.sequence - request->last + 1;
    if (document != NULL) {
        json_put_text(document, "schema", "tminus/journal/1");
        json_put(document, "head", head_json(&head));
        showing.events = json_put_array(document, "events");
    }
    if (!journal_read(journal, showing.first, show_event, &showing, err))
        return -1;
    if (document != NULL)
        json_write(stdout, document);
    return EXIT_GO;
}

static bool export_event(void *context, const json_t *event)
{
    (void)context;
    SCRATCH(tmp);
    printf("%s\n", json_canonical(tmp, event));
    return true;
}

static int run_export(struct journal *journal, struct error *err)
{
    return journal_read(journal, 1, export_event, NULL, err) ? EXIT_GO : -1;
}

static int journal_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct journal *journal;
    const char *action;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    action = request.action;
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err))
        return -1;
    if (!open_existing(tmp, program, &request, &journal, err))
        return -1;
    if (strcmp(action, "verify") == 0)
        return run_verify(journal, &request, err);
    if (strcmp(action, "show") == 0)
        return run_show(journal, &request, err);
    return run_export(journal, err);
}

const struct command command_journal = {
    .name = "journal",
    .arguments = "verify | show | export",
    .summary = "verify, show or export the record of everything that happened",
    .when = "always",
    .run = journal_run,
};
