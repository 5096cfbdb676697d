/*
 * The guard of PostgreSQL: decides, before anything runs, that a statement only reads.
 *
 * READ ONLY is no sandbox: COPY … TO PROGRAM, pg_terminate_backend() and advisory locks run in it.
 * So the text is judged by its words (statement/guard.h), and then every object that its names may
 * mean is looked up and judged, level by level: what stands behind views, policies, operators,
 * types and functions in SQL, until nothing is left that could do more than read.
 * docs/guarded-sql.md lists the ways out that are tested.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/guard.h"

#include "base/json.h"
#include "base/text.h"
#include "driver/engine/postgres/postgres.h"
#include "sql/queries.h"
#include "statement/guard.h"

#define OBJECTS_MAX 5000
#define DEPTH_MAX 50 // views on views on functions …

struct reached {
    struct guard_object object;
    struct guard_path path; // of the names behind it
    size_t origin;          // the first that led to it
    size_t depth;
};

// Whose objects are asked for: a name in a text, or the inside of an object.
struct origin {
    const struct guard_name *name; // NULL: the inside
    const struct reached *in;      // the object, or whose body the text is; NULL: the text asked
    bool is_found;
};

struct guarding {
    TALLOC_CTX *mem;
    struct engine *engine;
    const char *sql;
    struct origin **origins;
    size_t n_origins;
    size_t n_asked; // origins that are done
    struct reached **reached;
    size_t n_reached;
    struct error *err;
};

static const char *const class_names[GUARD_CLASS_COUNT] = {
    [GUARD_CLASS_FUNCTION] = "function", [GUARD_CLASS_RELATION] = "relation",
    [GUARD_CLASS_TYPE] = "type",         [GUARD_CLASS_OPERATOR] = "operator",
    [GUARD_CLASS_SAMPLING] = "sampling", [GUARD_CLASS_WRITING] = "writing",
};

static const char *const use_names[GUARD_USE_COUNT] = {
    [GUARD_FUNCTION] = "function", [GUARD_ATTRIBUTE] = "attribute", [GUARD_OPERATOR] = "operator",
    [GUARD_RELATION] = "relation", [GUARD_TYPE] = "type",           [GUARD_SAMPLING] = "sampling",
};

// --- refusing

static bool refuse(struct guarding *guarding, const char *what)
{
    error_set(guarding->err, ERROR_UNKNOWN, "refused, a check may only read: %s", what);
    return error_hint(guarding->err,
                      "allowed is one SELECT, VALUES, TABLE, SHOW or EXPLAIN without "
                      "ANALYZE that calls nothing but what reads "
                      "(docs/guarded-sql.md)");
}

// "behind public.f() behind public.v in line 1 column 15": the way to what stands at an origin.
static const char *way_to(struct guarding *guarding, const struct origin *origin)
{
    const char *way = "";
    while (origin->in != NULL) {
        way = mem_printf(guarding->mem, "%s behind %s", way, origin->in->object.label);
        origin = guarding->origins[origin->in->origin];
    }
    struct text_place place =
        text_place(guarding->sql, strlen(guarding->sql), origin->name->offset);
    return mem_printf(guarding->mem, "%s in line %zu column %zu", way, place.line, place.column);
}

// Source: PostgreSQL 15 manual, pg_class.relkind.
static const char *object_word(const struct guard_object *object)
{
    if (object->class == GUARD_CLASS_SAMPLING)
        return "sampling method";
    if (object->class != GUARD_CLASS_RELATION)
        return class_names[object->class];
    switch (object->kind) {
    case 'v': return "view";
    case 'f': return "foreign table";
    default: return "table";
    }
}

static bool refuse_object(struct guarding *guarding, const struct guard_object *object,
                          const struct origin *origin, const char *why)
{
    const char *way = way_to(guarding, origin);
    if (object->class == GUARD_CLASS_WRITING)
        return refuse(guarding, mem_printf(guarding->mem, "what stands%s %s", way, why));
    return refuse(guarding, mem_printf(guarding->mem, "%s %s%s %s", object_word(object),
                                       object->label, way, why));
}

// What the words mean is not known, so it is not known what they do.
static bool refuse_name(struct guarding *guarding, const struct origin *origin)
{
    const struct guard_name *name = origin->name;
    error_set(guarding->err, ERROR_UNKNOWN, "not asked, for the server knows no %s %s%s%s%s%s",
              name->use == GUARD_SAMPLING ? "sampling method" : use_names[name->use],
              name->schema ? name->schema : "", name->schema ? "." : "", name->name,
              name->use == GUARD_FUNCTION ? "()" : "", way_to(guarding, origin));
    return error_hint(guarding->err, "%s",
                      name->schema ? "it is not there, or this role may not use its schema"
                                   : "it is in no schema of this role's search_path; write its "
                                     "schema in front of it");
}

// --- asking

static struct origin *origin_add(struct guarding *guarding, const struct guard_name *name,
                                 const struct reached *in)
{
    struct origin *origin = mem_new(guarding->mem, struct origin);
    *origin = (struct origin){.name = name, .in = in};
    *mem_append(guarding->mem, guarding->origins, guarding->n_origins) = origin;
    return origin;
}

static void names_add(struct guarding *guarding, const struct guard_names *names,
                      const struct reached *in)
{
    for (size_t i = 0; i < names->n; i++)
        origin_add(guarding, &names->names[i], in);
}

static json_t *name_json(size_t number, const struct guard_name *name)
{
    json_t *json = json_object();
    json_put_integer(json, "origin", (int64_t)number);
    json_put_text(json, "use", use_names[name->use]);
    json_put_text(json, "schema", name->schema);
    json_put_text(json, "name", name->name);
    json_put_integer(json, "arguments", name->n_arguments);
    return json;
}

static void path_put(json_t *paths, size_t number, const struct guard_path *path)
{
    for (size_t i = 0; i < path->n; i++) {
        json_t *json = json_object();
        json_put_integer(json, "origin", (int64_t)number);
        json_put_text(json, "schema", path->names[i]);
        json_array_append_new(paths, json);
    }
}

static json_t *object_json(size_t number, const struct reached *reached)
{
    json_t *json = json_object();
    json_put_integer(json, "origin", (int64_t)number);
    json_put_text(json, "class", class_names[reached->object.class]);
    json_put_text(json, "oid", reached->object.oid);
    return json;
}

static char *canonical_free(TALLOC_CTX *mem, json_t *json)
{
    char *text = json_canonical(mem, json);
    json_decref(json);
    return text;
}

bool guard_lookup(TALLOC_CTX *mem, struct connection *connection, const char *const *parameters,
                  PGresult **out, struct error *err)
{
    return connection_ask(mem, connection, sql_postgres_guard, parameters, GUARD_PARAMETERS, out,
                          err);
}

static bool ask(struct guarding *guarding, PGresult **out)
{
    json_t *names = json_array();
    json_t *objects = json_array();
    json_t *paths = json_array();
    for (size_t i = guarding->n_asked; i < guarding->n_origins; i++) {
        const struct origin *origin = guarding->origins[i];
        if (origin->name == NULL)
            json_array_append_new(objects, object_json(i, origin->in));
        else
            json_array_append_new(names, name_json(i, origin->name));
        if (origin->name != NULL && origin->in != NULL)
            path_put(paths, i, &origin->in->path);
    }
    const char *const parameters[GUARD_PARAMETERS] = {canonical_free(guarding->mem, names),
                                                      canonical_free(guarding->mem, objects),
                                                      canonical_free(guarding->mem, paths)};
    return guard_lookup(guarding->mem, guarding->engine->connection, parameters, out,
                        guarding->err);
}

// --- judging the answer

static const char *text_at(const PGresult *result, int row, const char *column)
{
    int number = PQfnumber(result, column);
    return PQgetisnull(result, row, number) ? NULL : PQgetvalue(result, row, number);
}

static char letter_at(const PGresult *result, int row, const char *column)
{
    const char *text = text_at(result, row, column);
    return text == NULL ? '\0' : text[0];
}

struct guard_object guard_object_read(const PGresult *result, int row)
{
    struct guard_object object = {
        .oid = text_at(result, row, "oid"),
        .label = text_at(result, row, "label"),
        .is_builtin = letter_at(result, row, "is_builtin") == 't',
        .kind = letter_at(result, row, "kind"),
        .schema = text_at(result, row, "schema"),
        .name = text_at(result, row, "name"),
        .language = text_at(result, row, "language"),
        .volatility = letter_at(result, row, "volatility"),
        .extension = text_at(result, row, "extension"),
        .is_internal = letter_at(result, row, "is_internal") == 't',
        .is_constructor = letter_at(result, row, "is_constructor") == 't',
        .body = text_at(result, row, "body"),
        .settings = text_at(result, row, "settings"),
        .definer = text_at(result, row, "definer"),
    };
    const char *class = text_at(result, row, "class");
    while (object.class < GUARD_CLASS_WRITING && strcmp(class_names[object.class], class) != 0)
        object.class ++;
    return object;
}

static bool is_reached(const struct guarding *guarding, const struct guard_object *object,
                       const struct guard_path *path)
{
    for (size_t i = 0; i < guarding->n_reached; i++) {
        const struct reached *other = guarding->reached[i];
        if (other->object.class == object->class && strcmp(other->object.oid, object->oid) == 0 &&
            guard_path_equal(&other->path, path))
            return true;
    }
    return false;
}

static bool body_read(struct guarding *guarding, const struct reached *function,
                      const struct origin *origin)
{
    struct guard_names names;
    struct error err;
    if (!guard_read(guarding->mem, function->object.body, GUARD_BODY, &names, &err))
        return refuse_object(guarding, &function->object, origin,
                             mem_printf(guarding->mem, "is refused for its body: %s", err.message));
    names_add(guarding, &names, function);
    return true;
}

static bool inside_add(struct guarding *guarding, const struct guard_object *object, size_t number)
{
    static const struct guard_path our_own = {0};
    struct origin *origin = guarding->origins[number];
    const struct guard_path *path = origin->in == NULL ? &our_own : &origin->in->path;
    struct guard_path behind = guard_path_behind(guarding->mem, path, object);
    if (is_reached(guarding, object, &behind))
        return true;
    struct reached *reached = mem_new(guarding->mem, struct reached);
    *reached = (struct reached){.object = *object,
                                .path = behind,
                                .origin = number,
                                .depth = origin->in == NULL ? 1 : origin->in->depth + 1};
    if (reached->depth > DEPTH_MAX || guarding->n_reached >= OBJECTS_MAX)
        return refuse_object(guarding, object, origin,
                             "stands behind too many others to judge them all");
    *mem_append(guarding->mem, guarding->reached, guarding->n_reached) = reached;
    origin_add(guarding, NULL, reached);
    if (object->body != NULL)
        return body_read(guarding, reached, origin);
    return true;
}

static bool row_judge(struct guarding *guarding, const PGresult *result, int row)
{
    size_t number = strtoul(text_at(result, row, "origin"), NULL, 10);
    struct origin *origin = guarding->origins[number];
    struct guard_object object = guard_object_read(result, row);
    const char *why;
    origin->is_found = origin->is_found || letter_at(result, row, "is_meant") == 't';
    switch (guard_judge(guarding->mem, &object, &why)) {
    case GUARD_REFUSED: return refuse_object(guarding, &object, origin, why);
    case GUARD_INSIDE: return inside_add(guarding, &object, number);
    case GUARD_ALLOWED:
    default: return true;
    }
}

// x.f is a column where no function is. The server's own operators are not asked for by name alone.
static bool may_be_nothing(const struct guard_name *name)
{
    return name->use == GUARD_ATTRIBUTE || (name->use == GUARD_OPERATOR && name->schema == NULL);
}

static bool names_check(struct guarding *guarding, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++) {
        const struct origin *origin = guarding->origins[i];
        if (origin->name != NULL && !origin->is_found && !may_be_nothing(origin->name))
            return refuse_name(guarding, origin);
    }
    return true;
}

static bool level_judge(struct guarding *guarding)
{
    PGresult *result;
    TRY(ask(guarding, &result));
    size_t start = guarding->n_asked;
    size_t end = guarding->n_origins;
    guarding->n_asked = end;
    for (int row = 0; row < PQntuples(result); row++)
        TRY(row_judge(guarding, result, row));
    return names_check(guarding, start, end);
}

// Names are folded and cut by the server in its own encoding, and here in UTF-8.
static bool encoding_check(struct guarding *guarding, const struct guard_names *names)
{
    const char *encoding =
        PQparameterStatus(connection_handle(guarding->engine->connection), "server_encoding");
    if (encoding != NULL && strcmp(encoding, "UTF8") == 0)
        return true;
    for (size_t i = 0; i < names->n; i++) {
        for (const char *c = names->names[i].name; *c != '\0'; c++) {
            if ((unsigned char)*c >= 0x80)
                return refuse(guarding, mem_printf(guarding->mem,
                                                   "the name '%s' is not ASCII, and the database's "
                                                   "encoding %s not UTF8",
                                                   names->names[i].name,
                                                   encoding != NULL ? encoding : "unknown"));
        }
    }
    return true;
}

bool guard_allow(struct engine *engine, const char *sql, struct error *err)
{
    SCRATCH(tmp);
    struct guarding guarding = {.mem = tmp, .engine = engine, .sql = sql, .err = err};
    struct guard_names names;
    struct error words;
    if (!guard_read(tmp, sql, GUARD_QUESTION, &names, &words))
        return refuse(&guarding, words.message);
    TRY(encoding_check(&guarding, &names));
    guard_cache_leave_out(engine, &names);
    names_add(&guarding, &names, NULL);
    while (guarding.n_asked < guarding.n_origins)
        TRY(level_judge(&guarding));
    guard_cache_add(engine, &names);
    return true;
}
