/*
 * tminus restore: give a backup back into an empty database or a file that is not there, and
 * compare what came of it with what was recorded when it was taken.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/quantity.h"
#include "command/backup_work.h"
#include "command/restore_into.h"

#define KEY_DATABASE 0x201
#define KEY_BACKUP 0x202
#define KEY_INTO 0x203
#define KEY_TABLE 0x204
#define KEY_PROVE 0x205
#define KEY_DIRECTORY 0x206
#define KEY_NO_OWNER 0x207
#define LISTED_MAX 12 // differences, without --verbose

struct request {
    const struct program *program;
    struct options options;
    const char *database;
    const char *directory;
    const char *backup;
    const char *into;
    const char *table;
    bool is_proof; // --prove: into a place of ours, removed afterwards
    bool leaves_owners;
};

static const struct argp_option table[] = {
    {"database", KEY_DATABASE, "URL", 0,
     "database whose backups they are, instead of tminus.yaml's (a URL, a file, or a name)", 1},
    {"directory", KEY_DIRECTORY, "DIR", 0, "of backups, instead of tminus.yaml's", 1},
    {"backup", KEY_BACKUP, "ID", 0, "which one; latest, the default: the newest whole one", 1},
    {"into", KEY_INTO, "URL", 0,
     "an empty database, or a file that is not there; of a physical backup: an empty folder", 1},
    {"table", KEY_TABLE, "NAME", 0, "this table alone", 1},
    {"prove", KEY_PROVE, NULL, 0, "restore it into a place of tminus's own, only to compare it", 1},
    {"no-owner", KEY_NO_OWNER, NULL, 0,
     "PostgreSQL: everything is the restoring role's, without grants", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_DIRECTORY: request->directory = value; return 0;
    case KEY_BACKUP: request->backup = value; return 0;
    case KEY_INTO: request->into = value; return 0;
    case KEY_TABLE: request->table = value; return 0;
    case KEY_PROVE: request->is_proof = true; return 0;
    case KEY_NO_OWNER: request->leaves_owners = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "",
    .doc = "Give a backup back into an empty database, and compare every table with the "
           "fingerprints that were recorded when it was taken. Ends with 0 when all are equal, 1 "
           "when one is not, 3 when one cannot be compared; 6 when the place is not empty.",
    .children = options_children,
};

struct outcome {
    struct backup backup;
    const char *into; // as it is shown
    struct restore_proof proof;
    int64_t took_ms; // of restoring
    struct journal_head head;
};

static void write_outcome(const struct request *request, const struct outcome *outcome)
{
    SCRATCH(tmp);
    const struct fingerprint_differences *differences = &outcome->proof.differences;
    printf("%s\n  taken %s, %s\n", outcome->backup.id, backup_age(tmp, outcome->backup.taken_ms),
           backup_size(tmp, &outcome->backup));
    printf("  %srestored into %s in %s\n", request->table != NULL ? "one table of it " : "",
           outcome->into, quantity_duration(tmp, outcome->took_ms));
    for (size_t i = 0; i < differences->n; i++) {
        if (i == LISTED_MAX && request->options.verbosity <= 0) {
            printf("        and %zu more: --verbose\n", differences->n - i);
            break;
        }
        bool is_unknown = strcmp(differences->list[i].what, "unknown") == 0;
        printf("%s %s\n", is_unknown ? "UNKNOWN" : "FAIL   ", differences->list[i].text);
    }
    backup_write_verdict(outcome->proof.verdict, outcome->proof.why, &outcome->head);
}

static void write_outcome_json(const struct request *request, const struct outcome *outcome)
{
    const struct fingerprint_differences *differences = &outcome->proof.differences;
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/restore/1");
    json_put_text(document, "verdict", verdict_name(outcome->proof.verdict));
    json_put_text(document, "why", outcome->proof.why);
    json_put(document, "backup", backup_to_json(&outcome->backup, -1, VERDICT_HOLD));
    json_put_text(document, "into", outcome->into);
    json_put_text(document, "table", request->table);
    json_put_integer(document, "took_ms", outcome->took_ms);
    json_put_integer(document, "equal", (int64_t)differences->n_equal);
    json_put_integer(document, "unknown", (int64_t)differences->n_unknown);
    json_put_integer(document, "rows", outcome->proof.rows);
    json_put_bool(document, "schema_equal", outcome->proof.is_schema_equal);
    json_t *list = json_put_array(document, "differences");
    for (size_t i = 0; i < differences->n; i++) {
        json_t *one = json_object();
        json_put_text(one, "table", differences->list[i].table);
        json_put_text(one, "what", differences->list[i].what);
        json_put_text(one, "column", differences->list[i].column);
        json_put_text(one, "text", differences->list[i].text);
        json_array_append_new(list, one);
    }
    backup_put_journal(document, &outcome->head);
    json_write(stdout, document);
}

// "schema.table" or "table".
static struct name table_name(TALLOC_CTX *mem, const char *text)
{
    const char *dot = strchr(text, '.');
    if (dot == NULL)
        return (struct name){.name = text};
    return (struct name){.schema = mem_strndup(mem, text, (size_t)(dot - text)), .name = dot + 1};
}

static bool restore(TALLOC_CTX *mem, struct backup_work *work, const struct request *request,
                    struct outcome *out, struct error *err)
{
    struct name name = {0};
    struct restore_into into = {
        .program = request->program, .work = work, .address = request->into};
    struct target target = {0};
    if (request->table != NULL)
        name = table_name(mem, request->table);
    const struct name *only = request->table != NULL ? &name : NULL;
    work->place.options.leaves_owners = request->leaves_owners || request->is_proof;
    TRY(backup_find(mem, &work->place, request->backup, &out->backup, err));
    int64_t started_ms = clock_monotonic_ms();
    TRY(restore_into(mem, &into, &out->backup, only, &target, err));
    out->took_ms = clock_monotonic_ms() - started_ms;
    out->into = into.shown;
    const struct restore_proof_request proof = {
        .backup = &out->backup, .restored = &target, .table = only};
    if (target.engine == NULL) {
        out->proof = (struct restore_proof){
            .verdict = VERDICT_HOLD,
            .is_schema_equal = true,
            .why = "it was not compared: no server runs on it; tminus restore --prove starts one"};
        return journal_head(work->inspection.journal, &out->head, err);
    }
    TRY(restore_prove(mem, &proof, &out->proof, err));
    TRY(restore_proof_note(work->inspection.journal, &proof, &out->proof, out->took_ms, err));
    return journal_head(work->inspection.journal, &out->head, err);
}

static int restore_database(void *context, const char *database, bool *is_shown, struct error *err)
{
    SCRATCH(tmp);
    const struct request *request = context;
    struct backup_work work;
    struct outcome outcome = {0};
    const struct backup_work_request open = {
        .program = request->program,
        .options = &request->options,
        .database = database,
        .directory = request->directory,
    };
    if (!backup_work_open(tmp, &open, &work, err))
        return -1;
    bool is_done = restore(tmp, &work, request, &outcome, err);
    inspection_end_progress(&work.inspection);
    if (!is_done)
        return -1;
    if (request->options.format == FORMAT_JSON)
        write_outcome_json(request, &outcome);
    else
        write_outcome(request, &outcome);
    *is_shown = true;
    return command_exit_status(outcome.proof.verdict);
}

static int restore_run(const struct program *program, int argc, char **argv, struct error *err)
{
    struct request request = {.program = program};

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err))
        return -1;
    if ((request.into == NULL) == !request.is_proof) {
        error_set(err, ERROR_USAGE,
                  request.is_proof ? "--prove makes its own place: it takes no --into"
                                   : "it is not said what to restore into");
        error_hint(err, "--into an empty database, or --prove to compare it and remove it again");
        return -1;
    }
    const struct database_work work = {
        .options = &request.options,
        .given = request.database,
        .needs_name = request.into != NULL || request.backup != NULL,
        .schema = "tminus/restore/1",
        .run = restore_database,
        .context = &request,
    };
    return database_each(&work, err);
}

const struct command command_restore = {
    .name = "restore",
    .arguments = "--into URL | --prove",
    .summary = "give a backup back into an empty database, and prove that it is whole",
    .when = "before",
    .run = restore_run,
};
