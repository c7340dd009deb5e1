-- The record that another belongs to: a dispute's file is looked at before a step of it is taken in.
ALTER TABLE record ADD COLUMN parent BYTEA;

CREATE INDEX record_parent ON record (county, parent) WHERE parent IS NOT NULL;
