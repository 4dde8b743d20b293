-- A text that was agreed keeps its earlier wordings: who replaced each of them, when and why. A wording that is struck out is kept for inspection
-- and shown to nobody. The subject is a goal, a measure, a note, a concern or a meeting.
CREATE TABLE earlier_wording (
    municipality TEXT NOT NULL,
    subject_id UUID NOT NULL,
    number BIGINT NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('description', 'text', 'facts', 'risk_factors', 'protective_factors', 'child_says', 'tried_so_far', 'minutes')),
    -- Null for a concern, which is outside the cases.
    case_id UUID,
    -- The unit whose sector's key seals the texts.
    unit_id UUID NOT NULL REFERENCES unit (id),
    -- Sealed.
    text TEXT NOT NULL,
    -- Sealed.
    reason TEXT,
    struck_out BOOLEAN NOT NULL DEFAULT FALSE,
    changed_by UUID NOT NULL REFERENCES person (id),
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, subject_id, number),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    CHECK ((case_id IS NULL) = (part IN ('facts', 'risk_factors', 'protective_factors', 'child_says', 'tried_so_far'))),
    CHECK (reason IS NOT NULL OR case_id IS NULL)
);
CREATE INDEX earlier_wording_subject ON earlier_wording (subject_id);
CREATE INDEX earlier_wording_case ON earlier_wording (municipality, case_id);

-- Who had approved an earlier wording of minutes, and when.
CREATE TABLE earlier_approval (
    municipality TEXT NOT NULL,
    meeting_id UUID NOT NULL,
    -- The number of the wording.
    number BIGINT NOT NULL,
    case_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    approved_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, meeting_id, number, person_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id),
    FOREIGN KEY (municipality, meeting_id, number) REFERENCES earlier_wording (municipality, subject_id, number)
);

-- A concern that was about another child before: all that it said is struck out.
ALTER TABLE concern ADD COLUMN had_another_child BOOLEAN NOT NULL DEFAULT FALSE;

-- A note that is struck out: its texts stay in the row, and no reader sees them.
ALTER TABLE note ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE note ADD COLUMN struck_out_at TIMESTAMPTZ;
ALTER TABLE note ADD COLUMN struck_out_by UUID REFERENCES person (id);
-- Sealed.
ALTER TABLE note ADD COLUMN struck_out_reason TEXT;
ALTER TABLE note ADD CHECK ((struck_out_at IS NULL) = (struck_out_by IS NULL) AND (struck_out_at IS NULL) = (struck_out_reason IS NULL));

-- A change of such a text is refused unless its earlier wording is kept. A text that is sealed again with a newer key keeps the version of
-- its row, and begins otherwise: the first 24 characters of a sealed text depend only on its key.
CREATE FUNCTION wording_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    earlier TEXT := to_jsonb(OLD) ->> TG_ARGV[0];
    later TEXT := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    IF earlier IS NOT NULL AND earlier IS DISTINCT FROM later
        AND (NEW.version <> OLD.version OR later IS NULL OR later NOT LIKE 's1:%' OR substr(later, 1, 24) = substr(earlier, 1, 24))
        AND NOT EXISTS (
            SELECT 1 FROM earlier_wording w
            WHERE w.municipality = OLD.municipality AND w.subject_id = OLD.id AND w.part = TG_ARGV[1] AND w.text = earlier)
    THEN
        RAISE EXCEPTION 'the earlier wording of a text is kept';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER goal_description_is_kept BEFORE UPDATE OF description ON goal
FOR EACH ROW WHEN (OLD.description IS DISTINCT FROM NEW.description) EXECUTE FUNCTION wording_is_kept('description', 'description');
CREATE TRIGGER measure_description_is_kept BEFORE UPDATE OF description ON measure
FOR EACH ROW WHEN (OLD.description IS DISTINCT FROM NEW.description) EXECUTE FUNCTION wording_is_kept('description', 'description');
CREATE TRIGGER note_body_is_kept BEFORE UPDATE OF body ON note
FOR EACH ROW WHEN (OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION wording_is_kept('body', 'text');
CREATE TRIGGER concern_facts_is_kept BEFORE UPDATE OF facts ON concern
FOR EACH ROW WHEN (OLD.facts IS DISTINCT FROM NEW.facts) EXECUTE FUNCTION wording_is_kept('facts', 'facts');
CREATE TRIGGER concern_risk_factors_is_kept BEFORE UPDATE OF risk_factors ON concern
FOR EACH ROW WHEN (OLD.risk_factors IS DISTINCT FROM NEW.risk_factors) EXECUTE FUNCTION wording_is_kept('risk_factors', 'risk_factors');
CREATE TRIGGER concern_protective_factors_is_kept BEFORE UPDATE OF protective_factors ON concern
FOR EACH ROW WHEN (OLD.protective_factors IS DISTINCT FROM NEW.protective_factors) EXECUTE FUNCTION wording_is_kept('protective_factors', 'protective_factors');
CREATE TRIGGER concern_child_says_is_kept BEFORE UPDATE OF child_says ON concern
FOR EACH ROW WHEN (OLD.child_says IS DISTINCT FROM NEW.child_says) EXECUTE FUNCTION wording_is_kept('child_says', 'child_says');
CREATE TRIGGER concern_tried_so_far_is_kept BEFORE UPDATE OF tried_so_far ON concern
FOR EACH ROW WHEN (OLD.tried_so_far IS DISTINCT FROM NEW.tried_so_far) EXECUTE FUNCTION wording_is_kept('tried_so_far', 'tried_so_far');
CREATE TRIGGER meeting_minutes_is_kept BEFORE UPDATE OF minutes ON meeting
FOR EACH ROW WHEN (OLD.minutes IS DISTINCT FROM NEW.minutes) EXECUTE FUNCTION wording_is_kept('minutes', 'minutes');

-- What is kept stays as it was: it is struck out at most, or sealed again with a newer key.
CREATE FUNCTION earlier_wording_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.municipality = OLD.municipality AND NEW.subject_id = OLD.subject_id AND NEW.number = OLD.number
        AND NEW.part = OLD.part AND NEW.case_id IS NOT DISTINCT FROM OLD.case_id AND NEW.unit_id = OLD.unit_id
        AND NEW.changed_by = OLD.changed_by AND NEW.changed_at = OLD.changed_at AND NEW.struck_out >= OLD.struck_out
        AND (NEW.text = OLD.text OR (NEW.text LIKE 's1:%' AND substr(NEW.text, 1, 24) <> substr(OLD.text, 1, 24)))
        AND (NEW.reason IS NOT DISTINCT FROM OLD.reason
            OR (NEW.reason LIKE 's1:%' AND substr(NEW.reason, 1, 24) <> substr(OLD.reason, 1, 24)))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an earlier wording stays';
END;
$$;
CREATE TRIGGER earlier_wording_no_change BEFORE UPDATE OR DELETE ON earlier_wording
FOR EACH ROW EXECUTE FUNCTION earlier_wording_stays();
CREATE TRIGGER earlier_wording_no_truncate BEFORE TRUNCATE ON earlier_wording
FOR EACH STATEMENT EXECUTE FUNCTION earlier_wording_stays();
CREATE FUNCTION note_stays_struck_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.struck_out_at IS DISTINCT FROM OLD.struck_out_at OR NEW.struck_out_by IS DISTINCT FROM OLD.struck_out_by
        OR NEW.version <> OLD.version OR NEW.struck_out_reason IS NULL
        OR (NEW.struck_out_reason <> OLD.struck_out_reason AND (NEW.struck_out_reason NOT LIKE 's1:%'
            OR substr(NEW.struck_out_reason, 1, 24) = substr(OLD.struck_out_reason, 1, 24)))
    THEN
        RAISE EXCEPTION 'a note that is struck out stays so';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER note_stays_struck_out BEFORE UPDATE ON note
FOR EACH ROW WHEN (OLD.struck_out_at IS NOT NULL) EXECUTE FUNCTION note_stays_struck_out();
