/*
 * One text being judged: what the files of the guard's words half share. Include postgres_tree.h
 * first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_POSTGRES_GUARD_H
#define STATEMENT_POSTGRES_GUARD_H

#include "statement/guard.h"
#include "statement/postgres_reading.h"

struct guard_step {
    Node *node;
    const struct scope *scope;
};

struct guard_walk {
    struct reading reading; // its mem is the caller's
    const char *text;
    size_t *starts; // of each statement's first token
    size_t n_starts;
    const struct scope *scope; // of the node at hand, for its children
    struct guard_step *todo;
    size_t n_todo;
    struct guard_names *names;
    struct error *err;
};

// ERROR_UNKNOWN with `why` and the place, -1: none; returns false.
bool guard_refuse(struct guard_walk *walk, int location, const char *why);
void guard_push(struct guard_walk *walk, Node *node, const struct scope *scope);

// --- postgres_guard_names.c

// Keep the names of one allowed node, push what of its inside PostgreSQL's walker leaves out, and
// set the scope for its children. Refuses what only its members tell.
MUST_CHECK bool guard_take(struct guard_walk *walk, Node *node);
// Each name once, at its first place, in the order of the text.
void guard_names_unique(struct guard_names *names);

#endif
