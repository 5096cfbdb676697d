#!/bin/sh
# Faults in the middle of a flight on SQLite: a journal that is damaged or gone, a restore over the target, a full disk
# under the journal, two at once, a target that cannot be written any more. The answer is right, and nothing is lost.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/flight.sh"

cd "$tmp" || exit 1
export DATABASE_URL=sqlite:shop.db TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana DEPLOY_TOKEN=sesame-seed
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations}
    backup: {kind: sqlite, directory: backups}
    gates: {optional: [rehearsal, effects, rollback, restore-proof, approved, risk]}
END
# A database at version 1 with rows; version 2 is pending. Made once, copied then.
mkdir -p start/migrations
echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL);' >start/migrations/0001_orders.up.sql
echo 'DROP TABLE orders;' >start/migrations/0001_orders.down.sql
sqlite3 start/shop.db 'PRAGMA user_version = 1'
(cd start && "$TMINUS" migrate --database shop.db -q migrations >"$tmp/fresh" 2>&1) || show "$tmp/fresh"
sqlite3 start/shop.db 'INSERT INTO orders SELECT value, value * 100 FROM generate_series(1, 100)'
printf '%s\n' 'ALTER TABLE orders ADD COLUMN currency TEXT;' "UPDATE orders SET currency = 'EUR';" >start/migrations/0002_currency.up.sql
echo 'ALTER TABLE orders DROP COLUMN currency;' >start/migrations/0002_currency.down.sql
fresh() { rm -rf state backups migrations shop.db*; cp -r start/* .; }
dump() { sqlite3 shop.db .dump | sha256sum; }

# --- the journal is damaged while the flight is half-way: nothing acts on it, and what a person does by hand is told

fresh
ends 0 'launched' fly launch --version v2 -q
cp -r state whole
changed=$(dump)
# refuses NAME WHY: status and what would act
refuses()
{
    for verb in status resume 'abort --reason now' go rollback; do
        ends 2 "$1: $verb refuses" fly $verb
        says "$1: $verb says why" err "$2"
        says "$1: $verb tells what to do by hand" out 'tminus migrate --undo --steps 1  # migrations/0002_currency.down.sql: ALTER TABLE orders DROP COLUMN currency;'
    done
    is "$1: the database is as it was" "$(dump)" "$changed"
}
again() { rm -rf state && cp -r whole state; }
sqlite3 state/journal.db "UPDATE event SET line = replace(line, '\"outcome\":\"done\"', '\"outcome\":\"gone\"') WHERE line LIKE '%baseline%'"
refuses 'a byte is another' 'was changed: its hash does not fit'
again
truncate -s 20480 state/journal.db
refuses 'the file is cut off' 'journal.db: damaged'
again
sqlite3 state/journal.db 'DELETE FROM event WHERE sequence > 10'
refuses 'the last events are gone' 'its tail was cut'
ends 1 'the last events are gone: verify says where' fly journal verify
says 'the last events are gone: at which number' out 'the journal ends at event 10'
again
rm state/journal.db
refuses 'the file is gone' 'the journal is not there'
ends 2 'the file is gone: another flight is not begun' fly launch --version v3
ends 2 'in JSON' fly abort --format json
is 'in JSON: what to do' "$(python3 -c 'import json; d = json.load(open("out")); print(d["schema"], len(d["acts"]), "damaged" in d["acts"][0]["commands"][0])')" 'tminus/by-hand/1 3 True'
# What was told is typed.
fly abort >told 2>"$tmp/ignored"
sed -n 's/^   \(mkdir .*\)/\1/p; s/^   tminus \(migrate --undo --steps 1\) .*/"$TMINUS" \1/p' told | sed 's/ && mv / \&\& mv /' >typed
is 'by hand: two commands' "$(grep -c . typed)" 2
ends 0 'by hand: what was told works' sh -e typed
is 'by hand: the change is taken back' "$(columns)" 'id cents'
is 'by hand: the evidence is kept' "$(ls state/damaged)" 'journal.db-head'
ends 0 'by hand: the new journal is whole' fly journal verify

# With a release, its command stands there, without the value of a secret.
again
sed -i 's/^    gates/    release: {deploy: [.\/deploy.sh, "{version}", "--token=${DEPLOY_TOKEN}"], environment: [DEPLOY_TOKEN]}\n&/' tminus.yaml
rm state/journal.db
ends 2 'with a release' fly resume
says 'with a release: its command' out './deploy.sh VERSION_BEFORE'
lacks 'with a release: no secret' out 'sesame-seed'
sed -i '/release:/d' tminus.yaml
# The target does not answer either.
mv shop.db elsewhere.db
ends 2 'without the target' fly resume
says 'without the target: what is not known' out '# not known: '
mv elsewhere.db shop.db

# --- a restore over the target wipes what is in it: the journal stands outside, whole

fresh
ends 0 'launched before a restore' fly launch --version v2 -q
cp "$(ls backups/*.db)" shop.db
is 'restored: the target is as before the change' "$(columns)" 'id cents'
ends 0 'restored: the journal is whole' fly journal verify
is 'restored: and has the flight' "$(state_of) $(count migration-applied)" 'watching 1'

# --- with a release, whose deploy takes a while

. "$SOURCE/test/support/http_server.sh"
cp tminus.yaml plain.yaml
cat >>tminus.yaml <<END
    slots: {web: {address: "127.0.0.1:$(port http)"}}
    release: {deploy: [./deploy.sh, "{version}"], ready: 1s}
    health: [{name: version, http: "http://{address}/health", expect: {json: {version: "{version}"}}}]
END
# It sees through what it began, also when it is asked to end.
cat >slow.sh <<END
#!/bin/sh
trap '' TERM
: >begun
sleep 1
echo "\$1" >>deployed
echo "\$1" >"$web/version"
END
cp slow.sh deploy.sh
chmod +x deploy.sh
fresh
echo v1 >"$web/version"
"$TMINUS" launch --version v2 >launched 2>&1 &
pilot=$!
while kill -0 $pilot 2>"$tmp/ignored" && [ ! -e begun ]; do :; done
kill -9 $pilot
wait $pilot 2>"$tmp/ignored"
ends 0 'killed while the deploy runs: resumed at once' fly resume
is 'killed while the deploy runs: it was waited for, and not done again' "$(state_of) $(xargs <deployed)" 'watching v2'

# --- the disk under the journal is full when the release has just been deployed

rm deployed
mkdir disk
if mount -t tmpfs -o size=2m none disk 2>"$tmp/ignored"; then
    trap 'umount "$tmp/disk"; rm -rf "$tmp"' EXIT
    fresh
    echo v1 >"$web/version"
    cat >deploy.sh <<END
#!/bin/sh
echo "\$1" >>deployed
echo "\$1" >"$web/version"
dd if=/dev/zero of=disk/ballast bs=1k 2>/dev/null
END
    TMINUS_STATE="$tmp/disk"
    ends 2 'full disk: the flight stops' fly launch --version v2
    says 'full disk: what is full' err 'disk/journal.db: database or disk is full'
    says 'full disk: how it goes on' err '`tminus resume` goes on from here'
    rm disk/ballast
    ends 0 'with room again: the journal is whole' fly journal verify
    ends 0 'with room again: resumed' fly resume
    is 'with room again: at its end' "$(state_of) $(columns) $(count migration-applied)" 'watching id cents currency 1'
    is 'with room again: deployed once' "$(cat deployed)" v2
    TMINUS_STATE="$tmp/state"
else
    skip 'the disk under the journal is full' 'no small file system can be mounted here'
fi
mv plain.yaml tminus.yaml

# --- two at once

fresh
"$TMINUS" launch --version v2 >first 2>&1 &
one=$!
"$TMINUS" launch --version v2 >second 2>&1 &
two=$!
wait $one
one=$?
wait $two
is 'two launches at once: one flies, one is refused' "$(printf '%s\n' $one $? | sort | xargs)" '0 6'
is 'two launches at once: one flight, one change' "$(count flight-started) $(count migration-applied) $(state_of)" '1 1 watching'
fresh
"$TMINUS" launch --version v2 --at 1h >first 2>&1 &
pilot=$!
while [ "$(state_of 2>"$tmp/ignored")" != ready ]; do :; done
kill -9 $pilot
wait $pilot 2>"$tmp/ignored"
"$TMINUS" abort >first 2>&1 &
one=$!
"$TMINUS" abort >second 2>&1 &
two=$!
wait $one
one=$?
wait $two
two=$?
is 'two that end it at once: it ends once' "$(state_of) $(fly journal export | grep -c '"occurrence":"abort_asked"')" 'aborted 1'
ends 0 'two at once: the journal is whole' fly journal verify
fresh
"$TMINUS" launch --version v2 --at 1h >first 2>&1 &
pilot=$!
while [ "$(count baseline-saved)" -lt 1 ]; do :; done
kill -9 $pilot
wait $pilot 2>"$tmp/ignored"
"$TMINUS" hold -q >first 2>&1 # it may have been on its way to T-0
timeout 60 "$TMINUS" go >first 2>&1 &
one=$!
while [ "$(state_of 2>"$tmp/ignored")" = holding ]; do :; done
ends 6 'two that resume: one flies, the other is refused' fly resume
kill $one
wait $one
is 'two that resume: the first one was told to end' $? 143

# --- the clock is set back by an hour in the middle of the watch

fresh
sed -i 's/^    gates/    watch: [1s, 2s, 3s]\n&/' tminus.yaml
if cc -shared -fPIC -o set_clock.so "$SOURCE/test/support/set_clock.c" -ldl 2>"$tmp/ignored"; then
    SET_CLOCK="$tmp/clock" LD_PRELOAD="$tmp/set_clock.so" ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS-}" \
        timeout 120 "$TMINUS" launch --version v2 --watch --reason 'a short watch' >launched 2>&1 &
    pilot=$!
    while kill -0 $pilot 2>"$tmp/ignored" && [ "$(state_of 2>"$tmp/ignored")" != watching ]; do :; done
    echo -3600 >clock
    wait $pilot
    is 'the clock is set back: watched to its end all the same' "$? $(state_of)" '0 done'
    is 'the clock is set back: each point once' "$(fly journal export | grep -c '"state":"checking"')" 3
    is 'the clock is set back: it was' "$(fly journal export | sed 's/.*"ts":"\([^"]*\)".*/\1/' | sort -c 2>&1 | grep -c disorder)" 1
    ends 0 'the clock is set back: the journal is whole' fly journal verify
else
    skip 'the clock is set back' 'no compiler'
fi
sed -i '/watch:/d' tminus.yaml

# --- the target cannot be written any more between preparation and T-0

fresh
cat >protect <<'END'
#!/bin/sh
if [ "$(id -u)" -eq 0 ]; then chattr "$1i" shop.db; elif [ "$1" = + ]; then chmod a-w shop.db; else chmod u+w shop.db; fi
END
# Prepared, and held before T-0 until it is protected.
sed -i 's/, approved, risk/, risk/' tminus.yaml
ends 3 'prepared, and nobody signed' fly launch --version v2
if sh protect + 2>"$tmp/ignored" && ! sqlite3 shop.db 'CREATE TABLE t (a)' 2>"$tmp/ignored"; then
    ends 0 'read-only: signed' env TMINUS_ACTOR=ben "$TMINUS" approve --reason 'the column is new'
    run fly go
    sh protect -
    is 'read-only: ended, and nothing is left' "$status $(columns)" '4 id cents'
    says 'read-only: why' out 'attempt to write a readonly database'
    says 'read-only: and that nothing is left' out 'nothing of the target was changed'
else
    sh protect - 2>"$tmp/ignored"
    skip 'the target cannot be written any more' 'no file can be protected here'
fi
done_testing
