/*
 * SQLite's keywords, as the library knows them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/quoting.h"
#include <sqlite3.h>
#include <string.h>

bool sqlite_reserves(const char *word)
{
    return sqlite3_keyword_check(word, (int)strlen(word)) != 0;
}
