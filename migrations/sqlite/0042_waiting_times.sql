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
CREATE TRIGGER wait_reason_no_replace BEFORE INSERT ON wait_reason
WHEN EXISTS (SELECT 1 FROM wait_reason w WHERE w.municipality = NEW.municipality AND w.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a reason for a wait stays'); END;
CREATE TRIGGER wait_reason_no_delete BEFORE DELETE ON wait_reason
BEGIN SELECT RAISE(ABORT, 'a reason for a wait stays'); END;
CREATE TRIGGER wait_reason_no_change BEFORE UPDATE ON wait_reason
WHEN NEW.municipality <> OLD.municipality OR NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.step <> OLD.step
    OR NEW.recorded_by <> OLD.recorded_by OR NEW.recorded_at <> OLD.recorded_at
    OR (NEW.reason <> OLD.reason AND (NEW.reason NOT LIKE 's1:%' OR substr(NEW.reason, 1, 24) = substr(OLD.reason, 1, 24)))
BEGIN SELECT RAISE(ABORT, 'a reason for a wait stays'); END;
