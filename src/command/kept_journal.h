/*
 * The journal that a verb writes: of the environment that it works on, in the store that its
 * configuration names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_KEPT_JOURNAL_H
#define COMMAND_KEPT_JOURNAL_H

#include "command/command.h"
#include "command/database.h"
#include "journal/journal.h"

// Open and verified; made where there is none. ERROR_INPUT: it is broken, and nothing is added to
// it.
MUST_CHECK bool kept_journal_open(TALLOC_CTX *mem, const struct program *program,
                                  const struct database_choice *choice, const char *run,
                                  struct journal **out, struct error *err);

#endif
