#!/bin/sh
# The screen of a flight on a real terminal (tmux): drawn, fitted to its size, given back at every end; lines elsewhere.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

command -v tmux >"$tmp/ignored" || { echo '1..0 # SKIP tmux is not installed'; exit 0; }
cd "$tmp" || exit 1
export DATABASE_URL=sqlite:shop.db TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations}
    gates: {optional: [rehearsal, effects, rollback, restore-proof, approved, risk, backup]}
END
fresh()
{
    rm -rf state migrations shop.db*
    mkdir migrations
    sqlite3 shop.db 'PRAGMA user_version = 1'
    echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY);' >migrations/0001_orders.up.sql
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 || { cat "$tmp/fresh"; exit 1; }
    rm -rf state
    sqlite3 shop.db 'INSERT INTO orders VALUES (1)'
    echo 'ALTER TABLE orders ADD COLUMN currency TEXT;' >migrations/0002_currency.up.sql
    echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0002_currency.down.sql
}
n_terminals=0
mux() { tmux -S "$tmp/socket.$n_terminals" -f /dev/null "$@"; }
trap 'mux kill-server 2>"$tmp/ignored"; rm -rf "$tmp"' EXIT
# A shell on a terminal of 80 x 24, with a line on it that must be there again afterwards.
terminal()
{
    mux kill-server 2>"$tmp/ignored"
    n_terminals=$((n_terminals + 1)) # the last one may still be ending
    mux new-session -d -x 80 -y 24 -e LC_ALL=C.UTF-8 -e NO_COLOR="$1" sh
    mux send-keys 'echo before' Enter
    shows before
}
shown() { mux capture-pane -p ${1:+"$1"}; }
# Waits until it shows TEXT: the test of it
shows()
{
    for i in $(seq 150); do
        shown >"$tmp/seen"
        ! grep -qF -e "$1" "$tmp/seen" || return 0
        sleep 0.1
    done
    return 1
}
see() { if shows "$2"; then result 0 "$1"; else result 1 "$1"; show "$tmp/seen"; fi; }
flag() { mux display-message -p "#{$1}"; }
is_back()
{
    see "$1: the command has ended" 'status:'
    is "$1: the other screen is left, the cursor is there" "$(flag alternate_on) $(flag cursor_flag)" '0 1'
    shows before
    result $? "$1: what stood there stands there again"
    mux send-keys 'stty -a | tr " ;" "\n\n" | grep -x -e -echo -e echo -e -icanon -e icanon | tr "\n" " "' Enter
    see "$1: what is typed is seen again" 'icanon echo'
}
launch="$TMINUS launch --version v2 --at 1h; echo status: \$?"

# --- drawn, once a second, at its size

fresh
terminal 1
mux send-keys "$launch" Enter
see 'it waits for T-0' 'ready: the flight waits for T-0'
cp seen first
is 'on the other screen, without a cursor' "$(flag alternate_on) $(flag cursor_flag)" '1 0'
grep -qE '^T-00:59:[0-9][0-9] at ' first && grep -qE '^  T-30 +✓ gates' first && grep -qE '^ +✓ baseline' first
result $? 'the runbook: clock, gates, steps'
is 'whole: no line is hidden' "$(grep -c more first)" 0
second=$(sed -n 2p first)
for i in $(seq 30); do [ "$(shown | sed -n 2p)" = "$second" ] || break; sleep 0.1; done
[ "$(shown | sed -n 2p)" != "$second" ]
result $? 'the clock goes on'
is 'NO_COLOR: no color' "$(shown -e | grep -c "$(printf '\033')")" 0
mux resize-window -x 40 -y 12
see 'smaller: what matters least is hidden' 'more'
shown >seen
is 'smaller: no line is wider' "$(awk 'length($0) > 40' seen)" ''
grep -qF 'next: tminus hold' seen && grep -qF 'waits for T-0' seen
result $? 'smaller: what it waits for and what moves it stay'
mux resize-window -x 100 -y 30
for i in $(seq 30); do shown >seen; grep -q more seen || break; sleep 0.1; done
is 'larger again: whole' "$(grep -c 'more$' seen) $(grep -c 'T+24 h' seen)" '0 1'

# --- given back at every end

mux send-keys C-c
is_back 'Ctrl-C'
is 'Ctrl-C: the flight can be resumed' "$("$TMINUS" status --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["state"])')" ready

terminal ''
mux send-keys "$(echo "$launch" | sed 's/launch.*1h/resume/')" Enter
see 'resumed: drawn' 'ready: the flight waits for T-0'
result "$(shown -e | grep -c "$(printf '\033')" | grep -c '^0$')" 'with color where nobody forbids it'
kill -TERM "$(ps -o pid= --ppid "$(flag pane_pid)")"
is_back 'SIGTERM'

terminal 1
mux send-keys "$(echo "$launch" | sed 's/launch.*1h/resume/')" Enter
see 'drawn once more' 'ready: the flight waits for T-0'
mux send-keys C-z
see 'stopped: the shell is back' 'Stopped'
is 'stopped: its screen too' "$(flag alternate_on) $(flag cursor_flag)" '0 1'
mux send-keys fg Enter
see 'gone on: drawn again' 'ready: the flight waits for T-0'
is 'gone on: on the other screen' "$(flag alternate_on) $(flag cursor_flag)" '1 0'
"$TMINUS" abort -q >out 2>err
see 'aborted by another: the last board stays' 'aborted: the flight is aborted'
is_back 'its end'

# --- what runs says where it is

fresh
cp tminus.yaml plain.yaml
printf '%s\n' '#!/bin/sh' 'echo "half of it is there"' 'while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.1; done' ': >"$(dirname "$0")/gone"' >slow.sh
chmod +x slow.sh
cat >>tminus.yaml <<END
    steps: [{name: drain, at: before_migrations, command: [./slow.sh], undo: none, reason: a test, read_back: {command: [test, -e, "$tmp/gone"]}}]
END
terminal 1
mux send-keys "$TMINUS launch --version v2; echo status: \$?" Enter
see 'a step that runs' 'half of it is there'
grep -qE '^  T-0 +✓ gates' seen && grep -qE '^ +▸ drain +[0-9]+' seen && grep -qE '^ +· migrate$' seen
result $? 'its line: since when; before and behind it'
see 'what it waits for' 'waits for step drain, until'
: >go
see 'it goes on' 'status: 0'
cp plain.yaml tminus.yaml

# --- lines

fresh
terminal 1
mux send-keys "TERM=dumb $TMINUS launch --version v2; echo status: \$?" Enter
see 'a dumb terminal: lines' 'deploying    step migrate'
see 'a dumb terminal: to the end' 'status: 0'
fresh
terminal 1
mux send-keys "$TMINUS launch --version v2 --no-progress; echo status: \$?" Enter
see '--no-progress: lines' 'deploying    step migrate'
fresh
terminal 1
mux send-keys "$TMINUS launch --version v2 --at 1h & sleep 4" Enter
see 'in the background: lines' 'ready        it is prepared'
is 'in the background: the screen is the shell'\''s' "$(flag alternate_on) $(flag cursor_flag)" '0 1'
mux kill-server
done_testing
