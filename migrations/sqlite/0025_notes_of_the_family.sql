-- A note of the family goes to its writer and the contact person unless the writer chooses more. SQLite changes no CHECK: the table is
-- made anew, and its rows put back before the commit.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE note_kept AS SELECT * FROM note;
DROP TABLE note;
CREATE TABLE note (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    author_id BLOB NOT NULL REFERENCES person (id),
    -- Null when the family wrote it.
    unit_id BLOB REFERENCES unit (id),
    audience TEXT NOT NULL CHECK (audience IN ('team', 'sector', 'unit', 'contact_person')),
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    kind TEXT,
    child_agrees INTEGER NOT NULL DEFAULT FALSE CHECK (child_agrees IN (0, 1)),
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK (CASE audience
        WHEN 'team' THEN TRUE WHEN 'contact_person' THEN unit_id IS NULL ELSE unit_id IS NOT NULL END)
) STRICT;
INSERT INTO note (municipality, id, case_id, author_id, unit_id, audience, body, created_at, kind, child_agrees)
SELECT municipality, id, case_id, author_id, unit_id, audience, body, created_at, kind, child_agrees FROM note_kept;
DROP TABLE note_kept;
CREATE INDEX note_case ON note (municipality, case_id, id);

-- Who else in the family may read a note, as its writer has chosen. Notes from before there was a choice are shown to nobody else: the
-- writer did not choose the other guardian.
CREATE TABLE note_reader (
    municipality TEXT NOT NULL,
    note_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (municipality, note_id, person_id),
    FOREIGN KEY (municipality, note_id) REFERENCES note (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
) STRICT;
CREATE INDEX note_reader_case ON note_reader (municipality, case_id);
