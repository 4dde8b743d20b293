-- A conflict of interest counts from when somebody who may decide has confirmed it: the person, or their own leader (fvl § 8).
-- Until now, every record counted at once. Those stand as confirmed by the person who recorded them.
-- A guardianship is a statement about the guardian, too. It has a row here when it is confirmed or rejected.
ALTER TABLE conflict_of_interest
    ADD COLUMN confirmed_at TIMESTAMPTZ,
    ADD COLUMN confirmed_by UUID REFERENCES person (id),
    DROP CONSTRAINT conflict_of_interest_ground_check,
    DROP CONSTRAINT conflict_of_interest_check;
UPDATE conflict_of_interest SET confirmed_at = recorded_at, confirmed_by = recorded_by;
ALTER TABLE conflict_of_interest
    ADD CHECK (ground IN ('guardian', 'relative', 'in_law', 'partner', 'foster_relation', 'friend', 'opponent', 'other')),
    -- How the child was identified: by its case, by its number, or by a guardianship.
    ADD CHECK (ground = 'guardian' OR (case_id IS NULL) = (national_id IS NOT NULL)),
    ADD CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    ADD CHECK (ground <> 'guardian' OR confirmed_at IS NOT NULL OR ended_at IS NOT NULL);

-- What another registration states about a child is a claim here. `claim_id` is the guardianship, the care order, or the child in
-- the registration that has the protected address.
CREATE TABLE claim_decision (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    -- The registration that the decision is for.
    child_id UUID NOT NULL,
    claim_id UUID NOT NULL,
    confirmed BOOLEAN NOT NULL,
    -- Sealed.
    reason TEXT NOT NULL,
    decided_by UUID NOT NULL REFERENCES person (id),
    decided_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 2,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id)
);
CREATE UNIQUE INDEX claim_decision_child ON claim_decision (child_id, claim_id);

-- When the address was protected, if it is.
ALTER TABLE address_protection ADD COLUMN protected_at TIMESTAMPTZ;
UPDATE address_protection SET protected_at = changed_at WHERE protection <> 'none';

-- What was stated lately.
CREATE INDEX guardianship_stated ON guardianship (municipality, created_at) WHERE ended_at IS NULL;
CREATE INDEX care_order_stated ON care_order (municipality, recorded_at) WHERE ended_at IS NULL;
CREATE INDEX address_protection_stated ON address_protection (municipality, protected_at) WHERE protected_at IS NOT NULL;
CREATE INDEX child_registered ON child (municipality, registered_at);

-- The person who registered a guardian. Older rows have none.
ALTER TABLE guardianship ADD COLUMN created_by UUID REFERENCES person (id);

-- When the child became the person that it is registered as, if that was after the registration: its number came later. A claim
-- begins then at the earliest. Those of the registrations that exist begin now.
ALTER TABLE child ADD COLUMN identified_at TIMESTAMPTZ;
UPDATE child SET identified_at = now()
WHERE EXISTS (SELECT 1 FROM child o WHERE o.person_id = child.person_id AND o.id <> child.id);
CREATE INDEX child_identified ON child (municipality, identified_at) WHERE identified_at IS NOT NULL;
