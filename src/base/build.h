/*
 * What every file is built with: the attributes and the functions that nobody may call.
 *
 * Included by the compiler's command line (-include base/build.h), so no file can forget it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_BUILD_H
#define BASE_BUILD_H

// A result that says whether a call failed must be looked at.
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, values) __attribute__((format(printf, text, values)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// `system` is also a good name for a member, so only the call is an error.
// (Before the system headers: clang wants the attribute on the first declaration.)
int system(const char *command) __attribute__((error("no shell: base/process runs commands")));

// (After the system headers, which declare what base/poison.h takes away.)
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
// PostgreSQL's headers use the poisoned names; statement/postgres_tree.h takes them away behind
// those.
#ifndef BUILD_POISONS_LATER
#include "base/poison.h"
#endif

#endif
