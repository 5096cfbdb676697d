#!/bin/sh
# tminus poll on PostgreSQL: a clean change is GO; what goes on in the server and what the catalog tells, each once.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_start max_prepared_transactions=5 max_connections=40
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
postgres_database polled
export DATABASE_URL=$database_url
postgres_super polled 'GRANT pg_monitor TO deployer' >"$tmp/out"
cd "$tmp" || exit 1
postgres_sql polled "CREATE TABLE t (id bigint PRIMARY KEY, name text); INSERT INTO t SELECT g, 'n' || g FROM generate_series(1, 1000) g"
mkdir m backups
echo "ALTER TABLE t ADD COLUMN note text;" >m/0001_note.up.sql
echo "ALTER TABLE t DROP COLUMN note;" >m/0001_note.down.sql
cat >tminus.yaml <<'YAML'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: m}
    backup: {kind: pg_dump, directory: backups}
    rehearsal: {from: dump}
    gates: {window: {between: ["00:00-24:00"]}}
YAML
gate() {
    python3 -c 'import json, sys
d = json.load(open("out"))
print(next((c[sys.argv[2]] for c in d["checks"] if c["name"] == sys.argv[1]), "not there"))' "$1" "${2-status}"
}
# await SQL: until it answers t, at most 20 s.
await() {
    awaited=0
    while [ "$awaited" -lt 100 ] && [ "$(postgres_super polled "$1")" != t ]; do
        sleep 0.2
        awaited=$((awaited + 1))
    done
}

ends 0 'rehearsed' "$TMINUS" rehearse --write
ends 0 'backed up' "$TMINUS" backup
ends 0 'restored' "$TMINUS" restore --prove
ends 0 'baseline' "$TMINUS" baseline save
ends 0 'signed' "$TMINUS" approve
ends 0 'then it is GO' "$TMINUS" poll --format json
cp out good
is 'every gate of the manual was asked, or told as not configured' \
    "$(python3 -c 'import json; d = json.load(open("good")); print("\n".join(sorted([c["name"] for c in d["checks"]] + d["not_configured"])))')" \
    "$(sed -n 's/^### //p' "$SOURCE/docs/gates.md" | sort)"
is 'no gate that is asked is in doubt' \
    "$(python3 -c 'import json; print([c["name"] for c in json.load(open("good"))["checks"] if c["status"] != "PASS"])')" '[]'

postgres_sql polled "BEGIN; INSERT INTO t VALUES (5001, 'p'); PREPARE TRANSACTION 'p1'"
ends 1 'a prepared transaction: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate prepared-transactions)" FAIL
postgres_sql polled "ROLLBACK PREPARED 'p1'"

(echo 'BEGIN; LOCK TABLE t IN SHARE MODE;'; sleep 20) | psql -X -q -d polled >"$tmp/holder" 2>&1 &
await "SELECT count(*) > 0 FROM pg_locks WHERE relation = 't'::regclass AND mode = 'ShareLock' AND granted"
psql -X -q -d polled -c 'UPDATE t SET name = name WHERE id = 1' >"$tmp/waiter" 2>&1 &
await "SELECT count(*) > 0 FROM pg_locks WHERE relation = 't'::regclass AND NOT granted"
ends 1 'somebody waits for a lock: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate long-transactions)" FAIL
wait

postgres_super polled "SELECT pg_create_physical_replication_slot('left', true)" >"$tmp/slot"
ends 0 'a slot that nobody reads warns' "$TMINUS" poll --format json
is 'that gate' "$(gate replication-slots)" WARN
postgres_super polled "SELECT pg_drop_replication_slot('left')" >"$tmp/slot"

postgres_sql polled "CREATE TABLE small (id smallserial); SELECT setval('small_id_seq', 32000)" >"$tmp/seq"
ends 0 'a sequence near its end warns' "$TMINUS" poll --format json
is 'that gate' "$(gate sequences) $(gate sequences detail)" 'WARN public.small_id_seq: 98 %'
postgres_sql polled "DROP TABLE small"
postgres_sql polled "CREATE TABLE counted (id int); CREATE SEQUENCE wide OWNED BY counted.id; SELECT setval('wide', 2100000000)" >"$tmp/seq"
run "$TMINUS" poll --format json
is 'as far as its column goes' "$(gate sequences)" WARN
postgres_sql polled "DROP TABLE counted"

postgres_sql polled "ALTER TABLE t ADD CONSTRAINT named CHECK (name <> '') NOT VALID"
run "$TMINUS" poll --format json
is 'a constraint that was never validated warns' "$(gate unvalidated-constraints) $(gate unvalidated-constraints detail)" \
    'WARN named on public.t'
postgres_sql polled "ALTER TABLE t DROP CONSTRAINT named; INSERT INTO t VALUES (6000, 'n1')"
postgres_sql polled "CREATE UNIQUE INDEX CONCURRENTLY t_name ON t (name)" 2>"$tmp/index"
run "$TMINUS" poll --format json
is 'an index whose build broke off warns' "$(gate invalid-indexes) $(gate invalid-indexes detail)" 'WARN t_name on public.t'
postgres_sql polled "DROP INDEX t_name; DELETE FROM t WHERE id = 6000"

postgres_super polled 'REVOKE pg_monitor FROM deployer' >"$tmp/out"
postgres_super postgres 'SELECT pg_sleep(30)' >"$tmp/other" 2>&1 &
other=$!
await "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()"
PGUSER=postgres psql -X -q -d polled -c 'SELECT pg_sleep(30)' >"$tmp/hidden" 2>&1 &
hidden=$!
await "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'polled' AND usename = 'postgres' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()"
ends 3 'a role that may not see others: HOLD' "$TMINUS" poll --format json
is 'that gate' "$(gate long-transactions)" UNKNOWN
kill "$other" "$hidden" 2>/dev/null
postgres_super postgres "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" >"$tmp/out"
wait
postgres_super polled 'GRANT pg_monitor TO deployer' >"$tmp/out"

ends 0 'a plan of it' "$TMINUS" plan --format json
cp out plan.json
postgres_database elsewhere
ends 1 'the plan of one database is refused for another' env DATABASE_URL="$database_url" "$TMINUS" poll --plan plan.json
says 'said' err 'the plan is for '
done_testing
