-- Standbys that read from this server, and how far behind they are. A role without pg_monitor sees that they are
-- there, and nothing of how far.
SELECT coalesce(nullif(application_name, ''), 'process ' || pid) AS name,
       (EXTRACT(epoch FROM replay_lag) * 1000)::bigint AS lag_ms,
       pg_catalog.pg_wal_lsn_diff(sent_lsn, replay_lsn)::bigint AS lag_bytes
FROM pg_catalog.pg_stat_replication
ORDER BY lag_ms DESC NULLS LAST, name
