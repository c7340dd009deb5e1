-- Tables of records are placed beside each other by their county: its column has the same collation everywhere.
ALTER TABLE photo_upload ALTER COLUMN county TYPE TEXT COLLATE "C", ALTER COLUMN channel TYPE TEXT COLLATE "C";
ALTER TABLE photo ALTER COLUMN county TYPE TEXT COLLATE "C", ALTER COLUMN channel TYPE TEXT COLLATE "C";
ALTER TABLE handbook_page ALTER COLUMN county TYPE TEXT COLLATE "C";
ALTER TABLE contact ALTER COLUMN county TYPE TEXT COLLATE "C";
