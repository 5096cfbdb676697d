-- What views read: relations, and of each the columns (0: the relation without any).
SELECT DISTINCT r.ev_class, d.refobjid, d.refobjsubid
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_depend AS d
  ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
WHERE r.ev_class >= 16384 AND r.rulename = '_RETURN'
ORDER BY r.ev_class, d.refobjid, d.refobjsubid;
