/*
 * Files: read whole with a limit, write whole or not at all, walk a folder in a stable order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/error.h"
#include "base/memory.h"
#include <stddef.h>

// Largest migration, configuration or findings file that is read; the error names this limit.
#define FILE_SIZE_MAX ((size_t)64 * 1024 * 1024)

// Most names that file_walk looks at.
#define FILE_WALK_MAX ((size_t)200 * 1000)

// Open for reading; the caller closes. Fails as file_read does, but for the size.
MUST_CHECK bool file_open(const char *path, int *fd, struct error *err);

// Whole content, NUL-terminated after `len` bytes. Fails with ERROR_INPUT: missing, a folder, not
// readable, larger than `size_max`, a symlink loop (the message says which).
MUST_CHECK bool file_read(TALLOC_CTX *mem, const char *path, size_t size_max, char **text,
                          size_t *len, struct error *err);

// Replace `path` with `text`: temporary file beside it, fsync, rename. Mode as given (0644, 0600).
MUST_CHECK bool file_write(const char *path, const char *text, size_t len, unsigned mode,
                           struct error *err);

enum file_kind { FILE_MISSING, FILE_REGULAR, FILE_FOLDER, FILE_OTHER };
enum file_kind file_kind(const char *path);
MUST_CHECK bool file_make_folders(const char *path, unsigned mode, struct error *err); // mkdir -p

// Every regular file under `folder`, as paths that start with `folder`, in byte order; hidden
// names and .git are left out; symlinks are followed, a loop is an ERROR_INPUT that names it.
MUST_CHECK bool file_walk(TALLOC_CTX *mem, const char *folder, char ***paths, size_t *n,
                          struct error *err);

const char *file_base(const char *path);              // the part after the last '/'
char *file_folder(TALLOC_CTX *mem, const char *path); // "." when there is no '/'
char *file_join(TALLOC_CTX *mem, const char *folder, const char *name);

// Can `name` be run: a file on PATH, or with a '/' in it one from `folder` (NULL: ours) on?
bool file_is_program(const char *name, const char *folder);

#endif
