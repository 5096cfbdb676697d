/*
 * Code models: which classes of the repository stand for which tables, and which tables there are.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CODE_MODEL_H
#define CHANGE_CODE_MODEL_H

#include "change/config.h"

struct code_model {
    const char *name;  // "Email"
    const char *table; // "emails"
    const char *path;  // relative to the repository
    size_t line;
};

struct code_models {
    struct code_model *list;
    size_t n;
    const char **tables; // that migrations or the configuration name
    size_t n_tables;
    struct text_index *places; // of the tables, by name
};

// Ask the work tree at `root`: model classes of Rails, Django, SQLAlchemy, Prisma, TypeORM,
// Sequelize, gorm, JPA, Ecto, Laravel; tables of CREATE TABLE and create_table. `config` may be
// NULL.
MUST_CHECK bool code_models_read(TALLOC_CTX *mem, const char *root, const struct config *config,
                                 struct code_models *out, struct error *err);

// The table of a class ("Email"), or NULL.
const char *code_models_of_class(const struct code_models *models, const char *name);
// The table that a variable or association called `name` ("email", "emails", "emailRepository")
// holds rows of, or NULL.
const char *code_models_of_variable(TALLOC_CTX *mem, const struct code_models *models,
                                    const char *name);

// --- for code_model.c
void code_model_add(TALLOC_CTX *mem, struct code_models *models, const char *name,
                    const char *table, const char *path, size_t line);
void code_models_scan(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                      struct code_models *models);

#endif
