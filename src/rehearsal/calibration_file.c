/*
 * Calibration as a file: see calibration_file.h. A kind of work that was not measured is left out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/calibration_file.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include <stdlib.h>

#define FORMAT_NAME "tminus/calibration/1"

bool calibration_write(const struct calibration *calibration, const char *path, struct error *err)
{
    char *text = NULL;
    size_t len = 0;
    json_auto_t *document = json_object();
    json_put_text(document, "schema", FORMAT_NAME);
    json_t *work = json_put_object(document, "work");
    for (size_t i = 0; i < ESTIMATE_KIND_COUNT; i++) {
        const struct calibration_rate *rate = &calibration->rates[i];
        if (rate->bytes_per_s <= 0 && rate->rows_per_s <= 0)
            continue;
        json_t *object = json_put_object(work, estimate_kind_name((enum estimate_kind)i));
        json_put_real(object, "bytes_per_second", rate->bytes_per_s);
        json_put_real(object, "rows_per_second", rate->rows_per_s);
        json_put_text(object, "machine", rate->machine);
        json_put_text(object, "taken_at", rate->taken_at);
    }
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return error_set(err, ERROR_SYSTEM, "%s: no memory", path);
    json_write(out, document);
    fclose(out);
    bool is_written = file_write(path, text, len, 0600, err);
    free(text);
    return is_written;
}

// A rate that is no number above 0 was not measured; one that cannot be is a damaged file.
static bool rate_of(const json_t *object, const char *name, double *out)
{
    const json_t *value = json_object_get(object, name);
    *out = json_number_value(value);
    return value == NULL || (json_is_number(value) && *out >= 0 && *out < 1e15);
}

static bool read_rate(TALLOC_CTX *mem, const char *path, const json_t *object,
                      struct calibration_rate *out, struct error *err)
{
    struct calibration_rate rate = {0};
    int64_t taken_ms;
    const char *taken_at = json_get_text(object, "taken_at");
    if (!json_is_object(object) || !rate_of(object, "bytes_per_second", &rate.bytes_per_s) ||
        !rate_of(object, "rows_per_second", &rate.rows_per_s) || taken_at == NULL)
        return error_set(err, ERROR_INPUT, "%s: a rate in it is damaged", path);
    TRY(clock_parse(taken_at, &taken_ms, err));
    rate.taken_at = mem_strdup(mem, taken_at);
    const char *machine = json_get_text(object, "machine");
    rate.machine = mem_strdup(mem, machine ? machine : "unknown machine");
    *out = rate;
    return true;
}

bool calibration_read(TALLOC_CTX *mem, const char *path, struct calibration *out, bool *is_there,
                      struct error *err)
{
    SCRATCH(tmp);
    char *text;
    size_t len;
    json_t *read;
    struct calibration calibration = {0};
    if (file_kind(path) == FILE_MISSING) {
        *is_there = false;
        return true;
    }
    TRY(file_read(tmp, path, FILE_SIZE_MAX, &text, &len, err));
    TRY(json_read(path, text, len, &read, err));
    json_auto_t *document = read;
    const char *format = json_get_text(document, "schema");
    const json_t *work = json_object_get(document, "work");
    if (format == NULL || strcmp(format, FORMAT_NAME) != 0 || !json_is_object(work)) {
        error_set(err, ERROR_INPUT, "%s: not a calibration of tminus", path);
        return error_hint(err, "remove it; the next rehearsal measures anew");
    }
    for (size_t i = 0; i < ESTIMATE_KIND_COUNT; i++) {
        const json_t *object = json_object_get(work, estimate_kind_name((enum estimate_kind)i));
        if (object != NULL)
            TRY(read_rate(mem, path, object, &calibration.rates[i], err));
    }
    *out = calibration;
    *is_there = true;
    return true;
}
