/*
 * What assess gathers: the migrations, and what is known beside them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/sarif.h"
#include "base/file.h"
#include "change/layout.h"
#include "command/assess.h"
#include "command/schema_files.h"

// --- the change

static bool read_migrations(TALLOC_CTX *mem, const struct assess_request *request,
                            struct change **out, struct error *err)
{
    if (request->n_paths > 0)
        return change_read(mem, request->paths, request->n_paths, NULL, out, err);
    error_set(err, ERROR_USAGE, "nothing to assess: no PATH");
    return error_hint(err, "give a folder: tminus assess db/migrations");
}

// --- the dialect

static bool pick_dialect(const struct assess_request *request, enum dialect *out,
                         struct error *err)
{
    *out = DIALECT_POSTGRES;
    if (request->dialect == NULL || strcmp(request->dialect, "postgres") == 0)
        return true;
    if (strcmp(request->dialect, "sqlite") != 0)
        return error_set(err, ERROR_USAGE, "unknown dialect '%s', known are postgres, sqlite",
                         request->dialect);
    *out = DIALECT_SQLITE;
    return true;
}

// --- what is known beside the migrations

static bool read_sizes(TALLOC_CTX *mem, const char *path, struct assessment_options *options,
                       struct error *err)
{
    char *text;
    size_t len;
    struct sizes *sizes;
    TRY(file_read(mem, path, FILE_SIZE_MAX, &text, &len, err));
    TRY(sizes_read(mem, path, text, len, &sizes, err));
    options->sizes = sizes;
    return true;
}

// A file that is not there is an error of the command line; one that is malformed is an answer.
static bool read_findings(TALLOC_CTX *mem, const char *path, struct assessment_options *options,
                          struct error *err)
{
    char *text;
    size_t len;
    struct error cause;
    TRY(file_read(mem, path, FILE_SIZE_MAX, &text, &len, err));
    struct findings *findings = mem_new(mem, struct findings);
    findings->mem = findings;
    options->others_path = path;
    options->others = findings;
    if (sarif_read(path, text, len, findings, &cause))
        return true;
    options->others_malformed = true;
    options->others_reason = mem_strdup(mem, cause.message);
    return true;
}

bool assess_gather(TALLOC_CTX *mem, const struct assess_request *request,
                   struct assess_input *out, struct error *err)
{
    *out = (struct assess_input){.options = {.pg_version = request->pg_version}};
    TRY(pick_dialect(request, &out->options.dialect, err));
    TRY(read_migrations(mem, request, &out->change, err));
    TRY(schema_files_read(mem, request->schema_paths, request->n_schemas, &out->options, err));
    if (request->sizes_path != NULL)
        TRY(read_sizes(mem, request->sizes_path, &out->options, err));
    if (request->findings_path != NULL)
        TRY(read_findings(mem, request->findings_path, &out->options, err));
    return true;
}
