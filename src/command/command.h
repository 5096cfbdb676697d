/*
 * Commands: one file a verb. A command gathers, calls a stage, renders, and gives the exit status.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "analysis/assessment.h"
#include "base/error.h"
#include "driver/backup.h"
#include "driver/copy.h"
#include "driver/engine.h"
#include "driver/flag.h"
#include "driver/notifier.h"
#include "driver/probe.h"
#include "driver/store.h"

// What main.c hands to every command: the drivers, and the commands themselves (for help).
struct program {
    const struct command *const *commands;          // NULL-terminated
    const struct engine_driver *const *engines;     // NULL-terminated
    const struct store_driver *const *stores;       // NULL-terminated
    const struct copy_driver *const *copies;        // NULL-terminated
    const struct backup_driver *const *backups;     // NULL-terminated
    const struct probe_driver *const *probes;       // NULL-terminated
    const struct flag_driver *const *flags;         // NULL-terminated
    const struct notifier_driver *const *notifiers; // NULL-terminated
};

struct command {
    const char *name;
    const char *alias;     // another name for it, not in the list; NULL
    const char *arguments; // "[PATH…]", for the list of verbs
    const char *summary;   // one line
    const char *when;      // "before" "during" "after" "always": the group in the list
    // argv[0] is "tminus VERB". Gives the exit status (EXIT_…); a failure fills `err` and gives
    // -1, and main prints it and maps it.
    int (*run)(const struct program *program, int argc, char **argv, struct error *err);
};

#define EXIT_GO 0
#define EXIT_NO_GO 1
#define EXIT_USAGE 2
#define EXIT_HOLD 3
#define EXIT_TAKEN_BACK 4
#define EXIT_PARTIAL 5
#define EXIT_POLICY 6

int command_exit_status(enum verdict verdict);

extern const struct command command_abort;
extern const struct command command_approve;
extern const struct command command_assess;
extern const struct command command_backup;
extern const struct command command_baseline;
extern const struct command command_build;
extern const struct command command_clean;
extern const struct command command_config;
extern const struct command command_explain;
extern const struct command command_flag;
extern const struct command command_go;
extern const struct command command_help;
extern const struct command command_hold;
extern const struct command command_init;
extern const struct command command_journal;
extern const struct command command_launch;
extern const struct command command_maintenance;
extern const struct command command_migrate;
extern const struct command command_notify;
extern const struct command command_plan;
extern const struct command command_poll;
extern const struct command command_rehearse;
extern const struct command command_release;
extern const struct command command_restore;
extern const struct command command_resume;
extern const struct command command_rollback;
extern const struct command command_status;
extern const struct command command_step;
extern const struct command command_tag;
extern const struct command command_verify;
extern const struct command command_version;
extern const struct command command_waive;
extern const struct command command_watch;

#endif
