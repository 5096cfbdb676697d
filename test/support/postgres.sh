# PostgreSQL for shell tests: `. "$SOURCE/test/support/postgres.sh"` behind tap.sh.
#
#   postgres_start [SETTING…]   a scratch server for this test alone, stopped at its end; sets
#                               $postgres_folder $postgres_port and PGHOST PGPORT PGUSER (deployer)
#   postgres_shared             the test run's server (started when there is none): cheaper, and the
#                               default settings; use databases of your own
#   postgres_database NAME      make a database of role deployer; sets $database_url (TCP, no password).
#                               On a shared server the name must be this test's own: it is dropped first
#   postgres_sql NAME SQL       run SQL in it as deployer, unaligned tuples; fails on the first error
#   postgres_super NAME SQL     likewise as superuser
#   postgres_file NAME FILE     run a file as deployer
#
# SPDX-License-Identifier: Apache-2.0

postgres_folder=

postgres_use()
{
    postgres_folder=$1
    postgres_port=$(cat "$1/port")
    PGHOST=$1 PGPORT=$postgres_port PGUSER=deployer
    export PGHOST PGPORT PGUSER
    unset PGDATABASE PGPASSWORD PGSERVICE PGSSLMODE PGOPTIONS
}

postgres_start()
{
    postgres_own=$(mktemp -u /var/tmp/tminus-test-XXXXXXXX)
    trap '"$SOURCE/tool/postgres-server" stop "$postgres_own"; rm -rf "$tmp"' EXIT
    "$SOURCE/tool/postgres-server" start "$postgres_own" "$@" || exit 2
    postgres_use "$postgres_own"
}

postgres_shared()
{
    if [ -n "${TMINUS_TEST_POSTGRES-}" ]; then
        postgres_use "$TMINUS_TEST_POSTGRES"
    else
        postgres_start
    fi
}

postgres_sql()
{
    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$1" -c "$2"
}

postgres_super()
{
    PGUSER=postgres psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$1" -c "$2"
}

postgres_file()
{
    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$1" -f "$2"
}

postgres_database()
{
    # The server gives those that it ends 5 s to go; on a busy machine that may be too few.
    for attempt in 1 2 3 4; do
        ! postgres_sql postgres "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)" 2>/dev/null || break
    done
    postgres_sql postgres "CREATE DATABASE \"$1\"" || exit 2
    database_url="postgresql://deployer@127.0.0.1:$postgres_port/$1"
}
