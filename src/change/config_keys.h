/*
 * Configuration keys: every key that tminus.yaml may have, with its shape and where its value goes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CONFIG_KEYS_H
#define CHANGE_CONFIG_KEYS_H

#include "change/config.h"

enum key_shape {
    KEY_TEXT,      // const char *
    KEY_SECRET,    // struct secret *
    KEY_BOOL,      // bool
    KEY_INTEGER,   // int64_t
    KEY_DURATION,  // int64_t, milliseconds: "5m"
    KEY_SHARE,     // double: "1%"
    KEY_SHARES,    // a list of them; checked only
    KEY_THRESHOLD, // "0.1%", "200ms", "1% for 5m"; checked only
    KEY_CHOICE,    // const char *, one of `choices`
    KEY_TEXTS,     // const char ** and a count: one text or a list of them
    KEY_COMMAND,   // const char ** and a count: a list of arguments
    KEY_ANY,       // free; checked only
    KEY_CUSTOM,    // `parse` reads it
    KEY_MAP,       // a map with the keys of `map`
    KEY_LIST,      // a list of such maps: array and count
    KEY_NAMED,     // a map of free names to such maps: array and count
};

#define KEY_NOWHERE ((size_t)-1) // checked, and kept only in the document

struct config_map;
struct config_reading;

struct config_key {
    const char *name;
    enum key_shape shape;
    bool is_required;
    bool is_shown; // a name, path or address: a variable in it is no secret
    size_t offset; // of the value in the struct of the map, or KEY_NOWHERE
    size_t count;  // of the number of elements, for arrays
    const struct config_map *map;
    const char *const *choices; // NULL-terminated
    // KEY_CUSTOM: `at` is where `offset` points, NULL for KEY_NOWHERE.
    void (*parse)(struct config_reading *reading, const struct yaml *node, void *at);
};

struct config_map {
    const char *what; // for people: "an invariant"
    const struct config_key *keys;
    size_t n_keys;
    size_t size;        // of the struct that an element of KEY_LIST or KEY_NAMED fills; 0: none
    size_t name_offset; // KEY_NAMED: where the free name goes, or KEY_NOWHERE
    // Runs before and after the keys of one element are read.
    void (*begin)(struct config_reading *reading, const struct yaml *node, void *element);
    void (*end)(struct config_reading *reading, const struct yaml *node, void *element);
};

extern const struct config_map config_map_file;        // fills struct config
extern const struct config_map config_map_rehearsal;   // struct config_rehearsal
extern const struct config_map config_map_backup;      // struct config_backup
extern const struct config_map config_map_release;     // struct config_release
extern const struct config_map config_map_health;      // struct config_health
extern const struct config_map config_map_flag;        // struct config_flag
extern const struct config_map config_map_notify;      // struct config_notify
extern const struct config_map config_map_maintenance; // struct config_maintenance
extern const struct config_map config_map_read_back;   // struct config_health, named by its step
extern const struct config_map config_map_step;        // struct config_step

#endif
