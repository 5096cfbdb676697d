-- Policies, rules and statistics objects of relations; the rule that makes a view is not one of them.
SELECT polrelid, 'policy' AS kind, polname FROM pg_catalog.pg_policy
UNION ALL
SELECT ev_class, 'rule', rulename FROM pg_catalog.pg_rewrite WHERE ev_class >= 16384 AND rulename <> '_RETURN'
UNION ALL
SELECT stxrelid, 'statistics', stxname FROM pg_catalog.pg_statistic_ext
ORDER BY 1, 2, 3;
