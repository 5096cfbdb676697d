/*
 * What the files of the SQLite backups share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_BACKUP_H
#define DRIVER_ENGINE_SQLITE_BACKUP_H

#include "driver/backup.h"
#include "driver/engine/sqlite/sqlite.h"

// The whole database into a new file of mode 0600; what was written stays there on failure.
MUST_CHECK bool sqlite_copy_pages(struct engine *from, const char *path, const char *what,
                                  const struct backup_options *options, struct error *err);
// One table with its rows and indexes, likewise. ERROR_INPUT: there is no such table.
MUST_CHECK bool sqlite_copy_table(struct engine *from, const char *path, const char *table,
                                  struct error *err);

#endif
