SELECT string_agg(category, ', ' ORDER BY id), array_agg(DISTINCT category), json_agg(e), jsonb_object_agg(id, category) FROM emails e
