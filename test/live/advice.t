#!/bin/sh
# Advice: what the hints of findings say in SQL is SQL that the server runs. Each rule's page gives a schema and
# a statement; the statements of every hint on it are run behind that schema, in their order. Those that mend what
# the statement leaves behind are run behind it.
#
# A hint is prose with statements in it: pieces between semicolons that begin with a verb of SQL. Those with an
# ellipsis, or a comment where people must write something, are for reading only.
#
# SPDX-License-Identifier: Apache-2.0
. "$SOURCE/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
database=tminus_advice
postgres_database $database

# blocks PAGE: $tmp/page/before.sql and bad.sql, with the page's own flags in $tmp/page/flags; false: no example.
blocks()
{
    rm -rf "$tmp/page" && mkdir "$tmp/page"
    awk -v to="$tmp/page/" '
        /^```sql before/ { part = "before.sql"; next }
        /^```sql bad/ { part = "bad.sql"; print > (to "flags"); next }
        /^```/ { part = ""; next }
        part != "" { print > (to part) }' "$1"
    : >>"$tmp/page/before.sql"
    grep -q '^```sql bad' "$1" && ! grep -q '^```sql up bad' "$1"
}

# Each rule's hints on each page: $tmp/hints/PAGE, RULE, a tab and the hint in one line.
hints()
{
    python3 - "$tmp/found" "$tmp/hints" <<'END'
import json, os, sys
for name in os.listdir(sys.argv[1]):
    with open(os.path.join(sys.argv[1], name)) as found, open(os.path.join(sys.argv[2], name), 'w') as hints:
        for finding in json.load(found)['findings']:
            hint = (finding['hint'] or '').replace('\\', r'\\').replace('\t', r'\t').replace('\n', r'\n')
            print(finding['rule'], hint, sep='\t', file=hints)
END
}

# The statements of the hints, one a line: RULE, a tab, SQL.
statements()
{
    awk -F '\t' '
        $2 ~ /\/\*/ { next }
        {
            gsub(/--[^\\]*\\n/, "", $2)
            gsub(/\\n/, " ", $2)
            n = split($2, piece, ";")
            for (i = 1; i <= n; i++) {
                sql = piece[i]
                sub(/^[^A-Z]*(ask first|before it|behind it|or|then|with): */, "", sql)
                sub(/^ *(ask first: *)?/, "", sql)
                sub(/ (before it|behind it|after it|first|in its own transaction)[,.]?.*$/, "", sql)
                if (sql ~ /\.\.\./ || sql ~ /, (then|and|or) /) continue
                if (sql ~ /^(ALTER (TABLE|INDEX|SEQUENCE|DOMAIN|TYPE)|CREATE (UNIQUE )?(INDEX|TABLE|SEQUENCE)|DROP (INDEX|TABLE|CONSTRAINT)|SELECT|WITH|UPDATE|DELETE FROM|INSERT INTO|REINDEX|VACUUM|REFRESH|ANALYZE|SET [a-z_]+ =|SET LOCAL) *[^ ]/)
                    print $1 "\t" sql
            }
        }' "$1"
}

# Syntax, names, kinds, what the server does not do: not the data, and not what a tool sets around it.
wrong='ERROR:  (42601|42P01|42703|42704|42883|42809|42P16|42P17|0A000)'

# refused FILE…: one of $tmp/page/sql does not run behind them; which and why is in $tmp/page/refused.
refused()
{
    {
        echo 'DROP SCHEMA public CASCADE; CREATE SCHEMA public;'
        cat "$@"
        printf '%s\n' '\set VERBOSITY verbose' '\warn advice'
        while IFS= read -r sql; do
            printf '%s\n' "$sql;" '\if :ERROR' "\warn of: $(printf '%s' "$sql" | tr -d "'\\\\\`")" '\endif'
        done <"$tmp/page/sql"
    } >"$tmp/page/session.sql"
    psql -X -q -A -t -d $database -f "$tmp/page/session.sql" >/dev/null 2>"$tmp/page/err"
    sed '/^advice$/,$!d' "$tmp/page/err" | awk -v wrong="$wrong" '
        $0 ~ wrong { why = $0; sub(/^.*ERROR:  /, "", why); next }
        /^of: / && why != "" { print why ": " substr($0, 5); why = "" }
        /ERROR:  / { why = "" }' >"$tmp/page/refused"
    [ -s "$tmp/page/refused" ]
}

n_run=0
: >"$tmp/refused"
mkdir "$tmp/found" "$tmp/hints"
for page in "$SOURCE"/docs/rules/*.md; do
    blocks "$page" || continue
    grep -q 'SQLite)$' "$page" && ! grep -q 'PostgreSQL' "$page" && continue
    "$TMINUS" assess --format json --dialect postgres --schema "$tmp/page/before.sql" "$tmp/page/bad.sql" \
        >"$tmp/found/$(basename "$page")" 2>/dev/null
done
hints
for page in "$SOURCE"/docs/rules/*.md; do
    [ -e "$tmp/hints/$(basename "$page")" ] && blocks "$page" || continue
    statements "$tmp/hints/$(basename "$page")" >"$tmp/page/advice"
    [ -s "$tmp/page/advice" ] || continue
    # Each rule's advice stands alone: behind the schema, not behind another's.
    for rule in $(cut -f 1 "$tmp/page/advice" | sort -u); do
        grep "^$rule	" "$tmp/page/advice" | cut -f 2 >"$tmp/page/sql"
        n_run=$((n_run + $(grep -c . "$tmp/page/sql")))
        refused "$tmp/page/before.sql" && refused "$tmp/page/before.sql" "$tmp/page/bad.sql" || continue
        sed "s|^|$(basename "$page" .md): $rule: |" "$tmp/page/refused" >>"$tmp/refused"
    done
done
[ ! -s "$tmp/refused" ]
result $? 'no hint holds a statement that the server refuses'
show "$tmp/refused"
[ "$n_run" -ge 100 ]
result $? "enough of them were run: $n_run"
postgres_sql postgres "DROP DATABASE $database"
done_testing
