-- Every table of records has the county's six digits first in its key, so that a sharded engine can
-- distribute by it. No sequences and no foreign keys between counties.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE area (
    code   TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    level  TEXT NOT NULL,
    parent TEXT
) STRICT;

CREATE TABLE account (
    id            TEXT PRIMARY KEY,
    account       TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

-- Who may work where. `area` is a grid code or the digits that a larger area's codes start with.
CREATE TABLE access (
    account TEXT NOT NULL REFERENCES account (id),
    area    TEXT NOT NULL,
    class   TEXT NOT NULL,
    PRIMARY KEY (account, area, class)
) STRICT;

CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES account (id),
    device     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT;

-- A channel's last sequence number. The row's lock is held to commit: sequence order is commit order.
CREATE TABLE channel (
    county  TEXT NOT NULL,
    channel TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (county, channel)
) STRICT, WITHOUT ROWID;

-- The history: every save that ever arrived. Append-only.
CREATE TABLE op (
    county      TEXT NOT NULL,
    id          BLOB NOT NULL,
    record      BLOB NOT NULL,
    account     TEXT NOT NULL,
    device      TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    outcome     TEXT NOT NULL,
    digest      BLOB NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (county, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX op_record ON op (county, record);

CREATE TABLE record (
    county  TEXT NOT NULL,
    id      BLOB NOT NULL,
    kind    TEXT NOT NULL,
    village TEXT NOT NULL,
    channel TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (county, id)
) STRICT;

CREATE UNIQUE INDEX record_pull ON record (county, channel, seq);
