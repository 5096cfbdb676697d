-- Indexes. The whole definition only where columns' numbers do not tell all of it: an expression, a
-- predicate, an operator class or a collation (100 is the database's) that may not be the column's own.
-- NULLS NOT DISTINCT is known to 15 and later.
SELECT i.indrelid, c.relname, m.amname, i.indkey, i.indnkeyatts, i.indisunique, i.indisprimary,
       i.indisvalid AND i.indisready AS is_valid,
       CASE WHEN i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
              OR i.indclass::oid[] && ARRAY(SELECT o.oid FROM pg_catalog.pg_opclass AS o WHERE NOT o.opcdefault)
              OR i.indrelid IN (SELECT a.attrelid FROM pg_catalog.pg_attribute AS a
                                WHERE a.attrelid >= 16384 AND a.attcollation NOT IN (0, 100))
              OR NOT i.indcollation::oid[] <@ '{0,100}'::oid[]
            THEN pg_catalog.pg_get_indexdef(i.indexrelid) END AS definition,
       i.indoption, CASE WHEN i.indisunique THEN pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' END AS nulls_equal,
       (SELECT w.relname FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_class AS w ON w.oid = h.inhparent
        WHERE h.inhrelid = i.indexrelid) AS attached_to
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
WHERE i.indrelid >= 16384 AND t.relkind IN ('r', 'p', 'm')
ORDER BY i.indrelid, i.indexrelid;
