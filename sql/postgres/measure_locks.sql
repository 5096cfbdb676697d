-- Locks on relations that a process holds, and where the server's log stands; one row at least.
-- Asked from another connection.
SELECT l.relation, l.mode, w.lsn - '0/0' AS wal
FROM (SELECT pg_current_wal_insert_lsn() AS lsn) w
LEFT JOIN pg_locks l
    ON l.pid = $1::int4 AND l.locktype = 'relation' AND l.granted
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
