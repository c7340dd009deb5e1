-- Pictures that are on their way (tus), and those that are here. A picture belongs to a channel: who may see its records
-- may see it, and nobody gets it by knowing its hash.
CREATE TABLE photo_upload (
    county     TEXT NOT NULL,
    id         TEXT NOT NULL,
    channel    TEXT NOT NULL,
    account    TEXT NOT NULL,
    hash       TEXT NOT NULL,
    length     INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (county, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE photo (
    county  TEXT NOT NULL,
    channel TEXT NOT NULL,
    hash    TEXT NOT NULL,
    length  INTEGER NOT NULL,
    PRIMARY KEY (county, channel, hash)
) STRICT, WITHOUT ROWID;
