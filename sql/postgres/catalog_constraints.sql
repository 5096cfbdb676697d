-- Constraints of tables, the primary key first. NOT NULL is a column's, also where the server keeps
-- it as a constraint (18 and later).
SELECT k.conrelid, k.conname, k.contype, k.convalidated, k.conkey, k.conindid, k.confrelid, k.confkey,
       k.confdeltype, k.confupdtype,
       CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) END AS expression
FROM pg_catalog.pg_constraint AS k
WHERE k.conrelid >= 16384 AND k.contype IN ('p', 'u', 'f', 'c', 'x')
ORDER BY k.conrelid, k.contype <> 'p', k.oid;
