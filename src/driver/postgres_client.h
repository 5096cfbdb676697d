/*
 * PostgreSQL's own programs (pg_dump, pg_restore, initdb …): where they are, and how they are told
 * a database without its password on a command line.
 *
 * Implemented in driver/engine/postgres/client.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_POSTGRES_CLIENT_H
#define DRIVER_POSTGRES_CLIENT_H

#include "base/error.h"
#include "base/memory.h"
#include "base/secret.h"

struct postgres_client {
    const char *conninfo;           // for --dbname; without the password
    const char *const *environment; // of the child: the password, texts in English; NULL-terminated
    const char *database;           // as the address names it; NULL: it does not
};

// Of the newest version that is installed, else as PATH finds it. ERROR_SYSTEM: it is not there.
MUST_CHECK bool postgres_client_program(TALLOC_CTX *mem, const char *name, char **out,
                                        struct error *err);
// ERROR_CONFIG: an address that cannot be right.
MUST_CHECK bool postgres_client_address(TALLOC_CTX *mem, const struct secret *url,
                                        struct postgres_client *out, struct error *err);

#endif
