DROP TABLE category_map;
DROP TABLE categories;
