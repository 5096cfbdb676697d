#!/bin/sh
# A flight with a release behind its migrations: asked for its version, and taken back before the data.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
. "$SOURCE/test/support/flight.sh"

mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
export TMINUS_STATE="$tmp/shop/state" TMINUS_ACTOR=ana WEB="$web"
cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    backup: {kind: sqlite, directory: backups}
    gates: {optional: [effects, restore-proof, approved, risk]}
    slots: {web: {address: "127.0.0.1:$(port http)"}}
    release: {deploy: [./deploy.sh, "{version}"], environment: [WEB], ready: 1s}
    health:
      - {name: version, http: "http://{address}/health", expect: {json: {version: "{version}"}}, timeout: 2s}
END
# A version that was not built is not deployed, and nothing is said about that.
cat >deploy.sh <<'END'
#!/bin/sh
echo "$1" >>ran
[ ! -e "built/$1" ] || echo "$1" >"$WEB/version"
END
chmod +x deploy.sh
served()
{
    orders_migration
    sqlite3 shop.db 'PRAGMA user_version = 1'
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 && "$TMINUS" release --version v1 -q >>"$tmp/fresh" 2>&1 || show "$tmp/fresh"
    sqlite3 shop.db "INSERT INTO orders SELECT value, 'open' FROM generate_series(1, 50)"
    currency_migration
}
fresh()
{
    rm -rf state backups migrations built ran shop.db*
    mkdir built
    touch built/v1
    echo v0 >"$web/version"
    once served
    echo v1 >"$web/version"
    touch ran
}
ended() { fly journal export | python3 -c 'import json, sys
print(*(d["step"] + ":" + d["outcome"] for d in (json.loads(l)["data"] for l in sys.stdin if "step-ended" in l)))'; }

fresh
touch built/v2
ends 0 'rehearsed' fly rehearse -q
ends 0 'migrated and released' fly launch --version v2
is 'released: the version that is served' "$(cat "$web/version") $(columns)" 'v2 id status currency'
is 'released: in this order' "$(ended)" 'backup:done baseline:done migrate:done release:done'
ends 4 'aborted: the old release comes back, then the schema' fly abort
is 'aborted: what is served' "$(cat "$web/version") $(columns)" 'v1 id status'
is 'aborted: in this order' "$(ended)" \
    'backup:done baseline:done migrate:done release:done back.release:done back.migrate:done'

fresh
ends 0 'rehearsed again' fly rehearse -q
ends 4 'a release that says it is there and is not' fly launch --version v2
says 'not there: what was seen' out 'no address answers v2'
is 'not there: the old one is served, and nothing is left' "$(cat "$web/version") $(columns)" 'v1 id status'
says 'not there: proven' out 'everything is as in the original baseline'
ends 0 'the database is as at the baseline' fly verify --expect as-before

# Nobody knows what ran before: nothing goes back by itself.
fresh
rm -rf state
touch built/v2
ends 0 'rehearsed, without a release before' fly rehearse -q
ends 0 'launched, without a release before' fly launch --version v2
ends 5 'aborted: a person decides' fly abort
is 'a person decides: nothing happened by itself' "$(cat "$web/version") $(columns)" 'v2 id status currency'
ends 5 'the person closes it' fly abort --reason 'v2 stays'
says 'closed' out 'closed: the flight is closed'

fresh
ends 2 'a release without a version' fly launch
says 'without a version: what to say' err 'tminus launch --version V'
ends 0 'the journal verifies' fly journal verify
done_testing
