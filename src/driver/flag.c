/*
 * Flags: see flag.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/flag.h"
#include "base/text.h"

const struct flag_driver *flag_driver_for(const struct flag_driver *const *drivers,
                                          const struct config_flag *flag)
{
    for (size_t i = 0; drivers[i] != NULL; i++)
        if (strcmp(drivers[i]->name, flag->kind) == 0)
            return drivers[i];
    bug("no flag driver '%s'", flag->kind);
}

bool flag_ask(TALLOC_CTX *mem, const struct flag_driver *const *drivers,
              const struct flag_request *request, struct flag_answer *out, struct error *err)
{
    TRY(flag_driver_for(drivers, request->flag)->read(mem, request, out, err));
    out->text = secret_hide(mem, out->text);
    return true;
}

enum flag_value flag_value_read(const char *text)
{
    SCRATCH(tmp);
    static const char *const on[] = {"on", "true", "t", "1", "enabled", "yes"};
    static const char *const off[] = {"off", "false", "f", "0", "disabled", "no"};
    const char *word = text_lower(tmp, text_shorten(tmp, text, strlen(text), 20));
    if (word_in(word, on, COUNT_OF(on)))
        return FLAG_ON;
    return word_in(word, off, COUNT_OF(off)) ? FLAG_OFF : FLAG_UNKNOWN;
}

const char *flag_value_name(enum flag_value value)
{
    static const char *const names[] = {"off", "on", "unknown"};
    return names[value];
}
