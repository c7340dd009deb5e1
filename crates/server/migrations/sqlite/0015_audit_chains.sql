-- A chain of the audit for each county, and one for what belongs to none, which goes on from the only one there was.
DROP INDEX audit_subject;
DROP INDEX audit_account;
DROP TRIGGER audit_stays;
DROP TRIGGER audit_grows;
DROP TRIGGER audit_is_kept;
ALTER TABLE audit RENAME TO audit_before;

CREATE TABLE audit (
    county  TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    account TEXT NOT NULL,
    device  TEXT NOT NULL,
    act     TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash    BLOB NOT NULL,
    PRIMARY KEY (county, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO audit (county, seq, at, account, device, act, subject, hash)
SELECT '', seq, at, account, device, act, subject, hash FROM audit_before;
DROP TABLE audit_before;

CREATE INDEX audit_subject ON audit (county, subject);
CREATE INDEX audit_account ON audit (account, at);

CREATE TABLE audit_chain (
    county TEXT PRIMARY KEY,
    seq    INTEGER NOT NULL,
    hash   BLOB NOT NULL
) STRICT;

INSERT INTO audit_chain (county, seq, hash) SELECT '', seq, hash FROM audit_head;
DROP TABLE audit_head;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
-- Also keeps out INSERT OR REPLACE, which fires no other trigger.
CREATE TRIGGER audit_grows BEFORE INSERT ON audit
WHEN NEW.seq <> 1 + COALESCE((SELECT seq FROM audit_chain WHERE county = NEW.county), 0)
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
