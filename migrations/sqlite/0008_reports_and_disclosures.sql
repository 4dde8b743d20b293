-- What a unit has reported to child welfare, and what has left a case on a named statute: outside the record of the case.

CREATE TABLE child_welfare_report (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    -- The unit that reported.
    unit_id BLOB NOT NULL REFERENCES unit (id),
    reporter_id BLOB NOT NULL REFERENCES person (id),
    reporter_name TEXT NOT NULL,
    receiving_unit_id BLOB NOT NULL REFERENCES unit (id),
    child_id BLOB,
    -- As registered when it was sent.
    child_name TEXT,
    child_birth_date TEXT,
    -- Of a child that is not registered.
    child_description TEXT,
    concern_id BLOB,
    grounds TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_on TEXT NOT NULL,
    guardians_told INTEGER NOT NULL CHECK (guardians_told IN (0, 1)),
    guardians_not_told_reason TEXT,
    -- The paragraph, and the first day of its wording.
    law TEXT NOT NULL,
    law_valid_from TEXT NOT NULL,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    FOREIGN KEY (municipality, concern_id) REFERENCES concern (municipality, id),
    CHECK ((child_id IS NULL) = (child_name IS NULL)),
    CHECK ((child_id IS NULL) = (child_birth_date IS NULL)),
    CHECK ((child_id IS NULL) <> (child_description IS NULL)),
    CHECK (guardians_told = (guardians_not_told_reason IS NULL))
) STRICT;
CREATE INDEX child_welfare_report_id ON child_welfare_report (id);
CREATE INDEX child_welfare_report_unit ON child_welfare_report (unit_id, id);
CREATE INDEX child_welfare_report_receiving ON child_welfare_report (receiving_unit_id, id);

-- What child welfare answered, added to and never changed.
CREATE TABLE report_reply (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    report_id BLOB NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('received', 'investigation_opened', 'not_investigated', 'investigation_closed')),
    followed_up INTEGER CHECK (followed_up IN (0, 1)),
    answered_on TEXT NOT NULL,
    body TEXT,
    recorded_by BLOB NOT NULL REFERENCES person (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, report_id) REFERENCES child_welfare_report (municipality, id),
    CHECK ((outcome = 'investigation_closed') = (followed_up IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX report_reply_outcome ON report_reply (municipality, report_id, outcome);
CREATE INDEX report_reply_report ON report_reply (report_id);

-- A concern can end in a report. SQLite changes no CHECK: the table is made anew, and its rows put back before the commit.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE concern_kept AS SELECT * FROM concern;
DROP TABLE concern;
CREATE TABLE concern (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    unit_id BLOB NOT NULL REFERENCES unit (id),
    author_id BLOB NOT NULL REFERENCES person (id),
    -- Null in an anonymous concern.
    child_id BLOB,
    facts TEXT NOT NULL,
    risk_factors TEXT,
    protective_factors TEXT,
    child_says TEXT,
    tried_so_far TEXT,
    decide_by TEXT NOT NULL,
    decision TEXT CHECK (decision IN ('no_need', 'open_case', 'join_case', 'report_child_welfare')),
    decision_reason TEXT,
    decided_at TEXT,
    decided_by BLOB REFERENCES person (id),
    case_id BLOB,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    -- The report that a concern ended in.
    report_id BLOB,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (municipality, report_id) REFERENCES child_welfare_report (municipality, id),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK ((decision IS NULL) = (decided_by IS NULL)),
    CHECK ((case_id IS NOT NULL) = (decision IS NOT NULL AND decision IN ('open_case', 'join_case'))),
    CHECK ((report_id IS NOT NULL) = (decision IS NOT NULL AND decision = 'report_child_welfare'))
) STRICT;
INSERT INTO concern (municipality, id, unit_id, author_id, child_id, facts, risk_factors, protective_factors,
                     child_says, tried_so_far, decide_by, decision, decision_reason, decided_at, decided_by, case_id,
                     created_at, version)
SELECT municipality, id, unit_id, author_id, child_id, facts, risk_factors, protective_factors,
       child_says, tried_so_far, decide_by, decision, decision_reason, decided_at, decided_by, case_id,
       created_at, version
FROM concern_kept;
DROP TABLE concern_kept;
CREATE INDEX concern_id ON concern (id);
CREATE INDEX concern_unit ON concern (unit_id, id);

-- What left a case without consent: which entries, as they were, to whom, on which paragraphs, why.
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
    basis TEXT NOT NULL CHECK (basis IN ('child_welfare_report', 'child_welfare_order', 'duty_to_avert', 'danger_to_life_or_health', 'health_personnel', 'school_change')),
    order_reference TEXT,
    to_unit_id BLOB REFERENCES unit (id),
    to_person_id BLOB REFERENCES person (id),
    to_person_name TEXT,
    outside_recipient TEXT,
    reason TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    CHECK ((to_unit_id IS NULL) = (to_person_id IS NULL)),
    CHECK ((to_unit_id IS NULL) = (to_person_name IS NULL)),
    CHECK ((to_unit_id IS NULL) <> (outside_recipient IS NULL)),
    CHECK ((basis = 'child_welfare_order') = (order_reference IS NOT NULL))
) STRICT;
CREATE INDEX disclosure_id ON disclosure (id);
CREATE INDEX disclosure_unit ON disclosure (unit_id, id);
CREATE INDEX disclosure_to ON disclosure (to_unit_id, id);

CREATE TABLE disclosure_law (
    municipality TEXT NOT NULL,
    disclosure_id BLOB NOT NULL,
    law TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    PRIMARY KEY (municipality, disclosure_id, law),
    FOREIGN KEY (municipality, disclosure_id) REFERENCES disclosure (municipality, id)
) STRICT;
CREATE INDEX disclosure_law_disclosure ON disclosure_law (disclosure_id);

CREATE TABLE disclosed_entry (
    municipality TEXT NOT NULL,
    disclosure_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('note', 'measure')),
    entry_id BLOB NOT NULL,
    title TEXT,
    body TEXT,
    -- Who wrote the note, or is responsible for the measure, and from which unit.
    person_name TEXT NOT NULL,
    unit_name TEXT,
    starts_on TEXT,
    evaluate_on TEXT,
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (municipality, disclosure_id, number),
    FOREIGN KEY (municipality, disclosure_id) REFERENCES disclosure (municipality, id),
    CHECK ((kind = 'measure') = (title IS NOT NULL)),
    CHECK ((kind = 'measure') = (starts_on IS NOT NULL)),
    CHECK (kind = 'measure' OR body IS NOT NULL)
) STRICT;
CREATE INDEX disclosed_entry_disclosure ON disclosed_entry (disclosure_id);

-- Objections to sharing among health personnel.
CREATE TABLE objection (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    objected_by BLOB NOT NULL REFERENCES person (id),
    recorded_by BLOB NOT NULL REFERENCES person (id),
    form TEXT NOT NULL CHECK (form IN ('digital', 'paper', 'oral')),
    made_at TEXT NOT NULL,
    withdrawn_at TEXT,
    withdrawal_recorded_by BLOB REFERENCES person (id),
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((withdrawn_at IS NULL) = (withdrawal_recorded_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX objection_live ON objection (municipality, case_id, objected_by) WHERE withdrawn_at IS NULL;
CREATE INDEX objection_case ON objection (municipality, case_id, id);
