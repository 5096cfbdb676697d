/*
 * Change: what is being deployed: ordered migrations with up and down, and what else the git range
 * changes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CHANGE_H
#define CHANGE_CHANGE_H

#include "base/error.h"
#include "base/memory.h"
#include "statement/statement.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One direction of a migration: a file or a part of one.
struct migration_text {
    const char *path; // NULL: there is none
    const char *text; // the whole file
    size_t len;
    size_t start, end;   // the part that is this direction
    bool in_transaction; // its tool wraps it (layout's rule, or a marker in the file)
    const char *unseen;  // what runs here and is not in the text ("a Python operation"); NULL: all
                         // is there. Such a text is never judged safe: unknown is never pass
    size_t unseen_line;  // its line, 0: the whole file
};

enum migration_phase { PHASE_BEFORE_RELEASE, PHASE_AFTER_RELEASE };

struct migration {
    const char *version;      // as its tool writes it: "0042", "20240101120000", "1.2"
    const char *name;         // "add_users"
    const char *path;         // of the up (of the down when there is no up); what people call it
    struct migration_text up; // path NULL: a down alone was given
    struct migration_text down;
    struct migration_text verify; // sqitch
    enum migration_phase phase;
    bool is_repeatable;       // Flyway R__
    bool is_context;          // applied earlier: replayed for its schema, not judged
    bool was_edited;          // the range changes a migration that the base already had
    const char *renamed_from; // its name in the base, as of changed_file; NULL: the same, or none
};

struct changed_file {
    const char *path;       // relative to the repository
    const char *old_path;   // renamed from, NULL else
    char status;            // 'A' 'M' 'D' 'R' 'T'
    int64_t added, deleted; // lines; -1: binary
    bool is_generated;      // generated, vendored or lock file: not counted
    bool was_migration;     // 'D': lay where the migrations lie, and is of their kind
};

struct change {
    const char *title; // commit subject of the range's tip, else the folder's name
    const struct migration_layout *layout;
    struct migration *migrations; // in the order of application
    size_t n_migrations;
    struct text_index *keys; // of migration_keyed, while a layout reads; NULL else

    // Of a git range (assess --base REV); base NULL: paths were given.
    const char *base; // full object names
    const char *head;
    const char *root; // top folder of the work tree, absolute
    struct changed_file *files;
    size_t n_files;
    struct text_index *file_places; // of files, by path; NULL: no range
    int64_t lines_changed; // added + deleted, without generated and binary files
};

#endif
