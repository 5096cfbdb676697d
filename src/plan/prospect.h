/*
 * Prospect: what is to be expected of the change: the way back, and the way of deploying that fits.
 *
 * Private to plan/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PLAN_PROSPECT_H
#define PLAN_PROSPECT_H

#include "plan/making.h"

struct plan_rollback prospect_rollback(const struct making *making);
struct plan_strategy prospect_strategy(const struct making *making);
// What of `migration` (NULL: of any) the release that still runs cannot live with, or NULL.
const char *prospect_breaks(const struct making *making, const struct migration *migration);

#endif
