#!/bin/sh
# The units of systemd: they are installed, name the installed program, and systemd takes them.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

units=$(dirname "$TMINUS")/share
service="$units/tminus-watch@.service" timer="$SOURCE/share/tminus-watch@.timer"
cp "$service" "$timer" "$tmp/" || exit 1
command=$(sed -n 's/^ExecStart=//p' "$service")
case $command in
/*/bin/tminus\ watch\ --once\ *) result 0 'it runs the installed program' ;;
*) result 1 "it runs the installed program: $command" ;;
esac
# The words of the unit are words of the program: only the program's place is another one here.
set -- ${command#* }
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
n=$#
while [ $n -gt 0 ]; do
    word=$1
    shift
    [ "$word" = '$WATCH_OPTIONS' ] || set -- "$@" "$word"
    n=$((n - 1))
done
printf 'service: shop\nenvironments:\n  production:\n    database: {url: "sqlite:shop.db"}\n' >tminus.yaml
ends 0 'its command is understood, and before the first flight it does nothing' "$TMINUS" "$@"
says 'its command: there is no flight yet' out 'no flight was begun'
ends 0 'the same as JSON' "$TMINUS" "$@" --format json
says 'the same as JSON: said' out '"flight": null'
if ! command -v systemd-analyze >"$tmp/ignored"; then
    n_tests=$((n_tests + 1))
    echo "ok $n_tests - systemd takes them # SKIP systemd-analyze is not installed"
else
    # The program is where this build has it; the folder of an instance need not be there.
    sed -i "s|^ExecStart=[^ ]*|ExecStart=$TMINUS|" "$tmp/tminus-watch@.service"
    mv "$tmp/tminus-watch@.service" "$tmp/tminus-watch@shop.service"
    mv "$tmp/tminus-watch@.timer" "$tmp/tminus-watch@shop.timer"
    run systemd-analyze verify --man=no "$tmp/tminus-watch@shop.service" "$tmp/tminus-watch@shop.timer"
    is 'systemd takes them' "$status $(grep -v 'SELinux\|cgroup' "$tmp/err" | grep -c 'tminus-watch')" '0 0'
    sed 's/^Type=oneshot/Type=sometimes/' "$tmp/tminus-watch@shop.service" >"$tmp/tminus-watch@bad.service"
    run systemd-analyze verify --man=no "$tmp/tminus-watch@bad.service"
    says 'and would not take a wrong one' err 'sometimes'
    run systemd-analyze calendar '*-*-* *:*:00'
    says 'every minute' out '*-*-* *:*:00'
fi
done_testing
