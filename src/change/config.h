/*
 * Configuration: tminus.yaml as plain structs; every default is the runbook's number.
 *
 * Unknown keys are errors with line, column and the nearest known key. `${NAME}` takes a value from
 * the environment; one that is not set is an error that names it. Secrets are opaque.
 *
 * Keys of parts of tminus that do not exist yet are checked for spelling and shape by the same
 * tables (config_keys.c), so that a file written today stays right.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CONFIG_H
#define CHANGE_CONFIG_H

#include "base/error.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/yaml.h"
#include "change/config_release.h"
#include "change/config_steps.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_database {
    const char *name;            // "main" when `database:` is used
    struct secret *url;          // NULL: not given
    size_t url_line, url_column; // where it stands
    const char *migrations;      // folder, relative to the configuration file; NULL
    const char *post_migrations; // NULL
    const char *layout;          // NULL: recognised
    bool allow_superuser;
    int64_t lock_timeout_ms;  // migrate.lock_timeout; 0: not given
    int64_t attempts;         // migrate.attempts; 0: not given
    bool has_undo_log;        // before-images of what migrations overwrite are kept
    int64_t undo_log_keep_ms; // how long, when they are not needed; 0: not given
};

struct config_slot {
    const char *name;
    const char **addresses; // "HOST:PORT"
    size_t n_addresses;
};

enum invariant_kind { INVARIANT_ZERO, INVARIANT_SAME, INVARIANT_KEYS_KEPT, INVARIANT_VALUE };

struct config_invariant {
    const char *name;
    enum invariant_kind kind;
    const char *sql;
    const char *database; // of several; NULL: the first
    struct tolerance tolerance;
    struct config_expectation expect;
    size_t line, column;
};

struct config_table { // tables: {emails: {key: id, ignore: [..], mask: [...], age: created_at}}
    const char *name;
    const char **key; // NULL: primary key
    size_t n_key;
    const char **ignore; // columns left out of fingerprints
    size_t n_ignore;
    const char **mask; // values of these never leave
    size_t n_mask;
    const char *age;            // column of the greatest age
    struct tolerance tolerance; // row counts
};

struct config_reference { // references: [{from: attachments.email_id, to: emails.id}]
    const char *from_table, *from_column, *to_table, *to_column;
};

struct config_path { // paths: {"app/classify/**": [emails, briefs]}
    const char *glob;
    const char **tables; // none: it writes no table
    size_t n_tables;
};

struct config_rule { // rules: {style: true, RULE: off|note|warn|stop}
    const char *rule;
    const char *setting;
    size_t line, column;
};

struct config_owners { // owners: {deployer: ana, database: team-data, reviewer: …, on_call: …}
    const char *deployer, *database, *reviewer, *on_call; // NULL: not named
};

struct config_budget { // budget: {blocks_reads: 1s, blocks_writes: 5s}; 0: not set
    int64_t blocks_reads_ms, blocks_writes_ms;
};

struct config_rehearsal {    // rehearsal: {from: backup}
    const char *from;        // "backup" "dump" "template" "file"; NULL: not given
    struct secret *server;   // to make databases on; NULL: a scratch server
    const char *template;    // name of the golden clone on that server; NULL
    const char *file;        // SQLite: instead of the database itself; NULL
    const char *folder;      // where scratch servers and copies are made; NULL: the state's
    int64_t deadline_ms;     // of one run of the change; default 4 h
    const char *old_release; // file of statements that the old release sends; NULL
    const char *new_release; // file of statements that the new release sends; NULL
    const char *runner;      // "files" "command"; NULL: files
    const char **up;         // "command": argument lists
    size_t n_up;
    const char **down;
    size_t n_down;
};

struct config_backup { // backup: {kind: pg_dump, directory: …}
    const char *kind;  // NULL: there is none
    const char *directory;
    int64_t max_age_ms;               // default 1 h
    int64_t max_restore_proof_age_ms; // default 7 days
    const char **command;             // kind "command": argument lists
    size_t n_command;
    const char **restore;
    size_t n_restore;
    bool is_shell;
    const char *stanza;
};

struct config_store {     // store: {kind: postgres, url: "${STORE_URL}"}: where the journal is
    const char *kind;     // "sqlite" "postgres"; NULL: not given, a file in the state's folder
    struct secret *url;   // "postgres": of a database that is not the target
    const char *path;     // "sqlite": a file instead of the state's own; NULL
    struct error missing; // the first `${NAME}` in it that is not set; whoever opens it fails so
};

struct config_hours { // gates.window.between: "09:00-16:00", in minutes of the day
    int from, to;     // `to` below `from`: over midnight
};

struct config_freeze {     // gates.freeze: [{from: 2026-12-20, to: 2027-01-02, reason: year's end}]
    const char *from, *to; // "2026-12-20" or "2026-12-20 18:00"; a day alone is meant whole
    const char *reason;    // NULL
};

struct config_secret_age { // gates.secrets: [{name: api key, path: …, max_age: 90d}]
    const char *name;
    const char *path;     // its time of change counts; NULL
    const char **command; // prints when it was made; none: the path
    size_t n_command;
    int64_t max_age_ms;
};

// gates: {…}, what docs/gates.md says of each.
struct config_gates {
    const char **required; // beside those that are by default
    size_t n_required;
    const char **optional; // whatever the default
    size_t n_optional;
    int64_t approvals;            // review.approvals; 0: not given
    int64_t rehearsal_max_age_ms; // rehearsal.max_age, default 24 h
    const char *risk_flag;        // risk.flag: the change can be turned off by it; NULL
    const char **not_on;          // window: days of the week
    size_t n_not_on;
    struct config_hours *hours; // window.between
    size_t n_hours;
    const char *zone;         // window.zone, "Europe/Berlin"; NULL: this machine's
    const char *traffic_file; // low_traffic.file, .command: counts by the hour
    const char **traffic_command;
    size_t n_traffic_command;
    double traffic_below; // low_traffic.below: of the busiest hour; 0: not given
    struct config_freeze *freeze;
    size_t n_freeze;
    const char **holidays; // "2026-12-25", or "12-25" of every year
    size_t n_holidays;
    int64_t max_lines;     // size.max_lines; 0: not given
    const char *size_base; // size.base: the revision that runs now; NULL
    int64_t announced_ms;  // announced.before; 0: not given
    const char *staging;   // staging.environment; NULL: "staging", where it is there
    const char **keys;     // keys.required: names that the target's environment must have
    size_t n_keys;
    const char *keys_file; // keys.file, .pid_file, .command: where they are looked for
    const char *keys_pid_file;
    const char **keys_command;
    size_t n_keys_command;
    struct config_secret_age *secrets;
    size_t n_secrets;
    const char *disk_path;     // disk.path: a folder on the database's disk, seen from here
    const char **disk_command; // disk.command: prints the bytes that are free
    size_t n_disk_command;
};
extern const struct config_gates config_gates_default;
extern const struct config_backup config_backup_default; // its limits

struct config_environment {
    const char *name;
    struct config_database *databases;
    size_t n_databases;
    struct config_slot *slots;
    size_t n_slots;
    const char *deployed;        // git revision of the code that runs; NULL: not given
    int64_t baseline_max_age_ms; // gates.baseline.max_age, default 1 h
    struct config_gates gates;
    struct config_rehearsal rehearsal;
    struct config_backup backup;
    struct config_store store;  // kind NULL: the configuration's
    const char **watch;         // durations after the verification, as written: [30m, 1h, 4h, 24h]
    size_t n_watch;             // 0: those
    int64_t watch_tolerance_ms; // how late a point may be checked; default 5 min
    struct config_maintenance maintenance;
    struct config_release release;
    struct config_health *health;
    size_t n_health;
    struct config_flag *flags;
    size_t n_flags;
    struct config_notify *notify;
    size_t n_notify;
    struct config_step *steps; // in order
    size_t n_steps;
    // The first `${NAME}` in it that is not set; config_environment fails with it. code ERROR_NONE:
    // there is none. Other environments do not need the variables of this one.
    struct error missing;
};

// A value that variables were put into, and as it stands in the file.
struct config_written {
    const char *value, *text;
};

struct config {
    const char *path; // NULL: none was found; the structs hold the defaults
    struct config_written *written;
    size_t n_written;
    const char *folder;  // relative paths start here
    const char *service; // default: the folder's name
    struct config_environment *environments;
    size_t n_environments;
    struct config_invariant *invariants;
    size_t n_invariants;
    struct config_table *tables;
    size_t n_tables;
    struct config_reference *references;
    size_t n_references;
    struct config_path *code_paths;
    size_t n_code_paths;
    struct config_rule *rules;
    size_t n_rules;
    bool has_style; // rules.style: rules of style are on
    struct config_owners owners;
    struct config_budget budget;
    struct config_store store; // of the environments that name none
    const char **generated;    // globs counted as generated, beside the built-in ones
    size_t n_generated;
    const struct yaml *document; // for the sections that later parts read; NULL without file
};

#define CONFIG_PROBLEMS_MAX 20

struct config_problem {
    size_t line, column;
    const char *message; // with the place in front, as in an error
    const char *hint;    // or ""
};

struct config_problems {
    struct config_problem *list; // at most CONFIG_PROBLEMS_MAX
    size_t n;
};

// `path` NULL: ./tminus.yaml, or none (out->path NULL). `expand` false leaves `${NAME}` as they
// are. Fails with the first problem.
MUST_CHECK bool config_read(TALLOC_CTX *mem, const char *path, bool expand, struct config **out,
                            struct error *err);

// The same, with every problem in the order of the file; `out` is what could be understood. Fails
// only when the file cannot be read or is no YAML.
MUST_CHECK bool config_check(TALLOC_CTX *mem, const char *path, bool expand, struct config **out,
                             struct config_problems *problems, struct error *err);

// A path of the configuration, seen from here.
char *config_resolve(TALLOC_CTX *mem, const struct config *config, const char *path);

// `value` of the configuration (by its address) as the file has it, with ${NAME} for what comes
// from the environment; itself where nothing does. For screens and records.
const char *config_written(const struct config *config, const char *value);

// By name; NULL name: the only one, or the one called "production". A name that is a slot of the
// only or default environment gives that environment and sets `slot`.
MUST_CHECK bool config_environment(const struct config *config, const char *name,
                                   const struct config_environment **out, const char **slot,
                                   struct error *err);
// The same, for who works without the values of its variables.
MUST_CHECK bool config_find_environment(const struct config *config, const char *name,
                                        const struct config_environment **out, const char **slot,
                                        struct error *err);
// By name; NULL name: the first. NULL: there is none.
const struct config_database *config_environment_database(
    const struct config_environment *environment, const char *name);
// ERROR_USAGE when `name` is given (not NULL) and is no slot of `environment` (NULL: none is
// configured).
MUST_CHECK bool config_check_slot(const struct config *config,
                                  const struct config_environment *environment, const char *name,
                                  struct error *err);

#endif
