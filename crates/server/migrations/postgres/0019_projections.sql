-- What lists, searches and nightly work read in place of the records (docs/adr/0046-projections.md). All of it follows from the
-- records, is written with them, and can be made anew: it has no fact of its own. Days are text, as in 2026-11-29.

-- The day that a record is about, and the day from which it may be erased: of a file that is erased whole, on its head.
ALTER TABLE record ADD COLUMN day TEXT COLLATE "C";
ALTER TABLE record ADD COLUMN over_on TEXT COLLATE "C";

CREATE INDEX record_day ON record (county, kind, day, id) WHERE day IS NOT NULL;
CREATE INDEX record_over ON record (county, over_on, id) WHERE over_on IS NOT NULL;
CREATE INDEX record_photo ON record (county, channel) WHERE kind = 'photo';

-- A line per case, without a person recorded and without its story. `due_on` is 9999-12-31 where nothing is due. `pressed` is JSON;
-- `waits` is 1 while a press was not acknowledged. `unreadable` counts the records of the file that can't be read.
CREATE TABLE case_line (
    county     TEXT COLLATE "C" NOT NULL,
    record     BYTEA NOT NULL,
    channel    TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    number     TEXT NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    open       BIGINT NOT NULL,
    opened_on  TEXT COLLATE "C",
    sort       TEXT NOT NULL,
    grade      TEXT NOT NULL,
    owner      TEXT NOT NULL,
    due_what   TEXT NOT NULL,
    due_on     TEXT COLLATE "C" NOT NULL,
    pressed    TEXT,
    waits      BIGINT NOT NULL,
    unreadable BIGINT NOT NULL,
    PRIMARY KEY (county, record)
);

CREATE INDEX case_line_open ON case_line (county, due_on, record, channel, kind, state, waits, unreadable) WHERE open = 1;

-- The words by which people are found: names as they are compared, and phones from their last digit on, after a #.
CREATE TABLE name_index (
    county  TEXT COLLATE "C" NOT NULL,
    term    TEXT COLLATE "C" NOT NULL,
    record  BYTEA NOT NULL,
    role    TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (county, term, record, role)
);

CREATE INDEX name_index_record ON name_index (county, record);
