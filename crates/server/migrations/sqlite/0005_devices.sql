-- The devices that somebody logged in on. A revoked one hands over what it has not sent, and is answered nothing else.
CREATE TABLE device (
    id             TEXT PRIMARY KEY,
    account        TEXT NOT NULL REFERENCES account (id),
    first_at       INTEGER NOT NULL,
    revoked_by     TEXT,
    revoked_at     INTEGER,
    handed_over_at INTEGER
) STRICT;

INSERT INTO device (id, account, first_at)
SELECT device, MIN(account), MIN(created_at) FROM session GROUP BY device;
