ALTER TABLE emails ADD COLUMN category text;
DROP TABLE briefs;
