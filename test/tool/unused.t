#!/bin/sh
# tool/check-unused finds what main cannot reach, also in circles, and what could be static.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

# compile NAME TEXT
compile()
{
    printf '%s\n' "$2" >"$tmp/$1.c"
    ${CC:-cc} -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -c -o "$tmp/$1.o" "$tmp/$1.c"
}

check()
{
    "$SOURCE/tool/check-unused" "$tmp/main.o" "$tmp/lib.o"
}

compile main 'int used(int); int main(void) { return used(1); }'
compile lib '#include <string.h>
static int inner(int a) { return (int)strlen("text") + a; }
int used(int a) { return inner(a); }'
ends 0 'all is used' check
is 'all is used: nothing is said' "$(cat "$tmp/out")" ''

compile lib 'int used(int a) { return a; }
int idle(int a) { return a + 1; }'
ends 1 'a function that nobody calls' check
says 'a function that nobody calls is named' out 'unused: idle in '

ends 0 'an exception' "$SOURCE/tool/check-unused" --except idle "$tmp/main.o" "$tmp/lib.o"

compile lib 'int ping(int a); int pong(int a);
int used(int a) { return a; }
int ping(int a) { return pong(a); }
int pong(int a) { return ping(a); }'
ends 1 'two functions that only call each other' check
says 'two functions: the first is named' out 'unused: ping in '
says 'two functions: the second is named' out 'unused: pong in '

compile lib 'int inner(int a); int inner(int a) { return a; }
int used(int a) { return inner(a); }'
ends 1 'a function that only its own file calls' check
says 'a function that only its own file calls is named' out 'could be static: inner'

compile lib 'extern const int table[3]; const int table[3] = {1, 2, 3};
int used(int a) { return a; }'
ends 1 'a table that nobody reads' check
says 'a table that nobody reads is named' out 'unused: table in '

ar rcs "$tmp/lib.a" "$tmp/lib.o"
ends 1 'in an archive' "$SOURCE/tool/check-unused" "$tmp/main.o" "$tmp/lib.a"
says 'in an archive it is named' out 'unused: table in '
compile main 'int used(int); int start(void) { return used(1); }'
ends 2 'without main nothing can be said' check
done_testing
