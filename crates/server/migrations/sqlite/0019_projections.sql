-- What lists, searches and nightly work read in place of the records (docs/adr/0046-projections.md). All of it follows from the
-- records, is written with them, and can be made anew: it has no fact of its own. Days are text, as in 2026-11-29.

-- The day that a record is about, and the day from which it may be erased: of a file that is erased whole, on its head.
ALTER TABLE record ADD COLUMN day TEXT;
ALTER TABLE record ADD COLUMN over_on TEXT;

CREATE INDEX record_day ON record (county, kind, day, id) WHERE day IS NOT NULL;
CREATE INDEX record_over ON record (county, over_on, id) WHERE over_on IS NOT NULL;
CREATE INDEX record_photo ON record (county, channel) WHERE kind = 'photo';

-- A line per case, without a person recorded and without its story. `due_on` is 9999-12-31 where nothing is due. `pressed` is JSON;
-- `waits` is 1 while a press was not acknowledged. `unreadable` counts the records of the file that can't be read.
CREATE TABLE case_line (
    county     TEXT NOT NULL,
    record     BLOB NOT NULL,
    channel    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    number     TEXT NOT NULL,
    state      TEXT NOT NULL,
    open       INTEGER NOT NULL,
    opened_on  TEXT,
    sort       TEXT NOT NULL,
    grade      TEXT NOT NULL,
    owner      TEXT NOT NULL,
    due_what   TEXT NOT NULL,
    due_on     TEXT NOT NULL,
    pressed    TEXT,
    waits      INTEGER NOT NULL,
    unreadable INTEGER NOT NULL,
    PRIMARY KEY (county, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX case_line_open ON case_line (county, due_on, record, channel, kind, state, waits, unreadable) WHERE open = 1;

-- The words by which people are found: names as they are compared, and phones from their last digit on, after a #.
CREATE TABLE name_index (
    county  TEXT NOT NULL,
    term    TEXT NOT NULL,
    record  BLOB NOT NULL,
    role    TEXT NOT NULL,
    channel TEXT NOT NULL,
    PRIMARY KEY (county, term, record, role)
) STRICT, WITHOUT ROWID;

CREATE INDEX name_index_record ON name_index (county, record);
