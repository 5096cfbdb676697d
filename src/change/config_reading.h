/*
 * Configuration reading: walk a document by the table of keys, note every problem with its place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CONFIG_READING_H
#define CHANGE_CONFIG_READING_H

#include "change/config_keys.h"

struct config_reading {
    TALLOC_CTX *mem;
    const char *path;
    bool expand;
    struct config_problems problems;
    // While an environment or a store is read: its first variable that is not set is noted there,
    // not as a problem.
    struct error *missing;
    bool reports_missing; // and as problems too
    bool is_shown;        // the key that is read holds no secret
    struct config_written *written;
    size_t n_written;
};

// Note a problem at `line`, `column`; past CONFIG_PROBLEMS_MAX they are dropped.
void config_problem(struct config_reading *reading, size_t line, size_t column, const char *hint,
                    const char *format, ...) PRINTF_LIKE(5, 6);
// At `node`: "expected WHAT".
void config_expected(struct config_reading *reading, const struct yaml *node, const char *what);

// Read the map `node` by the keys of `map` into `target` (NULL: check only).
void config_read_map(struct config_reading *reading, const struct yaml *node,
                     const struct config_map *map, void *target);

// A scalar with its variables put in; NULL (and a problem) when it is none. `what` was expected.
const char *config_scalar(struct config_reading *reading, const struct yaml *node,
                          const char *what);
// Still has a variable in it (expand is off, or it is not set): its value cannot be judged.
bool config_is_open(const char *text);
// One text or a list of texts.
void config_read_texts(struct config_reading *reading, const struct yaml *node, const char ***list,
                       size_t *n);

// A map of names to values that are sent and never printed.
void config_read_sent_headers(struct config_reading *reading, const struct yaml *node,
                              struct config_member **list, size_t *n);

// No two of an environment's steps have one name.
void config_check_steps(struct config_reading *reading,
                        const struct config_environment *environment);

// Parsers of KEY_CUSTOM.
void config_parse_tolerance(struct config_reading *reading, const struct yaml *node, void *at);
void config_parse_expect(struct config_reading *reading, const struct yaml *node, void *at);
void config_parse_store(struct config_reading *reading, const struct yaml *node, void *at);

// Check a value that no struct takes.
void config_check_value(struct config_reading *reading, const struct config_key *key,
                        const struct yaml *node);

#endif
