-- Rosters that were taken in, a row a grid: the history of imports, and what undoing one needs. The counts are JSON.
CREATE TABLE roster_import (
    county    TEXT NOT NULL,
    id        TEXT NOT NULL,
    grid      TEXT NOT NULL,
    file      TEXT NOT NULL,
    account   TEXT NOT NULL,
    begun_at  INTEGER NOT NULL,
    counts    TEXT NOT NULL,
    undone_at INTEGER,
    PRIMARY KEY (county, id, grid)
) STRICT;
