/*
 * Provenance: an in-toto statement beside an artifact, bare or in a DSSE envelope.
 *
 * Who signed it is not checked here: only that it speaks of this artifact.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_PROVENANCE_H
#define FLIGHT_PROVENANCE_H

#include "base/error.h"
#include "base/memory.h"

struct provenance {
    const char *type;    // of the predicate: "https://slsa.dev/provenance/v1"
    const char *builder; // id; NULL: it does not say
    bool names_artifact; // one of its subjects has the digest
    const char *subject; // SHA-256 of the first; NULL: it has none
};

// Reads FILE (one statement, or the first of JSON lines). ERROR_INPUT: missing, or none.
MUST_CHECK bool provenance_read(TALLOC_CTX *mem, const char *path, const char *sha256,
                                struct provenance *out, struct error *err);

#endif
