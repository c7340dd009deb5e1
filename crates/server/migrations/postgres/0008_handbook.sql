-- Pages that offices added to the handbook, for the phones at a place. What was taken back stays, for the record.
CREATE TABLE handbook_page (
    county       TEXT NOT NULL,
    id           TEXT NOT NULL,
    place        TEXT NOT NULL,
    title        TEXT NOT NULL,
    law          TEXT NOT NULL,
    body         TEXT NOT NULL,
    changed_by   TEXT NOT NULL,
    changed_at   BIGINT NOT NULL,
    withdrawn_at BIGINT,
    PRIMARY KEY (county, id)
);
