#!/bin/sh
# tminus assess with a database: its schema and sizes decide, what it has applied is left out, and what cannot
# be read is said.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
database=assess_catalog_$$
role=assess_plain_$$
postgres_database "$database"
url=$database_url
cleanup() { postgres_super postgres "DROP DATABASE IF EXISTS $database WITH (FORCE)" -c "DROP ROLE IF EXISTS $role"
            postgres_super postgres "DROP ROLE IF EXISTS $role"; }
cd "$tmp" || exit 1

mkdir db
echo 'CREATE TABLE emails (id bigserial PRIMARY KEY, status text NOT NULL, body text); CREATE TABLE small (id int);' >db/001_tables.up.sql
echo 'DROP TABLE emails, small;' >db/001_tables.down.sql
cat >db/002_indexes.up.sql <<'SQL'
CREATE INDEX emails_status ON emails (status);
CREATE INDEX small_id ON small (id);
SQL
echo 'DROP INDEX emails_status, small_id;' >db/002_indexes.down.sql
cat >tminus.yaml <<YAML
environments:
  production:
    database: {url: "$url", migrations: db}
YAML
json() { python3 -c "import json, sys; d = json.load(open(sys.argv[1])); print($1)" "$tmp/out"; }

# --- offline stays the default; sizes of the database change the severity
ends 0 'offline' "$TMINUS" assess
lacks 'offline says of no database' out 'Read '
postgres_file "$database" db/001_tables.up.sql
postgres_sql "$database" "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
    INSERT INTO schema_migrations VALUES (1, false);
    INSERT INTO emails (status, body) SELECT 'new', 'x' FROM generate_series(1, 1100000);
    INSERT INTO small SELECT generate_series(1, 10); ANALYZE emails, small"
ends 1 'a large table: no-go' "$TMINUS" assess --env production
says 'with its rows' out 'no writes to public.emails while the index is built (1,100,000 rows, '
says 'which database, and what is left out' out "database $database at 127.0.0.1:"
says 'by its record' out '1 of 2 migrations applied, which are left out.'
lacks 'the small one is no finding' out public.small
ends 1 'as JSON' "$TMINUS" assess --database "$url" --format json db
is 'the applied migration is not judged' "$(json '[m["path"] for m in d["migrations"] if m["direction"] == "up"]')" "['db/002_indexes.up.sql']"
is 'layers' "$(json 'sorted({s["effects"]["layer"] for m in d["migrations"] for s in m["statements"]} | {f["layer"] for f in d["findings"]})')" "['known']"
is 'the database' "$(json '[d["databases"][0][k] for k in ("name", "pending", "applied", "relations", "gaps")], d["dialect"], d["pg_version"] >= 14')" \
    "[None, 1, 1, 3, []] postgres True"
postgres_sql "$database" 'UPDATE schema_migrations SET version = 2'
ends 0 'nothing is pending' "$TMINUS" assess --env production
says 'and that is said' out 'nothing is pending: 2 of 2 migrations applied.'
postgres_sql "$database" 'UPDATE schema_migrations SET version = 1'

# --- names that exist or not are sure now
echo 'ALTER TABLE gone ADD COLUMN x int;' >db/003_gone.up.sql
ends 1 'a table that is not there' "$TMINUS" assess --env production
says 'stops' out "relation 'public.gone' does not exist: the statement fails"
rm db/003_gone.up.sql

# --- a down is compared with what the server printed of the same words
cat >schema.sql <<'SQL'
CREATE TABLE prints (id int PRIMARY KEY, status text NOT NULL DEFAULT 'new', n numeric(10,2) DEFAULT -1,
    k varchar(10) DEFAULT 'x' CHECK (k IN ('a', 'x')), CONSTRAINT pos CHECK (n >= 0 AND status != ''));
CREATE INDEX prints_low ON prints (lower(status)) WHERE status <> 'old';
SQL
postgres_file "$database" schema.sql
mkdir prints
cat >prints/001_drop.up.sql <<'SQL'
ALTER TABLE prints DROP COLUMN status, DROP COLUMN n, DROP COLUMN k;
SQL
cat >prints/001_drop.down.sql <<'SQL'
ALTER TABLE prints ADD COLUMN status text NOT NULL DEFAULT 'new', ADD COLUMN n numeric(10,2) DEFAULT -1,
    ADD COLUMN k varchar(10) DEFAULT 'x' CHECK (k IN ('a', 'x')), ADD CONSTRAINT pos CHECK (n >= 0 AND status != '');
CREATE INDEX prints_low ON prints (lower(status)) WHERE status <> 'old';
SQL
postgres_sql "$database" 'DROP TABLE schema_migrations'
run "$TMINUS" assess --database "$url" prints
says 'no record: all are judged, and that is said' out 'what is applied could not be told, there is no record of it: 1 judged as pending.'
lacks 'the down restores' out down-does-not-restore
sed -i "s/DEFAULT 'new'/DEFAULT 'old'/" prints/001_drop.down.sql
run "$TMINUS" assess --database "$url" prints
says 'another default does not' out "the default of public.prints.status is 'old', was 'new'::text"

# --- odd names, views, unlogged, partitions, a schema without USAGE, a plain role
postgres_sql "$database" "CREATE SCHEMA \"Odd \"\"one\"; CREATE TABLE \"Odd \"\"one\".\"line
break\" (\"A b\" int); CREATE UNLOGGED TABLE fast (id int); CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
    CREATE TABLE parts_1 PARTITION OF parts DEFAULT; CREATE VIEW shown AS SELECT status FROM emails;
    INSERT INTO parts SELECT i, '2024-01-01' FROM generate_series(1, 2000) AS i; ANALYZE parts_1"
postgres_super postgres "CREATE ROLE $role LOGIN"
plain=postgresql://$role@127.0.0.1:$postgres_port/$database
mkdir odd
cat >odd/001_odd.up.sql <<'SQL'
ALTER TABLE "Odd ""one"."line
break" ADD COLUMN x int;
DROP TABLE emails;
DROP TABLE parts;
SQL
ends 1 'as a plain role' "$TMINUS" assess --database "$plain" odd
says 'the schema without USAGE is said' out 'not read: the role has no USAGE on schema "Odd "one"'
says 'a view is in the way' out "view 'public.shown' reads it"
says 'partitions are summed up' out '(2,000 rows, '

# --- what the role and the server refuse
postgres_super "$database" 'CREATE TABLE IF NOT EXISTS nobody (id int)'
ends 3 'no server' "$TMINUS" assess --database "postgresql://deployer@127.0.0.1:1/$database" db
says 'is no go' err 'no server listens there'
is 'and nothing is printed' "$(cat "$tmp/out")" ''
ends 6 'a superuser' "$TMINUS" assess --database "postgresql://postgres@127.0.0.1:$postgres_port/$database" db
ends 2 'contradiction' "$TMINUS" assess --env production --dialect postgres
says 'says which' err '--dialect is not for a database that is read'
psql -X -q -d "$database" -c 'BEGIN' -c 'LOCK TABLE emails' -c 'SELECT pg_sleep(30)' >/dev/null 2>&1 &
holder=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(postgres_sql "$database" "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'emails'::regclass")" = 1 ] && break
    sleep 0.2
done
ends 3 'a locked table' "$TMINUS" assess --env production
says 'names the holder' err 'holds ACCESS EXCLUSIVE on public.emails'
postgres_super postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$database' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()" >/dev/null
wait $holder 2>/dev/null

# --- several databases of one release, each with its own migrations
postgres_database "${database}_b"
mkdir other
echo 'CREATE TABLE invoices (id int PRIMARY KEY);' >other/001_invoices.up.sql
echo 'DROP TABLE invoices;' >other/001_invoices.down.sql
cat >tminus.yaml <<YAML
environments:
  production:
    databases:
      main: {url: "$url", migrations: db}
      billing: {url: "$database_url", migrations: other}
YAML
run "$TMINUS" assess --env production --format json
is 'both are read' "$(json '[(x["name"], x["pending"]) for x in d["databases"]], sorted({m["path"] for m in d["migrations"]})')" \
    "[('main', 2), ('billing', 1)] ['db/001_tables.down.sql', 'db/001_tables.up.sql', 'db/002_indexes.down.sql', 'db/002_indexes.up.sql', 'other/001_invoices.down.sql', 'other/001_invoices.up.sql']"
ends 0 'one by its name' "$TMINUS" assess --env production --database billing
says 'it alone' out "Read billing: PostgreSQL"

postgres_super postgres "DROP DATABASE ${database}_b WITH (FORCE)"
cleanup 2>/dev/null
done_testing
