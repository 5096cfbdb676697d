#!/bin/sh
# What downs leave, on a server: every case of downs_measured.txt is run, and pg_dump -s before the up and after the
# down must differ exactly where the file says that the schema does.
#
# SPDX-License-Identifier: Apache-2.0
. "$SOURCE/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

if ! command -v pg_dump > "$tmp/where" 2>&1; then
    skip "no pg_dump"
    done_testing
    exit 0
fi
postgres_shared
cases=$SOURCE/test/unit/analysis/downs_measured.txt

# A dump without what is drawn by lot in it.
shape()
{
    PGUSER=postgres pg_dump -s "$1" | grep -v '^\\'
}

n=0
wrong=
while IFS= read -r line; do
    case $line in
    "before "*)
        postgres_super postgres "DROP DATABASE IF EXISTS downs_before" 2>/dev/null
        postgres_super postgres "CREATE DATABASE downs_before" 2>/dev/null
        postgres_super downs_before "${line#before }" 2>/dev/null
        shape downs_before > "$tmp/before"
        continue ;;
    "up "*) ;;
    *) continue ;;
    esac
    up=${line#up } up=${up%% down *}
    down=${line#* down } down=${down% => *}
    postgres_super postgres "DROP DATABASE IF EXISTS downs_case" 2>/dev/null
    postgres_super postgres "CREATE DATABASE downs_case TEMPLATE downs_before" 2>/dev/null
    postgres_super downs_case "$up" > "$tmp/ran" 2>&1 || wrong="$wrong; up fails: $up"
    postgres_super downs_case "$down" > "$tmp/ran" 2>&1 || wrong="$wrong; down fails: $down"
    shape downs_case > "$tmp/after"
    shown=differs
    cmp -s "$tmp/before" "$tmp/after" && shown=restores
    said=differs
    [ "${line##* => }" = restores ] && said=restores
    [ $shown = $said ] || wrong="$wrong; the server $shown: $line"
    n=$((n + 1))
done < "$cases"
is "downs leave on a server what the file says" "$wrong" ""
[ "$n" -ge 95 ] && enough=yes
is "there are as many as there should be" "${enough:-$n}" yes
done_testing
