-- A text that was agreed keeps its earlier wordings: who replaced each of them, when and why. A wording that is struck out is kept for inspection
-- and shown to nobody. The subject is a goal, a measure, a note, a concern or a meeting.
CREATE TABLE earlier_wording (
    municipality TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('description', 'text', 'facts', 'risk_factors', 'protective_factors', 'child_says', 'tried_so_far', 'minutes')),
    -- Null for a concern, which is outside the cases.
    case_id BLOB,
    -- The unit whose sector's key seals the texts.
    unit_id BLOB NOT NULL REFERENCES unit (id),
    -- Sealed.
    text TEXT NOT NULL,
    -- Sealed.
    reason TEXT,
    struck_out INTEGER NOT NULL DEFAULT FALSE CHECK (struck_out IN (0, 1)),
    changed_by BLOB NOT NULL REFERENCES person (id),
    changed_at TEXT NOT NULL,
    PRIMARY KEY (municipality, subject_id, number),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((case_id IS NULL) = (part IN ('facts', 'risk_factors', 'protective_factors', 'child_says', 'tried_so_far'))),
    CHECK (reason IS NOT NULL OR case_id IS NULL)
) STRICT;
CREATE INDEX earlier_wording_subject ON earlier_wording (subject_id);
CREATE INDEX earlier_wording_case ON earlier_wording (municipality, case_id);

-- Who had approved an earlier wording of minutes, and when.
CREATE TABLE earlier_approval (
    municipality TEXT NOT NULL,
    meeting_id BLOB NOT NULL,
    -- The number of the wording.
    number INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    approved_at TEXT NOT NULL,
    PRIMARY KEY (municipality, meeting_id, number, person_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    FOREIGN KEY (municipality, meeting_id, number) REFERENCES earlier_wording (municipality, subject_id, number)
) STRICT;

-- A concern that was about another child before: all that it said is struck out.
ALTER TABLE concern ADD COLUMN had_another_child INTEGER NOT NULL DEFAULT FALSE CHECK (had_another_child IN (0, 1));

-- A note that is struck out: its texts stay in the row, and no reader sees them.
ALTER TABLE note ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE note ADD COLUMN struck_out_at TEXT;
ALTER TABLE note ADD COLUMN struck_out_by BLOB REFERENCES person (id);
-- Sealed.
ALTER TABLE note ADD COLUMN struck_out_reason TEXT
    CHECK ((struck_out_at IS NULL) = (struck_out_by IS NULL) AND (struck_out_at IS NULL) = (struck_out_reason IS NULL));

-- A change of such a text is refused unless its earlier wording is kept. A text that is sealed again with a newer key keeps the version of
-- its row, and begins otherwise: the first 24 characters of a sealed text depend only on its key.
CREATE TRIGGER goal_description_is_kept BEFORE UPDATE ON goal
WHEN OLD.description IS NOT NULL AND NEW.description IS NOT OLD.description
    AND (NEW.version <> OLD.version OR NEW.description IS NULL OR NEW.description NOT LIKE 's1:%'
        OR substr(NEW.description, 1, 24) = substr(OLD.description, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'description' AND w.text = OLD.description)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER measure_description_is_kept BEFORE UPDATE ON measure
WHEN OLD.description IS NOT NULL AND NEW.description IS NOT OLD.description
    AND (NEW.version <> OLD.version OR NEW.description IS NULL OR NEW.description NOT LIKE 's1:%'
        OR substr(NEW.description, 1, 24) = substr(OLD.description, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'description' AND w.text = OLD.description)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER note_body_is_kept BEFORE UPDATE ON note
WHEN OLD.body IS NOT NULL AND NEW.body IS NOT OLD.body
    AND (NEW.version <> OLD.version OR NEW.body IS NULL OR NEW.body NOT LIKE 's1:%'
        OR substr(NEW.body, 1, 24) = substr(OLD.body, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'text' AND w.text = OLD.body)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER concern_facts_is_kept BEFORE UPDATE ON concern
WHEN OLD.facts IS NOT NULL AND NEW.facts IS NOT OLD.facts
    AND (NEW.version <> OLD.version OR NEW.facts IS NULL OR NEW.facts NOT LIKE 's1:%'
        OR substr(NEW.facts, 1, 24) = substr(OLD.facts, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'facts' AND w.text = OLD.facts)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER concern_risk_factors_is_kept BEFORE UPDATE ON concern
WHEN OLD.risk_factors IS NOT NULL AND NEW.risk_factors IS NOT OLD.risk_factors
    AND (NEW.version <> OLD.version OR NEW.risk_factors IS NULL OR NEW.risk_factors NOT LIKE 's1:%'
        OR substr(NEW.risk_factors, 1, 24) = substr(OLD.risk_factors, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'risk_factors' AND w.text = OLD.risk_factors)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER concern_protective_factors_is_kept BEFORE UPDATE ON concern
WHEN OLD.protective_factors IS NOT NULL AND NEW.protective_factors IS NOT OLD.protective_factors
    AND (NEW.version <> OLD.version OR NEW.protective_factors IS NULL OR NEW.protective_factors NOT LIKE 's1:%'
        OR substr(NEW.protective_factors, 1, 24) = substr(OLD.protective_factors, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'protective_factors' AND w.text = OLD.protective_factors)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER concern_child_says_is_kept BEFORE UPDATE ON concern
WHEN OLD.child_says IS NOT NULL AND NEW.child_says IS NOT OLD.child_says
    AND (NEW.version <> OLD.version OR NEW.child_says IS NULL OR NEW.child_says NOT LIKE 's1:%'
        OR substr(NEW.child_says, 1, 24) = substr(OLD.child_says, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'child_says' AND w.text = OLD.child_says)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER concern_tried_so_far_is_kept BEFORE UPDATE ON concern
WHEN OLD.tried_so_far IS NOT NULL AND NEW.tried_so_far IS NOT OLD.tried_so_far
    AND (NEW.version <> OLD.version OR NEW.tried_so_far IS NULL OR NEW.tried_so_far NOT LIKE 's1:%'
        OR substr(NEW.tried_so_far, 1, 24) = substr(OLD.tried_so_far, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'tried_so_far' AND w.text = OLD.tried_so_far)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER meeting_minutes_is_kept BEFORE UPDATE ON meeting
WHEN OLD.minutes IS NOT NULL AND NEW.minutes IS NOT OLD.minutes
    AND (NEW.version <> OLD.version OR NEW.minutes IS NULL OR NEW.minutes NOT LIKE 's1:%'
        OR substr(NEW.minutes, 1, 24) = substr(OLD.minutes, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'minutes' AND w.text = OLD.minutes)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;

-- What is kept stays as it was: it is struck out at most, or sealed again with a newer key.
CREATE TRIGGER earlier_wording_no_delete BEFORE DELETE ON earlier_wording
BEGIN SELECT RAISE(ABORT, 'an earlier wording stays'); END;
CREATE TRIGGER earlier_wording_no_change BEFORE UPDATE ON earlier_wording
WHEN NEW.municipality <> OLD.municipality OR NEW.subject_id <> OLD.subject_id OR NEW.number <> OLD.number OR NEW.part <> OLD.part
    OR NEW.case_id IS NOT OLD.case_id OR NEW.unit_id <> OLD.unit_id OR NEW.changed_by <> OLD.changed_by
    OR NEW.changed_at <> OLD.changed_at OR NEW.struck_out < OLD.struck_out
    OR (NEW.text <> OLD.text AND (NEW.text NOT LIKE 's1:%' OR substr(NEW.text, 1, 24) = substr(OLD.text, 1, 24)))
    OR (NEW.reason IS NULL) <> (OLD.reason IS NULL)
    OR (NEW.reason <> OLD.reason AND (NEW.reason NOT LIKE 's1:%' OR substr(NEW.reason, 1, 24) = substr(OLD.reason, 1, 24)))
BEGIN SELECT RAISE(ABORT, 'an earlier wording stays'); END;
-- INSERT OR REPLACE would take the old row away without a DELETE that the trigger sees.
CREATE TRIGGER earlier_wording_no_replace BEFORE INSERT ON earlier_wording
WHEN EXISTS (SELECT 1 FROM earlier_wording WHERE municipality = NEW.municipality AND subject_id = NEW.subject_id AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'an earlier wording stays'); END;
CREATE TRIGGER note_stays_struck_out BEFORE UPDATE ON note
WHEN OLD.struck_out_at IS NOT NULL
    AND (NEW.struck_out_at IS NOT OLD.struck_out_at OR NEW.struck_out_by IS NOT OLD.struck_out_by OR NEW.version <> OLD.version
        OR NEW.struck_out_reason IS NULL OR (NEW.struck_out_reason <> OLD.struck_out_reason
            AND (NEW.struck_out_reason NOT LIKE 's1:%' OR substr(NEW.struck_out_reason, 1, 24) = substr(OLD.struck_out_reason, 1, 24))))
BEGIN SELECT RAISE(ABORT, 'a note that is struck out stays so'); END;
