-- Why the family waits for a step of the help (decision 51). What is written stays.
CREATE TABLE wait_reason (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('concern', 'opened', 'shared', 'meeting', 'measure', 'evaluation')),
    -- Sealed.
    reason TEXT NOT NULL,
    recorded_by UUID NOT NULL REFERENCES person (id),
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
);
CREATE INDEX wait_reason_case ON wait_reason (municipality, case_id, id);
