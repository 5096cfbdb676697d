-- Rows that this session wrote and that the server's statistics do not know yet: those of its
-- transaction, and perhaps of the one before it.
SELECT relid, schemaname, relname, n_tup_ins, n_tup_upd, n_tup_del, current_setting('track_counts')
FROM pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND schemaname !~ '^pg_temp' AND schemaname <> 'tminus'
UNION ALL
SELECT NULL, NULL, NULL, 0, 0, 0, current_setting('track_counts')
ORDER BY 2, 3
