-- The database whose rows were frozen longest ago: transactions and multixacts since then.
SELECT datname, greatest(pg_catalog.age(datfrozenxid), pg_catalog.mxid_age(datminmxid))::bigint AS transactions
FROM pg_catalog.pg_database
ORDER BY transactions DESC, datname
LIMIT 1
