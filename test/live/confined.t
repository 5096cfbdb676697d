#!/bin/sh
# What a change runs on a copy reaches nothing else: no server, no program, no other file. What reaches out is HOLD, not rehearsed.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

cd "$tmp" || exit 2
chmod 0711 "$tmp"
export TMINUS_STATE="$tmp/state"
mkdir migrations
up() { echo "$1" >migrations/1_x.up.sql; echo "${2-SELECT 1;}" >migrations/1_x.down.sql; }

# --- SQLite
sqlite3 shop.db 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)'
sqlite3 other.db 'CREATE TABLE hit (i); INSERT INTO hit VALUES (1)'
echo "environments: {here: {database: {url: 'sqlite:shop.db', migrations: migrations}}}" >tminus.yaml
up "ATTACH DATABASE '$tmp/other.db' AS o; DELETE FROM o.hit;"
ends 3 'SQLite, ATTACH of another database: HOLD' "$TMINUS" rehearse
says 'SQLite, ATTACH: why' out 'the up reaches out of its database, which a copy cannot: it was not rehearsed: migrations/1_x.up.sql:1:1: it attaches database'
is 'SQLite, ATTACH: the other one is as it was' "$(sqlite3 other.db 'SELECT count(*) FROM hit')" 1
up "VACUUM INTO '$tmp/out.db';"
ends 3 'SQLite, VACUUM INTO a file: HOLD' "$TMINUS" rehearse
[ ! -e out.db ]
result $? 'SQLite, VACUUM INTO: there is no file'
up 'VACUUM;'
ends 0 'SQLite, VACUUM, which makes a file of its own: GO' "$TMINUS" rehearse

# --- a scratch server
postgres_shared
database=confined_$$
postgres_database "$database"
postgres_super "$database" 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE hit (i int)'
configure()
{
    echo "environments: {here: {database: {url: 'postgresql://postgres@127.0.0.1:$postgres_port/$database', migrations: migrations, allow_superuser: true}, rehearsal: $1}}" >tminus.yaml
}
configure '{from: dump}'
out=/var/tmp/tminus-confined-$$
up "DO \$\$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''cat >$out'''; END \$\$;"
ends 3 'COPY TO PROGRAM in code: HOLD' "$TMINUS" rehearse
says 'COPY TO PROGRAM: why' out 'the up reaches out of its database, which a copy cannot'
[ ! -e "$out" ]
result $? 'COPY TO PROGRAM: nothing ran'
rm -f "$out"
if python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'; then
    mkdir -m 0777 "$out.folder"
    for writing in "DO \$\$ BEGIN EXECUTE 'COPY (SELECT 1) TO ''$out'''; END \$\$;" "SELECT lo_create(4711); SELECT lo_export(4711, '$out.folder/lo');"; do
        up "$writing"
        ends 3 "a file elsewhere, ${writing%% *}: HOLD" "$TMINUS" rehearse
        says "a file elsewhere, ${writing%% *}: why" out 'the up reaches out of its database, which a copy cannot'
    done
    is 'a file elsewhere: none was made' "$(find "$out" "$out.folder" -mindepth 1 2>"$tmp/ignored" | wc -l)" 0
    rm -rf "$out" "$out.folder"
else
    skip 'a file elsewhere' 'this kernel has no Landlock'
fi
if [ "$(postgres_super "$database" "SELECT count(*) FROM pg_available_extensions WHERE name = 'dblink'")" = 1 ]; then
    for host in 127.0.0.1 "$PGHOST"; do
        up "CREATE EXTENSION dblink; SELECT dblink_exec('host=$host port=$postgres_port user=postgres dbname=$database', 'INSERT INTO hit VALUES (1)');" \
            'DROP EXTENSION dblink;'
        ends 3 "dblink to a database at $host: HOLD" "$TMINUS" rehearse
        is "dblink to $host: it was not reached" "$(postgres_super "$database" 'SELECT count(*) FROM hit')" 0
    done
else
    skip 'dblink to another database' 'dblink is not installed'
fi
up 'ALTER TABLE t ADD COLUMN n int;' 'ALTER TABLE t DROP COLUMN n;'
ends 0 'a change that reaches nothing: GO' "$TMINUS" rehearse
lacks 'a superuser of the target: nothing to say of rights' out 'do not show'
postgres_super "$database" 'GRANT pg_read_all_data TO deployer' 2>/dev/null
sed -i 's#//postgres@#//deployer@#' tminus.yaml
run "$TMINUS" rehearse
says 'a role that is no superuser: its missing rights are not seen, and that is said' out "rights that role 'deployer' of the target lacks do not show"
sed -i "s#:$postgres_port/#:1/#" tminus.yaml
run "$TMINUS" rehearse
says 'a target that does not answer: why it must' err 'the database is asked which migrations are pending, also when the copy is made of a backup'

# --- a named server, which nobody confines
golden=confined_golden_$$
postgres_database "$golden"
postgres_super "$golden" 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)'
configure "{from: template, template: $golden, server: 'postgresql://postgres@127.0.0.1:$postgres_port/postgres'}"
up "COPY t TO PROGRAM 'cat >$out';"
ends 3 'a named server, COPY TO PROGRAM: HOLD' "$TMINUS" rehearse
says 'a named server: nothing was run' out 'the server of rehearsal.server would do it'
[ ! -e "$out" ]
result $? 'a named server: no program ran'
rm -f "$out"
up 'ALTER TABLE t ADD COLUMN n int;' 'ALTER TABLE t DROP COLUMN n;'
ends 0 'a named server, a change that reaches nothing: GO' "$TMINUS" rehearse
postgres_super postgres "DROP DATABASE $golden"
postgres_super postgres "DROP DATABASE $database"
done_testing
