/*
 * Rows of configuration keys: how the tables of config_keys.c and config_environment_keys.c are
 * written.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CONFIG_KEY_ROWS_H
#define CHANGE_CONFIG_KEY_ROWS_H

#include "base/text.h"
#include "change/config_keys.h"
#include "change/config_reading.h"
#include <stddef.h>

#define CHECKED(key_name, key_shape)                                                               \
    {                                                                                              \
        .name = (key_name), .shape = (key_shape), .offset = KEY_NOWHERE                            \
    }
#define CHECKED_MAP(key_name, key_map)                                                             \
    {                                                                                              \
        .name = (key_name), .shape = KEY_MAP, .offset = KEY_NOWHERE, .map = (key_map)              \
    }
#define CHECKED_CHOICE(key_name, list)                                                             \
    {                                                                                              \
        .name = (key_name), .shape = KEY_CHOICE, .offset = KEY_NOWHERE, .choices = (list)          \
    }
#define KEY(key_name, key_shape, type, member)                                                     \
    {                                                                                              \
        .name = (key_name), .shape = (key_shape), .offset = offsetof(type, member)                 \
    }
// A text of which nothing is secret.
#define SHOWN(key_name, type, member)                                                              \
    {                                                                                              \
        .name = (key_name), .shape = KEY_TEXT, .is_shown = true, .offset = offsetof(type, member)  \
    }
#define ARRAY(key_name, key_shape, type, member, counter, key_map)                                 \
    {                                                                                              \
        .name = (key_name), .shape = (key_shape), .offset = offsetof(type, member),                \
        .count = offsetof(type, counter), .map = (key_map)                                         \
    }
#define MAP(map_what, map_keys)                                                                    \
    {                                                                                              \
        .what = (map_what), .keys = (map_keys), .n_keys = COUNT_OF(map_keys)                       \
    }

extern const struct config_map config_map_environment; // fills struct config_environment
extern const struct config_map config_map_store;
extern const struct config_map config_map_gates; // struct config_environment

#endif
