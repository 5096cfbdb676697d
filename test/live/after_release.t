#!/bin/sh
# Migrations that run after the release fly on their own: once the release's flight is done, with gates, baseline and
# verification of their own, and go back on their own.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/flight.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations, post_migrations: post}
    watch: [10ms]
    gates: {optional: [rehearsal, effects, rollback, backup, approved, risk]}
END
fresh()
{
    rm -rf state migrations post shop.db*
    mkdir migrations post
    echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT NOT NULL);' >migrations/0001_orders.up.sql
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
    sqlite3 shop.db 'PRAGMA user_version = 1'
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 || show "$tmp/fresh"
    rm -rf state
    sqlite3 shop.db "INSERT INTO orders SELECT value, 'open' FROM generate_series(1, 50)"
    printf '%s\n' 'ALTER TABLE orders ADD COLUMN status TEXT;' 'UPDATE orders SET status = state;' >migrations/0002_status.up.sql
    echo 'ALTER TABLE orders DROP COLUMN status;' >migrations/0002_status.down.sql
    echo 'ALTER TABLE orders ADD COLUMN checked TEXT;' >post/0003_checked.up.sql
    echo 'ALTER TABLE orders DROP COLUMN checked;' >post/0003_checked.down.sql
}

fresh
ends 6 'before the release is flown' fly launch --after-release
says 'before: why' err 'no flight of the release is done'
ends 6 'nor by hand' fly migrate --after-release
says 'by hand: what is first' err 'migrations/0002_status.up.sql: is pending, and runs before the release'
is 'nothing was begun' "$(count flight-started) $(columns)" '0 id state'
ends 0 'the release is rehearsed without them' fly rehearse -q
ends 0 'the release flies without them' fly launch --reason 'a short watch'
is 'the release: what is there' "$(columns)" 'id state status'
ends 6 'while it is watched' fly launch --after-release
says 'while it is watched: why' err 'is on its way: watching'
sleep 0.1
ends 0 'its watch passes' fly watch --once
is 'the release is done' "$(state_of)" done
ends 0 'its status names what is next' fly status
says 'its status: the command' out 'next: tminus launch --after-release'
ends 0 'nothing is left before a release' fly migrate --dry-run
says 'nothing is left: said' out '2 applied before'
ends 2 'nor to be launched' fly launch
ends 2 'a version is not deployed' fly launch --after-release --version v2

ends 0 'rehearsed on their own' fly rehearse --after-release -q
says 'rehearsed: that alone' out 'post/0003_checked.up.sql'
lacks 'rehearsed: nothing else' out '0002_status'
ends 1 'the plan of them, before their own baseline' fly plan --after-release
says 'the plan: what is typed' out 'tminus migrate --to 0003 --env production --after-release'
lacks 'the plan: nothing of the other half' out 0002
ends 0 'that command is right' sh -c "$(sed -n 's/^ *[$] \(tminus migrate --to 0003 .*\)/\1/p' "$tmp/out" | head -1 | sed "s|^tminus|$TMINUS|") --dry-run"
ends 0 'a dry run' fly launch --after-release --dry-run --reason 'a short watch'
ends 0 'they fly' fly launch --after-release --watch --reason 'a short watch'
is 'they fly: done' "$(state_of) $(columns)" 'done id state status checked'
is 'they fly: with a baseline of their own' "$(count baseline-saved) $(count flight-started)" '2 2'
ends 0 'status names nothing more' fly status
lacks 'status: nothing more' out 'after-release'
ends 2 'they are not launched twice' fly launch --after-release
says 'not twice: why' err 'nothing is pending'
ends 0 'verified once more' fly verify --after-release
ends 0 'a later migration before a release finds its record whole' fly migrate --dry-run

ends 2 'the half before is not undone through the half after' fly migrate --undo --steps 1
says 'not through: what is first' err 'post/0003_checked.up.sql: is applied, and runs after the release'
ends 4 'they go back on their own' fly rollback
is 'back: that alone' "$(state_of) $(columns)" 'rolled_back id state status'
release=$(fly journal export | python3 -c 'import json, sys; print(next(d["data"]["flight"] for d in map(json.loads, sys.stdin) if d["event"] == "flight-started"))')
ends 0 'then the release may go back' fly rollback --flight "$release" --dry-run
ends 0 'the journal verifies' fly journal verify

# A contract: what it drops is stopped until the code that runs is known not to use it.
fresh
rm migrations/0002* post/*
echo 'ALTER TABLE orders DROP COLUMN state;' >post/0003_state.up.sql
echo 'ALTER TABLE orders ADD COLUMN state TEXT;' >post/0003_state.down.sql
mkdir app
commit() { git add app migrations post && git -c user.name=t -c user.email=t@example.org commit -qm "$1"; }
git init -q .
echo 'db.query("SELECT state FROM orders")' >app/orders.py
commit v1 && v1=$(git rev-parse HEAD)
echo 'db.query("SELECT id FROM orders")' >app/orders.py
commit v2 && v2=$(git rev-parse HEAD)
ends 1 'a contract without evidence' fly assess --after-release --env production
says 'without evidence: what is missing' out 'name the code that runs now: deployed: REV in tminus.yaml'
sed -i 's/^    watch:/    deployed: "${RUNS}"\n&/' tminus.yaml
RUNS=$v1; export RUNS
ends 1 'the code that runs uses it' fly assess --after-release --env production
says 'it is used: where' out 'at app/orders.py:1: db.query("SELECT state FROM orders")'
ends 1 'it is used: the plan is NO-GO' fly plan --after-release
RUNS=$v2
ends 0 'the code that runs does not use it' fly assess --after-release --env production
says 'it is not used: it warns' out 'warn  post/0003_state.up.sql:1:1  drop-column'
ends 3 'the plan of a contract' fly plan --after-release
lacks 'its plan: no release' out 'Deploy commit'
lacks 'its plan: no release goes back' out 'Deploy the commit that ran before'
lacks 'its plan: no flag' out 'feature flag'
ends 3 'its plan, with all lines' fly plan --after-release --format json
says 'its plan: how it is assessed' out '"tminus assess --env production --after-release"'
ends 3 'the plan of the half before it' fly plan
says 'of the half before it: the release' out 'Deploy commit'
lacks 'of a release alone: nothing of migrations' out 'The same migrations passed'
says 'of a release alone: its baseline' out 'a baseline of all tables'
sed -i '/^    deployed:/d' tminus.yaml
rm -rf app .git

# Not through a flight that is rolled back, and not through numbers that stand in each other's way.
fresh
ends 0 'rehearsed' fly rehearse -q
ends 0 'the release flies' fly launch --reason 'a short watch' -q
ends 4 'and goes back' fly abort
ends 6 'then nothing comes after it' fly launch --after-release
says 'nothing comes after: why' err 'is not done: rolled_back'
fresh
mv post/0003_checked.up.sql post/0002_checked.up.sql
mv migrations/0002_status.up.sql migrations/0004_status.up.sql
mv migrations/0002_status.down.sql migrations/0004_status.down.sql
ends 2 'one that is numbered before what runs before the release' fly launch
says 'numbered before: which' err "comes after 'post/0002_checked.up.sql', which is to run after the release"
rm post/*
ends 0 'an empty folder holds none' fly launch --dry-run --reason 'a short watch'
sed -i 's/, post_migrations: post//' tminus.yaml
ends 2 'none are configured' fly migrate --after-release
says 'none are configured: said' err 'post_migrations'
done_testing
