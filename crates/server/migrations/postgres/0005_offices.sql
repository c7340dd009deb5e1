-- Where a person belongs and in which team; who closed the account; a second factor for offices: its secret, sealed
-- to the server's key, and the last step of time whose code was used.
ALTER TABLE account ADD COLUMN home TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN closed_by TEXT;
ALTER TABLE account ADD COLUMN closed_at BIGINT;
ALTER TABLE account ADD COLUMN factor TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN factor_on BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN factor_step BIGINT NOT NULL DEFAULT 0;

ALTER TABLE session ADD COLUMN kind TEXT NOT NULL DEFAULT 'field';

-- Codes that let one phone in, once. Only their hashes are kept.
CREATE TABLE enrolment (
    code_hash BYTEA PRIMARY KEY,
    account   TEXT NOT NULL REFERENCES account (id),
    given_by  TEXT NOT NULL,
    given_at  BIGINT NOT NULL,
    until     BIGINT NOT NULL,
    used_at   BIGINT,
    device    TEXT
);

-- Grids that went from one worker to another, with the numbers of records that went with them.
CREATE TABLE grid_handover (
    county       TEXT COLLATE "C" NOT NULL,
    id           TEXT NOT NULL,
    grid         TEXT COLLATE "C" NOT NULL,
    from_account TEXT NOT NULL,
    to_account   TEXT NOT NULL,
    done_by      TEXT NOT NULL,
    done_at      BIGINT NOT NULL,
    records      TEXT NOT NULL,
    PRIMARY KEY (county, id)
);

-- What people recorded ask for (个人信息保护法 44-50), and what was decided.
CREATE TABLE personal_request (
    county     TEXT COLLATE "C" NOT NULL,
    id         TEXT NOT NULL,
    channel    TEXT COLLATE "C" NOT NULL,
    record     BYTEA NOT NULL,
    wish       TEXT NOT NULL,
    asked_by   TEXT NOT NULL,
    words      TEXT NOT NULL,
    opened_by  TEXT NOT NULL,
    opened_at  BIGINT NOT NULL,
    granted    BIGINT,
    answer     TEXT,
    decided_by TEXT,
    decided_at BIGINT,
    PRIMARY KEY (county, id)
);

CREATE INDEX audit_account ON audit (account, seq);
