/*
 * The journal that a verb writes: see kept_journal.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/kept_journal.h"
#include "journal/state.h"

bool kept_journal_open(TALLOC_CTX *mem, const struct program *program,
                       const struct database_choice *choice, const char *run, struct journal **out,
                       struct error *err)
{
    SCRATCH(tmp);
    char *path;
    TRY(state_path(tmp, choice->config->service, choice->environment_name, "journal.db", &path,
                   err));
    const struct journal_place place = {.driver = program->stores[0],
                                        .location = secret_make(tmp, path)};
    TRY(journal_open(mem, &place, run, out, err));
    return journal_check(*out, err);
}
