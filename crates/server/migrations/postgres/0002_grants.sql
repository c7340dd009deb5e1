-- Who was given which right, by whom and until when; one that ended stays to be looked up. `place` is a grid's
-- or an area's code, `classes` a list with commas.
CREATE TABLE access_grant (
    id       TEXT PRIMARY KEY,
    account  TEXT NOT NULL REFERENCES account (id),
    role     TEXT NOT NULL,
    place    TEXT COLLATE "C" NOT NULL,
    classes  TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    until    BIGINT,
    ended_by TEXT,
    ended_at BIGINT
);

CREATE INDEX access_grant_account ON access_grant (account);

INSERT INTO access_grant (id, account, role, place, classes, given_by, given_at)
SELECT replace(gen_random_uuid()::text, '-', ''), account, 'grid-worker', area, class, '服务器管理',
       floor(extract(epoch FROM now()) * 1000)::bigint
FROM access;

DROP TABLE access;
