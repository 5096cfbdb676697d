-- Constraints of tables, the primary key first. NOT NULL is a column's, also where the server keeps
-- it as a constraint (18 and later). A foreign key to a partitioned table has further ones to each
-- partition on the same table, which come and go with it.
SELECT k.conrelid, k.conname, k.contype, k.convalidated, k.conkey, k.conindid, k.confrelid, k.confkey,
       k.confdeltype, k.confupdtype,
       k.condeferrable, k.condeferred, k.connoinherit, k.confmatchtype = 'f' AS is_full,
       CASE WHEN k.contype IN ('c', 'x') THEN pg_catalog.pg_get_constraintdef(k.oid) END AS definition
FROM pg_catalog.pg_constraint AS k
LEFT JOIN pg_catalog.pg_constraint AS w ON w.oid = k.conparentid
WHERE k.conrelid >= 16384 AND k.contype IN ('p', 'u', 'f', 'c', 'x')
  AND w.conrelid IS DISTINCT FROM k.conrelid
ORDER BY k.conrelid, k.contype <> 'p', k.oid;
