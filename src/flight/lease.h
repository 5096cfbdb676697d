/*
 * Leases: only one tminus at a time acts on an environment.
 *
 * A locked file in the state folder. The lock goes with the process, however it ends, so there is
 * no stale lock to clean up; who holds it stands in the file for the message.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_LEASE_H
#define FLIGHT_LEASE_H

#include "base/error.h"
#include "base/memory.h"

struct lease; // given back when its memory is freed

// ERROR_POLICY: another process holds it (named). ERROR_SYSTEM: the file cannot be made.
MUST_CHECK bool lease_take(TALLOC_CTX *mem, const char *path, struct lease **out,
                           struct error *err);

#endif
