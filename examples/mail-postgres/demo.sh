#!/bin/sh
# The main job on PostgreSQL: 2,000,000 emails, an application that writes all the while, and a backfill that misses rows.
# What the migration missed and what the application wrote without the new column are told apart.
#
#   demo.sh [TMINUS [FOLDER [EMAILS]]]   the binary (build/tminus), a folder to work in (build/mail-postgres-demo)
#
# Starts a scratch server of its own and removes it. Ends 0 only when every answer was the expected one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tminus=$(realpath "${1:-$root/build/tminus}")
folder=${2:-$root/build/mail-postgres-demo}
emails=${3:-2000000}
server=$(mktemp -u /var/tmp/tminus-demo-XXXXXXXX)
traffic=

finish() {
    [ -z "$traffic" ] || kill "$traffic" 2>/dev/null || true
    "$root/tool/postgres-server" stop "$server"
}
trap finish EXIT
trap 'exit 130' INT TERM

rm -rf "$folder"
mkdir -p "$folder"
cp -r "$here/migrations" "$here/tminus.yaml" "$folder"
cd "$folder"
export TMINUS_STATE="$folder/state"

bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# run STATUS COMMAND…: show it as a person types it, run it, insist on its exit status.
run() {
    wanted=$1
    shift
    printf '\n$ tminus %s\n' "$*"
    status=0
    "$tminus" "$@" || status=$?
    [ "$status" -eq "$wanted" ] || { echo "demo: 'tminus $*' ended with $status, expected $wanted" >&2; exit 1; }
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }
# Run a migration; while its UPDATE works, an instance of the old release writes seven emails.
migrate_under_traffic() {
    printf '\n$ tminus migrate          (the application goes on: 200 writes a second)\n'
    "$tminus" migrate &
    migrating=$!
    while [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%UPDATE emails%' AND application_name LIKE 'tminus%' AND state = 'active'")" = 0 ]; do
        kill -0 "$migrating" 2>/dev/null || break
        sleep 0.1
    done
    sleep 0.5
    pgbench -n -t 7 -f "$here/old_release.sql" >/dev/null 2>&1
    wait "$migrating"
}

say "1. A scratch server with a mail database of $emails emails, and an application that writes to it"
"$root/tool/postgres-server" start "$server"
PGHOST=$server PGPORT=$(cat "$server/port") PGUSER=deployer PGDATABASE=postgres
export PGHOST PGPORT PGUSER PGDATABASE
sql 'CREATE DATABASE mail'
PGDATABASE=mail
export DATABASE_URL="postgresql://deployer@127.0.0.1:$PGPORT/mail"
"$here/make-database" "$emails"
pgbench -n -c 2 -R 200 -T 3600 -D emails="$emails" -f "$here/traffic.sql" >/dev/null 2>&1 &
traffic=$!

say "2. The change, judged with the catalog as it is"
run 0 assess --env production

say "3. What the data say, before anything is changed"
run 1 baseline save

say "4. It is applied all the same, and an instance of the old release is still there"
migrate_under_traffic

say "5. Whose are the rows without a category?"
run 1 verify

say "6. Undone; the mended backfill, under the same traffic"
run 0 migrate --undo --steps 1
cp "$here"/mended/* migrations/
run 0 baseline save
migrate_under_traffic
run 1 verify

say "7. The old release is gone, its seven emails are filled in"
sql 'UPDATE emails SET category_id = 1 WHERE category_id IS NULL'
run 0 verify
run 0 journal verify
