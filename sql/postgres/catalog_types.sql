-- Types that users or extensions made, a row for each label of an enum. A table's own row type and
-- arrays are left out.
SELECT n.nspname, t.typname, t.typtype, l.enumlabel,
       bn.nspname, b.typname, t.typtypmod, e.oid IS NOT NULL AS is_array,
       t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contypid = t.oid) AS is_constrained
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
LEFT JOIN pg_catalog.pg_enum AS l ON l.enumtypid = t.oid
LEFT JOIN pg_catalog.pg_type AS d ON d.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_type AS e ON e.typarray = d.oid
LEFT JOIN pg_catalog.pg_type AS b ON b.oid = coalesce(e.oid, d.oid)
LEFT JOIN pg_catalog.pg_namespace AS bn ON bn.oid = b.typnamespace
WHERE t.oid >= 16384 AND t.typtype IN ('b', 'c', 'd', 'e', 'r')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS x WHERE x.typarray = t.oid)
  AND (t.typtype <> 'c' OR c.relkind = 'c')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tminus')
ORDER BY t.oid, l.enumsortorder;
