#!/bin/sh
# tminus flag: set, and read back, in a file, a row, by commands, and at services in the shapes of their documents.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
export TMINUS_STATE="$tmp/state" FLAG_TOKEN=hush
mkdir "$tmp/shop" "$tmp/web" && cd "$tmp/shop" || exit 1
mkfifo "$tmp/web/input"
python3 "$SOURCE/test/support/flag_server.py" "$tmp/web" <"$tmp/web/input" &
exec 9>"$tmp/web/input"
for i in $(seq 100); do
    [ -e "$tmp/web/port" ] && break
    sleep 0.1
done
web=http://127.0.0.1:$(cat "$tmp/web/port")
manner() { echo "$1" >"$tmp/web/manner"; }
sqlite3 shop.db "CREATE TABLE flag (name TEXT PRIMARY KEY, enabled INTEGER); INSERT INTO flag VALUES ('new', 0);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER); INSERT INTO orders VALUES (1, 5), (2, NULL)"
printf '# switches\nfeatures:\n  other: true\n  "größe": false   # and new\n  list: [a, b]\n  word: maybe\n' >flags.yaml
printf '{"features": {"new": false, "other": true}}\n' >flags.json
printf '#!/bin/sh\necho "$1" >>asked\n[ "$1" = refused ] && { echo no >&2; exit 1; }\n[ "$1" = deaf ] || echo "$1" >state\n' >switch.sh
chmod +x switch.sh
echo off >state
cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db"}
    flags:
      yaml: {kind: file, path: flags.yaml, key: features.größe}
      json: {kind: file, path: flags.json, key: features.new}
      missing: {kind: file, path: flags.json, key: features.newer}
      list: {kind: file, path: flags.yaml, key: features.list}
      word: {kind: file, path: flags.yaml, key: features.word}
      command: {kind: command, show: [cat, state], "on": [./switch.sh, "on"], "off": [./switch.sh, "off"]}
      deaf: {kind: command, show: [cat, state], "on": [./switch.sh, deaf], "off": [./switch.sh, refused]}
      row: {kind: sql, show: "SELECT enabled FROM flag WHERE name = 'new'", "on": "UPDATE flag SET enabled = 1 WHERE name = 'new'",
            "off": "UPDATE flag SET enabled = 0 WHERE name = 'new'"}
      filled: {kind: file, path: flags.json, key: features.new, only_when_zero: orders without total}
      unknown: {kind: file, path: flags.json, key: features.new, only_when_zero: not to be asked}
      unleash: {kind: unleash, url: $web, token: "\${FLAG_TOKEN}", project: default, environment: production, key: new-checkout}
      flagsmith: {kind: flagsmith, url: $web/, token: "\${FLAG_TOKEN}", environment: KEY, key: new_checkout}
      launchdarkly: {kind: launchdarkly, url: $web, token: "\${FLAG_TOKEN}", project: shop, environment: production, key: new-checkout}
      stranger: {kind: unleash, url: $web, token: wrong-token, project: default, environment: production, key: new-checkout}
      nowhere: {kind: flagsmith, url: $web, token: "\${FLAG_TOKEN}", environment: KEY, key: newer}
      away: {kind: unleash, url: "http://127.0.0.1:1", token: "\${FLAG_TOKEN}", project: default, environment: production, key: x}
invariants:
  - {name: orders without total, zero: "SELECT count(*) FROM orders WHERE total IS NULL"}
  - {name: not to be asked, zero: "SELECT nothing FROM nowhere"}
END
flag() { "$TMINUS" flag "$@"; }
events() { "$TMINUS" journal show --format json | python3 -c 'import json, sys; print(*(e["event"] for e in json.load(sys.stdin)["events"]))'; }
shown() { "$TMINUS" flag "$1" show --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["value"])'; }

ends 2 'no name' flag
ends 2 'no such flag' flag jsn show
says 'no such flag: said' err "did you mean 'json'?"
ends 0 'dry run' flag json on --dry-run
is 'dry run: nothing was set' "$(cat flags.json)$(ls "$TMINUS_STATE" 2>/dev/null)" '{"features": {"new": false, "other": true}}'

# Every kind: off, on, on again, off.
for kind in yaml json command row unleash flagsmith launchdarkly; do
    is "$kind: off at first" "$(shown $kind)" off
    ends 0 "$kind: on" flag $kind on
    is "$kind: reads on" "$(shown $kind)" on
    ends 0 "$kind: on already" flag $kind on
    says "$kind: on already, said" out 'DONE BEFORE'
    ends 0 "$kind: off" flag $kind off
    is "$kind: reads off" "$(shown $kind)" off
done
is 'journaled' "$(events | cut -d' ' -f1-4)" 'flag-set-started flag-set flag-set-started flag-set'
flag yaml on >/dev/null
is 'nothing else of a file is touched' "$(cat flags.yaml)" "$(printf '# switches\nfeatures:\n  other: true\n  "größe": true   # and new\n  list: [a, b]\n  word: maybe\n')"
is 'commands ran once a change' "$(tr '\n' ' ' <asked)" 'on off '
is 'what Unleash was asked' "$(grep -c 'POST .*/environments/production/on ' "$tmp/web/requests")" 1
is 'what Flagsmith was asked' "$(grep '^PATCH /api/v1' "$tmp/web/requests" | head -1)" 'PATCH /api/v1/environments/KEY/featurestates/42/ {"enabled":true}'
is 'what LaunchDarkly was asked' "$(grep '^PATCH /api/v2' "$tmp/web/requests" | head -1)" \
    'PATCH /api/v2/flags/shop/new-checkout {"environmentKey":"production","instructions":[{"kind":"turnFlagOn"}]}'

# A set that is not so.
manner deaf
for kind in unleash flagsmith launchdarkly; do
    ends 5 "$kind: 200, and still off" flag $kind on
    says "$kind: 200, and still off, said" out 'NOT DONE'
done
ends 5 'a command that ends well, and does nothing' flag deaf on
manner refuse
for kind in unleash flagsmith launchdarkly; do
    ends 4 "$kind: refused" flag $kind on
    says "$kind: refused, said" out 'status 403'
done
echo on >state
ends 4 'a command that fails' flag deaf off
is 'failures are journaled' "$(events | tail -c 33)" 'flag-set-started flag-set-failed'

# What cannot be read is not set.
before=$(events | wc -w)
manner broken
ends 3 'no JSON' flag unleash on
says 'no JSON: said' out 'not valid JSON'
manner ''
for kind in stranger nowhere away missing list word; do
    ends 3 "$kind: cannot be read" flag $kind on
done
ends 3 'show of what cannot be read' flag nowhere show
says 'show: said' out "has 0 states of 'newer' in that environment"
is 'nothing was begun' "$(events | wc -w)" "$before"

# What it waits for.
ends 6 'not zero yet' flag filled on
says 'not zero yet: said' err "flag 'filled': 'orders without total' is 1, not 0"
ends 6 'not known' flag unknown on
says 'not known: said' err "it is not known whether 'not to be asked' holds"
ends 0 'off waits for nothing' flag unknown off
sqlite3 shop.db 'UPDATE orders SET total = 0 WHERE total IS NULL'
ends 0 'zero' flag filled on
is 'zero: on' "$(shown filled)" on

"$TMINUS" journal export >"$tmp/journal"
flag stranger show >"$tmp/out" 2>&1
lacks 'no token is printed' out wrong-token
lacks 'no token in the journal' journal '"hush'
done_testing
