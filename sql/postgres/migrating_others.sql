-- Another session of `tminus migrate` that is within a transaction of this database: what it does may still be committed,
-- and what it holds is held. A role that may not see others' application_name sees its own sessions alone.
SELECT pg_catalog.concat('process ', a.pid, ' of ', a.usename, ' from ', coalesce(pg_catalog.host(a.client_addr), 'the server itself'),
                         ', begun at ', pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ' UTC') AS who
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = pg_catalog.current_database()
  AND a.application_name = 'tminus/migrate'
  AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.xact_start IS NOT NULL
  AND a.state <> 'idle in transaction (aborted)'
ORDER BY a.xact_start
LIMIT 1;
