-- Who is in the way of a process: those at the root of its queue, each process once. A process
-- waits for whom holds its lock and for whom stands before it in the queue, and these may wait too.
-- 0 is a prepared transaction: no process. Needs pg_monitor to see the state of other roles' sessions.
WITH RECURSIVE chain (pid) AS (
    SELECT unnest(pg_blocking_pids($1::int))
    UNION
    SELECT unnest(pg_blocking_pids(chain.pid)) FROM chain
), waited AS (
    SELECT mode, relation, coalesce(relation::regclass::text, locktype) AS what
    FROM pg_locks WHERE pid = $1::int AND NOT granted LIMIT 1
), root AS (
    SELECT pid FROM chain WHERE pg_blocking_pids(pid) = '{}'
    UNION -- all wait for each other
    SELECT unnest(pg_blocking_pids($1::int))
    WHERE NOT EXISTS (SELECT FROM chain WHERE pg_blocking_pids(pid) = '{}')
)
SELECT root.pid, a.application_name, a.usename, a.state,
       (extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared)) * 1000)::bigint AS age_ms,
       p.gid, waited.mode, waited.what
FROM root
LEFT JOIN waited ON true
LEFT JOIN pg_stat_activity a ON a.pid = root.pid
LEFT JOIN LATERAL (
    SELECT x.gid, x.prepared FROM pg_prepared_xacts x
    JOIN pg_locks own ON own.locktype = 'transactionid' AND own.transactionid = x.transaction AND own.granted
    JOIN pg_locks held ON held.virtualtransaction = own.virtualtransaction AND held.pid IS NULL
    WHERE root.pid = 0 AND (held.relation = waited.relation OR waited.relation IS NULL)
    ORDER BY x.prepared LIMIT 1) p ON true
ORDER BY age_ms DESC NULLS LAST
LIMIT 3
