/*
 * Following: new migrations in the place of one, written as its tool reads them.
 *
 * What a tool needs to run a text outside of a transaction is written where it looks for it. A tool
 * whose migrations are code, or that runs them by a plan of its own, has no row: the reason is in
 * its layout.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_FOLLOWING_H
#define CHANGE_FOLLOWING_H

#include "change/change.h"

// One that is to be written.
struct following_migration {
    const char *version;
    const char *name;
    const char *up;
    const char *down; // NULL: none
    bool in_transaction, down_in_transaction;
    const struct migration *origin; // whose place it takes
    bool is_moved;                  // the origin itself under another version
};

struct following_file {
    char *path; // below the folder of the migrations
    char *text;
};

struct following_files {
    TALLOC_CTX *mem;
    struct following_file *list;
    size_t n;
};

struct following {
    // The version of the n-th migration behind `version`, where n counts from 1.
    char *(*version)(TALLOC_CTX *mem, const char *version, size_t n);
    void (*write)(struct following_files *files, const struct following_migration *migration);
    int (*compare)(const char *a, const char *b); // versions, as the tool orders them
};

extern const struct following following_dbmate;
extern const struct following following_diesel;
extern const struct following following_flyway;
extern const struct following following_golang_migrate;
extern const struct following following_goose;
extern const struct following following_plain;
extern const struct following following_prisma;

#endif
