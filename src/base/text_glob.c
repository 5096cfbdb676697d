/*
 * Text: globs over paths. `*` and `?` stay within a name, `**` spans folders.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"

// Does the class at `glob` ("[a-z]", "[!x]") hold `letter`? `next` is behind it; a class without
// end is the letter '['.
static bool class_holds(const char *glob, char letter, const char **next)
{
    const char *at = glob + 1;
    bool is_inverted = *at == '!' || *at == '^';
    at += is_inverted;
    bool is_member = false;
    for (bool is_first = true; *at != '\0' && (is_first || *at != ']'); is_first = false) {
        bool is_range = at[1] == '-' && at[2] != '\0' && at[2] != ']';
        char last = is_range ? at[2] : *at;
        is_member = is_member || (letter >= *at && letter <= last);
        at += is_range ? 3 : 1;
    }
    if (*at == '\0') {
        *next = glob + 1;
        return letter == '[';
    }
    *next = at + 1;
    return is_member != is_inverted;
}

// Does one element of `glob` (no star) take `letter`?
static bool element_takes(const char *glob, char letter, const char **next)
{
    if (*glob == '[')
        return letter != '/' && class_holds(glob, letter, next);
    if (*glob == '\\' && glob[1] != '\0')
        glob++;
    else if (*glob == '?') {
        *next = glob + 1;
        return letter != '/';
    }
    *next = glob + 1;
    return *glob == letter;
}

bool text_glob_match(const char *glob, const char *path)
{
    // Where to go on after the last star when the rest does not fit: only the last of each matters.
    const char *star = NULL;
    const char *star_path = NULL;
    const char *folders = NULL;
    const char *folders_path = NULL;
    bool is_whole_names = false; // "**/" starts again behind a '/' only
    while (true) {
        if (glob[0] == '*' && glob[1] == '*') {
            glob += 2;
            is_whole_names = *glob == '/';
            glob += is_whole_names;
            folders = glob;
            folders_path = path;
            star = NULL;
            continue;
        }
        if (*glob == '*') {
            star = ++glob;
            star_path = path;
            continue;
        }
        const char *next = glob;
        if (*path == '\0' && *glob == '\0')
            return true;
        if (*path != '\0' && *glob != '\0' && element_takes(glob, *path, &next)) {
            glob = next;
            path++;
        } else if (star != NULL && *star_path != '\0' && *star_path != '/') {
            glob = star;
            path = ++star_path;
        } else if (folders != NULL && *folders_path != '\0') {
            if (is_whole_names)
                while (*folders_path != '\0' && *folders_path != '/')
                    folders_path++;
            if (*folders_path == '\0')
                return false;
            glob = folders;
            path = ++folders_path;
            star = NULL;
        } else {
            return false;
        }
    }
}
