-- Pictures that are on their way (tus), and those that are here. A picture belongs to a channel: who may see its records
-- may see it, and nobody gets it by knowing its hash.
CREATE TABLE photo_upload (
    county     TEXT NOT NULL,
    id         TEXT NOT NULL,
    channel    TEXT NOT NULL,
    account    TEXT NOT NULL,
    hash       TEXT NOT NULL,
    length     BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (county, id)
);

CREATE TABLE photo (
    county  TEXT NOT NULL,
    channel TEXT NOT NULL,
    hash    TEXT NOT NULL,
    length  BIGINT NOT NULL,
    PRIMARY KEY (county, channel, hash)
);
