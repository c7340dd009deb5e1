-- Grids as an office names them; one without a row here has no name of its own. A closed one stays, with the grid that took over
-- what was in it.
CREATE TABLE grid (
    county     TEXT NOT NULL,
    code       TEXT NOT NULL,
    name       TEXT NOT NULL,
    alias      TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    closed_at  INTEGER,
    successor  TEXT,
    PRIMARY KEY (county, code)
) STRICT, WITHOUT ROWID;

-- The channel that took over what was in a dissolved one: phones that were away write to the old one for a while.
ALTER TABLE channel ADD COLUMN successor TEXT;
