/*
 * What a flight is bound to: see binding.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/binding.h"
#include "base/digest.h"
#include "base/text.h"
#include "journal/events.h"
#include <string.h>

// --- as the plan has it

json_t *binding_target_json(const struct engine_identity *identity)
{
    json_t *object = json_object();

    json_put_text(object, "engine", identity->engine);
    json_put_text(object, "system", identity->system);
    json_put_text(object, "database", identity->database);
    json_put_text(object, "text", identity->text);
    return object;
}

static json_t *text_json(const struct migration_text *text)
{
    if (text->path == NULL)
        return json_null();
    json_t *object = json_object();
    json_put_text(object, "sha256",
                  digest_of(text->text + text->start, text->end - text->start).hex);
    json_put_bool(object, "in_transaction", text->in_transaction);
    return object;
}

static json_t *migration_json(const struct migration *migration)
{
    json_t *object = json_object();

    json_put_text(object, "version", migration->version);
    json_put_text(object, "path", migration->path);
    json_put(object, "up", text_json(&migration->up));
    json_put(object, "down", text_json(&migration->down));
    return object;
}

json_t *binding_migrations_json(const struct change *pending)
{
    json_t *list = json_array();

    for (size_t i = 0; i < pending->n_migrations; i++)
        if (!pending->migrations[i].is_context && pending->migrations[i].up.path != NULL)
            json_array_append_new(list, migration_json(&pending->migrations[i]));
    return list;
}

// --- as the journal has it

struct folding {
    TALLOC_CTX *mem;
    struct binding *out;
};

static bool is_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_other(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) != 0;
}

static void take_start(const struct folding *folding, const json_t *data)
{
    struct binding *out = folding->out;
    const json_t *target = json_object_get(data, "target"), *step;
    size_t i;

    out->engine = mem_strdup(folding->mem, json_get_text(target, "engine"));
    out->system = mem_strdup(folding->mem, json_get_text(target, "system"));
    out->database = mem_strdup(folding->mem, json_get_text(target, "database"));
    out->text = mem_strdup(folding->mem, json_get_text(target, "text"));
    json_array_foreach(json_object_get(data, "steps"), i, step)
    {
        const json_t *list = json_object_get(json_object_get(step, "settings"), "migrations");
        if (json_is_array(list) && out->migrations == NULL)
            out->migrations = json_keep(folding->mem, json_deep_copy(list));
    }
}

static bool take(void *context, const json_t *event)
{
    static const char *const tellers[] = {EVENT_BASELINE_SAVED, EVENT_MIGRATION_STARTED,
                                          EVENT_MIGRATION_APPLIED};
    const struct folding *folding = context;
    struct binding *out = folding->out;
    const json_t *data = json_object_get(event, "data");
    const char *name = json_get_text(event, "event");

    if (is_same(name, EVENT_FLIGHT_STARTED) && is_same(json_get_text(data, "flight"), out->flight))
        take_start(folding, data);
    if (out->system != NULL || !is_same(json_get_text(event, "run"), out->flight) ||
        !is_same(json_get_text(data, "database"), out->database))
        return true;
    for (size_t i = 0; i < COUNT_OF(tellers); i++)
        if (is_same(name, tellers[i]))
            out->system = mem_strdup(folding->mem, json_get_text(data, "system"));
    return true;
}

bool binding_read(TALLOC_CTX *mem, struct journal *journal, const char *flight, struct binding *out,
                  struct error *err)
{
    struct folding folding = {.mem = mem, .out = out};

    *out = (struct binding){.flight = mem_strdup(mem, flight)};
    return journal_read(journal, 1, take, &folding, err);
}

// --- the database

// A role that may not read the server's identifier sees the database's number instead.
static bool is_number(const char *system)
{
    return system != NULL && text_starts_with(system, "database-");
}

static bool is_other_system(const struct binding *binding, const char *system)
{
    if (binding->system == NULL || is_number(binding->system) != is_number(system))
        return binding->system != NULL && system == NULL;
    return system == NULL || strcmp(binding->system, system) != 0;
}

// Some engines' line for people has the id already.
static const char *named(TALLOC_CTX *mem, const char *text, const char *system)
{
    const char *id = system == NULL ? "no id" : mem_printf(mem, "id %s", system);

    return text == NULL               ? id
           : strstr(text, id) != NULL ? text
                                      : mem_printf(mem, "%s, %s", text, id);
}

bool binding_check_target(const struct binding *binding, const struct engine_identity *identity,
                          struct error *err)
{
    SCRATCH(tmp);

    if (binding->engine == NULL || (!is_other(binding->engine, identity->engine) &&
                                    !is_other(binding->database, identity->database) &&
                                    !is_other_system(binding, identity->system)))
        return true;
    // Not a verdict about the flight's database: whoever asked for one holds.
    error_set(err, ERROR_UNKNOWN, "another database's identity: %s; flight %s is of %s",
              named(tmp, identity->text, identity->system), binding->flight,
              named(tmp, binding->text, binding->system));
    return error_hint(err, "nothing was touched; the address leads elsewhere than when the flight "
                           "began: tminus.yaml, or a variable of the shell");
}

bool binding_is_about(const struct binding *binding, const json_t *data)
{
    return !is_other(binding->database, json_get_text(data, "database")) &&
           !is_other(binding->system, json_get_text(data, "system"));
}

// --- the migrations

static bool is_entry_of(const json_t *entry, const struct migration *migration)
{
    const char *version = json_get_text(entry, "version");

    return version == NULL && migration->version == NULL
               ? is_same(json_get_text(entry, "path"), migration->path)
               : is_same(version, migration->version);
}

static bool fail_changed(const struct binding *binding, const char *path, const char *what,
                         struct error *err)
{
    error_set(err, ERROR_POLICY, "%s: %s since the gates of flight %s", path, what,
              binding->flight);
    return error_hint(err, "nothing was touched; bring it back as it was when the flight began, or "
                           "launch what it is now: then the gates ask about that");
}

static bool check_text(const struct binding *binding, const json_t *noted,
                       const struct migration *migration, const struct migration_text *text,
                       struct error *err)
{
    json_auto_t *now = text_json(text);

    if (json_equal(noted, now))
        return true;
    return fail_changed(binding, text->path == NULL ? migration->path : text->path, "was changed",
                        err);
}

static bool check_entry(const struct binding *binding, const json_t *entry,
                        const struct change *change, struct error *err)
{
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        if (!is_entry_of(entry, migration))
            continue;
        return check_text(binding, json_object_get(entry, "up"), migration, &migration->up, err) &&
               check_text(binding, json_object_get(entry, "down"), migration, &migration->down,
                          err);
    }
    return fail_changed(binding, json_get_text(entry, "path") ?: "a migration", "is gone", err);
}

bool binding_check_change(const struct binding *binding, const struct change *change,
                          struct error *err)
{
    const json_t *entry;
    size_t i;

    json_array_foreach(binding->migrations, i, entry) TRY(check_entry(binding, entry, change, err));
    return true;
}

bool binding_check_has(const struct binding *binding, const struct migration *migration,
                       struct error *err)
{
    const json_t *entry;
    size_t i;

    json_array_foreach(binding->migrations, i,
                       entry) if (is_entry_of(entry, migration)) return true;
    return binding->migrations == NULL ||
           fail_changed(binding, migration->path, "came to the change", err);
}
