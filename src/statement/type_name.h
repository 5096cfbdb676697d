/*
 * Names of PostgreSQL's types as a person writes them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_TYPE_NAME_H
#define STATEMENT_TYPE_NAME_H

#include "base/memory.h"
#include "statement/statement.h"

// "varchar(20)", "integer[]", "shop.mood" of name, mods and schema; pg_catalog is not written.
char *type_name_text(TALLOC_CTX *mem, const struct type_name *type);

#endif
