-- When an account last gave a grid away: its phones note their next contact exactly, which the receipt tells.
ALTER TABLE account ADD COLUMN handed_over_at INTEGER;

-- The version of the app that a phone synced with last.
ALTER TABLE device ADD COLUMN app TEXT NOT NULL DEFAULT '';
