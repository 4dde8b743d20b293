-- Why the family waits for a step of the help (decision 51). What is written stays.
CREATE TABLE wait_reason (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('concern', 'opened', 'shared', 'meeting', 'measure', 'evaluation')),
    -- Sealed.
    reason TEXT NOT NULL,
    recorded_by UUID NOT NULL REFERENCES person (id),
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
);
CREATE INDEX wait_reason_case ON wait_reason (municipality, case_id, id);
CREATE FUNCTION wait_reason_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.municipality = OLD.municipality AND NEW.id = OLD.id AND NEW.case_id = OLD.case_id AND NEW.step = OLD.step
        AND NEW.recorded_by = OLD.recorded_by AND NEW.recorded_at = OLD.recorded_at
        AND COALESCE(sealed_text_stays(OLD.reason, NEW.reason), FALSE)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a reason for a wait stays';
END;
$$;
CREATE TRIGGER wait_reason_no_change BEFORE UPDATE ON wait_reason FOR EACH ROW EXECUTE FUNCTION wait_reason_stays();
CREATE TRIGGER wait_reason_no_delete BEFORE DELETE ON wait_reason FOR EACH ROW EXECUTE FUNCTION row_stays('a reason for a wait');
CREATE TRIGGER wait_reason_no_truncate BEFORE TRUNCATE ON wait_reason FOR EACH STATEMENT EXECUTE FUNCTION row_stays('a reason for a wait');
