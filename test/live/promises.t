#!/bin/sh
# Invariants and tables of tminus.yaml: what looks equal and is not, tolerances, keys, masked and ignored columns; options of save.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
db() { sqlite3 "$tmp/shop.db" "$1"; }
save() { "$TMINUS" baseline save "$@"; }
verify() { "$TMINUS" verify "$@"; }
# fresh [YAML]: five users, two orders each, tminus.yaml that ends with YAML; no migrations.
fresh()
{
    rm -rf shop.db* state
    db "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, kind TEXT, seen_at TEXT);
        INSERT INTO users VALUES (1, 'ann@secret.org', 'a', '1'), (2, 'bob@secret.org', 'a', '2'), (3, 'cid@secret.org', 'b', '3'),
            (4, 'dan@secret.org', 'b', '4'), (5, 'eve@secret.org', 'b', '5');
        CREATE TABLE orders (number TEXT, user_id INTEGER, amount INTEGER);
        INSERT INTO orders SELECT id || '-' || n, id, id * n FROM users, (SELECT 1 AS n UNION SELECT 2);"
    {
        printf 'service: shop\nenvironments:\n  production:\n    database: {url: "sqlite:shop.db"}\n'
        printf '%s\n' "${1-}"
    } >tminus.yaml
}
# promise STATUS NAME INVARIANT CHANGE [TEXT]: with that invariant alone, after CHANGE, verify ends with STATUS and says TEXT.
promise()
{
    fresh "invariants:
  - {name: promise, $3}
tables: {users: {ignore: [email, kind, seen_at]}}"
    save --table users >/dev/null 2>&1
    db "$4"
    ends "$1" "$2" verify --verbose
    [ -z "${5-}" ] || says "$2: said" out "$5"
}

# --- what looks equal and is not
promise 0 'the same: nothing changed' 'same: "SELECT kind, count(*) FROM users GROUP BY kind"' ''
promise 1 'the same: a group became smaller' 'same: "SELECT kind, count(*) FROM users GROUP BY kind"' "UPDATE users SET kind = 'a' WHERE id = 3" "'b': 3 → 2, 'a': 2 → 3"
promise 1 'beyond 2^53: one more is more' 'same: "SELECT 9007199254740992 + (SELECT id FROM users WHERE kind = '"'x'"' UNION SELECT 0 ORDER BY 1 DESC LIMIT 1)"' "UPDATE users SET kind = 'x' WHERE id = 1" 
promise 1 'a group whose sum is 0 is gone' 'same: "SELECT kind, sum(0) FROM users GROUP BY kind"' "UPDATE users SET kind = 'b'" "'a': 0 → none"
promise 1 'a group without number is gone' 'same: "SELECT kind, max(NULL) FROM users GROUP BY kind"' "UPDATE users SET kind = 'b'"
promise 3 'several rows without group: only one could be compared' 'same: "SELECT kind FROM users ORDER BY id"' "UPDATE users SET kind = 'z' WHERE id = 1" 'more than one row for one group'
promise 1 'quotes in values do not move the border of columns' 'same: "SELECT kind, seen_at, count(*) FROM users WHERE id = 1 GROUP BY 1, 2"' "UPDATE users SET kind = 'a'', ''1', seen_at = '1' WHERE id = 1"
promise 1 'a text is no number' 'same: "SELECT kind, count(*) FROM users GROUP BY kind"' "UPDATE users SET kind = CAST(kind AS BLOB) WHERE id = 3"
promise 1 'differences of both signs are no zero' 'zero: "SELECT id, CASE id WHEN 1 THEN 5 ELSE -5 END FROM users WHERE kind = '"'x'"'"' "UPDATE users SET kind = 'x' WHERE id < 3"
promise 3 'NULL is no zero' 'zero: "SELECT sum(id) FROM users WHERE kind = '"'x'"'"' '' 'nothing was counted'
promise 3 'no key then, none now' 'keys_kept: "SELECT id FROM users WHERE kind = '"'x'"'"' '' 'nothing was compared'
promise 3 'no row then, none now' 'same: "SELECT kind, count(*) FROM users WHERE id > 99 GROUP BY kind"' '' 'nothing was compared'
promise 3 'another answer each time is none' 'zero: "SELECT random() % 1"' '' 'it calls function random'
promise 3 'what writes is refused' 'zero: "DELETE FROM users"' '' 'a check may only read'
promise 3 'what is no SQL is unknown' 'zero: "SELEKT 1"' ''
promise 1 'a long group differs behind its 400 bytes' 'same: "SELECT printf('"'%%500s'"', '"''"') || kind, count(*) FROM users GROUP BY 1"' "UPDATE users SET kind = 'c' WHERE id = 1"

# --- tolerances: b has 3 users
same='same: "SELECT kind, count(*) FROM users GROUP BY kind"'
promise 0 'absolute: within' "$same, tolerance: 1" "UPDATE users SET kind = 'a' WHERE id = 3"
promise 1 'absolute: beyond' "$same, tolerance: 1" "UPDATE users SET kind = 'a' WHERE id IN (3, 4)" "'b': 3 → 1"
fresh "invariants:
  - {name: promise, same: \"SELECT count(*) FROM orders\", tolerance: 1}
  - {name: share, same: \"SELECT count(*) FROM orders\", tolerance: 10%}
tables: {users: {ignore: [email, kind, seen_at]}}"
save --table users >/dev/null
db "DELETE FROM orders WHERE number = '1-1'"
ends 0 'tolerances: one of ten is within 1 and 10 %' verify
db "DELETE FROM orders WHERE number = '1-2'"
ends 1 'tolerances: two of ten are not' verify
is 'tolerances: both are told' "$(grep -cE '^FAIL +(promise|share): 8, expected 10' out)" 2
fresh "invariants:
  - {name: promise, same: \"SELECT count(*) FROM orders\", tolerance: learned}
tables: {users: {ignore: [email, kind, seen_at]}}"
save --table users >/dev/null
db "DELETE FROM orders WHERE number = '1-1'"
ends 1 'learned: of one baseline alone nothing is learned' verify
save --table users >/dev/null
db "DELETE FROM orders WHERE number = '1-2'"
ends 0 'learned: as far as between the two baselines' verify
db "DELETE FROM orders WHERE number = '2-1'"
ends 1 'learned: farther' verify

# --- a promise is not taken back by taking it out
fresh "invariants:
  - {name: promise, same: \"SELECT count(*) FROM orders\"}
tables: {users: {ignore: [email, kind, seen_at]}}"
save --table users >/dev/null
sed -i '/^invariants/,/promise/d' tminus.yaml
db 'DELETE FROM orders'
ends 1 'taken out of tminus.yaml since: asked all the same' verify
says 'taken out: named' out 'promise: 0, expected 10'

# --- ignore, key
fresh 'tables: {users: {ignore: [seen_at]}}'
save --table users >/dev/null
db "UPDATE users SET seen_at = 'now'"
ends 0 'an ignored column may differ' verify
db "UPDATE users SET kind = 'z' WHERE id = 2"
ends 1 'another one may not' verify
fresh 'tables: {orders: {key: number}}'
save --table orders >/dev/null
db 'VACUUM; UPDATE orders SET rowid = rowid + 100'
ends 0 'a named key: the rowid counts for nothing' verify
db "UPDATE orders SET amount = 0 WHERE number = '3-1'; DELETE FROM orders WHERE number = '4-1'"
ends 1 'a named key: changed and gone' verify
says 'a named key: names the row that changed' out "amount differs in 1 row: number='3-1'"
says 'a named key: names the row that is gone' out "1 row is gone: number='4-1'"
fresh 'tables: {orders: {key: user_id}}'
ends 2 'a key that is none' save --table orders
says 'a key that is none: said' err "table 'orders': \"user_id\" is no key: 5 rows"
is 'a key that is none: nothing is left' "$(ls state/baseline 2>/dev/null)" ''

# --- mask
fresh 'tables: {users: {mask: [email], key: email, age: email}}
invariants:
  - {name: emails, keys_kept: "SELECT email FROM users"}
  - {name: by email, same: "SELECT email, count(*) FROM users GROUP BY email"}
  - {name: no a, zero: "SELECT email, count(*) FROM users WHERE kind = '"'a'"' GROUP BY email"}
  - {name: first, value: "SELECT min(email) AS email FROM users", expect: {equals: x}}'
run save --table users --verbose
cat out err >seen
"$TMINUS" baseline show --verbose --format json >>seen
db "UPDATE users SET kind = 'c', email = 'new@secret.org' WHERE id = 1; DELETE FROM users WHERE id = 5"
ends 1 'masked: what differs is seen' verify --verbose
cat out err >>seen
verify --format json >>seen 2>&1
mv tminus.yaml away.yaml
verify --database shop.db --verbose >>seen 2>&1
TMINUS_STATE=$tmp/state/shop/production verify --database shop.db --verbose >>seen 2>&1
is 'masked: no value in any output' "$(grep -c 'secret\.org' seen)" 0
is 'masked: rows are still told apart' "$(grep -cE 'rows? (is|are) (gone|new): email=\*{4}[0-9a-f]{12}' seen | tr -d 0)" "$(grep -cE 'rows? (is|are) (gone|new): ' seen)"
is 'masked: no value in the baseline' "$(grep -rc 'secret\.org' state | grep -vc ':0$')" 0

# --- options of save
fresh
save >/dev/null
db 'DELETE FROM orders WHERE user_id = 1'
ends 1 'nothing pending: every table' verify
fresh
mkdir -p m && echo 'ALTER TABLE users ADD COLUMN age INT;' >m/1_age.sql
save m >/dev/null
is 'the touched table alone' "$(sqlite3 state/baseline/*.db 'SELECT name FROM table_print')" users
rm -r state
save --all m >/dev/null
is '--all' "$(sqlite3 state/baseline/*.db 'SELECT name FROM table_print ORDER BY 1' | tr '\n' ' ')" 'orders users '
rm -r state
save --table main.orders m >/dev/null
is '--table' "$(sqlite3 state/baseline/*.db 'SELECT name FROM table_print ORDER BY 1' | tr '\n' ' ')" 'orders users '
ends 0 '--output' save --output kept.db m
ends 0 '--output: verify finds it' verify m
before=$(sha256sum <shop.db)
ends 2 '--output over the database itself' save --output shop.db m
says '--output: refused' err 'shop.db: is there already'
is '--output: the database is untouched' "$(sha256sum <shop.db)" "$before"
ends 2 '--output into no folder' save --output nowhere/x.db m
is '--output: nothing is left of it' "$(ls -- *.unfinished 2>/dev/null)" ''
done_testing
