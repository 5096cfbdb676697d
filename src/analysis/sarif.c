/*
 * SARIF: reading of results, with the defaults of the standard.
 *
 * Source: OASIS SARIF 2.1.0, 3.27 result object, 3.19.23 rules, 3.50 default level.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/sarif.h"
#include "base/json.h"
#include "base/text.h"

struct sarif_place {
    const char *path; // of the SARIF file
    size_t run, result;
};

static bool malformed(struct error *err, const struct sarif_place *place, const char *what)
{
    return error_set(err, ERROR_INPUT, "%s: runs[%zu].results[%zu]: %s", place->path, place->run,
                     place->result, what);
}

static const json_t *rule_of(const json_t *driver, const json_t *result)
{
    const json_t *rules = json_object_get(driver, "rules");
    const json_t *index = json_object_get(result, "ruleIndex");
    if (json_is_integer(index) && json_integer_value(index) >= 0)
        return json_array_get(rules, (size_t)json_integer_value(index));
    const char *id = json_get_text(result, "ruleId");
    for (size_t i = 0; id != NULL && i < json_array_size(rules); i++) {
        const char *known = json_get_text(json_array_get(rules, i), "id");
        if (known != NULL && strcmp(known, id) == 0)
            return json_array_get(rules, i);
    }
    return NULL;
}

static enum severity severity_of(const json_t *result, const json_t *rule)
{
    const char *kind = json_get_text(result, "kind");
    if (kind != NULL && strcmp(kind, "fail") != 0)
        return SEVERITY_NOTE;
    const char *level = json_get_text(result, "level");
    if (level == NULL)
        level = json_get_text(json_object_get(rule, "defaultConfiguration"), "level");
    if (level == NULL || strcmp(level, "warning") == 0)
        return SEVERITY_WARN;
    return strcmp(level, "error") == 0 ? SEVERITY_STOP : SEVERITY_NOTE;
}

static bool is_left_out(const json_t *result)
{
    const char *state = json_get_text(result, "baselineState");
    return json_array_size(json_object_get(result, "suppressions")) > 0 ||
           (state != NULL && strcmp(state, "absent") == 0);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *path_of(TALLOC_CTX *mem, const char *uri)
{
    if (text_starts_with(uri, "file://"))
        uri += strlen("file://");
    char *path = mem_strdup(mem, uri);
    char *end = path;
    for (const char *c = uri; *c != '\0'; c++) {
        int high = *c == '%' ? hex_digit(c[1]) : -1;
        int low = high >= 0 ? hex_digit(c[2]) : -1;
        bool is_escape = low >= 0 && (high != 0 || low != 0);
        *end++ = is_escape ? (char)(high * 16 + low) : *c;
        c += is_escape ? 2 : 0;
    }
    *end = '\0';
    return path;
}

static const char *first_text(const json_t *object)
{
    const char *key;
    json_t *value;
    // jansson's macro takes no const.
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (json_is_string(value))
            return json_string_value(value);
    }
    return NULL;
}

static size_t line_of(const json_t *region, const char *name)
{
    int64_t value = json_get_integer(region, name, 0);
    return value > 0 ? (size_t)value : 0;
}

static bool read_result(const struct sarif_place *place, const json_t *driver, const json_t *result,
                        struct findings *out, struct error *err)
{
    SCRATCH(tmp);
    if (!json_is_object(result))
        return malformed(err, place, "not an object");
    if (is_left_out(result))
        return true;
    const json_t *rule = rule_of(driver, result);
    const char *id = json_get_text(result, "ruleId");
    if (id == NULL)
        id = json_get_text(rule, "id");
    const char *message = json_get_text(json_object_get(result, "message"), "text");
    if (id == NULL || message == NULL)
        return malformed(err, place, id == NULL ? "no ruleId" : "no message.text");
    const json_t *physical = json_object_get(
        json_array_get(json_object_get(result, "locations"), 0), "physicalLocation");
    const char *uri = json_get_text(json_object_get(physical, "artifactLocation"), "uri");
    const json_t *region = json_object_get(physical, "region");
    const char *help = json_get_text(json_object_get(rule, "help"), "text");
    const char *fingerprint = first_text(json_object_get(result, "partialFingerprints"));
    struct finding finding = {
        .rule = id,
        .severity = severity_of(result, rule),
        .path = uri == NULL ? place->path : path_of(tmp, uri),
        .line = line_of(region, "startLine"),
        .column = line_of(region, "startColumn"),
        .message = message,
        .hint = help == NULL ? "" : help,
        .fingerprint =
            fingerprint != NULL ? fingerprint : first_text(json_object_get(result, "fingerprints")),
        .tool = json_get_text(driver, "name"),
    };
    findings_add(out, &finding, message);
    return true;
}

static bool read_run(struct sarif_place *place, const json_t *run, struct findings *out,
                     struct error *err)
{
    const json_t *driver = json_object_get(json_object_get(run, "tool"), "driver");
    if (json_get_text(driver, "name") == NULL)
        return error_set(err, ERROR_INPUT, "%s: runs[%zu]: no tool.driver.name", place->path,
                         place->run);
    const json_t *results = json_object_get(run, "results");
    if (results == NULL || json_is_null(results))
        return error_set(err, ERROR_INPUT, "%s: runs[%zu]: no results: the tool did not finish",
                         place->path, place->run);
    if (!json_is_array(results))
        return error_set(err, ERROR_INPUT, "%s: runs[%zu]: 'results' is no array", place->path,
                         place->run);
    for (size_t i = 0; i < json_array_size(results); i++) {
        place->result = i;
        TRY(read_result(place, driver, json_array_get(results, i), out, err));
    }
    return true;
}

static bool read_document(const char *path, const json_t *document, struct findings *out,
                          struct error *err)
{
    const char *version = json_get_text(document, "version");
    const json_t *runs = json_object_get(document, "runs");
    if (version == NULL || strcmp(version, "2.1.0") != 0)
        return error_set(err, ERROR_INPUT, "%s: not SARIF 2.1.0 (version is %s%s%s)", path,
                         version != NULL ? "'" : "", version != NULL ? version : "missing",
                         version != NULL ? "'" : "");
    if (!json_is_array(runs))
        return error_set(err, ERROR_INPUT, "%s: no array 'runs'", path);
    struct sarif_place place = {.path = path};
    for (; place.run < json_array_size(runs); place.run++)
        TRY(read_run(&place, json_array_get(runs, place.run), out, err));
    return true;
}

bool sarif_read(const char *path, const char *text, size_t len, struct findings *out,
                struct error *err)
{
    json_t *document;
    TRY(json_read(path, text, len, &document, err));
    bool is_read = read_document(path, document, out, err);
    json_decref(document);
    return is_read;
}
