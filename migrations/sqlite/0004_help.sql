-- What is agreed and done for the child: goals, meetings, measures, evaluations, notes.

CREATE TABLE goal (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'reached', 'dropped')),
    created_by BLOB NOT NULL REFERENCES person (id),
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
) STRICT;
CREATE INDEX goal_case ON goal (municipality, case_id, id);

CREATE TABLE meeting (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    arena_id BLOB REFERENCES arena (id),
    called_by BLOB NOT NULL REFERENCES person (id),
    starts_at TEXT NOT NULL,
    place TEXT,
    agenda TEXT NOT NULL,
    -- Guardians and child are invited unless a reason is given.
    family_absent_reason TEXT,
    status TEXT NOT NULL CHECK (status IN ('planned', 'held', 'cancelled')),
    minutes TEXT,
    minutes_by BLOB REFERENCES person (id),
    minutes_at TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((status = 'held') = (minutes IS NOT NULL)),
    CHECK ((minutes IS NULL) = (minutes_by IS NULL)),
    CHECK ((minutes IS NULL) = (minutes_at IS NULL))
) STRICT;
CREATE INDEX meeting_case ON meeting (municipality, case_id, id);

CREATE TABLE meeting_participant (
    municipality TEXT NOT NULL,
    meeting_id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    answer TEXT NOT NULL CHECK (answer IN ('awaited', 'coming', 'not_coming')),
    attended INTEGER CHECK (attended IN (0, 1)),
    approved_at TEXT,
    PRIMARY KEY (municipality, meeting_id, person_id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    CHECK (approved_at IS NULL OR attended IS NOT NULL)
) STRICT;
CREATE INDEX meeting_participant_person ON meeting_participant (person_id);

CREATE TABLE measure (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    goal_id BLOB,
    catalogue_measure_id BLOB REFERENCES catalogue_measure (id),
    -- The meeting that decided it.
    meeting_id BLOB,
    title TEXT NOT NULL,
    description TEXT,
    level TEXT NOT NULL CHECK (level IN ('universal', 'selective', 'indicated')),
    responsible_id BLOB NOT NULL REFERENCES person (id),
    unit_id BLOB NOT NULL REFERENCES unit (id),
    starts_on TEXT NOT NULL,
    evaluate_on TEXT,
    status TEXT NOT NULL CHECK (status IN ('in_force', 'ended_reached', 'ended_no_effect')),
    created_by BLOB NOT NULL REFERENCES person (id),
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, goal_id) REFERENCES goal (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    CHECK ((status = 'in_force') = (evaluate_on IS NOT NULL)),
    CHECK (evaluate_on IS NULL OR evaluate_on >= starts_on)
) STRICT;
CREATE INDEX measure_case ON measure (municipality, case_id, id);
CREATE INDEX measure_responsible ON measure (responsible_id, evaluate_on) WHERE status = 'in_force';

-- What a meeting decided, with the measure it became, if any.
CREATE TABLE meeting_decision (
    municipality TEXT NOT NULL,
    meeting_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    decision TEXT NOT NULL,
    measure_id BLOB,
    PRIMARY KEY (municipality, meeting_id, number),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id)
) STRICT;

CREATE TABLE evaluation (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    measure_id BLOB NOT NULL,
    held_on TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('continue', 'adjust', 'end_reached', 'end_no_effect')),
    assessment TEXT NOT NULL,
    -- The child's view is told, or the reason why it is not.
    child_view TEXT,
    child_view_missing_reason TEXT,
    guardians_view TEXT,
    next_evaluation_on TEXT,
    evaluated_by BLOB NOT NULL REFERENCES person (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id),
    CHECK ((child_view IS NULL) <> (child_view_missing_reason IS NULL)),
    CHECK ((outcome IN ('continue', 'adjust')) = (next_evaluation_on IS NOT NULL))
) STRICT;
CREATE INDEX evaluation_measure ON evaluation (municipality, measure_id, id);

CREATE TABLE note (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    author_id BLOB NOT NULL REFERENCES person (id),
    -- Null when the family wrote it.
    unit_id BLOB REFERENCES unit (id),
    audience TEXT NOT NULL CHECK (audience IN ('team', 'sector', 'unit')),
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK (audience = 'team' OR unit_id IS NOT NULL)
) STRICT;
CREATE INDEX note_case ON note (municipality, case_id, id);
