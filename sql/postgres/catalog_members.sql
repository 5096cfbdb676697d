-- Policies and rules of relations; the rule that makes a view is not one of them.
SELECT polrelid, true AS is_policy, polname FROM pg_catalog.pg_policy
UNION ALL
SELECT ev_class, false, rulename FROM pg_catalog.pg_rewrite WHERE ev_class >= 16384 AND rulename <> '_RETURN'
ORDER BY 1, 2, 3;
