#!/bin/sh
# PostgreSQL's client library: only what talks to a server needs it.
#
# SPDX-License-Identifier: Apache-2.0

. "$SOURCE/test/support/tap.sh"
cd "$tmp" || exit 1

mkdir library migrations
: >library/libpq.so.5 # found first, and no library
echo 'CREATE TABLE t (id int);' >migrations/1_a.up.sql
broken="env LD_LIBRARY_PATH=$tmp/library"

ends 0 'files are assessed without it' $broken "$TMINUS" assess migrations
ends 2 'a server is not' $broken "$TMINUS" assess --database postgresql://u@127.0.0.1:1/d migrations
says 'why' err "tminus: PostgreSQL's client library cannot be loaded: $tmp/library/libpq.so.5: file too short"
says 'what to do' err 'hint: install libpq 14 or later (Debian: libpq5)'

done_testing
