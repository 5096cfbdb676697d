#!/bin/sh
# A plan tells the way back as the rehearsal of its migrations showed it, and of no others.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
sqlite3 shop.db "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')"
mkdir m
echo "UPDATE t SET name = upper(name);" >m/0001_upper.up.sql
echo "SELECT 1;" >m/0001_upper.down.sql
member() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["rollback"][sys.argv[2]])' out "$1"; }

run "$TMINUS" plan --database shop.db --format json m
is 'before a rehearsal the way back is predicted' "$(member layer)" predicted
run "$TMINUS" rehearse --database shop.db --format json m
is 'the rehearsal says that the downs do not bring the data back' \
    "$(python3 -c 'import json; r = json.load(open("out"))["rollback"]; print(r["schema_restored"], r["data_restored"], r["class"])')" \
    'True False backup'
is 'and never that it goes back' \
    "$(python3 -c 'import json; print(json.load(open("out"))["why"])')" \
    'the downs do not bring the data back; before-images would (undo_log: true), and no backup is configured that would: backup: {kind: …, directory: …}'
run "$TMINUS" plan --database shop.db --format json m
is 'then it is measured' "$(member layer)" measured
is 'and the class is that of the rehearsal' "$(member class)" backup
says 'with how long' out 'on a copy; the downs took'
echo "UPDATE t SET name = lower(name);" >m/0001_upper.up.sql
run "$TMINUS" plan --database shop.db --format json m
is 'a migration that was changed since is predicted again' "$(member layer)" predicted
echo "UPDATE t SET name = upper(name);" >m/0001_upper.up.sql
echo "SELECT 1;" >m/0002_more.up.sql
run "$TMINUS" plan --database shop.db --format json m
is 'and so is a change of one migration more' "$(member layer)" predicted
done_testing
