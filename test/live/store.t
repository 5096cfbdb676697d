#!/bin/sh
# The journal on PostgreSQL: configured, kept apart by environment, never in the target; the server restarted between
# two events, the connection cut before and after a COMMIT.
#
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_start
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
sqlite3 shop.db "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'a');"
postgres_database store_journal
store_url="$database_url?sslmode=disable&gssencmode=disable"
export STORE_URL="$store_url"
cat >tminus.yaml <<'END'
service: shop
store: {kind: postgres, url: "${STORE_URL}"}
environments:
  production: {database: {url: shop.db, migrations: migrations}}
  staging: {database: {url: shop.db, migrations: migrations}}
END
mkdir migrations
echo "CREATE TABLE first (id INTEGER PRIMARY KEY);" >migrations/0001_first.up.sql
save() { "$TMINUS" baseline save --table users "$@"; }
events() { postgres_sql store_journal "SELECT count(*) FROM tminus_store.event WHERE journal = 'shop/$1'"; }

# --- configured

ends 2 'nothing is there yet' "$TMINUS" journal verify --env production
says 'nothing yet: said' err 'there is no journal'
is 'looking made nothing' "$(postgres_sql store_journal "SELECT count(*) FROM pg_namespace WHERE nspname = 'tminus_store'")" 0
ends 0 'a baseline is journaled there' save --env production
head=$(sed -n 's/^journal //p' out)
ends 0 'it verifies, with its head' "$TMINUS" journal verify --env production --head "$head"
says 'one event' out 'journal intact: 1 event'
save --env production >/dev/null 2>&1
ends 0 'another environment has its own' save --env staging
is 'kept apart by name' "$(events production) $(events staging)" '2 1'
is 'no file beside it' "$(ls "$tmp/state" | grep -c journal)" 0
ends 0 'what the journal has is found again' "$TMINUS" baseline show --env production
ends 0 'shown, without the database of the environment' "$TMINUS" journal show --env staging
says 'shown: the event' out 'baseline-saved'

ends 2 'the variable is not set' env -u STORE_URL "$TMINUS" journal verify --env production
says 'not set: placed' err 'tminus.yaml:2:30: ${STORE_URL} is not set'
ends 0 'verbs without a journal do not need it' env -u STORE_URL "$TMINUS" assess migrations
ends 3 'the server does not answer' env STORE_URL='postgresql://127.0.0.1:1/none' "$TMINUS" baseline save --table users --env production
ends 2 'the address has no such database' env STORE_URL="${store_url%%/store_journal*}/none" "$TMINUS" baseline save --table users --env production
says 'no such database: said' err 'there is no such database'
ends 3 'an address with a password' env STORE_URL='postgresql://ana:geheim@127.0.0.1:1/none' "$TMINUS" baseline save --table users --env production
lacks 'the password is not told' err 'geheim'

# --- tampered with

postgres_sql store_journal "CREATE TABLE saved AS SELECT * FROM tminus_store.event"
tamper() { postgres_sql store_journal "TRUNCATE tminus_store.event; INSERT INTO tminus_store.event SELECT * FROM saved; $1"; }
tamper "UPDATE tminus_store.event SET line = replace(line, '\"rows\":1', '\"rows\":2') WHERE journal = 'shop/production' AND sequence = 1"
ends 1 'changed' "$TMINUS" journal verify --env production
says 'changed: placed' out 'BROKEN at event 1: event 1 was changed'
ends 2 'nothing is added to it' save --env production
tamper "DELETE FROM tminus_store.event WHERE journal = 'shop/production' AND sequence = 1"
ends 1 'removed' "$TMINUS" journal verify --env production
tamper "UPDATE tminus_store.event SET sequence = 3 WHERE journal = 'shop/production' AND sequence = 2"
ends 1 'moved' "$TMINUS" journal verify --env production
tamper "DELETE FROM tminus_store.event WHERE journal = 'shop/production' AND sequence = 2"
ends 1 'cut, against the head' "$TMINUS" journal verify --env production --head "2:$(postgres_sql store_journal "SELECT hash FROM saved WHERE journal = 'shop/production' AND sequence = 2")"
tamper "SELECT 1" >/dev/null
ends 0 'put back' "$TMINUS" journal verify --env production

# --- not in the target

postgres_database store_target
postgres_sql store_target "CREATE TABLE users (id int PRIMARY KEY, name text)"
in_target() { STORE_URL=$database_url "$TMINUS" "$1" --env staging --database "$2"; }
ends 2 'the target is no store' in_target verify "$database_url"
says 'no store: said' err 'the store is the database that is being deployed to'
ends 2 'under another name of the same server' in_target verify "postgresql://deployer@localhost/store_target?host=$postgres_folder&port=$postgres_port"
ends 2 'and not for migrate' sh -c "STORE_URL='$database_url' '$TMINUS' migrate --env staging --database '$database_url' migrations"
is 'nothing was made in it' "$(postgres_sql store_target "SELECT count(*) FROM pg_namespace WHERE nspname = 'tminus_store'")" 0
ends 0 'another database of the same server is' sh -c "'$TMINUS' baseline save --table users --env staging --database '$database_url'"

# --- the server goes away between two events of one run

cat >migrations/0002_long.up.sql <<'END'
CREATE TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000) SELECT max(i) AS most FROM n;
END
before=$(events production)
"$TMINUS" migrate --env production >migrate.out 2>migrate.err &
migrate=$!
until [ "$(events production)" -gt "$before" ] || ! kill -0 $migrate; do :; done
kill -0 $migrate 2>/dev/null
is 'the migration runs' $? 0
as_server() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups -- "$@"; else "$@"; fi; }
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
(cd / && as_server "$bin/pg_ctl" -D "$postgres_folder/data" -l "$postgres_folder/log" -m immediate -w restart >/dev/null)
wait $migrate
is 'restarted while a migration runs: it goes on' $? 0
[ -s migrate.err ] && show migrate.err
is 'both of its events are there' "$("$TMINUS" journal show --env production | sed -n 's/.*\(migration-[a-z]*\).*/\1/p' | tail -2 | tr '\n' ' ')" 'migration-started migration-applied '
ends 0 'and the chain is whole' "$TMINUS" journal verify --env production

# --- the connection is cut around a COMMIT

cut()
{
    rm -rf proxy
    mkdir proxy
    python3 "$SOURCE/test/support/cutting_proxy" "$postgres_port" "$1" "$2" "$tmp/proxy" &
    proxy=$!
    until [ -s proxy/port ]; do :; done
    before=$(events production)
    STORE_URL="postgresql://deployer@127.0.0.1:$(cat proxy/port)/store_journal?sslmode=disable&gssencmode=disable" \
        run "$TMINUS" baseline save --table users --env production
    kill $proxy
    wait $proxy 2>/dev/null
    is "cut $1 $3: it was" "$(ls proxy | grep -c cut)" 1
    is "cut $1 $3: it goes on" "$status" 0
    [ "$status" -eq 0 ] || show err
    is "cut $1 $3: one event, once" "$(($(events production) - before))" 1
    ends 0 "cut $1 $3: the chain is whole" "$TMINUS" journal verify --env production --head "$(sed -n 's/^journal //p' out)"
}
cut after 'INSERT INTO tminus_store.event' 'the COMMIT of an event'
cut before 'INSERT INTO tminus_store.event' 'the COMMIT of an event'
cut after 'pg_advisory_xact_lock' 'the lock'
cut before 'BEGIN ISOLATION' 'the transaction'
cut after 'ORDER BY sequence LIMIT' 'reading'
done_testing
