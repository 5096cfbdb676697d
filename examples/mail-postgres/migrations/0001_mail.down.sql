DROP VIEW briefs;
DROP TABLE attachments;
DROP TABLE emails;
