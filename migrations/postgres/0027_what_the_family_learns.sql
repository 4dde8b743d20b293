-- The family learns of disclosures without consent, at once or on a later day with a ground.
ALTER TABLE disclosure DROP CONSTRAINT disclosure_basis_check;
ALTER TABLE disclosure ADD CONSTRAINT disclosure_basis_check CHECK (basis IN ('child_welfare_report', 'child_welfare_order', 'duty_to_avert', 'danger_to_life_or_health', 'health_personnel', 'patients_children', 'school_change', 'school_change_duty'));
ALTER TABLE disclosure
    -- The kind of a recipient outside the service. Its name may be left out.
    ADD COLUMN outside_kind TEXT CHECK (outside_kind IN ('police', 'fire', 'emergency_medical', 'other')),
    -- With a change of school: the request, or the day from which everyone who consents had given leave.
    ADD COLUMN request_reference TEXT,
    ADD COLUMN requested_on DATE,
    ADD COLUMN leave_on DATE,
    -- Among health personnel: whether the patient would object, and the weighty reasons to disclose all the same.
    ADD COLUMN would_object BOOLEAN,
    ADD COLUMN weighty_reasons TEXT,
    -- When the family's log got its line, or would have: it has one only if all who read the log may know.
    ADD COLUMN family_informed_at TIMESTAMPTZ;
UPDATE disclosure SET outside_kind = 'other' WHERE outside_recipient IS NOT NULL;
ALTER TABLE disclosure DROP CONSTRAINT disclosure_check2;
ALTER TABLE disclosure
    ADD CHECK ((to_unit_id IS NULL) = (outside_kind IS NOT NULL)),
    ADD CHECK (outside_recipient IS NULL OR outside_kind IS NOT NULL),
    ADD CHECK ((request_reference IS NULL) = (requested_on IS NULL));
CREATE INDEX disclosure_case ON disclosure (municipality, case_id, id);
-- The disclosures that the family is not informed of yet.
CREATE INDEX disclosure_to_inform ON disclosure (id) WHERE family_informed_at IS NULL;

-- The people who gave leave to a disclosure.
CREATE TABLE disclosure_leave (
    municipality TEXT NOT NULL,
    disclosure_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    PRIMARY KEY (municipality, disclosure_id, person_id),
    FOREIGN KEY (municipality, disclosure_id) REFERENCES disclosure (municipality, id)
);

-- From which day the family is informed of a disclosure. The newest row counts; a disclosure without one is never shown to the family. The
-- first row has the id of the disclosure. A row without a ground informs at once, or is from before there was a choice.
CREATE TABLE disclosure_informing (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    disclosure_id UUID NOT NULL,
    inform_from DATE NOT NULL,
    ground TEXT CHECK (ground IN ('criminal_proceedings', 'health_or_close_relations', 'fundamental_interests', 'order_hindered', 'child_welfare_investigation', 'patient_under_age')),
    -- The paragraph, and the first day of its wording.
    law TEXT,
    law_valid_from DATE,
    reason TEXT,
    set_by UUID NOT NULL REFERENCES person (id),
    set_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, disclosure_id) REFERENCES disclosure (municipality, id),
    CHECK ((ground IS NULL) = (law IS NULL)),
    CHECK ((ground IS NULL) = (law_valid_from IS NULL)),
    CHECK ((ground IS NULL) = (reason IS NULL))
);
CREATE INDEX disclosure_informing_disclosure ON disclosure_informing (disclosure_id, id);

-- The family knows of no disclosure from before. The leader of the unit decides within three months whether it is delayed further.
INSERT INTO disclosure_informing (municipality, id, disclosure_id, inform_from, set_by, set_at)
SELECT municipality, id, id, CURRENT_DATE + 92, disclosed_by, created_at
FROM disclosure WHERE basis NOT IN ('child_welfare_report', 'duty_to_avert');

-- A withholding belongs to the unit that decided it, has a day by which it is reviewed, and the guardian gets a letter from a day. Those
-- from before are reviewed, and have a letter, within three months.
ALTER TABLE withholding ADD COLUMN unit_id UUID REFERENCES unit (id);
ALTER TABLE withholding ADD COLUMN review_on DATE;
ALTER TABLE withholding ADD COLUMN letter_from DATE;
ALTER TABLE withholding ADD COLUMN letter_delay TEXT CHECK (letter_delay IN ('criminal_proceedings', 'health_or_close_relations', 'fundamental_interests'));
ALTER TABLE withholding ADD COLUMN letter_delay_reason TEXT;
UPDATE withholding SET review_on = CURRENT_DATE + 92, letter_from = CURRENT_DATE + 92 WHERE ended_at IS NULL;
CREATE INDEX withholding_guardian ON withholding (guardian_id, id);
CREATE INDEX withholding_decided_by ON withholding (decided_by, review_on) WHERE ended_at IS NULL;

-- Each review of a withholding: the next day, and why it is still needed.
CREATE TABLE withholding_review (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    withholding_id UUID NOT NULL,
    case_id UUID NOT NULL,
    review_on DATE NOT NULL,
    reason TEXT NOT NULL,
    reviewed_by UUID NOT NULL REFERENCES person (id),
    reviewed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, withholding_id) REFERENCES withholding (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
);
CREATE INDEX withholding_review_withholding ON withholding_review (municipality, withholding_id, id);
