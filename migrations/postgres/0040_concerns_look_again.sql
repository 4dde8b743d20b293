-- A concern states which factors of data/factors.toml are seen, and what in the adults' own practice may matter. Those who wait until a date
-- give a reason, and the deadline moves with it.
ALTER TABLE concern ADD COLUMN own_practice TEXT; -- sealed
ALTER TABLE concern ADD COLUMN seen_risk_factors TEXT; -- sealed
ALTER TABLE concern ADD COLUMN seen_protective_factors TEXT; -- sealed

-- Their earlier wordings are kept as those of the other texts.
ALTER TABLE earlier_wording DROP CONSTRAINT earlier_wording_part_check;
ALTER TABLE earlier_wording ADD CONSTRAINT earlier_wording_part_check CHECK (part IN ('description', 'text', 'facts', 'risk_factors', 'protective_factors', 'child_says', 'tried_so_far', 'own_practice', 'seen_risk_factors', 'seen_protective_factors', 'minutes'));
ALTER TABLE earlier_wording DROP CONSTRAINT earlier_wording_check;
ALTER TABLE earlier_wording ADD CONSTRAINT earlier_wording_check CHECK ((case_id IS NULL) = (part IN ('facts', 'risk_factors', 'protective_factors', 'child_says', 'tried_so_far', 'own_practice', 'seen_risk_factors', 'seen_protective_factors')));
CREATE TRIGGER concern_own_practice_is_kept BEFORE UPDATE OF own_practice ON concern
FOR EACH ROW WHEN (OLD.own_practice IS DISTINCT FROM NEW.own_practice) EXECUTE FUNCTION wording_is_kept('own_practice', 'own_practice');
CREATE TRIGGER concern_seen_risk_factors_is_kept BEFORE UPDATE OF seen_risk_factors ON concern
FOR EACH ROW WHEN (OLD.seen_risk_factors IS DISTINCT FROM NEW.seen_risk_factors) EXECUTE FUNCTION wording_is_kept('seen_risk_factors', 'seen_risk_factors');
CREATE TRIGGER concern_seen_protective_factors_is_kept BEFORE UPDATE OF seen_protective_factors ON concern
FOR EACH ROW WHEN (OLD.seen_protective_factors IS DISTINCT FROM NEW.seen_protective_factors) EXECUTE FUNCTION wording_is_kept('seen_protective_factors', 'seen_protective_factors');

-- Someone waits and looks at a concern again on a date (se an). The deadline moves to it. At most three times.
CREATE TABLE concern_postponement (
    municipality TEXT NOT NULL,
    concern_id UUID NOT NULL,
    number BIGINT NOT NULL CHECK (number >= 1 AND number <= 3),
    -- The unit whose sector's key seals the reason.
    unit_id UUID NOT NULL REFERENCES unit (id),
    look_again_on DATE NOT NULL,
    -- The deadline until then.
    instead_of_on DATE NOT NULL,
    -- Sealed.
    reason TEXT NOT NULL,
    -- The reason repeats words that were struck out.
    struck_out BOOLEAN NOT NULL DEFAULT FALSE,
    postponed_by UUID NOT NULL REFERENCES person (id),
    postponed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, concern_id, number),
    FOREIGN KEY (municipality, concern_id) REFERENCES concern (municipality, id)
);
CREATE INDEX concern_postponement_concern ON concern_postponement (concern_id);
CREATE FUNCTION concern_decide_by_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM concern_postponement p
        WHERE p.municipality = OLD.municipality AND p.concern_id = OLD.id AND p.look_again_on = NEW.decide_by AND p.instead_of_on = OLD.decide_by
          AND NOT EXISTS (SELECT 1 FROM concern_postponement l
                          WHERE l.municipality = p.municipality AND l.concern_id = p.concern_id AND l.number > p.number))
    THEN
        RAISE EXCEPTION 'the deadline of a concern moves with a reason';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER concern_decide_by_is_kept BEFORE UPDATE OF decide_by ON concern
FOR EACH ROW WHEN (OLD.decide_by <> NEW.decide_by) EXECUTE FUNCTION concern_decide_by_is_kept();
CREATE FUNCTION concern_postponement_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM concern c
        WHERE c.municipality = NEW.municipality AND c.id = NEW.concern_id AND c.unit_id = NEW.unit_id AND c.decision IS NULL)
    THEN
        RAISE EXCEPTION 'a concern that is undecided is postponed';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER concern_postponement_is_open BEFORE INSERT ON concern_postponement
FOR EACH ROW EXECUTE FUNCTION concern_postponement_is_open();
CREATE FUNCTION concern_postponement_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.municipality = OLD.municipality AND NEW.concern_id = OLD.concern_id AND NEW.number = OLD.number
        AND NEW.unit_id = OLD.unit_id AND NEW.look_again_on = OLD.look_again_on AND NEW.instead_of_on = OLD.instead_of_on
        AND NEW.postponed_by = OLD.postponed_by AND NEW.postponed_at = OLD.postponed_at AND NEW.struck_out >= OLD.struck_out
        AND (NEW.reason = OLD.reason OR (NEW.reason LIKE 's1:%' AND substr(NEW.reason, 1, 24) <> substr(OLD.reason, 1, 24)))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a postponement stays';
END;
$$;
CREATE TRIGGER concern_postponement_is_kept BEFORE UPDATE OR DELETE ON concern_postponement
FOR EACH ROW EXECUTE FUNCTION concern_postponement_is_kept();
CREATE TRIGGER concern_postponement_no_truncate BEFORE TRUNCATE ON concern_postponement
FOR EACH STATEMENT EXECUTE FUNCTION concern_postponement_is_kept();
