-- A concern states which factors of data/factors.toml are seen, and what in the adults' own practice may matter. Those who wait until a date
-- give a reason, and the deadline moves with it.
ALTER TABLE concern ADD COLUMN own_practice TEXT; -- sealed
ALTER TABLE concern ADD COLUMN seen_risk_factors TEXT; -- sealed
ALTER TABLE concern ADD COLUMN seen_protective_factors TEXT; -- sealed

-- Their earlier wordings are kept as those of the other texts. SQLite changes no CHECK: the table is made again, and its rows put back before
-- the commit.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE earlier_wording_kept AS SELECT * FROM earlier_wording;
DROP TABLE earlier_wording;
CREATE TABLE earlier_wording (
    municipality TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('description', 'text', 'facts', 'risk_factors', 'protective_factors', 'child_says', 'tried_so_far', 'own_practice', 'seen_risk_factors', 'seen_protective_factors', 'minutes')),
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
    CHECK ((case_id IS NULL) = (part IN ('facts', 'risk_factors', 'protective_factors', 'child_says', 'tried_so_far', 'own_practice', 'seen_risk_factors', 'seen_protective_factors'))),
    CHECK (reason IS NOT NULL OR case_id IS NULL)
) STRICT;
INSERT INTO earlier_wording (municipality, subject_id, number, part, case_id, unit_id, text, reason, struck_out, changed_by, changed_at)
SELECT municipality, subject_id, number, part, case_id, unit_id, text, reason, struck_out, changed_by, changed_at FROM earlier_wording_kept;
DROP TABLE earlier_wording_kept;
CREATE INDEX earlier_wording_subject ON earlier_wording (subject_id);
CREATE INDEX earlier_wording_case ON earlier_wording (municipality, case_id);
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
CREATE TRIGGER earlier_wording_no_replace BEFORE INSERT ON earlier_wording
WHEN EXISTS (SELECT 1 FROM earlier_wording WHERE municipality = NEW.municipality AND subject_id = NEW.subject_id AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'an earlier wording stays'); END;
CREATE TRIGGER concern_own_practice_is_kept BEFORE UPDATE ON concern
WHEN OLD.own_practice IS NOT NULL AND NEW.own_practice IS NOT OLD.own_practice
    AND (NEW.version <> OLD.version OR NEW.own_practice IS NULL OR NEW.own_practice NOT LIKE 's1:%'
        OR substr(NEW.own_practice, 1, 24) = substr(OLD.own_practice, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'own_practice' AND w.text = OLD.own_practice)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER concern_seen_risk_factors_is_kept BEFORE UPDATE ON concern
WHEN OLD.seen_risk_factors IS NOT NULL AND NEW.seen_risk_factors IS NOT OLD.seen_risk_factors
    AND (NEW.version <> OLD.version OR NEW.seen_risk_factors IS NULL OR NEW.seen_risk_factors NOT LIKE 's1:%'
        OR substr(NEW.seen_risk_factors, 1, 24) = substr(OLD.seen_risk_factors, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'seen_risk_factors' AND w.text = OLD.seen_risk_factors)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;
CREATE TRIGGER concern_seen_protective_factors_is_kept BEFORE UPDATE ON concern
WHEN OLD.seen_protective_factors IS NOT NULL AND NEW.seen_protective_factors IS NOT OLD.seen_protective_factors
    AND (NEW.version <> OLD.version OR NEW.seen_protective_factors IS NULL OR NEW.seen_protective_factors NOT LIKE 's1:%'
        OR substr(NEW.seen_protective_factors, 1, 24) = substr(OLD.seen_protective_factors, 1, 24)) AND NOT EXISTS (
    SELECT 1 FROM earlier_wording w
    WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = 'seen_protective_factors' AND w.text = OLD.seen_protective_factors)
BEGIN SELECT RAISE(ABORT, 'the earlier wording of a text is kept'); END;

-- Someone waits and looks at a concern again on a date (se an). The deadline moves to it. At most three times.
CREATE TABLE concern_postponement (
    municipality TEXT NOT NULL,
    concern_id BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 1 AND number <= 3),
    -- The unit whose sector's key seals the reason.
    unit_id BLOB NOT NULL REFERENCES unit (id),
    look_again_on TEXT NOT NULL,
    -- The deadline until then.
    instead_of_on TEXT NOT NULL,
    -- Sealed.
    reason TEXT NOT NULL,
    -- The reason repeats words that were struck out.
    struck_out INTEGER NOT NULL DEFAULT FALSE CHECK (struck_out IN (0, 1)),
    postponed_by BLOB NOT NULL REFERENCES person (id),
    postponed_at TEXT NOT NULL,
    PRIMARY KEY (municipality, concern_id, number),
    FOREIGN KEY (municipality, concern_id) REFERENCES concern (municipality, id)
) STRICT;
CREATE INDEX concern_postponement_concern ON concern_postponement (concern_id);
CREATE TRIGGER concern_decide_by_is_kept BEFORE UPDATE ON concern
WHEN NEW.decide_by <> OLD.decide_by AND NOT EXISTS (
    SELECT 1 FROM concern_postponement p
    WHERE p.municipality = OLD.municipality AND p.concern_id = OLD.id AND p.look_again_on = NEW.decide_by AND p.instead_of_on = OLD.decide_by
      AND NOT EXISTS (SELECT 1 FROM concern_postponement l
                      WHERE l.municipality = p.municipality AND l.concern_id = p.concern_id AND l.number > p.number))
BEGIN SELECT RAISE(ABORT, 'the deadline of a concern moves with a reason'); END;
CREATE TRIGGER concern_postponement_is_open BEFORE INSERT ON concern_postponement
WHEN NOT EXISTS (
    SELECT 1 FROM concern c WHERE c.municipality = NEW.municipality AND c.id = NEW.concern_id AND c.unit_id = NEW.unit_id AND c.decision IS NULL)
    OR EXISTS (SELECT 1 FROM concern_postponement p
        WHERE p.municipality = NEW.municipality AND p.concern_id = NEW.concern_id AND p.number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'a concern that is undecided is postponed'); END;
CREATE TRIGGER concern_postponement_no_delete BEFORE DELETE ON concern_postponement
BEGIN SELECT RAISE(ABORT, 'a postponement stays'); END;
CREATE TRIGGER concern_postponement_is_kept BEFORE UPDATE ON concern_postponement
WHEN NEW.municipality <> OLD.municipality OR NEW.concern_id <> OLD.concern_id OR NEW.number <> OLD.number OR NEW.unit_id <> OLD.unit_id
    OR NEW.look_again_on <> OLD.look_again_on OR NEW.instead_of_on <> OLD.instead_of_on OR NEW.postponed_by <> OLD.postponed_by
    OR NEW.postponed_at <> OLD.postponed_at OR NEW.struck_out < OLD.struck_out
    OR (NEW.reason <> OLD.reason AND (NEW.reason NOT LIKE 's1:%' OR substr(NEW.reason, 1, 24) = substr(OLD.reason, 1, 24)))
BEGIN SELECT RAISE(ABORT, 'a postponement stays'); END;
