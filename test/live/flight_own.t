#!/bin/sh
# What a flight is bound to, on SQLite: its environment where one journal tells of several, its migrations' bytes, its database.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/flight.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
# status MEMBER [--env NAME]
status()
{
    member=$1
    shift
    fly status "$@" --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$member"
}
columns() { sqlite3 "$1" "SELECT group_concat(name, ' ') FROM pragma_table_info('orders')"; }
# Databases at version 1, by path; the change: version 3, a column.
fresh()
{
    rm -rf state migrations ./*.db*
    orders_migration
    for path; do
        sqlite3 "$path" 'PRAGMA user_version = 1'
        "$TMINUS" migrate -q --database "sqlite:$path" migrations >"$tmp/fresh" 2>&1 || { cat "$tmp/fresh"; exit 1; }
        sqlite3 "$path" "INSERT INTO orders SELECT value, 'open' FROM generate_series(1, 50)"
    done
    rm -rf state
    echo 'ALTER TABLE orders ADD COLUMN currency TEXT;' >migrations/0003_currency.up.sql
    echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0003_currency.down.sql
}

# --- one journal, two environments

cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    watch: [10ms]
    gates: {optional: [effects, restore-proof, approved, risk, backup, staging]}
  staging:
    database: {url: "sqlite:staging.db", migrations: migrations}
    watch: [1h]
    gates: {optional: [effects, restore-proof, approved, risk, backup, staging]}
END
fresh shop.db staging.db
ends 0 'rehearsed at production' fly rehearse --env production -q
ends 0 'flown at production, to the end' fly launch --env production --watch --reason short -q
ends 0 'rehearsed at staging' fly rehearse --env staging -q
ends 0 'flown at staging' fly launch --env staging -q
ends 0 'production: its own status' fly status --env production
says 'production: its own flight' out 'flight production-'
is 'each environment has its own state' "$(status state --env production) $(status state --env staging)" 'done watching'
ends 6 'production: there is nothing to abort' fly abort --env production
ends 6 "staging's flight, asked for at production" fly rollback --env production --flight "$(status flight --env staging)" --dry-run
says "staging's flight: whose it is, and whose not" err 'is one of shop/staging, not of shop/production'
says "staging's flight: how to mean it" err 'say --env staging'
ends 0 'production: nothing is left to be watched' fly watch --env production --once -q
is 'all is as it was' "$(columns shop.db), $(columns staging.db)" 'id status currency, id status currency'
echo 'CREATE TABLE notes (id INTEGER PRIMARY KEY);' >migrations/0004_notes.up.sql
echo 'DROP TABLE notes;' >migrations/0004_notes.down.sql
ends 0 'production may launch while staging is watched' fly launch --env production --reason short --dry-run
ends 0 'a migration by hand, at staging' fly migrate --env staging -q
ends 0 'taken back by hand' fly migrate --env staging --undo --steps 1 -q
rm migrations/0004_notes.*
ends 4 "staging's flight is taken back at staging" fly abort --env staging
is 'at staging alone' "$(columns shop.db), $(columns staging.db)" 'id status currency, id status'
ends 0 "production's flight: what its way back would do" fly rollback --env production --dry-run
says "production's flight: staging's is not in its way" out 'way back of flight production-'
is "production's flight is still done" "$(status state --env production)" 'done'

# --- an edit behind the gates

export DATABASE_URL=sqlite:shop.db
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations}
    watch: [1h]
    gates: {optional: [effects, restore-proof, approved, risk, backup]}
    steps:
      - {name: pause, at: before_migrations, command: [./pause], undo: ["true"]}
END
# Edits what `edit` is, as a `git pull` would, between the gates of T-0 and the migrations.
printf '#!/bin/sh\n[ ! -e edit ] || . ./edit\n' >pause
chmod +x pause
applied() { fly journal export 2>"$tmp/ignored" | grep -c '"event":"migration-started"'; }
edited()
{
    fresh shop.db
    ends 0 "$1: rehearsed" fly rehearse -q
    echo "$2" >edit
    fly launch >out 2>err
    rm edit
    says "$1: what is another one" err "$3"
    is "$1: nothing of it ran" "$(columns shop.db) $(sqlite3 shop.db 'SELECT count(*) FROM orders') $(applied)" 'id status 50 0'
}
edited 'an up that was edited' 'echo "DELETE FROM orders;" >>migrations/0003_currency.up.sql' \
    'migrations/0003_currency.up.sql: was changed since the gates of flight production-'
says 'an up that was edited: what to do' err 'bring it back as it was when the flight began'
edited 'a down that was edited' 'echo "DELETE FROM orders;" >>migrations/0003_currency.down.sql' \
    'migrations/0003_currency.down.sql: was changed since the gates'
edited 'a migration between the others' 'echo "DELETE FROM orders;" >migrations/0002_more.up.sql' \
    'migrations/0002_more.up.sql: came to the change since the gates'
edited 'a migration that is gone' 'rm migrations/0003_currency.*' \
    'migrations/0003_currency.up.sql: is gone since the gates'

fresh shop.db
ends 0 'flown' fly rehearse -q
ends 0 'flown as rehearsed' fly launch
cp migrations/0003_currency.down.sql down
echo 'DELETE FROM orders;' >>migrations/0003_currency.down.sql
ends 5 'a down that was edited before the way back: a person is asked' fly abort
says 'a down that was edited before the way back: which' out 'migrations/0003_currency.down.sql: was changed since the gates'
is 'a down that was edited before the way back: not run' "$(columns shop.db) $(sqlite3 shop.db 'SELECT count(*) FROM orders')" 'id status currency 50'
cp down migrations/0003_currency.down.sql
ends 4 'brought back, and said go' fly go
is 'brought back: taken back' "$(columns shop.db) $(sqlite3 shop.db 'SELECT count(*) FROM orders')" 'id status 50'

# --- another database

# A copy with an id of its own, in which the change is in use.
another()
{
    sqlite3 shop.db ".backup other.db"
    sqlite3 other.db "UPDATE tminus_identity SET id = lower(hex(randomblob(16)))"
}
journaled() { fly journal export 2>"$tmp/ignored" | wc -l; }
fresh shop.db
ends 0 'rehearsed on its own' fly rehearse -q
ends 0 'flown on its own' fly launch -q
another
before=$(sqlite3 other.db .dump | sha256sum)
n=$(journaled)
for verb in 'rollback --dry-run' rollback abort resume watch; do
    # shellcheck disable=SC2086 # words
    ends 6 "another database: $verb" env DATABASE_URL=sqlite:other.db "$TMINUS" $verb
    says "another database: $verb: which" err "another database's identity: SQLite database $tmp/other.db"
    says "another database: $verb: the flight's own" err "is of SQLite database $tmp/shop.db"
    says "another database: $verb: what to do" err "then: tminus ${verb%% *}"
done
is 'another database: nothing was asked or done' "$(journaled) $(sqlite3 other.db .dump | sha256sum)" "$n $before"
id=$(status flight)
# A verb of the flight, when the address changed while it flew.
for verb in 'migrate --undo --steps 1' 'migrate --dry-run' 'baseline save' 'verify' 'step pause'; do
    # shellcheck disable=SC2086 # words
    ends 3 "as a step of the flight: $verb" env DATABASE_URL=sqlite:other.db TMINUS_FLIGHT="$id" "$TMINUS" $verb
    says "as a step of the flight: $verb: why" err "another database's identity"
done
is 'as steps of the flight: nothing was done' "$(journaled) $(sqlite3 other.db .dump | sha256sum)" "$n $before"
# The same path, another file.
mv shop.db own.db
cp other.db shop.db
ends 6 'another file in its place' fly abort
mv own.db shop.db
ends 4 'its own: taken back' fly abort
is 'its own, and no other one' "$(columns shop.db), $(columns other.db)" 'id status, id status currency'

# The address leads elsewhere while it flies: that is no verdict about its own database.
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "sqlite:now.db", migrations: migrations}
    watch: [10ms]
    gates: {optional: [effects, restore-proof, approved, risk, backup]}
    steps: [{name: move, at: after_migrations, command: [ln, -sf, other.db, now.db], undo: ["true"]}]
END
fresh shop.db
ln -sf shop.db now.db
ends 0 'rehearsed by another name' fly rehearse -q
another
ends 3 'the address leads elsewhere before the verification' fly launch --reason 'a short watch'
is 'elsewhere: it holds' "$(status state)" holding
says 'elsewhere: why' err "another database's identity: SQLite database $tmp/other.db"
is 'elsewhere: nothing went back' "$(columns shop.db), $(columns other.db)" 'id status currency, id status'
ln -sf shop.db now.db
ends 0 'it leads back: the flight goes on' fly go
is 'it leads back: verified' "$(status state)" watching

done_testing
