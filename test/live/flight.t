#!/bin/sh
# Flights on SQLite: GO to the watch, NO-GO before anything, back and proven, held, fenced. (Killed: flight_kills.t.)
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/flight.sh"

cd "$tmp" || exit 1
export DATABASE_URL=sqlite:shop.db TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations}
    backup: {kind: sqlite, directory: backups}
    gates: {optional: [rehearsal, effects, rollback, restore-proof, approved, risk]}
END
# A database at version 1, and the change: version 2, a column and its backfill.
applied()
{
    mkdir migrations
    sqlite3 shop.db "PRAGMA user_version = 1"
    cat >migrations/0001_orders.up.sql <<'END'
CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL, cents INTEGER NOT NULL);
END
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 || { cat "$tmp/fresh"; exit 1; }
    rm -rf state
    sqlite3 shop.db "INSERT INTO orders SELECT value, 'open', value * 100 FROM generate_series(1, 200)"
    cat >migrations/0002_currency.up.sql <<'END'
ALTER TABLE orders ADD COLUMN currency TEXT;
UPDATE orders SET currency = 'EUR';
END
    echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0002_currency.down.sql
}
fresh()
{
    rm -rf state backups migrations shop.db*
    once applied
}

# --- GO

fresh
ends 0 'a dry run' fly launch --version v2 --dry-run
says 'a dry run: its steps' out 'backup'
says 'a dry run: the points of the watch' out 'T+24 h'
says 'a dry run: what each would run' out '· migrate       tminus migrate --to 0002'
says 'a dry run: nothing was begun' out 'nothing was begun'
says 'a dry run: what begins it' out 'next: tminus launch --version v2'
lacks 'a dry run: nothing that would be refused' out 'tminus resume'
is 'a dry run begins nothing' "$(count flight-started)" 0
ends 2 'no flight: status' fly status
says 'no flight: what begins one' err 'tminus launch'

mv shop.db applied.db && sqlite3 shop.db "PRAGMA user_version = 1"
ends 0 'the first of all migrations, no record is there: a dry run' fly launch --version v1 --dry-run
mv applied.db shop.db

ends 0 'rehearsed' fly rehearse -q
ends 0 'launched' fly launch --version v2
says 'launched: verified and watched from now on' out 'watching: the flight waits for the next point of the watch'
says 'launched: told as it goes' err 'the gates say GO: the target is changed'
is 'launched: the change is there' "$(columns)" 'id status cents currency'
is 'launched: each step once' "$(count step-started) $(count backup-taken) $(count migration-applied)" '3 1 1'
ends 0 'its status' fly status
says 'its status: which command moves it' out 'next: tminus watch'
ends 0 'its status in JSON' fly status --format json
is 'its status in JSON: the promised members' \
    "$(python3 -c 'import json; d=json.load(open("out")); print(d["schema"], d["state"], d["phase"], d["step"], d["next_commands"][0], d["deadline"] > d["started"], d["version"])')" \
    'tminus/status/1 watching post_deploy None tminus watch True v2'
for verb in status 'rollback --dry-run'; do
    ends 2 "$verb: a flight that there is not" fly $verb --flight production-2020
    says "$verb: a flight that there is not, said" err "the journal has no flight 'production-2020'"
    says "$verb: a flight that there is not, which there is" err 'hint: the last one: production-20'
done
# Root may write everything; without that right it is held to the modes.
as_reader() { if [ "$(id -u)" -eq 0 ]; then setpriv --bounding-set=-dac_override --inh-caps=-dac_override -- "$@"; else "$@"; fi; }
chmod -R a-w state
ends 0 'a state that may only be read: status' as_reader "$TMINUS" status
says 'a state that may only be read: the same' out 'next: tminus watch'
ends 0 'a state that may only be read: its journal verifies' as_reader "$TMINUS" journal verify
is 'a state that may only be read: nothing was made in it' "$(ls state/*-wal state/*-shm 2>/dev/null)" ''
ends 2 'a state that may only be read: who would change it is refused' as_reader "$TMINUS" hold
says 'a state that may only be read: why' err 'cannot be opened for writing'
chmod -R u+w state
ends 6 'a second flight is refused while the first is watched' fly launch --version v3
says 'a second flight: which one, and what to do' err 'tminus status shows it'
ends 0 'watched once: nothing is due' fly watch --once
is 'watched once: nothing was checked' "$(state_of)" watching

# --- back

ends 4 'aborted after the deploy: taken back, for the rehearsal proved it' fly abort --reason 'too many calls'
is 'aborted: ended as' "$(state_of)" rolled_back
is 'aborted: the change is gone' "$(columns)" 'id status cents'
ends 4 'its status says so' fly status
ends 6 'an ended flight takes no wish' fly abort
says 'an ended flight: why' err 'the flight has ended'
ends 0 'the journal of it all verifies' fly journal verify

fresh
# In a container who flies is process 1.
as_first() { if unshare -p -f --mount-proc true 2>"$tmp/ignored"; then unshare -p -f --mount-proc "$@"; else "$@"; fi; }
ends 0 'not rehearsed, launched' as_first "$TMINUS" launch --version v2
ends 5 'not rehearsed, aborted: a person is asked' fly abort
says 'not rehearsed: why' out 'nothing shows that it can be taken back, so a person decides'
is 'not rehearsed: nothing happened by itself' "$(columns)" 'id status cents currency'
says 'not rehearsed: what moves it' out 'tminus go --watch'
ends 0 'it stays, and is watched on' fly go --watch --reason 'the calls were about something else'
is 'watched on: verified once more' "$(state_of) $(count verified)" 'watching 2'
ends 6 'there is nothing to be sent back to' fly go --watch
says 'nothing to be sent back to: why' err 'only one that needs a person is sent back to its watch'
ends 2 'an answer that nobody asked for' fly go --watch --step done
ends 5 'aborted again' fly abort
ends 4 'a person sends it back' fly go --reason 'checked by hand'
is 'sent back: the change is gone' "$(columns)" 'id status cents'

# --- not started

fresh
echo 'DELETE FROM orders;' >>migrations/0002_currency.up.sql
before=$(sqlite3 shop.db .dump | sha256sum)
ends 1 'a change that loses all rows' fly launch --version v2
is 'NO-GO: ended as' "$(state_of)" aborted
is 'NO-GO: the database is as it was' "$(sqlite3 shop.db .dump | sha256sum)" "$before"
is 'NO-GO: not even prepared' "$(count step-started)" 0

fresh
rm migrations/0002*
ends 2 'nothing is pending' fly launch --version v2
says 'nothing is pending: said' err 'there is no change to fly'
ends 2 'a time that is none' fly launch --at yesterday
sed -i 's/    backup:/    watch: [5m]\n    backup:/' tminus.yaml
fresh
ends 6 'a watch under half an hour needs a reason' fly launch --version v2
says 'a short watch: what is missing' err '30 minutes'
is 'a short watch: nothing was begun' "$(count flight-started)" 0
sed -i '/watch:/d' tminus.yaml

# --- the migration cannot run: somebody holds the database

fresh
sqlite3 shop.db "CREATE TRIGGER no_more BEFORE UPDATE ON orders BEGIN SELECT raise(ABORT, 'orders are closed'); END"
ends 4 'the migration fails and leaves nothing' fly launch --version v2
is 'failed: ended as' "$(state_of)" aborted
says 'failed: why' out 'orders are closed'
is 'failed: nothing is left of it' "$(columns)" 'id status cents'

# --- what is required and missing at T-0 holds; once it is there, go

fresh
sed -i 's/, approved, risk/, risk/' tminus.yaml
ends 3 'nobody signed: it is prepared, and holds at T-0' fly launch --version v2
says 'nobody signed: why' out 'a required gate could not be answered'
is 'nobody signed: nothing of the target was changed' "$(columns)" 'id status cents'
ends 0 'signed by another person' env TMINUS_ACTOR=ben "$TMINUS" approve --reason 'the column is new'
ends 0 'go: the gates are asked once more' fly go
is 'go: deployed' "$(state_of) $(columns)" 'watching id status cents currency'
sed -i 's/, risk\]/, approved, risk]/' tminus.yaml

# --- held

fresh
ends 0 'launched to be held' fly launch --version v2
ends 3 'held in the watch' fly hold --reason lunch
is 'held' "$(state_of)" holding
ends 3 'held: resume does not go on by itself' fly resume
ends 0 'go: on where it was held' fly go
is 'go: in the watch again' "$(state_of)" watching

# --- two at once, and one that slept

fresh
"$TMINUS" launch --version v2 --at 1h >"$tmp/first" 2>&1 &
pilot=$!
while [ "$(count step-ended)" -lt 2 ]; do sleep 0.2; done
ends 6 'a second tminus is refused' fly resume
says 'a second tminus: who flies' err 'ana'
ends 0 'a wish is answered by who flies' fly hold
for i in $(seq 100); do [ "$(state_of)" != holding ] || break; sleep 0.2; done
is 'a wish: held within seconds' "$(state_of)" holding
wait $pilot
is 'a wish: who flew has ended and says that it holds' $? 3

fresh
"$TMINUS" launch --version v2 --at 33s >"$tmp/first" 2>&1 &
pilot=$!
while [ "$(count step-ended)" -lt 2 ]; do sleep 0.2; done
kill -STOP $pilot
sleep 34
ends 0 'who slept is taken over' fly resume
says 'taken over: from whom' err 'taken over from ana'
kill -CONT $pilot
wait $pilot
is 'who slept wakes up and is refused' $? 6
says 'who slept: why' first 'fenced'
is 'nothing happened twice' "$(count migration-applied) $(columns)" '1 id status cents currency'
ends 0 'the journal verifies' fly journal verify

# --- the manual's diagram is the table that is flown

fly launch --states >"$tmp/drawn"
sed -n '/^stateDiagram/,/^```/p' "$SOURCE/docs/flight.md" | grep -v '^```' >"$tmp/printed"
is 'the diagram of docs/flight.md' "$(cat "$tmp/printed")" "$(cat "$tmp/drawn")"
done_testing
