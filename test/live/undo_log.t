#!/bin/sh
# The undo log of a live SQLite database: what a migration overwrites and deletes comes back, migration by migration, what others
# changed since stays and is told, and a log goes back once.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 2
export TMINUS_STATE="$tmp/state"
configure() { echo "environments: {here: {database: {url: 'sqlite:shop.db', migrations: migrations$1}}}" >tminus.yaml; }
rows() { sqlite3 shop.db "SELECT * FROM t ORDER BY id"; }
logs() { sqlite3 shop.db "SELECT group_concat(CASE WHEN rolled_back_at IS NULL THEN 'waits' ELSE 'back' END, ' ') FROM tminus_undo_log"; }
applied() { sqlite3 shop.db 'SELECT coalesce(max(version), 0) FROM schema_migrations'; }
# A table, and a folder with no migrations yet.
fresh()
{
    rm -rf state migrations shop.db*
    mkdir migrations
    sqlite3 shop.db "CREATE TABLE t (id INTEGER PRIMARY KEY, price REAL, note TEXT);
        INSERT INTO t SELECT value, value / 3.0, 'n' || value FROM generate_series(1, 20)"
    rows >before
}
migration() { echo "$2" >"migrations/$1.up.sql"; [ -z "${3:-}" ] || echo "$3" >"migrations/$1.down.sql"; }

configure ', undo_log: true'
fresh
migration 1_round 'UPDATE t SET price = round(price, 2); DELETE FROM t WHERE id > 15;' 'SELECT 1;'
migration 2_drop 'ALTER TABLE t DROP COLUMN note;' 'ALTER TABLE t ADD COLUMN note TEXT;'
migration 3_index 'CREATE INDEX prices ON t (price);' 'DROP INDEX prices;'
ends 0 'a dry run keeps nothing' "$TMINUS" migrate --dry-run
says 'a dry run says that before-images are kept' out 'before-images are kept of the rows that are overwritten and deleted (undo_log)'
ends 0 'three migrations with their logs' "$TMINUS" migrate
says 'what is kept is said before it runs' err 'migrations/1_round.up.sql: before-images of t are kept'
says 'the log is named' out 'undo log 1_6b86b273_'
says 'what overwrites nothing has none' out 'no undo log: it overwrites and deletes nothing'
is 'two logs wait' "$(logs)" 'waits waits'
is 'the journal says that the log is whole' "$("$TMINUS" journal export | grep -c '"undo_log":{[^}]*"whole":true')" 2
ends 0 'all three go back' "$TMINUS" migrate --undo --steps 3
rows >after
is 'overwritten, deleted and dropped values are back' "$(diff before after)" ''
says 'how many rows is told' out 'undo log 2_d4735e3a_0770e7659197: 15 rows taken back'
is 'the column was made before its data came' "$(grep -n 'running migrations/2_drop.down\|taking data back from undo log 2' err | cut -d: -f1 | tr '\n' ' ')" "$(grep -n 'running migrations/2_drop.down' err | cut -d: -f1) $(grep -n 'undo log 2' err | cut -d: -f1) "
is 'both logs are back' "$(logs)" 'back back'
ends 2 'nothing is undone twice' "$TMINUS" migrate --undo --steps 1
ends 0 'the same migrations again, over logs that went back' "$TMINUS" migrate -q
is 'the logs are new' "$(logs)" 'waits waits'

# --- what others changed since
fresh
rm -f migrations/*
migration 1_round 'UPDATE t SET price = round(price, 2); DELETE FROM t WHERE id > 15;' 'SELECT 1;'
"$TMINUS" migrate -q >out 2>&1 || show out
sqlite3 shop.db "UPDATE t SET price = 99 WHERE id = 4; UPDATE t SET note = 'mine' WHERE id = 5; DELETE FROM t WHERE id = 7"
ends 5 'rows that others changed make the undo partial' "$TMINUS" migrate --undo --steps 1
says 'they are counted' out '13 rows taken back, 2 left alone: not as the log knows them'
says 'a row that was changed is named' out 't id=4: changed since'
says 'a row that is gone is named' out 't id=7: is gone'
says 'the error says so' err 'undone, but 2 rows were left alone: not as the undo log knows them'
is 'the migration is undone' "$(applied)" 0
is 'what others wrote stays, also beside what comes back' "$(sqlite3 shop.db 'SELECT price FROM t WHERE id = 4; SELECT note, price = 5 / 3.0 FROM t WHERE id = 5; SELECT count(*) FROM t')" "99.0
mine|1
19"
is 'the journal has the conflicts' "$("$TMINUS" journal export | grep '"data-undone"' | grep -o '"conflicts":[0-9]*')" '"conflicts":2'

# --- without the key nothing is kept, the flag keeps
configure ''
fresh
migration 1_round 'UPDATE t SET price = 0;' 'SELECT 1;'
"$TMINUS" migrate -q >out 2>&1 || show out
is 'without the key there is no log' "$(sqlite3 shop.db "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'tminus_undo%'")" 0
ends 0 'an undo without a log runs the down' "$TMINUS" migrate --undo --steps 1
sqlite3 shop.db 'UPDATE t SET price = id'
ends 0 'the flag keeps one' "$TMINUS" migrate --undo-log
is 'it waits' "$(logs)" 'waits'
ends 2 'both flags are refused' "$TMINUS" migrate --undo-log --no-undo-log
ends 2 'an undo keeps none' "$TMINUS" migrate --undo --steps 1 --undo-log

# --- a down that was run without the data, as another tool would
ends 0 'an undo may leave the data' "$TMINUS" migrate --undo --steps 1 --no-undo-log
is 'the log waits' "$(logs) $(applied)" 'waits 0'
ends 5 'the migration is not applied over it' "$TMINUS" migrate
says 'why' err "migrations/1_round.up.sql: is not applied, and undo log '1_6b86b273_"
says 'and what to do' err 'bring it back first: tminus migrate --undo --steps 1; or give it up: tminus clean --undo-log 1_6b86b273_'
ends 0 'the next undo finishes it' "$TMINUS" migrate --undo --steps 1
says 'its data alone' out '(its down ran before)'
is 'the log is back' "$(logs) $(sqlite3 shop.db 'SELECT count(*) FROM t WHERE price = 0')" 'back 0'

# --- a pure data migration needs no down
configure ', undo_log: true'
fresh
migration 1_zero 'UPDATE t SET price = 0;'
"$TMINUS" migrate -q >out 2>&1 || show out
ends 0 'a data migration without down: a dry run' "$TMINUS" migrate --undo --steps 1 --dry-run
ends 0 'a data migration without down goes back by its log alone' "$TMINUS" migrate --undo --steps 1
rows >after
is 'its data is back, its record gone' "$(diff before after) $(applied)" ' 0'
migration 2_column 'ALTER TABLE t ADD COLUMN n INTEGER; UPDATE t SET n = 1, price = 0;'
"$TMINUS" migrate -q >out 2>&1 || show out
ends 2 'one that changed the schema needs its down' "$TMINUS" migrate --undo --steps 1
says 'it says so' err 'migrations/2_column.up.sql: has no down'
is 'and nothing went back' "$(logs)" 'waits waits'

# --- names that move behind what was overwritten
fresh
rm -f migrations/*
sqlite3 shop.db 'ALTER TABLE t ADD COLUMN cost REAL DEFAULT 0.5; CREATE TABLE u AS SELECT id, price FROM t' && rows >before
swap='ALTER TABLE t RENAME price TO x; ALTER TABLE t RENAME cost TO price; ALTER TABLE t RENAME x TO cost;'
migration 1_swap "UPDATE t SET price = 0; $swap" "$swap"
migration 2_other 'UPDATE u SET price = 7; ALTER TABLE u RENAME TO old; CREATE TABLE u (id INTEGER, price REAL); INSERT INTO u VALUES (1, 7);' 'DROP TABLE u; ALTER TABLE old RENAME TO u;'
"$TMINUS" migrate -q >out 2>&1 || show out
ends 0 'a table and columns whose names others have now wait for the down' "$TMINUS" migrate --undo --steps 2
rows >after
is 'every value is back in its own column' "$(diff before after)" ''
is 'and in its own table' "$(sqlite3 shop.db 'SELECT count(*) FROM u WHERE price = id / 3.0')" 20

# --- writers that the text does not name
fresh
rm -f migrations/*
sqlite3 shop.db 'CREATE VIEW v AS SELECT * FROM t; CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN UPDATE t SET price = new.price WHERE id = new.id; END'
migration 1_view 'UPDATE v SET price = 0;' 'SELECT 1;'
migration 2_trigger "CREATE TRIGGER tu AFTER UPDATE ON t BEGIN DELETE FROM t WHERE id = new.id + 10; END; UPDATE t SET note = '' WHERE id = 1;" 'DROP TRIGGER tu;'
"$TMINUS" migrate -q >out 2>&1 || show out
ends 5 'a log that may not be whole is not told as one' "$TMINUS" migrate --undo --steps 1
says 'why' err 'migrations/2_trigger.up.sql: undone, but its undo log does not hold all that it may have overwritten: 2_trigger.up.sql:'
ends 0 'what the triggers of a view write is kept' "$TMINUS" migrate --undo --steps 1
is 'and comes back' "$(sqlite3 shop.db 'SELECT count(*) FROM t WHERE price = 0')" 0

# --- the file was changed since
fresh
migration 1_zero 'UPDATE t SET price = 0;'
migration 2_column 'ALTER TABLE t ADD COLUMN n INTEGER; UPDATE t SET n = 1, price = 0;'
"$TMINUS" migrate -q >out 2>&1 || show out
migration 1_zero 'UPDATE t SET price = 1;' 'SELECT 1;'
rm -f migrations/2_* && sqlite3 shop.db "UPDATE schema_migrations SET version = 1"
ends 2 'a text that was changed is not undone with the log of another' "$TMINUS" migrate --undo --steps 1
says 'it says so' err "changed after it was applied: undo log '1_6b86b273_"

# --- clean
configure ', undo_log: true'
fresh
rm -f migrations/*
migration 1_zero 'UPDATE t SET price = 0;' 'SELECT 1;'
migration 2_one 'UPDATE t SET price = 1;' 'SELECT 1;'
"$TMINUS" migrate -q >out 2>&1 && "$TMINUS" migrate --undo --steps 1 -q >out 2>&1 || show out
ends 1 'clean: a log that went back is left over' "$TMINUS" clean --dry-run
says 'clean: it is named' out 'left     undo log 2_d4735e3a_'
says 'clean: with its size' out '20 rows, 4.0 KB, made'
says 'clean: one that waits is kept' out 'kept     undo log 1_6b86b273_'
says 'clean: and why' out 'its migration can be undone with it, for another 6 d'
ends 0 'clean: removed' "$TMINUS" clean
is 'clean: the one that waits is there' "$(logs)" waits
ends 0 'clean: again, in JSON' "$TMINUS" clean --format json
is 'clean: in JSON what stays has its reason' \
    "$(python3 -c 'import json; d=json.load(open("out")); print(len(d["leftovers"]), d["kept"][0]["id"][:11], d["kept"][0]["bytes"])')" '0 1_6b86b273_ 4096'
ends 2 'clean: a log that there is not' "$TMINUS" clean --undo-log 9_nothing
ends 0 'clean: one that is given up goes' "$TMINUS" clean --undo-log "$(sqlite3 shop.db 'SELECT id FROM tminus_undo_log')"
is 'clean: none is left' "$(logs)" ''
ends 2 'clean: its migration is not undone as if its data came back' "$TMINUS" migrate --undo --steps 1
ends 2 'clean: a dry run says so, too' "$TMINUS" migrate --undo --steps 1 --dry-run
says 'clean: it says so' err "is not in the database any more: what it overwrote stays so"
ends 0 'clean: its migration is undone without its data' "$TMINUS" migrate --undo --steps 1 --no-undo-log
is 'clean: which stays as it is' "$(sqlite3 shop.db 'SELECT count(*) FROM t WHERE price = 0')" 20
configure ', undo_log: true, undo_log_keep: 1ms'
"$TMINUS" migrate -q >out 2>&1 || show out
ends 0 'clean: behind its time one that waits goes, too' "$TMINUS" clean
is 'clean: all are gone' "$(logs)" ''
mv shop.db gone.db
ends 3 'clean: a database that does not answer is told' "$TMINUS" clean
done_testing
