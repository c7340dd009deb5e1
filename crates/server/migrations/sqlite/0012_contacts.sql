-- 便民电话: who helps at a place. One that is taken back is deleted: nobody needs a number that is no longer answered.
CREATE TABLE contact (
    county     TEXT NOT NULL,
    id         TEXT NOT NULL,
    place      TEXT NOT NULL,
    service    TEXT NOT NULL,
    name       TEXT NOT NULL,
    phone      TEXT NOT NULL,
    note       TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (county, id)
) STRICT;
