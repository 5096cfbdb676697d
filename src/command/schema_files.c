/*
 * Schema files: reading of --schema.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/schema_files.h"
#include "base/file.h"

bool schema_files_read(TALLOC_CTX *mem, const char *const *paths, size_t n,
                       struct assessment_options *options, struct error *err)
{
    struct script_source *schemas = mem_array(mem, struct script_source, n);
    for (size_t i = 0; i < n; i++) {
        char *text;
        TRY(file_read(mem, paths[i], FILE_SIZE_MAX, &text, &schemas[i].len, err));
        schemas[i].path = paths[i];
        schemas[i].text = text;
        schemas[i].end = schemas[i].len;
    }
    options->schemas = schemas;
    options->n_schemas = n;
    return true;
}
