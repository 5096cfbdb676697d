#!/bin/sh
# Copies of rehearsals: killed in the middle and cleared away, two at once, folders with blanks, no permission, other people's things.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

cd "$tmp" || exit 1
chmod 0711 "$tmp"
export TMINUS_STATE="$tmp/state"
postgres_shared
rehearse() { "$TMINUS" rehearse --no-progress "$@"; }
clean() { "$TMINUS" clean "$@"; }
# until COMMAND…: it succeeds within 30 s
until_is()
{
    for _ in $(seq 300); do
        if "$@"; then return 0; fi
        sleep 0.1
    done
    echo "# never: $*"
    return 1
}
# killed ARGUMENT…: start a rehearsal, and kill it when `works` holds
killed()
{
    "$TMINUS" rehearse --no-progress "$@" >killed.out 2>killed.err &
    killed_pid=$!
    until_is works || show killed.err
    kill -9 "$killed_pid"
    wait "$killed_pid" 2>/dev/null
}

# --- SQLite
sqlite3 shop.db "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 1), (2, 2);"
mkdir slow quick
echo "UPDATE t SET n = (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2000000000) SELECT count(*) FROM c);" >slow/1_slow.up.sql
echo "CREATE INDEX t_n ON t (n);" >quick/1_quick.up.sql
echo "DROP INDEX t_n;" >quick/1_quick.down.sql
before=$(sha256sum shop.db)
works() { ls state/rehearsal/tminus-copy-*/work.db >/dev/null 2>&1; }
killed --database shop.db slow
ends 1 'SQLite, killed: something is left over' clean --dry-run
says 'SQLite, killed: what' out 'copies of an SQLite database in'
ends 0 'SQLite: the next rehearsal clears it away' rehearse --database shop.db quick
says 'SQLite: and says so' out 'removed what a killed run left: copies of an SQLite database in'
is 'SQLite: nothing is left' "$(find state/rehearsal -name 'tminus-copy-*' | wc -l)" 0
is 'SQLite: the source is as it was' "$(sha256sum shop.db)" "$before"

# A source that is written to all the time: the backup API begins anew with each commit, unless it is in WAL mode.
sqlite3 busy.db "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, filling BLOB); INSERT INTO t SELECT value, value, randomblob(8000) FROM generate_series(1, 6000);"
# writing MODE: commit after commit into it until it is killed
writing()
{
    cat >writer.py <<'END'
import os, sqlite3, sys
database = sqlite3.connect('busy.db', timeout=60, isolation_level=None)
database.execute('PRAGMA journal_mode = ' + sys.argv[1]).fetchall()
database.execute('PRAGMA synchronous = off')
print('writes', flush=True)
i = 0
while os.getppid() != 1:
    i = i % 6000 + 1
    database.execute('UPDATE t SET filling = randomblob(8000) WHERE id = ?', (i,))
END
    rm -f writing
    python3 writer.py "$1" >writing &
    writer_pid=$!
    until_is test -s writing
}
writing delete
ends 3 'SQLite, changes while it is copied: no copy of two instants' rehearse --no-progress --database busy.db quick
says 'SQLite, changes while it is copied: says so' err 'busy.db: changes while it is copied; begun anew 5 times'
says 'SQLite, changes while it is copied: what helps' err 'put it into WAL mode'
is 'SQLite, changes while it is copied: nothing is left' "$(find state/rehearsal -name 'tminus-copy-*' | wc -l)" 0
kill "$writer_pid" && wait "$writer_pid" 2>/dev/null
writing wal
ends 0 'SQLite in WAL mode: copied while it is written to' rehearse --no-progress --database busy.db quick
kill "$writer_pid" && wait "$writer_pid" 2>/dev/null

mkdir 'a folder' && chmod 0700 'a folder'
cat >tminus.yaml <<END
service: shop
environments:
  here:
    database: {url: "sqlite:shop.db", migrations: quick}
    rehearsal: {folder: "a folder/copies"}
END
ends 0 'a folder with blanks' rehearse
is 'a folder with blanks: was made, and is empty' "$(find 'a folder/copies' | wc -l)" 1

# --- a server that was named
golden=copies_golden_$$
target=copies_target_$$
postgres_database "$golden"
postgres_sql "$golden" "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1), (2, 2)"
postgres_database "$target"
postgres_sql "$target" "CREATE TABLE t (id int PRIMARY KEY, n int)"
port=$postgres_port
postgres_sql postgres "CREATE DATABASE tminus_0000abcd_work" 2>/dev/null
rm -rf slow/* quick/*
echo "SELECT pg_sleep(120);" >slow/1_slow.up.sql
echo "ALTER TABLE t ADD COLUMN m int;" >quick/1_quick.up.sql
echo "ALTER TABLE t DROP COLUMN m;" >quick/1_quick.down.sql
configure()
{
    cat >tminus.yaml <<END
service: shop
environments:
  here:
    database: {url: "postgresql://$1@127.0.0.1:$port/$target", migrations: $2, allow_superuser: true}
    rehearsal: $3
END
}
named="{from: template, template: $golden, server: \"postgresql://deployer@127.0.0.1:$port/postgres\"}"
configure deployer slow "$named"
ours() { postgres_sql postgres "SELECT count(*) FROM pg_database WHERE datname ~ '^tminus_[0-9a-f]{8}_' AND datname <> 'tminus_0000abcd_work' AND shobj_description(oid, 'pg_database') LIKE '%\"pid\":$killed_pid,%'"; }
works() { [ "$(postgres_sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname ~ '_work$' AND query LIKE '%pg_sleep(120)%' AND pid <> pg_backend_pid()")" -gt 0 ]; }
killed
is 'named server, killed: databases are left' "$(ours)" 2
ends 1 'named server, killed: they are found' clean --dry-run
says 'named server, killed: which' out "_before at 127.0.0.1:$port/postgres, "
lacks 'named server: a database without our mark is not found' out 0000abcd
ends 0 'named server: removed' clean
is 'named server: gone' "$(ours)" 0
is 'named server: a database without our mark stays' \
    "$(postgres_sql postgres "SELECT count(*) FROM pg_database WHERE datname = 'tminus_0000abcd_work'")" 1
postgres_sql postgres 'DROP DATABASE tminus_0000abcd_work'

configure deployer quick "$named"
rehearse >first.out 2>&1 &
first=$!
rehearse >second.out 2>&1
second_status=$?
wait "$first"
is 'two at once: both' "$? $second_status" '0 0'
is 'two at once: neither cleared the other away' "$(cat first.out second.out | grep -c 'killed run')" 0
is 'the golden clone is as it was' "$(postgres_sql "$golden" 'SELECT count(*) FROM t')" 2

configure deployer quick "{from: template, template: $target, server: \"postgresql://deployer@127.0.0.1:$port/postgres\"}"
ends 6 'the target is no template' rehearse
says 'the target is no template: said' err 'is the very database that is deployed to'
configure deployer quick '{server: "postgresql://deployer@127.0.0.1/postgres"}'
ends 2 'nothing to make copies of' rehearse
says 'nothing to make copies of: what to write' err 'rehearsal: {from: dump}'

# --- a scratch server
postgres_sql "$target" "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)"
configure deployer slow '{from: dump}'
scratch_of()
{
    for mark in state/rehearsal/tminus-copy-*.mark /var/tmp/tminus/tminus-copy-*.mark; do
        grep -q "\"pid\":$1," "$mark" 2>/dev/null && echo "${mark%.mark}"
    done
}
works()
{
    pid_file=$(scratch_of "$killed_pid")/data/postmaster.pid
    [ -f "$pid_file" ] && pgrep -P "$(head -1 "$pid_file")" -f ' work .*SELECT' >/dev/null
}
killed
left=$(scratch_of "$killed_pid")
server=$(head -1 "$left/data/postmaster.pid" 2>/dev/null)
gone() { [ ! -d "/proc/${server:-0}" ] || grep -q 'State:.Z' "/proc/${server:-0}/status"; }
until_is gone
result $? 'scratch server, killed: the server goes with tminus'
ends 1 'scratch server, killed: its folder is found' clean --dry-run
says 'scratch server, killed: which' out "scratch server in $left, "
configure deployer quick '{from: dump}'
ends 0 'scratch server: the next rehearsal' rehearse
says 'scratch server: clears it away' out "removed what a killed run left: scratch server in $left, "
says 'scratch server: the copy is the source' out 'equal to the source'
[ ! -e "$left" ] && [ ! -e "$left.mark" ]
result $? 'scratch server: its folder is gone'
postgres_sql postgres "DROP DATABASE $golden"
postgres_sql postgres "DROP DATABASE $target"
done_testing
