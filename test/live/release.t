#!/bin/sh
# tminus release: the deploy command is run, and what every address answers decides.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
export TMINUS_STATE="$tmp/state" DEPLOY_TOKEN=hush-hush-token OTHER_TOKEN=never-passed
mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
sqlite3 shop.db 'CREATE TABLE orders (id INTEGER PRIMARY KEY)'

# deploy.sh SLOT VERSION: what it shall do stands in $tmp/shop/manner.
cat >deploy.sh <<'END'
#!/bin/sh
echo "deploying $2 to $1 as ${DEPLOY_TOKEN:-nobody}${OTHER_TOKEN:-}"
echo "$1 $2 $TMINUS_SLOT $TMINUS_VERSION" >>ran
case $1 in
blue) file=version ;;
*) file=version.second ;;
esac
case $(cat manner) in
well) echo "$2" >"$WEB/$file" ;;
late) (sleep 1; echo "$2" >"$WEB/$file") >/dev/null 2>&1 & ;;
idle) ;;
fail) echo 'no such image' >&2; exit 3 ;;
fail-late) echo "$2" >"$WEB/$file"; exit 1 ;;
sleep) sleep 77.7 ;;
esac
END
chmod +x deploy.sh
configure() # SLOTS HEALTH [RELEASE]
{
    cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db"}
    release: {deploy: [./deploy.sh, "{slot}", "{version}"], environment: [WEB, DEPLOY_TOKEN], ready: 1500ms${3:-}}
    slots: {$1}
    health: [$2]
END
}
export WEB="$web"
version='{name: version, http: "http://{address}/health", expect: {json: {version: "{version}"}}, timeout: 1s}'
blue="blue: {address: \"127.0.0.1:$(port http)\"}"
green="green: {address: \"127.0.0.1:$(port second)\"}"
runs() { [ -f ran ] && wc -l <ran | tr -d ' ' || echo 0; }
events() { "$TMINUS" journal show --format json | python3 -c 'import json, sys; print(*(e["event"] for e in json.load(sys.stdin)["events"]))'; }
release() { "$TMINUS" release --version "$@"; }
member() { python3 -c "import json; print(json.load(open('$tmp/out'))$1)"; }

# What is asked for.
configure "$blue, $green" '{name: up, tcp: "{address}"}'
ends 2 'no check tells the version' release 1.1.0
says 'no check tells the version: said' err 'no health check tells which version answers'
configure "$blue, $green" "$version"
ends 2 'no version' "$TMINUS" release
for bad in '1 0' '' '--help1' '1;reboot' '$(id)'; do
    ends 2 "'$bad' is no version" "$TMINUS" release "--version=$bad"
done
ends 2 'no such slot' release 1.1.0 --slot grey
configure 'blue: {}' "$version"
ends 2 'a slot without address' release 1.1.0
says 'a slot without address: said' err "slot 'blue' has no address"
is 'nothing was run' "$(runs)" 0

# A dry run looks only.
configure "$blue, $green" "$version"
echo well >manner
ends 0 'dry run' release 1.1.0 --slot blue --dry-run
says 'dry run: what would be run' out 'command: ./deploy.sh blue 1.1.0'
says 'dry run: what answers' out 'TO DO  no address answers 1.1.0: slot blue: http://127.0.0.1:'
is 'dry run: nothing was run' "$(runs)$(ls "$TMINUS_STATE" 2>/dev/null)" 0

# Done, read back and journaled; done again it is left alone.
ends 0 'released' release 1.1.0 --slot blue
says 'released: said' out 'DONE  it answers 1.1.0'
says 'what the command writes is shown' err '| deploying 1.1.0 to blue as ****'
is 'what the command got' "$(cat ran)" 'blue 1.1.0 blue 1.1.0'
is 'journaled' "$(events)" 'release-started released'
lacks 'a variable that is not named is not passed' err never-passed
ends 0 'released before' release 1.1.0 --slot blue --format json
is 'released before: nothing was run' "$(runs) $(member '["was_there"]') $(member '["state"]')" '1 True done'
ends 0 'every slot' release 1.2.0 --format json
is 'every slot: one run each' "$(runs) $(member '["slots"]')" "3 ['blue', 'green']"
is 'every slot: what each answers' "$(member '["why"]')" 'all 2 addresses answer 1.2.0'
is 'JSON: what was asked' "$(member '["evidence"]["answers"][1]["slot"]') $(member '["evidence"]["answers"][1]["observed"]')" 'green 1.2.0'
is 'JSON: the output is kept' "$(member '["evidence"]["commands"][0]["output"]')" 'deploying 1.2.0 to blue as ****'
"$TMINUS" journal export >"$tmp/journal"
lacks 'no secret in the journal' journal hush-hush

# The command's word is not believed alone.
echo late >manner
ends 0 'a slot may take its time' release 1.3.0 --slot green
echo idle >manner
ends 5 'ended well, and did nothing' release 1.4.0 --slot green
says 'ended well, and did nothing: said' out 'NOT DONE  no address answers 1.4.0'
echo fail >manner
ends 4 'failed, and did nothing' release 1.4.0 --slot green
says 'failed, and did nothing: said' out 'NOT DONE  ./deploy.sh: ended with status 3: no such image; no address answers 1.4.0'
is 'failed: journaled' "$(events | tail -c 31)" 'release-started release-failed'
echo fail-late >manner
ends 0 'failed, but every address answers it' release 1.4.0 --slot green
says 'failed, but every address answers it: said' out './deploy.sh: ended with status 1; but it answers 1.4.0'
chmod -x deploy.sh
ends 4 'cannot be started' release 1.5.0 --slot green
says 'cannot be started: said' out 'cannot be started'
chmod +x deploy.sh

# Every address, not one of them.
echo well >manner
configure "blue: {address: [\"127.0.0.1:$(port http)\", \"127.0.0.1:$(port second)\"]}" "$version"
ends 5 'one of two addresses' release 1.6.0
says 'one of two addresses: said' out 'PARTLY DONE  1 of 2 addresses answer 1.6.0: slot blue: http://127.0.0.1:'
configure "blue: {address: [\"127.0.0.1:$(port http)\", \"127.0.0.1:$(port closed)\"]}" "$version"
ends 5 'one address answers nothing' release 1.7.0
says 'one address answers nothing: said' out 'refused: nobody listens there'

# Well is more than the version.
configure "$blue" "$version, {name: orders, sql: 'SELECT count(*) FROM orders', expect: {above: 0}}"
ends 5 'a critical check fails' release 1.8.0
says 'a critical check fails: said' out 'PARTLY DONE  1.8.0 answers, but orders: its query gives 0, expected above 0'
configure "$blue" "$version, {name: orders, sql: 'SELECT count(*) FROM orders', expect: {above: 0}, critical: false}"
ends 0 'one that is not critical is only told' release 1.8.1
says 'one that is not critical is only told: said' out 'FAIL     orders: its query gives 0'
configure "$blue" "$version, {name: orders, sql: 'DELETE FROM orders', expect: 0}"
ends 3 'a check that may not be asked' release 1.8.2

# Time.
echo sleep >manner
configure "$blue" "$version" ', timeout: 500ms'
ends 4 'a command that lasts too long' release 1.9.0
says 'a command that lasts too long: said' out './deploy.sh: did not end within 500 ms'
is 'and what it started is gone' "$(pgrep -f 'sleep 77.7')" ''
configure "$blue" "$version"
"$TMINUS" release --version 1.9.1 >"$tmp/out" 2>"$tmp/err" &
pid=$!
for i in $(seq 50); do
    pgrep -f 'sleep 77.7' >"$tmp/sleeping" && break
    sleep 0.1
done
ends 6 'two at once' release 1.9.2
kill -TERM "$pid"
wait "$pid"
is 'interrupted' "$?" 143
for _ in $(seq 30); do # whoever does not obey is killed two seconds later
    pgrep -f 'sleep 77.7' >"$tmp/sleeping" || break
    sleep 0.1
done
is 'interrupted: what it started is gone' "$(pgrep -f 'sleep 77.7')" ''
is 'interrupted: the intent stands alone' "$(events | tail -c 31)" 'release-failed release-started'
echo well >manner
ends 0 'and the next one does it' release 1.9.1

# --- a variable in the command itself
sed -i 's#"{version}"\]#"{version}", "--token=${OTHER_TOKEN}"]#' tminus.yaml
ends 0 'a variable among the words' release 1.9.3
lacks 'a variable among the words: its value is not shown' out never-passed
"$TMINUS" journal export >"$tmp/journal" 2>"$tmp/ignored"
lacks 'a variable among the words: nor journaled' journal never-passed
says 'a variable among the words: as it is written' journal 'token=${OTHER_TOKEN}'
done_testing
