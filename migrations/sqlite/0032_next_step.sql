-- The longest time that a municipality lets pass until a next step or an evaluation.
ALTER TABLE municipality ADD COLUMN longest_wait_days INTEGER NOT NULL DEFAULT 366
    CHECK (longest_wait_days >= 7 AND longest_wait_days <= 366);

-- An open case always has a next step: it refers to the step that is pending in it. SQLite changes no CHECK: the table is made anew,
-- and its rows put back before the commit.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE care_case_kept AS SELECT * FROM care_case;
DROP TABLE care_case;
CREATE TABLE care_case (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    -- The unit that opened the case and keeps its record.
    unit_id BLOB NOT NULL REFERENCES unit (id),
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

-- What happens next in a case, who has it and by when. A step that is settled is kept.
CREATE TABLE next_step (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    -- 'agreed' has a text. The others were set by the service, in its own words.
    kind TEXT NOT NULL CHECK (kind IN ('agreed', 'evaluate_measure', 'review_case')),
    -- Sealed.
    what TEXT,
    held_by TEXT NOT NULL CHECK (held_by IN ('contact_person', 'member', 'family', 'unit', 'outside')),
    person_id BLOB REFERENCES person (id),
    unit_id BLOB REFERENCES unit (id),
    -- A body outside the municipality that is waited for. Sealed.
    outside TEXT,
    due_on TEXT NOT NULL,
    -- The member who had it and lost access. The contact person has it since then.
    from_person BLOB REFERENCES person (id),
    from_unit BLOB REFERENCES unit (id),
    passed_on_at TEXT,
    -- Null where the service set it.
    set_by BLOB REFERENCES person (id),
    set_at TEXT NOT NULL,
    -- The case, until the step is settled.
    pending_in BLOB,
    outcome TEXT CHECK (outcome IN ('done', 'replaced', 'case_closed')),
    -- Sealed.
    reason TEXT,
    settled_by BLOB REFERENCES person (id),
    settled_at TEXT,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, pending_in),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, pending_in) REFERENCES care_case (municipality, next_step_of) DEFERRABLE INITIALLY DEFERRED,
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
) STRICT;
CREATE INDEX next_step_case ON next_step (municipality, case_id, id);
CREATE INDEX next_step_pending ON next_step (pending_in, due_on) WHERE pending_in IS NOT NULL;
CREATE INDEX next_step_person ON next_step (person_id, due_on, id) WHERE pending_in IS NOT NULL;

INSERT INTO care_case (municipality, id, child_id, unit_id, opened_by, reason, level, level_reason, status, agreed_with, agreed_on,
    opened_at, closed_at, closing_reason, final_evaluation, version, next_step_of)
SELECT municipality, id, child_id, unit_id, opened_by, reason, level, level_reason, status, agreed_with, agreed_on,
    opened_at, closed_at, closing_reason, final_evaluation, version, CASE status WHEN 'open' THEN id END
FROM care_case_kept;
DROP TABLE care_case_kept;
CREATE INDEX care_case_id ON care_case (id);
CREATE INDEX care_case_child ON care_case (child_id);
CREATE UNIQUE INDEX care_case_open ON care_case (municipality, child_id) WHERE status = 'open';
CREATE INDEX care_case_unit ON care_case (unit_id, id);

-- The next step of each open case is its nearest evaluation within the time, of a measure that everyone in the case may know of: of the unit that
-- opened it, and not withheld. Without one, the contact person looks through the case within two weeks.
INSERT INTO next_step (municipality, id, case_id, kind, held_by, due_on, set_at, pending_in)
SELECT c.municipality, c.id, c.id, CASE WHEN e.due_on IS NULL THEN 'review_case' ELSE 'evaluate_measure' END, 'contact_person',
    COALESCE(e.due_on, date('now', '+14 days')), strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), c.id
FROM care_case c LEFT JOIN (
    SELECT m.municipality, m.case_id, MIN(m.evaluate_on) AS due_on
    FROM measure m JOIN care_case o ON o.municipality = m.municipality AND o.id = m.case_id AND o.unit_id = m.unit_id
    WHERE m.status = 'in_force' AND m.evaluate_on <= date('now', '+366 days')
      AND NOT EXISTS (SELECT 1 FROM withholding w WHERE w.municipality = m.municipality AND w.measure_id = m.id)
    GROUP BY m.municipality, m.case_id
) e ON e.municipality = c.municipality AND e.case_id = c.id
WHERE c.status = 'open';

-- A measure can end because it could not be carried out.
CREATE TABLE measure_kept AS SELECT * FROM measure;
CREATE TABLE evaluation_kept AS SELECT * FROM evaluation;
DROP TABLE evaluation;
DROP TABLE measure;
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
    status TEXT NOT NULL CHECK (status IN ('in_force', 'ended_reached', 'ended_no_effect', 'ended_not_carried_out')),
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
INSERT INTO measure (municipality, id, case_id, goal_id, catalogue_measure_id, meeting_id, title, description, level, responsible_id,
    unit_id, starts_on, evaluate_on, status, created_by, created_at, version)
SELECT municipality, id, case_id, goal_id, catalogue_measure_id, meeting_id, title, description, level, responsible_id,
    unit_id, starts_on, evaluate_on, status, created_by, created_at, version FROM measure_kept;
DROP TABLE measure_kept;
CREATE INDEX measure_case ON measure (municipality, case_id, id);
CREATE INDEX measure_responsible ON measure (responsible_id, evaluate_on, id) WHERE status = 'in_force';
CREATE INDEX measure_due ON measure (case_id, evaluate_on) WHERE status = 'in_force';
CREATE TABLE evaluation (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    measure_id BLOB NOT NULL,
    held_on TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('continue', 'adjust', 'end_reached', 'end_no_effect', 'end_not_carried_out')),
    assessment TEXT NOT NULL,
    -- The child's view, or the reason why it is missing.
    child_view TEXT,
    child_view_missing_reason TEXT,
    guardians_view TEXT,
    next_evaluation_on TEXT,
    evaluated_by BLOB NOT NULL REFERENCES person (id),
    created_at TEXT NOT NULL,
    child_agrees INTEGER NOT NULL DEFAULT FALSE CHECK (child_agrees IN (0, 1)),
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id),
    CHECK ((child_view IS NULL) <> (child_view_missing_reason IS NULL)),
    CHECK ((outcome IN ('continue', 'adjust')) = (next_evaluation_on IS NOT NULL))
) STRICT;
INSERT INTO evaluation (municipality, id, case_id, measure_id, held_on, outcome, assessment, child_view, child_view_missing_reason,
    guardians_view, next_evaluation_on, evaluated_by, created_at, child_agrees)
SELECT municipality, id, case_id, measure_id, held_on, outcome, assessment, child_view, child_view_missing_reason,
    guardians_view, next_evaluation_on, evaluated_by, created_at, child_agrees FROM evaluation_kept;
DROP TABLE evaluation_kept;
CREATE INDEX evaluation_measure ON evaluation (municipality, measure_id, id);

-- Each move of the day of an evaluation without an evaluation, with its reason.
CREATE TABLE measure_day_change (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    measure_id BLOB NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    -- Sealed.
    reason TEXT NOT NULL,
    changed_by BLOB NOT NULL REFERENCES person (id),
    changed_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id),
    CHECK (from_on <> to_on)
) STRICT;
CREATE INDEX measure_day_change_measure ON measure_day_change (municipality, measure_id, id);
