/*
 * Reader: what every dialect has in common: encoding, limits, places; the rest is its driver's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/reader.h"

#include "base/text.h"
#include "statement/reader_internal.h"
#include <assert.h>
#include <stdint.h>

static const struct reader_driver *const drivers[] = {
    &reader_postgres,
    &reader_sqlite,
};

struct reader {
    const struct reader_driver *driver;
    void *state;
};

bool reader_open(TALLOC_CTX *mem, enum dialect dialect, struct reader **out, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        if (drivers[i]->dialect != dialect)
            continue;
        struct reader *reader = mem_new(mem, struct reader);
        reader->driver = drivers[i];
        TRY(drivers[i]->open(reader, &reader->state, err));
        *out = reader;
        return true;
    }
    return error_set(err, ERROR_INPUT, "no reader for dialect '%s'", dialect_name(dialect));
}

const char *reader_grammar(enum dialect dialect)
{
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        if (drivers[i]->dialect == dialect)
            return drivers[i]->grammar();
    }
    bug("no reader for dialect '%s'", dialect_name(dialect));
}

static bool error_at(const struct script_source *source, size_t offset, const char *what,
                     struct error *err)
{
    struct text_place place = text_place(source->text, source->len, offset);
    return error_set(err, ERROR_INPUT, "%s:%zu:%zu: %s", source->path, place.line, place.column,
                     what);
}

static bool check_encoding(const struct script_source *source, struct error *err)
{
    const char *part = source->text + source->start;
    size_t len = source->end - source->start;
    size_t bad;
    const char *nul = memchr(part, '\0', len);
    if (nul != NULL) {
        error_at(source, (size_t)(nul - source->text), "a NUL byte: this is not SQL text", err);
        return error_hint(err, "UTF-16 and binary files cannot be read; convert the file to UTF-8");
    }
    if (text_is_utf8(part, len, &bad))
        return true;
    error_at(source, source->start + bad, "not UTF-8 (Latin-1?)", err);
    return error_hint(err, "convert it: iconv -f LATIN1 -t UTF-8 '%s' > converted.sql",
                      source->path);
}

bool reader_read(TALLOC_CTX *mem, struct reader *reader, const struct script_source *source,
                 struct script **out, struct error *err)
{
    assert(source->start <= source->end && source->end <= source->len);
    TRY(check_encoding(source, err));
    struct script *script = mem_new(mem, struct script);
    script->mem = mem;
    script->path = mem_strdup(mem, source->path);
    script->dialect = reader->driver->dialect;
    if (!reader->driver->read(reader->state, source, script, err)) {
        talloc_free(script);
        return false;
    }
    *out = script;
    return true;
}

// Statements that `dialect` does not know; SIZE_MAX when a text cannot be read at all.
static size_t count_unknown(enum dialect dialect, const struct script_source *sources, size_t n)
{
    SCRATCH(tmp);
    struct error err;
    struct reader *reader;
    size_t unknown = 0;

    if (!reader_open(tmp, dialect, &reader, &err))
        return SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        struct script *script;
        if (!reader_read(tmp, reader, &sources[i], &script, &err))
            return SIZE_MAX;
        unknown += script->n_not_understood;
        talloc_free(script);
    }
    return unknown;
}

enum dialect reader_guess_dialect(enum dialect asked, const struct script_source *sources, size_t n)
{
    enum dialect guess = asked;
    size_t least = count_unknown(asked, sources, n);

    for (size_t i = 0; i < COUNT_OF(drivers) && least > 0; i++) {
        size_t unknown = count_unknown(drivers[i]->dialect, sources, n);
        if (unknown < least) {
            least = unknown;
            guess = drivers[i]->dialect;
        }
    }
    return guess;
}

void reader_begin_trial(struct reader *reader)
{
    if (reader->driver->begin_trial != NULL)
        reader->driver->begin_trial(reader->state);
}

void reader_end_trial(struct reader *reader)
{
    if (reader->driver->end_trial != NULL)
        reader->driver->end_trial(reader->state);
}

void reader_cursor_move(struct reader_cursor *cursor, const char *text, size_t offset)
{
    assert(offset >= cursor->offset);
    const char *end = text + offset;
    for (const char *newline;
         (newline = memchr(text + cursor->offset, '\n', offset - cursor->offset)) != NULL;) {
        cursor->line++;
        cursor->column = 1;
        cursor->offset = (size_t)(newline - text) + 1;
    }
    for (const char *at = text + cursor->offset; at < end; at++)
        cursor->column += ((unsigned char)*at & 0xc0) != 0x80;
    cursor->offset = offset;
}

bool reader_check_size(const struct script_source *source, const struct reader_range *range,
                       struct error *err)
{
    SCRATCH(tmp);
    size_t bytes = range->end - range->start;
    if (bytes <= STATEMENT_BYTES_MAX)
        return true;
    error_at(
        source, range->start,
        mem_printf(tmp, "a statement of %zu bytes; the limit is %zu", bytes, STATEMENT_BYTES_MAX),
        err);
    return error_hint(err, "load bulk data outside the migration, for example with COPY");
}

bool reader_check_limits(const struct script_source *source, const struct reader_range *range,
                         struct error *err)
{
    SCRATCH(tmp);
    TRY(reader_check_size(source, range, err));
    if (range->depth <= STATEMENT_DEPTH_MAX)
        return true;
    error_at(source, range->deepest,
             mem_printf(tmp, "parentheses nested %zu deep; the limit is %d", range->depth,
                        STATEMENT_DEPTH_MAX),
             err);
    return error_hint(err, "simplify the expression");
}
