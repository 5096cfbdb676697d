-- Who inherits from whom or is a partition of whom.
SELECT h.inhrelid, h.inhparent
FROM pg_catalog.pg_inherits AS h
JOIN pg_catalog.pg_class AS c ON c.oid = h.inhrelid
WHERE c.relkind IN ('r', 'p', 'f')
ORDER BY h.inhrelid, h.inhseqno;
