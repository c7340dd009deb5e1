-- Records that moved to another channel, by the one they left: phones that carry it forget them.
CREATE TABLE moved (
    county  TEXT NOT NULL,
    channel TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    record  BLOB NOT NULL,
    PRIMARY KEY (county, channel, record)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX moved_pull ON moved (county, channel, seq);
