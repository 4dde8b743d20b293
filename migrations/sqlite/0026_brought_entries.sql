-- Where a note is from that a member of the family brought from another record of the child. Nothing leads back to that record, and
-- the hash of an entry is another in each case.
CREATE TABLE note_origin (
    municipality TEXT NOT NULL,
    note_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    author_id BLOB NOT NULL REFERENCES person (id),
    entry TEXT NOT NULL,
    section TEXT NOT NULL,
    day TEXT NOT NULL,
    origin TEXT NOT NULL,
    -- Null when the family wrote it.
    unit_name TEXT,
    sector TEXT,
    PRIMARY KEY (municipality, note_id),
    FOREIGN KEY (municipality, note_id) REFERENCES note (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((unit_name IS NULL) = (sector IS NULL))
) STRICT;
-- Nobody brings the same entry twice.
CREATE UNIQUE INDEX note_origin_entry ON note_origin (entry, author_id);
CREATE INDEX note_origin_case ON note_origin (municipality, case_id);
