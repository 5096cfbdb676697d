-- Who keeps everybody else from a table and its size.
SELECT l.pid, coalesce(nullif(a.application_name, ''), 'no name'), n.nspname || '.' || c.relname
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_catalog.pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND c.relkind IN ('r', 'p', 'm', 'v')
ORDER BY a.xact_start, l.pid, c.relname
LIMIT 1;
