-- Columns. Of an array its element's type; a collation only where it is not that of the type. A default
-- reads no column, so the server need not open (and lock) the table to print it.
SELECT a.attrelid, a.attnum, a.attname, n.nspname, coalesce(e.typname, t.typname), e.oid IS NOT NULL AS is_array,
       a.atttypmod, a.attnotnull, a.attidentity <> '' AS is_identity, a.attgenerated <> '' AS is_generated,
       CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, 0) END, k.collname
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type AS e ON e.typarray = t.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = coalesce(e.typnamespace, t.typnamespace)
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation AS k ON k.oid = a.attcollation AND a.attcollation <> t.typcollation
WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
ORDER BY a.attrelid, a.attnum;
