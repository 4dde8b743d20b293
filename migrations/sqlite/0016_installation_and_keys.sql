-- Which installation this is, and which keys belong to it. A program that lacks one of them stops, and does not create it.
CREATE TABLE installation (
    id BLOB NOT NULL PRIMARY KEY,
    -- The public key that verifies the checkpoints of the access log, with its origin.
    log_key TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- The data keys that exist or have existed. A row is written in the transaction that first uses the key.
CREATE TABLE data_key (
    id BLOB NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL,
    class TEXT NOT NULL,
    -- 0 if the key was erased before keys were recorded.
    generation INTEGER NOT NULL CHECK (generation >= 0),
    -- A keyed hash that only this key gives.
    check_value TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    -- From when on texts of the key are unreadable.
    erased_at TEXT
) STRICT;
CREATE UNIQUE INDEX data_key_name ON data_key (municipality, class, generation) WHERE erased_at IS NULL;

CREATE TRIGGER installation_only_one BEFORE INSERT ON installation
WHEN EXISTS (SELECT 1 FROM installation)
BEGIN SELECT RAISE(ABORT, 'the database records one installation'); END;
CREATE TRIGGER installation_no_update BEFORE UPDATE ON installation
BEGIN SELECT RAISE(ABORT, 'the installation is recorded once'); END;
CREATE TRIGGER installation_no_delete BEFORE DELETE ON installation
BEGIN SELECT RAISE(ABORT, 'the installation is recorded once'); END;
CREATE TRIGGER data_key_no_update BEFORE UPDATE ON data_key
WHEN NOT (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.id IS OLD.id AND NEW.municipality IS OLD.municipality
    AND NEW.class IS OLD.class AND NEW.generation IS OLD.generation AND NEW.check_value IS OLD.check_value
    AND NEW.recorded_at IS OLD.recorded_at)
BEGIN SELECT RAISE(ABORT, 'a recorded key can only be erased'); END;
CREATE TRIGGER data_key_no_delete BEFORE DELETE ON data_key
BEGIN SELECT RAISE(ABORT, 'a recorded key can only be erased'); END;
