-- Every relation of users with its file, for a run that is measured: before it, and again where
-- files were given back. Read in the migration's own session, whose search_path is its own matter.
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relfilenode, i.indrelid
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m,v,f,i,I,S}'::pg_catalog."char"[])
    AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
    AND n.nspname OPERATOR(pg_catalog.<>) 'pg_toast'
    AND n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
    AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
    AND n.nspname OPERATOR(pg_catalog.<>) 'tminus' -- undo logs: written by what is ours
