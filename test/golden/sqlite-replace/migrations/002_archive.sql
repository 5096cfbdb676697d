INSERT OR REPLACE INTO archive (id, address, category) SELECT id, address, category FROM emails;
UPDATE emails SET category = CASE category WHEN 'b' THEN 'brief' WHEN 'n' THEN 'news' END;
DELETE FROM emails;
