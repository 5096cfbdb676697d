#!/bin/sh
# tminus step: each kind of step done alone, done already, failing, and taken back; what nobody can tell is not believed.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana SHOP_KEY=hush-hush
mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
step() { "$TMINUS" step "$@"; }
events() { "$TMINUS" journal export | python3 -c 'import json, sys
print(*(e["event"] for e in (json.loads(l) for l in sys.stdin) if e["data"].get("step") == sys.argv[1]))' "$1"; }
cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    release: {environment: [SHOP_KEY]}
    notify: [{kind: file, path: calls.jsonl}]
    flags: {new: {kind: file, path: flags.yaml, key: new}, gone: {kind: file, path: flags.yaml, key: gone}}
    slots: {web: {address: "127.0.0.1:$(port http)"}}
    steps:
      - {name: drain, at: before_migrations, traffic: [touch, drained], undo: [rm, drained], read_back: {command: [test, -e, drained]}}
      - {name: lies, at: before_migrations, command: ["true"], undo: ["true"], read_back: {command: [test, -e, nothing]}, ready: 200ms}
      - {name: fails, at: before_migrations, command: [sh, -c, "echo \$SHOP_KEY >&2; exit 7"], undo: ["true"], read_back: {command: [test, -e, nothing]}}
      - {name: fails-blind, at: before_migrations, command: [sh, -c, "exit 7"], undo: ["true"]}
      - {name: half, at: before_migrations, command: [sh, -c, "touch drained; exit 7"], undo: ["true"], read_back: {command: [test, -e, drained]}}
      - {name: late, at: before_migrations, command: [sleep, "20"], undo: ["true"], timeout: 300ms, read_back: {command: [test, -e, nothing]}}
      - {name: nobody, at: before_migrations, command: ["true"], undo: ["true"], read_back: {command: [no-such-program]}, ready: 100ms}
      - {name: silent, at: before_migrations, command: ["true"], undo: ["true"], read_back: {tcp: "127.0.0.1:$(port closed)"}, ready: 100ms}
      - {name: served, at: after_release, command: [cp, next, "$web/version"], undo: [cp, last, "$web/version"],
         read_back: {http: "http://{address}/health", expect: {json: {version: "{version}"}}}}
      - {name: sealed, at: before_migrations, command: [touch, sealed], undo: none, reason: the old key is gone}
      - {name: grant, at: after_migrations, sql: grant.sql, undo: ungrant.sql, read_back: {sql: "SELECT count(*) FROM granted", expect: 2}}
      - {name: torn, at: after_migrations, sql: torn.sql, undo: none, reason: no, read_back: {sql: "SELECT count(*) FROM granted", expect: 9}}
      - {name: missing, at: after_migrations, sql: nowhere.sql, undo: none, reason: no, read_back: {sql: "SELECT 1", expect: 9}}
      - {name: tool, at: before_migrations, command: [sqlite3, shop.db, "ALTER TABLE granted ADD COLUMN note TEXT"], changes_schema: true,
         undo: [sqlite3, shop.db, "ALTER TABLE granted DROP COLUMN note"]}
      - {name: idle-tool, at: before_migrations, command: ["true"], changes_schema: true, undo: ["true"]}
      - {name: broken-tool, at: before_migrations, command: [sh, -c, "exit 7"], changes_schema: true, undo: ["true"]}
      - {name: lost-tool, at: before_migrations, command: [touch, ran], changes_schema: true, database: other, undo: ["true"]}
      - {name: enable, at: after_release, flag: new, value: "on"}
      - {name: enable-gone, at: after_release, flag: gone, value: "on"}
      - {name: breathe, at: after_release, wait: 200ms}
      - {name: until, at: after_release, wait: 5s, read_back: {command: [test, -e, come]}}
      - {name: in-vain, at: after_release, wait: 300ms, read_back: {command: [test, -e, nothing]}}
      - {name: tell, at: prepare, notify: "deploying {version}"}
      - {name: check, at: after_release, verify: true}
END
echo 'new: false' >flags.yaml
echo 2.0.0 >next
echo 1.0.0 >last
sqlite3 shop.db 'CREATE TABLE granted (id INTEGER PRIMARY KEY)'
echo 'INSERT INTO granted VALUES (1); INSERT INTO granted VALUES (2);' >grant.sql
echo 'DELETE FROM granted;' >ungrant.sql
printf 'INSERT INTO granted VALUES (8);\nINSERT INTO granted VALUES (8);\n' >torn.sql
rows() { sqlite3 shop.db 'SELECT count(*) FROM granted'; }

ends 2 'no name' step
ends 2 'no such step' step grnat
says 'no such step: said' err "did you mean 'grant'?"
ends 2 'a comparison is another verb' step check
says 'a comparison is another verb: said' err 'tminus verify'

# Every kind: dry, done, done already, taken back, taken back already.
for one in drain grant enable; do
    ends 0 "$one: dry run" step $one --dry-run
    lacks "$one: each line of it has a name" out null
    says "$one: dry run, said" out 'TO DO'
    ends 0 "$one" step $one
    ends 0 "$one: again" step $one
    says "$one: again, said" out 'DONE BEFORE'
    ends 0 "$one: taken back" step $one --undo
    ends 0 "$one: taken back again" step $one --undo
    says "$one: taken back again, said" out 'DONE BEFORE'
done
is 'nothing is left' "$(ls drained 2>/dev/null)$(rows)$(cat flags.yaml)" '0new: false'
is 'journaled: a command' "$(events drain)" 'step-act-started step-acted step-act-started step-acted'
is 'journaled: a flag' "$(events enable)" 'flag-set-started flag-set flag-set-started flag-set'
ends 2 'a version that is wanted' step served
says 'a version that is wanted: said' err '{version} has no value here'
ends 0 'asked at each address' step served --version 2.0.0
says 'asked at each address: said' out 'version is 2.0.0'
ends 0 'asked at each address, taken back' step served --version 2.0.0 --undo
is 'served' "$(cat "$web/version")" 1.0.0

# What the command says is not believed.
ends 5 'it ends well, and does nothing' step lies
ends 4 'it fails, and nothing is there' step fails
says 'it fails: with what' out 'status 7: ****; '
lacks 'it fails: its secret' out hush
ends 5 'it fails, and nothing tells what is left' step fails-blind
ends 0 'it fails, and is done' step half
ends 4 'it does not end' step late
says 'it does not end: said' out 'did not end within 300 ms'
ends 3 'nobody can say' step nobody
ends 5 'nobody listens: it is not there' step silent
ends 3 'nobody listens: whether it was taken back nobody knows' step silent --undo
ends 0 'without a way back' step sealed
ends 2 'without a way back: none' step sealed --undo
says 'without a way back: why' err 'the old key is gone'

# SQL: whole or not at all.
ends 4 'SQL that fails' step torn
says 'SQL that fails: where' out 'torn.sql:2:1: '
is 'SQL that fails: nothing is left' "$(rows)" 0
ends 2 'no such file' step missing
echo 'BEGIN; INSERT INTO granted VALUES (8); COMMIT;' >torn.sql
ends 4 'SQL that ends its transaction by itself' step torn
is 'SQL that ends its transaction: refused' "$(rows)" 0

ends 3 'a flag that cannot be read' step enable-gone
ends 0 'a wait' step breathe
(sleep 0.4; touch come) &
ends 0 'a wait until' step until
ends 4 'a wait in vain' step in-vain
says 'a wait in vain: said' out 'not so within 300 ms'
ends 0 'a message' step tell --version 2.0.0
is 'a message: came' "$(python3 -c 'import json; print(json.loads(open("calls.jsonl").read())["text"])')" 'deploying 2.0.0'
rm calls.jsonl && mkdir calls.jsonl
ends 0 'a message that nobody took stops nothing' step tell
says 'a message that nobody took: said' err 'not everybody was told'
sed -i 's/notify: "deploying {version}"/notify: deploying, required: true/' tminus.yaml
ends 4 'a message that is required' step tell
ends 0 'the journal verifies' "$TMINUS" journal verify
"$TMINUS" journal export >"$tmp/journal"
lacks 'no secret in the journal' journal hush
# Another migration tool: that it ended well is not believed alone.
ends 0 'a tool that changes the schema' step tool
says 'it changes the schema: said' out 'it ended well, and the schema changed'
ends 0 'and is taken back' step tool --undo
is 'taken back' "$(sqlite3 shop.db "SELECT group_concat(name) FROM pragma_table_info('granted')")" id
ends 4 'a tool that ends with 0 and changes nothing' step idle-tool
says 'it changes nothing: said' out 'idle-tool: ended with status 0, and the schema is as it was; nothing of it is there'
is 'it changes nothing: journaled as failed' "$(events idle-tool)" 'step-act-started step-act-failed'
ends 4 'nor does its undo' step idle-tool --undo
ends 5 'a tool that fails' step broken-tool
says 'it fails: said' out 'ended with status 7'
rm -f ran
ends 4 'a database that cannot be asked before' step lost-tool
says 'it cannot be asked: said' out "there is no database 'other'"
is 'it cannot be asked: nothing was run' "$(ls ran 2>/dev/null)" ''
done_testing
