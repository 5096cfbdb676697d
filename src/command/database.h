/*
 * The database that a verb works on: from tminus.yaml's environment, or from --database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_DATABASE_H
#define COMMAND_DATABASE_H

#include "change/change.h"
#include "change/config.h"
#include "command/options.h"

struct database_choice {
    struct config *config;
    const struct config_environment *environment; // NULL: no configuration
    const struct config_database *database;       // NULL: a URL was given
    const struct secret *url;
    const char *environment_name; // names the folder of the state
};

// `given` is what --database says: a URL, a file, or the name of one of several databases; NULL:
// the environment's only one. ERROR_USAGE: none, or several and none is named.
MUST_CHECK bool database_choose(TALLOC_CTX *mem, const struct options *options, const char *given,
                                struct database_choice *out, struct error *err);

// The migrations of `paths`, else of the configured folder, by the configured layout where there is
// one. ERROR_USAGE: none are named.
MUST_CHECK bool database_read_change(TALLOC_CTX *mem, const struct database_choice *choice,
                                     const char *const *paths, size_t n, struct change **out,
                                     struct error *err);
bool database_has_migrations(const struct database_choice *choice);

#endif
