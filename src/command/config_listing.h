/*
 * Configuration listing: an environment's steps, gates with commands and channels of notify, as
 * `tminus config check` shows them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_CONFIG_LISTING_H
#define COMMAND_CONFIG_LISTING_H

#include "base/json.h"
#include "change/config.h"

void config_listing_write(FILE *out, const struct config *config,
                          const struct config_environment *environment);
// As `steps`, `gates` and `notify` of `object`.
void config_listing_put(json_t *object, const struct config *config,
                        const struct config_environment *environment);

#endif
