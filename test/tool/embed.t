#!/bin/sh
# tool/embed gives back every byte, by the name of the path.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

mkdir -p "$tmp/sql/store"
printf 'SELECT "a\\n", %s\n\t-- ??= ä\r\n' "'%d'" >"$tmp/sql/store/odd-name.sql"
: >"$tmp/sql/store/empty.sql"
ends 0 'files become C' "$SOURCE/tool/embed" "$tmp" "$tmp/made.c" "$tmp/made.h" \
    "$tmp/sql/store/odd-name.sql" "$tmp/sql/store/empty.sql"
cat >"$tmp/main.c" <<'C'
#include "made.h"
#include <stdio.h>
int main(void) { fputs(sql_store_odd_name, stdout); fputs(sql_store_empty, stdout); return 0; }
C
ends 0 'the C compiles' ${CC:-cc} -Wall -Wextra -Werror -I"$tmp" -o "$tmp/main" "$tmp/main.c" "$tmp/made.c"
"$tmp/main" >"$tmp/back"
ends 0 'every byte comes back' cmp "$tmp/back" "$tmp/sql/store/odd-name.sql"
ends 1 'a file that is not there' "$SOURCE/tool/embed" "$tmp" "$tmp/made.c" "$tmp/made.h" "$tmp/none.sql"
says 'a file that is not there is named' err 'none.sql: no such file'
mkdir "$tmp/sql/postgres"
printf 'SELECT 1 -- ASCII\n' >"$tmp/sql/postgres/good.sql"
printf 'SELECT 1 -- …\n' >"$tmp/sql/postgres/bad.sql"
ends 0 'a query to PostgreSQL' "$SOURCE/tool/embed" "$tmp" "$tmp/made.c" "$tmp/made.h" "$tmp/sql/postgres/good.sql"
ends 1 'one that some servers would refuse' "$SOURCE/tool/embed" "$tmp" "$tmp/made.c" "$tmp/made.h" "$tmp/sql/postgres/bad.sql"
says 'and why' err 'sql/postgres/bad.sql: not all of it is ASCII'
done_testing
