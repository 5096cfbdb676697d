/*
 * First configuration: the text of a tminus.yaml for the folder that we are in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_FIRST_CONFIG_H
#define COMMAND_FIRST_CONFIG_H

#include "base/memory.h"

// Looks at the folder, its git repository and the environment; what is not found stands as a
// comment.
char *first_config_make(TALLOC_CTX *mem);

#endif
