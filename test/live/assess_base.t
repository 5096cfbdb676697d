#!/bin/sh
# tminus assess --base: only what the range changes is judged, with what came before as context, and
# the changed code beside it.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

if ! command -v git >/dev/null; then
    skip 'git ranges' 'no git here'
    done_testing
    exit
fi
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a
export GIT_COMMITTER_EMAIL=a@example.org
mkdir "$tmp/project"
cd "$tmp/project" || exit 1
git init -q .
mkdir -p db app
cat >tminus.yaml <<'YAML'
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: db}
paths:
  "app/feeds/**": [feeds]
YAML
echo 'CREATE TABLE emails (id bigint PRIMARY KEY, category text, size int);' >db/001_emails.up.sql
echo 'DROP TABLE emails;' >db/001_emails.down.sql
git add . && git commit -qm one

commit() { git add . && git commit -qm "$1"; }

echo 'CREATE INDEX emails_size ON emails (size);' >db/002_size.up.sql
echo 'DROP INDEX emails_size;' >db/002_size.down.sql
commit two
ends 0 'a migration of the range' "$TMINUS" assess --base HEAD~1 --format json
is 'only it is judged' "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print([m["path"] for m in d["migrations"]], [f["rule"] for f in d["findings"] if f["severity"] != "note"])
' "$tmp/out")" "['db/002_size.up.sql', 'db/002_size.down.sql'] ['index-create-blocking']"

mkdir -p app/feeds
cat >app/classify.py <<'CODE'
def classify(db):
    db.execute("UPDATE emails SET category = 'brief' WHERE size < 100")
CODE
echo 'limit = 3' >app/feeds/limit.py
commit three
ends 0 'a change of code alone' "$TMINUS" assess --base HEAD~1
says 'the SQL in it names a table' out 'app/classify.py:2:1  code-writes-table'
says 'the table' out 'writes table emails'
says 'the paths: map names one' out 'app/feeds/limit.py  code-writes-table'

echo 'x = 1' >app/unknown.py
commit four
ends 0 'code that nothing explains is a warning' "$TMINUS" assess --base HEAD~1
says 'it is named' out 'app/unknown.py  code-path-unmapped'
says 'and the risk is unknown' out 'risk unknown'

echo 'read me' >README.md
commit five
ends 0 'a change of prose' "$TMINUS" assess --base HEAD~1
says 'has no risk' out 'risk none'

echo 'DROP TABLE emails;' >db/003_gone.up.sql
echo 'CREATE TABLE emails (id int);' >db/003_gone.down.sql
ends 1 'the work tree belongs to the range' "$TMINUS" assess --base HEAD
says 'a stop in it' out 'db/003_gone.up.sql:1:1  drop-table'

rm db/003_gone.*
sed -i 's/size int/size bigint/' db/001_emails.up.sql
ends 0 'a migration of the base is edited' "$TMINUS" assess --base HEAD
says 'it is named' out 'db/001_emails.up.sql  released-migration-edited'
git checkout -q db
mkdir other && echo 'SELECT 1;' >other/query.sql && commit other
git mv db/002_size.up.sql db/005_size.up.sql
git rm -q db/002_size.down.sql other/query.sql
ends 0 'one is renamed, its down removed' "$TMINUS" assess --base HEAD
says 'the old name' out 'db/005_size.up.sql  released-migration-edited'
says 'where it was' out 'was db/002_size.up.sql in the base'
says 'what is gone' out 'db/002_size.down.sql  released-migration-edited'
lacks 'SQL elsewhere is no migration' out 'other/query.sql  released-migration-edited'
git reset -q --hard
echo 'ALTER TABLE emails ADD COLUMN n int;' >db/006_n.up.sql
echo 'ALTER TABLE emails DROP COLUMN n;' >db/006_n.down.sql
ends 0 'only a new one' "$TMINUS" assess --base HEAD
lacks 'nothing released was edited' out 'released-migration-edited'
rm db/006_n.*

ends 2 'no such revision' "$TMINUS" assess --base nowhere
says 'it is named' err "'nowhere'"
# Without tminus.yaml and PATH, the folders of migrations that the range touches are found.
rm tminus.yaml
mkdir -p migrations/1_first migrations/2_second queries
echo 'CREATE TABLE accounts (id bigint PRIMARY KEY, old text);' >migrations/1_first/up.sql
echo 'DELETE FROM accounts;' >queries/purge.sql
commit 'without a configuration'
ends 0 'SQL outside of migrations stays code' "$TMINUS" assess --base HEAD~1 --format json
says 'the migration is read' out '"path": "migrations/1_first/up.sql"'
says 'the query is code' out '"rule": "code-writes-table"'
lacks 'it is no migration' out '"kind": "DELETE"'
echo 'ALTER TABLE accounts DROP COLUMN old;' | tee migrations/2_second/up.sql >/dev/null
ends 1 'a migration that nothing names' "$TMINUS" assess --base HEAD
says 'it is judged' out 'migrations/2_second/up.sql:1:1  drop-column'
cd migrations || exit 1
ends 1 'asked for from within' "$TMINUS" assess --base HEAD
says 'its path from here' out '2_second/up.sql:1:1  drop-column'
cd ..
mkdir migrate-billing
echo 'TRUNCATE accounts;' >migrate-billing/purge.sql
ends 2 'two folders' "$TMINUS" assess --base HEAD
says 'both are named' err 'several folders: migrate-billing, migrations'
rm -r migrations/2_second
ends 1 'a plain folder whose name says what it holds' "$TMINUS" assess --base HEAD
says 'it is judged too' out 'migrate-billing/purge.sql:1:1  truncate'

cd "$tmp" || exit 1
ends 2 'no repository' "$TMINUS" assess --base HEAD "$SOURCE/test/golden/known-sizes/migrations"
done_testing
