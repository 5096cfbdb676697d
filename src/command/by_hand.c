/*
 * What a person types to take a change back: see by_hand.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/by_hand.h"
#include "base/file.h"
#include "base/text.h"
#include "command/inspection.h"
#include "command/kept_journal.h"
#include <string.h>

#define UNDO_MAX 5 // of the last applied migrations
#define DOWN_WIDTH 200

struct act {
    const char *what;
    const char *const *commands; // NULL-terminated; some are comments: "# …"
};

struct by_hand {
    TALLOC_CTX *mem;
    const struct program *program;
    const struct options *options;
    const char *flags; // " --env production"
    struct act *acts;
    size_t n_acts;
};

struct lines {
    const char **list;
    size_t n;
};

static void add_line(struct by_hand *hand, struct lines *lines, const char *line)
{
    *mem_append(hand->mem, lines->list, lines->n) = line;
}

static void add_act(struct by_hand *hand, const char *what, struct lines *lines)
{
    (void)mem_append(hand->mem, lines->list, lines->n); // the end
    *mem_append(hand->mem, hand->acts, hand->n_acts) =
        (struct act){.what = what, .commands = lines->list};
}

static const char *comment(struct by_hand *hand, const struct error *err)
{
    return mem_printf(hand->mem, "# not known: %s", err->message);
}

// --- the journal

static void keep_journal(struct by_hand *hand, const struct database_choice *choice)
{
    struct lines lines = {0};
    struct journal_place place;
    struct error err = {0};

    if (!kept_journal_find(hand->mem, hand->program, choice, &place, &err)) {
        add_line(hand, &lines, comment(hand, &err));
    } else if (strcmp(place.driver->name, "sqlite") == 0) {
        const char *path = secret_reveal(place.location), *slash = strrchr(path, '/');
        const char *folder =
            mem_strndup(hand->mem, path, slash == NULL ? 0 : (size_t)(slash - path + 1));
        const char *beside =
            text_shell_quoted(hand->mem, mem_printf(hand->mem, "%sdamaged", folder));
        add_line(hand, &lines,
                 mem_printf(hand->mem, "mkdir -p %s && mv %s* %s/", beside,
                            text_shell_quoted(hand->mem, path), beside));
    } else {
        add_line(hand, &lines, "# in the store's database, which may hold other journals too:");
        add_line(hand, &lines, "ALTER SCHEMA tminus_store RENAME TO tminus_store_damaged");
    }
    add_act(hand, "keep the journal as evidence; tminus begins a new one", &lines);
}

// --- the release

// What the command gets as a variable is not shown by its value.
static const char *mask(TALLOC_CTX *mem, const struct config_release *release, const char *word)
{
    for (size_t i = 0; i < release->n_environment; i++) {
        const char *name = release->environment[i], *value = getenv(name);
        if (value != NULL && *value != '\0')
            word = text_replaced(mem, word, value, mem_printf(mem, "${%s}", name));
    }
    return word;
}

// The words as the configuration has them: what ran before is known to nobody but the person.
static const char *deploy_command(TALLOC_CTX *mem, const struct config_release *release,
                                  const char *slot)
{
    SCRATCH(tmp);
    const char *command = release->is_shell ? "sh -c" : "";

    for (size_t i = 0; i < release->n_deploy; i++) {
        const char *word = mask(tmp, release, release->deploy[i]);
        word = text_replaced(tmp, word, "{version}", "VERSION_BEFORE");
        if (slot != NULL)
            word = text_replaced(tmp, word, "{slot}", slot);
        command = mem_printf(tmp, "%s%s%s", command, *command == '\0' ? "" : " ",
                             text_shell_quoted(tmp, word));
    }
    return mem_strdup(mem, command);
}

static bool names_slot(const struct config_release *release)
{
    for (size_t i = 0; i < release->n_deploy; i++)
        if (strstr(release->deploy[i], "{slot}") != NULL)
            return true;
    return false;
}

static void deploy_before(struct by_hand *hand, const struct config_environment *environment)
{
    struct lines lines = {0};

    if (environment == NULL || environment->release.n_deploy == 0)
        return;
    const struct config_release *release = &environment->release;
    if (!names_slot(release))
        add_line(hand, &lines, deploy_command(hand->mem, release, NULL));
    for (size_t i = 0; names_slot(release) && i < environment->n_slots; i++)
        add_line(hand, &lines, deploy_command(hand->mem, release, environment->slots[i].name));
    add_line(
        hand, &lines,
        mem_printf(hand->mem, "tminus release%s --version VERSION_BEFORE --dry-run", hand->flags));
    add_act(hand, "deploy the release that ran before, and ask what answers", &lines);
}

// --- the migrations

static void add_undo(struct by_hand *hand, struct lines *lines, const struct migration *migration,
                     int steps)
{
    const struct migration_text *down = &migration->down;

    if (down->path == NULL || down->text == NULL) {
        add_line(hand, lines,
                 mem_printf(hand->mem,
                            "# %s has no down: only a backup brings back what was before",
                            migration->path));
        return;
    }
    add_line(hand, lines,
             mem_printf(hand->mem, "tminus migrate%s --undo --steps %d  # %s%s: %s", hand->flags,
                        steps, steps == 1 ? "" : "and ", down->path,
                        text_shorten(hand->mem, down->text + down->start, down->end - down->start,
                                     DOWN_WIDTH)));
}

// The last applied ones, the last one first: how many of them are this change's the person knows.
static bool list_applied(struct by_hand *hand, struct lines *lines, struct error *err)
{
    struct inspection inspection = {0};
    struct change *change;
    int64_t n_applied;

    TRY(inspection_connect(hand->mem, hand->program, hand->options, NULL, &inspection, err));
    TRY(database_read_change(hand->mem, &inspection.choice, NULL, 0, &change, err));
    bool *is_applied = mem_array(hand->mem, bool, change->n_migrations + 1);
    TRY(inspection_count_applied(hand->mem, &inspection, change, is_applied, &n_applied, err));
    if (n_applied < 0)
        return error_set(err, ERROR_UNKNOWN, "the record of %s cannot be read",
                         inspection.target.identity.text);
    int steps = 0;
    for (size_t i = change->n_migrations; i > 0 && steps < UNDO_MAX; i--)
        if (is_applied[i - 1])
            add_undo(hand, lines, &change->migrations[i - 1], ++steps);
    if (steps == 0)
        add_line(hand, lines, "# none is applied");
    return true;
}

static void undo_migrations(struct by_hand *hand)
{
    struct lines lines = {0};
    struct error err = {0};

    if (!list_applied(hand, &lines, &err))
        add_line(hand, &lines, comment(hand, &err));
    add_act(hand,
            "undo the migrations of this change: ONE of these, by how many it brought; the record "
            "has as the last ones",
            &lines);
}

// --- the data

static void compare_data(struct by_hand *hand, const struct config_environment *environment)
{
    struct lines lines = {0};

    if (environment != NULL && environment->backup.kind != NULL) {
        add_line(
            hand, &lines,
            mem_printf(hand->mem, "tminus restore%s --into URL_OF_AN_EMPTY_PLACE", hand->flags));
        add_line(
            hand, &lines,
            mem_printf(hand->mem, "tminus verify%s --against URL_OF_AN_EMPTY_PLACE", hand->flags));
    } else {
        add_line(hand, &lines,
                 "# no backup is configured, and a baseline vouches for nothing "
                 "without the journal that names it");
    }
    add_act(hand, "compare the data with the backup from before", &lines);
}

// --- the whole

static void write_text(const struct by_hand *hand)
{
    printf("The journal vouches for nothing, so tminus takes nothing back. By hand, in this order "
           "(nothing of it was run):\n");
    for (size_t i = 0; i < hand->n_acts; i++) {
        printf("\n%zu. %s\n", i + 1, hand->acts[i].what);
        for (const char *const *line = hand->acts[i].commands; *line != NULL; line++)
            printf("   %s\n", *line);
    }
    printf("\n");
}

static void write_json(const struct by_hand *hand, const char *why)
{
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/by-hand/1");
    json_put_text(document, "why", why);
    json_t *acts = json_put_array(document, "acts");

    for (size_t i = 0; i < hand->n_acts; i++) {
        json_t *act = json_object();
        json_put_text(act, "what", hand->acts[i].what);
        json_t *commands = json_put_array(act, "commands");
        for (const char *const *line = hand->acts[i].commands; *line != NULL; line++)
            json_array_append_new(commands, json_text(*line));
        json_array_append_new(acts, act);
    }
    json_write(stdout, document);
}

void by_hand_write(const struct program *program, const struct options *options, const char *why)
{
    SCRATCH(tmp);
    struct by_hand hand = {.mem = tmp, .program = program, .options = options, .flags = ""};
    struct database_choice choice;
    struct error ignored;

    if (options->environment != NULL)
        hand.flags = mem_printf(tmp, " --env %s", text_shell_quoted(tmp, options->environment));
    // A configuration that cannot be read was the error already.
    if (!kept_journal_choose(tmp, options, &choice, &ignored))
        return;
    keep_journal(&hand, &choice);
    deploy_before(&hand, choice.environment);
    undo_migrations(&hand);
    compare_data(&hand, choice.environment);
    if (options->format == FORMAT_JSON)
        write_json(&hand, why);
    else
        write_text(&hand);
}
