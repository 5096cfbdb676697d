#!/bin/sh
# tminus explain: statements, rules, and what is neither.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

ends 0 'a statement' "$TMINUS" explain 'CREATE INDEX i ON emails (size)'
says 'its lock in SQL and in words' out 'public.emails  SHARE: reads go on, writes wait'
says 'its index build' out 'indexes    public.emails'
says 'why' out 'no write to the table until the index is built'
says 'the safe form' out 'CREATE INDEX CONCURRENTLY'
ends 0 'a statement in several words' "$TMINUS" explain DROP TABLE emails
says 'what it destroys' out 'destroys   table public.emails'

echo 'CREATE TABLE emails (id bigint PRIMARY KEY, address varchar(20));' >"$tmp/schema.sql"
ends 0 'with a schema' "$TMINUS" explain --schema "$tmp/schema.sql" \
    'ALTER TABLE emails ALTER COLUMN address TYPE varchar(40)'
is 'a wider varchar rewrites nothing' "$(grep -c rewrites "$tmp/out")" 0
ends 0 'the other way' "$TMINUS" explain --schema "$tmp/schema.sql" \
    'ALTER TABLE emails ALTER COLUMN address TYPE varchar(10)'
says 'a narrower one rewrites' out 'rewrites   public.emails'

ends 0 'SQLite' "$TMINUS" explain --dialect sqlite --schema "$tmp/schema.sql" 'DELETE FROM emails'
says 'SQLite is judged too' out 'update-delete-without-where'

ends 0 'statement as JSON' "$TMINUS" explain --format json 'TRUNCATE emails'
is 'JSON: schema, kind, rule' "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print(d["schema"], d["statements"][0]["kind"], d["findings"][0]["rule"], "why" in d["findings"][0])
' "$tmp/out")" 'tminus/explain/1 TRUNCATE truncate True'

ends 0 'a rule' "$TMINUS" explain drop-column
says 'a rule: why' out 'why'
ends 0 'all rules' "$TMINUS" explain
is 'all rules: one line each, one page each' "$(wc -l <"$tmp/out")" \
    "$(find "$SOURCE/docs/rules" -name '*.md' | wc -l)"
ends 0 'all rules as JSON' "$TMINUS" explain --format json

ends 2 'a rule that is nearly right' "$TMINUS" explain drop-colum
says 'the nearest one' err "did you mean 'drop-column'?"
is 'nothing on stdout' "$(cat "$tmp/out")" ''
ends 2 'SQL that does not parse' "$TMINUS" explain 'ALTER TABEL emails ADD b int'
says 'its place' err 'statement:1:7: syntax error'
is 'nothing on stdout for it' "$(cat "$tmp/out")" ''
ends 2 'a schema that is not there' "$TMINUS" explain --schema "$tmp/gone.sql" 'SELECT 1;'

# What holds no statement explains nothing, and says so.
for nothing in ';' ' ' ';; ;' ' -- a comment' '/* a comment */ ;'; do
    ends 2 "nothing: '$nothing'" "$TMINUS" explain -- "$nothing"
    says 'is said' err 'no statement is in what is to be explained'
    is 'and nothing else' "$(cat "$tmp/out")" ''
done
ends 2 'nothing as JSON' "$TMINUS" explain --format json ';'
ends 2 'no rule at all' "$TMINUS" explain ''
says 'is called nothing' err "no rule and no form of statement is called ''"
long=$(printf '%05000d' 0)
ends 2 'a word of 5,000 characters' "$TMINUS" explain "$long"
result "$([ "$(wc -c <"$tmp/err")" -lt 300 ]; echo $?)" 'is not said whole'
for version in 14 19; do
    ends 0 "version $version" "$TMINUS" explain --pg-version $version 'DROP TABLE emails'
done
for version in 20 abc 15.3 '' -1; do
    ends 2 "no version: '$version'" "$TMINUS" explain --pg-version "$version" 'DROP TABLE emails'
    says 'is refused with what there is' err "needs a major version from 14 to 19, not '$version'"
done
ends 2 'several statements, one of which does not parse' "$TMINUS" explain 'DROP TABLE a; DROP TABEL b'
is 'explain none' "$(cat "$tmp/out")" ''
mkdir "$tmp/project" && cd "$tmp/project" || exit 2
printf 'environments:\n  production:\n    database: {url: "postgres://nobody@127.0.0.1:1/x"}\n' >tminus.yaml
ends 3 'a database that cannot be reached' "$TMINUS" explain --env production 'DROP TABLE emails'
says 'is named' err '127.0.0.1:1/x: no server listens there'
is 'and nothing is explained as if it were known' "$(cat "$tmp/out")" ''
ends 0 'a rule needs none' "$TMINUS" explain --env production drop-column
cd "$SOURCE" || exit 2

# What a statement's locks follow from.
ends 0 'a statement of PostgreSQL' "$TMINUS" explain 'ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c'
says 'its form' out '  form       add-foreign-key: ADD FOREIGN KEY'
says 'what it is to others' out '             tables that its foreign keys name: SHARE ROW EXCLUSIVE, every row read'
says 'a reason and a source' out "  why        each row's partner is looked up while no one may write to either table"
ends 0 'another version' "$TMINUS" explain --pg-version 19 'ALTER DOMAIN d VALIDATE CONSTRAINT k'
says 'its lock' out 'tables with a column of the type: SHARE UPDATE EXCLUSIVE'
says 'what others do' out '  versions   18 and earlier take SHARE'
ends 2 'a version that nobody measured' "$TMINUS" explain --pg-version 13 'SELECT 1'
says 'which there are' err "needs a major version from 14 to 19, not '13'"
ends 0 'a form by its name' "$TMINUS" explain rename-index
says 'an example' out '  example    ALTER INDEX t_a RENAME TO x'
lacks 'versions long gone are not shown' out 'ACCESS EXCLUSIVE: '
ends 0 'a name that a rule has too' "$TMINUS" explain drop-column
says 'the rule' out 'drop-column (stop)'
says 'and the form' out '  form       drop-column: DROP COLUMN'
ends 0 'facts as JSON' "$TMINUS" explain --format json 'CREATE INDEX i ON a (b)'
is 'JSON: the fact that the effects name' "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
f = d["facts"][0]
print(d["statements"][0]["effects"]["facts"], f["id"], f["effects"][0]["role"], f["effects"][0]["mode"],
      f["effects"][0]["index_build"], f["in_transaction"], f["until"])
' "$tmp/out")" "['create-index'] create-index table ShareLock True True None"
ends 0 'SQLite has no such facts' "$TMINUS" explain --dialect sqlite 'CREATE INDEX i ON a (b)'
lacks 'none are shown' out '  form  '
ends 0 'every form' "$TMINUS" explain forms
is 'one of 19' "$(grep -c '^repack-concurrently  *19 and later  REPACK (CONCURRENTLY)$' "$tmp/out")" 1
# The page has what the program says. After a change: put the program's table into it.
ends 0 'every form for the page' "$TMINUS" explain forms --format md
sed '1,/^<!-- tminus explain forms/d; /^<!-- end -->$/,$d' "$SOURCE/docs/effects.md" >"$tmp/page"
is 'docs/effects.md has this table' "$(diff "$tmp/page" "$tmp/out" | head -5)" ''
ends 2 'forms in a format that there is not' "$TMINUS" explain --format md drop-column
done_testing
