#!/bin/sh
# Baselines on a real PostgreSQL server, and what may have become of the database when verify comes:
# another server, another shape, fewer rights, counters reset, a standby.
#
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_start
database=verify_baseline
other_server=$(mktemp -u /var/tmp/tminus-test-XXXXXXXX)
standby=$(mktemp -u /var/tmp/tminus-test-XXXXXXXX)
trap 'for folder in "$standby" "$other_server" "$postgres_own"; do
        "$SOURCE/tool/postgres-server" stop "$folder"; done; rm -rf "$tmp"' EXIT
rows="CREATE TABLE emails (id int PRIMARY KEY, status text, size int);
    INSERT INTO emails SELECT i, 's' || i % 3, i FROM generate_series(1, 300) i"

# fresh SQL: the database with what it makes, saved whole, and a migration run that writes nothing of it
fresh()
{
    rm -rf "$tmp/state" "$tmp/migrations"
    mkdir "$tmp/migrations"
    export TMINUS_STATE="$tmp/state"
    postgres_database $database
    postgres_sql $database "$1"
    echo "CREATE TABLE made_by_it (id int PRIMARY KEY);" >"$tmp/migrations/0001_made.up.sql"
    echo "DROP TABLE made_by_it;" >"$tmp/migrations/0001_made.down.sql"
    run "$TMINUS" baseline save --all --database "$database_url" "$tmp/migrations"
    cp "$tmp/out" "$tmp/saved"
    [ "$status" -eq 0 ] || { result 1 "baseline save"; show "$tmp/out"; show "$tmp/err"; }
    [ -n "${2-}" ] || "$TMINUS" migrate --database "$database_url" "$tmp/migrations" >/dev/null 2>&1
}

# verify STATUS NAME
verify()
{
    ends "$1" "$2" "$TMINUS" verify --database "$database_url" "$tmp/migrations"
}

# --- what is saved

fresh "CREATE TABLE kinds (id int PRIMARY KEY, j json, p point, x xml, a int[], m money, i interval, b bytea,
        u uuid, r int4range, ts timestamptz, f float8);
    INSERT INTO kinds VALUES (1, '{\"a\": 1}', '(1,2)', '<a/>', '{1,2}', 3, '1 day', '\\x00ff', gen_random_uuid(),
        '[1,5)', now(), 'NaN'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
verify 0 "types without order or equality: GO"
python3 - "$database_url" "$tmp/saved" <<'END' >"$tmp/kinds"
import sys; print(sum('kinds' in line for line in open(sys.argv[2])))
END
"$TMINUS" baseline show --database "$database_url" --format json 2>/dev/null | python3 -c "
import json, sys
t = next(t for t in json.load(sys.stdin)['tables'] if t['table'] == 'public.kinds')
c = {c['column']: c for c in t['columns']}
print(c['id']['least'], c['id']['greatest'], c['id']['sum'], c['m']['sum'], c['i']['greatest'], c['f']['nulls'], c['j']['least'])" >"$tmp/facts"
is "facts of numbers, money and intervals; none of json" "$(cat "$tmp/facts")" "1 2 3 \$3.00 1 day 1 None"

long=$(printf 'n%.0s' $(seq 63))
fresh "CREATE TABLE \"$long\" (id int PRIMARY KEY, \"a \"\"b\"\"'c\" text);
    CREATE TABLE \"new
line\" (id int PRIMARY KEY, v int); CREATE SCHEMA \"S x\"; CREATE TABLE \"S x\".\"T.y\" (\"Id\" int PRIMARY KEY, v int);
    INSERT INTO \"$long\" VALUES (1, 'x'); INSERT INTO \"new
line\" VALUES (1, 1); INSERT INTO \"S x\".\"T.y\" VALUES (1, 1);
    CREATE UNLOGGED TABLE noted (id int PRIMARY KEY); CREATE TABLE empty (id int)"
verify 0 "names with quotes, a newline, 63 bytes, unlogged and empty tables: GO"
postgres_sql $database "UPDATE \"S x\".\"T.y\" SET v = 2; UPDATE \"$long\" SET \"a \"\"b\"\"'c\" = 'y'"
verify 0 "and differences by traffic in them"
says "are named" out "by traffic: 1 v changed (Id=1)"

# --- another shape

fresh "$rows"
postgres_sql $database "DROP TABLE emails"
verify 1 "a table that somebody dropped: NO-GO"
says "in one line" out "table emails is gone, and no migration does that"

fresh "$rows"
postgres_sql $database "ALTER TABLE emails ADD COLUMN extra int"
verify 0 "a column that somebody added: GO"
says "with a warning" out "WARN    emails has no column but those of the baseline and the change: extra, expected none"

fresh "$rows"
postgres_sql $database "ALTER TABLE emails ALTER COLUMN size TYPE bigint; ALTER TABLE emails DROP COLUMN status"
verify 1 "a type that somebody changed, a column dropped: NO-GO"
says "the type" out "column size has type int8, at the baseline int4, and no migration changes it"
says "the column" out "column status is gone, and no migration drops it"

fresh "$rows"
postgres_sql $database "ALTER TABLE emails RENAME TO emails_old; CREATE VIEW emails AS SELECT * FROM emails_old"
verify 1 "a table that became a view: NO-GO"
says "is said" out "table emails is now a view, and no migration does that"

# --- tables without key

fresh "CREATE TABLE loose (a int, b text); INSERT INTO loose SELECT i % 5, 'x' FROM generate_series(1, 50) i"
verify 0 "a table without key that is equal: GO"
postgres_sql $database "UPDATE loose SET b = 'y' WHERE a = 1"
verify 0 "that differs although the migration wrote no row of it: GO"
says "is traffic's" out "by traffic: all differences: the migration wrote no row of it"
fresh "CREATE TABLE loose (a int, b text); INSERT INTO loose SELECT i % 5, 'x' FROM generate_series(1, 50) i" held
postgres_sql $database "UPDATE loose SET b = 'y' WHERE a = 1"
verify 3 "and where it is not known who wrote: HOLD"
says "with what would help" out "name one in tminus.yaml: tables: {loose: {key: …}}"

# --- refused

fresh "$rows; CREATE VIEW seen AS SELECT * FROM emails"
ends 2 "a view as target" "$TMINUS" baseline save --table seen --database "$database_url"
says "is no table" err "there is no table 'seen' in PostgreSQL"
postgres_database verify_baseline_other
postgres_sql verify_baseline_other "$rows"
saved=$(find "$TMINUS_STATE" -name '*.db' -path '*baseline*')
ends 1 "another database's baseline" "$TMINUS" verify --baseline "$saved" --database "$database_url" "$tmp/migrations" --database "${database_url%/*}/verify_baseline_other"
says "is refused" err "the baseline is of another database"
# Of its own making: servers from one data folder have one system identifier.
env -u TMINUS_TEST_TEMPLATE "$SOURCE/tool/postgres-server" start "$other_server"
other="postgresql://deployer@127.0.0.1:$(cat "$other_server/port")"
psql -X -q -h "$other_server" -p "$(cat "$other_server/port")" -d postgres -c "CREATE DATABASE $database"
psql -X -q -h "$other_server" -p "$(cat "$other_server/port")" -d $database -c "$rows" >/dev/null
ends 1 "another server with a database of the same name" "$TMINUS" verify --database "$other/$database" "$tmp/migrations"
says "is told by its system identifier" err "as it is now: its id differs"
"$SOURCE/tool/postgres-server" stop "$other_server"

# --- fewer rights

fresh "$rows" held
postgres_super $database "CREATE ROLE reader LOGIN; GRANT SELECT ON emails TO reader"
reader="postgresql://reader@127.0.0.1:$postgres_port/$database"
run "$TMINUS" baseline save --all --database "$reader"
is "a role that may only read saves a baseline" "$status" 0
postgres_super $database "REVOKE SELECT ON emails FROM reader; GRANT SELECT (id, size) ON emails TO reader"
ends 3 "a right lost on a column: HOLD" "$TMINUS" verify --database "$reader"
says "the column is named" out "status could not be read"
postgres_super $database "REVOKE ALL ON emails FROM reader"
ends 3 "a right lost on the table: HOLD" "$TMINUS" verify --database "$reader"
postgres_super $database "DROP OWNED BY reader; DROP ROLE reader"

# --- counters

fresh "$rows" held
cat >"$tmp/migrations/0001_made.up.sql" <<'END'
DO $$ BEGIN EXECUTE 'UPDATE emails SET size = 0 WHERE id = ' || length('abc'); END $$;
END
rm -rf "$tmp/state"
"$TMINUS" baseline save --all --database "$database_url" "$tmp/migrations" >/dev/null 2>&1
"$TMINUS" migrate --database "$database_url" "$tmp/migrations" >/dev/null 2>&1
postgres_super $database "SELECT pg_stat_reset_single_table_counters('emails'::regclass)" >/dev/null
verify 3 "counters that were reset prove nothing: HOLD"
says "and it is said" out "size differs in 1 row: id=3; the server did not count who else wrote rows"

# --- a standby

if [ "$(id -u)" -eq 0 ]; then
    fresh "$rows" held
    PGUSER=postgres pg_basebackup -D "$tmp/base" -X stream -c fast
    touch "$tmp/base/standby.signal"
    chown -R postgres: "$tmp/base"
    TMINUS_TEST_TEMPLATE=$tmp/base "$SOURCE/tool/postgres-server" start "$standby" \
        "primary_conninfo = 'host=$postgres_folder port=$postgres_port user=postgres'"
    replica="postgresql://deployer@127.0.0.1:$(cat "$standby/port")/$database"
    ends 0 "a baseline on a standby" "$TMINUS" baseline save --all --database "$replica"
    says "is a baseline" out "emails"
    ends 0 "verify there: equal" "$TMINUS" verify --database "$replica"
else
    skip "a baseline on a standby" "needs root to hand a folder over"
fi

done_testing
