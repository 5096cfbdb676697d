-- The schema as text, of which a digest is made: kind, what, and how it is. Two databases whose
-- schemas were made by the same statements give the same rows, and every DDL statement changes them.
-- To see what differs: run this in both with psql after SET search_path = '' and compare.
--
-- In it are schemas, extensions with their version, relations with options, columns in their order,
-- defaults, constraints, indexes, partitions, views, sequences' bounds, triggers, rules, policies,
-- types, functions, publications, statistics, event triggers, comments, and the names of what is
-- rarer. Not in it: what belongs to an extension; owners, grants and tablespaces, which differ
-- between databases of one schema; rows, sizes, statistics and sequences' values; the schema tminus;
-- of columns' options all but n_distinct: 15.20 keeps a number of its own there (pg_attver).
WITH member AS MATERIALIZED (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), space AS MATERIALIZED (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tminus')
), relation AS MATERIALIZED (
    SELECT c.*, pg_catalog.format('%I.%I', s.nspname, c.relname) AS path
    FROM pg_catalog.pg_class AS c
    JOIN space AS s ON s.oid = c.relnamespace
    WHERE c.oid >= 16384 AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM member AS m
                      WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.oid)
), rare AS (
    SELECT tableoid, oid FROM pg_catalog.pg_cast
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_operator
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_opclass
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_opfamily
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_am
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_language
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_transform
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_conversion
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_collation
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_config
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_dict
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_parser
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_template
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_foreign_server
), line (kind, path, detail) AS (
    SELECT 'schema', nspname::text, '' FROM space
    UNION ALL
    SELECT 'extension', e.extname, ROW(e.extversion, n.nspname)::text
    FROM pg_catalog.pg_extension AS e
    JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
    UNION ALL
    SELECT 'relation', r.path,
           ROW(r.relkind, r.relpersistence, m.amname, r.reloptions, o.reloptions, r.relrowsecurity, r.relforcerowsecurity,
               r.relreplident, pg_catalog.format_type(nullif(r.reloftype, 0), NULL),
               pg_catalog.pg_get_expr(r.relpartbound, r.oid),
               CASE WHEN r.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(r.oid) END,
               CASE WHEN r.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(r.oid) END,
               s.srvname, f.ftoptions)::text
    FROM relation AS r
    LEFT JOIN pg_catalog.pg_am AS m ON m.oid = r.relam
    LEFT JOIN pg_catalog.pg_class AS o ON o.oid = r.reltoastrelid
    LEFT JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid = r.oid
    LEFT JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
    UNION ALL
    SELECT 'column', r.path,
           ROW(pg_catalog.row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), a.attname,
               pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_catalog.pg_get_expr(d.adbin, CASE WHEN a.attgenerated = '' THEN 0 ELSE d.adrelid END),
               a.attidentity, a.attgenerated, k.collname, a.attstorage, a.attcompression, nullif(a.attstattarget, -1),
               ARRAY(SELECT o FROM pg_catalog.unnest(a.attoptions) AS o WHERE o LIKE 'n\_distinct%' ORDER BY o),
               a.attfdwoptions, a.attislocal)::text
    FROM pg_catalog.pg_attribute AS a
    JOIN relation AS r ON r.oid = a.attrelid
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_collation AS k ON k.oid = a.attcollation
    WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
    UNION ALL
    SELECT 'parent', r.path, ROW(h.inhseqno, p.path)::text
    FROM pg_catalog.pg_inherits AS h
    JOIN relation AS r ON r.oid = h.inhrelid
    JOIN relation AS p ON p.oid = h.inhparent
    UNION ALL
    SELECT 'constraint', r.path, ROW(k.conname, pg_catalog.pg_get_constraintdef(k.oid), k.convalidated)::text
    FROM pg_catalog.pg_constraint AS k
    JOIN relation AS r ON r.oid = k.conrelid
    WHERE k.contype <> 't'
    UNION ALL
    SELECT 'index', r.path,
           ROW(pg_catalog.pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident)::text
    FROM pg_catalog.pg_index AS i
    JOIN relation AS r ON r.oid = i.indexrelid
    UNION ALL
    SELECT 'sequence', r.path,
           ROW(pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
               s.seqcycle, o.path, a.attname)::text
    FROM pg_catalog.pg_sequence AS s
    JOIN relation AS r ON r.oid = s.seqrelid
    LEFT JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.seqrelid
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
     AND d.deptype IN ('a', 'i')
    LEFT JOIN relation AS o ON o.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    UNION ALL
    SELECT 'trigger', r.path, ROW(pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled)::text
    FROM pg_catalog.pg_trigger AS t
    JOIN relation AS r ON r.oid = t.tgrelid
    WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'rule', r.path, ROW(pg_catalog.pg_get_ruledef(u.oid), u.ev_enabled)::text
    FROM pg_catalog.pg_rewrite AS u
    JOIN relation AS r ON r.oid = u.ev_class
    WHERE u.rulename <> '_RETURN'
    UNION ALL
    SELECT 'policy', r.path,
           ROW(y.polname, y.polcmd, y.polpermissive, pg_catalog.pg_get_expr(y.polqual, y.polrelid),
               pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid),
               ARRAY(SELECT o.rolname FROM pg_catalog.pg_roles AS o WHERE o.oid = ANY (y.polroles)
                     ORDER BY o.rolname))::text
    FROM pg_catalog.pg_policy AS y
    JOIN relation AS r ON r.oid = y.polrelid
    UNION ALL
    SELECT 'type', pg_catalog.format('%I.%I', s.nspname, t.typname),
           ROW(t.typtype, pg_catalog.format_type(nullif(t.typbasetype, 0), t.typtypmod), t.typnotnull, t.typdefault,
               k.collname, pg_catalog.format_type(g.rngsubtype, NULL),
               ARRAY(SELECT l.enumlabel FROM pg_catalog.pg_enum AS l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder),
               ARRAY(SELECT ROW(d.conname, pg_catalog.pg_get_constraintdef(d.oid), d.convalidated)::text
                     FROM pg_catalog.pg_constraint AS d WHERE d.contypid = t.oid ORDER BY d.conname))::text
    FROM pg_catalog.pg_type AS t
    JOIN space AS s ON s.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
    LEFT JOIN pg_catalog.pg_range AS g ON g.rngtypid = t.oid
    LEFT JOIN pg_catalog.pg_collation AS k ON k.oid = t.typcollation
    WHERE t.oid >= 16384 AND t.typtype IN ('b', 'c', 'd', 'e', 'r') AND (t.typtype <> 'c' OR c.relkind = 'c')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS x WHERE x.typarray = t.oid)
      AND NOT EXISTS (SELECT FROM member AS m
                      WHERE m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND m.objid = t.oid)
    UNION ALL
    SELECT 'function', p.oid::pg_catalog.regprocedure::text,
           CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid)
                ELSE ROW(a.aggkind, a.aggtransfn::pg_catalog.regprocedure, a.aggfinalfn::pg_catalog.regprocedure,
                         a.aggcombinefn::pg_catalog.regprocedure, a.aggtranstype::pg_catalog.regtype, a.agginitval)::text
           END
    FROM pg_catalog.pg_proc AS p
    JOIN space AS s ON s.oid = p.pronamespace
    LEFT JOIN pg_catalog.pg_aggregate AS a ON a.aggfnoid = p.oid
    WHERE p.oid >= 16384
      AND NOT EXISTS (SELECT FROM member AS m
                      WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = p.oid)
    UNION ALL
    SELECT 'publication', p.pubname,
           ROW(p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot)::text
    FROM pg_catalog.pg_publication AS p
    UNION ALL
    SELECT 'published', p.pubname, pg_catalog.to_jsonb(t)::text
    FROM pg_catalog.pg_publication AS p
    JOIN pg_catalog.pg_publication_tables AS t ON t.pubname = p.pubname
    WHERE NOT p.puballtables
    UNION ALL
    SELECT 'statistics', pg_catalog.pg_get_statisticsobjdef(x.oid), coalesce(nullif(x.stxstattarget, -1)::text, '')
    FROM pg_catalog.pg_statistic_ext AS x
    JOIN space AS s ON s.oid = x.stxnamespace
    UNION ALL
    SELECT 'event trigger', v.evtname, ROW(v.evtevent, v.evtfoid::pg_catalog.regprocedure, v.evtenabled, v.evttags)::text
    FROM pg_catalog.pg_event_trigger AS v
    WHERE NOT EXISTS (SELECT FROM member AS m
                      WHERE m.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND m.objid = v.oid)
    UNION ALL
    SELECT i.type, i.identity, ''
    FROM rare AS x
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(x.tableoid, x.oid, 0) AS i
    WHERE x.oid >= 16384
      AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = x.tableoid AND m.objid = x.oid)
    UNION ALL
    SELECT 'comment', ROW(i.type, i.identity)::text, d.description
    FROM pg_catalog.pg_description AS d
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
    WHERE d.objoid >= 16384
      AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = d.classoid AND m.objid = d.objoid)
      AND d.classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
      AND i.schema IS DISTINCT FROM 'tminus' AND (i.type, i.identity) IS DISTINCT FROM ('schema', 'tminus')
)
SELECT kind, path, detail FROM line ORDER BY kind COLLATE "C", path COLLATE "C", detail COLLATE "C";
