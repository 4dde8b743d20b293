-- The unit that keeps the record changes at a transition. The key of the record stays: it is that of the sector of the unit that
-- opened the case. SQLite adds no column that is never null: the table is made again, and its rows put back before the commit.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE care_case_kept AS SELECT * FROM care_case;
DROP TABLE care_case;
CREATE TABLE care_case (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    -- The unit that keeps the record.
    unit_id BLOB NOT NULL REFERENCES unit (id),
    opening_unit_id BLOB NOT NULL REFERENCES unit (id),
    opened_by BLOB NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL,
    level INTEGER NOT NULL,
    level_reason TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    agreed_with TEXT NOT NULL CHECK (agreed_with IN ('guardians', 'youth')),
    agreed_on TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    closing_reason TEXT,
    final_evaluation TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    -- The case itself while it is open. A step must be pending in it then, and none when it is closed.
    next_step_of BLOB,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    FOREIGN KEY (municipality, id) REFERENCES contact_person (municipality, case_id) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (municipality, next_step_of) REFERENCES next_step (municipality, pending_in) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((status = 'closed') = (closing_reason IS NOT NULL)),
    CHECK ((status = 'closed') = (final_evaluation IS NOT NULL)),
    CHECK ((status = 'open') = (next_step_of IS NOT NULL)),
    CHECK (next_step_of IS NULL OR next_step_of = id)
) STRICT;
CREATE UNIQUE INDEX care_case_next_step ON care_case (municipality, next_step_of);
INSERT INTO care_case (municipality, id, child_id, unit_id, opening_unit_id, opened_by, reason, level, level_reason, status, agreed_with,
    agreed_on, opened_at, closed_at, closing_reason, final_evaluation, version, next_step_of)
SELECT municipality, id, child_id, unit_id, unit_id, opened_by, reason, level, level_reason, status, agreed_with, agreed_on,
    opened_at, closed_at, closing_reason, final_evaluation, version, next_step_of
FROM care_case_kept;
DROP TABLE care_case_kept;
CREATE INDEX care_case_id ON care_case (id);
CREATE INDEX care_case_child ON care_case (child_id);
CREATE UNIQUE INDEX care_case_open ON care_case (municipality, child_id) WHERE status = 'open';
CREATE INDEX care_case_unit ON care_case (unit_id, id);

-- A plan to move the record of a case to another unit. The moves are the history of the units that kept it.
CREATE TABLE transition (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    from_unit BLOB NOT NULL REFERENCES unit (id),
    to_unit BLOB NOT NULL REFERENCES unit (id),
    -- The person who is asked to be the contact person. Null: the leader of the unit.
    to_person BLOB REFERENCES person (id),
    moves_on TEXT NOT NULL,
    -- Sealed.
    message TEXT,
    status TEXT NOT NULL CHECK (status IN ('planned', 'moved', 'declined', 'withdrawn')),
    planned_by BLOB NOT NULL REFERENCES person (id),
    planned_at TEXT NOT NULL,
    settled_by BLOB REFERENCES person (id),
    settled_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK (from_unit <> to_unit),
    CHECK ((status = 'planned') = (settled_at IS NULL)),
    CHECK ((status = 'planned') = (settled_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX transition_planned ON transition (municipality, case_id) WHERE status = 'planned';
CREATE INDEX transition_case ON transition (municipality, case_id, id);
CREATE INDEX transition_to ON transition (to_unit, moves_on, id) WHERE status = 'planned';
CREATE INDEX transition_to_person ON transition (to_person, moves_on, id) WHERE status = 'planned';

-- The answers of those who must consent. A later answer replaces an earlier one while the move is planned.
CREATE TABLE transition_answer (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    transition_id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    agrees INTEGER NOT NULL CHECK (agrees IN (0, 1)),
    form TEXT NOT NULL CHECK (form IN ('digital', 'paper', 'oral')),
    -- The archive reference of the paper. Sealed.
    document TEXT,
    recorded_by BLOB NOT NULL REFERENCES person (id),
    answered_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, transition_id, person_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, transition_id) REFERENCES transition (municipality, id),
    CHECK ((form = 'paper') = (document IS NOT NULL))
) STRICT;
CREATE INDEX transition_answer_transition ON transition_answer (transition_id);

-- The entries that each of them lets follow.
CREATE TABLE transition_choice (
    municipality TEXT NOT NULL,
    transition_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    entry_id BLOB NOT NULL,
    note_id BLOB,
    measure_id BLOB,
    meeting_id BLOB,
    PRIMARY KEY (municipality, transition_id, person_id, entry_id),
    FOREIGN KEY (municipality, transition_id, person_id)
        REFERENCES transition_answer (municipality, transition_id, person_id),
    FOREIGN KEY (municipality, note_id) REFERENCES note (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    CHECK (COALESCE(note_id, measure_id, meeting_id) = entry_id)
) STRICT;
CREATE INDEX transition_choice_transition ON transition_choice (transition_id);

-- The entries that followed a move: chosen by everyone who must, or part of the plan in force.
CREATE TABLE transition_entry (
    municipality TEXT NOT NULL,
    transition_id BLOB NOT NULL,
    entry_id BLOB NOT NULL,
    PRIMARY KEY (municipality, transition_id, entry_id),
    FOREIGN KEY (municipality, transition_id) REFERENCES transition (municipality, id)
) STRICT;

-- The units that took part before a move, and keep what they could read then.
CREATE TABLE transition_unit (
    municipality TEXT NOT NULL,
    transition_id BLOB NOT NULL,
    unit_id BLOB NOT NULL REFERENCES unit (id),
    PRIMARY KEY (municipality, transition_id, unit_id),
    FOREIGN KEY (municipality, transition_id) REFERENCES transition (municipality, id)
) STRICT;
