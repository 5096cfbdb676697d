/*
 * Strays: a command of a step that may still be at work where none of our processes sees it.
 *
 * A process that is taken over from another machine is fenced: it begins nothing more. What it had
 * begun goes on there until that machine hears of the lease, and beginning it here would have it
 * run twice at once. The journal tells: a verb writes its intent before it runs a command, under
 * the lease, and its result behind it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_STRAY_H
#define FLIGHT_STRAY_H

#include "flight/flight.h"

// What may still run of the step's last attempt, and where, in one sentence; NULL: nothing may.
MUST_CHECK bool stray_find(TALLOC_CTX *mem, struct journal *journal, const struct flight *flight,
                           const struct step *step, const char **out, struct error *err);

#endif
