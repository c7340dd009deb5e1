-- A chain of the audit for each county, and one for what belongs to none, which goes on from the only one there was.
DROP INDEX audit_subject;
DROP INDEX audit_account;
DROP TRIGGER audit_stays ON audit;
ALTER TABLE audit RENAME TO audit_before;
ALTER TABLE audit_before RENAME CONSTRAINT audit_pkey TO audit_before_pkey;

CREATE TABLE audit (
    county  TEXT COLLATE "C" NOT NULL,
    seq     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    account TEXT NOT NULL,
    device  TEXT NOT NULL,
    act     TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    hash    BYTEA NOT NULL,
    PRIMARY KEY (county, seq)
);

INSERT INTO audit (county, seq, at, account, device, act, subject, hash)
SELECT '', seq, at, account, device, act, subject, hash FROM audit_before;
DROP TABLE audit_before;

CREATE INDEX audit_subject ON audit (county, subject);
CREATE INDEX audit_account ON audit (account, at);

CREATE TABLE audit_chain (
    county TEXT COLLATE "C" PRIMARY KEY,
    seq    BIGINT NOT NULL,
    hash   BYTEA NOT NULL
);

INSERT INTO audit_chain (county, seq, hash) SELECT '', seq, hash FROM audit_head;
DROP TABLE audit_head;

CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_added_to();
