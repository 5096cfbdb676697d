-- Indexes. The whole definition only where columns' numbers do not tell all of it: an expression, a
-- predicate, an operator class or a collation that is not the column's own.
SELECT i.indrelid, c.relname, m.amname, i.indkey, i.indnkeyatts, i.indisunique, i.indisprimary,
       i.indisvalid AND i.indisready AS is_valid,
       CASE WHEN i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
              OR EXISTS (SELECT FROM pg_catalog.pg_opclass AS o
                         WHERE o.oid = ANY (i.indclass) AND NOT o.opcdefault)
              OR EXISTS (SELECT FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS s (place)
                         JOIN pg_catalog.pg_attribute AS a
                           ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.place]
                         WHERE i.indcollation[s.place] NOT IN (0, a.attcollation))
            THEN pg_catalog.pg_get_indexdef(i.indexrelid) END AS definition
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
WHERE i.indrelid >= 16384 AND t.relkind IN ('r', 'p', 'm')
ORDER BY i.indrelid, i.indexrelid;
