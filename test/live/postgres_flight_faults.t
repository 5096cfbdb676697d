#!/bin/sh
# Faults in the middle of a flight on PostgreSQL: its server restarted within a migration, the connection cut around
# COMMITs of target and journal, a target that becomes read-only. The answer is right, and nothing is lost or done twice.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
. "$SOURCE/test/support/flight.sh"

# The optimised one where there is one: it is the server that matters here.
[ ! -x "${RELEASE-}/tminus" ] || TMINUS=$RELEASE/tminus
postgres_start
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as_server() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups -- "$@"; else "$@"; fi; }
restart() { (cd / && as_server "$bin/pg_ctl" -D "$postgres_folder/data" -l "$postgres_folder/log" -m "$1" -w restart >/dev/null); }
cat >tminus.yaml <<'END'
service: shop
store: {kind: postgres, url: "${STORE_URL}"}
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations}
    gates: {optional: [rehearsal, effects, rollback, backup, approved, risk]}
END
# Target at version 1 with rows, store empty. Made once, copied then.
postgres_database start_store
postgres_database start_target
mkdir migrations
echo 'CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL);' >migrations/0001_orders.up.sql
echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
postgres_sql start_target 'CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)'
STORE_URL="postgresql://deployer@127.0.0.1:$postgres_port/start_store" DATABASE_URL="$database_url" \
    "$TMINUS" migrate -q >fresh 2>&1 || show fresh
postgres_sql start_target "INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 300) n"
echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0002_currency.down.sql
# fresh [STATEMENT]: in the middle of the migration
fresh()
{
    rm -rf state
    for name in store target; do
        postgres_sql postgres "DROP DATABASE IF EXISTS $name WITH (FORCE)" 2>ignored
        postgres_sql postgres "CREATE DATABASE $name TEMPLATE start_$name"
    done
    export STORE_URL="postgresql://deployer@127.0.0.1:$postgres_port/store" DATABASE_URL="postgresql://deployer@127.0.0.1:$postgres_port/target"
    printf '%s\n' 'ALTER TABLE orders ADD COLUMN currency text;' "$1" "UPDATE orders SET currency = 'EUR';" >migrations/0002_currency.up.sql
}
columns() { postgres_sql target "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0 AND NOT attisdropped"; }
is_migrating() { [ "$(postgres_super target "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(9)%' AND pid <> pg_backend_pid()" 2>ignored)" != 0 ]; }

# --- the server of target and journal is restarted in the middle of the migration

for how in immediate fast; do
    fresh 'SELECT pg_sleep(9);'
    "$TMINUS" launch --version v2 >launched 2>&1 &
    pilot=$!
    for i in $(seq 300); do ! is_migrating || break; sleep 0.05; done
    restart $how
    wait $pilot
    status=$?
    is "restarted ($how): failed, and nothing is left" "$status $(state_of) $(columns)" '4 aborted id status'
    [ $status -eq 4 ] || show launched
    says "restarted ($how): what is told" launched 'nothing of the target was changed'
    ends 0 "restarted ($how): the journal is whole" fly journal verify
    sed -i '/pg_sleep/d' migrations/0002_currency.up.sql
    ends 0 "restarted ($how): flown anew" fly launch --version v2
    is "restarted ($how): at its end" "$(state_of) $(columns)" 'watching id status currency'
done

# --- a connection is cut around a COMMIT: of the target, of the journal

# cut WHEN TEXT WHOSE NAME EVENTS [BEHIND]: EVENTS are the flights and migrations in the journal
cut()
{
    fresh ''
    rm -rf proxy
    mkdir proxy
    python3 "$SOURCE/test/support/cutting_proxy" "$postgres_port" "$1" "$2" "$tmp/proxy" ${6:+"$6"} &
    proxy=$!
    until [ -s proxy/port ]; do sleep 0.05; done
    direct_store=$STORE_URL direct_target=$DATABASE_URL
    through="postgresql://deployer@127.0.0.1:$(cat proxy/port)/$3?sslmode=disable&gssencmode=disable"
    [ "$3" = store ] && STORE_URL=$through || DATABASE_URL=$through
    run fly launch --version v2
    kill $proxy
    wait $proxy 2>ignored
    STORE_URL=$direct_store DATABASE_URL=$direct_target
    is "cut $4: it was" "$(ls proxy | grep -c cut)" 1
    first=$status
    case $first in 0 | 4) ;; *) run fly resume ;; esac
    [ $first -ne 4 ] || run fly launch --version v2
    is "cut $4: flown to the end (first $first)" "$status $(state_of) $(columns)" '0 watching id status currency'
    [ "$status" -eq 0 ] || show out
    is "cut $4: once" "$(count flight-started) $(count migration-applied)" "$5"
    ends 0 "cut $4: the journal is whole" fly journal verify
}
cut before 'INSERT INTO tminus_store.event' store 'before the COMMIT of an event' '1 2'
cut after '"step-started"' store 'behind the COMMIT of an intent' '1 2'
cut after '"step-ended"' store 'behind the COMMIT of a result' '1 2'
cut after 'migration-applied' store "behind the COMMIT of a migration's result" '1 2'
cut after "SET currency = 'EUR'" target 'within the migration' '2 2'
cut before COMMIT target "before the migration's COMMIT" '2 2' "SET currency = 'EUR'"
cut after COMMIT target "behind the migration's COMMIT" '1 2' "SET currency = 'EUR'"

# --- the target becomes read-only between preparation and T-0

fresh ''
sed -i 's/, approved, risk/, risk/' tminus.yaml
ends 3 'prepared, and nobody signed' fly launch --version v2
postgres_sql postgres 'ALTER DATABASE target SET default_transaction_read_only = on'
ends 0 'read-only: signed' env TMINUS_ACTOR=ben "$TMINUS" approve --reason 'the column is new'
run fly go
is 'read-only: ended, and nothing is left' "$status $(state_of) $(columns)" '4 aborted id status'
show out
postgres_sql postgres 'ALTER DATABASE target RESET default_transaction_read_only'
ends 0 'read-only no more: flown anew' fly launch --version v2

# --- the journal was changed: nothing acts on it, and what a person does by hand is told

postgres_sql store "UPDATE tminus_store.event SET line = replace(line, 'production', 'elsewhere') WHERE sequence = 4"
ends 2 'a changed journal: resume refuses' fly resume
says 'a changed journal: why' err 'its hash does not fit'
says 'a changed journal: how it is kept' out 'ALTER SCHEMA tminus_store RENAME TO tminus_store_damaged'
says 'a changed journal: what takes the change back' out 'tminus migrate --undo --steps 1  # migrations/0002_currency.down.sql: ALTER TABLE orders DROP COLUMN currency;'
is 'a changed journal: nothing was done' "$(columns)" 'id status currency'
done_testing
