-- Keeping before-images: begin a log, add a table to it, what its triggers do, and the end.

-- Rows that this transaction updated or deleted, tminus's own tables aside.
CREATE OR REPLACE FUNCTION tminus.undo_rows_written(OUT relation oid, OUT rows bigint) RETURNS SETOF record
LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    SELECT relid, n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_upd + n_tup_del > 0 AND schemaname <> 'tminus' AND schemaname !~ '^pg_temp'
$tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_shape(p_relation oid) RETURNS text[]
LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    SELECT coalesce(array_agg(attnum || ' ' || atttypid), '{}') FROM pg_attribute WHERE attrelid = p_relation AND attnum > 0 AND NOT attisdropped
$tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_begin(p_log text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
BEGIN
    INSERT INTO tminus.undo_log (id, transaction) VALUES (p_log, pg_current_xact_id());
    INSERT INTO tminus.undo_written
    SELECT p_log, k.oid, k.relnamespace::regnamespace::text, k.relname, coalesce(w.rows, 0), pg_relation_filenode(k.oid), tminus.undo_shape(k.oid)
    FROM pg_class k LEFT JOIN tminus.undo_rows_written() w ON w.relation = k.oid
    WHERE k.relkind IN ('r', 'p') AND k.relnamespace::regnamespace::text !~ '^(pg_|information_schema|tminus)';
    PERFORM set_config('tminus.undo', p_log, false);
END $tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_triggers(p_log text, p_n integer, p_relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
DECLARE
    event record;
BEGIN
    FOR event IN
        SELECT * FROM (VALUES ('u', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS tminus_old NEW TABLE AS tminus_new'),
                              ('d', 'AFTER DELETE', 'REFERENCING OLD TABLE AS tminus_old'),
                              ('i', 'AFTER INSERT', 'REFERENCING NEW TABLE AS tminus_new'),
                              ('t', 'BEFORE TRUNCATE', '')) e(letter, moment, referencing)
        -- TRUNCATE of a partitioned table fires those of each partition.
        WHERE letter <> 't' OR (SELECT relkind FROM pg_class WHERE oid = p_relation) <> 'p'
    LOOP
        EXECUTE format('CREATE TRIGGER %I %s ON %s %s FOR EACH STATEMENT WHEN '
                       '(pg_catalog.current_setting(''tminus.undo'', true) = %L) EXECUTE FUNCTION tminus.undo_keep(%L, %L)',
                       'tminus_undo_' || p_log || '_' || event.letter, event.moment, p_relation, event.referencing, p_log, p_log, p_n);
        -- Whatever session_replication_role says.
        EXECUTE format('ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER %I', p_relation, 'tminus_undo_' || p_log || '_' || event.letter);
    END LOOP;
END $tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_key(p_relation oid) RETURNS int2[]
LANGUAGE sql SET search_path = pg_catalog AS $tminus$
    SELECT k.attnums FROM pg_index i,
        LATERAL (SELECT array_agg(item.attnum) AS attnums, bool_and(a.attnotnull AND a.attgenerated = '') AS is_fit
                 FROM unnest(i.indkey::int2[]) WITH ORDINALITY item(attnum, place)
                 LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = item.attnum
                 WHERE item.place <= i.indnkeyatts) k
    WHERE i.indrelid = p_relation AND i.indisunique AND i.indimmediate AND i.indisvalid
      AND i.indpred IS NULL AND i.indexprs IS NULL AND k.is_fit
    ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1
$tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_copy(p_log text, p_n integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET row_security = off SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
SET bytea_output = hex SET extra_float_digits = 3 AS $tminus$
DECLARE
    t tminus.undo_table;
    number bigint := nextval('tminus.undo_firing_number_seq');
    rows bigint;
    places integer[];
    names text;
    olds text;
BEGIN
    SELECT * INTO STRICT t FROM tminus.undo_table x WHERE x.log = p_log AND x.n = p_n;
    SELECT array_agg(p), string_agg('o_' || p, ', ' ORDER BY p),
        string_agg(format(CASE WHEN t.is_text[p] THEN '%I::pg_catalog.text' ELSE '%I' END, t.columns[p]), ', ' ORDER BY p)
    INTO places, olds, names FROM generate_subscripts(t.columns, 1) p;
    EXECUTE format('INSERT INTO tminus.%I (firing, %s) SELECT %s, %s FROM %I.%I', 'undo_' || p_log || '_' || p_n, olds,
                   number, names, t.schema, t.name);
    GET DIAGNOSTICS rows = ROW_COUNT;
    INSERT INTO tminus.undo_firing OVERRIDING SYSTEM VALUE
    VALUES (number, p_log, p_n, 'c', pg_current_xact_id(), rows, places);
END $tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_table(p_log text, p_schema text, p_name text, p_updated text[], p_is_copied boolean)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
DECLARE
    root oid := format('%I.%I', p_schema, p_name)::regclass;
    place integer;
    part regclass;
    t tminus.undo_table;
BEGIN
    SELECT coalesce(max(n), 0) + 1 INTO place FROM tminus.undo_table WHERE log = p_log;
    INSERT INTO tminus.undo_table (log, n, relation, schema, name, is_copied, columns, types, is_text)
    SELECT p_log, place, root, p_schema, p_name, p_is_copied, array_agg(a.attname ORDER BY a.attnum),
        array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum),
        array_agg(NOT (y.typnamespace = 'pg_catalog'::regnamespace AND y.typtype IN ('b', 'r', 'm')) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
    WHERE a.attrelid = root AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
    UPDATE tminus.undo_table x SET
        key = coalesce((SELECT array_agg(array_position(x.columns, a.attname::text)) FROM pg_attribute a
                        WHERE a.attrelid = root AND a.attnum = ANY (tminus.undo_key(root))), '{}'),
        updated = CASE WHEN p_updated IS NOT NULL THEN
            coalesce((SELECT array_agg(array_position(x.columns, c)) FROM unnest(p_updated) c WHERE c = ANY (x.columns)), '{}') END
    WHERE x.log = p_log AND x.n = place;
    -- An UPDATE's record holds its key too; and what a trigger before it may change is not known.
    UPDATE tminus.undo_table x SET updated = CASE WHEN x.key <> '{}' AND NOT EXISTS (
        SELECT FROM pg_trigger g WHERE g.tgtype & 19 = 19 -- FOR EACH ROW, BEFORE, UPDATE
          AND (g.tgrelid = root OR g.tgrelid IN (SELECT relid FROM pg_partition_tree(root)))) THEN x.updated || x.key END
    WHERE x.log = p_log AND x.n = place AND x.updated IS NOT NULL;
    SELECT * INTO t FROM tminus.undo_table x WHERE x.log = p_log AND x.n = place;
    EXECUTE format('CREATE TABLE tminus.%I (firing bigint NOT NULL, %s)', 'undo_' || p_log || '_' || place,
        (SELECT string_agg(format('o_%1$s %2$s, n_%1$s %2$s', p, CASE WHEN t.is_text[p] THEN 'pg_catalog.text' ELSE t.types[p] END), ', ' ORDER BY p)
         FROM generate_subscripts(t.columns, 1) p));
    FOR part IN SELECT root UNION SELECT relid FROM pg_partition_tree(root) LOOP
        INSERT INTO tminus.undo_column
        SELECT p_log, place, part, array_position(t.columns, a.attname::text), a.attnum, a.atttypid FROM pg_attribute a
        WHERE a.attrelid = part AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY (t.columns);
        PERFORM tminus.undo_triggers(p_log, place, part);
    END LOOP;
    IF p_is_copied THEN
        PERFORM tminus.undo_copy(p_log, place);
    END IF;
END $tminus$;

-- One statement's rows. They are paired by key; where that does not pair each of them once (a key
-- was updated, there is none, one row was written twice), in the order in which both came.
CREATE OR REPLACE FUNCTION tminus.undo_keep() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET row_security = off SET work_mem = '64MB'
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = postgres SET bytea_output = hex SET extra_float_digits = 3 AS $tminus$
DECLARE
    p_log constant text := TG_ARGV[0];
    p_n constant integer := TG_ARGV[1];
    kept constant text := format('tminus.%I', 'undo_' || p_log || '_' || p_n);
    number constant bigint := nextval('tminus.undo_firing_number_seq');
    event constant "char" := CASE TG_OP WHEN 'UPDATE' THEN 'u' WHEN 'INSERT' THEN 'i' ELSE 'd' END;
    t tminus.undo_table;
    places integer[];
    o_names text; n_names text; o_values text; n_values text; pairs text;
    rows bigint; n_old bigint; n_new bigint;
BEGIN
    SELECT * INTO STRICT t FROM tminus.undo_table x WHERE x.log = p_log AND x.n = p_n;
    SELECT array_agg(c.place), string_agg('o_' || c.place, ', ' ORDER BY c.place), string_agg('n_' || c.place, ', ' ORDER BY c.place),
        string_agg(format(CASE WHEN t.is_text[c.place] THEN 'o.%I::pg_catalog.text' ELSE 'o.%I' END, a.attname), ', ' ORDER BY c.place),
        string_agg(format(CASE WHEN t.is_text[c.place] THEN 'n.%I::pg_catalog.text' ELSE 'n.%I' END, a.attname), ', ' ORDER BY c.place),
        string_agg(format('o.%1$I = n.%1$I', a.attname), ' AND ') FILTER (WHERE c.place = ANY (t.key))
    INTO places, o_names, n_names, o_values, n_values, pairs
    FROM tminus.undo_column c
    JOIN pg_attribute a ON a.attrelid = c.relation AND a.attnum = c.attnum AND a.atttypid = c.type AND NOT a.attisdropped
    WHERE c.log = p_log AND c.relation = TG_RELID AND (event <> 'u' OR t.updated IS NULL OR c.place = ANY (t.updated));
    IF places IS NULL OR NOT places @> t.key THEN
        RAISE EXCEPTION 'the undo log cannot name rows of %.%: columns of its key were dropped or changed their type', t.schema, t.name;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('INSERT INTO %s (firing, %s) SELECT %s, %s FROM ONLY %s o', kept, o_names, number, o_values, TG_RELID::regclass);
        GET DIAGNOSTICS rows = ROW_COUNT;
    ELSIF event = 'd' THEN
        EXECUTE format('INSERT INTO %s (firing, %s) SELECT %s, %s FROM tminus_old o', kept, o_names, number, o_values);
        GET DIAGNOSTICS rows = ROW_COUNT;
    ELSIF event = 'i' THEN
        EXECUTE format('INSERT INTO %s (firing, %s) SELECT %s, %s FROM tminus_new n', kept, n_names, number, n_values);
        GET DIAGNOSTICS rows = ROW_COUNT;
    ELSE
        rows := 0;
        IF pairs IS NOT NULL THEN
            EXECUTE format('INSERT INTO %s (firing, %s, %s) SELECT %s, %s, %s FROM tminus_old o JOIN tminus_new n ON %s',
                           kept, o_names, n_names, number, o_values, n_values, pairs);
            GET DIAGNOSTICS rows = ROW_COUNT;
        END IF;
        SELECT count(*) INTO n_old FROM tminus_old;
        SELECT count(*) INTO n_new FROM tminus_new;
        IF n_old <> n_new THEN
            RAISE EXCEPTION 'the undo log cannot pair rows of %.%: % before the UPDATE, % behind it', t.schema, t.name, n_old, n_new;
        END IF;
        IF rows <> n_old THEN
            EXECUTE format('DELETE FROM %s WHERE firing = %s', kept, number);
            EXECUTE format('INSERT INTO %s (firing, %s, %s) SELECT %s, %s, %s '
                           'FROM (SELECT pg_catalog.row_number() OVER () AS "tminus row", * FROM tminus_old) o '
                           'JOIN (SELECT pg_catalog.row_number() OVER () AS "tminus row", * FROM tminus_new) n USING ("tminus row")',
                           kept, o_names, n_names, number, o_values, n_values);
            GET DIAGNOSTICS rows = ROW_COUNT;
        END IF;
    END IF;
    IF rows > 0 THEN
        INSERT INTO tminus.undo_firing OVERRIDING SYSTEM VALUE
        VALUES (number, p_log, p_n, event, pg_current_xact_id(), rows, places);
    END IF;
    RETURN NULL;
END $tminus$;

-- Take the triggers away; with `p_is_checked`, each must still be there as it was made.
CREATE OR REPLACE FUNCTION tminus.undo_release(p_log text, p_is_checked boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
DECLARE
    part record;
    trigger record;
    n_found integer;
BEGIN
    FOR part IN
        SELECT DISTINCT c.relation, k.relkind FROM tminus.undo_column c JOIN pg_class k ON k.oid = c.relation
        WHERE c.log = p_log ORDER BY 1
    LOOP
        n_found := 0;
        FOR trigger IN
            SELECT tgname, tgenabled FROM pg_trigger
            WHERE tgrelid = part.relation AND tgname = ANY (SELECT 'tminus_undo_' || p_log || '_' || l FROM unnest('{u,d,i,t}'::text[]) l)
        LOOP
            n_found := n_found + (trigger.tgenabled = 'A')::integer;
            EXECUTE format('DROP TRIGGER %I ON %s', trigger.tgname, part.relation::regclass);
        END LOOP;
        IF p_is_checked AND n_found <> (CASE part.relkind WHEN 'p' THEN 3 ELSE 4 END) THEN
            RAISE EXCEPTION 'the undo log has gaps: triggers of tminus on % were disabled or dropped within the migration', part.relation::regclass;
        END IF;
    END LOOP;
END $tminus$;

CREATE OR REPLACE FUNCTION tminus.undo_end(p_log text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $tminus$
BEGIN
    IF current_setting('tminus.undo', true) IS DISTINCT FROM p_log THEN
        RAISE EXCEPTION 'the undo log has gaps: the settings of the session were reset within the migration';
    END IF;
    PERFORM tminus.undo_release(p_log, true);
    UPDATE tminus.undo_table x SET lost = y.lost
    FROM (SELECT c.n, CASE WHEN k.oid IS NULL THEN 'the table was dropped, and its rows are not kept'
            ELSE 'dropped or of another type, with values that are not kept: ' ||
                string_agg(format('%I', t.columns[c.place]), ', ' ORDER BY c.place) END AS lost
        FROM tminus.undo_table t JOIN tminus.undo_column c ON c.log = t.log AND c.n = t.n AND c.relation = t.relation
        LEFT JOIN pg_class k ON k.oid = c.relation
        LEFT JOIN pg_attribute a ON a.attrelid = c.relation AND a.attnum = c.attnum AND NOT a.attisdropped
        WHERE t.log = p_log AND NOT t.is_copied AND (a.atttypid IS NULL OR a.atttypid <> c.type AND (c.type, a.atttypid) NOT IN (
            SELECT f, w FROM unnest('{21,21,23,1043,25}'::oid[], '{23,20,20,25,1043}'::oid[]) widening(f, w)))
        GROUP BY c.n, k.oid) y
    WHERE x.log = p_log AND x.n = y.n;
    -- What triggers of users and statements that nobody foresaw wrote.
    IF (SELECT transaction = pg_current_xact_id() FROM tminus.undo_log WHERE id = p_log) THEN
        INSERT INTO tminus.undo_table (log, n, relation, schema, name, lost)
        SELECT p_log, (SELECT coalesce(max(n), 0) FROM tminus.undo_table WHERE log = p_log) + row_number() OVER (ORDER BY x.relation),
            x.relation, x.schema, x.name, x.lost
        FROM (SELECT b.*, CASE WHEN k.oid IS NULL THEN 'the table was dropped, and its rows are not kept'
                WHEN w.rows > b.rows THEN format('%s rows of it were updated or deleted, and are not kept', w.rows - b.rows)
                WHEN NOT tminus.undo_shape(k.oid) @> b.columns THEN 'columns of it were dropped or changed their type, and are not kept'
                WHEN pg_relation_filenode(k.oid) <> b.filenode THEN 'it was truncated or written anew, and its rows are not kept' END AS lost
            FROM tminus.undo_written b LEFT JOIN pg_class k ON k.oid = b.relation
            LEFT JOIN tminus.undo_rows_written() w ON w.relation = b.relation
            WHERE b.log = p_log AND NOT EXISTS (SELECT FROM tminus.undo_column c WHERE c.log = p_log AND c.relation IN (
                SELECT b.relation UNION SELECT relid FROM pg_partition_ancestors(b.relation)))) x
        WHERE x.lost IS NOT NULL;
    END IF;
    DELETE FROM tminus.undo_written WHERE log = p_log;
    UPDATE tminus.undo_log SET ended_at = clock_timestamp() WHERE id = p_log;
    PERFORM set_config('tminus.undo', '', false);
END $tminus$;
