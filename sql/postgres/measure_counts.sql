-- What the session's counters hold already when a transaction begins: what the one before it did
-- may not be handed over yet.
SELECT relid, seq_scan, n_tup_ins, n_tup_upd, n_tup_del, COALESCE(idx_scan, 0)
FROM pg_catalog.pg_stat_xact_user_tables
WHERE seq_scan OPERATOR(pg_catalog.+) COALESCE(idx_scan, 0) OPERATOR(pg_catalog.+) n_tup_ins OPERATOR(pg_catalog.+) n_tup_upd
    OPERATOR(pg_catalog.+) n_tup_del OPERATOR(pg_catalog.>) 0
