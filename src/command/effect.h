/*
 * Verbs with one effect on the world outside the database (release, tag, build, flag): what they
 * open, and how they tell what came of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_EFFECT_H
#define COMMAND_EFFECT_H

#include "command/command.h"
#include "command/database.h"
#include "flight/act.h"
#include "flight/file_lock.h"
#include "journal/journal.h"

struct effect {
    const char *verb; // "release"
    const struct program *program;
    const struct options *options;
    bool is_dry_run;
    bool may_be_many;              // several at once are no harm
    struct database_choice choice; // its configuration and environment alone
    const char *slot;              // --slot, or of --env; NULL
    struct wait *wait;
};

// The configuration and the environment that it names. ERROR_CONFIG: there is none.
MUST_CHECK bool effect_open(TALLOC_CTX *mem, struct effect *effect, struct error *err);
// The environment's journal, one verb of this name at a time unless `may_be_many`.
MUST_CHECK bool effect_open_journal(TALLOC_CTX *mem, const struct effect *effect,
                                    struct journal **out, struct error *err);
// Do it, one at a time on an environment unless `may_be_many`, and show what came of it. `title` is
// one line: "release 1.4.0 to green". Gives the exit status, or -1 and `err`.
int effect_run(TALLOC_CTX *mem, const struct effect *effect, const struct act *act,
               const char *title, struct error *err);
// The digest that the last `event` of this version has in that environment's journal; NULL: there
// is none. ERROR_CONFIG: no such environment.
MUST_CHECK bool effect_find_digest(TALLOC_CTX *mem, const struct effect *effect,
                                   const char *environment, const char *event, const char *version,
                                   const char **out, struct error *err);
// A line that a command of the user's writes; `context` is the effect.
void effect_show_line(void *context, const char *line);

#endif
