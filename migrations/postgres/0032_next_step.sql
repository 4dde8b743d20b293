-- The longest time that a municipality lets pass until a next step or an evaluation.
ALTER TABLE municipality ADD COLUMN longest_wait_days BIGINT NOT NULL DEFAULT 366
    CHECK (longest_wait_days >= 7 AND longest_wait_days <= 366);

-- An open case always has a next step: it refers to the step that is pending in it. The column is the case itself while it is open. A step
-- must be pending in it then, and none when it is closed.
ALTER TABLE care_case ADD COLUMN next_step_of UUID;
UPDATE care_case SET next_step_of = id WHERE status = 'open';
ALTER TABLE care_case ADD CHECK ((status = 'open') = (next_step_of IS NOT NULL));
ALTER TABLE care_case ADD CHECK (next_step_of IS NULL OR next_step_of = id);
CREATE UNIQUE INDEX care_case_next_step ON care_case (municipality, next_step_of);

-- What happens next in a case, who has it and by when. A step that is settled is kept.
CREATE TABLE next_step (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    -- 'agreed' has a text. The others were set by the service, in its own words.
    kind TEXT NOT NULL CHECK (kind IN ('agreed', 'evaluate_measure', 'review_case')),
    -- Sealed.
    what TEXT,
    held_by TEXT NOT NULL CHECK (held_by IN ('contact_person', 'member', 'family', 'unit', 'outside')),
    person_id UUID REFERENCES person (id),
    unit_id UUID REFERENCES unit (id),
    -- A body outside the municipality that is waited for. Sealed.
    outside TEXT,
    due_on DATE NOT NULL,
    -- The member who had it and lost access. The contact person has it since then.
    from_person UUID REFERENCES person (id),
    from_unit UUID REFERENCES unit (id),
    passed_on_at TIMESTAMPTZ,
    -- Null where the service set it.
    set_by UUID REFERENCES person (id),
    set_at TIMESTAMPTZ NOT NULL,
    -- The case, until the step is settled.
    pending_in UUID,
    outcome TEXT CHECK (outcome IN ('done', 'replaced', 'case_closed')),
    -- Sealed.
    reason TEXT,
    settled_by UUID REFERENCES person (id),
    settled_at TIMESTAMPTZ,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, pending_in),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((kind = 'agreed') = (what IS NOT NULL)),
    CHECK ((held_by = 'member') = (person_id IS NOT NULL)),
    CHECK ((held_by IN ('member', 'unit')) = (unit_id IS NOT NULL)),
    CHECK ((held_by = 'outside') = (outside IS NOT NULL)),
    CHECK (pending_in IS NULL OR pending_in = case_id),
    CHECK ((pending_in IS NULL) = (outcome IS NOT NULL)),
    CHECK ((outcome IS NULL) = (settled_at IS NULL)),
    CHECK ((from_person IS NULL) = (from_unit IS NULL)),
    CHECK ((from_person IS NULL) = (passed_on_at IS NULL)),
    CHECK (outcome IS NULL OR outcome <> 'replaced' OR reason IS NOT NULL)
);
CREATE INDEX next_step_case ON next_step (municipality, case_id, id);
CREATE INDEX next_step_pending ON next_step (pending_in, due_on) WHERE pending_in IS NOT NULL;
CREATE INDEX next_step_person ON next_step (person_id, due_on, id) WHERE pending_in IS NOT NULL;

-- The next step of each open case is its nearest evaluation within the time, of a measure that everyone in the case may know of: of the unit that
-- opened it, and not withheld. Without one, the contact person looks through the case within two weeks.
INSERT INTO next_step (municipality, id, case_id, kind, held_by, due_on, set_at, pending_in)
SELECT c.municipality, c.id, c.id, CASE WHEN e.due_on IS NULL THEN 'review_case' ELSE 'evaluate_measure' END, 'contact_person',
    COALESCE(e.due_on, CURRENT_DATE + 14), CURRENT_TIMESTAMP, c.id
FROM care_case c LEFT JOIN (
    SELECT m.municipality, m.case_id, MIN(m.evaluate_on) AS due_on
    FROM measure m JOIN care_case o ON o.municipality = m.municipality AND o.id = m.case_id AND o.unit_id = m.unit_id
    WHERE m.status = 'in_force' AND m.evaluate_on <= CURRENT_DATE + 366
      AND NOT EXISTS (SELECT 1 FROM withholding w WHERE w.municipality = m.municipality AND w.measure_id = m.id)
    GROUP BY m.municipality, m.case_id
) e ON e.municipality = c.municipality AND e.case_id = c.id
WHERE c.status = 'open';
ALTER TABLE care_case ADD FOREIGN KEY (municipality, next_step_of)
    REFERENCES next_step (municipality, pending_in) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE next_step ADD FOREIGN KEY (municipality, pending_in)
    REFERENCES care_case (municipality, next_step_of) DEFERRABLE INITIALLY DEFERRED;

-- A measure can end because it could not be carried out.
ALTER TABLE measure DROP CONSTRAINT measure_status_check;
ALTER TABLE measure ADD CONSTRAINT measure_status_check
    CHECK (status IN ('in_force', 'ended_reached', 'ended_no_effect', 'ended_not_carried_out'));
ALTER TABLE evaluation DROP CONSTRAINT evaluation_outcome_check;
ALTER TABLE evaluation ADD CONSTRAINT evaluation_outcome_check
    CHECK (outcome IN ('continue', 'adjust', 'end_reached', 'end_no_effect', 'end_not_carried_out'));

-- Each move of the day of an evaluation without an evaluation, with its reason.
CREATE TABLE measure_day_change (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    measure_id UUID NOT NULL,
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    -- Sealed.
    reason TEXT NOT NULL,
    changed_by UUID NOT NULL REFERENCES person (id),
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id),
    CHECK (from_on <> to_on)
);
CREATE INDEX measure_day_change_measure ON measure_day_change (municipality, measure_id, id);
