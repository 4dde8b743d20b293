-- A referral (henvisning) of the child to a service. It is a part of a note for the team, which has the help that is asked for: who may read the
-- note may read the referral. Its events are kept, and it changes only by them.
CREATE TABLE referral (
    municipality TEXT NOT NULL,
    note_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    to_unit_id BLOB REFERENCES unit (id),
    -- A service outside the register. Sealed.
    to_outside TEXT,
    to_sector TEXT NOT NULL CHECK (to_sector IN ('school', 'ppt', 'health', 'nav', 'other')),
    -- Someone outside the case who referred the child. Sealed.
    referred_by TEXT,
    sent_on TEXT NOT NULL,
    agreed_on TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'sent' CHECK (status IN ('sent', 'received', 'accepted', 'started', 'refused', 'withdrawn')),
    -- The day of the answer or, when it is accepted, of the start.
    expected_on TEXT,
    -- Whether that day of the start is known, or the day to ask again.
    start_is_known INTEGER CHECK (start_is_known IN (0, 1)),
    -- The team member who follows it up, and the unit that they take part from; null if nobody on the team may know of it.
    follower_id BLOB REFERENCES person (id),
    follower_unit BLOB REFERENCES unit (id),
    PRIMARY KEY (municipality, note_id),
    FOREIGN KEY (municipality, note_id) REFERENCES note (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((to_unit_id IS NULL) <> (to_outside IS NULL)),
    CHECK (agreed_on <= sent_on),
    CHECK ((status IN ('sent', 'received', 'accepted')) = (expected_on IS NOT NULL)),
    CHECK ((status = 'accepted') = (start_is_known IS NOT NULL)),
    CHECK ((follower_id IS NULL) = (follower_unit IS NULL))
) STRICT;
CREATE INDEX referral_follower ON referral (follower_id, expected_on, note_id) WHERE expected_on IS NOT NULL;
CREATE INDEX referral_case ON referral (municipality, case_id, expected_on, note_id) WHERE expected_on IS NOT NULL;

-- Those in the family, or the person who decides in their place, who agree to a referral.
CREATE TABLE referral_agreement (
    municipality TEXT NOT NULL,
    note_id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (municipality, note_id, person_id),
    FOREIGN KEY (municipality, note_id) REFERENCES referral (municipality, note_id)
) STRICT;

-- What happened to a referral after it was sent.
CREATE TABLE referral_event (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    note_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('received', 'accepted', 'started', 'refused', 'withdrawn', 'day_moved')),
    happened_on TEXT NOT NULL,
    from_on TEXT,
    to_on TEXT,
    -- Sealed.
    reason TEXT,
    -- The next step of the case that was set with a refusal.
    next_step_id BLOB,
    recorded_by BLOB NOT NULL REFERENCES person (id),
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, note_id) REFERENCES referral (municipality, note_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, next_step_id) REFERENCES next_step (municipality, id),
    CHECK ((kind = 'refused') = (next_step_id IS NOT NULL)),
    CHECK (kind NOT IN ('refused', 'withdrawn', 'day_moved') OR reason IS NOT NULL),
    CHECK ((kind = 'day_moved') = (from_on IS NOT NULL)),
    CHECK ((kind IN ('accepted', 'day_moved')) = (to_on IS NOT NULL))
) STRICT;
CREATE INDEX referral_event_referral ON referral_event (note_id);
CREATE INDEX referral_event_case ON referral_event (municipality, case_id);

-- A referral is a part of a note by staff for the team.
CREATE TRIGGER referral_of_a_note BEFORE INSERT ON referral
WHEN NEW.status <> 'sent' OR NOT EXISTS (
    SELECT 1 FROM note n WHERE n.municipality = NEW.municipality AND n.id = NEW.note_id AND n.case_id = NEW.case_id
      AND n.audience = 'team' AND n.unit_id IS NOT NULL AND n.struck_out_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a referral is a part of a note for the team'); END;
CREATE TRIGGER referral_no_replace BEFORE INSERT ON referral
WHEN EXISTS (SELECT 1 FROM referral r WHERE r.municipality = NEW.municipality AND r.note_id = NEW.note_id)
BEGIN SELECT RAISE(ABORT, 'a referral stays'); END;
CREATE TRIGGER referral_no_delete BEFORE DELETE ON referral
BEGIN SELECT RAISE(ABORT, 'a referral stays'); END;
-- What was sent stays as it was. A text may be sealed again with a newer key.
CREATE TRIGGER referral_stays BEFORE UPDATE ON referral
WHEN NEW.municipality <> OLD.municipality OR NEW.note_id <> OLD.note_id OR NEW.case_id <> OLD.case_id
    OR NEW.to_unit_id IS NOT OLD.to_unit_id OR NEW.to_sector <> OLD.to_sector OR NEW.sent_on <> OLD.sent_on OR NEW.agreed_on <> OLD.agreed_on
    OR (NEW.to_outside IS NULL) <> (OLD.to_outside IS NULL) OR (NEW.referred_by IS NULL) <> (OLD.referred_by IS NULL)
    OR (NEW.to_outside <> OLD.to_outside AND (NEW.to_outside NOT LIKE 's1:%' OR substr(NEW.to_outside, 1, 24) = substr(OLD.to_outside, 1, 24)))
    OR (NEW.referred_by <> OLD.referred_by AND (NEW.referred_by NOT LIKE 's1:%' OR substr(NEW.referred_by, 1, 24) = substr(OLD.referred_by, 1, 24)))
BEGIN SELECT RAISE(ABORT, 'a referral stays'); END;
-- Its status and its day change by an event.
CREATE TRIGGER referral_changes_by_event BEFORE UPDATE ON referral
WHEN (NEW.status <> OLD.status AND NOT EXISTS (
        SELECT 1 FROM referral_event e
        WHERE e.municipality = OLD.municipality AND e.note_id = OLD.note_id AND e.kind = NEW.status
          AND (e.to_on IS NULL OR e.to_on = NEW.expected_on)))
    OR (NEW.status = OLD.status AND NEW.expected_on IS NOT OLD.expected_on AND NOT EXISTS (
        SELECT 1 FROM referral_event e
        WHERE e.municipality = OLD.municipality AND e.note_id = OLD.note_id AND e.kind = 'day_moved'
          AND e.from_on = OLD.expected_on AND e.to_on = NEW.expected_on))
    OR (OLD.expected_on IS NULL AND NEW.status <> OLD.status)
    OR (NEW.status <> OLD.status AND NEW.status = 'received' AND NEW.expected_on IS NOT OLD.expected_on)
BEGIN SELECT RAISE(ABORT, 'a referral changes by an event'); END;
CREATE TRIGGER referral_event_of_the_case BEFORE INSERT ON referral_event
WHEN NOT EXISTS (SELECT 1 FROM referral r
                 WHERE r.municipality = NEW.municipality AND r.note_id = NEW.note_id AND r.case_id = NEW.case_id)
    OR (NEW.next_step_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM next_step n
        WHERE n.municipality = NEW.municipality AND n.id = NEW.next_step_id AND n.pending_in = NEW.case_id))
BEGIN SELECT RAISE(ABORT, 'a refusal has the next step of the case'); END;
CREATE TRIGGER referral_event_no_replace BEFORE INSERT ON referral_event
WHEN EXISTS (SELECT 1 FROM referral_event e WHERE e.municipality = NEW.municipality AND e.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'an event of a referral stays'); END;
CREATE TRIGGER referral_event_no_delete BEFORE DELETE ON referral_event
BEGIN SELECT RAISE(ABORT, 'an event of a referral stays'); END;
CREATE TRIGGER referral_event_no_change BEFORE UPDATE ON referral_event
WHEN NEW.municipality <> OLD.municipality OR NEW.id <> OLD.id OR NEW.note_id <> OLD.note_id OR NEW.case_id <> OLD.case_id
    OR NEW.kind <> OLD.kind OR NEW.happened_on <> OLD.happened_on OR NEW.from_on IS NOT OLD.from_on OR NEW.to_on IS NOT OLD.to_on
    OR NEW.next_step_id IS NOT OLD.next_step_id OR NEW.recorded_by <> OLD.recorded_by OR NEW.recorded_at <> OLD.recorded_at
    OR (NEW.reason IS NULL) <> (OLD.reason IS NULL)
    OR (NEW.reason <> OLD.reason AND (NEW.reason NOT LIKE 's1:%' OR substr(NEW.reason, 1, 24) = substr(OLD.reason, 1, 24)))
BEGIN SELECT RAISE(ABORT, 'an event of a referral stays'); END;
CREATE TRIGGER referral_agreement_no_change BEFORE UPDATE ON referral_agreement
BEGIN SELECT RAISE(ABORT, 'an agreement to a referral stays'); END;
CREATE TRIGGER referral_agreement_no_delete BEFORE DELETE ON referral_agreement
BEGIN SELECT RAISE(ABORT, 'an agreement to a referral stays'); END;
