/*
 * Code uses: where a program writes through an ORM, a query builder or SQL.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CODE_USE_H
#define CHANGE_CODE_USE_H

#include "change/code.h"
#include "change/code_model.h"
#include "change/code_text.h"

struct code_uses {
    struct code_write *list; // path, source and in_changed_line are left to the caller
    size_t n;
    bool has_unnamed; // something is written, and its table cannot be told
};

// SQL in strings.
void code_uses_sql(TALLOC_CTX *mem, const struct code_text *code, const struct code_models *models,
                   struct code_uses *uses);
// Calls and assignments on models.
void code_uses_model(TALLOC_CTX *mem, const struct code_text *code,
                     const struct code_models *models, struct code_uses *uses);

#endif
