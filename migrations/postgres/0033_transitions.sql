-- The unit that keeps the record changes at a transition. The key of the record stays: it is that of the sector of the unit that
-- opened the case.
ALTER TABLE care_case ADD COLUMN opening_unit_id UUID REFERENCES unit (id);
UPDATE care_case SET opening_unit_id = unit_id;
ALTER TABLE care_case ALTER COLUMN opening_unit_id SET NOT NULL;

-- A plan to move the record of a case to another unit. The moves are the history of the units that kept it.
CREATE TABLE transition (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    from_unit UUID NOT NULL REFERENCES unit (id),
    to_unit UUID NOT NULL REFERENCES unit (id),
    -- The person who is asked to be the contact person. Null: the leader of the unit.
    to_person UUID REFERENCES person (id),
    moves_on DATE NOT NULL,
    -- Sealed.
    message TEXT,
    status TEXT NOT NULL CHECK (status IN ('planned', 'moved', 'declined', 'withdrawn')),
    planned_by UUID NOT NULL REFERENCES person (id),
    planned_at TIMESTAMPTZ NOT NULL,
    settled_by UUID REFERENCES person (id),
    settled_at TIMESTAMPTZ,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK (from_unit <> to_unit),
    CHECK ((status = 'planned') = (settled_at IS NULL)),
    CHECK ((status = 'planned') = (settled_by IS NULL))
);
CREATE UNIQUE INDEX transition_planned ON transition (municipality, case_id) WHERE status = 'planned';
CREATE INDEX transition_case ON transition (municipality, case_id, id);
CREATE INDEX transition_to ON transition (to_unit, moves_on, id) WHERE status = 'planned';
CREATE INDEX transition_to_person ON transition (to_person, moves_on, id) WHERE status = 'planned';

-- The answers of those who must consent. A later answer replaces an earlier one while the move is planned.
CREATE TABLE transition_answer (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    transition_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    agrees BOOLEAN NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('digital', 'paper', 'oral')),
    -- The archive reference of the paper. Sealed.
    document TEXT,
    recorded_by UUID NOT NULL REFERENCES person (id),
    answered_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, transition_id, person_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, transition_id) REFERENCES transition (municipality, id),
    CHECK ((form = 'paper') = (document IS NOT NULL))
);
CREATE INDEX transition_answer_transition ON transition_answer (transition_id);

-- The entries that each of them lets follow.
CREATE TABLE transition_choice (
    municipality TEXT NOT NULL,
    transition_id UUID NOT NULL,
    person_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    note_id UUID,
    measure_id UUID,
    meeting_id UUID,
    PRIMARY KEY (municipality, transition_id, person_id, entry_id),
    FOREIGN KEY (municipality, transition_id, person_id)
        REFERENCES transition_answer (municipality, transition_id, person_id),
    FOREIGN KEY (municipality, note_id) REFERENCES note (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    CHECK (COALESCE(note_id, measure_id, meeting_id) = entry_id)
);
CREATE INDEX transition_choice_transition ON transition_choice (transition_id);

-- The entries that followed a move: chosen by everyone who must, or part of the plan in force.
CREATE TABLE transition_entry (
    municipality TEXT NOT NULL,
    transition_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    PRIMARY KEY (municipality, transition_id, entry_id),
    FOREIGN KEY (municipality, transition_id) REFERENCES transition (municipality, id)
);

-- The units that took part before a move, and keep what they could read then.
CREATE TABLE transition_unit (
    municipality TEXT NOT NULL,
    transition_id UUID NOT NULL,
    unit_id UUID NOT NULL REFERENCES unit (id),
    PRIMARY KEY (municipality, transition_id, unit_id),
    FOREIGN KEY (municipality, transition_id) REFERENCES transition (municipality, id)
);
