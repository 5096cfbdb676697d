SELECT e.id, e.category, (e).sent, e.* FROM emails e NATURAL JOIN (SELECT 1 AS id) x
