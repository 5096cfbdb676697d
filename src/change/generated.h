/*
 * Generated files: lock files, vendored code and what a program wrote, which nobody reviews line by
 * line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_GENERATED_H
#define CHANGE_GENERATED_H

#include "change/config.h"

// Does a pattern of the configuration mean this path?
bool path_matches(const char *glob, const char *path);

// By the path alone: the built-in patterns and `generated:` of the configuration (NULL: none).
bool generated_by_path(const char *path, const struct config *config);
// By what its first lines say: "Code generated … DO NOT EDIT", "@generated".
bool generated_by_text(const char *head);

#endif
