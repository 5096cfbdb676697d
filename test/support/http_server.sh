# http_server.py for shell tests: `. "$SOURCE/test/support/http_server.sh"` behind tap.sh. $web is its folder, and
# `port NAME` the port of one of its manners. It ends with the test.
#
# SPDX-License-Identifier: Apache-2.0

web=$tmp/web
mkdir "$web"
mkfifo "$web/input"
python3 "$SOURCE/test/support/http_server.py" "$web" <"$web/input" &
exec 9>"$web/input"
for i in $(seq 100); do
    [ -e "$web/ports" ] && break
    sleep 0.1
done
port() { sed -n "s/^$1=//p" "$web/ports"; }
