DROP TRIGGER emails_ai;
DROP TABLE emails_search;
DROP TABLE emails;
