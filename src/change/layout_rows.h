/*
 * The rows of the layout table, one file each; only layout.c names them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_LAYOUT_ROWS_H
#define CHANGE_LAYOUT_ROWS_H

#include "change/layout.h"

extern const struct migration_layout layout_alembic;
extern const struct migration_layout layout_dbmate;
extern const struct migration_layout layout_diesel;
extern const struct migration_layout layout_django;
extern const struct migration_layout layout_flyway;
extern const struct migration_layout layout_golang_migrate;
extern const struct migration_layout layout_goose;
extern const struct migration_layout layout_plain;
extern const struct migration_layout layout_prisma;
extern const struct migration_layout layout_rails;
extern const struct migration_layout layout_sourcegraph;
extern const struct migration_layout layout_sqitch;

#endif
