-- Publications and the tables that they name; none are listed of one for all tables.
SELECT p.pubname, p.puballtables, t.schemaname, t.tablename
FROM pg_catalog.pg_publication AS p
LEFT JOIN pg_catalog.pg_publication_tables AS t ON t.pubname = p.pubname AND NOT p.puballtables
ORDER BY p.pubname, t.schemaname, t.tablename;
