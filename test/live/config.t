#!/bin/sh
# tminus config check: what is right, every kind of wrong with its place, and no secret on any output.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
cd "$tmp" || exit 1
export SHOP_URL='postgres://shop:s3cret@db/shop?password=s3cret'
unset NOT_SET
check() { "$TMINUS" config check "$@"; }

ends 2 'no file' check
says 'no file: what to do' err 'tminus init'
ends 2 'no action' "$TMINUS" config
ends 2 'another action' "$TMINUS" config chek

mkdir -p m && echo 'SELECT 1;' >m/1_a.up.sql
cat >tminus.yaml <<'Y'
service: shop
environments:
  production:
    database: {url: "${SHOP_URL}", migrations: m}
    slots: {blue: {address: "127.0.0.1:8081"}}
    notify: [{kind: slack, webhook: "${SHOP_URL}"}]
invariants:
  - {name: newest, value: "SELECT 1", expect: {below: 3600}}
Y
ends 0 'right' check
says 'right: the database' out 'postgres://shop:****@db/shop'
says 'right: its migrations' out 'm: 1 migration of golang-migrate'
says 'right: invariants' out 'newest'
cat out err >"$tmp/both"
lacks 'right: no secret' both 's3cret'
ends 0 'right, in JSON' check --format json
is 'JSON: valid' "$(python3 -c 'import json; d = json.load(open("out")); print(d["schema"], d["valid"], d["environments"][0]["databases"][0]["url"], d["problems"])')" \
    'tminus/config/1 True postgres://shop:****@db/shop?password=**** []'
lacks 'JSON: no secret' out 's3cret'
ends 2 'another format' check --format sarif

cat >flown.yaml <<'Y'
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db"}
    gates: {disk: {command: [./free, "${DISK_KEY}"]}, secrets: [{name: api, command: [./age], max_age: 9d}]}
    notify: [{kind: webhook, url: "https://x.example/key", headers: {A: "Bearer ${HOOK_TOKEN}"}}, {kind: file, path: calls.jsonl}]
    steps:
      - {name: drain, at: before_migrations, traffic: [./route, away, "a b"], undo: [./route, here], read_back: {http: "http://a/?k=${ROUTE_KEY}"}}
      - {name: breathe, at: after_release, wait: 5m}
      - {name: seal, at: after_release, command: [./seal], undo: none, reason: it is final}
      - {name: grant, at: after_migrations, sql: g.sql, undo: u.sql, read_back: {sql: "SELECT 1", expect: 1}}
      - {name: tell, at: prepare, notify: "$${x} and ${HOOK_TOKEN}"}
Y
listed="    step drain       at before_migrations: traffic ./route away 'a b'; undo ./route here; not set: \${ROUTE_KEY}
    step breathe     at after_release: wait 5 min 0 s
    step seal        at after_release: command ./seal; undo none: it is final
    step grant       at after_migrations: sql g.sql; undo u.sql
    step tell        at prepare: notify \$\${x} and \${HOOK_TOKEN}; not set: \${HOOK_TOKEN}
    gate secrets     api: ./age
    gate disk        ./free '\${DISK_KEY}'; not set: \${DISK_KEY}
    notify           webhook https://x.example/****; not set: \${HOOK_TOKEN}
    notify           file calls.jsonl"
ends 0 'what a flight does' check --config flown.yaml --no-variables
is 'what a flight does: steps, gates, channels, and what is not set' "$(tail -n +4 out)" "$listed"
ends 0 'what a flight does, all set' env ROUTE_KEY=hidden-1 HOOK_TOKEN=hidden-2 DISK_KEY=hidden-3 "$TMINUS" config check --config flown.yaml
is 'all set: the same, and nothing else' "$(tail -n +4 out)" "$(printf '%s\n' "$listed" | sed 's/; not set:.*//')"
ends 0 'what a flight does, in JSON' check --config flown.yaml --no-variables --format json
is 'JSON: steps, gates, channels' "$(python3 -c 'import json; e = json.load(open("out"))["environments"][0]; print(e["steps"][0], e["gates"][1]["command"], [(c["channel"], c["unset"]) for c in e["notify"]])')" \
    "{'name': 'drain', 'at': 'before_migrations', 'kind': 'traffic', 'undo': './route here', 'does': \"traffic ./route away 'a b'\", 'unset': ['ROUTE_KEY']} ./free '\${DISK_KEY}' [('webhook https://x.example/****', ['HOOK_TOKEN']), ('file calls.jsonl', [])]"
rm -r m
ends 0 'a missing folder is a warning' check
says 'a missing folder: named' err 'm:'

wrong() # NAME TEXT PLACE-AND-MESSAGE [HINT]
{
    printf '%b' "$2" >wrong.yaml
    ends 2 "$1" check --config wrong.yaml
    says "$1: place and cause" err "wrong.yaml:$3"
    [ -z "${4-}" ] || says "$1: advice" err "$4"
    is "$1: nothing is said to be understood" "$(cat out)" ''
}
wrong 'a YAML error' 'a: [1,\nb: 2\n' '3:1: did not find'
wrong 'an unknown key' 'servce: x\n' "1:1: unknown key 'servce'" "did you mean 'service'?"
wrong 'a variable that is not set' 'service: "${NOT_SET}"\n' '1:10: ${NOT_SET} is not set' 'set NOT_SET'
wrong 'a MySQL URL' 'environments: {p: {database: {url: "mysql://u:s3cret@h/d"}}}\n' '1:36: MySQL is not supported'
lacks 'a MySQL URL: no secret' err 's3cret'
wrong 'a wrong value' 'invariants: [{name: a, zero: SELECT 0, tolerance: lots}]\n' '1:51: expected a tolerance'
wrong 'a duplicate key' 'service: a\nservice: b\n' '2:1'
printf 'servce: x\nenvironments: {p: {databse: {}}}\nreferences: [{from: a, to: b.c}]\n' >wrong.yaml
ends 2 'several problems' check --config wrong.yaml
is 'several problems: all of them, in order' "$(grep -o 'wrong.yaml:[0-9]*:[0-9]*: [a-z]' err | cut -d: -f2 | tr '\n' ' ')" '1 2 3 '
ends 2 'several problems, in JSON' check --config wrong.yaml --format json
is 'several problems, in JSON: each with its place' "$(python3 -c 'import json; d = json.load(open("out")); print(d["valid"], [(p["line"], p["column"]) for p in d["problems"]])')" \
    'False [(1, 1), (2, 20), (3, 21)]'

printf 'environments: {p: {database: {url: "${NOT_SET}"}}}\n' >open.yaml
ends 2 'a variable of an environment' check --config open.yaml
ends 0 'variables left as they are' check --no-variables --config open.yaml
says 'variables left as they are: shown' out '${NOT_SET}'

ends 2 'no such file' check --config none.yaml
says 'no such file: named' err 'none.yaml'
ln -s loop.yaml loop.yaml
ends 2 'a loop of links' check --config loop.yaml
printf 'service: a\377b\n' >latin.yaml
ends 2 'not UTF-8' check --config latin.yaml
says 'not UTF-8: place' err 'latin.yaml:1:'
mkdir folder.yaml
ends 2 'a folder' check --config folder.yaml

cd "$SOURCE/examples/mail" || exit 1
DATABASE_URL=sqlite:mail.db ends 0 'the example of the project' check
done_testing
