#!/bin/sh
# The program as built for use: nothing in it that nobody calls, no name that a library would mistake for
# its own, and a start of few milliseconds.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
: "${RELEASE:=$SOURCE/build}"

if [ -x "$RELEASE/tminus" ]; then
    # wait_on_tick is half of the engines' contract: what cancels a long call; flights will set it.
    # Through the others tests look at what the program has within: names, locks, versions, facts.
    ends 0 'nothing is unused' "$SOURCE/tool/check-unused" --except wait_on_tick \
        --except connection_open --except action_kind_name --except effects_lock_on --except lock_mode_conflicts \
        --except migration_compare_versions --except guard_lookup --except guard_object_read --except postgres_fact_holds \
        --except flight_transitions --except flight_n_transitions \
        "$RELEASE"/tminus.p/*.o "$RELEASE"/*.a
    # libpg_query, within, and libpq, which is loaded later, are of one origin and share names.
    libpq=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | sed -n 's/.*libpq\.so\.5 .* => //p' | head -1)
    nm -D "$libpq" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u >"$tmp/libpq"
    result $(($(grep -c '^PQ' "$tmp/libpq") < 20)) 'the names of libpq were found'
    nm -D --defined-only "$RELEASE/tminus" | awk '$NF !~ /@GLIBC/ { print $NF }' | sort -u >"$tmp/ours"
    is 'libpq calls nothing of the program' "$(comm -12 "$tmp/libpq" "$tmp/ours")" ''
    nm -D --defined-only "$libpq" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u >"$tmp/offered"
    nm -D --undefined-only "$RELEASE/tminus" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u >"$tmp/wanted"
    is 'the program is bound to nothing of libpq' "$(comm -12 "$tmp/offered" "$tmp/wanted")" ''
    started=$(date +%s%N)
    for i in 1 2 3 4 5 6 7 8 9 10; do
        "$RELEASE/tminus" version >"$tmp/out"
    done
    ms=$((($(date +%s%N) - started) / 10000000))
    echo "# $ms ms a start"
    result $((ms > 50)) 'ten starts, each under 50 ms'
else
    skip 'nothing is unused' 'no release build'
    skip 'names of libpq' 'no release build'
    skip 'ten starts' 'no release build'
fi
done_testing
