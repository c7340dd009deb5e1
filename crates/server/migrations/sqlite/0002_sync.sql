-- After records are purged a channel has another generation: phones whose position is below the floor
-- start over.
ALTER TABLE channel ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;

-- The stamp an op was merged with, where its own was too far ahead; and why an op was set aside or refused.
ALTER TABLE op ADD COLUMN stamp TEXT;
ALTER TABLE op ADD COLUMN reason TEXT;
ALTER TABLE op ADD COLUMN channel TEXT NOT NULL DEFAULT '';

CREATE INDEX op_quarantined ON op (received_at) WHERE outcome = 'quarantined';
