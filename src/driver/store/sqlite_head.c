/*
 * The head of a journal in a file, noted beside it: see sqlite_store.h.
 *
 * A tail that was cut off leaves a whole chain, and a file that was removed is made anew. Both
 * happen without malice: the file is copied without its -wal, or an older copy is put back. So the
 * number and hash of the last event stand in a second file, written behind each append. It is not
 * synced: after a power cut it may be older than the journal, never newer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "driver/store/sqlite_store.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTE_SIZE 96 // of one: number, hash, blanks

static char *note_path(TALLOC_CTX *mem, const char *path)
{
    return mem_printf(mem, "%s-head", path);
}

static int note_close(int *descriptor)
{
    close(*descriptor);
    return 0;
}

void sqlite_store_note_head(struct store *store, const struct store_row *row)
{
    SCRATCH(tmp);
    char note[NOTE_SIZE + 1];

    if (store->note == NULL) {
        const char *path = note_path(tmp, table_file_path(store->file));
        int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (descriptor < 0)
            return;
        store->note = mem_new(store, int);
        *store->note = descriptor;
        talloc_set_destructor(store->note, note_close);
    }
    int n = snprintf(note, sizeof note, "%" PRId64 " %s", row->sequence, row->hash);
    memset(note + n, ' ', (size_t)(NOTE_SIZE - n));
    note[NOTE_SIZE - 1] = '\n';
    // One that cannot be written is older than the journal: it says less, and nothing wrong.
    (void)!pwrite(*store->note, note, NOTE_SIZE, 0);
}

bool sqlite_store_read_head(const char *path, struct store_head *out)
{
    SCRATCH(tmp);
    const char *note = note_path(tmp, path);
    struct error ignored;
    char *text;
    size_t len;

    return file_kind(note) == FILE_REGULAR &&
           file_read(tmp, note, NOTE_SIZE, &text, &len, &ignored) && len == NOTE_SIZE &&
           sscanf(text, "%" SCNd64 " %64[0-9a-f]", &out->sequence, out->hash) == 2;
}

bool sqlite_store_fail_lost(const char *path, const struct store_head *head, struct error *err)
{
    error_set(err, ERROR_INPUT,
              "%s: the journal is not there, but event %" PRId64 " was written to it", path,
              head->sequence);
    return error_hint(err,
                      "put it back with its -wal; to begin a new one all the same, move "
                      "'%s-head' away, which says so",
                      path);
}
