-- Where names without a schema are found, first the first.
SELECT pg_catalog.unnest(pg_catalog.current_schemas(false));
