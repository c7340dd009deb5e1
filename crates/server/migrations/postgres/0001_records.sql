-- The tables as SQLite has them. Every table of records has the county's six digits first in its key, so
-- that a sharded engine can distribute by it (ADR 4). No sequences and no foreign keys between counties.
-- Codes, channels and stamps sort by code point.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE area (
    code   TEXT COLLATE "C" PRIMARY KEY,
    name   TEXT NOT NULL,
    level  TEXT NOT NULL,
    parent TEXT COLLATE "C"
);

CREATE TABLE account (
    id            TEXT PRIMARY KEY,
    account       TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    BIGINT NOT NULL
);

-- Who may work where. `area` is a grid code or the digits that a larger area's codes start with.
CREATE TABLE access (
    account TEXT NOT NULL REFERENCES account (id),
    area    TEXT COLLATE "C" NOT NULL,
    class   TEXT NOT NULL,
    PRIMARY KEY (account, area, class)
);

CREATE TABLE session (
    token_hash BYTEA PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES account (id),
    device     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

-- A channel's last sequence number. The row's lock is held to commit: sequence order is commit order.
-- After records are purged a channel has another generation: phones whose position is below the floor
-- start over. Half of each page is left free, so that a new version of a row finds room beside the old.
CREATE TABLE channel (
    county     TEXT COLLATE "C" NOT NULL,
    channel    TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    generation BIGINT NOT NULL DEFAULT 0,
    floor      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (county, channel)
) WITH (fillfactor = 50);

-- The history: every save that ever arrived. Append-only, but for the verdict on what was set aside.
-- `stamp`: what an op was merged with, where its own was too far ahead. `reason`: why it was set aside or
-- refused.
CREATE TABLE op (
    county      TEXT COLLATE "C" NOT NULL,
    id          BYTEA NOT NULL,
    record      BYTEA NOT NULL,
    channel     TEXT COLLATE "C" NOT NULL,
    account     TEXT NOT NULL,
    device      TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    outcome     TEXT NOT NULL,
    reason      TEXT,
    stamp       TEXT COLLATE "C",
    digest      BYTEA NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (county, id)
);

CREATE INDEX op_record ON op (county, record);
CREATE INDEX op_quarantined ON op (received_at) WHERE outcome = 'quarantined';

CREATE TABLE record (
    county  TEXT COLLATE "C" NOT NULL,
    id      BYTEA NOT NULL,
    kind    TEXT NOT NULL,
    village TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    seq     BIGINT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (county, id)
);

CREATE UNIQUE INDEX record_pull ON record (county, channel, seq);
