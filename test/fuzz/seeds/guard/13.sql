SELECT to_tsvector('english', 'a b') @@ to_tsquery('a & b'), plainto_tsquery('a'), ts_rank(to_tsvector('a'), 'a'::tsquery), ts_headline('a', 'a'::tsquery), 'a' @@ 'b'
