-- What is agreed and done for the child: goals, meetings, measures, evaluations, notes.

CREATE TABLE goal (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'reached', 'dropped')),
    created_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
);
CREATE INDEX goal_case ON goal (municipality, case_id, id);

CREATE TABLE meeting (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    arena_id UUID REFERENCES arena (id),
    called_by UUID NOT NULL REFERENCES person (id),
    starts_at TIMESTAMPTZ NOT NULL,
    place TEXT,
    agenda TEXT NOT NULL,
    -- Guardians and child are invited unless a reason is given.
    family_absent_reason TEXT,
    status TEXT NOT NULL CHECK (status IN ('planned', 'held', 'cancelled')),
    minutes TEXT,
    minutes_by UUID REFERENCES person (id),
    minutes_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((status = 'held') = (minutes IS NOT NULL)),
    CHECK ((minutes IS NULL) = (minutes_by IS NULL)),
    CHECK ((minutes IS NULL) = (minutes_at IS NULL))
);
CREATE INDEX meeting_case ON meeting (municipality, case_id, id);

CREATE TABLE meeting_participant (
    municipality TEXT NOT NULL,
    meeting_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    answer TEXT NOT NULL CHECK (answer IN ('awaited', 'coming', 'not_coming')),
    attended BOOLEAN,
    approved_at TIMESTAMPTZ,
    PRIMARY KEY (municipality, meeting_id, person_id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    CHECK (approved_at IS NULL OR attended IS NOT NULL)
);
CREATE INDEX meeting_participant_person ON meeting_participant (person_id);

CREATE TABLE measure (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    goal_id UUID,
    catalogue_measure_id UUID REFERENCES catalogue_measure (id),
    -- The meeting that decided it.
    meeting_id UUID,
    title TEXT NOT NULL,
    description TEXT,
    level TEXT NOT NULL CHECK (level IN ('universal', 'selective', 'indicated')),
    responsible_id UUID NOT NULL REFERENCES person (id),
    unit_id UUID NOT NULL REFERENCES unit (id),
    starts_on DATE NOT NULL,
    evaluate_on DATE,
    status TEXT NOT NULL CHECK (status IN ('in_force', 'ended_reached', 'ended_no_effect')),
    created_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, goal_id) REFERENCES goal (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    CHECK ((status = 'in_force') = (evaluate_on IS NOT NULL)),
    CHECK (evaluate_on IS NULL OR evaluate_on >= starts_on)
);
CREATE INDEX measure_case ON measure (municipality, case_id, id);
CREATE INDEX measure_responsible ON measure (responsible_id, evaluate_on) WHERE status = 'in_force';

-- What a meeting decided, with the measure it became, if any.
CREATE TABLE meeting_decision (
    municipality TEXT NOT NULL,
    meeting_id UUID NOT NULL,
    number BIGINT NOT NULL,
    case_id UUID NOT NULL,
    decision TEXT NOT NULL,
    measure_id UUID,
    PRIMARY KEY (municipality, meeting_id, number),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id)
);

CREATE TABLE evaluation (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    measure_id UUID NOT NULL,
    held_on DATE NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('continue', 'adjust', 'end_reached', 'end_no_effect')),
    assessment TEXT NOT NULL,
    -- The child's view is told, or the reason why it is not.
    child_view TEXT,
    child_view_missing_reason TEXT,
    guardians_view TEXT,
    next_evaluation_on DATE,
    evaluated_by UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id),
    CHECK ((child_view IS NULL) <> (child_view_missing_reason IS NULL)),
    CHECK ((outcome IN ('continue', 'adjust')) = (next_evaluation_on IS NOT NULL))
);
CREATE INDEX evaluation_measure ON evaluation (municipality, measure_id, id);

CREATE TABLE note (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    author_id UUID NOT NULL REFERENCES person (id),
    -- Null when the family wrote it.
    unit_id UUID REFERENCES unit (id),
    audience TEXT NOT NULL CHECK (audience IN ('team', 'sector', 'unit')),
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK (audience = 'team' OR unit_id IS NOT NULL)
);
CREATE INDEX note_case ON note (municipality, case_id, id);
