/*
 * Probes by SQL: one value, asked through the engine's guarded channel.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "change/expected_value.h"
#include "driver/probe.h"

#define SHOWN 120

struct found {
    TALLOC_CTX *mem;
    size_t rows;
    size_t columns;
    const char *text; // of the first row; NULL: NULL
};

static bool take_row(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    struct found *value = context;
    (void)names;
    value->columns = n;
    if (value->rows++ == 0 && !values[0].is_null)
        value->text = mem_strndup(value->mem, values[0].text, values[0].len);
    return value->rows < 2; // more than one is too many, however many there are
}

// A bound is compared with a number, and with nothing else.
static bool is_comparable(const struct config_expectation *expect, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return !expected_value_is_number(expect) || (end != text && *end == '\0' && *out == *out);
}

static void judge(TALLOC_CTX *mem, const struct config_health *check, const struct found *value,
                  struct probe_answer *out)
{
    SCRATCH(tmp);
    double number;
    out->cause = "answered";
    out->expected = expected_value_text(mem, &check->value);
    if (value->rows != 1 || value->columns != 1) {
        out->text = value->rows == 0 ? mem_strdup(mem, "its query gives no row")
                                     : mem_printf(mem, "its query gives more than one value");
        return;
    }
    if (value->text == NULL) {
        out->text = mem_strdup(mem, "its query gives NULL");
        return;
    }
    const char *shown = text_shorten(tmp, value->text, strlen(value->text), SHOWN);
    bool is_known = is_comparable(&check->value, value->text, &number);
    bool is_right = is_known && expected_value_holds(&check->value, number, value->text);
    out->observed = mem_strdup(mem, shown);
    out->status = is_right ? PROBE_PASS : is_known ? PROBE_FAIL : PROBE_UNKNOWN;
    out->text = is_right ? mem_printf(mem, "its query gives %s", shown)
                         : mem_printf(mem, "its query gives %s, expected %s", shown, out->expected);
}

static bool ask(TALLOC_CTX *mem, const struct probe_request *request, struct found *value,
                struct error *err)
{
    const struct engine_driver *driver;
    struct engine *engine;
    const char *sql;
    const struct engine_open_options options = {
        .url = request->url,
        .read_only = true,
        .allow_superuser = request->allow_superuser,
        .timeout_ms = request->check->timeout_ms,
        .connections = 1,
        .name = "tminus/health",
        .wait = request->wait,
    };
    TRY(probe_fill(mem, request, request->check->sql, &sql, err));
    TRY(engine_driver_for(request->engines, request->url, &driver, err));
    TRY(driver->session->open(mem, &options, &engine, err));
    return driver->session->query(engine, sql, take_row, value, err);
}

static bool sql_probe(TALLOC_CTX *mem, const struct probe_request *request,
                      struct probe_answer *out, struct error *err)
{
    SCRATCH(tmp);
    struct found value = {.mem = tmp};
    struct error cause = {0};
    if (request->url == NULL)
        return error_set(err, ERROR_CONFIG, "health check '%s': there is no database to ask",
                         request->check->name);
    *out = (struct probe_answer){.status = PROBE_UNKNOWN};
    if (ask(tmp, request, &value, &cause)) {
        judge(mem, request->check, &value, out);
        return true;
    }
    if (cause.code == ERROR_INTERRUPTED || cause.code == ERROR_CONFIG) {
        *err = cause;
        return false;
    }
    // A database that does not answer fails the check; a question that may not be put says nothing.
    bool is_away = cause.code == ERROR_UNREACHABLE;
    out->status = is_away ? PROBE_FAIL : PROBE_UNKNOWN;
    out->cause = is_away ? "unreachable" : "not_allowed";
    out->expected = expected_value_text(mem, &request->check->value);
    out->text = mem_strdup(mem, cause.message);
    return true;
}

const struct probe_driver probe_sql = {.name = "sql", .kind = HEALTH_SQL, .ask = sql_probe};
