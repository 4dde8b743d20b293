-- A referral (henvisning) of the child to a service. It is a part of a note for the team, which has the help that is asked for: who may read the
-- note may read the referral. Its events are kept, and it changes only by them.
CREATE TABLE referral (
    municipality TEXT NOT NULL,
    note_id UUID NOT NULL,
    case_id UUID NOT NULL,
    to_unit_id UUID REFERENCES unit (id),
    -- A service outside the register. Sealed.
    to_outside TEXT,
    to_sector TEXT NOT NULL CHECK (to_sector IN ('school', 'ppt', 'health', 'nav', 'other')),
    -- Someone outside the case who referred the child. Sealed.
    referred_by TEXT,
    sent_on DATE NOT NULL,
    agreed_on DATE NOT NULL,
    status TEXT NOT NULL DEFAULT 'sent' CHECK (status IN ('sent', 'received', 'accepted', 'started', 'refused', 'withdrawn')),
    -- The day of the answer or, when it is accepted, of the start.
    expected_on DATE,
    -- Whether that day of the start is known, or the day to ask again.
    start_is_known BOOLEAN,
    -- The team member who follows it up, and the unit that they take part from; null if nobody on the team may know of it.
    follower_id UUID REFERENCES person (id),
    follower_unit UUID REFERENCES unit (id),
    PRIMARY KEY (municipality, note_id),
    FOREIGN KEY (municipality, note_id) REFERENCES note (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((to_unit_id IS NULL) <> (to_outside IS NULL)),
    CHECK (agreed_on <= sent_on),
    CHECK ((status IN ('sent', 'received', 'accepted')) = (expected_on IS NOT NULL)),
    CHECK ((status = 'accepted') = (start_is_known IS NOT NULL)),
    CHECK ((follower_id IS NULL) = (follower_unit IS NULL))
);
CREATE INDEX referral_follower ON referral (follower_id, expected_on, note_id) WHERE expected_on IS NOT NULL;
CREATE INDEX referral_case ON referral (municipality, case_id, expected_on, note_id) WHERE expected_on IS NOT NULL;

-- Those in the family, or the person who decides in their place, who agree to a referral.
CREATE TABLE referral_agreement (
    municipality TEXT NOT NULL,
    note_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    PRIMARY KEY (municipality, note_id, person_id),
    FOREIGN KEY (municipality, note_id) REFERENCES referral (municipality, note_id)
);

-- What happened to a referral after it was sent.
CREATE TABLE referral_event (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    note_id UUID NOT NULL,
    case_id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('received', 'accepted', 'started', 'refused', 'withdrawn', 'day_moved')),
    happened_on DATE NOT NULL,
    from_on DATE,
    to_on DATE,
    -- Sealed.
    reason TEXT,
    -- The next step of the case that was set with a refusal.
    next_step_id UUID,
    recorded_by UUID NOT NULL REFERENCES person (id),
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, note_id) REFERENCES referral (municipality, note_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, next_step_id) REFERENCES next_step (municipality, id),
    CHECK ((kind = 'refused') = (next_step_id IS NOT NULL)),
    CHECK (kind NOT IN ('refused', 'withdrawn', 'day_moved') OR reason IS NOT NULL),
    CHECK ((kind = 'day_moved') = (from_on IS NOT NULL)),
    CHECK ((kind IN ('accepted', 'day_moved')) = (to_on IS NOT NULL))
);
CREATE INDEX referral_event_referral ON referral_event (note_id);
CREATE INDEX referral_event_case ON referral_event (municipality, case_id);

-- A referral is a part of a note by staff for the team. What was sent stays as it was; a text may be sealed again with a newer key. Its status and
-- its day change by an event.
CREATE FUNCTION referral_is_of_a_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'sent' OR NOT EXISTS (
        SELECT 1 FROM note n WHERE n.municipality = NEW.municipality AND n.id = NEW.note_id AND n.case_id = NEW.case_id
          AND n.audience = 'team' AND n.unit_id IS NOT NULL AND n.struck_out_at IS NULL)
    THEN
        RAISE EXCEPTION 'a referral is a part of a note for the team';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER referral_of_a_note BEFORE INSERT ON referral FOR EACH ROW EXECUTE FUNCTION referral_is_of_a_note();
CREATE FUNCTION row_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% stays', TG_ARGV[0];
END;
$$;
CREATE TRIGGER referral_no_delete BEFORE DELETE ON referral FOR EACH ROW EXECUTE FUNCTION row_stays('a referral');
CREATE TRIGGER referral_no_truncate BEFORE TRUNCATE ON referral FOR EACH STATEMENT EXECUTE FUNCTION row_stays('a referral');
CREATE FUNCTION sealed_text_stays(earlier TEXT, later TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS $$
    SELECT earlier IS NOT DISTINCT FROM later
        OR (earlier IS NOT NULL AND later LIKE 's1:%' AND substr(later, 1, 24) <> substr(earlier, 1, 24))
$$;
CREATE FUNCTION referral_changes_by_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.municipality <> OLD.municipality OR NEW.note_id <> OLD.note_id OR NEW.case_id <> OLD.case_id
        OR NEW.to_unit_id IS DISTINCT FROM OLD.to_unit_id OR NEW.to_sector <> OLD.to_sector OR NEW.sent_on <> OLD.sent_on
        OR NEW.agreed_on <> OLD.agreed_on OR NOT COALESCE(sealed_text_stays(OLD.to_outside, NEW.to_outside), FALSE)
        OR NOT COALESCE(sealed_text_stays(OLD.referred_by, NEW.referred_by), FALSE)
    THEN
        RAISE EXCEPTION 'a referral stays';
    END IF;
    IF (NEW.status <> OLD.status AND NOT EXISTS (
            SELECT 1 FROM referral_event e
            WHERE e.municipality = OLD.municipality AND e.note_id = OLD.note_id AND e.kind = NEW.status
              AND (e.to_on IS NULL OR e.to_on = NEW.expected_on)))
        OR (NEW.status = OLD.status AND NEW.expected_on IS DISTINCT FROM OLD.expected_on AND NOT EXISTS (
            SELECT 1 FROM referral_event e
            WHERE e.municipality = OLD.municipality AND e.note_id = OLD.note_id AND e.kind = 'day_moved'
              AND e.from_on = OLD.expected_on AND e.to_on = NEW.expected_on))
        OR (OLD.expected_on IS NULL AND NEW.status <> OLD.status)
        OR (NEW.status <> OLD.status AND NEW.status = 'received' AND NEW.expected_on IS DISTINCT FROM OLD.expected_on)
    THEN
        RAISE EXCEPTION 'a referral changes by an event';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER referral_changes_by_event BEFORE UPDATE ON referral FOR EACH ROW EXECUTE FUNCTION referral_changes_by_event();
CREATE FUNCTION referral_event_of_the_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM referral r
                   WHERE r.municipality = NEW.municipality AND r.note_id = NEW.note_id AND r.case_id = NEW.case_id)
        OR (NEW.next_step_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM next_step n
            WHERE n.municipality = NEW.municipality AND n.id = NEW.next_step_id AND n.pending_in = NEW.case_id))
    THEN
        RAISE EXCEPTION 'a refusal has the next step of the case';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER referral_event_of_the_case BEFORE INSERT ON referral_event FOR EACH ROW EXECUTE FUNCTION referral_event_of_the_case();
CREATE FUNCTION referral_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.municipality = OLD.municipality AND NEW.id = OLD.id AND NEW.note_id = OLD.note_id AND NEW.case_id = OLD.case_id
        AND NEW.kind = OLD.kind AND NEW.happened_on = OLD.happened_on AND NEW.from_on IS NOT DISTINCT FROM OLD.from_on
        AND NEW.to_on IS NOT DISTINCT FROM OLD.to_on AND NEW.next_step_id IS NOT DISTINCT FROM OLD.next_step_id
        AND NEW.recorded_by = OLD.recorded_by AND NEW.recorded_at = OLD.recorded_at
        AND COALESCE(sealed_text_stays(OLD.reason, NEW.reason), FALSE)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an event of a referral stays';
END;
$$;
CREATE TRIGGER referral_event_no_change BEFORE UPDATE ON referral_event FOR EACH ROW EXECUTE FUNCTION referral_event_stays();
CREATE TRIGGER referral_event_no_delete BEFORE DELETE ON referral_event FOR EACH ROW EXECUTE FUNCTION row_stays('an event of a referral');
CREATE TRIGGER referral_event_no_truncate BEFORE TRUNCATE ON referral_event FOR EACH STATEMENT EXECUTE FUNCTION row_stays('an event of a referral');
CREATE TRIGGER referral_agreement_stays BEFORE UPDATE OR DELETE ON referral_agreement
FOR EACH ROW EXECUTE FUNCTION row_stays('an agreement to a referral');
CREATE TRIGGER referral_agreement_no_truncate BEFORE TRUNCATE ON referral_agreement
FOR EACH STATEMENT EXECUTE FUNCTION row_stays('an agreement to a referral');
