/*
 * The schema of a database as it is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/known_schema.h"
#include <stdlib.h>

struct schema_text {
    TALLOC_CTX *mem;
    char *text;
};

static bool take_sql(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    struct schema_text *schema = context;

    (void)names;
    if (n == 1 && !values[0].is_null)
        schema->text = mem_printf(schema->mem, "%s%s;\n", schema->text, values[0].text);
    return true;
}

// SQLite's reader needs the schema as statements; tables before what is built on them.
static bool read_schema_text(TALLOC_CTX *mem, const struct target *target,
                             struct script_source *source, struct error *err)
{
    struct schema_text schema = {.mem = mem, .text = mem_strdup(mem, "")};

    TRY(target->driver->session->query(target->engine,
                                       "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
                                       "name NOT LIKE 'sqlite!_%' ESCAPE '!' "
                                       "ORDER BY type <> 'table', type <> 'view', rowid",
                                       take_sql, &schema, err));
    *source = (struct script_source){
        .path = mem_printf(mem, "schema of %s", target->identity.database),
        .text = schema.text,
        .len = strlen(schema.text),
        .end = strlen(schema.text),
    };
    return true;
}

// PostgreSQL's catalog tells the schema with sizes; SQLite's reader needs its text.
bool known_schema_read(TALLOC_CTX *mem, const struct target *target,
                       struct assessment_options *options, struct error *err)
{
    options->dialect = target->driver->dialect;
    if (options->dialect == DIALECT_SQLITE) {
        struct script_source *source = mem_new(mem, struct script_source);
        TRY(read_schema_text(mem, target, source, err));
        options->schemas = source;
        options->n_schemas = 1;
        return true;
    }
    struct schema *known;
    TRY(target->driver->catalog->read(mem, target->engine, &known, err));
    options->known = known;
    options->pg_version = (unsigned)strtoul(target->identity.version, NULL, 10);
    return true;
}
