-- The record of one child's help. Every key leads with the municipality, so that it can be the shard.

-- A child as one member of staff has registered it. The same child may be registered by several, none of
-- whom learns of the others; person_id says that it is the same.
CREATE TABLE child (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    birth_date DATE NOT NULL,
    registered_by UUID NOT NULL REFERENCES person (id),
    registered_unit UUID NOT NULL REFERENCES unit (id),
    registered_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id)
);
CREATE INDEX child_id ON child (id);
CREATE INDEX child_person ON child (person_id);

CREATE TABLE guardianship (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    child_id UUID NOT NULL,
    guardian_id UUID NOT NULL REFERENCES person (id),
    -- As registered here: nobody learns a name by giving a number.
    guardian_name TEXT NOT NULL,
    parental_responsibility BOOLEAN NOT NULL,
    lives_with_child BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id)
);
CREATE UNIQUE INDEX guardianship_live ON guardianship (municipality, child_id, guardian_id) WHERE ended_at IS NULL;
CREATE INDEX guardianship_child ON guardianship (child_id);
CREATE INDEX guardianship_guardian ON guardianship (guardian_id);

CREATE TABLE concern (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    unit_id UUID NOT NULL REFERENCES unit (id),
    author_id UUID NOT NULL REFERENCES person (id),
    -- Null in an anonymous concern.
    child_id UUID,
    facts TEXT NOT NULL,
    risk_factors TEXT,
    protective_factors TEXT,
    child_says TEXT,
    tried_so_far TEXT,
    decide_by DATE NOT NULL,
    decision TEXT CHECK (decision IN ('no_need', 'open_case', 'join_case')),
    decision_reason TEXT,
    decided_at TIMESTAMPTZ,
    decided_by UUID REFERENCES person (id),
    case_id UUID,
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK ((decision IS NULL) = (decided_by IS NULL)),
    CHECK ((case_id IS NOT NULL) = (decision IS NOT NULL AND decision IN ('open_case', 'join_case')))
);
CREATE INDEX concern_id ON concern (id);
CREATE INDEX concern_unit ON concern (unit_id, id);

-- "case" is a word of SQL. The mutual reference with contact_person means that a case
-- cannot be committed without its contact person, nor lose it.
CREATE TABLE care_case (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    child_id UUID NOT NULL,
    -- The unit that opened the case and keeps its record.
    unit_id UUID NOT NULL REFERENCES unit (id),
    opened_by UUID NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL,
    level BIGINT NOT NULL,
    level_reason TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    agreed_with TEXT NOT NULL CHECK (agreed_with IN ('guardians', 'youth')),
    agreed_on DATE NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    closing_reason TEXT,
    final_evaluation TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((status = 'closed') = (closing_reason IS NOT NULL)),
    CHECK ((status = 'closed') = (final_evaluation IS NOT NULL))
);
CREATE INDEX care_case_id ON care_case (id);
CREATE INDEX care_case_child ON care_case (child_id);
CREATE UNIQUE INDEX care_case_open ON care_case (municipality, child_id) WHERE status = 'open';
CREATE INDEX care_case_unit ON care_case (unit_id);

-- Who holds the baton now: one row for each case, always. Its history is in handover.
CREATE TABLE contact_person (
    municipality TEXT NOT NULL,
    case_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    unit_id UUID NOT NULL REFERENCES unit (id),
    since TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, case_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id) DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE concern ADD FOREIGN KEY (municipality, case_id)
    REFERENCES care_case (municipality, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE care_case ADD FOREIGN KEY (municipality, id)
    REFERENCES contact_person (municipality, case_id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX contact_person_person ON contact_person (person_id);
CREATE INDEX contact_person_unit ON contact_person (unit_id);

CREATE TABLE handover (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    from_person UUID NOT NULL REFERENCES person (id),
    from_unit UUID NOT NULL REFERENCES unit (id),
    to_person UUID NOT NULL REFERENCES person (id),
    to_unit UUID NOT NULL REFERENCES unit (id),
    -- Null where the baton was assigned with nobody's doing.
    offered_by UUID REFERENCES person (id),
    message TEXT,
    -- 'assigned': the baton went to the leader because the holder lost the right to hold it.
    status TEXT NOT NULL CHECK (status IN ('offered', 'accepted', 'declined', 'withdrawn', 'assigned')),
    offered_at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ,
    answer TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((status = 'offered') = (answered_at IS NULL)),
    CHECK (status = 'assigned' OR offered_by IS NOT NULL)
);
CREATE UNIQUE INDEX handover_pending ON handover (municipality, case_id) WHERE status = 'offered';
CREATE INDEX handover_to ON handover (to_person) WHERE status = 'offered';
CREATE INDEX handover_case ON handover (municipality, case_id, id);

CREATE TABLE team_member (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    unit_id UUID NOT NULL REFERENCES unit (id),
    task TEXT NOT NULL,
    added_by UUID NOT NULL REFERENCES person (id),
    joined_at TIMESTAMPTZ NOT NULL,
    left_at TIMESTAMPTZ,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
);
CREATE UNIQUE INDEX team_member_live ON team_member (municipality, case_id, person_id, unit_id) WHERE left_at IS NULL;
CREATE INDEX team_member_person ON team_member (person_id);
CREATE INDEX team_member_case_id ON team_member (case_id);
CREATE INDEX team_member_case ON team_member (municipality, case_id, id);

CREATE TABLE consent (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    given_by UUID NOT NULL REFERENCES person (id),
    recorded_by UUID NOT NULL REFERENCES person (id),
    form TEXT NOT NULL CHECK (form IN ('digital', 'paper', 'oral')),
    purpose TEXT NOT NULL,
    text_version TEXT NOT NULL,
    -- The exemption from secrecy the consent is, and the basis for processing, are two things.
    secrecy_basis TEXT NOT NULL,
    processing_basis TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE NOT NULL,
    given_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK (valid_until >= valid_from)
);
CREATE INDEX consent_case_id ON consent (case_id);
CREATE INDEX consent_case ON consent (municipality, case_id, id);

-- The units a consent names, each of which can be withdrawn alone.
CREATE TABLE consent_unit (
    municipality TEXT NOT NULL,
    consent_id UUID NOT NULL,
    unit_id UUID NOT NULL REFERENCES unit (id),
    withdrawn_at TIMESTAMPTZ,
    withdrawal_recorded_by UUID REFERENCES person (id),
    PRIMARY KEY (municipality, consent_id, unit_id),
    FOREIGN KEY (municipality, consent_id) REFERENCES consent (municipality, id)
);
CREATE INDEX consent_unit_consent ON consent_unit (consent_id);

-- What became of a case, added to and never changed: reopening it loses nothing of why it was closed.
CREATE TABLE case_event (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('opened', 'level_changed', 'closed', 'reopened')),
    level BIGINT NOT NULL,
    reason TEXT NOT NULL,
    final_evaluation TEXT,
    person_id UUID NOT NULL REFERENCES person (id),
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((kind = 'closed') = (final_evaluation IS NOT NULL))
);
CREATE INDEX case_event_case ON case_event (municipality, case_id, id);
