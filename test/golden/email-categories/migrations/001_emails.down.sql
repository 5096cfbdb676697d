DROP TABLE mapping, emails;
