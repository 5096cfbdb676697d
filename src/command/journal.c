/*
 * tminus journal: verify the record's chain, show it, export it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/journal.h"
#include "base/quantity.h"
#include "change/config.h"
#include "command/command.h"
#include "command/journal.h"
#include "command/kept_journal.h"

#define KEY_HEAD 0x201
#define KEY_FILE 0x202
#define KEY_EVENT 0x203
#define KEY_LAST 0x204
#define KEY_BUNDLE 0x205
#define KEY_KEY 0x206
#define KEY_IMPORTED 0x207
#define KEY_PUBLIC 0x208

static const struct argp_option table[] = {
    {"journal", KEY_FILE, "FILE", 0, "this journal, instead of the environment's", 1},
    {"head", KEY_HEAD, "SEQ:HASH", 0, "verify: a head noted elsewhere; finds a cut tail", 1},
    {"event", KEY_EVENT, "NAME", 0, "show: only events of this name", 1},
    {"last", KEY_LAST, "N", 0, "show: only the last N events", 1},
    {"imported", KEY_IMPORTED, "SEQ:HASH", 0, "show: of the imported journal that ends so", 1},
    {"bundle", KEY_BUNDLE, "FILE", 0, "export: signed, into FILE; verify: this bundle alone", 1},
    {"key", KEY_KEY, "FILE", 0, "verify, import: the public key that a bundle is signed with", 1},
    {"public", KEY_PUBLIC, NULL, 0, "key: print the public half of the one that there is", 1},
    {0},
};

static const char *const actions[] = {"verify", "show", "export", "import", "key", NULL};

static void read_last(struct argp_state *state, const char *text, int64_t *out)
{
    struct error err;
    if (!quantity_read_integer(text, out, &err) || *out < 1)
        argp_error(state, "--last needs a number from 1, not '%s'", text);
}

static bool is_action(const struct journal_request *request, const char *name)
{
    return request->action != NULL && strcmp(request->action, name) == 0;
}

static void take_argument(struct argp_state *state, struct journal_request *request,
                          const char *value)
{
    if (request->action == NULL)
        request->action = options_action(state, value, actions);
    else if (is_action(request, "import") && request->given == NULL)
        request->given = value;
    else
        argp_error(state, "unexpected argument '%s'", value);
}

static void check_together(struct argp_state *state, const struct journal_request *request)
{
    bool is_verify = is_action(request, "verify"), is_import = is_action(request, "import");
    if (is_import && request->given == NULL)
        argp_error(state, "import needs a FILE");
    if (request->bundle != NULL && !is_verify && !is_action(request, "export"))
        argp_error(state, "--bundle goes with export and verify");
    if (is_verify && (request->bundle == NULL) != (request->key == NULL))
        argp_error(state, "verify needs both --bundle and --key, or neither");
    if (request->key != NULL && !is_verify && !is_import)
        argp_error(state, "--key goes with verify and import");
    if (request->imported != NULL && !is_action(request, "show"))
        argp_error(state, "--imported goes with show");
    if (request->is_public && !is_action(request, "key"))
        argp_error(state, "--public goes with key");
    if (request->file != NULL && (is_import || is_action(request, "key")))
        argp_error(state, "--journal goes with verify, show and export");
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct journal_request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_FILE: request->file = value; return 0;
    case KEY_HEAD: request->head = value; return 0;
    case KEY_EVENT: request->event = value; return 0;
    case KEY_LAST: read_last(state, value, &request->last); return 0;
    case KEY_BUNDLE: request->bundle = value; return 0;
    case KEY_KEY: request->key = value; return 0;
    case KEY_IMPORTED: request->imported = value; return 0;
    case KEY_PUBLIC: request->is_public = true; return 0;
    case ARGP_KEY_ARG: take_argument(state, request, value); return 0;
    case ARGP_KEY_END: check_together(state, request); return 0;
    case ARGP_KEY_NO_ARGS: options_action(state, NULL, actions); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "verify | show | export | import FILE | key",
    .doc = "Verify the journal's chain of hashes, show its events, export them as JSON lines or as "
           "a signed bundle, keep another machine's as evidence, or make the key that signs. "
           "verify ends with 0 when it is intact, 1 when it is not, 3 when it is empty.",
    .children = options_children,
};

// The journal that there is: looking at one must not make one.
static bool open_existing(TALLOC_CTX *mem, const struct program *program,
                          const struct journal_request *request, struct journal **out,
                          struct error *err)
{
    SCRATCH(tmp);
    struct journal_place place = {.driver = program->stores[0]};
    struct database_choice choice;

    if (request->file == NULL) {
        TRY(kept_journal_choose(tmp, &request->options, &choice, err));
        TRY(kept_journal_find(tmp, program, &choice, &place, err));
    } else {
        place.location = secret_make(tmp, request->file);
    }
    place.must_exist = true;
    place.is_only_read = true;
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

json_t *journal_head_json(const struct journal_head *head)
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
    json_put(document, "head", journal_head_json(&verdict->head));
    json_write(stdout, document);
}

static int run_verify(struct journal *journal, const struct journal_request *request,
                      struct error *err)
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
    const struct journal_request *request;
    json_t *events; // JSON: collected; NULL: printed
    int64_t first;  // sequence
    int64_t seen;   // events, shown or not
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

    showing->seen++;
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

static bool read_events(struct journal *journal, const char *imported, struct showing *showing,
                        struct error *err)
{
    if (imported == NULL)
        return journal_read(journal, showing->first, show_event, showing, err);
    TRY(journal_read_imported(journal, imported, show_event, showing, err));
    if (showing->seen > 0)
        return true;
    error_set(err, ERROR_INPUT, "no journal was imported that ends at %.12s…", imported);
    return error_hint(err, "tminus journal show --event journal-imported lists them");
}

static int run_show(struct journal *journal, const struct journal_request *request,
                    struct error *err)
{
    json_auto_t *document = request->options.format == FORMAT_JSON ? json_object() : NULL;
    struct showing showing = {.request = request, .first = 1};
    struct journal_head head;

    if (request->imported == NULL ? !journal_head(journal, &head, err)
                                  : !journal_head_read(request->imported, &head, err))
        return -1;
    if (request->last > 0 && request->last < head.sequence)
        showing.first = head.sequence - request->last + 1;
    if (document != NULL) {
        json_put_text(document, "schema", "tminus/journal/1");
        json_put(document, "head", journal_head_json(&head));
        showing.events = json_put_array(document, "events");
    }
    if (!read_events(journal, request->imported == NULL ? NULL : head.hash, &showing, err))
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

static int run_action(const struct program *program, const struct journal_request *request,
                      struct error *err)
{
    SCRATCH(tmp);
    struct journal *journal;

    if (is_action(request, "key"))
        return journal_key_run(request, err);
    if (is_action(request, "import"))
        return journal_import_run(program, request, err);
    if (is_action(request, "verify") && request->bundle != NULL)
        return journal_bundle_verify_run(request, err);
    if (!open_existing(tmp, program, request, &journal, err))
        return -1;
    if (is_action(request, "verify"))
        return run_verify(journal, request, err);
    if (is_action(request, "show"))
        return run_show(journal, request, err);
    if (request->bundle != NULL)
        return journal_bundle_export_run(journal, request, err);
    return run_export(journal, err);
}

static int journal_run(const struct program *program, int argc, char **argv, struct error *err)
{
    struct journal_request request = {0};

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err))
        return -1;
    return run_action(program, &request, err);
}

const struct command command_journal = {
    .name = "journal",
    .arguments = "verify | show | export | import FILE | key",
    .summary = "verify, show, export or import the record of everything that happened",
    .when = "always",
    .run = journal_run,
};
