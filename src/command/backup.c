/*
 * tminus backup: take a backup with the fingerprints of its instant, list them, check one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "command/backup_work.h"
#include "rehearsal/backup_take.h"
#include <inttypes.h>

#define KEY_DATABASE 0x201
#define KEY_LIST 0x202
#define KEY_CHECK 0x203
#define KEY_DIRECTORY 0x204
#define LISTED_MAX 20 // without --verbose

struct request {
    const struct program *program;
    struct options options;
    const char *database;
    const char *directory;
    bool is_list, is_check;
    const char *id; // that is checked; NULL: the newest
};

static const struct argp_option table[] = {
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 1},
    {"directory", KEY_DIRECTORY, "DIR", 0, "of backups, instead of tminus.yaml's", 1},
    {"list", KEY_LIST, NULL, 0, "show what is there, and when each was restored and proven", 1},
    {"check", KEY_CHECK, NULL, 0, "read ID, or the newest one, to its end", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_DIRECTORY: request->directory = value; return 0;
    case KEY_LIST: request->is_list = true; return 0;
    case KEY_CHECK: request->is_check = true; return 0;
    case ARGP_KEY_ARG:
        if (request->id != NULL)
            return ARGP_ERR_UNKNOWN;
        request->id = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "[--list | --check [ID]]",
    .doc =
        "Take a backup, and fingerprints of every table at the same instant, by which a restore "
        "is proven. Ends with 0; --list with 1 when the newest one is too old or damaged, 3 when "
        "none was proven lately; --check with 1 when it is damaged.",
    .children = options_children,
};

// --- take

static void write_taken(const struct backup_taken *taken)
{
    SCRATCH(tmp);
    const struct backup *backup = &taken->backup;
    printf("%s\n  %s, %s, in %s\n", backup->path != NULL ? backup->path : backup->id, backup->kind,
           backup_size(tmp, backup), quantity_duration(tmp, taken->took_ms));
    printf("  fingerprints of %zu tables, %s rows, %s\n", taken->prints->n_tables,
           quantity_count(tmp, taken->prints->rows),
           taken->is_one_instant ? "at the backup's own instant" : "equal before and after it");
    for (size_t i = 0; i < taken->prints->n_tables; i++) {
        const struct table_fingerprint *print = &taken->prints->tables[i];
        if (print->print == NULL)
            printf("UNKNOWN %s%s%s: %s\n", print->table.schema ? print->table.schema : "",
                   print->table.schema ? "." : "", print->table.name, print->unknown);
    }
    printf("\ntminus restore --backup %s --prove   # what it is worth\n", backup->id);
}

static int run_take(TALLOC_CTX *mem, struct backup_work *work, const struct request *request,
                    struct error *err)
{
    struct backup_taken taken;
    struct journal_head head;
    bool is_taken = backup_take(mem, &work->place, &work->inspection.target,
                                work->inspection.journal, &taken, err);
    inspection_end_progress(&work->inspection);
    if (!is_taken || !journal_head(work->inspection.journal, &head, err))
        return -1;
    if (request->options.format == FORMAT_TEXT) {
        write_taken(&taken);
        printf("journal %lld:%s\n", (long long)head.sequence, head.hash);
        return EXIT_GO;
    }
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/backup/1");
    json_put_text(document, "verdict", verdict_name(VERDICT_GO));
    json_t *backup = backup_to_json(&taken.backup, -1, VERDICT_HOLD);
    json_put_text(backup, "sha256", taken.sha256[0] != '\0' ? taken.sha256 : NULL);
    json_put_integer(backup, "took_ms", taken.took_ms);
    json_put_integer(backup, "tables", (int64_t)taken.prints->n_tables);
    json_put_integer(backup, "rows", taken.prints->rows);
    json_put_integer(backup, "unknown", (int64_t)taken.n_unknown);
    json_put(document, "backup", backup);
    backup_put_journal(document, &head);
    json_write(stdout, document);
    return EXIT_GO;
}

// --- list

struct listing {
    struct backup *backups;
    size_t n;
    int64_t *proven_ms; // of each; -1: never
    enum verdict *proofs;
    enum verdict verdict;
    const char *why;
};

static void decide(struct listing *listing, enum verdict verdict, const char *why)
{
    listing->verdict = verdict;
    listing->why = why;
}

// The newest proof of any backup, and how it ended; -1: there is none.
static int64_t last_proof(const struct listing *listing, size_t *which)
{
    int64_t newest = -1;
    for (size_t i = 0; i < listing->n; i++) {
        if (listing->proven_ms[i] > newest) {
            newest = listing->proven_ms[i];
            *which = i;
        }
    }
    return newest;
}

static void judge_proofs(TALLOC_CTX *mem, const struct backup_work *work, struct listing *listing)
{
    size_t which = 0;
    int64_t proven_ms = last_proof(listing, &which);
    int64_t limit_ms = work->settings->max_restore_proof_age_ms;
    const char *id = listing->n > 0 ? listing->backups[which].id : "";
    if (proven_ms < 0)
        decide(listing, VERDICT_HOLD,
               "none of them was ever restored and compared: tminus restore --prove");
    else if (listing->proofs[which] != VERDICT_GO)
        decide(listing, listing->proofs[which],
               mem_printf(mem, "%s was restored, and was not what it should be", id));
    else if (limit_ms > 0 && clock_wall_ms() - proven_ms > limit_ms)
        decide(listing, VERDICT_HOLD,
               mem_printf(mem, "the last restore was proven %s; at most %s are allowed",
                          backup_age(mem, proven_ms), quantity_duration(mem, limit_ms)));
    else
        decide(listing, VERDICT_GO,
               mem_printf(mem, "the newest is of %s, a restore was proven %s",
                          backup_age(mem, listing->backups[0].taken_ms),
                          backup_age(mem, proven_ms)));
}

static bool judge_listing(TALLOC_CTX *mem, const struct backup_work *work, struct listing *listing,
                          struct error *err)
{
    struct backup newest;
    struct error why = {0};
    if (backup_find_newest(mem, &work->place, NULL, work->settings->max_age_ms, &newest, &why)) {
        judge_proofs(mem, work, listing);
        return true;
    }
    if (why.code != ERROR_BASELINE) {
        *err = why;
        return false;
    }
    decide(listing, VERDICT_NO_GO, mem_strdup(mem, why.message));
    return true;
}

static bool read_listing(TALLOC_CTX *mem, const struct backup_work *work, struct listing *out,
                         struct error *err)
{
    TRY(backup_list(mem, &work->place, &out->backups, &out->n, err));
    out->proven_ms = mem_array(mem, int64_t, out->n + 1);
    out->proofs = mem_array(mem, enum verdict, out->n + 1);
    for (size_t i = 0; i < out->n; i++)
        TRY(restore_proof_last(work->inspection.journal, out->backups[i].id, &out->proven_ms[i],
                               &out->proofs[i], err));
    return judge_listing(mem, work, out, err);
}

static void write_backup(const struct listing *listing, size_t i)
{
    SCRATCH(tmp);
    const struct backup *backup = &listing->backups[i];
    printf("%s\n  taken %s, %s%s%s", backup->id, backup_age(tmp, backup->taken_ms),
           backup_size(tmp, backup), backup->version ? ", version " : "",
           backup->version ? backup->version : "");
    if (backup->damage != NULL)
        printf("\n  DAMAGED: %s\n", backup->damage);
    else if (listing->proven_ms[i] >= 0)
        printf("; restored %s: %s\n", backup_age(tmp, listing->proven_ms[i]),
               verdict_words(listing->proofs[i]));
    else
        printf("; %s\n", backup->fingerprints != NULL
                             ? "never restored"
                             : "never restored, and nothing recorded to compare with");
}

static void write_listing(const struct request *request, const struct listing *listing)
{
    size_t shown =
        request->options.verbosity > 0 || listing->n < LISTED_MAX ? listing->n : LISTED_MAX;
    for (size_t i = 0; i < shown; i++)
        write_backup(listing, i);
    if (shown < listing->n)
        printf("and %zu older: --verbose\n", listing->n - shown);
    backup_write_verdict(listing->verdict, listing->why, NULL);
}

static int run_list(TALLOC_CTX *mem, const struct backup_work *work, const struct request *request,
                    struct error *err)
{
    struct listing listing = {0};
    if (!read_listing(mem, work, &listing, err))
        return -1;
    if (request->options.format == FORMAT_TEXT) {
        write_listing(request, &listing);
        return command_exit_status(listing.verdict);
    }
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/backup/1");
    json_put_text(document, "verdict", verdict_name(listing.verdict));
    json_put_text(document, "why", listing.why);
    json_t *backups = json_put_array(document, "backups");
    for (size_t i = 0; i < listing.n; i++)
        json_array_append_new(
            backups, backup_to_json(&listing.backups[i], listing.proven_ms[i], listing.proofs[i]));
    json_write(stdout, document);
    return command_exit_status(listing.verdict);
}

// --- check

static int run_check(TALLOC_CTX *mem, struct backup_work *work, const struct request *request,
                     struct error *err)
{
    struct backup backup;
    struct error why = {0};
    if (!backup_find(mem, &work->place, request->id, &backup, err))
        return -1;
    bool is_whole = work->place.driver->check(&work->place.options, &backup, &why);
    inspection_end_progress(&work->inspection);
    if (!is_whole && why.code != ERROR_INPUT) {
        *err = why;
        return -1;
    }
    enum verdict verdict = is_whole ? VERDICT_GO : VERDICT_NO_GO;
    const char *text =
        is_whole ? "it can be read to its end; whether its values are right only a restore shows"
                 : why.message;
    if (request->options.format == FORMAT_TEXT) {
        SCRATCH(tmp);
        printf("%s\n  %s, %s, taken %s\n", backup.id, backup.kind, backup_size(tmp, &backup),
               backup_age(tmp, backup.taken_ms));
        backup_write_verdict(verdict, text, NULL);
        return command_exit_status(verdict);
    }
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/backup/1");
    json_put_text(document, "verdict", verdict_name(verdict));
    json_put_text(document, "why", text);
    json_put(document, "backup", backup_to_json(&backup, -1, VERDICT_HOLD));
    json_write(stdout, document);
    return command_exit_status(verdict);
}

static int backup_database(void *context, const char *database, bool *is_shown, struct error *err)
{
    SCRATCH(tmp);
    const struct request *request = context;
    struct backup_work work;
    const struct backup_work_request open = {
        .program = request->program,
        .options = &request->options,
        .database = database,
        .directory = request->directory,
        .needs_target = !request->is_list && !request->is_check,
    };

    if (!backup_work_open(tmp, &open, &work, err))
        return -1;
    int status = request->is_list    ? run_list(tmp, &work, request, err)
                 : request->is_check ? run_check(tmp, &work, request, err)
                                     : run_take(tmp, &work, request, err);
    *is_shown = status >= 0;
    return status;
}

static int backup_run(const struct program *program, int argc, char **argv, struct error *err)
{
    struct request request = {.program = program};

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err))
        return -1;
    if (request.is_list && request.is_check) {
        error_set(err, ERROR_USAGE, "--list and --check are two questions");
        return -1;
    }
    if (request.id != NULL && !request.is_check) {
        error_set(err, ERROR_USAGE, "'%s': only --check takes the name of a backup", request.id);
        return -1;
    }
    const struct database_work work = {
        .options = &request.options,
        .given = request.database,
        .needs_name = request.id != NULL,
        .schema = "tminus/backup/1",
        .run = backup_database,
        .context = &request,
    };
    return database_each(&work, err);
}

const struct command command_backup = {
    .name = "backup",
    .arguments = "[--list | --check [ID]]",
    .summary = "take a backup with what proves it, list them, check one",
    .when = "before",
    .run = backup_run,
};
