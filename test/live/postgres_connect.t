#!/bin/sh
# Connecting to PostgreSQL: every way that works, every way that fails with what is said of it, and no
# password in anything that is printed.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

secret='s3cret/p@ss'
coded='s3cret%2Fp%40ss'
postgres_start 'max_connections = 14'
data=$postgres_folder/data
standby=$postgres_folder-standby
holders=
trap '[ -z "$holders" ] || kill $holders 2>/dev/null
      "$SOURCE/tool/postgres-server" stop "$standby"
      "$SOURCE/tool/postgres-server" stop "$postgres_own"; rm -rf "$tmp"' EXIT
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)

as_owner()
(
    if [ "$(id -u)" -eq 0 ]; then
        cd "$postgres_folder" && setpriv --reuid postgres --regid postgres --clear-groups -- env HOME="$postgres_folder" "$@"
    else
        "$@"
    fi
)

# configure LINE…: more settings, taken up at once.
configure()
{
    printf '%s\n' "$@" >>"$data/postgresql.auto.conf"
    PGHOST=$postgres_folder PGPORT=$postgres_port postgres_super postgres 'SELECT pg_reload_conf()' >/dev/null
}

postgres_database shop
postgres_sql shop "CREATE TABLE t AS SELECT i AS id, 'row ' || i AS a FROM generate_series(1, 10) i;
    ALTER TABLE t ADD PRIMARY KEY (id)"
postgres_super shop "CREATE ROLE reader LOGIN PASSWORD '$secret'; GRANT pg_read_all_data TO reader;
    CREATE ROLE guarded LOGIN; GRANT pg_read_all_data TO guarded;
    CREATE ROLE rejected LOGIN; CREATE ROLE nobody LOGIN; CREATE ROLE blocked; CREATE ROLE runner LOGIN;
    GRANT pg_read_all_data, pg_execute_server_program TO runner"
postgres_super postgres 'CREATE DATABASE private'
postgres_super postgres 'REVOKE CONNECT ON DATABASE private FROM public'
cat >"$data/pg_hba.conf" <<END
local all all trust
local replication all trust
hostssl all guarded 127.0.0.1/32 trust
host all reader 127.0.0.1/32 scram-sha-256
host all rejected 127.0.0.1/32 reject
host all deployer,postgres,runner,blocked,unknown 127.0.0.1/32 trust
host all nobody 192.0.2.0/24 trust
END
configure
at=127.0.0.1:$postgres_port

cd "$tmp"
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}"}
invariants:
  - {name: nothing is missing, zero: "SELECT count(*) FROM t WHERE a IS NULL"}
END
export TMINUS_STATE=$tmp/state PGPASSFILE=$tmp/pgpass PGSERVICEFILE=$tmp/services
unset PGHOST PGPORT PGUSER
touch log

# count SQL: of the server, by its socket.
count()
{
    PGHOST=$postgres_folder PGPORT=$postgres_port postgres_super postgres "SELECT count(*) FROM pg_stat_activity WHERE $1"
}

# until NUMBER SQL: waits until so many are counted.
until_counted()
{
    tries=0
    while [ "$(count "$2")" != "$1" ] && [ "$tries" -lt 200 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
}

# works NAME ADDRESS
works()
{
    DATABASE_URL=$2 ends 0 "$1: connects" "$TMINUS" baseline save
    cat out err >>log
}

# fails STATUS NAME ADDRESS MESSAGE HINT
fails()
{
    DATABASE_URL=$3 ends "$1" "$2: exit status" "$TMINUS" baseline save
    cat out err >>log
    is "$2: said" "$(sed 's/^tminus: //; s/ (time [0-9.]*)//' err | head -1)" "$4"
    says "$2: next step" err "$5"
}

# --- forms of address
works 'postgresql://' "postgresql://deployer@$at/shop"
works 'postgres://' "postgres://deployer@$at/shop"
works 'of SQLAlchemy' "postgresql+psycopg2://deployer@$at/shop"
works 'of JDBC' "jdbc:postgresql://$at/shop?user=deployer"
works 'conninfo' "host=127.0.0.1 port=$postgres_port dbname=shop user=deployer"
works 'by socket' "postgresql:///shop?host=$postgres_folder&port=$postgres_port&user=deployer"
works 'conninfo by socket' "host=$postgres_folder port=$postgres_port dbname=shop user=deployer"
PGHOST=127.0.0.1 PGPORT=$postgres_port PGUSER=deployer works 'by variables' postgresql:///shop
cat >services <<END
[shop]
host=127.0.0.1
port=$postgres_port
dbname=shop
user=reader
password=$secret
END
works 'by service' service=shop
works 'by service in a URL' 'postgresql://?service=shop'
works 'password in the URL' "postgresql://reader:$coded@$at/shop"
PGPASSWORD=$secret works 'password by PGPASSWORD' "postgresql://reader@$at/shop"
echo "127.0.0.1:$postgres_port:shop:reader:$(echo "$secret" | sed 's/:/\\:/g')" >pgpass
chmod 600 pgpass
works 'password by .pgpass' "postgresql://reader@$at/shop"
works 'the second host' "host=127.0.0.1,127.0.0.1 port=1,$postgres_port dbname=shop user=deployer"
works 'a server of the wanted kind' "postgresql://deployer@$at,$at/shop?target_session_attrs=prefer-standby"

# --- addresses that cannot be right
address='the address of the PostgreSQL database'
fails 2 'no slashes' postgres:shop "$address: two slashes must follow the scheme" 'write postgresql://USER@HOST'
fails 2 'unknown parameter' "postgresql://$at/shop?sslmod=require" "$address: libpq knows no parameter 'sslmod'" 'write postgresql://USER@HOST'
fails 2 'password with @' "postgresql://reader:s3cret@s3cret@$at/shop" \
    "$address: host and port cannot be told apart from user and password" '%2F'
fails 2 'password with /' "postgresql://reader:s3cret/x@$at/shop" \
    "$address: host and port cannot be told apart from user and password" '%2F'
fails 2 'bad percent' "postgresql://reader:s3cret%zz@$at/shop" "$address: it cannot be read: invalid percent-encoded token" 'write postgresql://USER@HOST'
fails 2 'no equals sign' "host=127.0.0.1 s3cret" "$address: it cannot be read: missing" 'write postgresql://USER@HOST'
fails 2 'ports and hosts' 'host=a,b,c port=1,2' "$address: it lists more or fewer ports than hosts" 'write postgresql://USER@HOST'
fails 2 'bad time' "postgresql://$at/shop?connect_timeout=soon" "$address: connect_timeout is no number of seconds" 'write postgresql://USER@HOST'
fails 2 'unknown service' service=none \
    'the PostgreSQL database: the service is not known: definition of service "none" not found' PGSERVICEFILE
fails 2 'bad sslmode' "postgresql://deployer@$at/shop?sslmode=sure" \
    "$at/shop: the address is wrong: invalid sslmode value: \"sure\"" psql

# --- nobody there
closed=$("$SOURCE/tool/postgres-server" port)
fails 3 'no server' "postgresql://deployer@127.0.0.1:$closed/shop" \
    "127.0.0.1:$closed/shop: no server listens there: Connection refused" listen_addresses
fails 3 'no server on the socket' "postgresql:///shop?host=$tmp&user=deployer" \
    "$tmp:5432/shop: no server listens on this socket: No such file or directory" unix_socket_directories
fails 3 'no such host' 'postgresql://deployer@no-host.invalid/shop' \
    "no-host.invalid:5432/shop: the host's name has no address: could not translate host name \"no-host.invalid\" to address: $(
        python3 -c 'import socket
try: socket.getaddrinfo("no-host.invalid", 5432)
except socket.gaierror as e: print(e.strerror)')" 'spelt right'
fails 3 'none of two' "host=127.0.0.1,127.0.0.1 port=$closed,$closed dbname=shop user=deployer" \
    "127.0.0.1:$closed/shop: no server listens there: Connection refused; 127.0.0.1:$closed/shop: no server listens there: Connection refused" 'is it running'
fails 3 'no standby' "postgresql://deployer@$at/shop?target_session_attrs=standby" \
    "$at/shop: no server has the target_session_attrs asked for: server is not in hot standby mode" failover

# --- somebody else there
cat >stranger.py <<'END'
import socket, struct, sys, threading
def message(kind, body): return kind + struct.pack("!I", len(body) + 4) + body
def old(connection):
    if struct.unpack("!II", connection.recv(8))[1] == 80877103:
        connection.send(b"N")
    connection.recv(1000)
    connection.send(message(b"R", struct.pack("!I", 0)) + message(b"S", b"server_version\x0013.14\x00")
                    + message(b"Z", b"I"))
def web(connection):
    connection.recv(1000)
    connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
def silent(connection): pass
listening, kept = [], []
def serve(server, answer):
    while True:
        kept.append(server.accept()[0])
        try:
            answer(kept[-1])
            if answer is web: kept[-1].close()
        except (OSError, struct.error): pass
for answer in (old, web, silent):
    server = socket.create_server(("127.0.0.1", 0))
    listening.append(str(server.getsockname()[1]))
    threading.Thread(target=serve, args=(server, answer)).start()
print(*listening, flush=True)
END
python3 stranger.py >ports &
holders=$!
while [ ! -s ports ] && kill -0 "$holders"; do sleep 0.1; done
read -r old web silent <ports
fails 2 'a server that is too old' "postgresql://deployer@127.0.0.1:$old/shop" \
    "127.0.0.1:$old/shop: PostgreSQL 13 is too old; tminus supports 14 and later" 'newer server'
fails 2 'a web server' "postgresql://deployer@127.0.0.1:$web/shop" \
    "127.0.0.1:$web/shop: what answers is no PostgreSQL server: received invalid response to SSL negotiation: H" 'the right port'
fails 2 'a web server, without TLS' "postgresql://deployer@127.0.0.1:$web/shop?sslmode=disable" \
    "127.0.0.1:$web/shop: what answers is no PostgreSQL server: expected authentication request from server, but received H" 'the right port'
fails 3 'a server that says nothing' "postgresql://deployer@127.0.0.1:$silent/shop?connect_timeout=1" \
    "127.0.0.1:$silent/shop: no answer within 1000 ms" firewall
works 'a server that says nothing is passed over' \
    "postgresql://deployer@127.0.0.1:$silent,$at/shop?connect_timeout=1"
kill "$holders"
holders=

# --- who may not
fails 2 'wrong password' "postgresql://reader:s3cret-not@$at/shop" \
    "$at/shop: user or password is wrong: password authentication failed for user \"reader\"" PGPASSWORD
rm pgpass
fails 2 'no password' "postgresql://reader@$at/shop" \
    "$at/shop: the server wants a password and none was given: fe_sendauth: no password supplied" pgpass
echo "127.0.0.1:$postgres_port:shop:reader:$secret" >pgpass
chmod 644 pgpass
DATABASE_URL=postgresql://reader@$at/shop ends 2 'a .pgpass that others may read' "$TMINUS" baseline save
says 'a .pgpass that others may read: said' err 'the server wants a password and none was given'
says 'a .pgpass that others may read: next step' err 'mode 0600'
cat out err >>log
rm pgpass
fails 2 'unknown role' "postgresql://unknown@$at/shop" "$at/shop: there is no such role: role \"unknown\" does not exist" PGUSER
fails 2 'a role that may not log in' "postgresql://blocked@$at/shop" \
    "$at/shop: the role may not log in here: role \"blocked\" is not permitted to log in" PGUSER
fails 2 'unknown database' "postgresql://deployer@$at/none" \
    "$at/none: there is no such database: database \"none\" does not exist" "psql -l"
fails 2 'a database that is not theirs' "postgresql://deployer@$at/private" \
    "$at/private: the role may not connect to this database: permission denied for database \"private\"" 'GRANT CONNECT'
fails 2 'rejected' "postgresql://rejected@$at/shop?sslmode=allow" \
    "$at/shop: refused by pg_hba.conf for a connection without TLS: pg_hba.conf rejects connection for host \"127.0.0.1\", user \"rejected\", database \"shop\", no encryption" sslmode=require
fails 6 'a superuser' "postgresql://postgres@$at/shop" \
    "$at/shop: role 'postgres' is a superuser; audits are not run by a role that may do more than read" \
    "CREATE ROLE tminus LOGIN PASSWORD '…'; GRANT pg_monitor, pg_read_all_data TO tminus;"
fails 6 'one who runs programs' "postgresql://runner@$at/shop" \
    "$at/shop: role 'runner' is a member of pg_execute_server_program; audits are not run by a role that may do more than read" \
    'GRANT pg_monitor, pg_read_all_data'
sed -i 's/{url: .*}/{url: "${DATABASE_URL}", allow_superuser: true}/' tminus.yaml
works 'a superuser that is allowed' "postgresql://postgres@$at/shop"
sed -i 's/, allow_superuser: true//' tminus.yaml

# --- TLS
fails 2 'no TLS there' "postgresql://deployer@$at/shop?sslmode=require" \
    "$at/shop: the server offers no TLS: server does not support SSL, but SSL was required" 'ssl = on'
fails 2 'TLS wanted there' "postgresql://guarded@$at/shop" \
    "$at/shop: refused by pg_hba.conf for a connection without TLS: no pg_hba.conf entry for host \"127.0.0.1\", user \"guarded\", database \"shop\", no encryption" sslmode=require
printf '[req]\ndistinguished_name = name\n[name]\n' >openssl.cnf # no other names
openssl req -new -x509 -days 2 -nodes -subj /CN=localhost -config openssl.cnf -out server.crt -keyout server.key 2>/dev/null
openssl req -new -x509 -days 2 -nodes -subj /CN=other -out other.crt -keyout other.key 2>/dev/null
install -m 600 server.crt server.key "$data"
[ "$(id -u)" -ne 0 ] || chown postgres: "$data/server.crt" "$data/server.key"
configure 'ssl = on'
works 'TLS' "postgresql://guarded@$at/shop?sslmode=require"
works 'TLS, the certificate checked' "postgresql://guarded@$at/shop?sslmode=verify-ca&sslrootcert=$tmp/server.crt"
fails 2 'TLS refused by us' "postgresql://guarded@$at/shop?sslmode=disable" \
    "$at/shop: refused by pg_hba.conf for a connection without TLS: no pg_hba.conf entry for host \"127.0.0.1\", user \"guarded\", database \"shop\", no encryption" sslmode=require
fails 2 'another authority' "postgresql://guarded@$at/shop?sslmode=verify-ca&sslrootcert=$tmp/other.crt" \
    "$at/shop: the server's certificate is not trusted: SSL error: certificate verify failed" sslrootcert=FILE
fails 2 'another name' "postgresql://guarded@$at/shop?sslmode=verify-full&sslrootcert=$tmp/server.crt" \
    "$at/shop: the server's certificate is of another host: server certificate for \"localhost\" does not match host name \"127.0.0.1\"" verify-ca
fails 2 'no authority' "postgresql://guarded@$at/shop?sslmode=verify-ca&sslrootcert=$tmp/none.crt" \
    "$at/shop: the server's certificate cannot be checked: root certificate file \"$tmp/none.crt\" does not exist" sslrootcert=FILE
fails 2 'not listed' "postgresql://nobody@$at/shop?sslmode=require" \
    "$at/shop: refused by pg_hba.conf: no pg_hba.conf entry for host \"127.0.0.1\", user \"nobody\", database \"shop\", SSL encryption" pg_reload_conf

# --- interrupted in the middle of a long query
sed -i 's/"SELECT .*"/"SELECT count(*) - count(*) FROM generate_series(1, 2000000000)"/' tminus.yaml
DATABASE_URL="postgresql://deployer@$at/shop" "$TMINUS" baseline save >out 2>err &
holders=$!
until_counted 1 "state = 'active' AND query LIKE '%generate_series(1, 2000000000)%' AND pid <> pg_backend_pid()"
kill -INT "$holders"
status=0
wait "$holders" || status=$?
holders=
cat out err >>log
is 'interrupted: exit status' "$status" 130
until_counted 0 "state = 'active' AND query LIKE '%generate_series(1, 2000000000)%' AND pid <> pg_backend_pid()"
is 'interrupted: cancelled in the server' "$(count "state = 'active' AND query LIKE '%generate_series(1, 2000000000)%' AND pid <> pg_backend_pid()")" 0
sed -i 's/"SELECT .*"/"SELECT count(*) FROM t WHERE a IS NULL"/' tminus.yaml

# --- a standby
mkdir "$standby"
[ "$(id -u)" -ne 0 ] || chown postgres: "$standby"
as_owner "$bin/pg_basebackup" -h "$postgres_folder" -p "$postgres_port" -U postgres -D "$standby/data" -R -c fast -X stream
standby_port=$("$SOURCE/tool/postgres-server" port)
printf '%s\n' "port = $standby_port" "unix_socket_directories = '$standby'" 'hot_standby = on' >>"$standby/data/postgresql.auto.conf"
as_owner "$bin/pg_ctl" -D "$standby/data" -l "$standby/log" -w start >/dev/null
works 'a standby' "postgresql://deployer@127.0.0.1:$standby_port/shop"
works 'the standby of two' "postgresql://deployer@$at,127.0.0.1:$standby_port/shop?target_session_attrs=standby"
DATABASE_URL=postgresql://deployer@127.0.0.1:$standby_port/shop ends 0 'a standby is the database of the baseline' "$TMINUS" verify
cat out err >>log
DATABASE_URL=postgresql://deployer@127.0.0.1:$standby_port/postgres ends 1 'another database is not' "$TMINUS" verify
cat out err >>log
says 'another database is not: said' err "database postgres at 127.0.0.1:$standby_port (standby)"
mkdir -p pending
echo 'ALTER TABLE t ADD COLUMN more int;' >pending/001_more.up.sql
ends 0 'a standby tells the schema' "$TMINUS" assess --database "postgresql://deployer@127.0.0.1:$standby_port/shop" pending
cat out err >>log
says 'a standby: it is said to be one' out '(standby) at '
ends 0 'a standby tells the sizes' "$TMINUS" explain --database "postgresql://deployer@127.0.0.1:$standby_port/shop" 'ALTER TABLE t ADD COLUMN more int'
cat out err >>log
says 'a standby: not who is in the way' out 'who is in the way on the primary cannot be seen on a standby'
fails 3 'no primary' "postgresql://deployer@127.0.0.1:$standby_port/shop?target_session_attrs=primary" \
    "127.0.0.1:$standby_port/shop: no server has the target_session_attrs asked for: server is in hot standby mode" failover
as_owner "$bin/pg_ctl" -D "$standby/data" -m immediate -w stop >/dev/null

# --- full, and stopping
# Counting takes a slot as well, so one may find none: those that are missing are started again.
until_counted 0 "backend_type = 'client backend' AND pid <> pg_backend_pid()"
tries=0
while holding=$(count "query LIKE '%(600)' AND state = 'active'") && [ "$holding" -lt 11 ] && [ "$tries" -lt 30 ]; do
    tries=$((tries + 1))
    while [ "$holding" -lt 11 ]; do
        psql -X -h "$postgres_folder" -p "$postgres_port" -U deployer -d shop -c 'SELECT pg_sleep(600)' >/dev/null 2>&1 &
        holders="$holders $!"
        holding=$((holding + 1))
    done
    sleep 1
done
fails 3 'no free slot' "postgresql://deployer@$at/shop" \
    "$at/shop: no connection slot is free: remaining connection slots are reserved for non-replication superuser connections" pg_stat_activity
postgres_one="SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%(600)' LIMIT 1"
PGHOST=$postgres_folder PGPORT=$postgres_port postgres_super postgres "$postgres_one" >/dev/null
until_counted 10 "backend_type = 'client backend' AND pid <> pg_backend_pid()"
works 'one slot alone' "postgresql://deployer@$at/shop"
as_owner "$bin/pg_ctl" -D "$data" -m smart -W stop >/dev/null
fails 3 'a server that stops' "postgresql://deployer@$at/shop" \
    "$at/shop: the server takes no connections now: the database system is shutting down" 'run the command again'

# --- nothing secret was said
is 'no password in what was printed' "$(grep -c s3cret log)" 0
is 'no password in what was written' "$(grep -rl s3cret state)" ''
result "$(($(wc -l <log) < 100))" 'what was printed was looked at'
done_testing
