-- What a unit has reported to child welfare, and what has left a case on a named statute: outside the record of the case.

CREATE TABLE child_welfare_report (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    -- The unit that reported.
    unit_id UUID NOT NULL REFERENCES unit (id),
    reporter_id UUID NOT NULL REFERENCES person (id),
    reporter_name TEXT NOT NULL,
    receiving_unit_id UUID NOT NULL REFERENCES unit (id),
    child_id UUID,
    -- As registered when it was sent.
    child_name TEXT,
    child_birth_date DATE,
    -- Of a child that is not registered.
    child_description TEXT,
    concern_id UUID,
    grounds TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_on DATE NOT NULL,
    guardians_told BOOLEAN NOT NULL,
    guardians_not_told_reason TEXT,
    -- The paragraph, and the first day of its wording.
    law TEXT NOT NULL,
    law_valid_from DATE NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    FOREIGN KEY (municipality, concern_id) REFERENCES concern (municipality, id),
    CHECK ((child_id IS NULL) = (child_name IS NULL)),
    CHECK ((child_id IS NULL) = (child_birth_date IS NULL)),
    CHECK ((child_id IS NULL) <> (child_description IS NULL)),
    CHECK (guardians_told = (guardians_not_told_reason IS NULL))
);
CREATE INDEX child_welfare_report_id ON child_welfare_report (id);
CREATE INDEX child_welfare_report_unit ON child_welfare_report (unit_id, id);
CREATE INDEX child_welfare_report_receiving ON child_welfare_report (receiving_unit_id, id);

-- What child welfare answered, added to and never changed.
CREATE TABLE report_reply (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    report_id UUID NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('received', 'investigation_opened', 'not_investigated', 'investigation_closed')),
    followed_up BOOLEAN,
    answered_on DATE NOT NULL,
    body TEXT,
    recorded_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, report_id) REFERENCES child_welfare_report (municipality, id),
    CHECK ((outcome = 'investigation_closed') = (followed_up IS NOT NULL))
);
CREATE UNIQUE INDEX report_reply_outcome ON report_reply (municipality, report_id, outcome);
CREATE INDEX report_reply_report ON report_reply (report_id);

-- A concern can end in a report.
ALTER TABLE concern DROP CONSTRAINT concern_decision_check;
ALTER TABLE concern
    ADD CONSTRAINT concern_decision_check CHECK (decision IN ('no_need', 'open_case', 'join_case', 'report_child_welfare')),
    -- The report that a concern ended in.
    ADD COLUMN report_id UUID,
    ADD FOREIGN KEY (municipality, report_id) REFERENCES child_welfare_report (municipality, id),
    ADD CHECK ((report_id IS NOT NULL) = (decision IS NOT NULL AND decision = 'report_child_welfare'));

-- What left a case without consent: which entries, as they were, to whom, on which paragraphs, why.
CREATE TABLE disclosure (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    child_id UUID NOT NULL,
    child_name TEXT NOT NULL,
    child_birth_date DATE NOT NULL,
    unit_id UUID NOT NULL REFERENCES unit (id),
    disclosed_by UUID NOT NULL REFERENCES person (id),
    disclosed_by_name TEXT NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('child_welfare_report', 'child_welfare_order', 'duty_to_avert', 'danger_to_life_or_health', 'health_personnel', 'school_change')),
    order_reference TEXT,
    to_unit_id UUID REFERENCES unit (id),
    to_person_id UUID REFERENCES person (id),
    to_person_name TEXT,
    outside_recipient TEXT,
    reason TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    CHECK ((to_unit_id IS NULL) = (to_person_id IS NULL)),
    CHECK ((to_unit_id IS NULL) = (to_person_name IS NULL)),
    CHECK ((to_unit_id IS NULL) <> (outside_recipient IS NULL)),
    CHECK ((basis = 'child_welfare_order') = (order_reference IS NOT NULL))
);
CREATE INDEX disclosure_id ON disclosure (id);
CREATE INDEX disclosure_unit ON disclosure (unit_id, id);
CREATE INDEX disclosure_to ON disclosure (to_unit_id, id);

CREATE TABLE disclosure_law (
    municipality TEXT NOT NULL,
    disclosure_id UUID NOT NULL,
    law TEXT NOT NULL,
    valid_from DATE NOT NULL,
    PRIMARY KEY (municipality, disclosure_id, law),
    FOREIGN KEY (municipality, disclosure_id) REFERENCES disclosure (municipality, id)
);
CREATE INDEX disclosure_law_disclosure ON disclosure_law (disclosure_id);

CREATE TABLE disclosed_entry (
    municipality TEXT NOT NULL,
    disclosure_id UUID NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('note', 'measure')),
    entry_id UUID NOT NULL,
    title TEXT,
    body TEXT,
    -- Who wrote the note, or is responsible for the measure, and from which unit.
    person_name TEXT NOT NULL,
    unit_name TEXT,
    starts_on DATE,
    evaluate_on DATE,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, disclosure_id, number),
    FOREIGN KEY (municipality, disclosure_id) REFERENCES disclosure (municipality, id),
    CHECK ((kind = 'measure') = (title IS NOT NULL)),
    CHECK ((kind = 'measure') = (starts_on IS NOT NULL)),
    CHECK (kind = 'measure' OR body IS NOT NULL)
);
CREATE INDEX disclosed_entry_disclosure ON disclosed_entry (disclosure_id);

-- Objections to sharing among health personnel.
CREATE TABLE objection (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    objected_by UUID NOT NULL REFERENCES person (id),
    recorded_by UUID NOT NULL REFERENCES person (id),
    form TEXT NOT NULL CHECK (form IN ('digital', 'paper', 'oral')),
    made_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    withdrawal_recorded_by UUID REFERENCES person (id),
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((withdrawn_at IS NULL) = (withdrawal_recorded_by IS NULL))
);
CREATE UNIQUE INDEX objection_live ON objection (municipality, case_id, objected_by) WHERE withdrawn_at IS NULL;
CREATE INDEX objection_case ON objection (municipality, case_id, id);
