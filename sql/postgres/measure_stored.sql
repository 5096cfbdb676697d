-- Rows of each table that everybody wrote, as the server's statistics have it.
SELECT relid, seq_scan, n_tup_ins, n_tup_upd, n_tup_del, COALESCE(idx_scan, 0)
FROM pg_stat_user_tables
