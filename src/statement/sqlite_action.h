/*
 * Actions of SQLite: one statement's tokens → its kind and its actions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_ACTION_H
#define STATEMENT_SQLITE_ACTION_H

#include "statement/sqlite_tokens.h"

// Fill kind, actions of `statement`. False: not the grammar of SQLite as we know it; `tokens` then
// says where.
bool sqlite_actions_read(struct tokens *tokens, struct statement *statement);

#endif
