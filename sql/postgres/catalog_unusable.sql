-- Schemas whose tables this role cannot read, whatever is granted on them.
SELECT n.nspname
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tminus')
  AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND EXISTS (SELECT FROM pg_catalog.pg_class AS c
              WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))
ORDER BY n.nspname;
