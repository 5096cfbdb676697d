/*
 * Flags that are a row of the database: one value, asked through the guarded channel.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/flag.h"

struct found {
    TALLOC_CTX *mem;
    size_t rows;
    const char *text; // NULL: NULL
};

static bool take_row(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    struct found *found = context;
    (void)names;
    if (found->rows++ == 0 && n == 1 && !values[0].is_null)
        found->text = mem_strndup(found->mem, values[0].text, values[0].len);
    return found->rows < 2;
}

static bool ask(TALLOC_CTX *mem, const struct flag_request *request, struct found *found,
                struct error *err)
{
    const struct engine_driver *driver;
    struct engine *engine;
    const struct engine_open_options options = {
        .url = request->url,
        .read_only = true,
        .allow_superuser = request->allow_superuser,
        .timeout_ms = request->flag->timeout_ms,
        .connections = 1,
        .name = "tminus/flag",
        .wait = request->wait,
    };
    TRY(engine_driver_for(request->engines, request->url, &driver, err));
    TRY(driver->session->open(mem, &options, &engine, err));
    return driver->session->query(engine, request->flag->show[0], take_row, found, err);
}

static bool sql_read(TALLOC_CTX *mem, const struct flag_request *request, struct flag_answer *out,
                     struct error *err)
{
    SCRATCH(tmp);
    struct found found = {.mem = tmp};
    struct error cause = {0};
    if (request->url == NULL)
        return error_set(err, ERROR_CONFIG, "flag '%s': there is no database to ask",
                         request->flag->name);
    *out = (struct flag_answer){.value = FLAG_UNKNOWN};
    if (!ask(tmp, request, &found, &cause)) {
        if (cause.code == ERROR_INTERRUPTED || cause.code == ERROR_CONFIG) {
            *err = cause;
            return false;
        }
        out->text = mem_strdup(mem, cause.message);
    } else if (found.rows != 1 || found.text == NULL) {
        out->text = mem_strdup(mem, found.rows == 0  ? "its query gives no row"
                                    : found.rows > 1 ? "its query gives more than one row"
                                                     : "its query gives no single value");
    } else {
        out->value = flag_value_read(found.text);
        out->text = mem_printf(mem, "its query gives '%s'", found.text);
    }
    return true;
}

const struct flag_driver flag_sql = {.name = "sql", .read = sql_read};
