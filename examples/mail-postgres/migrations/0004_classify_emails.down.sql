UPDATE emails SET category_id = NULL WHERE category_id IS NOT NULL;
