/*
 * Acceptance: kinds of differences that nobody can attribute, and that a person said go to.
 *
 * A kind is one line of text: "main.orders: new rows". On a database that does not tell who wrote a
 * row each hour of traffic differs from the one before; asked about each, people only learn to say
 * go. So a go is to the kinds that were found, and another kind holds again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_ACCEPTANCE_H
#define FLIGHT_ACCEPTANCE_H

#include "base/json.h"
#include "base/memory.h"

// The kinds in a verification's document, a line each, without when and how many; NULL: it names
// none.
char *acceptance_kinds(TALLOC_CTX *mem, const json_t *document);
// Is each of `found` among `accepted` (NULL: none are)?
bool acceptance_covers(const char *accepted, const char *found);
// Both; `accepted` NULL: `found` alone.
char *acceptance_joined(TALLOC_CTX *mem, const char *accepted, const char *found);

#endif
