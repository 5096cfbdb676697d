/*
 * Inflection: English plurals as ORMs make table names of class names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_INFLECTION_H
#define CHANGE_INFLECTION_H

#include "base/memory.h"

char *inflection_plural(TALLOC_CTX *mem, const char *word);   // category → categories
char *inflection_singular(TALLOC_CTX *mem, const char *word); // categories → category
char *inflection_snake(TALLOC_CTX *mem, const char *name);    // EmailMessage → email_message
char *inflection_table(TALLOC_CTX *mem, const char *name);    // EmailMessage → email_messages

#endif
