-- Of relations that are locked, and of the indexes of those that are tables: the file, whether it
-- is empty, and what the transaction did so far.
SELECT c.oid, c.relfilenode, 0::pg_catalog.oid,
    c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m}'::pg_catalog."char"[])
        AND pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog.=) 0,
    pg_catalog.pg_stat_get_xact_numscans(c.oid),
    pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid),
    pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
    pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
FROM pg_catalog.pg_class c
WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
    AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m,f}'::pg_catalog."char"[])
UNION ALL
SELECT c.oid, c.relfilenode, i.indrelid, false, pg_catalog.pg_stat_get_xact_numscans(c.oid), 0, 0, 0
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
WHERE i.indrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
