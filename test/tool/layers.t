#!/bin/sh
# tool/check-layers accepts a good tree and names each kind of violation.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

# put FILE LINE…
put()
{
    file=$tmp/src/$1
    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$@" >"$file"
}

check()
{
    "$SOURCE/tool/check-layers" "$tmp"
}

fresh()
{
    rm -rf "$tmp/src"
    put base/text.h '#include <stdio.h>'
    put base/log.h 'void log_info(void);'
    put base/clock.h ''
    put change/git.h ''
    put driver/engine.h '#include "base/text.h"' 'extern const struct engine_driver engine_sqlite;'
    put driver/engine/sqlite/open.h '#include "driver/engine.h"'
    put driver/engine/sqlite/open.c '#include "driver/engine/sqlite/open.h"' '#include <sqlite3.h>'
    put proof/result.h '#include "driver/engine.h"'
    put report/text.c '#include "base/text.h"' 'int f(FILE *out) { return fprintf(out, "stdout"); }'
    put command/verify.c '#include "proof/result.h"' '#include "base/log.h"' 'int g(void) { puts(""); }'
    put main.c '#include "driver/engine/sqlite/open.h"' 'const void *t = &engine_sqlite;'
}

# refused NAME WHAT FILE LINE…: the file added to the good tree is a violation that WHAT describes.
refused()
{
    name=$1
    what=$2
    shift 2
    fresh
    put "$@"
    ends 1 "$name" check
    says "$name: is named" out "$what"
}

fresh
ends 0 'a good tree' check
is 'a good tree: nothing is said' "$(cat "$tmp/out")" ''
refused 'a later room' 'src/change/x.c:2: change may not include proof/result.h' \
    change/x.c '' '#include "proof/result.h"'
refused 'a driver header in a pure room, through another header' \
    'src/report/x.c:1: report may not include driver/engine.h through proof/result.h' \
    report/x.c '#include "proof/result.h"'
refused 'a room that nobody knows' "'utils' is no room" utils/x.c ''
refused 'a driver sees only plain structs' 'driver may not include proof/result.h' \
    driver/x.c '#include "proof/result.h"'
refused 'SQLite outside its place' '<sqlite3.h> belongs to' proof/x.c '#include <sqlite3.h>'
refused 'the parser outside its place' 'belongs to statement/postgres_' \
    statement/lexer.c '#include <nodes/parsenodes.h>'
refused 'a library under another folder' '<postgresql/libpq-fe.h> belongs to' \
    proof/x.c '#include <postgresql/libpq-fe.h>'
refused 'curl outside its place' '<curl/curl.h> belongs to base/http' proof/x.c '#include <curl/curl.h>'
refused 'libyaml outside its place' '<yaml.h> belongs to base/yaml' change/x.c '#include <yaml.h>'
refused 'an implementation is named' "only main.c names a driver's implementation" \
    command/x.c '#include "driver/engine/sqlite/open.h"'
refused "a driver's table is named" 'only main.c names the driver engine_sqlite' \
    proof/x.c '#include "driver/engine.h"' 'const void *t = &engine_sqlite;'
refused "a driver's table is named beside the implementations" 'only main.c names the driver engine_sqlite' \
    driver/x.c '#include "driver/engine.h"' 'const void *t = &engine_sqlite;'
refused 'an effect outside flight' 'src/proof/x.c:1: only flight and rehearsal change a target' \
    proof/x.c 'int f(struct target *t) { return t->driver->session->run(t->engine); }'
refused 'logging' 'src/proof/x.c:1: proof may not log' proof/x.c '#include "base/log.h"'
refused 'printing' 'src/proof/x.c:2: only command, flight and dashboard print' \
    proof/x.c '' 'int f(void) { return puts("x"); }'
refused 'stderr' 'only command, flight and dashboard print' \
    analysis/x.c 'int f(void) { return fprintf(stderr, "x"); }'
refused 'a pure room opens a file' 'analysis is pure' analysis/x.c 'void *f(void) { return fopen("x", "r"); }'
refused 'standard error by its number' 'only command, flight and dashboard print' \
    proof/x.c 'int f(void) { return dprintf(2, "x"); }'
refused 'a pure room removes a file' 'analysis is pure' analysis/x.c 'int f(void) { return unlink("x"); }'
refused 'a pure room reads the clock' 'report is pure and may not include base/clock.h' \
    report/x.c '#include "base/clock.h"'
refused 'a pure room asks git' 'analysis is pure and may not include change/git.h' \
    analysis/x.c '#include "change/git.h"'
refused 'a header that is not there' 'base/none.h does not exist' proof/x.c '#include "base/none.h"'

fresh
put flight/migrate.c 'int f(struct flight *f) { return f->session->run(f->writer); }'
put driver/engine/sqlite/driver.c '#include "driver/engine.h"' \
    'const struct engine_driver engine_sqlite = {.session = &session};'
ends 0 'flight has effects, and an implementation defines its table' check
fresh
put analysis/x.c '/* puts("x") */' '// printf(' 'const char *t = "stdout";' 'int f(struct s *s) { return s->open(1); }'
ends 0 'comments, literals and members are no calls' check
ends 0 'this project' "$SOURCE/tool/check-layers" "$SOURCE"
rm -rf "$tmp/src"
ends 1 'a tree without sources is no good tree' check
done_testing
