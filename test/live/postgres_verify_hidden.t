#!/bin/sh
# What writes rows although no statement names them, beside traffic on a real PostgreSQL server: none of
# it may be taken for traffic's. Expected keys are those that the test writes itself.
#
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_start # of its own: it leaves a transaction open
database=verify_hidden

# changed_under_traffic MIGRATION [SQL]: 300 emails and what SQL makes, a baseline, MIGRATION, then an
# application that writes 31 notes, 31 new rows, and takes 21 away.
changed_under_traffic()
{
    rm -rf "$tmp/state" "$tmp/migrations"
    mkdir "$tmp/migrations"
    export TMINUS_STATE="$tmp/state"
    postgres_database $database
    postgres_sql $database "CREATE TABLE emails (id bigint PRIMARY KEY, status text NOT NULL, size int, note text);
        INSERT INTO emails SELECT i, (ARRAY['new', 'read', 'sent', 'kept'])[1 + i % 4], i, 'n' || i
            FROM generate_series(1, 300) i;
        CREATE FUNCTION damage() RETURNS int LANGUAGE plpgsql AS
            \$\$ BEGIN UPDATE emails SET status = 'x' WHERE id <= 3; RETURN 1; END \$\$;
        ${2-}; ANALYZE emails"
    printf '%s\n' "$1" >"$tmp/migrations/0001_change.up.sql"
    printf '%s\n' "SELECT 1;" >"$tmp/migrations/0001_change.down.sql"
    run "$TMINUS" baseline save --all --database "$database_url" "$tmp/migrations"
    [ "$status" -eq 0 ] || { result 1 "baseline save"; show "$tmp/out"; show "$tmp/err"; }
    run "$TMINUS" migrate --database "$database_url" "$tmp/migrations"
    [ "$status" -eq 0 ] || { result 1 "migrate"; show "$tmp/out"; show "$tmp/err"; }
    cp "$tmp/err" "$tmp/migrate.err"
    postgres_sql $database "UPDATE public.emails SET note = 't' WHERE id BETWEEN 200 AND 230;
        INSERT INTO public.emails SELECT i, 'new', 1, 't' FROM generate_series(9000, 9030) i;
        DELETE FROM public.emails WHERE id BETWEEN 100 AND 120" || result 1 "traffic"
}

# verify STATUS NAME
verify()
{
    ends "$1" "$2" "$TMINUS" verify --database "$database_url" "$tmp/migrations"
}

seen="status differs in 3 rows: id=1, id=2, id=3; others wrote 62 rows of the table meanwhile, perhaps these"

# --- keys: an UPDATE of a key is neither an insert nor a delete

changed_under_traffic "DO \$\$ BEGIN UPDATE emails SET id = id + 50000 WHERE id IN (4, 5); END \$\$;"
verify 1 "keys that a DO block changes are NO-GO"
says "more rows are gone than others deleted" out "23 rows are gone: id=4, id=5, id=100"
says "and new ones are not traffic's for certain" out "id=50004, id=50005"
changed_under_traffic "DO \$\$ BEGIN UPDATE emails SET size = 0 WHERE id IN (4, 5); END \$\$;"
verify 3 "one that changes no key is told apart"
says "keys are traffic's" out "by traffic besides: 31 new (id=9000, id=9001, id=9002, id=9003, id=9004, …), 21 gone"

# --- functions, wherever they are called

small="UPDATE emails SET size = 0 WHERE id < 10"
for call in "UPDATE emails SET size = 0 WHERE id = 10 RETURNING damage();" \
    "$small; CREATE TABLE made AS SELECT 1 AS a ORDER BY damage();" \
    "$small; INSERT INTO other SELECT a FROM generate_series(5, 5) a, damage();" \
    "$small; ALTER TABLE other ADD COLUMN made int DEFAULT damage();"; do
    changed_under_traffic "$call" "CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)"
    verify 3 "HOLD: $call"
    says "status is not taken for traffic's" out "$seen"
done

# --- rules of another table, triggers of a partition, names that change

changed_under_traffic "$small; UPDATE other SET v = 1;" \
    "CREATE TABLE other (id int PRIMARY KEY, v int); INSERT INTO other VALUES (1), (2), (3);
     CREATE RULE spread AS ON UPDATE TO other DO ALSO UPDATE emails SET status = 'x' WHERE id = NEW.id"
verify 3 "a rule of another table that is written: HOLD"
says "its rows are not taken for traffic's" out "$seen"
changed_under_traffic "UPDATE public.emails SET size = 0 WHERE id < 10;
SELECT set_config('search_path', 'public', true);
UPDATE emails SET status = 'x' WHERE id <= 3;" \
    "CREATE SCHEMA app; CREATE TABLE app.emails (id int PRIMARY KEY, status text); INSERT INTO app.emails VALUES (1, 'a');
     ALTER DATABASE $database SET search_path = app, public"
"$TMINUS" verify --database "$database_url" "$tmp/migrations" >"$tmp/out" 2>&1
lacks "what set_config turned to another table is not taken for traffic's" out "3 status changed"

changed_under_traffic "UPDATE parts SET v = 1 WHERE id = 1;" \
    "CREATE TABLE parts (id int PRIMARY KEY, v int, note text) PARTITION BY RANGE (id);
     CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (100);
     INSERT INTO parts SELECT i, 0, 'n' FROM generate_series(1, 9) i"
verify 0 "an UPDATE of a partitioned table explains what changes in its partitions: GO"
changed_under_traffic "UPDATE parts SET v = 1 WHERE id = 1;" \
    "CREATE TABLE parts (id int PRIMARY KEY, v int, note text) PARTITION BY RANGE (id);
     CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (100);
     INSERT INTO parts SELECT i, 0, 'n' FROM generate_series(1, 9) i;
     CREATE FUNCTION marks() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN NEW.note := 'x'; RETURN NEW; END \$\$;
     CREATE TRIGGER marks BEFORE UPDATE ON parts_1 FOR EACH ROW WHEN (NEW.v = 1) EXECUTE FUNCTION marks()"
postgres_sql $database "UPDATE parts SET v = 2 WHERE id > 5"
verify 3 "what a trigger of a partition writes is not taken for traffic's: HOLD"
says "by key" out "note differs in 1 row: id=1; others wrote 4 rows"

# --- rows that were written before the baseline, beside a transaction that was still open

mkfifo "$tmp/pipe"
psql -X -q -d postgres <"$tmp/pipe" >/dev/null &
exec 9>"$tmp/pipe"
echo "BEGIN; SELECT pg_current_xact_id();" >&9
for i in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(postgres_sql postgres "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND state = 'idle in transaction'")" -gt 0 ] && break
    sleep 0.2
done
changed_under_traffic "DO \$\$ BEGIN UPDATE emails SET status = 'x' WHERE id <= 3; END \$\$;"
lacks "nobody wrote since, so nothing is noted" migrate.err "noted 300 rows"
verify 3 "damage to rows that an open transaction makes hard to date: HOLD"
says "and not traffic's" out "$seen"
echo "ROLLBACK;" >&9
exec 9>&-

done_testing
