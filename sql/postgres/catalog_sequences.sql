-- Sequences, who owns them, and how far they are. The role may lack the right to see the last value;
-- on a standby an unlogged sequence has none.
SELECT s.seqrelid, pg_catalog.format_type(s.seqtypid, NULL), s.seqmin, s.seqmax, s.seqincrement, s.seqcycle,
       CASE WHEN pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT, USAGE')
             AND (c.relpersistence = 'p' OR NOT pg_catalog.pg_is_in_recovery())
            THEN pg_catalog.pg_sequence_last_value(s.seqrelid) END AS last_value,
       d.refobjid, d.refobjsubid
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
LEFT JOIN pg_catalog.pg_depend AS d
  ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.seqrelid
 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
 AND d.deptype IN ('a', 'i')
WHERE s.seqrelid >= 16384 AND c.relpersistence <> 't'
ORDER BY s.seqrelid;
