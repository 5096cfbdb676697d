/*
 * The journal that a verb writes or looks at: of the environment that it works on, in the store
 * that the configuration names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_KEPT_JOURNAL_H
#define COMMAND_KEPT_JOURNAL_H

#include "command/command.h"
#include "command/database.h"
#include "journal/journal.h"

// Where it is. ERROR_CONFIG: a variable of `store` is not set.
MUST_CHECK bool kept_journal_find(TALLOC_CTX *mem, const struct program *program,
                                  const struct config *config,
                                  const struct config_environment *environment, const char *name,
                                  struct journal_place *out, struct error *err);

// Open and verified; made where there is none. ERROR_INPUT: it is broken, and nothing is added to
// it. ERROR_CONFIG: it would be kept in the target.
MUST_CHECK bool kept_journal_open(TALLOC_CTX *mem, const struct program *program,
                                  const struct database_choice *choice, const char *run,
                                  struct journal **out, struct error *err);

#endif
