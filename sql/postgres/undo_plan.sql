-- The tables given ($1: JSON, [{"place": 0, "schema": null, "name": "t"}]; without a place: those
-- that it is a view of), and those that their foreign keys write to, with why no before-images of
-- one can be kept.
WITH RECURSIVE subject AS (
    SELECT * FROM pg_catalog.json_to_recordset($1::pg_catalog.json) s(place integer, schema text, name text)),
given AS (
    SELECT s.place, s.schema, s.name, found.oid
    FROM subject s LEFT JOIN LATERAL (
        SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = s.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
          AND (n.nspname = s.schema OR s.schema IS NULL AND pg_catalog.pg_table_is_visible(c.oid))) found ON true),
viewed(oid) AS (
    SELECT g.oid FROM given g JOIN pg_catalog.pg_class c ON c.oid = g.oid WHERE g.place IS NULL AND c.relkind = 'v'
    UNION
    SELECT c.oid FROM viewed v JOIN pg_catalog.pg_rewrite w ON w.ev_class = v.oid
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'v') AND c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace),
reached(oid) AS (
    SELECT g.oid FROM given g WHERE g.oid IS NOT NULL AND g.place IS NOT NULL
    UNION
    SELECT v.oid FROM viewed v JOIN pg_catalog.pg_class c ON c.oid = v.oid WHERE c.relkind <> 'v'
    UNION
    SELECT COALESCE(pg_catalog.pg_partition_root(k.conrelid), k.conrelid)::pg_catalog.oid
    FROM reached r JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND k.conparentid = 0
      AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))
      AND (k.confrelid = r.oid OR k.confrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(r.oid)
                                                  UNION SELECT relid FROM pg_catalog.pg_partition_ancestors(r.oid)))),
kept_alone AS ( -- once: what is written to a partition is kept with the table that it is of, when that is kept too
    SELECT r.oid, ARRAY(SELECT r.oid UNION SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(r.oid)) AS parts
    FROM reached r WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(r.oid) a JOIN reached o ON o.oid = a.relid
                                     WHERE a.relid <> r.oid)),
kept AS ( -- with what of those given is it or a part of it, and whether it is written through a view
    SELECT k.*, k.oid IN (SELECT v.oid FROM viewed v) AS is_viewed,
        (SELECT pg_catalog.string_agg(g.place::pg_catalog.text, ',' ORDER BY g.place) FROM given g WHERE g.oid = ANY (k.parts)) AS places
    FROM kept_alone k)
SELECT COALESCE(g.schema, ''), g.name, g.place::pg_catalog.text, 'there is no such table before the migration' AS none, NULL AS why
FROM given g WHERE g.oid IS NULL AND g.place IS NOT NULL
UNION ALL
SELECT n.nspname, c.relname, CASE WHEN k.is_viewed THEN pg_catalog.concat_ws(',', k.places, 'view') ELSE k.places END,
    CASE
        WHEN c.relkind NOT IN ('r', 'p') THEN 'no table whose rows are stored here'
        WHEN n.nspname ~ '^pg_' OR n.nspname = 'information_schema' THEN 'a table of the server''s own, or a temporary one'
        WHEN EXISTS (SELECT FROM pg_catalog.pg_class p WHERE p.oid = ANY (k.parts) AND NOT pg_catalog.pg_has_role(p.relowner, 'USAGE')) THEN
            pg_catalog.format('only its owner ''%s'' can have its rows kept: run the migration as that role, or as a member of it',
                (SELECT pg_catalog.pg_get_userbyid(p.relowner) FROM pg_catalog.pg_class p WHERE p.oid = ANY (k.parts)
                 AND NOT pg_catalog.pg_has_role(p.relowner, 'USAGE') LIMIT 1))
        WHEN EXISTS (SELECT FROM pg_catalog.pg_class p WHERE p.oid = ANY (k.parts) AND p.relkind = 'f') THEN 'a part of it is a foreign table'
        WHEN c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid OR i.inhrelid = c.oid AND NOT c.relispartition)
            THEN 'tables inherit from it or it inherits, so a row does not say which of them it is in'
        WHEN EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = ANY (k.parts)) THEN 'rules rewrite what is written to it'
        WHEN pg_catalog.row_security_active(c.oid) THEN 'row-level security hides rows of it from this role'
        WHEN c.relnatts > 700 THEN 'it has more than 700 columns'
    END,
    pg_catalog.concat_ws('; ',
        CASE WHEN k.is_viewed THEN 'it is written through a view' WHEN k.places IS NULL THEN 'foreign keys write to it' END,
        CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
            AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull))
            THEN 'it has no key: its rows are matched whole' END,
        CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = ANY (k.parts) AND NOT t.tgisinternal AND t.tgenabled <> 'D')
            THEN 'what its triggers write to other tables is not foreseen' END)
FROM kept k JOIN pg_catalog.pg_class c ON c.oid = k.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY 3 NULLS LAST, 1, 2
