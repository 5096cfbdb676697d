/*
 * Reading: see reading.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/reading.h"
#include "proof/known_schema.h"

bool reading_make(TALLOC_CTX *mem, const struct reading_request *request, struct reading *out,
                  struct error *err)
{
    const struct target *target = request->target;
    struct assessment_options options = {0};
    struct change *change = mem_new(mem, struct change);
    struct reading reading = {0};

    *change = *request->change;
    change->migrations = request->migrations;
    change->n_migrations = request->n_migrations;
    TRY(known_schema_read(mem, target, &options, err));
    TRY(assessment_make(mem, change, &options, &reading.assessment, err));
    TRY(target->driver->catalog->read(mem, target->engine, &reading.schema, err));
    TRY(invariants_derive(mem, reading.assessment, reading.schema, request->config,
                          &reading.invariants, &reading.trace, err));
    *out = reading;
    return true;
}
