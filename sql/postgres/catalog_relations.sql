-- Relations of users, in the order in which they were made. A bound reads no column: see columns. Names beginning with pg_ are the
-- server's own, and so is every oid below 16384; temporary relations are of one session only.
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence = 'u' AS is_unlogged, c.relispartition,
       p.partrelid IS NOT NULL AS is_default, i.indrelid,
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, 0) END AS bound
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_partitioned_table AS p ON p.partdefid = c.oid
WHERE c.oid >= 16384
  AND c.relkind IN ('r', 'p', 'v', 'm', 'i', 'I', 'S', 'f', 'c')
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'tminus')
ORDER BY c.oid;
