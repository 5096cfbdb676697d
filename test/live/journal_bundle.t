#!/bin/sh
# Evidence that leaves a machine: a signed bundle, verified here, by openssl and python, and refused when anything of
# it was changed; journals of other machines kept as evidence.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
sqlite3 shop.db "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'ä');"
for i in 1 2 3; do "$TMINUS" baseline save --database shop.db --table users >saved 2>err || cat err; done
head=$(sed -n 's/^journal //p' saved)
journal() { "$TMINUS" journal "$@"; }

# --- the key

ends 2 'nothing to sign with' journal export --bundle bundle.json
says 'no key: said' err 'there is no key to sign with'
ends 0 'a key' journal key
cp out key.pem
is 'its file is its owner'"'"'s' "$(stat -c %a state/journal.key)" 600
ends 6 'a second one is refused' journal key
says 'second key: said' err 'there is a key already'
ends 0 'its public half again' journal key --public
is 'the same' "$(cat out)" "$(cat key.pem)"
is 'as openssl reads it' "$(openssl pkey -in state/journal.key -pubout)" "$(cat key.pem)"
TMINUS_STATE="$tmp/other" "$TMINUS" journal key >other.pem
chmod 644 state/journal.key
ends 2 'a key that others may read signs nothing' journal export --bundle bundle.json
chmod 600 state/journal.key

# --- the bundle

ends 0 'a bundle' journal export --bundle bundle.json
says 'with the head' out "head $head"
away() { (mkdir -p elsewhere && cd elsewhere && env -i PATH="$PATH" LC_ALL=C.UTF-8 "$TMINUS" journal verify "$@"); }
ends 0 'verified elsewhere, without home, state and configuration' away --bundle ../bundle.json --key ../key.pem
says 'verified: counted' out 'bundle intact: 3 events, signed by this key'
says 'verified: the head' out "head $head"
ends 0 'with the head that was noted' away --bundle ../bundle.json --key ../key.pem --head "$head"
ends 1 'with another head' away --bundle ../bundle.json --key ../key.pem --head "3:$(printf '0%.0s' $(seq 64))"
says 'another head: said' out 'not the one of the head that was noted'
ends 0 'as JSON' away --bundle ../bundle.json --key ../key.pem --format json
is 'JSON: verdict, signature, head' "$(python3 -c '
import json; d = json.load(open("out")); print(d["schema"], d["verdict"], d["signed"], d["intact"], d["events"], d["head"]["seq"])')" 'tminus/journal/1 GO True True 3 3'

# Another implementation of PAE, of the statement's reading, and of the signature.
python3 - <<'PY' >facts
import base64, hashlib, json, subprocess
envelope = json.load(open('bundle.json'))
payload = base64.b64decode(envelope['payload'], validate=True)
kind = envelope['payloadType']
open('pae', 'wb').write(b'DSSEv1 %d %s %d %s' % (len(kind), kind.encode(), len(payload), payload))
[signature] = envelope['signatures']
open('sig', 'wb').write(base64.b64decode(signature['sig'], validate=True))
der = subprocess.run(['openssl', 'pkey', '-pubin', '-in', 'key.pem', '-outform', 'DER'], stdout=subprocess.PIPE).stdout
statement = json.loads(payload)
last = dict(statement['predicate']['events'][-1])
del last['hash']
line = json.dumps(last, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()
print(kind, statement['_type'], statement['predicateType'], len(statement['predicate']['events']))
print(hashlib.sha256(der).hexdigest() == signature['keyid'],
      hashlib.sha256(line).hexdigest() == statement['subject'][0]['digest']['sha256'])
PY
is 'an in-toto statement in a DSSE envelope; key id and subject are as they ought to be' "$(cat facts)" \
"application/vnd.in-toto+json https://in-toto.io/Statement/v1 urn:tminus:journal:1 3
True True"
ends 0 'openssl verifies the signature' openssl pkeyutl -verify -rawin -pubin -inkey key.pem -in pae -sigfile sig
printf x >>pae
ends 1 'and not of another text' openssl pkeyutl -verify -rawin -pubin -inkey key.pem -in pae -sigfile sig
openssl pkeyutl -sign -rawin -inkey state/journal.key -in bundle.json -out theirs 2>/dev/null
is 'openssl signs with this key' $? 0

# --- changed

ends 1 'another key' away --bundle ../bundle.json --key ../other.pem
says 'another key: said' out 'NOT SIGNED: it is signed by the key'
ends 2 'a key that is none' away --bundle ../bundle.json --key ../bundle.json
ends 2 'no JSON' away --bundle ../key.pem --key ../key.pem
echo '{"payload": "e30="}' >none.json
ends 2 'JSON that is no bundle' away --bundle ../none.json --key ../key.pem
says 'no bundle: said' err 'no DSSE envelope'
ends 2 'no such file' away --bundle ../nothing.json --key ../key.pem
ends 2 'without a key' away --bundle ../bundle.json
# One byte of the payload, of the signature, of the type, at each of many places: never GO.
python3 - <<'PY' >changed
import os, random, subprocess, sys
text = open('bundle.json').read()
random.seed(1)
tally = {}
for i in range(40):
    at = random.randrange(len(text) - 1)
    if i < 4:
        at = text.index('"sig":"') + 7 + i
    elif i < 8:
        at = text.index('"payload":"') + 11 + i
    other = random.choice([c for c in 'AbZ09+/"{x' if c != text[at]])
    with open('changed.json', 'w') as file:
        file.write(text[:at] + other + text[at + 1:])
    run = subprocess.run([os.environ['TMINUS'], 'journal', 'verify', '--bundle', 'changed.json', '--key', 'key.pem'],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # The key's name is a hint, which is not signed.
    is_hint = text.index('"keyid"') <= at < text.index('"sig"')
    if run.returncode not in ((0, 1, 2) if is_hint else (1, 2)) or 'Sanitizer' in run.stderr:
        print(at, run.returncode, run.stdout, run.stderr)
    tally[run.returncode] = tally.get(run.returncode, 0) + 1
print(tally.get(1, 0) > 20)
PY
is 'a changed byte: NO-GO, or no bundle any more' "$(cat changed)" True

# What is signed, but no whole journal: an event taken out, and signed anew with the right key.
forge()
{
    python3 - "$1" <<'PY'
import base64, json, subprocess, sys
envelope = json.load(open('bundle.json'))
statement = json.loads(base64.b64decode(envelope['payload']))
events = statement['predicate']['events']
kind = envelope['payloadType']
exec(sys.argv[1])
payload = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
open('pae', 'wb').write(b'DSSEv1 %d %s %d %s' % (len(kind), kind.encode(), len(payload), payload))
subprocess.run(['openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', 'state/journal.key', '-in', 'pae', '-out', 'sig'], check=True)
envelope['payload'] = base64.b64encode(payload).decode()
envelope['payloadType'] = kind
envelope['signatures'][0]['sig'] = base64.b64encode(open('sig', 'rb').read()).decode()
json.dump(envelope, open('forged.json', 'w'))
PY
}
forged() { forge "$1"; ends 1 "signed, but $2" away --bundle ../forged.json --key ../key.pem; says "$2: said" out "$3"; }
forge 'pass'
ends 0 'signed by openssl, unchanged' away --bundle ../forged.json --key ../key.pem
forged 'del events[1]' 'an event is missing' 'BROKEN, though signed: event 2 is missing'
forged 'events[1]["actor"] = "somebody"' 'an event was changed' 'event 2 was changed: its hash does not fit'
forged 'del events[2]' 'the tail is cut' 'which is not the head that it states'
forged 'events.clear()' 'nothing is in it' 'there is no event in it'
forged 'events[0] = 5' 'an event is none' 'event 1 is none of a journal'
forged 'statement["predicateType"] = "urn:other"' 'of something else' 'no journal of tminus'
forged 'kind = "application/json"' 'of another type' 'no statement of in-toto'
forged 'statement = b"{"' 'no JSON' 'what is signed is no JSON'

# A broken journal is not signed.
cp state/journal.db whole.db
sqlite3 state/journal.db "DELETE FROM event WHERE sequence = 1"
ends 2 'a broken journal is not signed' journal export --bundle broken.json
is 'nothing was written' "$(ls broken.json 2>/dev/null)" ''
rm -f state/journal.db-wal state/journal.db-shm
cp whole.db state/journal.db

# --- import

export TMINUS_STATE="$tmp/central"
"$TMINUS" baseline save --database shop.db --table users >/dev/null 2>&1
TMINUS_STATE="$tmp/state" "$TMINUS" journal export >machine.jsonl
ends 0 'JSON lines of another machine' journal import machine.jsonl
says 'imported: whose' out 'imported 3 events, signed by nobody'
says 'imported: how it is seen' out "tminus journal show --imported $head"
ends 0 'again' journal import machine.jsonl
says 'again: said' out 'imported before: 3 events'
ends 2 'a bundle without a key' journal import bundle.json
says 'bundle without a key: said' err 'whose signature is to be verified'
ends 2 'a bundle of another key' journal import bundle.json --key other.pem
ends 0 'a bundle' journal import bundle.json --key key.pem --format json
is 'now it is signed' "$(python3 -c 'import json; d = json.load(open("out")); print(d["new"], d["events"], d["imported"]["seq"], d["head"]["seq"])')" 'True 3 3 3'
is 'in our chain: two events beside our own' "$("$TMINUS" journal show | sed -n 's/^ *\([0-9]*\)  [^ ]*  \([a-z-]*\).*/\1 \2/p' | tr '\n' ' ')" '1 baseline-saved 2 journal-imported 3 journal-imported '
ends 0 'our chain is whole' journal verify
ends 0 'the other one is shown' journal show --imported "$head"
is 'its events alone' "$(grep -c baseline-saved out)" 3
ends 2 'one that was not imported' journal show --imported "3:$(printf '0%.0s' $(seq 64))"
says 'not imported: said' err 'no journal was imported that ends at'
sed '2d' machine.jsonl >cut.jsonl
ends 2 'one that is broken' journal import cut.jsonl
says 'broken: said' err 'not imported: event 2 is missing'
sed 's/"rows":1/"rows":2/' machine.jsonl >changed.jsonl
ends 2 'one that was changed' journal import changed.jsonl
head -2 machine.jsonl >short.jsonl
ends 2 'one that was cut, with its head' journal import short.jsonl --head "$head"
echo 'no event' >none.jsonl
ends 2 'none at all' journal import none.jsonl
says 'none: placed' err 'none.jsonl, line 1'
: >empty.jsonl
ends 2 'an empty file' journal import empty.jsonl
is 'nothing of those was noted' "$("$TMINUS" journal show | wc -l)" 3
sqlite3 central/journal.db "UPDATE imported SET line = replace(line, '\"rows\":1', '\"rows\":2') WHERE sequence = 2"
ends 2 'one that was changed since' journal show --imported "$head"
says 'changed since: said' err 'the imported journal is broken: event 2 was changed'
ends 2 'import without a file' journal import
ends 2 'options of another action' journal show --bundle bundle.json
done_testing
