/*
 * Records: reading what was applied, and the SQL that records more (see record.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/text.h"
#include "change/layout.h"
#include "flight/record_format.h"

static const struct record_format *find_format(const char *layout, enum dialect dialect)
{
    bool is_sqlite = dialect == DIALECT_SQLITE;
    const struct record_format *formats =
        is_sqlite ? record_formats_sqlite : record_formats_postgres;
    size_t n = is_sqlite ? record_formats_sqlite_count : record_formats_postgres_count;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(formats[i].layout, layout) == 0)
            return &formats[i];
    }
    return NULL;
}

static bool fail_unwritten(const struct migration_layout *layout, enum dialect dialect,
                           struct error *err)
{
    error_set(err, ERROR_CONFIG, "the record of %s (%s) cannot be written on %s", layout->name,
              layout->record_table ? layout->record_table : "no table of its own",
              dialect_title(dialect));
    return error_hint(err,
                      "run these migrations with %s itself, between tminus baseline and tminus "
                      "verify",
                      layout->name);
}

bool record_format_for(const struct migration_layout *layout, enum dialect dialect,
                       const struct record_format **out, struct error *err)
{
    const struct record_format *format = find_format(layout->name, dialect);
    if (format == NULL)
        return fail_unwritten(layout, dialect, err);
    *out = format;
    return true;
}

bool record_format_check(const struct record_format *format, enum dialect dialect,
                         struct error *err)
{
    return format->up != NULL || fail_unwritten(layout_find(format->layout), dialect, err);
}

struct name record_table(TALLOC_CTX *mem, const struct record_format *format, const char *schema)
{
    return (struct name){mem_strdup(mem, format->schema != NULL ? format->schema : schema),
                         mem_strdup(mem, format->table)};
}

bool record_refuses_gaps(const struct record_format *format)
{
    return format->refuses_gaps;
}

static const char *version_number(const char *version)
{
    while (version[0] == '0' && version[1] != '\0')
        version++;
    return version;
}

static const char *version_digits(TALLOC_CTX *mem, const char *from)
{
    char *version = mem_strdup(mem, from);
    size_t n = 0;
    for (const char *c = version; *c != '\0'; c++) {
        if (*c != '-')
            version[n++] = *c;
    }
    version[n] = '\0';
    return version;
}

const char *record_version(TALLOC_CTX *mem, const struct record_format *format,
                           const struct migration *migration)
{
    const char *name = migration->name;
    switch (format->versions) {
    case VERSIONS_AS_WRITTEN:
    case VERSIONS_COUNTED: return mem_strdup(mem, migration->version);
    case VERSIONS_NUMBER: return mem_strdup(mem, version_number(migration->version));
    case VERSIONS_DIGITS: return version_digits(mem, migration->version);
    case VERSIONS_NAME:
        if (name == NULL || *name == '\0')
            return mem_strdup(mem, migration->version);
        // A name that is the whole stem begins with the version already.
        if (text_starts_with(name, migration->version))
            return mem_strdup(mem, name);
        return mem_printf(mem, "%s_%s", migration->version, name);
    }
    bug("record: versions %d", (int)format->versions);
}

const struct record_entry *record_find(const struct record *record, const char *version)
{
    for (size_t i = 0; i < record->n; i++) {
        if (strcmp(record->entries[i].version, version) == 0)
            return &record->entries[i];
    }
    return NULL;
}

// --- reading

struct entry_list {
    TALLOC_CTX *mem;
    struct record *record;
};

static bool add_entry(void *context, const char *const *names, const struct engine_value *values,
                      size_t n)
{
    struct entry_list *list = context;
    (void)names;
    (void)n;
    struct record_entry *entry = mem_append(list->mem, list->record->entries, list->record->n);
    entry->version = mem_strdup(list->mem, values[0].text);
    entry->is_dirty = strcmp(values[1].text, "0") != 0;
    entry->sha256 = values[2].is_null ? NULL : mem_strdup(list->mem, values[2].text);
    return true;
}

// One row stands for everything up to it.
static bool add_earlier(TALLOC_CTX *mem, const struct change *change, struct record *record,
                        struct error *err)
{
    SCRATCH(tmp);
    const char *table = record->format->table;
    if (record->n == 0)
        return true;
    if (record->n > 1) {
        error_set(err, ERROR_UNKNOWN,
                  "'%s' has %zu rows, and which migrations each stands for is "
                  "not known",
                  table, record->n);
        return error_hint(err, "merge the branches of the migrations first");
    }
    const char *last = mem_strdup(tmp, record->entries[0].version);
    for (size_t i = 0; i < change->n_migrations; i++) {
        const char *version = record_version(mem, record->format, &change->migrations[i]);
        if (strcmp(version, last) == 0)
            return true;
        mem_append(mem, record->entries, record->n)->version = version;
    }
    error_set(err, ERROR_INPUT, "'%s' is at version %s, which these migrations do not have", table,
              last);
    return error_hint(err, "give the folder that holds all applied migrations");
}

// NAME@TAG stands for an earlier NAME: the rows of a name are those of its changes, in their order.
static void name_counted(TALLOC_CTX *mem, const struct change *change, struct record *record)
{
    SCRATCH(tmp);
    bool *is_taken = mem_array(tmp, bool, record->n + 1);
    for (size_t i = 0; i < change->n_migrations; i++) {
        const char *version = change->migrations[i].version;
        const char *name = mem_strndup(tmp, version, strcspn(version, "@"));
        for (size_t k = 0; k < record->n; k++) {
            if (is_taken[k] || strcmp(record->entries[k].version, name) != 0)
                continue;
            is_taken[k] = true;
            record->entries[k].version = mem_strdup(mem, version);
            break;
        }
    }
}

static bool check_columns(const struct record *record, const char *columns, struct error *err)
{
    const struct record_format *format = record->format;
    size_t len = strlen(format->columns);
    bool is_longer = format->has_more_columns && strncmp(columns, format->columns, len) == 0 &&
                     (columns[len] == ',' || columns[len] == '\0');
    if (text_equal_nocase(columns, format->columns) || is_longer)
        return true;
    error_set(err, ERROR_INPUT, "table '%s' has the columns (%s), and %s writes (%s)",
              record->table_title, columns, format->layout, format->columns);
    return error_hint(err, "say which tool keeps this database with `layout:` in tminus.yaml");
}

static bool check_others(const struct record_format *format, const char *others, struct error *err)
{
    if (*others == '\0')
        return true;
    error_set(err, ERROR_INPUT,
              "another tool keeps this database (table '%s'), and the migrations "
              "were read as those of %s (table '%s')",
              others, format->layout, format->table);
    return error_hint(err, "say which tool it is with `layout:` in tminus.yaml");
}

static const char *fill(TALLOC_CTX *mem, const struct record *record, const char *template,
                        const struct record_step *step);

static bool read_entries(TALLOC_CTX *mem, const struct record_reading *reading,
                         const struct change *change, struct record *record, struct error *err)
{
    SCRATCH(tmp);
    const struct record_format *format = record->format;
    struct entry_list list = {.mem = mem, .record = record};
    TRY(reading->session->query(reading->engine, fill(tmp, record, format->read, NULL), add_entry,
                                &list, err));
    if (format->versions == VERSIONS_COUNTED)
        name_counted(mem, change, record);
    return !format->is_last_only || add_earlier(mem, change, record, err);
}

bool record_read(TALLOC_CTX *mem, const struct record_target *target, const struct change *change,
                 struct record *out, struct error *err)
{
    bool is_sqlite = target->driver->dialect == DIALECT_SQLITE;
    const struct record_format *format = target->format;
    const struct record_reading reading = {.session = target->driver->session,
                                           .engine = target->engine,
                                           .format = format,
                                           .database = target->database};
    struct record_place place;
    TRY(is_sqlite ? record_find_sqlite(mem, &reading, &place, err)
                  : record_find_postgres(mem, &reading, &place, err));
    struct record record = {
        .format = format,
        .table = place.table,
        .table_title = place.title ? place.title : place.table,
        .is_there = *place.columns != '\0',
        .needs_identity = is_sqlite && !place.has_identity,
        .may_write = place.may_write,
        .lock = place.lock,
        .lock_session = place.lock_session,
    };
    if (record.is_there) {
        TRY(check_columns(&record, place.columns, err));
        TRY(read_entries(mem, &reading, change, &record, err));
        if (format->state != NULL)
            TRY(record_guard_postgres(mem, &reading, &place, &record.guard, err));
    } else {
        TRY(check_others(format, place.others, err));
    }
    *out = record;
    return true;
}

// --- SQL

static void write_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'')
            fputc('\'', out);
        fputc(*c, out);
    }
    fputc('\'', out);
}

static void write_version(FILE *out, const struct record_format *format,
                          const struct migration *migration)
{
    SCRATCH(tmp);
    const char *version = record_version(tmp, format, migration);
    if (format->versions == VERSIONS_NUMBER)
        fputs(version, out);
    else
        write_quoted(out, version);
}

static const char *fill(TALLOC_CTX *mem, const struct record *record, const char *template,
                        const struct record_step *step)
{
    if (template == NULL)
        return NULL;
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    for (const char *c = template; *c != '\0'; c++) {
        if (*c != '%') {
            fputc(*c, out);
            continue;
        }
        switch (*++c) {
        case 'T': fputs(record->table, out); break;
        case 'v': write_version(out, record->format, step->migration); break;
        case 'p': write_version(out, record->format, step->previous); break;
        case 's': write_quoted(out, step->sha256); break;
        case 'n': write_quoted(out, step->migration->name ? step->migration->name : ""); break;
        case 't': write_quoted(out, clock_format(clock_wall_ms()).text); break;
        default: bug("record: unknown mark '%%%c'", *c);
        }
    }
    fclose(out);
    char *sql = mem_strdup(mem, text);
    free(text);
    return sql;
}

const char *record_sql_prepare(TALLOC_CTX *mem, const struct record *record)
{
    if (record->is_there && !record->needs_identity)
        return NULL;
    return mem_printf(
        mem, "%s%s", record->is_there ? "" : fill(mem, record, record->format->create, NULL),
        record->needs_identity ? "CREATE TABLE tminus_identity (id TEXT NOT NULL); "
                                 "INSERT INTO tminus_identity VALUES (lower(hex(randomblob(16))));"
                               : "");
}

const char *record_sql_lock(TALLOC_CTX *mem, const struct record *record, bool in_transaction)
{
    if (record->lock == NULL)
        return NULL;
    return mem_printf(mem, "%s%s", in_transaction ? record->lock : record->lock_session,
                      record->guard ? record->guard : "");
}

// Where nothing is left before it, a record of the last version alone becomes empty.
static const char *pick(const struct record_format *format, const char *sql,
                        const struct record_step *step)
{
    return step->previous == NULL && format->down_to_none != NULL ? format->down_to_none : sql;
}

const char *record_sql_done(TALLOC_CTX *mem, const struct record *record,
                            const struct record_step *step)
{
    const struct record_format *format = record->format;
    return fill(mem, record, step->is_undo ? pick(format, format->down, step) : format->up, step);
}

const char *record_sql_begun(TALLOC_CTX *mem, const struct record *record,
                             const struct record_step *step)
{
    const struct record_format *format = record->format;
    return fill(mem, record, step->is_undo ? format->begun_undo : format->begun, step);
}

const char *record_sql_unbegun(TALLOC_CTX *mem, const struct record *record,
                               const struct record_step *step)
{
    const struct record_format *format = record->format;
    return fill(mem, record,
                step->is_undo ? format->unbegun_undo : pick(format, format->unbegun, step), step);
}
