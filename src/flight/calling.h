/*
 * Calling: what people are told of a flight that needs them or that ended.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_CALLING_H
#define FLIGHT_CALLING_H

#include "flight/flight.h"

// "shop production: flight … of v2 is holding: why. tminus go, tminus abort".
char *calling_text(TALLOC_CTX *mem, const char *service, const struct flight *flight,
                   int64_t now_ms);
// Members beside it, for programs: {flight, version, state, why, deadline, next_commands}; freed
// with `mem`.
json_t *calling_detail(TALLOC_CTX *mem, const struct flight *flight, int64_t now_ms);

#endif
