SELECT relname, n_live_tup, pg_size_pretty(pg_total_relation_size(relid)), last_autovacuum FROM pg_stat_user_tables
