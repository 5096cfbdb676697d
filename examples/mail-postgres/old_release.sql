-- An instance of the release before: it does not know the new column. (pgbench)
INSERT INTO emails (sender, subject, received_at, status, category)
VALUES ('late@example.org', 'Written by the old release', now(), 'active', 'brief');
