/*
 * The undo logs of migrations: see undo_log.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/undo_log.h"
#include "base/digest.h"
#include <ctype.h>
#include <string.h>

// "0002_add_x_1a2b3c4d_5e6f7a8b9c0d": what people know it by, the version, the text.
#define SHOWN 15
#define VERSION_DIGITS 8
#define TEXT_DIGITS 12
_Static_assert(SHOWN + 1 + VERSION_DIGITS + 1 + TEXT_DIGITS <= UNDO_ID_MAX, "the id is too long");

static char *version_part(TALLOC_CTX *mem, const char *version)
{
    struct digest_text digest = digest_of(version, strlen(version));
    char *text = mem_printf(mem, "%.*s", SHOWN, version);
    for (char *at = text; *at != '\0'; at++)
        *at = isalnum((unsigned char)*at) && (unsigned char)*at < 128 ? *at : '_';
    return mem_printf(mem, "%s_%.*s_", text, VERSION_DIGITS, digest.hex);
}

char *undo_log_id(TALLOC_CTX *mem, const char *version, const char *sha256)
{
    return mem_printf(mem, "%s%.*s", version_part(mem, version), TEXT_DIGITS, sha256);
}

bool undo_log_is_of(const char *id, const char *version)
{
    SCRATCH(tmp);
    const char *part = version_part(tmp, version);
    return strncmp(id, part, strlen(part)) == 0;
}

const struct engine_undo_log *undo_logs_find(const struct undo_logs *logs, const char *id)
{
    for (size_t i = 0; i < logs->n; i++)
        if (strcmp(logs->list[i].id, id) == 0)
            return &logs->list[i];
    return NULL;
}

const struct engine_undo_log *undo_logs_find_open(const struct undo_logs *logs, const char *version)
{
    for (size_t i = logs->n; i > 0; i--)
        if (!logs->list[i - 1].is_rolled_back && undo_log_is_of(logs->list[i - 1].id, version))
            return &logs->list[i - 1];
    return NULL;
}
