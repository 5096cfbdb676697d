#!/bin/sh
# tminus assess --base: a change of code alone, and migrations that the range adds or edits.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.com \
    GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@example.com GIT_CEILING_DIRECTORIES="$(dirname "$tmp")"
mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
refused() # NAME TEXT ARGUMENT…
{
    name=$1
    text=$2
    shift 2
    ends 2 "$name" "$TMINUS" assess --base "$@"
    says "$name: said" err "$text"
}
mkdir -p db/migrations app/services
echo 'CREATE TABLE emails (id int PRIMARY KEY, subject text, category text);' >db/migrations/0001_mail.up.sql
echo 'DROP TABLE emails;' >db/migrations/0001_mail.down.sql
printf 'environments: {production: {database: {migrations: db/migrations}}}\n' >tminus.yaml
refused 'no repository' 'not in a git repository' main db/migrations
git init -q -b main
refused 'no commit yet' 'no commit in this repository yet' main
printf 'def call(email)\n  email.category = "task"\n  email.save!\nend\n' >app/services/classify.rb
git add -A && git commit -qm 'Mail'
refused 'no such revision' "no revision 'mian'" mian

# The documents' own example.
git checkout -qb work
printf 'def call(email)\n  email.category = email.subject =~ /news/ ? "brief" : "task"\n  email.save!\nend\n' >app/services/classify.rb
git commit -qam 'Classify newsletters as brief'
run "$TMINUS" assess --base main --format json
is 'a change of code alone: the table is found' \
    "$(python3 -c 'import json; d = json.load(open("../out")); print(any("emails" in f["message"] and f["path"].endswith("classify.rb") for f in d["findings"]))')" True
run "$TMINUS" assess --base main
says 'a change of code alone: said' out 'app/services/classify.rb'

# A page is nobody's question; a program that nothing explains is.
git checkout -qf main && git checkout -qb page
echo 'body { color: red }' >site.css && git add -A && git commit -qm 'Red'
ends 0 'only a style' "$TMINUS" assess --base main
echo 'def add(a, b): return a + b' >mystery.py && git add -A && git commit -qm 'Add'
run "$TMINUS" assess --base main
says 'a program that nothing explains' out 'mystery.py'
printf 'environments: {production: {database: {migrations: db/migrations}}}\npaths: {mystery.py: []}\n' >tminus.yaml
ends 0 'a program that the map explains' "$TMINUS" assess --base main

# Migrations: the new one is judged, the old one is context.
git checkout -qf main && git checkout -qb more
echo 'ALTER TABLE emails DROP COLUMN subject;' >db/migrations/0002_drop.up.sql
run "$TMINUS" assess --base main --format json
is 'only the new migration is listed, not yet committed' \
    "$(python3 -c 'import json; print([m["path"] for m in json.load(open("../out"))["migrations"]])')" "['db/migrations/0002_drop.up.sql']"
is 'the new migration destroys data' "$status" 1
done_testing
