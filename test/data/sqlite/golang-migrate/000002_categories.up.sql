CREATE TABLE category_map (old TEXT, new TEXT);
INSERT INTO category_map VALUES ('brief', 'digest'), ('alert', 'notice');
-- every email whose category is missing from the map vanishes here
CREATE TABLE emails_new AS SELECT e.id, m.new AS category, e.subject, e.received_at FROM emails e JOIN category_map m ON m.old = e.category;
DROP TABLE emails;
ALTER TABLE emails_new RENAME TO emails;
