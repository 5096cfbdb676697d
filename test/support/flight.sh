# Flights for shell tests: `. "$SOURCE/test/support/flight.sh"` behind tap.sh. Without Python: a test asks a hundred times.
#
#   fly VERB…                     tminus
#   status_of MEMBER [ARGUMENT…]  a text of what `tminus status` says in JSON
#   state_of [ARGUMENT…]          the flight's state
#   count EVENT                   how often the journal has it
#   columns                       of `orders` in shop.db
#   orders_migration, currency_migration [STATEMENT]  write one of the two with its way back
#   once MAKE                     state, migrations and shop.db of this folder as the function MAKE leaves them: made at
#                                 the first call, copied at the others (what is there must be gone)
#
# SPDX-License-Identifier: Apache-2.0

fly() { "$TMINUS" "$@"; }

status_of()
{
    member=$1
    shift
    "$TMINUS" status "$@" --format json | sed -n 's/^  "'"$member"'": "\(.*\)",*$/\1/p'
}

state_of() { status_of state "$@"; }

count() { "$TMINUS" journal export 2>"$tmp/ignored" | grep -c '"event":"'"$1"'"'; }

columns() { sqlite3 shop.db "SELECT group_concat(name, ' ') FROM pragma_table_info('orders')"; }

orders_migration()
{
    mkdir -p migrations
    echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL);' >migrations/0001_orders.up.sql
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
}

currency_migration()
{
    printf '%s\n' 'ALTER TABLE orders ADD COLUMN currency TEXT;' "$@" >migrations/0002_currency.up.sql
    echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0002_currency.down.sql
}

once()
{
    if [ -d "$tmp/once.$1" ]; then
        cp -a "$tmp/once.$1/." .
    else
        "$1"
        mkdir "$tmp/once.$1"
        cp -a $(ls -d state migrations shop.db* 2>"$tmp/ignored") "$tmp/once.$1"
    fi
}
