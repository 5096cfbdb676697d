#!/bin/sh
# Flights on PostgreSQL with the journal in another database of a server: to the watch, its backend ended within a step,
# and back. (Killed: postgres_flight_kills.t.)
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
. "$SOURCE/test/support/flight.sh"

postgres_start
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
# Target at version 1 with rows, store empty, version 2 pending.
fresh()
{
    rm -rf state migrations
    postgres_database flight_store
    export STORE_URL="$database_url"
    postgres_database flight_target
    export DATABASE_URL="$database_url"
    mkdir migrations
    echo 'CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL);' >migrations/0001_orders.up.sql
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
    postgres_sql flight_target "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 || show "$tmp/fresh"
    postgres_sql flight_target "INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 500) n"
    printf '%s\n' 'ALTER TABLE orders ADD COLUMN currency text;' "UPDATE orders SET currency = 'EUR';" >migrations/0002_currency.up.sql
    echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0002_currency.down.sql
}
cat >tminus.yaml <<'END'
service: shop
store: {kind: postgres, url: "${STORE_URL}"}
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations}
    gates: {optional: [rehearsal, effects, rollback, backup, approved, risk]}
END
columns() { postgres_sql flight_target "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0 AND NOT attisdropped"; }

fresh
ends 0 'launched' fly launch --version v2
is 'launched: the change is there, once' "$(state_of) $(columns) $(count migration-applied)" 'watching id status currency 2'
ends 5 'not rehearsed, aborted: a person is asked' fly abort
ends 4 'a person sends it back' fly go
is 'sent back' "$(state_of) $(columns)" 'rolled_back id status'
ends 0 'the journal verifies' fly journal verify

# Its backend is ended while the migration runs: the transaction is gone, and nothing is left.
fresh
echo 'SELECT pg_sleep(20);' >>migrations/0002_currency.up.sql
"$TMINUS" launch --version v2 >"$tmp/launched" 2>&1 &
pilot=$!
for i in $(seq 200); do
    [ "$(postgres_super flight_target "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND state = 'active' AND pid <> pg_backend_pid()")" = 0 ] || break
    sleep 0.1
done
postgres_super flight_target "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'flight_target' AND query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()" >"$tmp/ignored"
wait $pilot
is 'the backend is ended within the migration: failed, and nothing is left' "$? $(state_of) $(columns)" '4 aborted id status'
ends 0 'its journal verifies' fly journal verify

# Taken over by another machine while what the first one began still runs there: the server tells of a migration, which
# is waited for; of a command nobody can, and it is not begun a second time.
if unshare -u true 2>"$tmp/ignored"; then
    cp tminus.yaml plain.yaml
    printf '    steps:\n      - {name: deploy, at: after_migrations, command: [./deploy.sh], undo: none, reason: none, read_back: {command: [test, -e, deployed]}}\n' >>tminus.yaml
    printf '#!/bin/sh\necho begun >>deploys\nwhile [ -e slow ]; do sleep 0.2; done\ntouch deployed\n' >deploy.sh
    chmod +x deploy.sh
    # take_over UNTIL: this machine takes over from build-7, which hears of nothing, once UNTIL is so there
    take_over()
    {
        TMINUS_STATE="$tmp/state-7" unshare -u sh -c 'hostname build-7 && exec "$TMINUS" launch --version v2' >"$tmp/launched" 2>&1 &
        pilot=$!
        for i in $(seq 300); do ! $1 || break; sleep 0.1; done
        kill -STOP $pilot
        postgres_super flight_store "UPDATE tminus_store.lease SET renewed_at = renewed_at - interval '1 hour'"
    }
    is_migrating() { [ "$(postgres_super flight_target "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3)' AND state = 'active'")" != 0 ]; }
    is_deploying() { [ -e deploys ]; }
    wake_up() { kill -CONT $pilot; wait $pilot; }

    fresh
    echo 'SELECT pg_sleep(3);' >>migrations/0002_currency.up.sql
    take_over is_migrating
    ends 0 'another session migrates: a dry run' fly migrate --dry-run --format json
    says 'another session migrates: who' out '"at_work": "process '
    ends 0 'taken over within a migration: waited for' fly resume
    is 'taken over within a migration: begun once' "$(state_of) $(columns) $(count migration-started)" 'watching id status currency 2'
    wake_up
    is 'taken over within a migration: who wakes up is refused' $? 6

    fresh
    touch slow
    rm deploys deployed
    take_over is_deploying
    ends 3 'taken over within a command: it holds' fly resume
    says 'taken over within a command: where it may still run' out './deploy.sh was begun on build-7 (process '
    says 'taken over within a command: what moves it' out 'tminus go --step again'
    ends 3 'taken over within a command: go looks again' fly go
    is 'taken over within a command: begun once' "$(wc -l <deploys)" 1
    rm slow
    for i in $(seq 100); do [ ! -e deployed ] || break; sleep 0.1; done
    ends 0 'its command has ended there: go sees that' fly go
    is 'its command has ended there: begun once' "$(wc -l <deploys) $(state_of)" '1 watching'
    wake_up
    is 'its command has ended there: who wakes up is refused' $? 6
    cp plain.yaml tminus.yaml
else
    skip 'taken over by another machine' 'no other host name may be had here'
fi

# A flight that is done goes back under traffic: what it overwrote comes back from its undo log, and what the application wrote since
# is told apart.
fresh
sed -i 's/    gates:/    watch: [10ms]\n    gates:/; s/migrations: migrations}/migrations: migrations, undo_log: true}/' tminus.yaml
echo "UPDATE orders SET status = upper(status);" >>migrations/0002_currency.up.sql
ends 0 'flown to its end' fly launch --version v2 --watch --reason 'a short watch' -q
is 'flown to its end: done' "$(state_of)" done
postgres_sql flight_target "INSERT INTO orders VALUES (900, 'new', 'EUR'); UPDATE orders SET status = 'paid' WHERE id = 3"
ends 6 'not rehearsed: it goes back with a second person' fly rollback
ends 0 'who signs' env TMINUS_ACTOR=ben "$TMINUS" rollback --approve --reason 'checked by hand'
ends 4 'done, and taken back' fly rollback
is 'done, and taken back: what is there' "$(state_of) $(columns) $(postgres_sql flight_target 'SELECT count(*) FROM orders')" 'rolled_back id status 501'
ends 0 'compared with the baseline' fly verify --expect as-before
says 'compared: whose the differences are' out 'by traffic: 1 new (id=900), 1 status changed (id=3)'
is 'what the migration overwrote is back, but for the row that traffic changed' \
    "$(postgres_sql flight_target "SELECT count(*) FILTER (WHERE status = 'open'), min(status) FILTER (WHERE id = 3) FROM orders") $(count data-undone)" '499|paid 1'
sed -i '/watch:/d; s/, undo_log: true//' tminus.yaml
done_testing
