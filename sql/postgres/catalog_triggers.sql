-- Triggers that users made, and what they call.
SELECT t.tgrelid, t.tgname, n.nspname, p.proname, t.tgenabled = 'D' AS is_disabled,
       t.tgparentid <> 0 AS is_clone, pg_catalog.pg_get_triggerdef(t.oid)
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE t.tgrelid >= 16384 AND NOT t.tgisinternal
ORDER BY t.tgrelid, t.tgname;
