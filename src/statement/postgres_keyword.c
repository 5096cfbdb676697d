/*
 * PostgreSQL's keywords, as its own scanner knows them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/quoting.h"
#include <common/keywords.h>

bool postgres_reserves(const char *word)
{
    int keyword = ScanKeywordLookup(word, &ScanKeywords);
    // As pg_catalog.quote_ident: also what is reserved in some places only.
    return keyword >= 0 && ScanKeywordCategories[keyword] != UNRESERVED_KEYWORD;
}
