/*
 * YAML: a document as a tree in which every node knows its line and column.
 *
 * Reading is libyaml's; this turns its document into nodes under `mem`. Aliases are refused past
 * YAML_NODES_MAX nodes in all, so a small file cannot become a large one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/error.h"
#include "base/memory.h"
#include <stdbool.h>
#include <stddef.h>

#define YAML_NODES_MAX 100000
#define YAML_DEPTH_MAX 64

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_entry;

struct yaml {
    enum yaml_kind kind;
    size_t line;                // from 1
    size_t column;              // from 1
    const char *text;           // of a scalar, "" when empty; NULL else
    bool is_quoted;             // scalar written in quotes or as a block
    struct yaml_entry *entries; // of a map, in the order of the file; duplicate keys are an error
    struct yaml **items;        // of a list
    size_t n;                   // entries or items
};

struct yaml_entry {
    const char *key;
    size_t key_line;
    size_t key_column;
    struct yaml *value;
};

// One document; an empty one is an empty map. Errors: "PATH:LINE:COLUMN: …", ERROR_CONFIG.
MUST_CHECK bool yaml_read(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                          struct yaml **out, struct error *err);

// The value of `key`, or NULL.
const struct yaml *yaml_get(const struct yaml *map, const char *key);

#endif
