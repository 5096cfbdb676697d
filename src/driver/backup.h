/*
 * Backup: takes backups of a database, finds them, checks them, and gives them back.
 *
 * A backup is believed when it was restored and its fingerprints are those of the instant that it
 * was taken at; that comparison is made by rehearsal/restore_proof.h, not here. What a driver's own
 * check finds is said, and proves nothing alone.
 *
 * Only main.c names implementations. test/contract/ runs one suite on each of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_BACKUP_H
#define DRIVER_BACKUP_H

#include "base/wait.h"
#include "driver/engine.h"

struct backup {
    const char *kind;   // "pg_dump"
    const char *id;     // its name: of the file or folder, pgBackRest's label
    const char *path;   // NULL: not in a place of ours
    int64_t taken_ms;   // wall clock, when it was begun
    int64_t bytes;      // -1
    const char *system; // identity of the source, as far as it says; NULL
    const char *database;
    const char *version;      // of the server that it was taken from; NULL
    const char *fingerprints; // path of those recorded with it (proof/fingerprints.h); NULL: none
    const char *damage;       // what makes it unusable at first sight: empty, half-written; NULL
};

struct backup_options {
    const char *directory;      // of backups
    const struct secret *url;   // of the database; for restoring, unused
    const char *const *command; // kind "command": takes one; NULL-terminated
    const char *const *restore; // kind "command": gives one back
    const char *stanza;         // pgBackRest
    struct engine *engine;      // SQLite: a snapshot of it is open, and the backup is of that; NULL
    bool leaves_owners;         // restored objects are the restoring role's, without grants
    size_t jobs;                // at once; 0: as the driver thinks best
    int64_t timeout_ms;         // 0: none
    struct wait *wait;
    // What is done now, of how much (≤ 0: not known), in bytes; NULL: nobody wants to know.
    void (*progress)(void *context, const char *what, int64_t done, int64_t total);
    void *context;
};

struct backup_driver {
    const char *name; // "pg_dump"
    enum dialect dialect;
    bool serves_all; // engines, whatever `dialect`
    // It gives back a whole server's data folder, not a database.
    bool is_physical;
    // It can be taken of an instant that a connection of the engine exported.
    bool takes_snapshot;
    // One table can be given back alone.
    bool gives_tables;
    // `snapshot`: name of an exported snapshot, or NULL. Nothing stays of one that failed.
    bool (*take)(TALLOC_CTX *mem, const struct backup_options *options, const char *snapshot,
                 struct backup *out, struct error *err);
    // Newest first.
    bool (*list)(TALLOC_CTX *mem, const struct backup_options *options, struct backup **out,
                 size_t *n, struct error *err);
    // The tool's own check of it: ERROR_INPUT when it is damaged.
    bool (*check)(const struct backup_options *options, const struct backup *backup,
                  struct error *err);
    // Into an empty database (`into`; SQLite: a path that is not there yet), or, of a physical
    // backup, into an empty folder (`folder`). `table`: that one alone; NULL: everything.
    // ERROR_INPUT: damaged, of another system or version, an extension is missing.
    bool (*restore)(const struct backup_options *options, const struct backup *backup,
                    const struct secret *into, const char *folder, const struct name *table,
                    struct error *err);
};

extern const struct backup_driver backup_pg_dump;
extern const struct backup_driver backup_pg_basebackup;
extern const struct backup_driver backup_pgbackrest;
extern const struct backup_driver backup_command;
extern const struct backup_driver backup_sqlite;

#endif
