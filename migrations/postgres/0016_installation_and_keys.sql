-- Which installation this is, and which keys belong to it. A program that lacks one of them stops, and does not create it.
CREATE TABLE installation (
    id UUID NOT NULL PRIMARY KEY,
    -- The public key that verifies the checkpoints of the access log, with its origin.
    log_key TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- The data keys that exist or have existed. A row is written in the transaction that first uses the key.
CREATE TABLE data_key (
    id UUID NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL,
    class TEXT NOT NULL,
    -- 0 if the key was erased before keys were recorded.
    generation BIGINT NOT NULL CHECK (generation >= 0),
    -- A keyed hash that only this key gives.
    check_value TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    -- From when on texts of the key are unreadable.
    erased_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX data_key_name ON data_key (municipality, class, generation) WHERE erased_at IS NULL;

CREATE FUNCTION installation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT 1 FROM installation) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the installation is recorded once';
END;
$$;
CREATE TRIGGER installation_once BEFORE INSERT OR UPDATE OR DELETE ON installation
FOR EACH ROW EXECUTE FUNCTION installation_refuse_change();
CREATE TRIGGER installation_no_truncate BEFORE TRUNCATE ON installation
FOR EACH STATEMENT EXECUTE FUNCTION installation_refuse_change();

CREATE FUNCTION data_key_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.id = OLD.id
        AND NEW.municipality = OLD.municipality AND NEW.class = OLD.class AND NEW.generation = OLD.generation
        AND NEW.check_value = OLD.check_value AND NEW.recorded_at = OLD.recorded_at THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a recorded key can only be erased';
END;
$$;
CREATE TRIGGER data_key_no_change BEFORE UPDATE OR DELETE ON data_key
FOR EACH ROW EXECUTE FUNCTION data_key_refuse_change();
CREATE TRIGGER data_key_no_truncate BEFORE TRUNCATE ON data_key
FOR EACH STATEMENT EXECUTE FUNCTION data_key_refuse_change();
