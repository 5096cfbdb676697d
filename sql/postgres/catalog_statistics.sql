-- How many different values a column had at the last ANALYZE; of tables that the role may not read
-- nothing is shown. Below zero it is a share of the rows.
SELECT c.oid, s.attname,
       CASE WHEN s.n_distinct >= 0 THEN s.n_distinct ELSE -s.n_distinct * greatest(c.reltuples, 0) END::bigint
FROM pg_catalog.pg_stats AS s
JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
WHERE c.oid >= 16384 AND s.inherited = (c.relkind = 'p');
