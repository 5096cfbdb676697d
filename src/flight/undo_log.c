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

// Of this version, whatever its up said then?
static bool is_of(const char *id, const char *version)
{
    SCRATCH(tmp);
    const char *part = version_part(tmp, version);
    return strncmp(id, part, strlen(part)) == 0;
}

static bool open_place(TALLOC_CTX *mem, const struct undo_log_place *place, bool read_only,
                       struct engine **out, struct error *err)
{
    const struct engine_open_options options = {
        .url = place->url,
        .read_only = read_only,
        .allow_superuser = true, // asked are only questions of ours
        .name = "tminus/undo-log",
        .wait = place->wait,
    };
    return place->driver->session->open(mem, &options, out, err);
}

bool undo_logs_read(TALLOC_CTX *mem, const struct undo_log_place *place, struct undo_logs *out,
                    const char **database, struct error *err)
{
    SCRATCH(tmp);
    struct engine *engine;
    struct engine_identity identity;
    struct undo_logs logs;
    TRY(open_place(tmp, place, true, &engine, err));
    TRY(place->driver->session->identity(tmp, engine, &identity, err));
    TRY(place->driver->undo->list(mem, engine, true, &logs.list, &logs.n, err));
    *database = mem_strdup(mem, identity.database);
    *out = logs;
    return true;
}

bool undo_log_drop(const struct undo_log_place *place, const char *id, struct error *err)
{
    SCRATCH(tmp);
    struct engine *engine;
    TRY(open_place(tmp, place, false, &engine, err));
    return place->driver->undo->drop(engine, id, err);
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
        if (!logs->list[i - 1].is_rolled_back && is_of(logs->list[i - 1].id, version))
            return &logs->list[i - 1];
    return NULL;
}
