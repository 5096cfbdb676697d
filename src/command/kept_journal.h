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

// The environment of the options, for who works on its journal alone: its other variables need not
// be set. `url` is that of its only database where it is known.
MUST_CHECK bool kept_journal_choose(TALLOC_CTX *mem, const struct options *options,
                                    struct database_choice *out, struct error *err);
// Where it is. ERROR_CONFIG: a variable of `store` is not set.
MUST_CHECK bool kept_journal_find(TALLOC_CTX *mem, const struct program *program,
                                  const struct database_choice *choice, struct journal_place *out,
                                  struct error *err);

// Open and verified; made where there is none. ERROR_INPUT: it is broken, and nothing is added to
// it. ERROR_CONFIG: it would be kept in the target.
MUST_CHECK bool kept_journal_open(TALLOC_CTX *mem, const struct program *program,
                                  const struct database_choice *choice, const char *run,
                                  struct journal **out, struct error *err);
// The same, for who only looks: where this user may not write it, it is read.
MUST_CHECK bool kept_journal_look(TALLOC_CTX *mem, const struct program *program,
                                  const struct database_choice *choice, const char *run,
                                  struct journal **out, struct error *err);
typedef bool kept_journal_opener(TALLOC_CTX *mem, const struct program *program,
                                 const struct database_choice *choice, const char *run,
                                 struct journal **out, struct error *err);

#endif
