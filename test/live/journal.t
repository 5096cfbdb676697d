#!/bin/sh
# tminus journal: intact, tampered with, cut, damaged, missing; shown and exported.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
sqlite3 shop.db "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'a');"
run "$TMINUS" journal verify
is 'no journal: exit status' "$status" 2
says 'no journal: said' err 'there is no journal'
for i in 1 2 3; do "$TMINUS" baseline save --database shop.db --table users >out 2>err || cat err; done
head=$(sed -n 's/^journal //p' out)
journal() { "$TMINUS" journal "$@"; }
tamper() { cp intact.db state/journal.db; sqlite3 state/journal.db "$1"; }
sqlite3 state/journal.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
cp state/journal.db intact.db

ends 0 'intact' journal verify --head "$head"
says 'intact: counted' out 'journal intact: 3 events'
ends 0 'show' journal show --last 1
is 'show: the last one only' "$(wc -l <out)" 1
says 'show: names event' out 'baseline-saved'
ends 0 'show in JSON' journal show --format json
is 'show in JSON: schema and events' \
    "$(python3 -c 'import json; d=json.load(open("out")); print(d["schema"], len(d["events"]), d["head"]["seq"])')" 'tminus/journal/1 3 3'
ends 0 'export' journal export
is 'export: hashes are those of the lines' "$(python3 - <<'PY'
import json, hashlib
prev = ''
for line in open('out'):
    event = json.loads(line)
    own = event.pop('hash')
    text = json.dumps(event, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == own and event['prev'] == prev
    prev = own
print('chained')
PY
)" chained

tamper "UPDATE event SET line = replace(line, '\"rows\":1', '\"rows\":2') WHERE sequence = 2"
ends 1 'changed' journal verify
says 'changed: placed' out 'BROKEN at event 2: event 2 was changed'
tamper "DELETE FROM event WHERE sequence = 1"
ends 1 'removed' journal verify
says 'removed: placed' out 'BROKEN at event 1: event 1 is missing'
tamper "DELETE FROM event WHERE sequence = 3"
ends 1 'cut tail: the head is noted beside the file' journal verify
says 'cut tail: said' out 'ends at event 2, but event 3 was noted: its tail was cut'
mv state/journal.db-head head
ends 0 'cut tail without any head: cannot be seen' journal verify
ends 1 'cut tail with head' journal verify --head "$head"
says 'cut tail: placed' out 'ends at event 2, but event 3 was noted'
printf '3 beef' >state/journal.db-head
ends 0 'a note that is none says nothing' journal verify
mv head state/journal.db-head
ends 2 'a head that is none' journal verify --head 5
ends 2 'a broken journal vouches for no baseline: verify refuses' sh -c "cp intact.db state/journal.db; sqlite3 state/journal.db \"DELETE FROM event WHERE sequence = 1\"; '$TMINUS' verify --database shop.db"
says 'broken journal: said' err 'the journal is broken: event 1 is missing'
head -c 3000 /dev/urandom >state/journal.db
rm -f state/journal.db-wal state/journal.db-shm
ends 2 'damaged file' journal verify
says 'damaged file: named' err 'journal.db: damaged'
rm state/journal.db
ends 2 'the journal is gone' journal verify
says 'the journal is gone: said' err 'the journal is not there, but event 3 was written to it'
ends 2 'the journal is gone: no new one takes its place' "$TMINUS" baseline save --database shop.db
rm state/journal.db-head
ends 0 'moved away with its head: a new one begins' "$TMINUS" baseline save --database shop.db
ends 2 'no such action' journal burn
done_testing
