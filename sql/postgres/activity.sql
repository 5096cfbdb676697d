-- What a migration would meet in this database, worst first: who waits, transactions and prepared
-- ones with the locks that they hold, slots that hold WAL back, autovacuum, free connections.
-- Locks are mode, byte 31, schema.name, each with byte 30 behind it. A role without pg_monitor sees of others only that
-- they are there; that is a row of its own.
WITH here AS MATERIALIZED (
    SELECT oid, datname FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
), session AS MATERIALIZED (
    SELECT a.*, (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::bigint AS age_ms,
           pg_catalog.concat_ws(', ', nullif(a.application_name, ''), a.usename, 'process ' || a.pid) AS who
    FROM pg_catalog.pg_stat_activity AS a
    JOIN here ON here.oid = a.datid
    WHERE a.pid <> pg_catalog.pg_backend_pid()
), held AS MATERIALIZED (
    SELECT l.pid, l.virtualtransaction, l.granted,
           pg_catalog.string_agg(l.mode || E'\x1F' || n.nspname || '.' || c.relname || E'\x1E', ''
                                 ORDER BY n.nspname, c.relname, l.mode) AS locks
    FROM pg_catalog.pg_locks AS l
    JOIN here ON here.oid = l.database
    JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE l.locktype = 'relation' AND c.oid >= 16384
    GROUP BY l.pid, l.virtualtransaction, l.granted
), wal AS MATERIALIZED (
    SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                ELSE pg_catalog.pg_current_wal_lsn() END AS lsn
), line (rank, kind, who, state, age_ms, bytes, locks, detail) AS (
    SELECT 1, 'waiting', s.who, 'waits for a lock',
           (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - s.query_start) * 1000)::bigint, -1::bigint, h.locks,
           'behind process ' || pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(s.pid), ', ')
    FROM session AS s
    LEFT JOIN held AS h ON h.pid = s.pid AND NOT h.granted
    WHERE s.wait_event_type = 'Lock'
    UNION ALL
    SELECT 2, 'transaction', s.who, s.state, s.age_ms, -1, h.locks, pg_catalog.left(s.query, 200)
    FROM session AS s
    LEFT JOIN held AS h ON h.pid = s.pid AND h.granted
    WHERE s.xact_start IS NOT NULL AND s.backend_type <> 'autovacuum worker'
    UNION ALL
    SELECT 2, 'prepared', p.gid, 'prepared',
           (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - p.prepared) * 1000)::bigint, -1, h.locks, p.owner
    FROM pg_catalog.pg_prepared_xacts AS p
    JOIN here ON here.datname = p.database
    LEFT JOIN pg_catalog.pg_locks AS x ON x.locktype = 'transactionid' AND x.pid IS NULL AND x.transactionid = p.transaction
    LEFT JOIN held AS h ON h.pid IS NULL AND h.granted AND h.virtualtransaction = x.virtualtransaction
    UNION ALL
    SELECT 3, 'slot', r.slot_name, CASE WHEN r.active THEN 'active' ELSE 'not active' END, -1,
           coalesce(pg_catalog.pg_wal_lsn_diff(wal.lsn, r.restart_lsn)::bigint, -1), NULL,
           coalesce('it keeps rows from being cleaned since transaction ' || coalesce(r.xmin, r.catalog_xmin), '')
    FROM pg_catalog.pg_replication_slots AS r
    CROSS JOIN wal
    UNION ALL
    SELECT 4, 'autovacuum', s.who, 'active', s.age_ms, -1, h.locks, s.query
    FROM session AS s
    LEFT JOIN held AS h ON h.pid = s.pid AND h.granted
    WHERE s.backend_type = 'autovacuum worker'
    UNION ALL
    SELECT 5, 'unknown', 'others', 'insufficient privilege', -1, -1, NULL, 'GRANT pg_monitor TO ' || current_user
    WHERE EXISTS (SELECT FROM session AS s WHERE s.query = '<insufficient privilege>')
    UNION ALL
    SELECT 6, 'connections', 'everybody', count(a.pid) || ' of ' || pg_catalog.current_setting('max_connections'), -1, -1,
           NULL, (pg_catalog.current_setting('max_connections')::bigint
                  - pg_catalog.current_setting('superuser_reserved_connections')::bigint - count(a.pid))::text
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.datid IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'
)
SELECT kind, who, state, age_ms, bytes, locks, detail
FROM line
ORDER BY rank, age_ms DESC NULLS LAST, bytes DESC, who;
