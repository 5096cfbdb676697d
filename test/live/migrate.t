#!/bin/sh
# tminus migrate on SQLite: applied, undone, failed, refused; the database is looked at by sqlite3.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
db() { sqlite3 "$tmp/shop.db" "$1"; }
bytes() { sha256sum <"$tmp/shop.db"; }
# fresh: a database with two users, an empty folder of migrations, no state.
fresh()
{
    rm -rf "$tmp/shop.db"* "$tmp/m" "$tmp/state"
    mkdir "$tmp/m"
    db "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO users VALUES (1, 'a'), (2, 'b');"
}
migrate() { "$TMINUS" migrate --database "$tmp/shop.db" "$@"; }

# --- a plain folder
fresh
echo 'ALTER TABLE users ADD COLUMN age INT; UPDATE users SET age = id;' >m/1_age.sql
echo 'ALTER TABLE users DROP COLUMN age;' >m/1_age.down.sql
echo 'CREATE INDEX by_age ON users (age);' >m/2_index.sql
echo 'DROP INDEX by_age;' >m/2_index.down.sql
before=$(bytes)
ends 0 'dry run' migrate --dry-run m
says 'dry run: names what is pending' out 'pending        m/1_age.sql'
is 'dry run: the file is untouched' "$(bytes)" "$before"
is 'dry run: no state' "$(ls state 2>/dev/null)" ''
ends 0 'apply one of two' migrate --to 1 m
says 'apply: says what it did' out 'applied        m/1_age.sql  (2 statements'
is 'apply: recorded' "$(db 'SELECT version, name, state FROM tminus_migration')" '1|age|applied'
is 'apply: the checksum is that of the file' "$(db 'SELECT sha256 FROM tminus_migration')" "$(sha256sum m/1_age.sql | cut -d' ' -f1)"
is 'apply: an identity is stored' "$(db 'SELECT length(id) FROM tminus_identity')" 32
identity=$(db 'SELECT id FROM tminus_identity')
ends 0 'apply the rest, in JSON' migrate --format json m
is 'JSON: schema and state' "$(python3 -c 'import json,sys; d=json.load(open("out")); print(d["schema"], d["applied_before"], [(m["version"], m["state"]) for m in d["migrations"]], d["error"])')" \
    "tminus/migrate/1 1 [('2', 'applied')] None"
ends 0 'nothing left' migrate m
says 'nothing left: said' out 'nothing to apply'
ends 0 'undo both' migrate --undo --steps 2 m
says 'undo: the schema is compared' out 'the schema is as before its up'
is 'undo: the record is empty' "$(db 'SELECT count(*) FROM tminus_migration')" 0
is 'undo: the schema is back' "$(db '.schema users')" 'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);'
is 'the identity stays' "$(db 'SELECT id FROM tminus_identity')" "$identity"
ends 0 'apply again' migrate m
is 'the journal has intent and result' "$(sqlite3 state/journal.db .dump | grep -o '"event":"[a-z-]*"' | sort | uniq -c | tr -s ' ')" \
    ' 4 "event":"migration-applied"
 6 "event":"migration-started"
 2 "event":"migration-undone"'

# --- refused before anything is touched
before=$(bytes)
echo 'SELECT 1;' >>m/1_age.sql
ends 2 'a file changed after it was applied' migrate m
says 'changed file: named' err 'm/1_age.sql: changed after it was applied'
sed -i '$d' m/1_age.sql
mv m/1_age.sql m/1_age.down.sql "$tmp"
ends 2 'an applied version whose file is gone' migrate m
says 'file gone: named' err 'version 1 was applied'
mv "$tmp/1_age.sql" "$tmp/1_age.down.sql" m
rm m/1_age.down.sql
ends 2 'undo past a migration without down' migrate --undo --steps 2 m
says 'no down: named' err 'm/1_age.sql: has no down'
printf -- '-- irreversible\n' >m/1_age.down.sql
ends 2 'undo past an empty down' migrate --undo --steps 2 m
says 'empty down: named' err 'm/1_age.sql: has an empty down'
ends 2 'undo more than is applied' migrate --undo --steps 3 m
ends 2 'an unknown version' migrate --to 9 m
says 'unknown version: named' err "no migration has the version '9'"
ends 2 'undo without steps' migrate --undo m
ends 2 'steps without undo' migrate --steps 1 m
ends 2 'undo to a version' migrate --undo --steps 1 --to 1 m
is 'refused: the file is untouched' "$(bytes)" "$before"
mkdir empty
ends 2 'a folder without migrations' migrate empty
ends 2 'no such folder' migrate nowhere
ends 2 'no folder at all' migrate
ends 2 'a MySQL URL' "$TMINUS" migrate --database mysql://root:hunter2@db/shop m
says 'MySQL: refused by name' err 'MySQL is not supported as a live database'
ends 2 'no such database' "$TMINUS" migrate --database nowhere.db m
says 'no such database: named' err 'nowhere.db: no such database file'
is 'no such database: not made' "$(ls nowhere.db 2>/dev/null)" ''
head -c 8192 /dev/zero | tr '\0' 'x' >damaged.db
ends 2 'a damaged database' "$TMINUS" migrate --database damaged.db m
says 'damaged: said' err 'no SQLite database, or encrypted'

# --- failures
fresh
echo 'CREATE TABLE first (a);' >m/1_first.sql
printf 'ALTER TABLE users ADD COLUMN age INT;\n\nUPDATE users\n   SET name = NULL;\nDROP TABLE users;\n' >m/2_bad.sql
echo 'CREATE TABLE third (a);' >m/3_third.sql
ends 4 'an up that fails in the middle' migrate m
says 'failed up: the statement with its place' err 'm/2_bad.sql:3:1: NOT NULL constraint failed: users.name, in: UPDATE users SET name = NULL'
says 'failed up: how it was verified' err 'taken back: a second connection sees no commit'
says 'failed up: the one before stays' out 'applied        m/1_first.sql'
says 'failed up: itself' out 'taken back     m/2_bad.sql'
says 'failed up: the one behind was not begun' out 'pending        m/3_third.sql'
is 'failed up: schema and rows are as before it' "$(db 'SELECT id, name FROM users; SELECT sql FROM sqlite_schema WHERE name = '"'users'")" \
    '1|a
2|b
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)'
is 'failed up: not recorded' "$(db 'SELECT version FROM tminus_migration')" 1
is 'failed up: journaled' "$(sqlite3 state/journal.db .dump | grep -c 'migration-failed')" 1
ends 4 'failed up, in JSON' migrate --format json m
is 'JSON of a failure' "$(python3 -c 'import json; d=json.load(open("out")); print(d["error"]["code"], d["error"]["exit_status"], d["migrations"][0]["state"])')" 'taken_back 4 taken back'
printf 'UPDATE users SET name = upper(name);\n' >m/2_bad.sql
ends 0 'mended, it goes through' migrate m

fresh
printf 'BEGIN;\nCREATE TABLE kept (a);\nCOMMIT;\nUPDATE users SET name = NULL;\n' >m/1_own.sql
ends 5 'a file with its own transaction, partly applied' migrate m
says 'partly applied: the statement with its place' err 'm/1_own.sql:4:1: NOT NULL constraint failed'
says 'partly applied: what stays' err 'stay applied'
is 'partly applied: it did stay' "$(db "SELECT name FROM sqlite_schema WHERE name = 'kept'")" kept
is 'partly applied: marked' "$(db 'SELECT version, state FROM tminus_migration')" '1|begun'
ends 5 'what was begun is not begun again' migrate m
says 'dirty: what to do' err "version 1 was begun and never finished, says 'tminus_migration'"
fresh
printf 'BEGIN;\nUPDATE users SET name = NULL;\nCOMMIT;\n' >m/1_own.sql
ends 4 'its own transaction, nothing stays' migrate m
is 'nothing stays: no mark either' "$(db 'SELECT count(*) FROM tminus_migration')" 0

fresh
echo 'ALTER TABLE users ADD COLUMN age INT;' >m/1_age.sql
echo 'ALTER TABLE users RENAME COLUMN age TO years;' >m/1_age.down.sql
migrate m >out 2>&1
ends 5 'a down that does not mirror its up' migrate --undo --steps 1 m
says 'other schema: said, with what' err 'the schema is another one than before its up: users
  hint: the down does not mirror the up; compare it and mend it by hand'

fresh
echo 'ALTER TABLE users ADD COLUMN age INT;' >m/1_age.sql
echo 'ALTER TABLE users DROP COLUMN age;' >m/1_age.down.sql
migrate m >out 2>&1
db 'CREATE TABLE others (id INT)'
ends 0 'a table that others made meanwhile' migrate --undo --steps 1 m
says 'others made: said' out 'what its up changed is as before; others changed the schema since'
migrate m >out 2>&1
db 'ALTER TABLE users ADD COLUMN theirs INT'
ends 5 'the same table, changed by others meanwhile' migrate --undo --steps 1 m
says 'others changed: said' err 'another one than before its up: users
  hint: others changed it since the up'
fresh
echo 'ALTER TABLE users ADD COLUMN age INT;' >m/1_age.sql
echo 'ALTER TABLE users DROP COLUMN age; DROP INDEX by_name;' >m/1_age.down.sql
db 'CREATE INDEX by_name ON users (name)'
migrate m >out 2>&1
ends 5 'a down that takes more with it' migrate --undo --steps 1 m
says 'takes more: said' err 'another one than before its up: by_name'

# --- others at work
fresh
echo 'DELETE FROM users;' >m/1_x.sql
mkfifo gate
{ echo 'BEGIN IMMEDIATE; SELECT 1;'; cat gate; } | sqlite3 shop.db >held 2>&1 &
holder=$!
exec 8>gate
until [ -s held ]; do sleep 0.05; done
before=$(bytes)
ends 3 'a locked database' migrate --lock-timeout 300ms m
says 'locked: named' err 'locked by another program (waited 300 ms)'
is 'locked: untouched' "$(bytes)" "$before"
exec 8>&-
wait "$holder"
lock=$(ls state/locks/migrate-*.lock)
flock --no-fork "$lock" sleep 20 &
holder=$!
until ! flock -n "$lock" true; do sleep 0.05; done
ends 6 'another tminus at work' migrate m
says 'another tminus: said' err 'another tminus is at work here'
mkdir elsewhere
ends 6 'another tminus at work, seen from another folder' sh -c "cd elsewhere && '$TMINUS' migrate --database sqlite:../shop.db ../m"
sqlite3 second.db 'CREATE TABLE users (id INTEGER)'
ends 0 'another database does not wait for it' "$TMINUS" migrate --database sqlite:second.db m
rm -r elsewhere second.db*
kill "$holder"
wait "$holder" 2>/dev/null
ends 0 'alone again' migrate m

# --- stopped in the middle
fresh
echo 'CREATE TABLE slow AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) SELECT i FROM n;' >m/1_slow.sql
begin_slow()
{
    "$TMINUS" migrate --database "$tmp/shop.db" m >out 2>err &
    slow=$!
    # Its pages outgrew the cache: the file itself is written, and the journal has what was there.
    until [ "$(stat -c %s shop.db)" -gt 500000 ]; do sleep 0.05; done
}
begin_slow
kill -TERM "$slow"
status=0
wait "$slow" || status=$?
is 'a signal: taken back' "$status" 4
says 'a signal: said' err 'm/1_slow.sql:1:1: interrupted'
is 'a signal: nothing stays' "$(db "SELECT count(*) FROM sqlite_schema WHERE name = 'slow'; SELECT count(*) FROM tminus_migration")" '0
0'
begin_slow
kill -KILL "$slow"
wait "$slow" 2>/dev/null
ends 2 'killed: what is left is named by who only reads' "$TMINUS" baseline save --database "$tmp/shop.db" m
says 'killed: and how to go on' err 'left by a crash in the middle of a transaction'
echo 'CREATE TABLE slow (i);' >m/1_slow.sql
ends 0 'killed: the next run takes it back and goes on' migrate m
is 'killed: applied once' "$(db 'SELECT count(*) FROM tminus_migration')" 1

# --- foreign keys
fresh
db 'CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INT REFERENCES users (id)); INSERT INTO notes VALUES (1, 2);'
echo 'DELETE FROM users WHERE id = 2;' >m/1_x.sql
ends 0 'orphans are said' migrate m
says 'orphans: counted, and where' out 'foreign keys: 1 row points nowhere, 0 before (in notes)'

# --- records of other tools
fresh
echo 'CREATE TABLE a (x);' >m/0001_a.up.sql
echo 'DROP TABLE a;' >m/0001_a.down.sql
echo 'CREATE TABLE b (x);' >m/0002_b.up.sql
echo 'DROP TABLE b;' >m/0002_b.down.sql
ends 0 'golang-migrate' migrate m
is 'golang-migrate: its record' "$(db 'SELECT * FROM schema_migrations')" '2|0'
ends 0 'golang-migrate: undo' migrate --undo --steps 1 m
is 'golang-migrate: the one before' "$(db 'SELECT * FROM schema_migrations')" '1|0'
ends 0 'golang-migrate: undo all' migrate --undo --steps 1 m
is 'golang-migrate: none' "$(db 'SELECT count(*) FROM schema_migrations')" 0
db 'INSERT INTO schema_migrations VALUES (1, 1)'
ends 5 'golang-migrate: dirty' migrate m
says 'golang-migrate: dirty is said' err "version 1 was begun and never finished, says 'schema_migrations'"

fresh
printf -- '-- +goose Up\nCREATE TABLE a (x);\n-- +goose Down\nDROP TABLE a;\n' >m/00001_a.sql
printf -- '-- +goose Up\n-- +goose StatementBegin\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;\n-- +goose StatementEnd\n-- +goose Down\nDROP TRIGGER t;\n' >m/00003_t.sql
ends 0 'goose' migrate m
is 'goose: its record' "$(db 'SELECT id, version_id, is_applied FROM goose_db_version')" '1|0|1
2|1|1
3|3|1'
printf -- '-- +goose Up\nCREATE TABLE b (x);\n' >m/00002_b.sql
ends 2 'goose: a gap' migrate m
says 'goose: the gap is named' err 'm/00002_b.sql: is not applied, and a later one is'
rm m/00002_b.sql
ends 0 'goose: undo' migrate --undo --steps 1 m
is 'goose: the row is gone' "$(db 'SELECT max(version_id) FROM goose_db_version')" 1
ends 2 'another layout on a database that goose keeps' sh -c "mkdir p && echo 'SELECT 1;' >p/1_x.sql && '$TMINUS' migrate --database shop.db p"
says 'another layout: who keeps it' err "another tool keeps this database (table 'goose_db_version')"

fresh
printf -- '-- migrate:up\nCREATE TABLE a (x);\n-- migrate:down\nDROP TABLE a;\n' >m/20240101000000_a.sql
ends 0 'dbmate' migrate m
is 'dbmate: its record' "$(db 'SELECT * FROM schema_migrations')" '20240101000000'
ends 0 'dbmate: undo' migrate --undo --steps 1 m
is 'dbmate: the row is gone' "$(db 'SELECT count(*) FROM schema_migrations')" 0
rm -r m && mkdir m && echo 'CREATE TABLE a (x);' >m/1_a.up.sql && echo 'DROP TABLE a;' >m/1_a.down.sql
ends 2 'a table of that name with other columns' migrate m
says 'other columns: named' err "table 'schema_migrations' has the columns (version), and golang-migrate writes (version,dirty)"

fresh
mkdir m/2024-01-31-120000_a
echo 'CREATE TABLE a (x);' >m/2024-01-31-120000_a/up.sql
echo 'DROP TABLE a;' >m/2024-01-31-120000_a/down.sql
ends 0 'diesel' migrate m
is 'diesel: its record' "$(db 'SELECT version FROM __diesel_schema_migrations')" '20240131120000'

fresh
echo 'CREATE TABLE a (x);' >m/V1__a.sql
ends 2 'flyway' migrate m
says 'flyway: refused by name' err 'the record of flyway (flyway_schema_history) cannot be written on SQLite'

done_testing
