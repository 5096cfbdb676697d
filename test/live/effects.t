#!/bin/sh
# Flawed migrations and their harmless twins, each rehearsed on a copy: the flawed one must be caught, by a reason that
# names it; the twin, which does the same job right, must come out quiet. One file a case in effects/, sections as
# `---- NAME`:
#
#   head     engines: those it runs on. says: words that the report of the flawed one must have, one line each
#   setup    the database as it was; rows(N): a table of one column i, 1 to N
#   flawed up, flawed down, harmless up, harmless down
#   ENGINE:NAME   likewise, for that engine alone, in its place
#
# `effects.t CASE…` runs those alone; a case of both engines runs on SQLite, unless EFFECTS_ENGINE says another, or
# all. EFFECTS_KEEP: a folder to keep the reports in.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

cases=$SOURCE/test/live/effects
reports=${EFFECTS_KEEP-$tmp/reports}
mkdir -p "$reports"

# section FILE ENGINE NAME: its text; fails when there is none.
section()
{
    awk -v one="---- $3" -v own="---- $2:$3" '
        /^---- / { at = $0; next }
        at == one { general = general $0 "\n" }
        at == own { special = special $0 "\n" }
        END { text = special != "" ? special : general; printf "%s", text; exit text == "" }' "$1" |
        sed 's/rows(\([0-9]*\))/(WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < \1) SELECT i FROM counted) AS numbered/'
}

# heads FILE KEY: the values of a key of the head.
heads()
{
    section "$1" - head | sed -n "s/^$2: //p"
}

# engines FILE
engines()
{
    case ${EFFECTS_ENGINE-} in
    '') heads "$1" engines | tr ' ' '\n' | sort -r | head -1 ;;
    all) heads "$1" engines | tr ' ' '\n' ;;
    *) heads "$1" engines | tr ' ' '\n' | grep -x "$EFFECTS_ENGINE" ;;
    esac
}

# prepare_ENGINE NAME FILE FOLDER: the database, and FOLDER/tminus.yaml that names it.
prepare_sqlite()
{
    section "$2" sqlite setup >"$3/setup.sql"
    sqlite3 -bail "$3/data.db" <"$3/setup.sql" >"$3/setup.log" 2>&1 || return 1
    echo "environments: {copy: {database: {url: \"sqlite:$3/data.db\", migrations: migrations}}}" >"$3/tminus.yaml"
}

prepare_postgres()
{
    section "$2" postgres setup >"$3/setup.sql"
    postgres_sql postgres "CREATE DATABASE \"$1\"" && postgres_file "$1" "$3/setup.sql" >"$3/setup.log" 2>&1 || return 1
    address=postgresql://deployer@127.0.0.1:$postgres_port
    echo "environments: {copy: {database: {url: \"$address/target\", migrations: migrations}, rehearsal: {from: template, template: \"$1\", server: \"$address/postgres\"}}}" >"$3/tminus.yaml"
}

# rehearse_one FILE ENGINE FORM FOLDER: report and status of one of the two.
rehearse_one()
{
    rm -rf "$4/migrations"
    mkdir "$4/migrations"
    name=1_change
    section "$1" "$2" "$3 up" >"$4/migrations/$name.up.sql" || echo '-- none' >"$4/migrations/$name.up.sql"
    section "$1" "$2" "$3 down" >"$4/migrations/$name.down.sql" || rm "$4/migrations/$name.down.sql"
    (cd "$4" && TMINUS_STATE=$4/state "$TMINUS" rehearse >"$reports/$5.$3" 2>&1 </dev/null)
    echo "$?" >"$reports/$5.$3.status"
}

rehearse_case()
{
    case_name=$(basename "$1" .case)-$2
    folder=$tmp/$case_name
    mkdir "$folder"
    if ! "prepare_$2" "$case_name" "$1" "$folder"; then
        cp "$folder/setup.log" "$reports/$case_name.setup"
        return
    fi
    for form in flawed harmless; do
        rehearse_one "$1" "$2" "$form" "$folder" "$case_name"
    done
    rm -rf "$folder"
}

# judge_flawed FILE NAME: not GO, and every word of the head is there.
judge_flawed()
{
    report=$reports/$2.flawed
    echo "$2, flawed: $(tail -3 "$report" 2>/dev/null | head -1)" >"$tmp/title"
    missing=$(heads "$1" says | while IFS= read -r words; do
        grep -qF -- "$words" "$report" || echo "$words"
    done)
    case $(cat "$report.status" 2>/dev/null) in 1 | 3) ;; *) missing="a verdict of NO-GO or HOLD $missing" ;; esac
    [ -z "$missing" ]
    result $? "$2: the flaw is caught"
    [ -z "$missing" ] || { echo "# missing: $missing"; [ ! -e "$report" ] || show "$report"; }
}

# judge_harmless NAME: GO, and nothing that somebody had to look at.
judge_harmless()
{
    report=$reports/$1.harmless
    [ "$(cat "$report.status" 2>/dev/null)" = 0 ] && ! grep -q '^  *\(warn\|stop\) ' "$report"
    quiet=$?
    result $quiet "$1: its twin is quiet"
    [ $quiet -eq 0 ] || [ ! -e "$report" ] || show "$report"
}

if [ $# -gt 0 ]; then
    chosen=$(for name; do echo "$cases/$name.case"; done)
else
    chosen=$(ls "$cases"/*.case)
fi
postgres_start
postgres_sql postgres 'CREATE DATABASE target'

# Two at a time: the machine's processors.
n_running=0
for file in $chosen; do
    for engine in $(engines "$file"); do
        rehearse_case "$file" "$engine" &
        n_running=$((n_running + 1))
        [ $((n_running % 2)) -ne 0 ] || wait
    done
done
wait
for file in $chosen; do
    for engine in $(engines "$file"); do
        name=$(basename "$file" .case)-$engine
        [ ! -e "$reports/$name.setup" ] || show "$reports/$name.setup"
        judge_flawed "$file" "$name"
        judge_harmless "$name"
    done
done
done_testing
