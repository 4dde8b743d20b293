-- A pregnant woman is the registered person until birth (decision 47).

-- The due date, while she is pregnant.
ALTER TABLE child ADD COLUMN due_on TEXT CHECK (due_on IS NULL OR birth_date < due_on);
-- The registration of the mother, if the birth was recorded in her case. Who is too close to her is too close to the child.
ALTER TABLE child ADD COLUMN mother_id BLOB;
CREATE INDEX child_mother ON child (mother_id) WHERE mother_id IS NOT NULL;
-- An unborn child that was registered before, until the pregnant woman has replaced it. The registration states no woman, and its day of birth
-- is the due date.
ALTER TABLE child ADD COLUMN unborn TEXT CHECK (unborn IN ('registered', 'replaced') AND (unborn = 'replaced' OR due_on IS NULL));
UPDATE child SET unborn = 'registered' WHERE birth_date > date('now');

-- A due date can come and go, so each of its values can be missing.
CREATE TABLE new_correction (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    -- The guardianship whose name was corrected.
    guardianship_id BLOB,
    field TEXT NOT NULL CHECK (field IN ('child_name', 'birth_date', 'national_id', 'guardian_name', 'due_on')),
    -- Sealed, as the next two are. None where the child had no number, or was not expecting a child.
    before_value TEXT,
    after_value TEXT,
    reason TEXT NOT NULL,
    corrected_by BLOB NOT NULL REFERENCES person (id),
    corrected_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    FOREIGN KEY (municipality, guardianship_id) REFERENCES guardianship (municipality, id),
    CHECK ((field = 'guardian_name') = (guardianship_id IS NOT NULL)),
    CHECK (field IN ('national_id', 'due_on') OR before_value IS NOT NULL),
    CHECK (field = 'due_on' OR after_value IS NOT NULL),
    CHECK (before_value IS NOT NULL OR after_value IS NOT NULL)
) STRICT;
INSERT INTO new_correction (municipality, id, child_id, guardianship_id, field, before_value, after_value, reason, corrected_by,
                            corrected_at)
    SELECT municipality, id, child_id, guardianship_id, field, before_value, after_value, reason, corrected_by, corrected_at
    FROM correction;
DROP TABLE correction;
ALTER TABLE new_correction RENAME TO correction;
CREATE INDEX correction_child ON correction (municipality, child_id, id);
