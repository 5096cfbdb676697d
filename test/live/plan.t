#!/bin/sh
# tminus plan: offline from a git range, on a SQLite database before and after the change, and
# checked again from its file.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

export TMINUS_STATE="$tmp/state"
unset DATABASE_URL

# field FILE PYTHON: an expression over the plan `d`; `step(NAME)` is one of its steps.
field() {
    python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
def step(name):
    return [s for part in d["sections"] for s in part["steps"] if s["name"] == name][0]
print(eval(sys.argv[2]))' "$1" "$2"
}

# --- offline: no configuration, no database
mkdir -p "$tmp/project/db" && cd "$tmp/project" || exit 1
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a
export GIT_COMMITTER_EMAIL=a@example.org
git init -q -b main .
echo 'CREATE TABLE emails (id bigint PRIMARY KEY, category text, size int);' >db/0001_mail.up.sql
echo 'DROP TABLE emails;' >db/0001_mail.down.sql
git add . && git commit -qm 'A mail store'
git checkout -qb classify
cat >db/0002_classify.up.sql <<'SQL'
ALTER TABLE emails ADD COLUMN category_id int;
UPDATE emails SET category_id = CASE category WHEN 'brief' THEN 1 ELSE 2 END;
SQL
echo 'ALTER TABLE emails DROP COLUMN category_id;' >db/0002_classify.down.sql
git add . && git commit -qm 'Classify *emails* | by id'
head=$(git rev-parse HEAD)
base=$(git rev-parse main)

ends 3 'a range without configuration or database: written, and HOLD' "$TMINUS" plan --base main --format json
cp "$tmp/out" "$tmp/offline.json"
is 'the title is the commit subject, as it stands' "$(field "$tmp/offline.json" 'd["title"]')" \
    'Classify *emails* | by id'
is 'the release and what runs before it' "$(field "$tmp/offline.json" 'd["version"], d["previous"]')" \
    "('$head', '$base')"
is 'five sections in the order of a deployment' \
    "$(field "$tmp/offline.json" '[s["name"] for s in d["sections"]]')" \
    "['pre_deploy', 'deploy', 'post_deploy', 'monitoring', 'rollback']"
is 'the migration of the range alone, with its bytes' \
    "$(field "$tmp/offline.json" '[(m["version"], m["sha256"]) for m in d["migrations"]]')" \
    "[('0002', '$(sha256sum <db/0002_classify.up.sql | cut -d' ' -f1)')]"
is 'every step has proof, expected value, undo and owner' \
    "$(field "$tmp/offline.json" '[s["name"] for part in d["sections"] for s in part["steps"]
        if not (s["proof"] and s["expected"] and s["undo"] and s["owner"])]')" '[]'
is 'without a size there is no estimate' \
    "$(field "$tmp/offline.json" 'step("deploy.0002")["estimate_seconds"]')" 'None'
is 'nothing was observed of the data' \
    "$(field "$tmp/offline.json" '{s["observed"] for part in d["sections"] for s in part["steps"] if s.get("sql")}')" \
    '{None}'
is 'the way back' "$(field "$tmp/offline.json" 'd["rollback"]["class"]')" 'round_trip'
ends 3 'the digest is stable' "$TMINUS" plan --base main --format json
is 'over runs' "$(field "$tmp/out" 'd["digest"]')" "$(field "$tmp/offline.json" 'd["digest"]')"
cp -r "$tmp/project" "$tmp/elsewhere"
(cd "$tmp/elsewhere" && "$TMINUS" plan --base main --format json >"$tmp/other.json")
is 'and folders' "$(field "$tmp/other.json" 'd["digest"]')" "$(field "$tmp/offline.json" 'd["digest"]')"
ends 3 'a whole history' "$TMINUS" plan --offline db --format json
is 'what the change itself makes is empty' "$(field "$tmp/out" 'step("deploy.0002")["estimate_seconds"]["high"]')" 1.0
is 'and needs no maintenance' "$(field "$tmp/out" 'd["strategy"]["name"]')" rolling
echo '-- a word' >>db/0002_classify.up.sql
run "$TMINUS" plan --base main --format json
result "$([ "$(field "$tmp/out" 'd["digest"]')" != "$(field "$tmp/offline.json" 'd["digest"]')" ]; echo $?)" \
    'another text of a migration is another plan'
git checkout -q db
run "$TMINUS" plan --base main --title 'Emails get ids' --format json
is 'a title that is given' "$(field "$tmp/out" 'd["title"]')" 'Emails get ids'
echo '{emails: {rows: 300000000, bytes: 30GB}}' >"$tmp/sizes.yaml"
ends 3 'a table of 30 GB' "$TMINUS" plan --base main --sizes "$tmp/sizes.yaml"
says 'how long' out '25 min 30 s to 4 h 15 min'
says 'and that nobody writes it meanwhile' out 'ACCESS EXCLUSIVE lock: nobody reads or writes it for the whole time'

# --- what nobody can execute is refused
cat >tminus.yaml <<'YAML'
service: mail
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: db}
    release: {deploy: [./deploy.sh, --version, "{version}"]}
YAML
ends 2 'a command that is not there' "$TMINUS" plan --base main
says 'is named' err "plan: step 'deploy.release': command './deploy.sh' is not on PATH"
printf '#!/bin/sh\n' >deploy.sh && chmod +x deploy.sh
ends 3 'one that is there' "$TMINUS" plan --base main
says 'and stands in the plan' out "\$ ./deploy.sh --version $head"
says 'a variable that is not set is told' out 'no database was asked'
sed -i 's/"{version}"/"<sha>"/' tminus.yaml
ends 2 'a placeholder' "$TMINUS" plan --base main
says 'is named' err "plan: step 'deploy.release': its command still has the placeholder '<sha>'"
sed -i 's/"<sha>"/"{version}"/' tminus.yaml
echo 'owners: {deployer: TODO}' >>tminus.yaml
ends 2 'an owner that is still to be named' "$TMINUS" plan --base main
says 'is named' err "its owner still has the placeholder 'todo'"
sed -i 's/TODO/ana/' tminus.yaml
ends 3 'one that is named' "$TMINUS" plan --base main --format json
is 'owns it' "$(field "$tmp/out" 'step("deploy.release")["owner"]')" ana
ends 2 'an environment whose variable is not set' "$TMINUS" plan --env production
says 'is an error when it was asked for' err 'DATABASE_URL} is not set'

# --- on a database
mkdir "$tmp/mail" && cd "$tmp/mail" || exit 1
cp -r "$SOURCE/examples/mail/migrations" "$SOURCE/examples/mail/tminus.yaml" .
cp "$SOURCE"/examples/mail/mended/* migrations/
"$SOURCE/examples/mail/make-database" mail.db 40000
sqlite3 mail.db "DELETE FROM emails WHERE category IS NULL"
export DATABASE_URL=sqlite:mail.db

ends 3 'before the baseline' "$TMINUS" plan --no-progress --format json --output plan.json
is 'nothing on stdout' "$(cat "$tmp/out")" ''
is 'only what is pending' "$(field plan.json '[m["version"] for m in d["migrations"]]')" "['0003']"
is 'the values of now are beside the questions' \
    "$(field plan.json 'step("pre.emails by status")["status"], step("pre.emails by status")["detail"]')" \
    "('PASS', \"'active': 27153, 'archived': 7758, 'spam': 3879\")"
is 'and in the invariants' "$(field plan.json '[i["observed"] for i in d["invariants"] if i["name"] == "emails by status"]')" \
    "['3 groups']"
is 'keys are counted' "$(field plan.json 'step("pre.brief emails stay selectable")["observed"]')" '5,580 keys'
is 'no baseline yet' "$(field plan.json 'step("pre.baseline")["status"], step("pre.baseline")["observed"]')" \
    "('UNKNOWN', 'none was saved yet')"
is 'sizes are known now' "$(field plan.json 'step("deploy.0003")["estimate_seconds"] is not None')" True

ends 2 'a query that the catalog rejects' sh -c "
    sed 's/FROM briefs/FROM brief/' tminus.yaml >bad.yaml
    '$TMINUS' plan --no-progress --config bad.yaml"
says 'is named with its place' err "plan: step 'pre.brief emails stay selectable' (bad.yaml:9): the database rejects its query"
says 'and why' err 'no such table: brief'

run "$TMINUS" baseline save --no-progress
ends 0 'with a baseline: GO, as far as it can be asked' "$TMINUS" plan --check plan.json --no-progress
says 'what is left to people' out 'wait for a person to sign'
ends 0 'the same without its file' "$TMINUS" plan --check --no-progress
sed 's/above 0 rows/above 9 rows/' plan.json >edited.json
sed 's|migrations: migrations}|migrations: migrations}\n    gates: {baseline: {max_age: 1ms}}|' tminus.yaml >aged.yaml
ends 1 'a baseline that is too old' "$TMINUS" plan --check --no-progress --config aged.yaml
says 'is told' out ': too old'
echo 'CREATE TABLE more (id INTEGER PRIMARY KEY);' >migrations/0004_more.up.sql
ends 1 'a baseline of other migrations' "$TMINUS" plan --check --no-progress
says 'is told' out 'for other migrations than these'
rm migrations/0004_more.up.sql
ends 2 'an edited plan' "$TMINUS" plan --check edited.json --no-progress
says 'is refused' err 'edited.json: edited: its content has the digest'
echo '{"schema": "tminus/plan/1"}' >none.json
ends 2 'a file that is no plan' "$TMINUS" plan --check none.json --no-progress
says 'is refused' err 'none.json: no plan'
ends 2 'one that is not there' "$TMINUS" plan --check=missing.json --no-progress
cp mail.db other.db
ends 1 'another database' "$TMINUS" plan --check plan.json --no-progress --database sqlite:other.db migrations
says 'is told apart' err 'the plan is for SQLite database'
echo '-- a word' >>migrations/0003_classify_emails.up.sql
ends 2 'a migration with other bytes' "$TMINUS" plan --check plan.json --no-progress
says 'is named' err '0003_classify_emails.up.sql: changed since the plan was made'
sed -i '$d' migrations/0003_classify_emails.up.sql

sqlite3 mail.db 'CREATE TABLE kept AS SELECT * FROM category_map; DELETE FROM category_map'
ends 1 'a mapping that is empty' "$TMINUS" plan --check plan.json --no-progress --format json
is 'is counted' "$(field "$tmp/out" 'step("pre.mapping/category_map")["status"], step("pre.mapping/category_map")["observed"]')" \
    "('FAIL', '0')"
sqlite3 mail.db 'INSERT INTO category_map SELECT * FROM kept; DROP TABLE kept'

ends 0 'verified before the change, which answers nothing behind it' "$TMINUS" verify --no-progress --expect as-before
run "$TMINUS" migrate --no-progress
ends 3 'after the change its other half is asked' "$TMINUS" plan --check plan.json --no-progress
says 'what is recorded' out 'Post-Deploy'
says 'and that nobody verified yet' out 'not verified since the migration'
run "$TMINUS" verify --no-progress
ends 0 'verified' "$TMINUS" plan --check plan.json --no-progress --format json
is 'the comparison is part of it' "$(field "$tmp/out" 'step("post.compare")["status"]')" PASS
is 'rows to look at' "$(field "$tmp/out" 'step("post.spot_check")["observed"].count(": ")')" 10
before=$(sha256sum <mail.db)
run "$TMINUS" plan --check plan.json --no-progress
is 'checking changes nothing' "$(sha256sum <mail.db)" "$before"
sqlite3 mail.db "DELETE FROM categories WHERE id = 5; UPDATE emails SET category_id = 99 WHERE id = 30000" 2>/dev/null
ends 1 'damage afterwards' "$TMINUS" plan --check plan.json --no-progress
says 'is a NO-GO' out 'NO-GO'

# --- the next release has no migrations
ends 3 'nothing is pending' "$TMINUS" plan --no-progress
says 'is said' err 'nothing is pending: all '
says 'the last baseline is of what is applied' out 'before migrations that are applied by now'
lacks 'it is no reason against it' out 'for other migrations than these'
ends 0 'a baseline of its own' "$TMINUS" baseline save --all --no-progress
ends 0 'takes its place' "$TMINUS" plan --no-progress
lacks 'as one of this release' out 'before migrations that are applied'
done_testing
