-- Why the family waits for a step of the help (decision 51). What is written stays.
CREATE TABLE wait_reason (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('concern', 'opened', 'shared', 'meeting', 'measure', 'evaluation')),
    -- Sealed.
    reason TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES person (id),
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
) STRICT;
CREATE INDEX wait_reason_case ON wait_reason (municipality, case_id, id);
