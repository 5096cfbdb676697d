#!/bin/sh
# SIGINT and SIGTERM end the program with 130 and 143, at once when nothing has to be ended in order.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

# interrupted SIGNAL: the status of a program that waits for a file that nobody writes.
interrupted()
{
    rm -f "$tmp/pipe.sql"
    mkfifo "$tmp/pipe.sql"
    "$TMINUS" assess --schema "$tmp/pipe.sql" "$SOURCE/examples/mail/migrations" >"$tmp/out" 2>"$tmp/err" &
    sleep 0.5
    kill -"$1" $!
    status=0
    wait $! || status=$?
}

interrupted INT
is 'SIGINT' "$status" 130
interrupted TERM
is 'SIGTERM' "$status" 143
is 'nothing on stdout' "$(cat "$tmp/out")" ''
done_testing
