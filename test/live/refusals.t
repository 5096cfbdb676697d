#!/bin/sh
# What the server refuses on any data, and what it takes: `assess` says the same of each statement. Nothing expected is
# written here: test/live/refusals/*.sql hold a schema ("-- before") and behind "-- each" one case a line, and
# PostgreSQL says.
#
# SPDX-License-Identifier: Apache-2.0
. "$SOURCE/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
database=tminus_refusals
postgres_database $database

refusing='["object-missing-or-exists", "definition-refused", "write-refused", "literal-of-wrong-type",
    "function-replace-refused", "refresh-refused", "partitioned-table-refuses", "view-loses-column"]'

# One line for each of $tmp/each: "refused" with the server's words, or "taken".
server_answers()
{
    {
        echo 'DROP SCHEMA public CASCADE; CREATE SCHEMA public;'
        cat "$tmp/before.sql"
        printf '%s\n' '\set VERBOSITY terse' '\warn begun'
        while IFS= read -r line; do
            printf '%s\n' '\warn case' 'BEGIN;' "$line" 'ROLLBACK;'
        done <"$tmp/each"
    } >"$tmp/session.sql"
    psql -X -q -A -t -d $database -f "$tmp/session.sql" 2>&1 >/dev/null | sed '/^begun$/,$!d' | awk '
        function told() { if (n++ > 0) print why == "" ? "taken" : "refused" why }
        /^case$/ { told(); why = ""; next }
        /ERROR:  / && why == "" { why = $0; sub(/^.*ERROR: /, "", why) }
        END { told() }'
}

tminus_answers()
{
    while IFS= read -r line; do
        printf '%s\n' "$line" >"$tmp/case.sql"
        "$TMINUS" assess --format json --dialect postgres --schema "$tmp/before.sql" "$tmp/case.sql" 2>"$tmp/err" |
            jq -r --argjson rules "$refusing" '[.findings[] | select(.severity == "stop" and
                (.rule | IN($rules[])))] | if . == [] then "taken" else "refused " + .[0].message end'
    done <"$tmp/each"
}

for file in "$SOURCE"/test/live/refusals/*.sql; do
    sed -n '/^-- each/q; p' "$file" >"$tmp/before.sql"
    sed -n '1,/^-- each/d; /^--/d; /^$/d; p' "$file" >"$tmp/each"
    server_answers >"$tmp/server"
    tminus_answers >"$tmp/tminus"
    paste -d '|' "$tmp/server" "$tmp/tminus" "$tmp/each" | awk -F '|' '
        { server = $1 ~ /^refused/; tminus = $2 ~ /^refused/ }
        server != tminus { print }' >"$tmp/wrong"
    [ ! -s "$tmp/wrong" ] && [ "$(grep -c . "$tmp/server")" = "$(grep -c . "$tmp/each")" ]
    result $? "$(basename "$file" .sql): refused where the server refuses, and nowhere else"
    show "$tmp/wrong"
    grep -q '^refused' "$tmp/server" && grep -q '^taken' "$tmp/server"
    result $? "$(basename "$file" .sql): there are cases of both"
done
postgres_sql postgres "DROP DATABASE $database"
done_testing
