#!/bin/sh
# tminus plan on PostgreSQL: sizes of the catalog, questions to the data, what is in the way, queries
# that the catalog rejects, and the plan checked again around the migration.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_start
export TMINUS_STATE="$tmp/state"
postgres_database plan
export DATABASE_URL=$database_url
cd "$tmp" || exit 1

# field FILE PYTHON: an expression over the plan `d`; `step(NAME)` is one of its steps.
field() {
    python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
def step(name):
    return [s for part in d["sections"] for s in part["steps"] if s["name"] == name][0]
print(eval(sys.argv[2]))' "$1" "$2"
}

# await SQL: until it answers t, at most 20 s.
await() {
    awaited=0
    while [ "$awaited" -lt 100 ] && [ "$(postgres_super plan "$1")" != t ]; do
        sleep 0.2
        awaited=$((awaited + 1))
    done
}

postgres_sql plan "
    CREATE TABLE categories (id int PRIMARY KEY, name text NOT NULL UNIQUE);
    INSERT INTO categories VALUES (1, 'brief'), (2, 'news'), (3, 'money');
    CREATE TABLE emails (id bigint PRIMARY KEY, category text, size int, status text NOT NULL);
    INSERT INTO emails SELECT g, CASE WHEN g IN (17, 23) THEN NULL WHEN g = 29 THEN 'task' WHEN g % 3 = 0 THEN 'brief' ELSE 'news' END,
        g % 500, CASE WHEN g % 2 = 0 THEN 'active' ELSE 'archived' END FROM generate_series(1, 100000) g;
    CREATE TABLE letters AS SELECT g::bigint AS id, 'news'::text AS category FROM generate_series(1, 2000000) g;
    ALTER TABLE letters ADD PRIMARY KEY (id);
    ANALYZE categories; ANALYZE emails; ANALYZE letters"
mkdir db
cat >db/0001_classify.up.sql <<'SQL'
ALTER TABLE emails ADD COLUMN category_id int;
UPDATE emails SET category_id = (SELECT c.id FROM categories c WHERE c.name = emails.category);
SQL
echo 'ALTER TABLE emails DROP COLUMN category_id;' >db/0001_classify.down.sql
echo 'ALTER TABLE emails ALTER COLUMN category SET NOT NULL;' >db/0002_category.up.sql
echo 'ALTER TABLE emails ALTER COLUMN category DROP NOT NULL;' >db/0002_category.down.sql
cat >tminus.yaml <<'YAML'
service: mail
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: db}
invariants:
  - {name: emails by status, same: "SELECT status, count(*) FROM emails GROUP BY status"}
  - {name: sizes, value: "SELECT max(size) FROM emails", expect: {between: [1, 499]}}
YAML

ends 1 'a plan that asks' "$TMINUS" plan --no-progress --format json --output plan.json
is 'the question that the data answers with no' \
    "$(field plan.json '[(s["name"], s["status"], s["observed"], s["detail"]) for s in d["sections"][0]["steps"] if "not-null-may-fail" in s["name"]]')" \
    "[('pre.not-null-may-fail/0002_category.up.sql:1', 'FAIL', '2', 'id=17, id=23')]"
is 'whether there is one is asked first' \
    "$(field plan.json 'step("pre.not-null-may-fail/0002_category.up.sql:1")["decision"]' | xargs -0 psql -XAtd "$database_url" -c)" 1
is 'a value that the mapping does not know' \
    "$(field plan.json 'step("pre.I6/emails.category")["status"], step("pre.I6/emails.category")["detail"]')" \
    "('FAIL', \"'task' (1): id=29\")"
mkdir letters
echo "UPDATE letters SET category = 'post'" >letters/0001_post.up.sql
run "$TMINUS" plan --no-progress --format json --database "$database_url" letters
is 'the catalog tells the size of 2,000,000 rows' \
    "$(field "$tmp/out" '"public.letters (2,000,000 rows" in step("deploy.0001")["estimate_basis"]')" True
is 'and so there is an estimate' \
    "$(field "$tmp/out" 'step("deploy.0001")["estimate_seconds"]["low"] >= 10 and step("deploy.0001")["estimate_seconds"]["high"] <= 110')" True
is 'batches are told' "$(field "$tmp/out" '"5,000 rows by id" in step("deploy.0001")["batching"]')" True
is 'what is overwritten is copied before' \
    "$(field "$tmp/out" 'step("pre.copy")["command"]')" \
    "pg_dump --format=custom --table=public.letters --file=before-0001.dump --dbname=$database_url"
is 'the values of now' "$(field plan.json 'step("pre.emails by status")["detail"]')" \
    "'active': 50000, 'archived': 50000"
is 'a bound of between is allowed' "$(field plan.json 'step("pre.sizes")["status"], step("pre.sizes")["observed"]')" "('PASS', '499')"
is 'nothing is in the way' "$(field plan.json 'step("pre.activity")["status"]')" PASS
is 'SQL of the plan runs as printed' \
    "$(field plan.json 'step("pre.mapping/categories")["sql"]' | xargs -0 psql -XAtd "$database_url" -c)" 3
digest=$(field plan.json 'd["digest"]')
run "$TMINUS" plan --no-progress --format json
is 'the digest is stable' "$(field "$tmp/out" 'd["digest"]')" "$digest"

echo '{emails: {rows: 300000000, bytes: 30GB}}' >sizes.yaml
run "$TMINUS" plan --no-progress --sizes sizes.yaml
says 'a table of 30 GB: how long' out '25 min'
says 'and that nobody writes it meanwhile' out 'public.emails (300,000,000 rows, 30.0 GB): read'
says 'for so long' out 'nobody reads or writes it for the whole time'
says 'so it is no rolling deployment' out 'maintenance'

# --- queries that the catalog rejects
for bad in 'FROM emailz' 'FROM emails WHERE colour = 1' 'FROM emails WHERE size ='; do
    sed "s/max(size) FROM emails/max(size) $bad/" tminus.yaml >bad.yaml
    ends 2 "SELECT $bad: refused" "$TMINUS" plan --no-progress --config bad.yaml
    says 'the step is named' err "plan: step 'pre.sizes' (bad.yaml:7): the database rejects its query"
done
sed 's/max(size)/pg_terminate_backend(1)/' tminus.yaml >bad.yaml
run "$TMINUS" plan --no-progress --config bad.yaml --format json
is 'what the guard refuses is not known' "$(field "$tmp/out" 'step("pre.sizes")["status"]')" UNKNOWN

# --- around the migration
postgres_sql plan "UPDATE emails SET category = 'news' WHERE category IS NULL OR category = 'task'"
ends 3 'mended, and not saved yet' "$TMINUS" plan --check plan.json --no-progress
run "$TMINUS" baseline save --no-progress
ends 0 'saved: GO' "$TMINUS" plan --check plan.json --no-progress

mkfifo hold
psql -X -q -d "$database_url" <hold >/dev/null 2>&1 &
holder=$!
exec 9>hold
echo 'BEGIN; UPDATE emails SET size = size WHERE id = 1;' >&9
await "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"
psql -X -q -d "$database_url" -c 'UPDATE emails SET size = size WHERE id = 1' >/dev/null 2>&1 &
waiter=$!
await "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
run "$TMINUS" plan --check plan.json --no-progress --format json
is 'somebody waits for a row' "$(field "$tmp/out" 'step("pre.activity")["status"]')" FAIL
echo 'ROLLBACK;' >&9
exec 9>&-
wait "$holder" "$waiter" 2>/dev/null

run "$TMINUS" migrate --no-progress
is 'migrated' "$status" 0
run "$TMINUS" plan --check plan.json --no-progress --format json
is 'Post-Deploy is asked' "$(field "$tmp/out" 'step("post.record")["status"], step("post.I1/emails.category_id")["status"]')" \
    "('PASS', 'PASS')"
is 'rows to look at' "$(field "$tmp/out" 'step("post.spot_check")["observed"].count(": ")')" 10
is 'and not verified yet' "$(field "$tmp/out" 'd["verdict"]')" HOLD
postgres_sql plan 'UPDATE emails SET category_id = NULL WHERE id IN (3, 5)'
ends 1 'damage' "$TMINUS" plan --check plan.json --no-progress --format json
is 'is named by key' "$(field "$tmp/out" 'step("post.I1/emails.category_id")["detail"]')" 'id=3, id=5'

# --- another database, and none
postgres_database plan_other
ends 1 'a plan of another database' "$TMINUS" plan --check plan.json --no-progress --database "$database_url"
says 'is refused' err 'the plan is for PostgreSQL'
DATABASE_URL=postgresql://deployer@127.0.0.1:1/plan
ends 3 'a server that does not answer' "$TMINUS" plan --no-progress
ends 3 'offline it is written all the same' "$TMINUS" plan --no-progress --offline
says 'with what can be known' out 'Deploy Steps'
DATABASE_URL=postgresql://deployer:tiger@127.0.0.1:1/plan
ends 3 'a password' "$TMINUS" plan --offline --format json --database "$DATABASE_URL"
lacks 'is never printed' out tiger
says 'a variable stands for it' out '$DATABASE_URL'
done_testing
