/*
 * The database that a verb works on: from tminus.yaml's environment, or from --database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_DATABASE_H
#define COMMAND_DATABASE_H

#include "change/config.h"
#include "command/options.h"

struct database_choice {
    struct config *config;
    const struct config_environment *environment; // NULL: no configuration
    const struct config_database *database;       // NULL: a URL was given
    const struct secret *url;
    const char *environment_name;                 // names the folder of the state
};

// `given` is what --database says: a URL, a file, or the name of one of several databases; NULL: the
// environment's only one. ERROR_USAGE: none, or several and none is named.
MUST_CHECK bool database_choose(TALLOC_CTX *mem, const struct options *options, const char *given,
                                struct database_choice *out, struct error *err);

#endif
