/*
 * Configuration of a flight's own steps: what is done beside backup, migrations and release.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CONFIG_STEPS_H
#define CHANGE_CONFIG_STEPS_H

#include "change/config_release.h"

enum step_kind_name {
    STEP_KIND_NONE,
    STEP_KIND_COMMAND,
    STEP_KIND_TRAFFIC, // a command that sends traffic elsewhere
    STEP_KIND_SQL,
    STEP_KIND_FLAG,
    STEP_KIND_TAG,
    STEP_KIND_WAIT,
    STEP_KIND_NOTIFY,
    STEP_KIND_VERIFY,
    STEP_KIND_COUNT
};

enum step_place {
    STEP_AT_PREPARE, // T-30; does not touch the target
    STEP_AT_BEFORE_MIGRATIONS,
    STEP_AT_AFTER_MIGRATIONS,
    STEP_AT_AFTER_RELEASE,
    STEP_PLACE_COUNT
};

enum step_undo {
    STEP_UNDO_UNSAID, // there is nothing to be taken back, or the kind knows by itself how
    STEP_UNDO_GIVEN,
    STEP_UNDO_NONE // it cannot be taken back
};

struct config_step { // steps: [{name: warm, at: after_release, command: [./warm], undo: [./cool]}]
    const char *name;
    const char *at; // as written
    enum step_place place;
    enum step_kind_name kind;
    const char **command; // of `command` and `traffic`
    size_t n_command;
    bool is_shell;
    bool changes_schema;  // of a command: that leaves the schema as it was has failed
    const char *sql;      // a file
    const char *database; // of several, for `sql` and `changes_schema`; NULL: the first
    const char *flag;
    bool is_on;
    bool tag;
    int64_t wait_ms;
    const char *notify; // a text
    bool is_required;   // of notify: a message that nobody took fails it
    bool verify;
    enum step_undo undo;
    const char **undo_command; // of `command` and `traffic`
    size_t n_undo_command;
    const char *undo_sql;            // a file
    const char *reason;              // of undo: none
    struct config_health *read_back; // NULL: none
    int64_t timeout_ms;              // of one attempt; default 30 min
    int64_t ready_ms;                // that it may take until it reads back; default 10 s
    size_t line, column;
};

const char *config_step_kind_name(enum step_kind_name kind); // "command"

#endif
