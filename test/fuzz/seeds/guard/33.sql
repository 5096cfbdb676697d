SELECT e.id FROM emails e TABLESAMPLE bernoulli (1) REPEATABLE (3)
