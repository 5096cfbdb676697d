#!/bin/sh
# tminus notify: a text to files and webhooks; what was not taken is said, and addresses are not.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
export TMINUS_STATE="$tmp/state" HOOK_KEY=hush-hush
mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
notify() { "$TMINUS" notify "$@"; }
configure() { # CHANNEL…
    printf 'service: shop\nenvironments:\n  production:\n    database: {url: "sqlite:shop.db"}\n    notify:\n' >tminus.yaml
    for channel; do printf '      - %s\n' "$channel" >>tminus.yaml; done
}
events() { "$TMINUS" journal show --format json | python3 -c 'import json, sys; print(*(e["event"] for e in json.load(sys.stdin)["events"]))'; }
hook="{kind: webhook, url: \"http://127.0.0.1:$(port http)/status/200?key=\${HOOK_KEY}\", headers: {Authorization: \"Bearer \${HOOK_KEY}\"}}"
busy="{kind: webhook, url: \"http://127.0.0.1:$(port http)/status/\${HOOK_KEY}\"}"

printf 'service: shop\nenvironments:\n  production:\n    database: {url: "sqlite:shop.db"}\n' >tminus.yaml
ends 2 'no channel' notify 'deploy holds'
says 'no channel: said' err "environment 'production' has no channel"
configure '{kind: file, path: calls.jsonl}' "$hook"
ends 2 'no text' notify
ends 2 'an empty text' notify ' '
ends 2 'two texts' notify deploy holds
ends 2 'a text without end' notify "$(printf '%4001s' x | tr ' ' x)"
ends 0 'dry run' notify --dry-run 'deploy holds'
is 'dry run: nothing was sent' "$(ls calls.jsonl "$web/requests" "$TMINUS_STATE" 2>/dev/null)" ''

ends 0 'both' notify 'deploy "1.4" holds: go?'
says 'both: said' out '2 channels took it'
is 'both: the file' "$(python3 -c 'import json, sys; m = json.loads(open("calls.jsonl").read()); print(m["text"], m["service"], m["environment"])')" \
    'deploy "1.4" holds: go? shop production'
is 'both: the webhook' "$(sed 's/^POST [^ ]* //' "$web/requests")" "$(cat calls.jsonl)"
is 'both: journaled' "$(events)" 'notify-started notified'

configure '{kind: file, path: calls.jsonl}' "$busy"
ends 5 'one of two' notify 'once more'
says 'one of two: said' out '1 of 2 channels took it; webhook http://127.0.0.1'
configure "$busy" '{kind: file, path: nowhere/calls.jsonl}'
ends 4 'none' notify 'once more' --format json
is 'none: as JSON' "$(python3 -c 'import json; d = json.load(open("'"$tmp/out"'")); print(d["verdict"], d["state"], *(a["delivered"] for a in d["evidence"]["answers"]))')" \
    'NO_GO pending False False'
is 'none: journaled' "$(events | tail -c 29)" 'notify-started notify-failed'
configure '{kind: slack, webhook: "https://example.org/x"}'
ends 4 'a kind that is not there yet' notify 'once more'
says 'a kind that is not there yet: said' out 'sends nothing to a channel of kind slack'
configure '{kind: webhook}'
ends 2 'a webhook without address' notify 'once more'
says 'a webhook without address: said' err "tminus.yaml:6:9: kind webhook needs 'url'"

# A whole address from the environment: its host is shown.
configure '{kind: webhook, url: "${HOOK_URL}"}'
ends 4 'an address from the environment' env HOOK_URL="http://ana:hush@127.0.0.1:$(port http)/hush/404" "$TMINUS" notify 'once more'
says 'an address from the environment: its host' out "webhook http://127.0.0.1:$(port http)/****"
lacks 'an address from the environment: nothing else of it' out hush
"$TMINUS" journal export >"$tmp/journal" 2>&1
configure "$hook" "$busy"
notify 'last' >"$tmp/out" 2>&1
"$TMINUS" config check >>"$tmp/out" 2>&1
lacks 'no address is printed' out hush
"$TMINUS" journal export >"$tmp/journal"
lacks 'no address in the journal' journal hush

# Several at once.
configure '{kind: file, path: many.jsonl}'
for i in 1 2 3 4; do notify "call $i" >/dev/null 2>&1 & done
for i in $(seq 50); do [ "$(cat many.jsonl 2>/dev/null | wc -l)" = 4 ] && break; sleep 0.1; done
is 'several at once' "$(python3 -c 'import json; print(*sorted(json.loads(l)["text"] for l in open("many.jsonl")))')" 'call 1 call 2 call 3 call 4'
done_testing
