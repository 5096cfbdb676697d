DROP TABLE category_map;
