/*
 * JSON writer: a document printed while it is made, without building it in memory first.
 *
 * For documents that grow with their input. What is small, or read, or hashed, is built with
 * base/json.h; json_writer_members prints such a part within the document. Both look the same:
 * members in order, indented by 2, text that is not UTF-8 mended.
 *
 *     struct json_writer writer;
 *     json_writer_begin(&writer, out);
 *     json_writer_open_object(&writer, NULL);
 *     json_writer_text(&writer, "name", "value");
 *     json_writer_close_object(&writer);
 *     json_writer_end(&writer);
 *
 * `name` is the member's; NULL in an array and for the document itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_JSON_WRITER_H
#define BASE_JSON_WRITER_H

#include "base/json.h"

#define JSON_WRITER_ROOM ((size_t)16 * 1024)

struct json_writer {
    FILE *out;
    size_t depth;
    bool has_members; // of the array or object that is open
    size_t n;         // bytes gathered: each fwrite takes a lock
    char text[JSON_WRITER_ROOM];
};

void json_writer_begin(struct json_writer *writer, FILE *out);
void json_writer_end(struct json_writer *writer); // the newline at the end

void json_writer_open_object(struct json_writer *writer, const char *name);
void json_writer_close_object(struct json_writer *writer);
void json_writer_open_array(struct json_writer *writer, const char *name);
void json_writer_close_array(struct json_writer *writer);

void json_writer_text(struct json_writer *writer, const char *name, const char *text); // NULL: null
void json_writer_integer(struct json_writer *writer, const char *name, int64_t value);
// What is not finite is null.
void json_writer_real(struct json_writer *writer, const char *name, double value);
void json_writer_bool(struct json_writer *writer, const char *name, bool value);
void json_writer_null(struct json_writer *writer, const char *name);
// Each member of `object` as one of the object that is open.
void json_writer_members(struct json_writer *writer, const json_t *object);

#endif
