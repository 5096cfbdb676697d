#!/bin/sh
# What the downs do not bring back must be kept somewhere before rehearse says GO; of several databases each has its own backups.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 2
export TMINUS_STATE="$tmp/state"
mkdir migrations
sqlite3 shop.db "CREATE TABLE t (id INTEGER PRIMARY KEY, price REAL NOT NULL, note TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO t SELECT i, i / 3.0, 'n' || i FROM n"
echo 'UPDATE t SET price = round(price, 2);' >migrations/1_round.up.sql
echo 'SELECT 1;' >migrations/1_round.down.sql
configure() { echo "environments: {here: {database: {url: 'sqlite:shop.db', migrations: migrations}$1}}" >tminus.yaml; }

configure ''
ends 3 'values are rounded, nothing is configured that keeps them: HOLD' "$TMINUS" rehearse
says 'nothing is configured: the means is named' out 'way back: backup, the downs do not bring the data back; before-images would'
says 'nothing is configured: and that nothing keeps them' out 'no backup is configured that would: backup: {kind: …, directory: …}'
configure ', backup: {kind: sqlite, directory: backups}'
ends 3 'a backup is configured, and none is there: HOLD' "$TMINUS" rehearse
says 'none is there: said' out 'no backup holds it now'
"$TMINUS" backup >backup.out 2>&1 || show backup.out
ends 0 'a backup is there: GO' "$TMINUS" rehearse
says 'a backup is there: the way back is said' out 'GO: the change does what it says; going back: the downs do not bring the data back'

# --- data and schema go back migration by migration, as migrate --undo takes them
undone() {
    "$TMINUS" rehearse --format json 2>err |
        python3 -c 'import json, sys; back = json.load(sys.stdin)["rollback"]; print(back["undo_restores"], back["undo_detail"])'
}
echo 'ALTER TABLE t DROP COLUMN note;' >migrations/2_drop.up.sql
echo 'ALTER TABLE t ADD COLUMN note TEXT;' >migrations/2_drop.down.sql
is 'values that were rounded and values that were dropped come back, these behind the down that makes their column' "$(undone)" 'True 84 rows, then the downs'
rm migrations/2_drop.*
echo 'UPDATE t SET price = id; CREATE UNIQUE INDEX prices ON t (price);' >migrations/1_round.up.sql
echo 'DROP INDEX prices;' >migrations/1_round.down.sql
sqlite3 shop.db 'UPDATE t SET price = 1 WHERE id < 5'
is 'what a constraint of the up refuses comes back behind the down' "$(undone)" 'True 49 rows, then the downs'

sqlite3 shop.db 'UPDATE t SET price = id / 3.0'
echo 'UPDATE t SET price = round(price, 2);' >migrations/1_round.up.sql
echo 'SELECT 1;' >migrations/1_round.down.sql
echo "environments: {here: {database: {url: 'sqlite:shop.db', migrations: migrations, undo_log: true}}}" >tminus.yaml
ends 0 'undo_log keeps what brings it back: GO without a backup' "$TMINUS" rehearse
says 'the class is its own' out 'way back: undo_log, the downs and the before-images that migrate keeps bring schema and data back'
"$TMINUS" plan --format md >out 2>&1
says 'the plan says so' out '[x] Yes - the downs and the undo log bring schema and data back'
says 'with the size of the log' out 'its undo log was 4.0 KB'
says 'and that before-images are kept' out 'before-images of the rows that it overwrites or deletes are kept (undo_log)'
sed -i 's/, undo_log: true//' tminus.yaml
"$TMINUS" plan --format md >out 2>&1
says 'turned off since, it is no way back any more' out 'but undo_log of tminus.yaml is off now'
rm migrations/1_round.down.sql
sed -i 's/migrations}/migrations, undo_log: true}/' tminus.yaml
ends 0 'data alone, and no down: GO' "$TMINUS" rehearse
says 'by the log alone' out 'way back: undo_log, there is no down, and none is needed'

# --- several databases
mkdir first second
sqlite3 a.db 'CREATE TABLE only_a (id INTEGER PRIMARY KEY); INSERT INTO only_a VALUES (1)'
sqlite3 b.db 'CREATE TABLE only_b (id INTEGER PRIMARY KEY); INSERT INTO only_b VALUES (1), (2)'
for letter in a b; do
    case $letter in a) folder=first ;; *) folder=second ;; esac
    echo "ALTER TABLE only_$letter ADD COLUMN n integer;" >$folder/1_n.up.sql
    echo "ALTER TABLE only_$letter DROP COLUMN n;" >$folder/1_n.down.sql
done
cat >tminus.yaml <<'END'
environments:
  here:
    databases:
      a: {url: "sqlite:a.db", migrations: first}
      b: {url: "sqlite:b.db", migrations: second}
    rehearsal: {from: backup}
    backup: {kind: sqlite, directory: kept}
END
"$TMINUS" backup >backup.out 2>&1 || show backup.out
ends 0 'several databases, from their backups: GO' "$TMINUS" rehearse
says 'several: the first from its own' out '1 tables, 1 rows'
says 'several: the second from its own' out '1 tables, 2 rows'
rm -rf kept/b
ends 1 'one of them has no backup: no other one is taken for it' "$TMINUS" rehearse
says 'one has no backup: which' err 'kept/b'
done_testing
