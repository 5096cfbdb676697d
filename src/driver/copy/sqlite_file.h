/*
 * What the files of the SQLite copies share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_COPY_SQLITE_FILE_H
#define DRIVER_COPY_SQLITE_FILE_H

#include "driver/copy.h"

// A consistent copy of a database file that others may be writing to, which is only read. It waits
// for nobody longer than `timeout_ms`.
MUST_CHECK bool sqlite_file_copy(const char *source, const char *path,
                                 const struct copy_site_options *options, struct error *err);
// The bytes of a file that nobody writes to; shared with it where the file system can.
MUST_CHECK bool sqlite_file_clone(const char *source, const char *path, struct error *err);
// Let SQLite end what a killed writer began: afterwards the one file is all there is.
MUST_CHECK bool sqlite_file_settle(const char *path, struct error *err);
void sqlite_file_remove(const char *path); // with its journals
bool sqlite_file_fail_room(const char *path, int64_t needed, int64_t room, struct error *err);

#endif
