-- Who read or decided what, when, on which device; never the content. Each entry carries the hash of all before it.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    account TEXT NOT NULL,
    device  TEXT NOT NULL,
    act     TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash    BLOB NOT NULL
) STRICT;

CREATE INDEX audit_subject ON audit (subject);

CREATE TABLE audit_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, x'');

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
-- Also keeps out INSERT OR REPLACE, which fires no other trigger.
CREATE TRIGGER audit_grows BEFORE INSERT ON audit WHEN NEW.seq <> (SELECT seq + 1 FROM audit_head)
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
