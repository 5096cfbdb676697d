#!/bin/sh
# tminus baseline: saved, shown, compared; refused when it was edited, is too old, or of another database.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
db() { sqlite3 "$tmp/shop.db" "$1"; }
fresh()
{
    rm -rf shop.db* state m
    mkdir m
    db "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, created_at TEXT);
        INSERT INTO users VALUES (1, 'a', 'x', '2026-01-01'), (2, 'b', 'x', '2026-01-02'), (3, 'c', NULL, '2026-01-03');"
    echo 'ALTER TABLE users ADD COLUMN age INT;' >m/1_age.sql
}
save() { "$TMINUS" baseline save --database "$tmp/shop.db" "$@"; }
compare() { "$TMINUS" baseline compare --database "$tmp/shop.db" "$@"; }
verify() { "$TMINUS" verify --database "$tmp/shop.db" "$@"; }

fresh
before=$(sha256sum <shop.db)
ends 0 'save' save m
says 'save: names the table' out '3 rows, 4 columns, key id, newest 2026-01-03'
says 'save: GO' out 'GO: nothing contradicts the change'
is 'save: the database is untouched' "$(sha256sum <shop.db)" "$before"
file=$(ls state/baseline/*.db)
is 'save: nobody else may read it' "$(stat -c %a "$file")" 600
is 'save: its SHA-256 is in the journal' \
    "$("$TMINUS" journal show --format json | python3 -c 'import json,sys; print(json.load(sys.stdin)["events"][0]["data"]["sha256"])')" \
    "$(sha256sum "$file" | cut -d' ' -f1)"
ends 0 'show in JSON' "$TMINUS" baseline show --database shop.db --format json
is 'show: facts of the columns, as sqlite3 counts them' \
    "$(python3 -c 'import json; t=json.load(open("out"))["tables"][0]; print(t["table"], t["rows"], [(c["column"], c["nulls"], c["least"], c["greatest"], c["sum"]) for c in t["columns"][:1]+t["columns"][2:3]])')" \
    "main.users 3 [('id', 0, '1', '3', '6'), ('kind', 1, 'x', 'x', None)]"
ends 0 'equal baselines' sh -c "'$TMINUS' baseline save --database shop.db m >/dev/null && '$TMINUS' baseline compare --database shop.db"
says 'equal: said' out 'equal'
db "UPDATE users SET kind = 'y' WHERE id = 3; INSERT INTO users VALUES (4, 'd', 'x', '2026-02-01')"
save m >/dev/null
ends 1 'baselines that differ' compare
is 'differ: rows' "$(grep -c 'users: rows  *3 → 4' out)" 1
is 'differ: NULLs' "$(grep -c 'users.kind: NULLs  *1 → 0' out)" 1
is 'differ: age' "$(grep -c 'users: greatest age  *2026-01-03 → 2026-02-01' out)" 1

# --- refused
fresh
save m >/dev/null
file=$(ls state/baseline/*.db)
sqlite3 "$file" "UPDATE table_print SET rows = 4"
ends 1 'edited by hand' verify m
says 'edited: said' err 'not the file that was saved'
fresh
save m >/dev/null
rm state/baseline/*.db
ends 1 'gone' verify m
says 'gone: said' err 'there is no baseline'
fresh
save m >/dev/null
file=$(ls state/baseline/*.db)
cp shop.db other.db
ends 1 'another database' "$TMINUS" verify --database other.db --baseline "$file" m
is 'another database: both named' "$(grep -c 'shop.db, not of .*other.db' err)" 1
rm other.db
printf 'service: shop\nenvironments:\n  production:\n    database: {url: "sqlite:shop.db", migrations: m}\n    gates: {baseline: {max_age: 1s}}\n' >tminus.yaml
sleep 1.2
ends 1 'too old' "$TMINUS" verify --baseline "$file"
says 'too old: said' err 'too old: taken'
rm tminus.yaml
echo 'ALTER TABLE users ADD COLUMN age TEXT;' >m/1_age.sql
ends 1 'migration edited since' verify m
says 'edited since: named' err 'm/1_age.sql: changed since the baseline'
echo 'this is not SQL;' >m/1_age.sql
ends 3 'a migration that is not understood' save m
says 'not understood: place' err 'm/1_age.sql:1:1: not understood'
ends 2 'no such table' save --table nothing
says 'no such table: named' err "no table 'nothing'"
ends 2 'no such database' "$TMINUS" baseline save --database nothing.db
printf 'not a database, but a text of more than one hundred bytes, so that it cannot be taken for an empty one by anything' >bad.db
ends 2 'damaged database' "$TMINUS" baseline save --database bad.db
is 'refused: no baseline was left behind' "$(ls state/baseline | wc -l)" 1

# A change that leaves every row alone: what it makes, or else its record, is what is verified.
fresh
printf 'service: shop\nenvironments:\n  production:\n    database: {url: "sqlite:shop.db", migrations: g}\n' >tminus.yaml
mkdir g
db 'PRAGMA user_version = 1'
echo 'CREATE INDEX users_kind ON users (kind);' >g/0001_kind.up.sql
echo 'DROP INDEX users_kind;' >g/0001_kind.down.sql
ends 0 'only an index' "$TMINUS" baseline save
"$TMINUS" migrate -q >"$tmp/made" 2>&1 || show "$tmp/made"
ends 0 'only an index: it is there' "$TMINUS" verify
db 'DROP INDEX users_kind'
ends 1 'only an index: it is gone' "$TMINUS" verify
says 'only an index: said' out 'index users_kind is there'
echo 'REINDEX;' >g/0002_again.up.sql
echo 'REINDEX;' >g/0002_again.down.sql
ends 0 'nothing that could be looked for' "$TMINUS" baseline save
"$TMINUS" migrate -q >"$tmp/made" 2>&1 || show "$tmp/made"
ends 0 'nothing that could be looked for: it is recorded' "$TMINUS" verify
says 'nothing that could be looked for: said' out '1 check'
db 'DROP TABLE schema_migrations'
ends 3 'the record is gone: HOLD' "$TMINUS" verify --expect applied
echo 'CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM users; END;' >g/0003_trigger.up.sql
rm g/000[12]*
ends 3 'it may write what its text does not name: HOLD' "$TMINUS" baseline save
rm -r tminus.yaml g

# What counts is its age when the change was made: a watch looks a day later.
fresh
printf 'service: shop\nenvironments:\n  production:\n    database: {url: "sqlite:shop.db", migrations: m}\n    gates: {baseline: {max_age: 4s}}\n' >tminus.yaml
"$TMINUS" baseline save -q >"$tmp/aged" 2>&1 && "$TMINUS" migrate -q >>"$tmp/aged" 2>&1 || show "$tmp/aged"
sleep 4
ends 0 'older than it may be by now, and not when it was migrated' "$TMINUS" verify
done_testing
