SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id), mode() WITHIN GROUP (ORDER BY category), rank(1) WITHIN GROUP (ORDER BY id) FROM emails
