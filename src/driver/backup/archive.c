/*
 * The head of an archive of pg_dump.
 *
 * Source: ReadHead, ReadInt and ReadStr of PostgreSQL's src/bin/pg_dump/pg_backup_archiver.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/backup/archive.h"
#include "base/file.h"
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 8192
#define TEXT_MAX 1024
#define INT_BYTES_MAX 8

struct head {
    uint8_t bytes[HEAD_MAX];
    size_t len, at;
    unsigned int_bytes;
    bool is_short; // it ended before what was asked for
};

static unsigned take_byte(struct head *head)
{
    if (head->at >= head->len) {
        head->is_short = true;
        return 0;
    }
    return head->bytes[head->at++];
}

// A byte for the sign, then the number, least significant byte first.
static int64_t take_int(struct head *head)
{
    bool is_negative = take_byte(head) != 0;
    uint64_t value = 0;
    for (unsigned i = 0; i < head->int_bytes; i++)
        value |= (uint64_t)take_byte(head) << (8 * (i % INT_BYTES_MAX));
    return is_negative ? -(int64_t)value : (int64_t)value;
}

static char *take_text(TALLOC_CTX *mem, struct head *head)
{
    int64_t len = take_int(head);
    if (len < 0)
        return NULL;
    if (len > TEXT_MAX || head->at + (size_t)len > head->len) {
        head->is_short = true;
        return NULL;
    }
    char *text = mem_strndup(mem, (const char *)head->bytes + head->at, (size_t)len);
    head->at += (size_t)len;
    return text;
}

static int64_t take_time(struct head *head)
{
    struct tm tm = {0};
    int *const parts[] = {&tm.tm_sec, &tm.tm_min,  &tm.tm_hour, &tm.tm_mday,
                          &tm.tm_mon, &tm.tm_year, &tm.tm_isdst};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        *parts[i] = (int)take_int(head);
    return (int64_t)mktime(&tm) * 1000;
}

static bool head_read(const char *path, struct head *out, struct error *err)
{
    int fd;
    TRY(file_open(path, &fd, err));
    ssize_t n = read(fd, out->bytes, sizeof out->bytes);
    close(fd);
    if (n < 0)
        return error_set(err, ERROR_INPUT, "%s: cannot be read: %m", path);
    out->len = (size_t)n;
    return true;
}

bool archive_read(TALLOC_CTX *mem, const char *path, struct archive *out, struct error *err)
{
    static const char magic[] = "PGDMP";
    struct head head = {.at = strlen(magic)};
    TRY(head_read(path, &head, err));
    if (head.len < head.at || memcmp(head.bytes, magic, head.at) != 0)
        return error_set(err, ERROR_INPUT, "%s: no archive of pg_dump (-Fc or -Fd)", path);
    struct archive archive = {.major = take_byte(&head), .minor = take_byte(&head)};
    (void)take_byte(&head); // revision
    head.int_bytes = take_byte(&head);
    (void)take_byte(&head); // bytes of an offset
    (void)take_byte(&head); // format
    // Compression: a number up to 1.14, one byte that names the algorithm since.
    if (archive.major == 1 && archive.minor < 15)
        (void)take_int(&head);
    else
        (void)take_byte(&head);
    archive.created_ms = take_time(&head);
    archive.database = take_text(mem, &head);
    archive.server = take_text(mem, &head);
    archive.tool = take_text(mem, &head);
    if (head.is_short || head.int_bytes > INT_BYTES_MAX)
        return error_set(err, ERROR_INPUT, "%s: ends within its head, or that is damaged", path);
    *out = archive;
    return true;
}
