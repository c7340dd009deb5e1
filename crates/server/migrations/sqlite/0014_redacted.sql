-- Whether a name was taken out of an op's words (ADR 14): then its digest is that of the words before. Of records that had one taken
-- out before this was noted, every op counts as such.
ALTER TABLE op ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;
UPDATE op SET redacted = 1 WHERE record IN (SELECT record FROM op WHERE body LIKE '%×××%');
