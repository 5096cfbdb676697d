#!/bin/sh
# tminus verify where a change is applied in part or undone, and what many tables look like on a screen.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
db() { sqlite3 "$tmp/shop.db" "$1"; }
of() { verb=$1; shift; "$TMINUS" "$verb" --database "$tmp/shop.db" "$@"; }
fresh()
{
    rm -rf shop.db* state m
    mkdir m
    db "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'a'), (2, 'b');"
    for n in 1 2 3 4 5; do
        echo "ALTER TABLE users ADD COLUMN c$n INT;" >m/${n}_c.sql
        echo "ALTER TABLE users DROP COLUMN c$n;" >m/${n}_c.down.sql
    done
}

# --- in part
fresh
"$TMINUS" baseline save --database shop.db m >out 2>&1
of migrate --to 1 m >out 2>&1
ends 3 'one of five: HOLD' of verify m
is 'one of five: said first, with what is not' "$(head -3 out)" \
    'UNKNOWN all migrations of the baseline are applied, or none
        1 of 5 are, and 4 not: m/2_c.sql, m/3_c.sql, m/4_c.sql, …
        apply the rest, or undo them all, then verify again: the rest of this is of the whole change'
of migrate m >out 2>&1
ends 0 'all of them: GO' of verify m
is 'all of them: nothing of it' "$(grep -c 'or none' out)" 0
of migrate --undo --steps 1 m >out 2>&1
ends 3 'one undone: HOLD, although its column is gone' of verify m
says 'one undone: which' out '4 of 5 are, and 1 not: m/5_c.sql'
ends 1 'the caller says what to expect' of verify --expect as-before m
is 'the caller says: nothing of it' "$(grep -c 'or none' out)" 0

# --- undone, and the schema is another one
of migrate --undo --steps 4 m >out 2>&1
ends 0 'all undone: GO' of verify -v m
says 'all undone: how many objects' out 'PASS    the schema is as at the baseline: 1 object'
db 'CREATE TABLE others (id INT); CREATE INDEX by_name ON users (name)'
ends 0 'what others made is no fault of the change' of verify m
says 'others made: named' out 'WARN    the schema is as at the baseline: 2 objects differ, expected the 1 object of then
        by_name is new, and not of the migrations
        others is new, and not of the migrations'
db 'ALTER TABLE users ADD COLUMN theirs INT'
ends 1 'a table of before that is another one: NO-GO' of verify m
says 'another one: named' out '        users is changed'
fresh
"$TMINUS" baseline save --database shop.db m >out 2>&1
db 'CREATE TABLE others (id INT)'
ends 1 'nothing was run: who made it is not known' of verify --expect as-before m
says 'not known: named all the same' out '        others is new'

# --- undone, and a column stands elsewhere: no ALTER TABLE puts it back
fresh
rm m/*
db 'ALTER TABLE users ADD COLUMN age INT; ALTER TABLE users ADD COLUMN at TEXT'
echo 'ALTER TABLE users DROP COLUMN age;' >m/1_age.sql
echo 'ALTER TABLE users ADD COLUMN age INT;' >m/1_age.down.sql
"$TMINUS" baseline save --database shop.db m >out 2>&1
of migrate m >out 2>&1
ends 0 'undone but for the order' of migrate --undo --steps 1 m
says 'undone but for the order: said' out 'the schema is as before its up, but for the order of columns'
ends 0 'undone but for the order: GO' of verify m
says 'undone but for the order: warned' out '        users has its columns in another order'
db 'ALTER TABLE users DROP COLUMN age; ALTER TABLE users ADD COLUMN age TEXT'
ends 1 'of another type: NO-GO' of verify --expect as-before m

# --- many tables
fresh
for n in $(seq 1 20); do
    db "CREATE TABLE a_table_with_quite_a_long_name_$n (id INTEGER PRIMARY KEY); INSERT INTO a_table_with_quite_a_long_name_$n VALUES (1)"
done
ends 0 'baseline of 21 tables' of baseline save --all m
is 'the largest first, the rest in a line' "$(grep -c 'columns, key' out) $(sed -n '/columns, key/{p;q}' out)" \
    '12   users                                        2 rows, 2 columns, key id'
says 'the rest: how many' out '  and 9 more tables, 9 rows: --verbose'
ends 0 'baseline show -v' of baseline show -v
is 'all of them' "$(grep -c 'columns, key' out)" 21
of migrate m >out 2>&1
ends 0 'verify' of verify m
is 'verify: the table that changed, and a line' "$(grep -A1 'PASS' out | wc -l) $(grep 'tables' out)" \
    '2         20 other tables, 20 rows: as at the baseline'
says 'verify: the table that changed' out 'users: 2 → 2 rows, 2 columns compared; new: c1, c2, c3, c4, c5'
db 'DELETE FROM a_table_with_quite_a_long_name_7'
ends 1 'a row of the twenty' of verify m
says 'a row of the twenty: its table' out 'a_table_with_quite_a_long_name_7: 1 → 0 rows'
ends 1 'verify -v' of verify -v m
is 'verify -v: all of them' "$(grep -c 'columns compared' out)" 21

# --- many migrations
fresh
for n in $(seq 6 20); do echo "ALTER TABLE users ADD COLUMN c$n INT;" >m/${n}_c.sql; done
ends 0 'baseline before 20 migrations' of baseline save m
is 'twelve of them' "$(grep -c '^  before m/' out)" 12
says 'and how many more' out '  and 8 more migrations: --verbose'
done_testing
