/*
 * A table, view or materialized view that is to be read whole.
 *
 * What would make a proof blind is refused here: rows that row-level security hides, tables whose
 * rows live on another server. A column that this role may not read is named, with the reason.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/relation.h"
#include <stdlib.h>

enum relation_field {
    FIELD_OID,
    FIELD_KIND,
    FIELD_SCHEMA,
    FIELD_NAME,
    FIELD_ROLE,
    FIELD_MAY_ENTER,
    FIELD_MAY_READ_ANY,
    FIELD_IS_FOREIGN_TEMPORARY,
    FIELD_HIDES_ROWS,
    FIELD_FOREIGN_PART,
    FIELD_SHOWS_SYSTEM,
    FIELD_HAS_CHILDREN,
};

// A name without schema is looked for as a statement would.
static const char relation_sql[] =
    "SELECT c.oid, c.relkind, n.nspname, c.relname, current_user,"
    " pg_catalog.has_schema_privilege(n.oid, 'USAGE'),"
    " pg_catalog.has_any_column_privilege(c.oid, 'SELECT'),"
    " c.relpersistence = 't' AND pg_catalog.pg_is_other_temp_schema(n.oid),"
    " pg_catalog.row_security_active(c.oid),"
    " (WITH RECURSIVE part(oid) AS (SELECT c.oid UNION SELECT i.inhrelid"
    "   FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.oid)"
    "  SELECT f.relname FROM part JOIN pg_catalog.pg_class f ON f.oid = part.oid"
    "   WHERE f.relkind = 'f' AND f.oid <> c.oid ORDER BY f.relname LIMIT 1),"
    " c.relkind IN ('r', 'p', 'm') AND pg_catalog.has_column_privilege(c.oid, 'ctid', 'SELECT')"
    "  AND pg_catalog.has_column_privilege(c.oid, 'xmin', 'SELECT'),"
    " c.relkind = 'r' AND c.relhassubclass "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relname = $2 AND (n.nspname = $1 OR $1 IS NULL AND "
    "pg_catalog.pg_table_is_visible(c.oid))";

static const char columns_sql[] =
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid,"
    " pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'), COALESCE(k.position, 0) "
    "FROM pg_catalog.pg_attribute a LEFT JOIN ("
    " SELECT item.attnum, item.position FROM pg_catalog.pg_index i,"
    "  LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY item(attnum, "
    "position)"
    "  WHERE i.indrelid = $1::pg_catalog.oid AND i.indisprimary AND item.position <= i.indnkeyatts"
    ") k ON k.attnum = a.attnum "
    "WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "ORDER BY a.attnum";

static const char *kind_name(char kind)
{
    switch (kind) {
    case 'f': return "a foreign table: its rows are on another server";
    case 'i':
    case 'I': return "an index";
    case 'S': return "a sequence";
    case 'c': return "a type";
    case 't': return "the store of long values of another table";
    default: return "no table";
    }
}

static bool is_true(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

static bool check_privileges(const PGresult *result, const char *shown, const char *quoted,
                             struct error *err)
{
    SCRATCH(tmp);
    const char *role = PQgetvalue(result, 0, FIELD_ROLE);
    if (!is_true(result, 0, FIELD_MAY_ENTER)) {
        const char *schema = PQgetvalue(result, 0, FIELD_SCHEMA);
        error_set(err, ERROR_UNKNOWN, "%s: role '%s' may not use schema '%s'", shown, role, schema);
        return error_hint(err, "GRANT USAGE ON SCHEMA %s TO %s", quote_name(tmp, schema),
                          quote_name(tmp, role));
    }
    if (!is_true(result, 0, FIELD_MAY_READ_ANY)) {
        error_set(err, ERROR_UNKNOWN, "%s: role '%s' may not read it", shown, role);
        return error_hint(err, "GRANT SELECT ON %s TO %s, or make it a member of pg_read_all_data",
                          quoted, quote_name(tmp, role));
    }
    if (is_true(result, 0, FIELD_HIDES_ROWS)) {
        error_set(err, ERROR_UNKNOWN,
                  "%s: row-level security hides rows of it from role '%s': a part is no proof",
                  shown, role);
        return error_hint(err, "audit with a role that sees every row: ALTER ROLE %s BYPASSRLS",
                          quote_name(tmp, role));
    }
    return true;
}

static bool check(const PGresult *result, const struct relation *relation, struct error *err)
{
    char kind = PQgetvalue(result, 0, FIELD_KIND)[0];
    if (strchr("rpvm", kind) == NULL) {
        error_set(err, ERROR_UNKNOWN, "%s is %s", relation->shown, kind_name(kind));
        return error_hint(err, "tables, partitioned tables, views and materialized views are read");
    }
    if (is_true(result, 0, FIELD_IS_FOREIGN_TEMPORARY))
        return error_set(err, ERROR_UNKNOWN, "%s is a temporary table of another session",
                         relation->shown);
    if (!PQgetisnull(result, 0, FIELD_FOREIGN_PART)) {
        error_set(err, ERROR_UNKNOWN, "%s: its part '%s' is a foreign table, on another server",
                  relation->shown, PQgetvalue(result, 0, FIELD_FOREIGN_PART));
        return error_hint(err, "name the other parts one by one");
    }
    return check_privileges(result, relation->shown, relation->sql, err);
}

static const char *unknown_column(TALLOC_CTX *mem, const struct value_layout *layout, unsigned type,
                                  bool may_read)
{
    if (!may_read)
        return mem_strdup(mem, "permission denied");
    const char *without = value_layout_without_form(layout, type);
    return without == NULL ? NULL : mem_printf(mem, "type '%s' has no binary form", without);
}

static bool read_columns(struct engine *engine, struct relation *relation, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    const char *oid = mem_printf(tmp, "%u", relation->oid);
    TRY(connection_ask(tmp, engine->connection, columns_sql, &oid, 1, &result, err));
    relation->n_columns = (size_t)PQntuples(result);
    relation->columns = mem_array(relation, struct relation_column, relation->n_columns);
    for (int i = 0; i < PQntuples(result); i++) {
        struct relation_column *column = &relation->columns[i];
        column->name = mem_strdup(relation, PQgetvalue(result, i, 0));
        column->type = mem_strdup(relation, PQgetvalue(result, i, 1));
        column->type_oid = (unsigned)strtoul(PQgetvalue(result, i, 2), NULL, 10);
        column->base_oid = value_layout_base(relation->layout, column->type_oid);
        column->has_oids = value_layout_has_oids(relation->layout, column->type_oid);
        column->unknown =
            unknown_column(relation, relation->layout, column->type_oid, is_true(result, i, 3));
        column->key_position = (int)strtol(PQgetvalue(result, i, 4), NULL, 10);
        relation->n_key += column->key_position > 0;
    }
    return true;
}

static struct relation *relation_make(TALLOC_CTX *mem, const PGresult *result)
{
    struct relation *relation = mem_new(mem, struct relation);
    struct name name = {PQgetvalue(result, 0, FIELD_SCHEMA), PQgetvalue(result, 0, FIELD_NAME)};
    relation->oid = (unsigned)strtoul(PQgetvalue(result, 0, FIELD_OID), NULL, 10);
    relation->shown = mem_printf(relation, "%s.%s", name.schema, name.name);
    relation->sql = quote_relation(relation, name);
    relation->rows = PQgetvalue(result, 0, FIELD_KIND)[0] == 'v' ? ROWS_COMPUTED : ROWS_STORED;
    relation->shows_system = is_true(result, 0, FIELD_SHOWS_SYSTEM);
    relation->has_children = is_true(result, 0, FIELD_HAS_CHILDREN);
    return relation;
}

bool relation_read(TALLOC_CTX *mem, struct engine *engine, struct name name, const char *type,
                   struct relation **out, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    const char *parameters[] = {name.schema, name.name};
    TRY(connection_ask(tmp, engine->connection, relation_sql, parameters, 2, &result, err));
    if (PQntuples(result) == 0)
        return error_set(err, ERROR_UNKNOWN, "no such table: '%s%s%s'",
                         name.schema ? name.schema : "", name.schema ? "." : "", name.name);
    struct relation *relation = relation_make(tmp, result);
    TRY(check(result, relation, err));
    TRY(value_layout_read(relation, engine, relation->oid, type, &relation->layout, err));
    TRY(read_columns(engine, relation, err));
    *out = talloc_steal(mem, relation);
    return true;
}

const struct relation_column *relation_column(const struct relation *relation, const char *name)
{
    for (size_t i = 0; i < relation->n_columns; i++)
        if (strcmp(relation->columns[i].name, name) == 0)
            return &relation->columns[i];
    return NULL;
}
