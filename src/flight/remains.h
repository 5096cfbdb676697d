/*
 * What remains of a flight on its target after a way back that left its data alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_REMAINS_H
#define FLIGHT_REMAINS_H

#include "flight/flight.h"

// Migrations of the flight that were begun and are not taken back.
int64_t flight_remaining_migrations(const struct flight *flight);
// Is the proof of its way back that everything is as before it? Else as after its migrations.
bool flight_proves_as_before(const struct flight *flight);
// "v1 answers; 2 migrations stay applied, …"
char *flight_remains_text(TALLOC_CTX *mem, const struct flight *flight);
// As flight_state_says, of this flight.
const char *flight_says(const struct flight *flight);

#endif
