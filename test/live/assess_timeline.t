#!/bin/sh
# tminus assess -v and JSON: which locks a migration takes when, and what runs while they are held.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

mkdir "$tmp/m"
cat >"$tmp/m/1_shop.up.sql" <<'SQL'
CREATE TABLE customers (id bigint PRIMARY KEY, name text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
SQL
cat >"$tmp/m/2_lock.up.sql" <<'SQL'
SET lock_timeout = '2s';
ALTER TABLE customers ADD COLUMN vip boolean;
CREATE INDEX orders_customer ON orders (customer_id);
ALTER TABLE orders ADD COLUMN note text;
SQL

ends 0 'warnings alone are GO' "$TMINUS" assess -v "$tmp/m"
is '-v: the timeline of what keeps others out, none for new tables' \
    "$(sed -n '/^time/,/free again/p' "$tmp/out" | sed "s:$tmp/::")" \
    "time  m/2_lock.up.sql
      the tool's transaction, lines 1 to 4:
      line 2     locks public.customers (ACCESS EXCLUSIVE)
      line 3     locks public.orders (SHARE)
      line 3     builds an index on public.orders
      line 4     locks public.orders (ACCESS EXCLUSIVE)
      line 4     all of it is free again"
says 'and one finding for it' out "nobody reads or writes public.customers, locked since line 2, while line 3 builds an index on public.orders"
says 'whose hint says where to split' out \
    "line 3 and what follows in a migration of their own, so that what line 2 locks is free again before"

ends 0 'without -v' "$TMINUS" assess "$tmp/m"
lacks 'there is no timeline' out 'all of it is free'

run "$TMINUS" assess --format json "$tmp/m"
is 'json: transactions, locks with their timeout, work' "$(python3 -c '
import json, sys
for m in json.load(open(sys.argv[1]))["migrations"]:
    print(json.dumps(m["timeline"]))' "$tmp/out")" \
    '[]
[{"begun_by": "tool", "first": 0, "statements": 4, "rolled_back": false, "locks": [{"statement": 1, "relation": "public.customers", "mode": "AccessExclusiveLock", "lock_timeout_ms": 2000}, {"statement": 2, "relation": "public.orders", "mode": "ShareLock", "lock_timeout_ms": 2000}, {"statement": 3, "relation": "public.orders", "mode": "AccessExclusiveLock", "lock_timeout_ms": 2000}], "works": [{"statement": 2, "relation": "public.orders", "work": "index build"}]}]'

done_testing
