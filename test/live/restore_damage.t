#!/bin/sh
# Damaged backups: what each kind of damage is found by. The five dumps of one table that every tool but one calls
# good, and worse ones: empty, of a newer server, with an extension that is not there.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
restore=$(ls /usr/lib/postgresql/*/bin/pg_restore | sort -V | tail -1)
dump=$(ls /usr/lib/postgresql/*/bin/pg_dump | sort -V | tail -1)

postgres_database damage_t
postgres_sql damage_t "CREATE TABLE emails (id int PRIMARY KEY, status text, body text);
    INSERT INTO emails SELECT i, 'active', 'body of email number ' || i FROM generate_series(1, 20000) i"
url=$database_url
echo "environments: {production: {database: {url: \"$url\"}, backup: {kind: pg_dump, directory: kept}}}" >tminus.yaml
"$TMINUS" backup >"$tmp/out" 2>&1 || show "$tmp/out"
prints=$(ls kept/*.fingerprints.json)

# The five, in both formats, each beside the fingerprints that were recorded of the database.
cut_half() { truncate -s $(($(stat -c %s "$1") / 2)) "$1"; }
cut_tail() { truncate -s $(($(stat -c %s "$1") - 200)) "$1"; }
# Another byte in the middle.
flip() { python3 - "$1" <<'P'
import sys
with open(sys.argv[1], "r+b") as file:
    data = bytearray(file.read())
    data[len(data) // 2] ^= 0x20
    file.seek(0)
    file.write(data)
P
}
# One letter of one value.
flip_value() { python3 - "$1" <<'P'
import sys
with open(sys.argv[1], "r+b") as file:
    data = file.read()
    at = data.index(b"body of email number 7777") + 3
    file.seek(at)
    file.write(b"z")
P
}
data_of() { if [ -d "$1" ]; then ls -S "$1"/[0-9]* | head -1; else echo "$1"; fi; }
make() # make NAME FORMAT OPTIONS…
{
    name=$1
    shift
    "$dump" "$@" -f "kept/$name" -d "$url"
    cp "$prints" "kept/$name.fingerprints.json"
}
for format in c d; do
    make "intact-$format.dump" -F$format
    make "half-$format.dump" -F$format && cut_half "$(data_of kept/half-$format.dump)"
    make "tail-$format.dump" -F$format && cut_tail "$(data_of kept/tail-$format.dump)"
    make "flip-$format.dump" -F$format && flip "$(data_of kept/flip-$format.dump)"
    make "value-$format.dump" -F$format -Z0 && flip_value "$(data_of kept/value-$format.dump)"
    for one in intact half tail flip value; do
        "$restore" --list "kept/$one-$format.dump" >"$tmp/list" 2>&1
        result $? "pg_restore --list finds nothing wrong with $one-$format"
    done

    ends 0 "intact-$format: can be read" "$TMINUS" backup --check intact-$format.dump
    ends 0 "intact-$format: restored and equal" "$TMINUS" restore --prove --backup intact-$format.dump
    for one in half tail flip; do
        ends 1 "$one-$format: found by reading it" "$TMINUS" backup --check $one-$format.dump
        ends 2 "$one-$format: not restored" "$TMINUS" restore --prove --backup $one-$format.dump
        says "$one-$format: it is named" err "kept/$one-$format.dump: "
    done
    ends 0 "value-$format: reading it finds nothing" "$TMINUS" backup --check value-$format.dump
    ends 1 "value-$format: the restore proof is NO-GO" "$TMINUS" restore --prove --backup value-$format.dump
    says "value-$format: table and column are named" out 'FAIL    emails.body: values differ'
    says "value-$format: and decide" out 'NO-GO  emails.body: values differ'
    lacks "value-$format: no other column is" out 'emails.status'
done
# Cut in half and not compressed, a folder is read and restored without a word by pg_restore too.
make short.dump -Fd -Z0 && python3 - "$(data_of kept/short.dump)" <<'P'
import sys
data = open(sys.argv[1], "rb").read()
lines = data.split(b"\n")
open(sys.argv[1], "wb").write(b"\n".join(lines[:10000] + lines[-4:]))
P
ends 0 'rows left out: reading it finds nothing' "$TMINUS" backup --check short.dump
ends 1 'rows left out: the restore proof is NO-GO' "$TMINUS" restore --prove --backup short.dump
says 'rows left out: how many' out 'emails: 10000 rows, was 20000'
ends 1 'the list remembers a failed proof' "$TMINUS" backup --list
says 'the list remembers a failed proof: which' out 'short.dump was restored, and was not what it should be'

# A damaged one leaves nothing behind in the place that it was to go to.
postgres_database damage_t_into
ends 2 'into a database: damaged' "$TMINUS" restore --backup flip-c.dump --into "$database_url"
is 'into a database: damaged: nothing is there' \
    "$(postgres_sql damage_t_into "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" 0

: >kept/empty.dump
ends 2 'an empty file' "$TMINUS" restore --prove --backup empty.dump
says 'an empty file: it says so' err 'kept/empty.dump: empty'
mkdir kept/folder.dump
ends 2 'an empty folder' "$TMINUS" restore --prove --backup folder.dump
says 'an empty folder: it says so' err 'kept/folder.dump: empty'
head -c 40 kept/intact-c.dump >kept/head.dump
ends 2 'cut within its head' "$TMINUS" restore --prove --backup head.dump
says 'cut within its head: it says so' err 'kept/head.dump: no archive of pg_dump, or its head is damaged'
echo 'CREATE TABLE t (i int);' >kept/text.dump
ends 2 'SQL text' "$TMINUS" restore --prove --backup text.dump
rm kept/empty.dump kept/head.dump kept/text.dump
rmdir kept/folder.dump

# Of a newer format, and of a newer server: bytes of the head are changed (pg_backup_archiver.c, WriteHead).
cp kept/intact-c.dump kept/format.dump
printf '\143' | dd of=kept/format.dump bs=1 seek=6 conv=notrunc 2>"$tmp/dd"
ends 2 'a newer format' "$TMINUS" restore --prove --backup format.dump
says 'a newer format: what to do' err 'it was made with a newer PostgreSQL'
cp kept/intact-c.dump kept/server.dump
python3 - kept/server.dump <<'P'
import re, sys
data = open(sys.argv[1], "rb").read()
open(sys.argv[1], "wb").write(re.sub(rb"\d\d(\.\d+ \()", rb"99\1", data, count=1))
P
postgres_database damage_t_into
ends 2 'of a newer server' "$TMINUS" restore --backup server.dump --into "$database_url"
says 'of a newer server: both versions' err 'server.dump: of version 99'
says 'of a newer server: what to do' err 'restore it into a server of version 99 or newer'

# An extension that is not installed where it is restored: its name in the dump is changed.
postgres_super damage_t 'CREATE EXTENSION pg_trgm'
make extension.dump -Fd -Z0
sed -i 's/pg_trgm/pg_trgX/g' kept/extension.dump/toc.dat
ends 2 'an extension is missing' "$TMINUS" restore --backup extension.dump --into "$database_url"
says 'an extension is missing: which' err 'pg_trgx'
says 'an extension is missing: what to do' err 'install the extension on the server that is restored to'
is 'an extension is missing: nothing is there' \
    "$(postgres_sql damage_t_into "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" 0

# --- SQLite
sqlite3 shop.db "CREATE TABLE emails (id INTEGER PRIMARY KEY, status TEXT, body TEXT);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO emails SELECT i, 'active', 'body of email number ' || i FROM n"
echo 'environments: {production: {database: {url: "sqlite:shop.db"}, backup: {kind: sqlite, directory: files}}}' >sqlite.yaml
"$TMINUS" backup --config sqlite.yaml >"$tmp/out" 2>&1 || show "$tmp/out"
intact=$(ls files/*.db)
make_file() { cp "$intact" "files/$1" && cp "$intact.fingerprints.json" "files/$1.fingerprints.json"; }
make_file half.db && cut_half files/half.db
make_file tail.db && cut_tail files/tail.db
make_file value.db && flip_value files/value.db
make_file page.db && python3 - files/page.db <<'P'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(4096 * 5)
    file.write(b"\xff" * 100)
P
ends 0 'SQLite: intact' "$TMINUS" restore --config sqlite.yaml --prove --backup "$(basename "$intact")"
for one in half tail page; do
    ends 2 "SQLite: $one: not restored" "$TMINUS" restore --config sqlite.yaml --prove --backup $one.db
    says "SQLite: $one: it is named" err "files/$one.db: "
done
ends 0 'SQLite: value: the integrity check finds nothing' "$TMINUS" backup --config sqlite.yaml --check value.db
ends 1 'SQLite: value: the restore proof is NO-GO' "$TMINUS" restore --config sqlite.yaml --prove --backup value.db
says 'SQLite: value: table and column are named' out 'NO-GO  emails.body: values differ'
done_testing
