-- The family learns of disclosures without consent, at once or on a later day with a ground. SQLite changes no CHECK: the table is
-- made anew, and its rows put back before the commit.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE disclosure_kept AS SELECT * FROM disclosure;
DROP TABLE disclosure;
CREATE TABLE disclosure (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    child_name TEXT NOT NULL,
    child_birth_date TEXT NOT NULL,
    unit_id BLOB NOT NULL REFERENCES unit (id),
    disclosed_by BLOB NOT NULL REFERENCES person (id),
    disclosed_by_name TEXT NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('child_welfare_report', 'child_welfare_order', 'duty_to_avert', 'danger_to_life_or_health', 'health_personnel', 'patients_children', 'school_change', 'school_change_duty')),
    order_reference TEXT,
    to_unit_id BLOB REFERENCES unit (id),
    to_person_id BLOB REFERENCES person (id),
    to_person_name TEXT,
    outside_recipient TEXT,
    reason TEXT NOT NULL,
    created_at TEXT NOT NULL,
    -- The kind of a recipient outside the service. Its name may be left out.
    outside_kind TEXT CHECK (outside_kind IN ('police', 'fire', 'emergency_medical', 'other')),
    -- With a change of school: the request, or the day from which everyone who consents had given leave.
    request_reference TEXT,
    requested_on TEXT,
    leave_on TEXT,
    -- Among health personnel: whether the patient would object, and the weighty reasons to disclose all the same.
    would_object INTEGER CHECK (would_object IN (0, 1)),
    weighty_reasons TEXT,
    -- When the family's log got its line, or would have: it has one only if all who read the log may know.
    family_informed_at TEXT,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    CHECK ((to_unit_id IS NULL) = (to_person_id IS NULL)),
    CHECK ((to_unit_id IS NULL) = (to_person_name IS NULL)),
    CHECK ((to_unit_id IS NULL) = (outside_kind IS NOT NULL)),
    CHECK (outside_recipient IS NULL OR outside_kind IS NOT NULL),
    CHECK ((basis = 'child_welfare_order') = (order_reference IS NOT NULL)),
    CHECK ((request_reference IS NULL) = (requested_on IS NULL))
) STRICT;
INSERT INTO disclosure (municipality, id, case_id, child_id, child_name, child_birth_date, unit_id, disclosed_by, disclosed_by_name,
    basis, order_reference, to_unit_id, to_person_id, to_person_name, outside_recipient, reason, created_at,
    outside_kind)
SELECT municipality, id, case_id, child_id, child_name, child_birth_date, unit_id, disclosed_by, disclosed_by_name,
    basis, order_reference, to_unit_id, to_person_id, to_person_name, outside_recipient, reason, created_at,
    CASE WHEN outside_recipient IS NOT NULL THEN 'other' END
FROM disclosure_kept;
DROP TABLE disclosure_kept;
CREATE INDEX disclosure_id ON disclosure (id);
CREATE INDEX disclosure_unit ON disclosure (unit_id, id);
CREATE INDEX disclosure_to ON disclosure (to_unit_id, id);
CREATE INDEX disclosure_case ON disclosure (municipality, case_id, id);
-- The disclosures that the family is not informed of yet.
CREATE INDEX disclosure_to_inform ON disclosure (id) WHERE family_informed_at IS NULL;

-- The people who gave leave to a disclosure.
CREATE TABLE disclosure_leave (
    municipality TEXT NOT NULL,
    disclosure_id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (municipality, disclosure_id, person_id),
    FOREIGN KEY (municipality, disclosure_id) REFERENCES disclosure (municipality, id)
) STRICT;

-- From which day the family is informed of a disclosure. The newest row counts; a disclosure without one is never shown to the family. The
-- first row has the id of the disclosure. A row without a ground informs at once, or is from before there was a choice.
CREATE TABLE disclosure_informing (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    disclosure_id BLOB NOT NULL,
    inform_from TEXT NOT NULL,
    ground TEXT CHECK (ground IN ('criminal_proceedings', 'health_or_close_relations', 'fundamental_interests', 'order_hindered', 'child_welfare_investigation', 'patient_under_age')),
    -- The paragraph, and the first day of its wording.
    law TEXT,
    law_valid_from TEXT,
    reason TEXT,
    set_by BLOB NOT NULL REFERENCES person (id),
    set_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, disclosure_id) REFERENCES disclosure (municipality, id),
    CHECK ((ground IS NULL) = (law IS NULL)),
    CHECK ((ground IS NULL) = (law_valid_from IS NULL)),
    CHECK ((ground IS NULL) = (reason IS NULL))
) STRICT;
CREATE INDEX disclosure_informing_disclosure ON disclosure_informing (disclosure_id, id);

-- The family knows of no disclosure from before. The leader of the unit decides within three months whether it is delayed further.
INSERT INTO disclosure_informing (municipality, id, disclosure_id, inform_from, set_by, set_at)
SELECT municipality, id, id, date('now', '+92 days'), disclosed_by, created_at
FROM disclosure WHERE basis NOT IN ('child_welfare_report', 'duty_to_avert');

-- A withholding belongs to the unit that decided it, has a day by which it is reviewed, and the guardian gets a letter from a day. Those
-- from before are reviewed, and have a letter, within three months.
ALTER TABLE withholding ADD COLUMN unit_id BLOB REFERENCES unit (id);
ALTER TABLE withholding ADD COLUMN review_on TEXT;
ALTER TABLE withholding ADD COLUMN letter_from TEXT;
ALTER TABLE withholding ADD COLUMN letter_delay TEXT CHECK (letter_delay IN ('criminal_proceedings', 'health_or_close_relations', 'fundamental_interests'));
ALTER TABLE withholding ADD COLUMN letter_delay_reason TEXT;
UPDATE withholding SET review_on = date('now', '+92 days'), letter_from = date('now', '+92 days') WHERE ended_at IS NULL;
CREATE INDEX withholding_guardian ON withholding (guardian_id, id);
CREATE INDEX withholding_decided_by ON withholding (decided_by, review_on) WHERE ended_at IS NULL;

-- Each review of a withholding: the next day, and why it is still needed.
CREATE TABLE withholding_review (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    withholding_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    review_on TEXT NOT NULL,
    reason TEXT NOT NULL,
    reviewed_by BLOB NOT NULL REFERENCES person (id),
    reviewed_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, withholding_id) REFERENCES withholding (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
) STRICT;
CREATE INDEX withholding_review_withholding ON withholding_review (municipality, withholding_id, id);
