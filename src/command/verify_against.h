/*
 * tminus verify --against: two databases' tables, or two tables of one, row by row.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_VERIFY_AGAINST_H
#define COMMAND_VERIFY_AGAINST_H

#include "command/inspection.h"
#include "proof/against.h"

struct verify_against {
    const struct options *options;
    const char *database; // --database; NULL
    const char *url;      // --against
    const struct against_pair *pairs;
    size_t n_pairs;
};

// Gives the exit status, -1 with a filled `err`.
int verify_against_run(const struct program *program, const struct verify_against *request,
                       struct error *err);

#endif
