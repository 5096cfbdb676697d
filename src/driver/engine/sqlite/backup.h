/*
 * What the files of the SQLite backups share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_BACKUP_H
#define DRIVER_ENGINE_SQLITE_BACKUP_H

#include "driver/backup.h"
#include "driver/engine/sqlite/sqlite.h"

// One table with its rows and indexes into a new file of mode 0600; what was written stays there on
// failure. ERROR_INPUT: there is no such table.
MUST_CHECK bool sqlite_copy_table(struct engine *from, const char *path, const char *table,
                                  struct error *err);

#endif
