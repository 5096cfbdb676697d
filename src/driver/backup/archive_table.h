/*
 * One table of an archive: what pg_restore must be told to give it back alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_BACKUP_ARCHIVE_TABLE_H
#define DRIVER_BACKUP_ARCHIVE_TABLE_H

#include "driver/backup.h"

// Path of a list for `pg_restore --use-list`: the table, its rows and keys, and the schemas, types
// and extensions that it may need. The file is gone when `*out` is freed. ERROR_INPUT: the backup
// has no rows of such a table.
MUST_CHECK bool archive_table_list(TALLOC_CTX *mem, const struct backup_options *options,
                                   const struct backup *backup, struct name table, char **out,
                                   struct error *err);

#endif
