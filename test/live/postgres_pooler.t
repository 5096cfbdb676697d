#!/bin/sh
# Through PgBouncer in transaction mode, where each transaction may get another session of the server:
# answers are the same, nothing of us stays in a session, and nothing that others left there misleads us.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_start
pooler=$postgres_folder-pooler
trap 'stop_pooler; rm -rf "$pooler"
      "$SOURCE/tool/postgres-server" stop "$postgres_own"; rm -rf "$tmp"' EXIT
mkdir "$pooler"
[ "$(id -u)" -ne 0 ] || chown postgres: "$pooler"
pooler_port=$("$SOURCE/tool/postgres-server" port)
printf '"deployer" ""\n"postgres" ""\n' >"$pooler/users"

as_owner()
(
    cd "$pooler" || exit 2
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid postgres --regid postgres --clear-groups -- "$@"
    else
        "$@"
    fi
)

stop_pooler()
{
    [ -s "$pooler/pid" ] || return 0
    pooler_pid=$(cat "$pooler/pid")
    kill "$pooler_pid"
    while kill -0 "$pooler_pid" 2>/dev/null; do sleep 0.1; done
}

# start_pooler SIZE: with so many sessions of the server.
start_pooler()
{
    stop_pooler
    cat >"$pooler/ini" <<END
[databases]
shop = host=$postgres_folder port=$postgres_port dbname=shop
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $pooler_port
unix_socket_dir =
auth_type = trust
auth_file = $pooler/users
pool_mode = transaction
default_pool_size = $1
logfile = $pooler/log
pidfile = $pooler/pid
END
    as_owner pgbouncer -q -d ini
    tries=0
    while ! psql -X -h 127.0.0.1 -p "$pooler_port" -d shop -c 'SELECT 1' >/dev/null 2>&1 && [ "$tries" -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
}

# pooled SQL: by the pooler, as another program of the same role.
pooled()
{
    psql -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$pooler_port" -d shop -c "$1"
}

postgres_database shop
postgres_sql shop "CREATE SCHEMA app; ALTER DATABASE shop SET search_path = app, public;
    CREATE TABLE app.t AS SELECT i AS id, 'row ' || i AS a, '2026-01-01'::timestamptz + i * interval '1 hour' AS at
      FROM generate_series(1, 5000) i;
    ALTER TABLE app.t ADD PRIMARY KEY (id)"
cd "$tmp"
mkdir migrations
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}"}
invariants:
  - {name: nothing is missing, zero: "SELECT count(*) FROM t WHERE a IS NULL"}
  - {name: hours, same: "SELECT max(at), count(*) FROM t"}
  - {name: path, same: "SHOW search_path"}
END
direct=$database_url
export TMINUS_STATE=$tmp/state DATABASE_URL=postgresql://deployer@127.0.0.1:$pooler_port/shop

# --- answers
start_pooler 3
ends 0 'baseline through the pooler' "$TMINUS" baseline save --table app.t
ends 0 'verify through the pooler' "$TMINUS" verify
says 'verify through the pooler: rows' out '5,000'
DATABASE_URL=$direct ends 0 'verify directly: the same answers' "$TMINUS" verify
postgres_sql shop "UPDATE app.t SET a = NULL WHERE id = 7"
ends 1 'damage is seen through the pooler' "$TMINUS" verify
postgres_sql shop "UPDATE app.t SET a = 'row 7' WHERE id = 7"

# --- one session for everybody: what is left in it, and what others left in it
start_pooler 1
session=$(pooled 'SELECT pg_backend_pid()')
ends 0 'baseline over a single session' "$TMINUS" baseline save --table app.t
is 'it is the same session' "$(pooled 'SELECT pg_backend_pid()')" "$session"
is 'no transaction stays open' "$(postgres_super shop "SELECT state FROM pg_stat_activity WHERE pid = $session")" idle
is 'no setting stays' \
    "$(pooled "SELECT string_agg(name, ',') FROM pg_settings WHERE source = 'session' AND name <> 'application_name'")" ''
is 'no statement stays prepared' "$(pooled 'SELECT count(*) FROM pg_prepared_statements')" 0
is 'no lock stays' "$(postgres_super shop "SELECT count(*) FROM pg_locks WHERE pid = $session")" 0
# (TimeZone and DateStyle are among what PgBouncer itself keeps apart.)
pooled 'SET search_path = public' && pooled "SET IntervalStyle = 'iso_8601'" && pooled 'SET extra_float_digits = -15' &&
    pooled "SET bytea_output = 'escape'" && pooled 'CREATE TEMP TABLE t (id int, a text, at timestamptz)'
is 'the session is spoilt' "$(pooled 'SHOW IntervalStyle' && pooled 'SELECT count(*) FROM t')" 'iso_8601
0'
ends 0 'verify in a spoilt session' "$TMINUS" verify
says 'verify in a spoilt session: rows' out '5,000'
is 'what others set stays theirs' "$(pooled 'SHOW IntervalStyle')" iso_8601

# --- what the pooler refuses
DATABASE_URL=postgresql://deployer@127.0.0.1:$pooler_port/none ends 2 'a database that it does not know' "$TMINUS" verify
says 'a database that it does not know: said' err "127.0.0.1:$pooler_port/none: the pooler knows no such database"
says 'a database that it does not know: next step' err 'pgbouncer.ini'
DATABASE_URL=postgresql://stranger@127.0.0.1:$pooler_port/shop ends 2 'a user that it does not know' "$TMINUS" verify
says 'a user that it does not know: said' err "127.0.0.1:$pooler_port/shop: user or password is wrong"
PGOPTIONS='-c geqo=off' ends 2 'a parameter that it does not know' "$TMINUS" verify
says 'a parameter that it does not know: said' err 'the pooler refuses a parameter: unsupported startup parameter: options'
says 'a parameter that it does not know: next step' err ignore_startup_parameters
DATABASE_URL=postgresql://postgres@127.0.0.1:$pooler_port/shop ends 6 'a superuser' "$TMINUS" verify
postgres_sql shop "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'deployer' AND pid <> pg_backend_pid()" >/dev/null
ends 0 'the session was lost meanwhile' "$TMINUS" verify
# --- the journal's store

sqlite3 other.db "CREATE TABLE users (id INTEGER PRIMARY KEY)"
cat >store.yaml <<END
service: other
store: {kind: postgres, url: "postgresql://deployer@127.0.0.1:$pooler_port/shop"}
environments: {production: {database: {url: other.db}}}
END
for i in 1 2 3; do
    ends 0 "an event through the pooler, $i" "$TMINUS" baseline save --config store.yaml --table users
done
ends 0 'the journal through it' "$TMINUS" journal verify --config store.yaml
says 'all of them' out 'journal intact: 3 events'
done_testing
