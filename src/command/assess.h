/*
 * What assess gathers before it judges: the change, schemas, sizes, findings of other tools.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_ASSESS_H
#define COMMAND_ASSESS_H

#include "analysis/assessment.h"
#include "command/command.h"
#include "command/options.h"
#include "driver/engine.h"

struct assess_request {
    struct options options;
    TALLOC_CTX *mem;
    const char **paths;
    size_t n_paths;
    const char *base;     // --base, NULL: none
    const char *deployed; // --deployed: the revision that runs; NULL: tminus.yaml's, the base
    const char *database; // --database: a URL, or the name of one of several; NULL: not given
    const char **schema_paths;
    size_t n_schemas;
    const char *sizes_path;    // NULL: none
    const char *findings_path; // NULL: none
    const char *dialect;       // NULL: from the URL, else postgres
    unsigned pg_version;       // 0: not given
    bool fixes;                // --fix
    const char *output;        // its folder; NULL: not given
};

struct inspection;

struct assess_input {
    struct change *change;
    const struct inspection *inspection; // the database that is read; NULL: none
    const char *deployed;                // revision of the environment; NULL: not configured
    struct assessment_options options;
};

// Everything lives under `mem`. Errors: what is missing, malformed or contradicts itself.
MUST_CHECK bool assess_gather(TALLOC_CTX *mem, const struct engine_driver *const *engines,
                              const struct assess_request *request, struct assess_input *out,
                              struct error *err);

// Is a database asked, and not the text alone?
bool assess_is_live(const struct assess_request *request);
// The schema of the database that the request names, instead of one replayed from nothing: what it
// has applied already is left out of `input`.
MUST_CHECK bool assess_read_database(TALLOC_CTX *mem, const struct program *program,
                                     const struct assess_request *request,
                                     struct assess_input *input, struct error *err);
// What the deployed code and the server's counters tell of what findings take away; what a
// configured revision cannot tell is evidence that is unknown. ERROR_INPUT: --deployed or --base
// are no revision, no repository.
MUST_CHECK bool assess_read_evidence(struct assessment *assessment,
                                     const struct assess_request *request,
                                     const struct assess_input *input, struct error *err);
// Names of the databases that are assessed one after the other; none: there is only one.
MUST_CHECK bool assess_databases(TALLOC_CTX *mem, const struct assess_request *request,
                                 const char *const **names, size_t *n, struct error *err);

#endif
