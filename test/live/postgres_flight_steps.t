#!/bin/sh
# Steps of SQL on PostgreSQL: a session of a killed flight that is still at work, a lock that is not to be had, a database
# that is another one than when the flight began.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_start
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
fly() { "$TMINUS" "$@"; }
fresh()
{
    rm -rf state migrations
    postgres_database flight_target
    export DATABASE_URL="$database_url"
    mkdir migrations
    echo 'CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL);' >migrations/0001_orders.up.sql
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
    postgres_sql flight_target "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
        CREATE TABLE granted (i int); CREATE TABLE pace (seconds int); INSERT INTO pace VALUES (0)"
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 || show "$tmp/fresh"
    postgres_sql flight_target "INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 50) n"
    echo 'ALTER TABLE orders ADD COLUMN currency text;' >migrations/0002_currency.up.sql
    echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0002_currency.down.sql
}
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations, migrate: {lock_timeout: 500ms, attempts: 1}}
    gates: {optional: [rehearsal, effects, rollback, backup, approved, risk]}
    steps:
      - {name: grant, at: after_migrations, sql: grant.sql, undo: ungrant.sql, read_back: {sql: "SELECT count(*) FROM granted", expect: 1}}
END
echo 'INSERT INTO granted VALUES (1); SELECT pg_sleep((SELECT seconds FROM pace));' >grant.sql
echo 'DELETE FROM granted;' >ungrant.sql
rows() { postgres_sql flight_target 'SELECT count(*) FROM granted'; }
sleeping() { postgres_super flight_target "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep((%' AND state = 'active' AND pid <> pg_backend_pid()"; }

fresh
ends 0 'done' fly step grant
ends 0 'done before' fly step grant
ends 0 'taken back' fly step grant --undo
is 'taken back: no row' "$(rows)" 0
mkfifo holding
psql -q "$DATABASE_URL" <holding >"$tmp/locker" 2>&1 &
locker=$!
exec 7>holding
echo 'BEGIN; LOCK TABLE granted;' >&7
for i in $(seq 100); do
    [ "$(postgres_super flight_target "SELECT count(*) FROM pg_locks WHERE relation = 'granted'::regclass AND mode = 'AccessExclusiveLock' AND granted")" = 0 ] || break
    sleep 0.05
done
run fly step grant
is 'a table that somebody holds: nothing is there, or nobody can say' "$(case $status in 3 | 4) echo yes ;; *) echo "$status" ;; esac)" yes
exec 7>&-
wait $locker 2>/dev/null
is 'a table that somebody holds: no row' "$(rows)" 0

# Killed while its session is at work on the server, where it goes on until its statement has ended.
postgres_sql flight_target 'UPDATE pace SET seconds = 5'
"$TMINUS" launch --version v2 >"$tmp/launched" 2>&1 &
pilot=$!
for i in $(seq 300); do
    [ "$(sleeping)" = 0 ] || break
    sleep 0.05
done
verb=$(pgrep -P $pilot)
kill -9 $pilot $verb
wait $pilot 2>/dev/null
is 'killed: the session is at work' "$(sleeping)" 1
postgres_sql flight_target 'UPDATE pace SET seconds = 0'
ends 0 'killed within SQL, and resumed' fly resume
is 'it took effect once' "$(rows)" 1

# The address leads elsewhere: not the database of the flight's baseline.
fresh
echo "SELECT pg_sleep(0); SELECT 1 / 0;" >grant.sql
ends 5 'SQL that fails, behind migrations that were not rehearsed' fly launch --version v2
says 'SQL that fails: where' out 'grant.sql:1:21: '
flight=$(fly status --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["flight"])')
postgres_database flight_other
postgres_sql flight_other 'CREATE TABLE granted (i int)'
ends 6 'another database than the flight began with' env DATABASE_URL="$database_url" TMINUS_FLIGHT="$flight" "$TMINUS" step grant
says 'another database: said' err "is not the database of the flight's baseline"
done_testing
