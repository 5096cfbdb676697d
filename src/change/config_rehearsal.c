/*
 * Keys of tminus.yaml about rehearsals and backups.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config_key_rows.h"

#define CHOICE(key_name, list, type, member)                                                       \
    {                                                                                              \
        .name = (key_name), .shape = KEY_CHOICE, .offset = offsetof(type, member),                 \
        .choices = (list)                                                                          \
    }

static const char *const sources[] = {"backup", "dump", "template", "file", NULL};
static const char *const runners[] = {"files", "command", NULL};

static const struct config_key rehearsal_keys[] = {
    CHOICE("from", sources, struct config_rehearsal, from),
    KEY("server", KEY_SECRET, struct config_rehearsal, server),
    SHOWN("template", struct config_rehearsal, template),
    SHOWN("file", struct config_rehearsal, file),
    SHOWN("folder", struct config_rehearsal, folder),
    KEY("deadline", KEY_DURATION, struct config_rehearsal, deadline_ms),
    SHOWN("old_release", struct config_rehearsal, old_release),
    SHOWN("new_release", struct config_rehearsal, new_release),
    CHOICE("runner", runners, struct config_rehearsal, runner),
    ARRAY("up", KEY_TEXTS, struct config_rehearsal, up, n_up, NULL),
    ARRAY("down", KEY_TEXTS, struct config_rehearsal, down, n_down, NULL),
};
const struct config_map config_map_rehearsal = {
    .what = "rehearsal", .keys = rehearsal_keys, .n_keys = COUNT_OF(rehearsal_keys)};

static const char *const kinds[] = {"pg_dump", "pg_basebackup", "pgbackrest", "barman",
                                    "wal_g",   "sqlite",        "command",    NULL};

static const struct config_key backup_keys[] = {
    CHOICE("kind", kinds, struct config_backup, kind),
    SHOWN("directory", struct config_backup, directory),
    KEY("max_age", KEY_DURATION, struct config_backup, max_age_ms),
    KEY("max_restore_proof_age", KEY_DURATION, struct config_backup, max_restore_proof_age_ms),
    ARRAY("command", KEY_TEXTS, struct config_backup, command, n_command, NULL),
    ARRAY("restore", KEY_TEXTS, struct config_backup, restore, n_restore, NULL),
    KEY("shell", KEY_BOOL, struct config_backup, is_shell),
    SHOWN("stanza", struct config_backup, stanza),
};
const struct config_map config_map_backup = {
    .what = "backup", .keys = backup_keys, .n_keys = COUNT_OF(backup_keys)};
