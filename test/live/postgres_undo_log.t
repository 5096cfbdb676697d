#!/bin/sh
# The undo log of a live PostgreSQL database: data and schema go back beside traffic, and verify proves it; who may not keep a log
# is told before anything runs.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_shared
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
db() { postgres_sql undo_log_shop "$1"; }
mkdir migrations
postgres_database undo_log_shop
echo "environments: {here: {database: {url: '$database_url', migrations: migrations, undo_log: true}}}" >tminus.yaml
db "CREATE TABLE emails (id int PRIMARY KEY, category text NOT NULL, note text);
    INSERT INTO emails SELECT g, 'brief', 'n' || g FROM generate_series(1, 500) g"
echo 'UPDATE emails SET category = upper(category) WHERE id <= 400; DELETE FROM emails WHERE id > 490;' >migrations/1_upper.up.sql
echo 'SELECT 1;' >migrations/1_upper.down.sql
echo 'ALTER TABLE emails DROP COLUMN note;' >migrations/2_note.up.sql
echo 'ALTER TABLE emails ADD COLUMN note text;' >migrations/2_note.down.sql

# --- who may not make the schema of the logs
postgres_super undo_log_shop 'REVOKE CREATE ON DATABASE undo_log_shop FROM PUBLIC; ALTER DATABASE undo_log_shop OWNER TO postgres; GRANT CREATE ON SCHEMA public TO deployer' >out 2>&1
ends 3 'a role that may not make the schema keeps no log, and runs nothing' "$TMINUS" migrate
says 'it is told' err "undo_log is asked for: no undo log can be kept: role 'deployer' may not create in the schema 'tminus'"
says 'with what to grant' err 'GRANT CREATE ON DATABASE'
is 'nothing was changed' "$(db "SELECT count(*) FROM emails WHERE category = 'brief' AND to_regclass('schema_migrations') IS NULL")" 500
postgres_super undo_log_shop 'GRANT CREATE ON DATABASE undo_log_shop TO deployer' >out 2>&1

# --- there and back, beside traffic
"$TMINUS" baseline save -q >out 2>&1 || show out
db "UPDATE emails SET note = 'traffic' WHERE id = 450"
ends 0 'two migrations with their logs' "$TMINUS" migrate
says 'rows and log are told' out 'undo log 1_6b86b273_'
db "UPDATE emails SET category = 'mine' WHERE id IN (3, 420); INSERT INTO emails VALUES (5000, 'new')"
ends 5 'rows that traffic changed are left alone, and make the undo partial' "$TMINUS" migrate --undo --steps 2
says 'they are named' out 'public.emails id=3: changed since'
says 'the rest came back' out '409 rows taken back, 1 left alone'
is 'overwritten, deleted and dropped values are back' \
    "$(db "SELECT count(*), count(note), count(*) FILTER (WHERE category = 'brief'), count(*) FILTER (WHERE note = 'n' || id) FROM emails")" '501|500|498|499'
ends 0 'against the baseline everything is as before but for traffic' "$TMINUS" verify --expect as-before
says 'whose rows are told' out 'by traffic: 1 new (id=5000), 2 category changed (id=3, id=420), 1 note changed (id=450)'

# --- names that move, and writers that no text names
db "CREATE TABLE moved (id int PRIMARY KEY, a int, b int); INSERT INTO moved SELECT g, g, 0 FROM generate_series(1, 9) g;
    CREATE FUNCTION clear_moved() RETURNS void LANGUAGE sql AS 'UPDATE moved SET b = 5'; CREATE VIEW seen AS SELECT id, a AS c FROM moved"
swap='ALTER TABLE moved RENAME a TO x; ALTER TABLE moved RENAME b TO a; ALTER TABLE moved RENAME x TO b;'
echo "UPDATE moved SET a = -1; $swap ALTER TABLE moved RENAME TO older; CREATE TABLE moved (id int PRIMARY KEY, a int, b int);" >migrations/3_swap.up.sql
echo "DROP TABLE moved; ALTER TABLE older RENAME TO moved; $swap" >migrations/3_swap.down.sql
"$TMINUS" migrate -q >out 2>&1 || show out
ends 0 'a table and columns whose names others have now wait for the down' "$TMINUS" migrate --undo --steps 1
is 'every value is back where it was' "$(db 'SELECT count(*) FROM moved WHERE a = id AND b = 0')" 9
rm -f migrations/3_swap.*
echo 'UPDATE seen SET c = 0;' >migrations/4_view.up.sql
echo 'SELECT 1;' | tee migrations/4_view.down.sql >migrations/5_call.down.sql
echo 'SELECT clear_moved();' >migrations/5_call.up.sql
"$TMINUS" migrate -q >out 2>&1 || show out
ends 5 'what a function wrote is not in the log' "$TMINUS" migrate --undo --steps 1
says 'which is told' out 'public.moved as a whole: 9 rows of it were updated or deleted, and are not kept'
is 'by the journal too' "$("$TMINUS" journal export | grep 5_call | grep -c '"whole":false')" 1
ends 0 'what is written through a view is' "$TMINUS" migrate --undo --steps 1
is 'and comes back' "$(db 'SELECT count(*) FROM moved WHERE a = id')" 9
rm -f migrations/4_* migrations/5_*
db "CREATE TYPE mood AS ENUM ('ok', 'bad'); CREATE TABLE felt (id int PRIMARY KEY, m mood); INSERT INTO felt VALUES (1, 'ok')"
echo 'DROP TYPE mood CASCADE;' >migrations/6_type.up.sql
echo "CREATE TYPE mood AS ENUM ('ok', 'bad'); ALTER TABLE felt ADD COLUMN m mood;" >migrations/6_type.down.sql
"$TMINUS" migrate -q >out 2>&1 || show out
ends 5 'a column that goes with its type is not in the log' "$TMINUS" migrate --undo --steps 1
says 'what did not come back is said' err 'undone, but what public.felt held did not come back: columns of it were dropped'
rm -f migrations/6_*

# --- a table that is locked
"$TMINUS" migrate -q >out 2>&1 || show out
postgres_sql undo_log_shop 'BEGIN; LOCK TABLE emails IN ACCESS SHARE MODE; SELECT pg_sleep(4)' >lock 2>&1 &
sleep 0.5
ends 4 'a reader is in the way of the down, not of others for long' "$TMINUS" migrate --undo --steps 1 --lock-timeout 100ms --attempts 1
wait
is 'nothing is half done' "$(db 'SELECT count(*) FROM tminus.undo_log WHERE rolled_back_at IS NULL')" 2

# --- a role that may not read the logs
postgres_super undo_log_shop 'CREATE ROLE undo_log_other LOGIN; GRANT ALL ON schema_migrations, emails TO undo_log_other' >out 2>&1
ends 2 'who may not read the logs does not migrate' "$TMINUS" migrate --dry-run --database "$(echo "$database_url" | sed 's/deployer/undo_log_other/')" migrations
says 'it is told' err "role 'undo_log_other' may not read the undo logs in the schema 'tminus', and so cannot tell whether data waits in them"
postgres_super undo_log_shop 'DROP OWNED BY undo_log_other; DROP ROLE undo_log_other' >out 2>&1
done_testing
