#!/bin/sh
# Flights with steps of their own: in their order, taken back the other way round, and killed with kill -9 within them.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
. "$SOURCE/test/support/flight.sh"
export TMINUS_STATE="$tmp/shop/state" TMINUS_ACTOR=ana WEB="$web" FLAG_TOKEN=hush
mkdir "$tmp/shop" "$tmp/flags" && cd "$tmp/shop" || exit 1
mkfifo "$tmp/flags/input"
python3 "$SOURCE/test/support/flag_server.py" "$tmp/flags" <"$tmp/flags/input" &
exec 8>"$tmp/flags/input"
for i in $(seq 100); do
    [ -e "$tmp/flags/port" ] && break
    sleep 0.1
done
configure() { # STEP…
    cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    backup: {kind: sqlite, directory: backups}
    gates: {optional: [effects, restore-proof, approved, risk]}
    slots: {web: {address: "127.0.0.1:$(port http)"}}
    release: {deploy: [./deploy.sh, "{version}"], environment: [WEB], ready: 1s, tag: $tags}
    health: [{name: version, http: "http://{address}/health", expect: {json: {version: "{version}"}}, timeout: 2s}]
    notify: [{kind: webhook, url: "http://127.0.0.1:$(port http)/status/204"}]
    flags: {new: {kind: unleash, url: "http://127.0.0.1:$(cat "$tmp/flags/port")", token: "\${FLAG_TOKEN}", project: default,
        environment: production, key: new-checkout}}
    steps:
END
    for one; do printf '      - %s\n' "$one" >>tminus.yaml; done
}
# It may be made slow, and tells when two of it run at once.
cat >deploy.sh <<'END'
#!/bin/sh
echo begun >>ran
exec 3>deploy.lock
flock -n 3 || echo twice >>twice
[ ! -e slow ] || { rm slow; sleep 66.6; }
echo "$1" >"$WEB/version"
END
chmod +x deploy.sh
served()
{
    orders_migration
    sqlite3 shop.db 'PRAGMA user_version = 1; CREATE TABLE granted (i INTEGER); CREATE TABLE pace (v INTEGER); INSERT INTO pace VALUES (2)'
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 && "$TMINUS" release --version v1 -q >>"$tmp/fresh" 2>&1 || show "$tmp/fresh"
    sqlite3 shop.db "INSERT INTO orders SELECT value, 'open' FROM generate_series(1, 50)"
    currency_migration
    "$TMINUS" rehearse -q >"$tmp/fresh" 2>&1 || show "$tmp/fresh"
}
fresh()
{
    rm -rf state backups migrations twice slow cold drained warmed shop.db* "$web/requests"
    echo v0 >"$web/version"
    once served
    rm -f ran
    echo v1 >"$web/version"
}
echo 'INSERT INTO granted WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT v FROM pace)) SELECT i FROM n;' >grant.sql
echo 'DELETE FROM granted;' >ungrant.sql
drain='{name: drain, at: before_migrations, traffic: [touch, drained], undo: [rm, drained], read_back: {command: [test, -e, drained]}}'
grant='{name: grant, at: after_migrations, sql: grant.sql, undo: ungrant.sql, read_back: {sql: "SELECT count(*) FROM granted", expect: 2}}'
warm='{name: warm, at: after_release, command: [sh, -c, "echo warm >>warmed; [ ! -e cold ] || { rm cold; sleep 66.6; }"], undo: ["true"]}'
enable='{name: enable, at: after_release, flag: new, value: "on"}'
state() { sqlite3 shop.db "SELECT (SELECT group_concat(name, ' ') FROM pragma_table_info('orders')), (SELECT count(*) FROM granted)"; }
enabled() { fly flag new show --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["value"])'; }
ended() { fly journal export | python3 -c 'import json, sys
print(*(d["step"] + ":" + d["outcome"] for d in (json.loads(l)["data"] for l in sys.stdin if "step-ended" in l)))'; }

tags=true
git init -q . && git -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m one
git init -q --bare ../origin && git remote add origin ../origin
git config user.name t && git config user.email t@example.org
configure '{name: announce, at: prepare, notify: "deploying {version}", required: true}' "$drain" "$grant" \
    '{name: check, at: after_migrations, verify: true}' "$warm" '{name: breathe, at: after_release, wait: 100ms}' "$enable"
fresh
ends 0 'dry run' fly launch --version v2 --dry-run
is 'dry run: the way back is shown' "$(sed -n 's@^.*· \(back[.][.a-z]*\)  *tminus .*@\1@p' "$tmp/out" | tr '\n' ' ')" \
    'back.enable back.warm back.release back.grant back.migrate back.drain '
ends 2 'without a version' fly launch
ends 0 'launched' fly launch --version v2
is 'launched: what is there' "$(cat "$web/version") $(state) $(enabled) $(ls drained)" 'v2 id status currency|2 on drained'
is 'launched: in this order' "$(ended)" "tag:done announce:done backup:done baseline:done drain:done migrate:done grant:done check:done release:done warm:done breathe:done enable:done"
is 'launched: the tag' "$(git -C ../origin cat-file -t v2)" tag
is 'launched: told' "$(sed -n 's/.*"text":"\([^"]*\)\\n.*/\1/p' "$web/requests")" 'deploying v2'
ends 4 'aborted: taken back' fly abort
is 'aborted: what is there' "$(cat "$web/version") $(state) $(enabled) $(ls drained 2>&1 | wc -l)" 'v1 id status|0 off 1'
is 'aborted: the other way round' "$(ended | cut -d' ' -f13-)" \
    "back.enable:done back.warm:done back.release:done back.grant:done back.migrate:done back.drain:done"

# What was so before the flight stays so; what is not seen to be done goes back.
tags=false
configure "$drain" "$enable" '{name: lies, at: after_release, command: ["true"], undo: ["true"], ready: 100ms, read_back: {command: [test, -e, nothing]}}'
fresh
touch drained
ends 4 'a step that is not seen to be done' fly launch --version v3
is 'not done: what was drained before is drained, what was switched on is off' "$(cat "$web/version") $(state) $(enabled) $(ls drained)" 'v1 id status|0 off drained'
configure '{name: seal, at: after_release, command: [touch, drained], undo: none, reason: the old key is gone}'
fresh
ends 0 'a step that nothing takes back' fly launch --version v3
ends 6 'nothing takes it back: somebody else signs first' fly rollback
says 'nothing takes it back: which' err "nothing takes back step 'seal'"
ends 5 'nothing takes it back: a person decides' fly abort

# Killed: everything of tminus that there is, at once.
kill_within() { # COMMAND: that tells that the step runs
    "$TMINUS" launch --version v2 >"$tmp/launched" 2>&1 &
    pilot=$!
    for i in $(seq 300); do
        eval "$1" && break
        sleep 0.05
    done
    sleep 0.2
    verb=$(pgrep -P $pilot)
    kill -9 $pilot $verb
    wait $pilot 2>/dev/null
}
configure "$drain"
fresh
touch slow
kill_within '[ -e ran ]'
ends 0 'killed within the release, and resumed at once' fly resume
is 'the deploy command ran again, and never twice at a time' "$(cat "$web/version") $(wc -l <ran) $(cat twice 2>/dev/null)" 'v2 2 '
configure "$warm"
fresh
touch cold
kill_within '[ -e warmed ]'
ends 3 'killed within a command that nothing tells of' fly resume
ends 3 'it holds' fly status
says 'it holds: which commands move it' out 'tminus go --step done'
is 'it holds: the command is gone' "$(pgrep -f 'sleep 66.6' | wc -l) $(wc -l <warmed)" '0 1'
fly go --step again >"$tmp/go" 2>&1
ends 0 'a person has it done again' fly status
is 'done again' "$(wc -l <warmed)" 2
configure "$grant"
fresh
sqlite3 shop.db 'UPDATE pace SET v = 5000000'
kill_within '"$TMINUS" journal export 2>&1 | grep -q step-act-started'
sqlite3 -cmd '.timeout 10000' shop.db 'UPDATE pace SET v = 2' || result 1 "the pace is still that of the killed one"
ends 0 'killed within SQL, and resumed' fly resume
is 'the SQL took effect once' "$(state)" 'id status currency|2'
ends 0 'the journal verifies' fly journal verify
done_testing
