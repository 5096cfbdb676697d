-- Functions and procedures. Of several with one name the most volatile comes last. A body only where
-- it is SQL or a language's text, and not an extension's.
SELECT n.nspname, p.proname, l.lanname, p.provolatile,
       CASE WHEN l.lanname IN ('c', 'internal') OR x.objid IS NOT NULL THEN NULL
            WHEN p.prosrc = '' THEN pg_catalog.pg_get_function_sqlbody(p.oid)
            ELSE p.prosrc END AS body
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_catalog.pg_depend AS x
  ON x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND x.objid = p.oid AND x.deptype = 'e'
WHERE p.oid >= 16384 AND p.prokind <> 'a'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tminus')
ORDER BY n.nspname, p.proname, p.provolatile, p.oid;
