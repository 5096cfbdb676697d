/*
 * Forms of SQLite expressions: what the text of one says by itself. Is it NULL, a literal, a CASE;
 * does it hold only where a column is not NULL?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_FORM_H
#define STATEMENT_SQLITE_FORM_H

#include "statement/sqlite_tokens.h"

// Of the expression from `start` to what was read last. `first_case_end`: behind the END of its
// first CASE that is in no other, 0: none. `out->is_constant` is known already.
void sqlite_form_read(struct tokens *tokens, size_t start, size_t first_case_end,
                      struct expression *out);

#endif
