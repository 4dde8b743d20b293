-- One human has one identity in the whole installation, and a person in each municipality that has a record about them. An identity
-- holds nothing: it is the id that its persons share. Until now, every person was a human of their own. The rest of the migration,
-- in src/db/sealing, joins the persons who have the same national identity number in several municipalities.

-- Keyed hashes of the numbers of all municipalities. They cannot be compared with `person.national_id_index`.
CREATE TABLE identity_number (
    number_index TEXT NOT NULL PRIMARY KEY,
    identity_id UUID NOT NULL
);
CREATE INDEX identity_number_identity ON identity_number (identity_id);

ALTER TABLE person
    ADD COLUMN identity_id UUID,
    -- The person that the municipality knows this human as: the oldest of those who share the identity there.
    ADD COLUMN canonical_id UUID;
UPDATE person SET identity_id = id, canonical_id = id;
ALTER TABLE person
    ALTER COLUMN identity_id SET NOT NULL,
    ALTER COLUMN canonical_id SET NOT NULL;
CREATE INDEX person_identity ON person (identity_id, municipality);

-- A national identity number that two administrators add to a person: one proposes it, and another confirms it with the number from the
-- population register. A proposal does nothing. What is confirmed is the history of the person's numbers.
CREATE TABLE number_proposal (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    -- Sealed, as the next two are.
    number TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- The number that the municipality had until then.
    replaced_number TEXT,
    proposed_by UUID NOT NULL REFERENCES person (id),
    proposed_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('proposed', 'confirmed', 'declined')),
    decided_by UUID REFERENCES person (id),
    decided_at TIMESTAMPTZ,
    PRIMARY KEY (municipality, id),
    CHECK (proposed_by <> person_id),
    CHECK ((status = 'proposed') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK (status <> 'confirmed' OR (decided_by <> proposed_by AND decided_by <> person_id)),
    CHECK (status = 'confirmed' OR replaced_number IS NULL)
);
CREATE UNIQUE INDEX number_proposal_live ON number_proposal (person_id) WHERE status = 'proposed';
CREATE INDEX number_proposal_person ON number_proposal (person_id, id);

-- What was corrected of a registration of a child: the child's name, date of birth or number, or the name of a guardian.
CREATE TABLE correction (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    child_id UUID NOT NULL,
    -- The guardianship whose name was corrected.
    guardianship_id UUID,
    field TEXT NOT NULL CHECK (field IN ('child_name', 'birth_date', 'national_id', 'guardian_name')),
    -- Sealed, as the next two are. None where the child had no number.
    before_value TEXT,
    after_value TEXT NOT NULL,
    reason TEXT NOT NULL,
    corrected_by UUID NOT NULL REFERENCES person (id),
    corrected_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    FOREIGN KEY (municipality, guardianship_id) REFERENCES guardianship (municipality, id),
    CHECK ((field = 'guardian_name') = (guardianship_id IS NOT NULL)),
    CHECK (field = 'national_id' OR before_value IS NOT NULL)
);
CREATE INDEX correction_child ON correction (municipality, child_id, id);
