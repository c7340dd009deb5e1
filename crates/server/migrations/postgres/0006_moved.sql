-- Records that moved to another channel, by the one they left: phones that carry it forget them.
CREATE TABLE moved (
    county  TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    seq     BIGINT NOT NULL,
    record  BYTEA NOT NULL,
    PRIMARY KEY (county, channel, record)
);

CREATE UNIQUE INDEX moved_pull ON moved (county, channel, seq);
