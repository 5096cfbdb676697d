#!/bin/sh
# tminus migrate on PostgreSQL: the records of the tools, locks, ends of sessions and servers, several
# databases. The server is this test's own: it is stopped in the middle.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_start
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
db() { postgres_sql shop "$1"; }
# fresh: a database with a thousand emails, an empty folder of migrations, no state.
fresh()
{
    rm -rf m state
    mkdir m
    postgres_database shop
    db "CREATE TABLE emails (id int PRIMARY KEY, category text NOT NULL); INSERT INTO emails SELECT g, 'brief' FROM generate_series(1, 1000) g"
}
start() { "$TMINUS" migrate --database "$database_url" "$@" >out 2>err & }
migrate() { "$TMINUS" migrate --database "$database_url" "$@"; }
# until_sql SQL: wait until it gives t.
until_sql()
{
    for i in $(seq 100); do
        [ "$(postgres_super shop "$1" 2>/dev/null)" = t ] && return
        sleep 0.1
    done
    echo "# never: $1"
}
waits_for() { until_sql "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name LIKE 'tminus%' AND $1"; }

# --- each layout's record, made by us and by the tool
# record LAYOUT FILES-FUNCTION TABLE-AS-THE-TOOL-MAKES-IT EXPECTED-ROWS-AFTER-BOTH AFTER-UNDO
files_golang() { echo "ALTER TABLE emails ADD n int;" >m/0001_n.up.sql; echo "ALTER TABLE emails DROP n;" >m/0001_n.down.sql
    echo "UPDATE emails SET n = id;" >m/0002_fill.up.sql; echo "UPDATE emails SET n = NULL;" >m/0002_fill.down.sql; }
files_goose() { printf -- '-- +goose Up\nALTER TABLE emails ADD n int;\n-- +goose Down\nALTER TABLE emails DROP n;\n' >m/0001_n.sql
    printf -- '-- +goose Up\nUPDATE emails SET n = id;\n-- +goose Down\nUPDATE emails SET n = NULL;\n' >m/0002_fill.sql; }
files_dbmate() { printf -- '-- migrate:up\nALTER TABLE emails ADD n int;\n-- migrate:down\nALTER TABLE emails DROP n;\n' >m/0001_n.sql
    printf -- '-- migrate:up\nUPDATE emails SET n = id;\n-- migrate:down\nUPDATE emails SET n = NULL;\n' >m/0002_fill.sql; }
files_diesel() { mkdir m/2024-01-31-000001_n m/2024-01-31-000002_fill
    echo "ALTER TABLE emails ADD n int;" >m/2024-01-31-000001_n/up.sql; echo "ALTER TABLE emails DROP n;" >m/2024-01-31-000001_n/down.sql
    echo "UPDATE emails SET n = id;" >m/2024-01-31-000002_fill/up.sql; echo "UPDATE emails SET n = NULL;" >m/2024-01-31-000002_fill/down.sql; }
files_plain() { echo "ALTER TABLE emails ADD n int;" >m/1_n.sql; echo "ALTER TABLE emails DROP n;" >m/1_n.down.sql
    echo "UPDATE emails SET n = id;" >m/2_fill.sql; echo "UPDATE emails SET n = NULL;" >m/2_fill.down.sql; }

layout()
{
    fresh
    "files_$1"
    ends 0 "$1: applied" migrate m
    says "$1: the rows written are shown" out 'public.emails: 1,000 updated'
    is "$1: done" "$(db 'SELECT sum(n) FROM emails')" 500500
    is "$1: recorded" "$(db "$2")" "$3"
    ends 0 "$1: nothing left" migrate m
    says "$1: nothing left, said" out 'nothing to apply'
    ends 0 "$1: undone" migrate --undo --steps 1 m
    says "$1: the schema is compared" out 'the schema is as before its up'
    is "$1: undone in the record" "$(db "$2")" "$4"
    # The tool's own table, with what it wrote: the first is applied, the second is not.
    fresh
    "files_$1"
    db "ALTER TABLE emails ADD n int; $5"
    ends 0 "$1: goes on where the tool stopped" migrate m
    says "$1: one was applied before" out '1 applied before'
    is "$1: its table goes on" "$(db "$2")" "$3"
}
# An application makes tables while it runs, partitions above all: the way back is as long as before.
fresh
files_golang
echo 'CREATE INDEX by_n ON emails (n);' >m/0003_index.up.sql
echo 'DROP INDEX by_n;' >m/0003_index.down.sql
migrate m >out 2>&1
db 'CREATE TABLE emails_2 (LIKE emails); CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1'
ends 0 'others made a table: undone, all three' migrate --undo --steps 3 m
is 'others made a table: each said' "$(grep -c 'what its up changed is as before; others changed the schema since' out)" 3
is 'others made a table: it stays' "$(db "SELECT to_regclass('emails_2')")" emails_2
migrate --to 1 m >out 2>&1
echo 'ALTER TABLE emails DROP n; ALTER TABLE emails ALTER category DROP NOT NULL; DROP FUNCTION f();' >m/0001_n.down.sql
ends 5 'a down that does more' migrate --undo --steps 1 m
says 'a down that does more: what' err 'another one than before its up: public.emails, function public.f()
  hint: the down does not mirror the up; compare it and mend it by hand'

# Sources of the tables: see src/flight/record_postgres.c.
layout golang 'SELECT version, dirty FROM schema_migrations' '2|f' '1|f' \
    'CREATE TABLE IF NOT EXISTS "public"."schema_migrations" (version bigint not null primary key, dirty boolean not null);
     INSERT INTO schema_migrations VALUES (1, false)'
layout goose "SELECT string_agg(version_id || ' ' || is_applied, ',' ORDER BY id) FROM goose_db_version" '0 true,1 true,2 true' '0 true,1 true' \
    'CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL,
     is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now()); INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true)'
layout dbmate "SELECT string_agg(version, ',' ORDER BY version) FROM schema_migrations" '0001,0002' '0001' \
    "create table if not exists public.schema_migrations (version varchar(255) primary key); INSERT INTO schema_migrations VALUES ('0001')"
layout diesel "SELECT string_agg(version, ',' ORDER BY version) FROM __diesel_schema_migrations" '20240131000001,20240131000002' '20240131000001' \
    "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
     run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); INSERT INTO __diesel_schema_migrations VALUES ('20240131000001')"
layout plain "SELECT string_agg(version || ' ' || state, ',' ORDER BY version) FROM tminus_migration" '1 applied,2 applied' '1 applied' \
    "CREATE TABLE tminus_migration (version text PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, state text NOT NULL, applied_at timestamptz NOT NULL);
     INSERT INTO tminus_migration VALUES ('1', 'n', '$(echo "ALTER TABLE emails ADD n int;" | sha256sum | cut -d' ' -f1)', 'applied', now())"

# --- the journal holds what verify needs
fresh
files_golang
ends 0 'JSON' migrate --format json m
is 'JSON: the transaction and what it wrote' "$(python3 -c 'import json; m = json.load(open("out"))["migrations"][1]; print(m["transaction"] > 0, m["written"])')" \
    "True [{'table': 'public.emails', 'inserted': 0, 'updated': 1000, 'deleted': 0}]"
is 'journal: the rows are those of the transaction' "$("$TMINUS" journal export | python3 -c '
import json, sys
data = [json.loads(line)["data"] for line in sys.stdin if "migration-applied" in line][-1]
print(data["transaction"], data["transaction"] < data["transaction_end"], data["written"][0]["updated"])')" \
    "$(db 'SELECT DISTINCT xmin FROM emails') True 1000"

# --- schemas and names
fresh
files_golang
db "CREATE SCHEMA \"o'dd\"; CREATE TABLE \"o'dd\".schema_migrations (version bigint not null primary key, dirty boolean not null); INSERT INTO \"o'dd\".schema_migrations VALUES (1, false)"
ends 2 'a record where the connection does not look' migrate m
says 'a record elsewhere: named' err "'schema_migrations' is in schema 'o'dd', where role 'deployer' does not look: its search path begins with 'public'"
postgres_super shop "ALTER ROLE deployer SET search_path = \"o'dd\", public"
db "ALTER TABLE emails ADD n int"
ends 0 'a record in a schema with a quote' migrate m
is 'a record in a schema with a quote: written' "$(db "SELECT version FROM \"o'dd\".schema_migrations")" 2
postgres_super shop 'ALTER ROLE deployer RESET search_path'
fresh
echo 'SELECT 1' >"m/1_it's \"x\".sql"
ends 0 'a file with quotes in its name' migrate m
is 'a file with quotes in its name: recorded' "$(db 'SELECT name FROM tminus_migration')" "it's \"x\""

# --- refused before anything runs
fresh
files_plain
printf 'DELETE FROM emails;\nCOPY emails FROM stdin;\n1\tx\n\\.\n' >m/3_copy.sql
ends 2 'COPY from stdin in the last file' migrate m
says 'COPY: its place' err "m/3_copy.sql:2:1: COPY to or from the client's own stream cannot be run"
is 'COPY: the files before it did not run' "$(db "SELECT count(*) FROM pg_attribute WHERE attrelid = 'emails'::regclass AND attname = 'n'")" 0
is 'COPY: no record was made' "$(db "SELECT to_regclass('tminus_migration') IS NULL")" t
rm m/3_copy.sql
db 'CREATE TABLE flyway_schema_history (installed_rank int)'
ends 2 "another tool's database" migrate m
says "another tool's database: named" err "another tool keeps this database (table 'flyway_schema_history')"
db 'DROP TABLE flyway_schema_history'
mkdir v && echo 'SELECT 1' >v/V1__a.sql
ends 2 'a record that is only read' migrate v
says 'a record that is only read: the tool is named' err 'the record of flyway (flyway_schema_history) cannot be written on PostgreSQL'
postgres_super shop "CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; REVOKE CREATE ON SCHEMA public FROM PUBLIC"
deployer_url=$database_url
database_url=$(echo "$database_url" | sed 's/deployer/reader/')
ends 2 'a role that may not write' migrate m
says 'a role that may not write: said' err "this role may not make the table 'public.tminus_migration'"
database_url=$deployer_url

# --- what fails
fresh
echo 'CREATE UNIQUE INDEX CONCURRENTLY by_category ON emails (category);' >m/1_index.sql
ends 5 'an invalid index' migrate m
says 'invalid index: its DROP' err 'run DROP INDEX CONCURRENTLY public.by_category'
ends 5 'the begun migration is not run again' migrate m
says 'begun: said' err "version 1 was begun and never finished, says 'public.tminus_migration'"
fresh
files_golang
echo 'SELECT missing FROM emails;' >>m/0002_fill.up.sql
ends 4 'a failed one is taken back' migrate m
says 'failed: place and words of the server' err 'm/0002_fill.up.sql:2:8: column "missing" does not exist (42703)'
says 'failed: the proof' err 'is aborted'
says 'failed: shown' out 'taken back     m/0002_fill.up.sql'
is 'failed: the one before stays' "$(db 'SELECT version, dirty FROM schema_migrations')" '1|f'
db 'UPDATE schema_migrations SET dirty = true'
ends 5 'a dirty record' migrate m
says 'dirty: said' err 'version 1 was begun and never finished'

# --- locks
fresh
files_plain
postgres_file shop - <<'END' >/dev/null &
SET application_name = 'report-job'; BEGIN; SELECT count(*) FROM emails; SELECT pg_sleep(8); COMMIT;
END
until_sql "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'emails'::regclass AND mode = 'AccessShareLock' AND granted"
ends 4 'a lock that is not to be had' migrate --lock-timeout 300ms --attempts 2 --to 1 m
says 'lock: who holds it' err "waited for AccessExclusiveLock on emails, held by process"
says 'lock: its name' err "'report-job', role deployer, "
says 'lock: what to do' err 'SELECT pg_terminate_backend('
says 'lock: tried twice' err '(attempt 2)'
ends 0 'a lock that comes free' migrate --lock-timeout 2s --attempts 9 m
says 'lock: the attempts were told' err 'again in '
wait
is 'lock: done once' "$(db 'SELECT count(*), sum(n) FROM emails')" '1000|500500'
# golang-migrate at work: its lock, made of schema, table and database. Source: GenerateAdvisoryLockId.
fresh
files_golang
key=$(python3 -c 'import zlib; print(zlib.crc32(b"public\0schema_migrations\0shop") * 1486364155 % 2**32)')
postgres_sql shop "SELECT pg_advisory_lock($key), pg_sleep(4)" >/dev/null &
until_sql "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory'"
ends 3 "while golang-migrate is at work" migrate --lock-timeout 300ms --attempts 1 m
says 'golang-migrate at work: said' err 'waited for ExclusiveLock on advisory, held by process'
wait

# --- sessions and servers that end in the middle
fresh
files_plain
echo "UPDATE emails SET category = 'x'; SELECT pg_sleep(60);" >m/3_long.sql
start m
waits_for "query LIKE '%pg_sleep(60)%' AND state = 'active'"
kill -9 $!
wait $! 2>/dev/null
echo "UPDATE emails SET category = 'x';" >m/3_long.sql
ends 0 'after kill -9 the next run ends the work' migrate --lock-timeout 4s --attempts 5 m
says 'kill -9: two were applied before' out '2 applied before'
is 'kill -9: nothing twice' "$(db 'SELECT count(*) FROM tminus_migration')" 3
echo "UPDATE emails SET category = 'y'; SELECT pg_sleep(60);" >m/4_long.sql
start m
pid=$!
waits_for "query LIKE '%pg_sleep(60)%' AND state = 'active'"
kill -INT $pid
status=0
wait $pid || status=$?
is 'SIGINT' "$status" 4
says 'SIGINT: said and proven' err 'is aborted'
start m
pid=$!
waits_for "query LIKE '%pg_sleep(60)%' AND state = 'active'"
postgres_super shop "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()" >/dev/null
status=0
wait $pid || status=$?
is 'a session that is ended' "$status" 4
says 'ended session: said' err 'm/4_long.sql:1:35: terminating connection due to administrator command'
start m
pid=$!
waits_for "query LIKE '%pg_sleep(60)%' AND state = 'active'"
crash() { kill -QUIT "$(head -1 "$postgres_folder/data/postmaster.pid")"; }
crash
sleep 2
as_server() { cd / && if [ "$(id -u)" -eq 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups -- "$@"; else "$@"; fi; }
(as_server "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/pg_ctl" -D "$postgres_folder/data" -l "$postgres_folder/log" -w start >/dev/null)
status=0
wait $pid || status=$?
is 'a server that is stopped at once and comes back' "$status" 4
says 'stopped server: asked until it answered' err 'is aborted'
is 'stopped server: nothing of it' "$(db "SELECT count(*) FROM emails WHERE category = 'y'")" 0

# --- several databases of one release
fresh
files_plain
postgres_database billing
postgres_sql billing 'CREATE TABLE bills (id int PRIMARY KEY); INSERT INTO bills VALUES (1)'
mkdir -p b && echo 'ALTER TABLE bills ADD paid bool;' >b/1_paid.sql
cat >tminus.yaml <<END
service: shop
environments:
  production:
    databases:
      main: {url: "postgresql://deployer@127.0.0.1:$postgres_port/shop", migrations: m}
      billing: {url: "postgresql://deployer@127.0.0.1:$postgres_port/billing", migrations: b}
END
ends 0 'several: a dry run of all' "$TMINUS" migrate --dry-run
is 'several: in the order of the file' "$(grep -o '^== .*' out | tr '\n' ' ')" '== main == billing '
ends 2 'several: migrations by path need a name' "$TMINUS" migrate --dry-run m
says 'several: which' err 'name one with --database: main, billing'
echo 'SELECT missing' >m/3_bad.sql
ends 4 'several: it stops at the first failure' "$TMINUS" migrate --format json
is 'several: one document' "$(python3 -c 'import json; d = json.load(open("out")); print(d["schema"], [(x["database"], x["error"]["exit_status"]) for x in d["databases"]])')" \
    "tminus/migrate/1 [('shop', 4)]"
says 'several: the database is named' err "database 'main': m/3_bad.sql:1:8"
says 'several: what was not begun' err "not begun, because of this: 1 more database, from 'billing' on"
rm m/3_bad.sql
sed -i 's/migrations: m}/migrations: m, migrate: {lock_timeout: 200ms, attempts: 1}}/' tminus.yaml
echo 'DROP TABLE emails;' >m/3_drop.sql
postgres_sql shop 'BEGIN; SELECT count(*) FROM emails; SELECT pg_sleep(3)' >/dev/null &
until_sql "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'emails'::regclass AND mode = 'AccessShareLock' AND granted"
ends 4 'patience as the file says' "$TMINUS" migrate --database main
says 'patience: as the file says' err 'no lock within 200 ms (attempt 1)'
wait
rm m/3_drop.sql
ends 0 'several: all of them' "$TMINUS" migrate
says 'several: the second' out 'applied        b/1_paid.sql'
ends 2 'several: an undo needs a name' "$TMINUS" migrate --undo --steps 1
echo 'ALTER TABLE bills DROP paid;' >b/1_paid.down.sql
ends 0 'several: one by name' "$TMINUS" migrate --undo --steps 1 --database billing
is 'several: the other one is as it was' "$(db 'SELECT count(*) FROM tminus_migration')" 2
ends 0 'several: baselines of all' "$TMINUS" baseline save --format json
is 'several: one document of baselines' "$(python3 -c 'import json; d = json.load(open("out")); print(d["schema"], [x["schema"] for x in d["databases"]])')" \
    "tminus/baseline/1 ['tminus/baseline/1', 'tminus/baseline/1']"
run "$TMINUS" verify
is 'several: both are verified' "$(grep -o '^== .*' out | tr '\n' ' ')" '== main == billing '
ends 0 'several: the second verified by name' "$TMINUS" verify --database billing
sed -i 's/billing"/gone"/' tminus.yaml
run "$TMINUS" baseline save --format json
is 'several: one that is not there does not hide the other' "$status $(python3 -c 'import json; d = json.load(open("out"))["databases"]; print(d[0]["schema"], d[1]["database"], d[1]["error"]["exit_status"])')" \
    "$(python3 -c 'import json; print(json.load(open("out"))["databases"][1]["error"]["exit_status"])') tminus/baseline/1 billing $(python3 -c 'import json; print(json.load(open("out"))["databases"][1]["error"]["exit_status"])')"

# --- a standby: the same data, replaying a primary that is not there
(cd / && "$SOURCE/tool/postgres-server" rest "$postgres_folder")
touch "$postgres_folder/data/standby.signal"
chown --reference="$postgres_folder/data" "$postgres_folder/data/standby.signal"
(as_server "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/pg_ctl" -D "$postgres_folder/data" -l "$postgres_folder/log" -w start >/dev/null)
echo 'SELECT 1' >m/9_last.sql
ends 2 'a standby' migrate m
says 'a standby: said' err 'is a standby: it replays another server and cannot be written'
done_testing
