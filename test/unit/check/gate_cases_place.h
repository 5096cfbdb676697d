/*
 * Cases of gates about what is there to run: commands, flags, keys, room.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef GATE_CASES_PLACE_H
#define GATE_CASES_PLACE_H

#include "gate_spoilers.h"

static void large(struct good_facts *good)
{
    good->facts.size.lines = 201;
}
static void large_allowed(struct good_facts *good)
{
    large(good);
    good->gates.max_lines = 201;
}
static void no_range(struct good_facts *good)
{
    good->facts.size = (struct gate_size){0};
}
static void no_revision(struct good_facts *good)
{
    good->facts.size.unknown = "no revision 'x'";
}
static void key_missing(struct good_facts *good)
{
    good->keys[1] = (struct gate_key){.name = "MAIL_HOST"};
}
static void key_empty(struct good_facts *good)
{
    good->keys[0].is_empty = true;
}
static void key_placeholder(struct good_facts *good)
{
    good->keys[0].is_placeholder = true;
}
static void keys_unread(struct good_facts *good)
{
    good->facts.keys_unknown = ".env: no such file";
}
static void secret_old(struct good_facts *good)
{
    good->secret.age_ms = 91 * DAY_MS;
}
static void secret_unknown(struct good_facts *good)
{
    good->secret.unknown = "no such file";
}
static void disk_full(struct good_facts *good)
{
    good->facts.disk.free_bytes = 1000;
}
static void disk_not_needed(struct good_facts *good)
{
    good->facts.disk = (struct gate_disk){.unknown = "not known"};
}
static void disk_unknown(struct good_facts *good)
{
    good->facts.disk.unknown = "df ended with 1";
}
static void table_unknown(struct good_facts *good)
{
    good->facts.disk.needed_bytes = -1;
}

static const struct gate_case gate_cases_place[] = {
    {"size", nothing, STATUS_PASS, "20 lines"},
    {"size", large_allowed, STATUS_PASS, "201 lines"},
    {"size", large, STATUS_FAIL, "201 lines"},
    {"size", no_range, STATUS_UNKNOWN, "no range is named: --base REV, or gates.size.base"},
    {"size", no_revision, STATUS_UNKNOWN, "no revision 'x'"},
    {"commands", nothing, STATUS_PASS, "1 are here"},
    {"commands", command_missing, STATUS_FAIL, "1 of 1 missing"},
    {"commands", no_commands, STATUS_UNKNOWN, "no commands are configured"},
    {"flags", nothing, STATUS_PASS, "1 answer"},
    {"flags", flag_on_by_us, STATUS_PASS, "1 answer"},
    {"flags", flag_on, STATUS_FAIL, "1 of 1 on, and no flight switched it on"},
    {"flags", flag_silent, STATUS_UNKNOWN, "of 1 the value is not known"},
    {"flags", no_flags, STATUS_UNKNOWN, "no flags are configured"},
    {"keys", nothing, STATUS_PASS, "2 of 2 are"},
    {"keys", key_missing, STATUS_FAIL, "1 of 2 are not"},
    {"keys", key_empty, STATUS_FAIL, NULL},
    {"keys", key_placeholder, STATUS_FAIL, NULL},
    {"keys", keys_unread, STATUS_UNKNOWN, ".env: no such file"},
    {"secrets", nothing, STATUS_PASS, "1 young enough"},
    {"secrets", secret_old, STATUS_FAIL, "1 of 1 too old"},
    {"secrets", secret_unknown, STATUS_UNKNOWN, "of 1 the age is not known"},
    {"disk", nothing, STATUS_PASS, NULL},
    {"disk", disk_not_needed, STATUS_PASS, "nothing is rewritten"},
    {"disk", disk_full, STATUS_FAIL, NULL},
    {"disk", disk_unknown, STATUS_UNKNOWN, "df ended with 1"},
    {"disk", table_unknown, STATUS_UNKNOWN, "public.t is rewritten, and its size is not known"},
};

#endif
