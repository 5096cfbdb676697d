#!/bin/sh
# Baseline, migration and verify on a real PostgreSQL server: what the migration did, what traffic did,
# and what cannot be told. Expected keys are those that the test writes itself.
#
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_shared
database=verify_attribution

# fresh [MIGRATION]: 3,000 emails, a migration that fills a new column or MIGRATION, a baseline.
fresh()
{
    rm -rf "$tmp/state" "$tmp/migrations"
    mkdir "$tmp/migrations"
    export TMINUS_STATE="$tmp/state"
    postgres_database $database
    postgres_sql $database "CREATE TABLE emails (id bigint PRIMARY KEY, category text,
            status text NOT NULL, size int, body jsonb);
        INSERT INTO emails SELECT i, (ARRAY['brief', 'task', 'other'])[1 + i % 3],
            (ARRAY['new', 'read', 'sent', 'kept'])[1 + i % 4], i % 1000, jsonb_build_object('n', i)
            FROM generate_series(1, 3000) i;
        ANALYZE emails"
    fill="ALTER TABLE emails ADD COLUMN category_id int;
UPDATE emails SET category_id = CASE category WHEN 'brief' THEN 1 WHEN 'task' THEN 2 ELSE 3 END;"
    printf '%s\n' "${1:-$fill}" >"$tmp/migrations/0001_change.up.sql"
    printf '%s\n' "SELECT 1;" >"$tmp/migrations/0001_change.down.sql"
    prepare=${2-}
    [ -z "$prepare" ] || postgres_sql $database "$prepare"
    run "$TMINUS" baseline save --all --database "$database_url" "$tmp/migrations"
    [ "$status" -eq 0 ] || { result 1 "baseline save"; show "$tmp/out"; show "$tmp/err"; }
}

traffic()
{
    postgres_sql $database "$1" || result 1 "traffic: $1"
}

migrate()
{
    run "$TMINUS" migrate --database "$database_url" "$tmp/migrations"
    [ "$status" -eq 0 ] || { result 1 "migrate"; show "$tmp/out"; show "$tmp/err"; }
}

# verify STATUS NAME
verify()
{
    ends "$1" "$2" "$TMINUS" verify --database "$database_url" "$tmp/migrations"
}

# of_table EXPRESSION: of `t`, the emails of another verify as JSON
of_table()
{
    "$TMINUS" verify --database "$database_url" --format json "$tmp/migrations" >"$tmp/json" 2>/dev/null
    python3 - "$1" "$tmp/json" <<'END'
import json, sys
t = next(t for t in json.load(open(sys.argv[2]))['tables'] if t['table'] == 'public.emails')
print(eval(sys.argv[1]))
END
}

# --- quiet

fresh
verify 0 "before the migration: GO, as at the baseline"
migrate
verify 0 "a quiet migration is GO"
says "and says why" out "every difference is explained by the migration, every invariant holds"

# --- S4: the application goes on without the new column

fresh
migrate
traffic "INSERT INTO emails (id, category, status) SELECT 5000 + i, 'brief', 'new' FROM generate_series(1, 7) i"
verify 1 "S4: rows of traffic without the new column are NO-GO"
says "attributed to traffic, with keys" out \
    "7 rows, all written by traffic since the baseline (the application does not write category_id): id=5001, id=5002, id=5003, id=5004, id=5005, …"
is "and the table itself passes: they are new rows" "$(of_table "[t[k] for k in ('by_traffic', 'unattributed', 'extra_keys')]")" "[7, 0, 7]"

# --- traffic that writes the new column, before and after

fresh
traffic "UPDATE emails SET status = 'archived' WHERE id IN (5, 6); INSERT INTO emails VALUES (4001, 'task', 'new')"
traffic "DELETE FROM emails WHERE id = 77"
migrate
says "migrate notes what traffic wrote" err "noted 3 rows that traffic wrote since the baseline"
traffic "INSERT INTO emails VALUES (5001, 'brief', 'new', 1, NULL, 1); UPDATE emails SET status = 'done' WHERE id = 9"
traffic "DELETE FROM emails WHERE id = 78"
verify 0 "traffic before and after the migration: GO"
says "what it did is shown" out "by traffic: 2 new (id=4001, id=5001), 2 gone (id=77, id=78), 3 status changed (id=5, id=6, id=9)"
is "in JSON per column" "$(of_table "[(d['column'], d['rows'], d['by_migration'], d['by_traffic'], d['unattributed']) for d in t['differs']]")" \
    "[('status', 3, 0, 3, 0)]"
is "and per kind of key" "$(of_table "[(t[k]['keys'], t[k]['by_traffic'], t[k]['unattributed']) for k in ('missing', 'extra')]")" \
    "[(2, 2, 0), (2, 2, 0)]"
is "with samples" "$(of_table "t['samples']['by_traffic']")" \
    "{'extra': ['id=4001', 'id=5001'], 'columns': {'status': ['id=5', 'id=6', 'id=9']}}"

# --- traffic all the while, and the migration writes over some of its rows

fresh
postgres_sql $database "INSERT INTO emails SELECT i, 'task', 'new', i % 1000 FROM generate_series(10001, 40000) i; ANALYZE emails"
run "$TMINUS" baseline save --all --database "$database_url" "$tmp/migrations"
cat >"$tmp/traffic.sql" <<'END'
\set id random(1, 40000)
\set gone random(10001, 40000)
UPDATE emails SET status = 'seen' WHERE id = :id;
DELETE FROM emails WHERE id = :gone AND id % 7 = 0;
END
pgbench -n -c 3 -T 6 -f "$tmp/traffic.sql" $database >"$tmp/pgbench" 2>&1 &
sleep 1
migrate
wait $!
is "pgbench wrote all the while" "$(grep -c 'number of transactions actually processed' "$tmp/pgbench")" 1
verify 0 "pgbench before, during and after the migration: GO"
is "everything is attributed" "$(of_table "[t['by_traffic'] > 100, t['unattributed'], t['missing']['by_traffic'] > 10]")" "[True, 0, True]"
postgres_sql $database "UPDATE emails SET category_id = 9 WHERE id = 5"
verify 1 "and a wrong value is seen under all that"
says "with its key" out "1 row there at the baseline, and written by traffic since: id=5"

# --- S2: the migration swaps what two rows hold; every count stays

swap="$fill
DO \$\$ BEGIN UPDATE emails SET status = CASE id WHEN 4 THEN 'read' ELSE 'new' END WHERE id IN (4, 5); END \$\$;"
fresh "$swap"
migrate
verify 1 "S2: two rows swapped by the migration are NO-GO"
says "both keys are named, and nobody else wrote" out "status differs in 2 rows: id=4, id=5; nobody else wrote rows of the table"

fresh "$swap"
traffic "UPDATE emails SET status = 'x' WHERE id = 100"
migrate
traffic "UPDATE emails SET status = 'x' WHERE id IN (101, 102)"
is "damage under traffic: what both may have done stays unattributed" \
    "$(of_table "[(d['rows'], d['by_traffic'], d['unattributed']) for d in t['differs']]")" "[(5, 1, 4)]"
verify 3 "and is HOLD: others wrote as many rows"
says "with what would make it certain" out "perhaps these; certain is a quiet window, LOCK TABLE as the migration's first statement, or a rehearsal"

# --- subtransactions

nested="$fill
DO \$\$ BEGIN BEGIN UPDATE emails SET size = size + 1 WHERE id <= 3; EXCEPTION WHEN OTHERS THEN NULL; END; END \$\$;"
fresh "$nested"
migrate
traffic "UPDATE emails SET status = 'x' WHERE id = 50"
verify 3 "rows of a subtransaction are never taken for traffic's: HOLD"
says "with keys and the statement" out "size differs in 3 rows: id=1, id=2, id=3; written while the migration ran, by traffic or within 0001_change.up.sql:3 DO"
is "what traffic wrote afterwards is traffic's" \
    "$(of_table "[(d['column'], d['by_traffic'], d['unattributed']) for d in t['differs']]")" "[('status', 1, 0), ('size', 0, 3)]"

# --- own counters: the migration wrote nothing of this table

fresh "CREATE TABLE kinds (id int PRIMARY KEY); DO \$\$ BEGIN INSERT INTO kinds VALUES (1); END \$\$;"
migrate
traffic "UPDATE emails SET size = 0 WHERE id = 1; DELETE FROM emails WHERE id = 2"
verify 0 "a table that the migration did not write differs by traffic alone: GO"
says "and is told" out "by traffic: 1 gone (id=2), 1 size changed (id=1)"

# --- deletes

fresh "DELETE FROM emails WHERE category = 'other';"
traffic "DELETE FROM emails WHERE id = 6"
migrate
traffic "DELETE FROM emails WHERE id = 7; INSERT INTO emails VALUES (5001, 'other', 'new')"
verify 0 "rows that the migration deletes, and others that traffic deletes: GO"
says "each for itself" out "1,000 removed (0001_change.up.sql:1 DELETE); by traffic: 1 new (id=5001), 2 gone"
says "a row of traffic that the DELETE would name is only said" out "1 row written by traffic since the baseline: id=5001"

fresh "DELETE FROM emails WHERE category = 'other'; DO \$\$ BEGIN DELETE FROM emails WHERE id = 1; END \$\$;"
migrate
verify 1 "a row too many deleted by the migration is NO-GO"
says "with its key" out "1 row is gone: id=1 (0001_change.up.sql:1 DELETE does not delete it); nobody else deleted rows of the table"

# --- a rewrite gives every row the migration's number

fresh "ALTER TABLE emails ALTER COLUMN size TYPE bigint;"
migrate
verify 0 "a rewrite that keeps all values: GO"
fresh "ALTER TABLE emails ALTER COLUMN size TYPE bigint;"
traffic "UPDATE emails SET status = 'x' WHERE id = 5; INSERT INTO emails VALUES (4001, 'task', 'new')"
migrate
traffic "UPDATE emails SET status = 'x' WHERE id = 6"
verify 0 "a rewrite over what traffic wrote before: GO"
says "because it was noted" out "by traffic: 1 new (id=4001), 2 status changed (id=5, id=6)"
fresh "ALTER TABLE emails ALTER COLUMN size TYPE bigint USING CASE WHEN size = 7 THEN 8 ELSE size END;"
migrate
verify 0 "what USING says is what the migration is to do: GO"
fresh "ALTER TABLE emails ALTER COLUMN size TYPE bigint;"
migrate
traffic "UPDATE emails SET size = 1 WHERE id = 12"
verify 0 "a value that traffic wrote over a rewritten one: GO"
says "is traffic's" out "1 size changed (id=12)"

# --- a migration without transaction: it has no number, and needs none while it writes no row

fresh "CREATE INDEX CONCURRENTLY emails_by_status ON emails (status);"
migrate
traffic "UPDATE emails SET status = 'x' WHERE id = 5"
verify 0 "traffic beside an index that was built concurrently: GO"
says "and told" out "by traffic: 1 status changed (id=5)"

# --- undone while the application made a table

fresh "ALTER TABLE emails ADD COLUMN n int; CREATE INDEX emails_by_n ON emails (n);"
printf 'ALTER TABLE emails DROP COLUMN n;\n' >"$tmp/migrations/0001_change.down.sql"
migrate
traffic "CREATE TABLE emails_2026_11 (LIKE emails)"
ends 0 "undone" "$TMINUS" migrate --undo --steps 1 --database "$database_url" "$tmp/migrations"
verify 0 "a table that the application made meanwhile: GO"
says "and told, beside the record that migrate made" out "3 objects differ, expected the 4 objects of then
        public.emails_2026_11 is new, and not of the migrations
        public.schema_migrations is new, and not of the migrations"
traffic "ALTER TABLE emails ADD CHECK (id > 0)"
verify 1 "a table of before that is another one now: NO-GO"
says "which" out "        public.emails is changed
        public.emails_2026_11 is new, and not of the migrations"

# --- a label of an enum type under another name: rows read otherwise, and none is written

fresh "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';"
traffic "CREATE TYPE mood AS ENUM ('sad', 'well'); ALTER TABLE emails ADD COLUMN mood mood, ADD COLUMN moods mood[];
    UPDATE emails SET mood = CASE WHEN id % 2 = 0 THEN 'sad' ELSE 'well' END::mood, moods = ARRAY['sad']::mood[]"
run "$TMINUS" baseline save --all --database "$database_url" "$tmp/migrations"
migrate
verify 0 "a renamed label: GO"
says "by the migration" out "mood changed in 1,500 rows (0001_change.up.sql:1 ALTER TYPE); moods changed in 3,000 rows"
traffic "UPDATE emails SET mood = 'blue' WHERE id = 5"
verify 0 "another row beside it"
says "is told as traffic's" out "by traffic: 1 mood changed (id=5)"

# --- a search path that the migration sets: its names are of another schema

fresh "SET search_path = app;
UPDATE emails SET status = 'done' WHERE id < 11;"
traffic "CREATE SCHEMA app; CREATE TABLE app.emails AS SELECT * FROM emails; ALTER TABLE app.emails ADD PRIMARY KEY (id)"
run "$TMINUS" baseline save --all --database "$database_url" "$tmp/migrations"
migrate
verify 0 "a search path of its own: GO"
says "the table of that schema" out "app.emails: 3,000 → 3,000 rows, 5 columns compared; status changed in 10 rows (0001_change.up.sql:2 UPDATE)"
says "and not the other one" out " emails: 3,000 → 3,000 rows, 5 columns compared
"

# --- a migration that tminus did not run

fresh "$fill"
postgres_file $database "$tmp/migrations/0001_change.up.sql"
postgres_sql $database "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
    INSERT INTO schema_migrations VALUES (1, false)"
verify 0 "run by another program in a quiet time: GO"
traffic "UPDATE emails SET status = 'x' WHERE id = 5"
verify 3 "with traffic besides: HOLD, for nobody knows who wrote"
says "and why" out "0001_change.up.sql was not run by tminus migrate; others wrote"

done_testing
