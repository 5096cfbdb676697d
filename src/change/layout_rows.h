/*
 * The rows of the layout table, one file each; only layout.c names them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_LAYOUT_ROWS_H
#define CHANGE_LAYOUT_ROWS_H

#include "change/layout.h"

extern const struct migration_layout layout_golang_migrate;
extern const struct migration_layout layout_plain;

#endif
