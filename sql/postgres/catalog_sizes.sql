-- Rows as ANALYZE or VACUUM counted them last, in the proportion in which the table has grown since
-- (as the planner reckons); -1: there are some, and nobody counted them. Bytes of the table with its
-- long values but without its indexes: what a scan reads and a rewrite writes.
WITH sized AS MATERIALIZED (
    SELECT c.oid, c.reltuples::double precision, c.relpages, c.reltoastrelid,
           pg_catalog.pg_relation_size(c.oid) AS bytes
    FROM pg_catalog.pg_class AS c
    WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
)
SELECT oid,
       CASE WHEN bytes = 0 THEN 0
            WHEN relpages = 0 OR reltuples < 0 THEN -1
            ELSE (reltuples / relpages * (bytes / pg_catalog.current_setting('block_size')::bigint))::bigint
       END AS row_count,
       bytes + CASE WHEN bytes > 0 AND reltoastrelid <> 0 THEN pg_catalog.pg_relation_size(reltoastrelid) ELSE 0 END
FROM sized;
