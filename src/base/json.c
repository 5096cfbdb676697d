/*
 * JSON: building and reading documents with jansson.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"

void json_put(json_t *object, const char *name, json_t *value)
{
    if (value == NULL || json_object_set_new(object, name, value) != 0)
        bug("json: member '%s' cannot be set", name);
}

json_t *json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    SCRATCH(tmp);
    return json_string(text_to_utf8(tmp, text, strlen(text)));
}

void json_put_text(json_t *object, const char *name, const char *text)
{
    json_put(object, name, json_text(text));
}

void json_put_integer(json_t *object, const char *name, int64_t value)
{
    json_put(object, name, json_integer(value));
}

void json_put_real(json_t *object, const char *name, double value)
{
    json_t *real = json_real(value);
    json_put(object, name, real == NULL ? json_null() : real); // NaN and infinity are no JSON
}

void json_put_bool(json_t *object, const char *name, bool value)
{
    json_put(object, name, json_boolean(value));
}

json_t *json_put_array(json_t *object, const char *name)
{
    json_t *array = json_array();
    json_put(object, name, array);
    return array;
}

json_t *json_put_object(json_t *object, const char *name)
{
    json_t *member = json_object();
    json_put(object, name, member);
    return member;
}

bool json_read(const char *path, const char *text, size_t len, json_t **out, struct error *err)
{
    json_error_t cause;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &cause);
    if (value == NULL) {
        int column = cause.column > 0 ? cause.column : 1;
        return error_set(err, ERROR_INPUT, "%s:%d:%d: not valid JSON: %s", path, cause.line, column,
                         cause.text);
    }
    *out = value;
    return true;
}

const char *json_get_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int64_t json_get_integer(const json_t *object, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

char *json_canonical(TALLOC_CTX *mem, const json_t *value)
{
    char *dump = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (dump == NULL)
        bug("json: a value cannot be printed");
    char *text = mem_strdup(mem, dump);
    free(dump);
    return text;
}

static int let_go(json_t **held)
{
    json_decref(*held);
    return 0;
}

json_t *json_keep(TALLOC_CTX *mem, json_t *value)
{
    json_t **held = mem_new(mem, json_t *);
    *held = value;
    talloc_set_destructor(held, let_go);
    return value;
}

// As deep as documents of ours are.
void json_hide(json_t *value)
{
    SCRATCH(tmp);
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_string(value))
        json_string_set(value, secret_hide(tmp, json_string_value(value)));
    json_array_foreach(value, i, member)
    {
        json_hide(member);
    }
    json_object_foreach(value, name, member)
    {
        json_hide(member);
    }
}
