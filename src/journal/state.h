/*
 * State: where tminus keeps its own files.
 *
 * $TMINUS_STATE, else $XDG_STATE_HOME/tminus/SERVICE/ENV/ (~/.local/state by default). Folders are
 * made with mode 0700.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_STATE_H
#define JOURNAL_STATE_H

#include "base/error.h"
#include "base/memory.h"

// "shop/production", as the folders are called: what is kept of an environment elsewhere.
char *state_name(TALLOC_CTX *mem, const char *service, const char *environment);
// "shop.production.release.lock": TMINUS_STATE may be one folder for all environments, and what one
// of them does is no reason for another to wait.
char *state_lock_name(TALLOC_CTX *mem, const char *service, const char *environment,
                      const char *what);
// Path of a file that all services and environments of this user have in common.
MUST_CHECK bool state_common_path(TALLOC_CTX *mem, const char *name, char **out, struct error *err);
// Path of a file or folder of the state ("journal.db", "baseline"); parents are made.
MUST_CHECK bool state_path(TALLOC_CTX *mem, const char *service, const char *environment,
                           const char *name, char **out, struct error *err);
// The same, for who only looks whether it is there: nothing is made.
MUST_CHECK bool state_find(TALLOC_CTX *mem, const char *service, const char *environment,
                           const char *name, char **out, struct error *err);

#endif
