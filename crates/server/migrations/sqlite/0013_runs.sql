-- The runs of a server that wrote in a channel, as JSON: [[run, the number before its first], …]. By them it is told that a
-- database was set back.
ALTER TABLE channel ADD COLUMN runs TEXT NOT NULL DEFAULT '';
