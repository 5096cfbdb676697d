#!/bin/sh
# tminus assess and the release that still runs: lines of its code at the deployed revision, and the
# statements that pg_stat_statements counted.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

# --- the code at a revision

app=$tmp/app
mkdir -p "$app/db/migrations" "$app/app/models" "$app/lib" "$app/test" "$app/vendor/mail" "$app/docs"
cd "$app" || exit 2
git init -q -b main . && git config user.email a@example.org && git config user.name a
echo 'CREATE TABLE emails (id bigint PRIMARY KEY, sent_at timestamptz, status text, size int);' >db/migrations/1_init.up.sql
printf 'class Email < ApplicationRecord\n  # status is open or done\n  scope :open, -> { where(status: "open") }\nend\n' >app/models/email.rb
printf 'import db\nrows = db.query("SELECT id, sent_at, status FROM emails")\n' >lib/report.py
printf 'package other\n\nvar status = 200\n' >lib/other.go
for i in 1 2 3 4 5 6 7; do printf 'db.exec("UPDATE emails SET sent_at = now()")\n'; done >lib/send.rb
echo 'Email.where(status: 1)' >test/email_test.rb
echo 'db.query("SELECT status FROM emails")' >vendor/mail/read.js
echo 'The status of emails.' >docs/emails.md
git add -A && git commit -q -m one
deployed=$(git rev-parse --short=10 HEAD)
# What comes after the deployed revision does not count.
echo 'db.query("SELECT status FROM emails WHERE new")' >lib/new.py
printf 'ALTER TABLE emails RENAME COLUMN status TO state;\nALTER TABLE emails DROP COLUMN size;\nALTER TABLE emails DROP COLUMN sent_at;\nALTER TABLE emails RENAME TO messages;\n' >db/migrations/2_rename.up.sql
git checkout -q -b change && git add -A && git commit -q -m two

# evidence RULE COLUMN: the lines of evidence of a finding, from $tmp/out.
evidence()
{
    python3 -c 'import json, sys
for f in json.load(open(sys.argv[1]))["findings"]:
    if f["rule"] == sys.argv[2] and sys.argv[3] in f["message"]:
        for e in f.get("evidence", []):
            print(e["source"], e.get("revision"), e.get("path", "-"), e.get("line", "-"), e["text"])' "$tmp/out" "$1" "$2"
}

ends 1 'the base is the deployed revision' "$TMINUS" assess --base main --format json db/migrations
is 'a column: SQL, the model, the comment; not tests, vendored files, documents, other meanings' "$(evidence rename-column status)" \
"code $deployed app/models/email.rb 3 scope :open, -> { where(status: \"open\") }
code $deployed lib/report.py 2 rows = db.query(\"SELECT id, sent_at, status FROM emails\")
code $deployed app/models/email.rb 2 # status is open or done"
is 'a table: its name and its model' "$(evidence rename-table emails | cut -d' ' -f3,4 | sort -u | tr '\n' ' ')" \
    '- - lib/report.py 2 lib/send.rb 1 lib/send.rb 2 lib/send.rb 3 lib/send.rb 4 '
is 'no more than five, the rest is counted' "$(evidence drop-column sent_at | tail -1)" "code $deployed - - and 3 more lines"
is 'nothing is said too, and what it proves' "$(evidence drop-column size)" \
    "code $deployed - - no line of the deployed code names emails.size (SQL put together at run time is not seen)"
ends 1 'another revision' "$TMINUS" assess --deployed change --format json db/migrations
is 'has what it has' "$(evidence rename-column status | wc -l)" 4
ends 1 'as text' "$TMINUS" assess --deployed main db/migrations
says 'with file and line' out "      $deployed at app/models/email.rb:3: scope :open, -> { where(status: \"open\") }"
ends 1 'without a revision nothing is searched' "$TMINUS" assess db/migrations
lacks 'and nothing said' out 'deployed'
ends 2 'no such revision' "$TMINUS" assess --deployed v99 db/migrations
says 'is an error' err "no revision 'v99' in this repository"

# --- tminus.yaml says what runs

# configure REV
configure()
{
    printf 'environments:\n  production:\n    deployed: "%s"\n    database: {url: "sqlite:none.db", migrations: db/migrations}\n' "$1" >tminus.yaml
}
configure main
ends 1 'a configured revision' "$TMINUS" assess --dialect postgres --format json db/migrations
is 'is searched as a given one' "$(evidence rename-column status | head -1)" \
    "code $deployed app/models/email.rb 3 scope :open, -> { where(status: \"open\") }"
ends 1 'a given one goes before it' "$TMINUS" assess --dialect postgres --deployed change --format json db/migrations
is 'and has what it has' "$(evidence rename-column status | wc -l)" 4
configure v99
ends 1 'a configured revision that is not here' "$TMINUS" assess --dialect postgres --format json db/migrations
is 'is not known' "$(evidence rename-column status)" \
    "code None - - where deployed code uses it is not known: .: no revision 'v99' in this repository; git branch -a and git tag list what there is"
configure '${RUNNING}'
ends 1 'a variable that is not set' "$TMINUS" assess --dialect postgres --format json db/migrations
is 'is not known either' "$(evidence rename-column status)" \
    'code None - - where deployed code uses it is not known: deployed of tminus.yaml is ${RUNNING}, which is not set here'
export RUNNING=main
ends 1 'one that is set' "$TMINUS" assess --dialect postgres --format json db/migrations
is 'is searched' "$(evidence rename-column status | wc -l)" 3

# deployed_step MEMBER: of the plan's line on the code that runs, from $tmp/out.
deployed_step()
{
    python3 -c 'import json, sys
for section in json.load(open(sys.argv[1]))["sections"]:
    for s in section["steps"]:
        if s["name"] == "pre.deployed_code":
            print(s[sys.argv[2]])' "$tmp/out" "$1"
}
printf 'ALTER TABLE emails RENAME COLUMN status TO state;\n' >db/migrations/2_rename.up.sql
ends 1 'a plan whose old code uses what goes' "$TMINUS" plan --offline --dialect postgres --base main --format json
is 'fails' "$(deployed_step status)" FAIL
is 'and says where' "$(deployed_step detail)" \
    "emails.status goes away before the release, db/migrations/2_rename.up.sql:1
  $deployed at app/models/email.rb:3: scope :open, -> { where(status: \"open\") }
  $deployed at lib/report.py:2: rows = db.query(\"SELECT id, sent_at, status FROM emails\")
  $deployed at app/models/email.rb:2: # status is open or done"
printf 'ALTER TABLE emails RENAME COLUMN size TO bytes;\n' >db/migrations/2_rename.up.sql
ends 3 'one whose old code does not' "$TMINUS" plan --offline --dialect postgres --base main --format json
is 'passes' "$(deployed_step status)" PASS
is 'and says so' "$(deployed_step observed)" 'none of 1 names stands in the way'
printf 'ALTER TABLE emails ALTER COLUMN size SET NOT NULL;\n' >db/migrations/2_rename.up.sql
ends 3 'a column that becomes required and that nobody names' "$TMINUS" plan --offline --dialect postgres --base main --format json
is 'is not known to be filled' "$(deployed_step status)" UNKNOWN
printf 'ALTER TABLE emails ALTER COLUMN status SET NOT NULL;\n' >db/migrations/2_rename.up.sql
ends 3 'one that the code names' "$TMINUS" plan --offline --dialect postgres --base main --format json
is 'passes' "$(deployed_step status)" PASS
printf 'ALTER TABLE emails DROP COLUMN status;\n' >db/migrations/2_rename.up.sql
ends 1 'a column that goes after the release' "$TMINUS" plan --offline --dialect postgres --base main --format json
is 'is in nobody'"'"'s way' "$(deployed_step status)" PASS
is 'and shown' "$(deployed_step detail | head -1)" 'emails.status goes away after the release, db/migrations/2_rename.up.sql:1'
rm tminus.yaml
git checkout -q db

# --- statements that the server counted

. "$SOURCE/test/support/postgres.sh"
postgres_start "shared_preload_libraries = 'pg_stat_statements'"
postgres_database shop
url=$database_url
postgres_file shop db/migrations/1_init.up.sql
postgres_sql shop 'CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
    INSERT INTO schema_migrations VALUES (1, false)'
ends 0 'without the extension' "$TMINUS" assess --database "$url" --format json db/migrations
is 'that is unknown, and said' "$(evidence rename-column status)" \
    'pg_stat_statements None - - which statements use it is not known: pg_stat_statements is not installed'
postgres_super shop 'CREATE SCHEMA watch; CREATE EXTENSION pg_stat_statements SCHEMA watch; GRANT USAGE ON SCHEMA watch TO deployer; SELECT watch.pg_stat_statements_reset()' >"$tmp/reset"
for i in 1 2 3; do postgres_sql shop "SELECT id FROM emails WHERE status = 'x$i'"; done
postgres_sql shop "SELECT count(*) FROM emails; SELECT 'status'" >"$tmp/counted"
postgres_sql shop 'COMMENT ON COLUMN emails.status IS $$open or done$$'
ends 0 'with the extension' "$TMINUS" assess --database "$url" --format json db/migrations
is 'the statements that name both, with calls' \
    "$(python3 -c 'import json, sys
for f in json.load(open(sys.argv[1]))["findings"]:
    if f["rule"] == "rename-column":
        print([(e.get("calls"), e["text"]) for e in f["evidence"]])' "$tmp/out")" \
    "[(3, 'SELECT id FROM emails WHERE status = \$1')]"
is 'none that names it' "$(evidence drop-column size)" \
    'pg_stat_statements None - - no statement that the server counted names emails.size'
ends 0 'as text' "$TMINUS" assess --database "$url" db/migrations
says 'with its calls' out '      3 calls: SELECT id FROM emails WHERE status = $1'
# What runs after the release may take away what neither the code that runs names nor a statement that was counted.
mkdir behind && mv db/migrations/2_rename.up.sql .
echo 'ALTER TABLE emails DROP COLUMN size;' >behind/3_size.up.sql
printf 'environments:\n  production:\n    database: {url: "%s", migrations: db/migrations, post_migrations: behind}\n' "$url" >tminus.yaml
postgres_sql shop "INSERT INTO emails VALUES (1, now(), 'open', 7)"
behind() { "$TMINUS" assess --env production --after-release --deployed "$deployed"; }
ends 0 'after the release: nothing uses it' behind
says 'after the release: it warns' out 'warn  behind/3_size.up.sql:1:1  drop-column'
says 'after the release: why' out "no line of the code that runs ($deployed) names it"
postgres_sql shop 'SELECT size FROM emails' >"$tmp/counted"
ends 1 'after the release: a statement uses it' behind
says 'after the release: what to do about statements' out 'pg_stat_statements_reset()'
echo 'ALTER TABLE emails DROP COLUMN status;' >behind/3_size.up.sql
ends 1 'after the release: the code uses it' behind
says 'after the release: what to do about code' out 'deploy a release that does not name it first'
rm -r tminus.yaml behind; mv 2_rename.up.sql db/migrations
postgres_super shop "SELECT id FROM emails WHERE status = 'hidden'"
postgres_super shop 'REVOKE pg_read_all_stats FROM deployer' 2>"$tmp/revoked"
postgres_super shop 'REVOKE pg_monitor FROM deployer' 2>>"$tmp/revoked"
postgres_sql shop 'TRUNCATE emails'
ends 0 'a role that may not see what others send' "$TMINUS" assess --database "$url" db/migrations
says 'is told so' out 'this role does not see what others send: GRANT pg_read_all_stats'
done_testing
