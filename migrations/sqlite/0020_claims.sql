-- A conflict of interest counts from when somebody who may decide has confirmed it: the person, or their own leader (fvl § 8).
-- Until now, every record counted at once. Those stand as confirmed by the person who recorded them.
-- A guardianship is a statement about the guardian, too. It has a row here when it is confirmed or rejected.
CREATE TABLE conflict_of_interest_new (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    -- Who is too close.
    person_id BLOB NOT NULL REFERENCES person (id),
    -- To which child, as a person: every registration of it is meant.
    child_person BLOB NOT NULL REFERENCES person (id),
    -- How the child was identified: by its case, by its number, or by a guardianship.
    case_id BLOB,
    national_id TEXT,
    ground TEXT NOT NULL CHECK (ground IN ('guardian', 'relative', 'in_law', 'partner', 'foster_relation', 'friend', 'opponent', 'other')),
    note TEXT,
    recorded_by BLOB NOT NULL REFERENCES person (id),
    recorded_at TEXT NOT NULL,
    confirmed_at TEXT,
    confirmed_by BLOB REFERENCES person (id),
    ended_at TEXT,
    ended_by BLOB REFERENCES person (id),
    end_reason TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK (ground = 'guardian' OR (case_id IS NULL) = (national_id IS NOT NULL)),
    CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CHECK (ground <> 'guardian' OR confirmed_at IS NOT NULL OR ended_at IS NOT NULL),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK (ended_by IS NULL OR ended_by <> person_id)
) STRICT;
INSERT INTO conflict_of_interest_new
    (municipality, id, person_id, child_person, case_id, national_id, ground, note, recorded_by, recorded_at,
     confirmed_at, confirmed_by, ended_at, ended_by, end_reason, version)
SELECT municipality, id, person_id, child_person, case_id, national_id, ground, note, recorded_by, recorded_at,
       recorded_at, recorded_by, ended_at, ended_by, end_reason, version
FROM conflict_of_interest;
DROP TABLE conflict_of_interest;
ALTER TABLE conflict_of_interest_new RENAME TO conflict_of_interest;
CREATE INDEX conflict_of_interest_id ON conflict_of_interest (id);
CREATE INDEX conflict_of_interest_person ON conflict_of_interest (person_id, id);
CREATE INDEX conflict_of_interest_live ON conflict_of_interest (child_person, person_id) WHERE ended_at IS NULL;

-- What another registration states about a child is a claim here. `claim_id` is the guardianship, the care order, or the child in
-- the registration that has the protected address.
CREATE TABLE claim_decision (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    -- The registration that the decision is for.
    child_id BLOB NOT NULL,
    claim_id BLOB NOT NULL,
    confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    -- Sealed.
    reason TEXT NOT NULL,
    decided_by BLOB NOT NULL REFERENCES person (id),
    decided_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 2,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id)
) STRICT;
CREATE UNIQUE INDEX claim_decision_child ON claim_decision (child_id, claim_id);

-- When the address was protected, if it is.
ALTER TABLE address_protection ADD COLUMN protected_at TEXT;
UPDATE address_protection SET protected_at = changed_at WHERE protection <> 'none';

-- What was stated lately.
CREATE INDEX guardianship_stated ON guardianship (municipality, created_at) WHERE ended_at IS NULL;
CREATE INDEX care_order_stated ON care_order (municipality, recorded_at) WHERE ended_at IS NULL;
CREATE INDEX address_protection_stated ON address_protection (municipality, protected_at) WHERE protected_at IS NOT NULL;
CREATE INDEX child_registered ON child (municipality, registered_at);

-- The person who registered a guardian. Older rows have none.
ALTER TABLE guardianship ADD COLUMN created_by BLOB REFERENCES person (id);

-- When the child became the person that it is registered as, if that was after the registration: its number came later. A claim
-- begins then at the earliest. Those of the registrations that exist begin now.
ALTER TABLE child ADD COLUMN identified_at TEXT;
UPDATE child SET identified_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')
WHERE EXISTS (SELECT 1 FROM child o WHERE o.person_id = child.person_id AND o.id <> child.id);
CREATE INDEX child_identified ON child (municipality, identified_at) WHERE identified_at IS NOT NULL;
