/*
 * Settings: one value out of the small configuration files of other tools (KEY = VALUE lines).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_SETTINGS_H
#define CHANGE_SETTINGS_H

#include "base/memory.h"
#include <stdbool.h>

// The value of `key` in the file at `path` (properties or TOML; sections, quotes and a "tool."
// before the key do not matter). NULL: no such file, or no such key in it.
char *settings_value(TALLOC_CTX *mem, const char *path, const char *key);
bool settings_is(const char *path, const char *key, const char *value); // case of value ignored

#endif
