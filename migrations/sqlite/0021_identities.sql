-- One human has one identity in the whole installation, and a person in each municipality that has a record about them. An identity
-- holds nothing: it is the id that its persons share. Until now, every person was a human of their own. The rest of the migration,
-- in src/db/sealing, joins the persons who have the same national identity number in several municipalities.

-- Keyed hashes of the numbers of all municipalities. They cannot be compared with `person.national_id_index`.
CREATE TABLE identity_number (
    number_index TEXT NOT NULL PRIMARY KEY,
    identity_id BLOB NOT NULL
) STRICT;
CREATE INDEX identity_number_identity ON identity_number (identity_id);

ALTER TABLE person ADD COLUMN identity_id BLOB NOT NULL DEFAULT x'';
-- The person that the municipality knows this human as: the oldest of those who share the identity there.
ALTER TABLE person ADD COLUMN canonical_id BLOB NOT NULL DEFAULT x'';
UPDATE person SET identity_id = id, canonical_id = id;
-- SQLite adds a required column only with a default, and no person may have that one. This removes it, as
-- https://www.sqlite.org/lang_altertable.html#otheralter describes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' DEFAULT x''''', '') WHERE type = 'table' AND name = 'person';
PRAGMA writable_schema = RESET;
CREATE INDEX person_identity ON person (identity_id, municipality);

-- A national identity number that two administrators add to a person: one proposes it, and another confirms it with the number from the
-- population register. A proposal does nothing. What is confirmed is the history of the person's numbers.
CREATE TABLE number_proposal (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    -- Sealed, as the next two are.
    number TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- The number that the municipality had until then.
    replaced_number TEXT,
    proposed_by BLOB NOT NULL REFERENCES person (id),
    proposed_at TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('proposed', 'confirmed', 'declined')),
    decided_by BLOB REFERENCES person (id),
    decided_at TEXT,
    PRIMARY KEY (municipality, id),
    CHECK (proposed_by <> person_id),
    CHECK ((status = 'proposed') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK (status <> 'confirmed' OR (decided_by <> proposed_by AND decided_by <> person_id)),
    CHECK (status = 'confirmed' OR replaced_number IS NULL)
) STRICT;
CREATE UNIQUE INDEX number_proposal_live ON number_proposal (person_id) WHERE status = 'proposed';
CREATE INDEX number_proposal_person ON number_proposal (person_id, id);

-- What was corrected of a registration of a child: the child's name, date of birth or number, or the name of a guardian.
CREATE TABLE correction (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    -- The guardianship whose name was corrected.
    guardianship_id BLOB,
    field TEXT NOT NULL CHECK (field IN ('child_name', 'birth_date', 'national_id', 'guardian_name')),
    -- Sealed, as the next two are. None where the child had no number.
    before_value TEXT,
    after_value TEXT NOT NULL,
    reason TEXT NOT NULL,
    corrected_by BLOB NOT NULL REFERENCES person (id),
    corrected_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    FOREIGN KEY (municipality, guardianship_id) REFERENCES guardianship (municipality, id),
    CHECK ((field = 'guardian_name') = (guardianship_id IS NOT NULL)),
    CHECK (field = 'national_id' OR before_value IS NOT NULL)
) STRICT;
CREATE INDEX correction_child ON correction (municipality, child_id, id);
