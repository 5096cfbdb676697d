#!/bin/sh
# What comes from the environment into tminus.yaml stands in no output, no log, no journal, no bundle and no file of
# ours: one value for each place, every verb of a flight, and then all of it is searched for the values.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana WEB="$web" FLAG_TOKEN=hush
mkdir "$tmp/shop" "$tmp/flags" "$tmp/said" && cd "$tmp/shop" || exit 1
mkfifo "$tmp/flags/input"
python3 "$SOURCE/test/support/flag_server.py" "$tmp/flags" <"$tmp/flags/input" &
exec 8>"$tmp/flags/input"
for i in $(seq 100); do
    [ -e "$tmp/flags/port" ] && break
    sleep 0.1
done
places='HTTP HEADER BODY JSON TCP PROBE QUERY EXPECTED DEPLOY BUILD HOOK HOOKHEADER TEXT STEP UNDO SEEN FLAGURL FLAGKEY FLAGON
    SWITCH DIGEST ENABLE PAGE TRAFFIC DISK AGE KEYS BACKUP RESTORE RUNNER PASSWORD STORE SERVER ROUTE ROUTEBACK'
for place in $places; do export "C_$place=hidden-$place-zq7"; done
at=127.0.0.1:$(port http)
flags=127.0.0.1:$(cat "$tmp/flags/port")
cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    backup: {kind: sqlite, directory: backups}
    gates:
      optional: [effects, restore-proof, approved, risk, low-traffic, disk, secrets, keys]
      low_traffic: {command: [sh, -c, "echo \${C_TRAFFIC}; exit 3"], below: 50%}
      disk: {command: [sh, -c, "echo \${C_DISK} >&2; exit 3"]}
      secrets: [{name: api, command: [echo, "\${C_AGE}"], max_age: 9d}]
      keys: {required: [API_KEY], command: [echo, "API_KEY=\${C_KEYS}"]}
    slots: {web: {address: "$at"}}
    release: {deploy: [sh, -c, "echo \$1 | tee deployed; echo \$0 >\$WEB/version", "{version}", "\${C_DEPLOY}"], environment: [WEB], ready: 1s}
    health:
      - {name: version, http: "http://{address}/health?t=\${C_HTTP}", headers: {X-Key: "\${C_HEADER}"}, expect: {json: {version: "{version}"}}, timeout: 2s}
      - {name: body, http: "http://{address}/text", expect: {body: "\${C_BODY}"}, critical: false}
      - {name: json, http: "http://{address}/health", expect: {json: {status: "\${C_JSON}"}}, critical: false}
      - {name: tcp, tcp: "\${C_TCP}:1", critical: false}
      - {name: probe, command: [sh, -c, "echo \${C_PROBE}; exit 3"], critical: false}
      - {name: query, sql: "SELECT nothing FROM \"\${C_QUERY}\"", expect: 1, critical: false}
      - {name: expected, sql: "SELECT 'other'", expect: "\${C_EXPECTED}", critical: false}
    notify: [{kind: webhook, url: "http://$at/status/204?k=\${C_HOOK}", headers: {Authorization: "Bearer \${C_HOOKHEADER}"}}]
    flags:
      shown: {kind: unleash, url: "http://u:\${C_FLAGURL}@$flags", token: "\${FLAG_TOKEN}", project: default, environment: production, key: new-checkout}
    steps:
      - {name: tell, at: prepare, notify: "deploying {version} with \${C_TEXT}"}
      - {name: route, at: before_migrations, traffic: [sh, -c, "echo \${C_ROUTE}; touch away"], undo: [sh, -c, "echo \${C_ROUTEBACK}; rm away"], read_back: {command: [sh, -c, "echo \${C_ROUTE}; test -e away"]}}
      - {name: warm, at: after_release, command: [sh, -c, "echo \${C_STEP}"], undo: [sh, -c, "echo \${C_UNDO}"], read_back: {http: "http://$at/text?seen=\${C_SEEN}"}}
      - {name: bad, at: after_release, command: [sh, -c, "[ ! -e fails ] || { echo \${C_STEP} >&2; exit 3; }"], undo: ["true"]}
  wrong:
    database: {url: "sqlite:shop.db", migrations: migrations}
    backup: {kind: command, directory: backups, shell: true, command: "echo \${C_BACKUP} >&2; exit 3", restore: "echo \${C_RESTORE} >&2"}
    slots: {web: {address: "$at"}}
    rehearsal: {runner: command, up: [sh, -c, "echo \${C_RUNNER}; exit 3"], down: ["true"]}
    release: {deploy: ["true"], build: [sh, -c, "echo \${C_BUILD}; exit 3"], artifact: [sh, -c, "echo \${C_DIGEST}"]}
    health: [{name: version, http: "http://{address}/text?t=\${C_HTTP}", expect: {text: "{version} of \${C_BODY}"}}]
    maintenance:
      enable: [sh, -c, "echo \${C_ENABLE}; exit 3"]
      disable: [sh, -c, "echo \${C_ENABLE}"]
      check: [{name: page, http: "http://$at/health?p=\${C_PAGE}", expect: {status: 503}}]
      ready: 10ms
    notify: [{kind: webhook, url: "http://$at/\${C_HOOK}/404", headers: {Authorization: "Bearer \${C_HOOKHEADER}"}}]
    flags:
      keyed: {kind: unleash, url: "http://$flags/\${C_FLAGURL}", token: "\${C_FLAGKEY}", project: default, environment: production, key: "\${C_FLAGKEY}"}
      own: {kind: command, on: [sh, -c, "echo \${C_FLAGON}; exit 3"], off: [sh, -c, "echo \${C_SWITCH}"], show: [echo, "\${C_SWITCH}"]}
      asked: {kind: sql, on: "UPDATE \${C_FLAGON} SET x = 1", off: "UPDATE x SET y = 1", show: "SELECT '\${C_SWITCH}' FROM nothing"}
  elsewhere:
    database: {url: "postgresql://app:\${C_PASSWORD}@127.0.0.1:1/shop?application_name=\${C_PASSWORD}", migrations: migrations}
    rehearsal: {server: "postgresql://app:\${C_SERVER}@127.0.0.1:1/postgres", from: dump}
  stored:
    database: {url: "sqlite:shop.db", migrations: migrations}
    store: {kind: postgres, url: "postgresql://app:\${C_STORE}@127.0.0.1:1/journal"}
END
echo v- >"$web/version"
mkdir migrations
echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL);' >migrations/0001_orders.up.sql
echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
sqlite3 shop.db 'PRAGMA user_version = 1'
"$TMINUS" migrate -q >"$tmp/fresh" 2>&1 && "$TMINUS" release --version v0 -q >>"$tmp/fresh" 2>&1 || show "$tmp/fresh"
rm deployed
sqlite3 shop.db "INSERT INTO orders VALUES (1, 'open')"
echo 'ALTER TABLE orders ADD COLUMN currency TEXT;' >migrations/0002_currency.up.sql
echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0002_currency.down.sql
n=0
say() { # STATUS ARGUMENTS…: a verb that ends so, with all that it tells
    wanted=$1
    shift
    n=$((n + 1))
    "$TMINUS" "$@" -v >"$tmp/said/$n.$1" 2>&1 </dev/null
    status=$?
    [ $status = "$wanted" ] || { echo "$status, not $wanted: $*"; grep tminus: "$tmp/said/$n.$1"; } >>"$tmp/ends"
}
both() { say "$@"; say "$@" --format json; }
: >"$tmp/ends"

both 0 config check
both 3 plan
say 0 rehearse
both 1 poll
both 0 flag shown show
both 0 step tell --dry-run --version v2
say 0 launch --version v2 --dry-run
say 0 launch --version v2
both 0 status
say 0 verify --format json
say 0 rollback --dry-run
say 4 rollback
touch fails
say 0 rehearse
say 4 launch --version v3
both 4 status
for name in keyed own asked; do both 3 flag $name show --env wrong; done
for name in own asked; do say 3 flag $name on --env wrong; done
say 1 poll --env wrong
say 1 rehearse --env wrong
both 4 build --version v2 --env wrong
both 0 release --version v2 --dry-run --env wrong
say 4 maintenance --enable --env wrong
both 4 notify 'a text' --env wrong
say 2 backup --env wrong
say 3 rehearse --env elsewhere
for name in elsewhere stored; do
    both 3 plan --env $name
    say 3 migrate --env $name
done
say 0 journal key
for name in production wrong; do
    both 0 journal show --env $name
    say 0 journal export --env $name
    say 0 journal export --env $name --bundle "$tmp/bundle.$name"
    python3 -c 'import base64, json, sys
print(*(base64.b64decode(json.loads(l)["payload"]) for l in open(sys.argv[1]) if l.strip()), sep="\n")' "$tmp/bundle.$name" >"$tmp/opened.$name"
done
is 'every verb ends as it must' "$(cat "$tmp/ends")" ''
is 'what is hidden was used' "$(cat deployed) $(grep -c 'k=hidden-HOOK-zq7.*with hidden-TEXT-zq7' "$web/requests")" 'hidden-DEPLOY-zq7 2'
is 'it is in nothing that is printed' "$(grep zq7 "$tmp"/said/* | cut -c1-300)" ''
is 'nor in the journal, bundles and files' "$(grep -rl zq7 "$TMINUS_STATE" "$tmp"/bundle.* "$tmp"/opened.* backups)" ''
grep -q 'step-act-started' "$tmp/opened.production"
result $? 'the bundles hold what happened'
cat "$tmp"/said/*.release >"$tmp/out"
says 'it is shown as the file has it' out "/text?t=\${C_HTTP}: its text is v0, expected v2 of \${C_BODY}"
done_testing
