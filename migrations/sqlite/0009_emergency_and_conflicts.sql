-- Emergency access (nødrettstilgang): one person reads one case for one hour, since life or health is in danger. Each is a row
-- of its own, and none is done with until somebody else has reviewed it.
CREATE TABLE emergency_access (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    -- The unit they acted from, whose key seals the reason and the note of the review.
    unit_id BLOB NOT NULL REFERENCES unit (id),
    danger TEXT NOT NULL CHECK (danger IN ('life', 'health')),
    reason TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    -- Given up before the hour was over.
    ended_at TEXT,
    verdict TEXT CHECK (verdict IN ('justified', 'not_justified')),
    review_note TEXT,
    reviewed_by BLOB REFERENCES person (id),
    reviewed_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    CHECK (ends_at > started_at),
    CHECK ((verdict IS NULL) = (reviewed_at IS NULL)),
    CHECK ((verdict IS NULL) = (review_note IS NULL)),
    CHECK ((verdict IS NULL) = (reviewed_by IS NULL)),
    CHECK (reviewed_by IS NULL OR reviewed_by <> person_id)
) STRICT;
CREATE INDEX emergency_access_id ON emergency_access (id);
CREATE INDEX emergency_access_person ON emergency_access (person_id, case_id);
CREATE INDEX emergency_access_case ON emergency_access (municipality, case_id, id);
CREATE INDEX emergency_access_open ON emergency_access (municipality, id) WHERE reviewed_at IS NULL;

-- Conflicts of interest (inhabilitet) that were declared or recorded: who is too close to which child to work with it. One that
-- was declared by number stands in each municipality where the person works, under one id.
CREATE TABLE conflict_of_interest (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    -- Who is too close.
    person_id BLOB NOT NULL REFERENCES person (id),
    -- To which child, as a person: every registration of it is meant.
    child_person BLOB NOT NULL REFERENCES person (id),
    -- How the child was told: by its case or by its number.
    case_id BLOB,
    national_id TEXT,
    ground TEXT NOT NULL CHECK (ground IN ('relative', 'in_law', 'partner', 'foster_relation', 'friend', 'opponent', 'other')),
    note TEXT,
    recorded_by BLOB NOT NULL REFERENCES person (id),
    recorded_at TEXT NOT NULL,
    ended_at TEXT,
    ended_by BLOB REFERENCES person (id),
    end_reason TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((case_id IS NULL) = (national_id IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK (ended_by IS NULL OR ended_by <> person_id)
) STRICT;
CREATE INDEX conflict_of_interest_id ON conflict_of_interest (id);
CREATE INDEX conflict_of_interest_person ON conflict_of_interest (person_id, id);
CREATE INDEX conflict_of_interest_live ON conflict_of_interest (child_person, person_id) WHERE ended_at IS NULL;
