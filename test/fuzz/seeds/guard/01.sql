SELECT count(*) FROM emails WHERE body ? 'a' AND body -> 'b' ->> 'c' = 'd' AND body @> '{}' AND body #>> '{a,b}' IS NOT NULL
