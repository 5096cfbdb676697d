# TAP for shell tests: `. "$SOURCE/test/support/tap.sh"`, then one line a test, and `done_testing`.
#
# $tmp is a folder of the test's own, gone at the end. $TMINUS is the program, $SOURCE the project.
#
# SPDX-License-Identifier: Apache-2.0

: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${TMINUS:=$SOURCE/build/tminus}"
: "${TMINUS_SHARED:=$SOURCE/../shared}"
export SOURCE TMINUS TMINUS_SHARED LC_ALL=C.UTF-8 NO_COLOR=1
n_tests=0
n_failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# result STATUS NAME: the line of one test.
result()
{
    n_tests=$((n_tests + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n_tests - $2"
    else
        n_failed=$((n_failed + 1))
        echo "not ok $n_tests - $2"
    fi
}

# show FILE: a file as TAP's comments.
show()
{
    sed 's/^/# /' "$1"
}

# is NAME GOT EXPECTED
is()
{
    if [ "$2" = "$3" ]; then
        result 0 "$1"
    else
        result 1 "$1"
        printf '%s\n' "got:" "$2" "expected:" "$3" >"$tmp/is"
        show "$tmp/is"
    fi
}

# run COMMAND…: its outputs in $tmp/out and $tmp/err, its exit status in $status.
run()
{
    status=0
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
}

# ends STATUS NAME COMMAND…
ends()
{
    wanted=$1
    name=$2
    shift 2
    run "$@"
    if [ "$status" -eq "$wanted" ]; then
        result 0 "$name"
    else
        result 1 "$name"
        echo "# status $status instead of $wanted"
        show "$tmp/out"
        show "$tmp/err"
    fi
}

# holds FILE TEXT: the text as it is, also over several lines (grep -F takes each line for itself).
holds()
{
    case $(cat "$tmp/$1") in
        *"$2"*) return 0 ;;
    esac
    return 1
}

# says NAME FILE TEXT: does $tmp/FILE (out, err) hold the text?
says()
{
    if holds "$2" "$3"; then
        result 0 "$1"
    else
        result 1 "$1"
        echo "# '$3' is not in:"
        show "$tmp/$2"
    fi
}

# lacks NAME FILE TEXT: $tmp/FILE does not hold TEXT.
lacks()
{
    if holds "$2" "$3"; then
        result 1 "$1"
        echo "# '$3' is in:"
        show "$tmp/$2"
    else
        result 0 "$1"
    fi
}

# skip NAME REASON
skip()
{
    n_tests=$((n_tests + 1))
    echo "ok $n_tests - $1 # SKIP $2"
}

done_testing()
{
    echo "1..$n_tests"
    [ "$n_failed" -eq 0 ]
}
