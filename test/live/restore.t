#!/bin/sh
# tminus restore: into empty places only, one table alone, and the proof that follows.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"

member() { python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for name in sys.argv[2:]:
    value = value[int(name) if name.isdigit() else name]
print(value)' "$tmp/out" "$@"; }

schema="CREATE TABLE senders (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
        CREATE TABLE emails (id INTEGER PRIMARY KEY, sender INTEGER REFERENCES senders (id), body TEXT);
        CREATE TABLE labels (name TEXT);
        CREATE TABLE empty_by_nature (id INTEGER PRIMARY KEY);
        CREATE INDEX emails_by_sender ON emails (sender);
        INSERT INTO senders VALUES (1, 'ana'), (2, 'ben'); INSERT INTO labels VALUES ('x'), ('x'), (NULL);
        INSERT INTO emails VALUES (1, 1, 'one'), (2, 2, 'two'), (7, 1, NULL);"

# --- SQLite
echo "$schema" | sqlite3 shop.db
echo 'environments: {production: {database: {url: "sqlite:shop.db"}, backup: {kind: sqlite, directory: kept}}}' >tminus.yaml
ends 2 'nothing says where to' "$TMINUS" restore
says 'nothing says where to: what may' err '--into an empty database, or --prove'
ends 2 'both places at once' "$TMINUS" restore --into x.db --prove
ends 2 'no backup yet' "$TMINUS" restore --into x.db
says 'no backup yet: what to do' err 'take one: tminus backup'
"$TMINUS" backup >"$tmp/out" 2>&1 || show "$tmp/out"
ends 0 'SQLite: into a file that is not there' "$TMINUS" restore --into given.db
says 'SQLite: all of it is equal' out 'GO  4 tables and 8 rows are what they were'
is 'SQLite: the rows are there' "$(sqlite3 given.db 'SELECT count(*) FROM emails')" 3
is 'SQLite: nobody else may read it' "$(stat -c %a given.db)" 600
before=$(sha256sum given.db)
ends 6 'SQLite: never over a file' "$TMINUS" restore --into given.db
says 'SQLite: never over a file: why' err 'given.db: is there already; a backup is restored into an empty place only'
says 'SQLite: never over a file: what would be needed' err 'whose digest was approved'
is 'SQLite: never over a file: it is as it was' "$(sha256sum given.db)" "$before"
ends 0 'SQLite: one table' "$TMINUS" restore --into sqlite:one.db --table emails
says 'SQLite: one table is equal' out 'GO  1 table and 3 rows are what they were'
is 'SQLite: one table: no other' "$(sqlite3 one.db '.tables')" emails
is 'SQLite: one table: its index' "$(sqlite3 one.db '.indexes')" emails_by_sender
ends 0 'SQLite: a table without a key' "$TMINUS" restore --into labels.db --table labels
ends 2 'SQLite: no such table' "$TMINUS" restore --into none.db --table mails
says 'SQLite: no such table: it says so' err "holds no table 'mails'"
is 'SQLite: no such table: nothing is made' "$(ls none.db* 2>/dev/null)" ''
ends 0 'SQLite: only to prove' "$TMINUS" restore --prove
is 'SQLite: only to prove: nothing stays' "$(find state -name '*restored*')" ''
ends 0 'SQLite: then the list is GO' "$TMINUS" backup --list

says 'SQLite: the list says so' out 'ago: GO'

# What the live database has become since is no matter: the backup is of its own instant.
sqlite3 shop.db "DELETE FROM emails"
ends 0 'SQLite: the source has moved on' "$TMINUS" restore --prove

# Nothing recorded: unknown is not equal.
rm kept/*.fingerprints.json
ends 3 'SQLite: without fingerprints' "$TMINUS" restore --prove
says 'SQLite: without fingerprints: why' out 'HOLD  no fingerprints were recorded when it was taken'
echo '{' >"$(ls kept/*.db).fingerprints.json"
ends 2 'SQLite: fingerprints that cannot be read' "$TMINUS" restore --prove

# An empty database: nothing was compared, which is no proof.
sqlite3 bare.db 'VACUUM'
"$TMINUS" backup --database sqlite:bare.db --directory bare >"$tmp/out" 2>&1
ends 3 'SQLite: no tables' "$TMINUS" restore --database sqlite:bare.db --directory bare --prove
says 'SQLite: no tables: why' out 'HOLD  there are no tables to compare'

# --- PostgreSQL
postgres_database restore_t
postgres_sql restore_t "$schema CREATE SCHEMA \"odd one\"; CREATE TYPE mood AS ENUM ('a', 'b');
    CREATE TABLE \"odd one\".\"Mixed Case\" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood);
    INSERT INTO \"odd one\".\"Mixed Case\" (m) VALUES ('a'), ('b');
    CREATE VIEW v AS SELECT * FROM emails"
source_url=$database_url
echo "environments: {production: {database: {url: \"$source_url\"}, backup: {kind: pg_dump, directory: dumps}}}" >pg.yaml
"$TMINUS" backup --config pg.yaml >"$tmp/out" 2>&1 || show "$tmp/out"
postgres_database restore_t_into
ends 0 'PostgreSQL: into an empty database' "$TMINUS" restore --config pg.yaml --into "$database_url"
says 'PostgreSQL: all of it is equal' out 'GO  5 tables and 10 rows are what they were'
ends 6 'PostgreSQL: never over a database' "$TMINUS" restore --config pg.yaml --into "$database_url"
says 'PostgreSQL: never over a database: why' err 'a backup is restored into an empty place only'
ends 6 'PostgreSQL: nor over the live one' "$TMINUS" restore --config pg.yaml --into "$source_url"
is 'PostgreSQL: nor over the live one: it is as it was' "$(postgres_sql restore_t 'SELECT count(*) FROM emails')" 3
for table in emails public.senders labels 'odd one.Mixed Case'; do
    postgres_database restore_t_into
    ends 0 "PostgreSQL: $table alone" "$TMINUS" restore --config pg.yaml --into "$database_url" --table "$table" --no-owner
done
is 'PostgreSQL: a table alone: no other' \
    "$(postgres_sql restore_t_into "SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information)'")" 'Mixed Case'
postgres_database restore_t_into
ends 2 'PostgreSQL: no such table' "$TMINUS" restore --config pg.yaml --into "$database_url" --table mails
says 'PostgreSQL: no such table: it says so' err "holds no rows of a table 'public.mails'"
ends 2 'PostgreSQL: no such database' "$TMINUS" restore --config pg.yaml --into "$database_url-not"
ends 0 'PostgreSQL: only to prove' "$TMINUS" restore --config pg.yaml --prove --format json
is 'PostgreSQL: JSON: schema' "$(member schema)" tminus/restore/1
is 'PostgreSQL: JSON: verdict' "$(member verdict)" GO
is 'PostgreSQL: JSON: tables' "$(member equal)" 5
is 'PostgreSQL: JSON: its schema too' "$(member schema_equal)" True
is 'PostgreSQL: only to prove: no server stays' "$(ps -eo args | grep -c "[p]ostgres.*$tmp")" 0
password_url=$(echo "$database_url" | sed 's/deployer@/deployer:hush-hush@/')
ends 0 'a password' "$TMINUS" restore --config pg.yaml --into "$password_url"
lacks 'a password: not in the output' out hush

# --- a whole server, by pg_basebackup: one of this test's own, which is small
postgres_start
postgres_database restore_t
postgres_sql restore_t "$schema"
super_url=$(echo "$database_url" | sed 's/deployer@/postgres@/')
echo "environments: {production: {database: {url: \"$super_url\", allow_superuser: true}, backup: {kind: pg_basebackup, directory: bases}}}" >base.yaml
ends 0 'pg_basebackup: taken' "$TMINUS" backup --config base.yaml
ends 0 'pg_basebackup: verified' "$TMINUS" backup --config base.yaml --check
ends 0 'pg_basebackup: restored, started and proven' "$TMINUS" restore --config base.yaml --prove
says 'pg_basebackup: all of it is equal' out 'GO  4 tables and 8 rows are what they were'
ends 3 'pg_basebackup: into a folder, which is no proof' "$TMINUS" restore --config base.yaml --into folder
is 'pg_basebackup: into a folder: a data folder' "$(cat folder/PG_VERSION)" "$(postgres_sql postgres "SELECT current_setting('server_version_num')::int / 10000")"
ends 6 'pg_basebackup: never into a folder that is not empty' "$TMINUS" restore --config base.yaml --into folder
ends 2 'pg_basebackup: no table alone' "$TMINUS" restore --config base.yaml --into other --table emails
base=$(ls -d bases/*.base)
file=$(postgres_sql restore_t "SELECT pg_relation_filepath('emails')")
printf X | dd of="$base/$file" bs=1 seek=8180 conv=notrunc 2>"$tmp/dd"
ends 1 'pg_basebackup: one byte changed' "$TMINUS" backup --config base.yaml --check
says 'pg_basebackup: one byte changed: in which file' out "$file"
ends 2 'pg_basebackup: one byte changed: it is not restored' "$TMINUS" restore --config base.yaml --into other
done_testing
