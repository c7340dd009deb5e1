-- Who was given which right, by whom and until when; one that ended stays to be looked up. `place` is a grid's
-- or an area's code, `classes` a list with commas.
CREATE TABLE access_grant (
    id       TEXT PRIMARY KEY,
    account  TEXT NOT NULL REFERENCES account (id),
    role     TEXT NOT NULL,
    place    TEXT NOT NULL,
    classes  TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_at INTEGER NOT NULL,
    until    INTEGER,
    ended_by TEXT,
    ended_at INTEGER
) STRICT;

CREATE INDEX access_grant_account ON access_grant (account);

INSERT INTO access_grant (id, account, role, place, classes, given_by, given_at)
SELECT lower(hex(randomblob(16))), account, 'grid-worker', area, class, '服务器管理', unixepoch() * 1000 FROM access;

DROP TABLE access;
