-- Rows as ANALYZE or VACUUM counted them last, in the proportion in which the table has grown since
-- (as the planner reckons); -1: there are some, and nobody counted them. Bytes of the table with its
-- long values but without its indexes: what a scan reads and a rewrite writes. Rows written a second,
-- on average since the counters began; -1: less than an hour ago, or nobody counts.
WITH sized AS MATERIALIZED (
    SELECT c.oid, c.reltuples::double precision, c.relpages, c.reltoastrelid,
           pg_catalog.pg_relation_size(c.oid) AS bytes
    FROM pg_catalog.pg_class AS c
    WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
), counted AS MATERIALIZED (
    -- A database's own reset, else the cluster's: PostgreSQL 15 notes none for a database that was never reset.
    SELECT extract(epoch FROM pg_catalog.now() - coalesce(
               (SELECT stats_reset FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()),
               least((SELECT stats_reset FROM pg_catalog.pg_stat_bgwriter),
                     (SELECT stats_reset FROM pg_catalog.pg_stat_wal),
                     (SELECT stats_reset FROM pg_catalog.pg_stat_archiver))))::double precision AS seconds
    WHERE pg_catalog.current_setting('track_counts') = 'on' AND NOT pg_catalog.pg_is_in_recovery()
)
SELECT oid,
       CASE WHEN bytes = 0 THEN 0
            WHEN relpages = 0 OR reltuples < 0 THEN -1
            ELSE (reltuples / relpages * (bytes / pg_catalog.current_setting('block_size')::bigint))::bigint
       END AS row_count,
       bytes + CASE WHEN bytes > 0 AND reltoastrelid <> 0 THEN pg_catalog.pg_relation_size(reltoastrelid) ELSE 0 END,
       coalesce((SELECT (pg_catalog.pg_stat_get_tuples_inserted(sized.oid) + pg_catalog.pg_stat_get_tuples_updated(sized.oid)
                         + pg_catalog.pg_stat_get_tuples_deleted(sized.oid)) / seconds
                 FROM counted WHERE seconds >= 3600), -1)
FROM sized;
