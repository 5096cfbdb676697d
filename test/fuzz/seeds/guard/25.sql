SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn(), pg_postmaster_start_time(), current_setting('work_mem')
