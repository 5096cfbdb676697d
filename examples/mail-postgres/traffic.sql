-- The application at work: a reader opens an email. (pgbench)
\set id random(1, :emails)
UPDATE emails SET opened = opened + 1 WHERE id = :id;
