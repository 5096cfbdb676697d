#!/bin/sh
# tminus verify: which rows a migration names and what it makes of them is known by key and by value,
# not by count: as many other rows, or other values in the same rows, are told.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
mkdir -p migrations
cat >tminus.yaml <<'YAML'
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
YAML
cat >migrations/0001_change.up.sql <<'SQL'
UPDATE customers SET city = 'Cologne' WHERE city = 'Köln';
DELETE FROM carts WHERE owner IS NULL;
CREATE TABLE products_new (sku TEXT PRIMARY KEY, price NUMERIC, cents INTEGER, label TEXT);
INSERT INTO products_new SELECT sku, price, CAST(cents / 10 AS TEXT), label + 1 FROM products;
DROP TABLE products;
ALTER TABLE products_new RENAME TO products;
SQL

# apply: a new database, its baseline, the migration.
apply() {
    rm -rf shop.db state
    sqlite3 shop.db "CREATE TABLE customers (id INTEGER PRIMARY KEY, city TEXT);
        INSERT INTO customers VALUES (1, 'Köln'), (2, 'Berlin'), (3, NULL), (4, 'Köln'), (5, 'Cologne');
        CREATE TABLE carts (id INTEGER PRIMARY KEY, owner TEXT);
        INSERT INTO carts VALUES (1, NULL), (2, 'a'), (3, 'b'), (4, NULL);
        CREATE TABLE products (sku TEXT PRIMARY KEY, price REAL, cents INTEGER, label TEXT);
        INSERT INTO products VALUES ('x', 99.0, 9900, '1'), ('y', 0.5, 50, '7'), ('z', NULL, NULL, 'n');"
    "$TMINUS" baseline save >/dev/null 2>&1
    "$TMINUS" migrate >/dev/null 2>&1
}
damage() { apply && sqlite3 shop.db "$1"; }

apply
is 'stored as SQLite stores it' "$(sqlite3 shop.db "SELECT typeof(price), typeof(cents), typeof(label) FROM products WHERE sku = 'x'")" 'integer|integer|text'
ends 0 'as the migration says' "$TMINUS" verify
says 'what changed' out 'city changed in 2 rows (0001_change.up.sql:1 UPDATE)'
damage "UPDATE customers SET city = 'Köln' WHERE id = 4; UPDATE customers SET city = 'Cologne' WHERE id = 3"
ends 1 'as many rows, but others' "$TMINUS" verify
says 'both by key' out 'city differs in 2 rows that 0001_change.up.sql:1 UPDATE does not explain: id=3, id=4'
damage "UPDATE customers SET city = 'Bonn' WHERE id = 1"
ends 1 'another value' "$TMINUS" verify
says 'its key' out 'city is not what 0001_change.up.sql:1 UPDATE gives in 1 row: id=1'
damage "UPDATE customers SET city = 'Köln' WHERE id IN (1, 4)"
ends 1 'nothing was done' "$TMINUS" verify
says 'the rows that should have changed' out 'gives in 2 rows: id=1, id=4'
damage "DELETE FROM carts WHERE id = 3; INSERT INTO carts VALUES (4, NULL)"
ends 1 'another row is gone' "$TMINUS" verify
says 'gone' out '1 row is gone: id=3 (0001_change.up.sql:2 DELETE does not delete it)'
says 'kept' out '1 row is still there: id=4, although 0001_change.up.sql:2 DELETE deletes it'
damage "UPDATE products SET cents = cents + 1 WHERE sku = 'y'"
ends 1 'a value of a rebuilt table' "$TMINUS" verify
says 'its key' out "cents is not what 0001_change.up.sql:4 INSERT gives in 1 row: sku='y'"
damage "UPDATE products SET price = 100 WHERE sku = 'x'"
ends 1 'a value that only changed its type' "$TMINUS" verify
says 'its key' out "price is not what 0001_change.up.sql:4 INSERT gives in 1 row: sku='x'"
damage "UPDATE products SET price = NULL WHERE sku = 'y'"
ends 1 'a value that was lost' "$TMINUS" verify
says 'its key' out "sku='y'"
done_testing
