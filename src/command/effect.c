/*
 * Verbs with one effect: see effect.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/effect.h"
#include "base/file.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/text.h"
#include "command/flight_binding.h"
#include "command/kept_journal.h"
#include "journal/state.h"
#include "proof/result.h"

// For what a killed tminus had begun: it ends within two seconds (base/process_keeper.h).
#define PATIENCE_MS 5000

bool effect_open(TALLOC_CTX *mem, struct effect *effect, struct error *err)
{
    const struct options *options = effect->options;
    struct database_choice *choice = &effect->choice;
    const char *slot = NULL;
    TRY(options_format_allowed(options, OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON),
                               err));
    TRY(config_read(mem, options->config_path, true, &choice->config, err));
    TRY(config_environment(choice->config, options->environment, &choice->environment, &slot, err));
    TRY(config_check_slot(choice->config, choice->environment, options->slot, err));
    effect->slot = options->slot != NULL ? options->slot : slot;
    choice->environment_name = choice->environment->name;
    if (choice->environment->n_databases > 0)
        choice->url = choice->environment->databases[0].url;
    effect->wait = wait_make(mem);
    return true;
}

void effect_show_line(void *context, const char *line)
{
    const struct effect *effect = context;
    if (effect->options->verbosity >= 0)
        fprintf(stderr, "  | %s\n", line);
}

static const char *lock_name(TALLOC_CTX *mem, const struct effect *effect)
{
    return state_lock_name(mem, effect->choice.config->service, effect->choice.environment_name,
                           effect->verb);
}

bool effect_open_journal(TALLOC_CTX *mem, const struct effect *effect, struct journal **out,
                         struct error *err)
{
    SCRATCH(tmp);
    struct file_lock *lock;
    char *path;
    const struct database_choice *choice = &effect->choice;
    if (!effect->may_be_many) {
        TRY(state_path(tmp, choice->config->service, choice->environment_name,
                       lock_name(tmp, effect), &path, err));
        TRY(file_lock_await(mem, path, PATIENCE_MS, effect->wait, &lock, err));
    }
    return kept_journal_open(mem, effect->program, choice, journal_run_name(tmp), out, err);
}

static bool find_environment(const struct config *config, const char *name,
                             const struct config_environment **out, struct error *err)
{
    for (size_t i = 0; i < config->n_environments; i++) {
        *out = &config->environments[i];
        if (strcmp((*out)->name, name) == 0)
            return true;
    }
    return error_set(err, ERROR_CONFIG, "release.verified_in: there is no environment '%s'", name);
}

bool effect_find_digest(TALLOC_CTX *mem, const struct effect *effect, const char *environment,
                        const char *event, const char *version, const char **out, struct error *err)
{
    SCRATCH(tmp);
    const struct config_environment *found;
    struct journal_place place;
    struct journal *journal;
    json_auto_t *last = NULL;
    TRY(find_environment(effect->choice.config, environment, &found, err));
    const struct database_choice choice = {
        .config = effect->choice.config, .environment = found, .environment_name = environment};
    TRY(kept_journal_find(tmp, effect->program, &choice, &place, err));
    *out = NULL;
    // Looking at a journal must not make one.
    if (strcmp(place.driver->name, "sqlite") == 0 &&
        file_kind(secret_reveal(place.location)) == FILE_MISSING)
        return true;
    TRY(journal_open(tmp, &place, "", &journal, err));
    TRY(journal_check(journal, err));
    TRY(journal_last(journal, event, "version", version, &last, err));
    const json_t *data = json_object_get(last, "data");
    const char *digest = json_get_text(data, "sha256");
    if (digest == NULL)
        digest = json_get_text(json_object_get(data, "evidence"), "sha256");
    *out = mem_strdup(mem, digest);
    return true;
}

// --- what came of it

struct showing {
    const struct effect *effect;
    const struct act *act;
    const struct act_report *report;
    const char *title;
    struct journal *journal; // NULL: a dry run
};

static const char *state_words(const struct act_report *report)
{
    switch (report->state) {
    case ACT_DONE: return report->was_there ? "DONE BEFORE" : "DONE";
    case ACT_PENDING: return report->has_acted ? "NOT DONE" : "TO DO";
    case ACT_PARTLY: return "PARTLY DONE";
    case ACT_UNKNOWN: return "UNKNOWN";
    case ACT_REFUSED: return "NO-GO";
    case ACT_STATE_COUNT: break;
    }
    bug("no words for act state %d", (int)report->state);
}

static enum verdict verdict_of(const struct act_report *report)
{
    int status = act_exit_status(report);
    return status == EXIT_GO ? VERDICT_GO : status == EXIT_HOLD ? VERDICT_HOLD : VERDICT_NO_GO;
}

static void write_command(const struct act *act)
{
    SCRATCH(tmp);
    size_t i;
    const json_t *word, *command = json_object_get(act->data, "command");
    if (json_array_size(command) == 0)
        return;
    printf("  command:");
    json_array_foreach(command, i, word)
    {
        printf(" %s", text_shell_quoted(tmp, json_string_value(word)));
    }
    printf("\n");
}

static void write_answers(const struct act_report *report)
{
    size_t i;
    const json_t *answer, *answers = json_object_get(report->evidence, "answers");
    json_array_foreach(answers, i, answer)
    {
        const char *slot = json_get_text(answer, "slot");
        const char *channel = json_get_text(answer, "channel"); // of a notification
        const char *status = channel == NULL ? json_get_text(answer, "status")
                             : json_is_true(json_object_get(answer, "delivered")) ? "PASS"
                                                                                  : "FAIL";
        printf("  %-7s  %s%s%s: %s\n", status, slot == NULL ? "" : slot, slot == NULL ? "" : " ",
               channel == NULL ? json_get_text(answer, "check") : channel,
               json_get_text(answer, "text"));
    }
}

static bool write_text(const struct showing *showing, struct error *err)
{
    SCRATCH(tmp);
    const struct act_report *report = showing->report;
    bool is_colored = log_is_colored(stdout);
    struct journal_head head;
    printf("%s\n", showing->title);
    if (!report->has_acted)
        write_command(showing->act);
    write_answers(report);
    printf("\n%s%s%s  %s", is_colored ? verdict_color(verdict_of(report)) : "", state_words(report),
           is_colored ? COLOR_PLAIN : "", report->why);
    if (report->has_acted)
        printf(" (%s)", quantity_duration(tmp, report->took_ms));
    printf("\n");
    if (!report->has_acted)
        return true;
    TRY(journal_head(showing->journal, &head, err));
    printf("journal %s\n", journal_head_text(tmp, &head));
    return true;
}

static bool write_json(const struct showing *showing, struct error *err)
{
    SCRATCH(tmp);
    const struct act_report *report = showing->report;
    json_auto_t *document = json_object();
    struct journal_head head;
    json_put_text(document, "schema", mem_printf(tmp, "tminus/%s/1", showing->effect->verb));
    json_put_text(document, "verdict", verdict_name(verdict_of(report)));
    json_put_text(document, "state", act_state_name(report->state));
    json_put_bool(document, "was_there", report->was_there);
    json_put_bool(document, "dry_run", showing->effect->is_dry_run);
    json_put_text(document, "why", report->why);
    json_put_integer(document, "took_ms", report->took_ms);
    json_object_update(document, showing->act->data);
    if (report->evidence != NULL)
        json_put(document, "evidence", json_incref(report->evidence));
    if (report->has_acted) {
        TRY(journal_head(showing->journal, &head, err));
        json_t *journal = json_put_object(document, "journal");
        json_put_integer(journal, "seq", head.sequence);
        json_put_text(journal, "hash", head.hash);
    }
    json_write(stdout, document);
    // Who started it may only look at what it says.
    if (act_exit_status(report) != EXIT_GO)
        log_warning("%s: %s", showing->title, report->why);
    return true;
}

// While another tminus, or what it left behind, is at it, nobody can say what comes of it. A file
// alone is looked at: a dry run makes none.
static bool look(TALLOC_CTX *mem, const struct effect *effect, const struct act *act,
                 struct act_report *report, struct error *err)
{
    SCRATCH(tmp);
    const struct database_choice *choice = &effect->choice;
    struct error cause = {0};
    char *path;
    TRY(state_find(tmp, choice->config->service, choice->environment_name, lock_name(tmp, effect),
                   &path, err));
    if (file_lock_await_free(path, PATIENCE_MS, effect->wait, &cause))
        return act_run(mem, act, NULL, report, err);
    if (cause.code != ERROR_POLICY) {
        *err = cause;
        return false;
    }
    *report = (struct act_report){.state = ACT_UNKNOWN, .why = mem_strdup(mem, cause.message)};
    return true;
}

int effect_run(TALLOC_CTX *mem, const struct effect *effect, const struct act *act,
               const char *title, struct error *err)
{
    struct act_report report;
    struct showing showing = {.effect = effect, .act = act, .report = &report, .title = title};
    bool is_run = effect->is_dry_run
                      ? look(mem, effect, act, &report, err)
                      : flight_binding_look(effect->program, &effect->choice, err) &&
                            effect_open_journal(mem, effect, &showing.journal, err) &&
                            act_run(mem, act, showing.journal, &report, err);
    if (!is_run)
        return -1;
    bool is_shown = effect->options->format == FORMAT_JSON ? write_json(&showing, err)
                                                           : write_text(&showing, err);
    return is_shown ? act_exit_status(&report) : -1;
}
