-- A pregnant woman is the registered person until birth (decision 47).

-- The due date, while she is pregnant.
ALTER TABLE child ADD COLUMN due_on DATE CHECK (due_on IS NULL OR birth_date < due_on);
-- The registration of the mother, if the birth was recorded in her case. Who is too close to her is too close to the child.
ALTER TABLE child ADD COLUMN mother_id UUID;
CREATE INDEX child_mother ON child (mother_id) WHERE mother_id IS NOT NULL;
-- An unborn child that was registered before, until the pregnant woman has replaced it. The registration states no woman, and its day of birth
-- is the due date.
ALTER TABLE child ADD COLUMN unborn TEXT CHECK (unborn IN ('registered', 'replaced') AND (unborn = 'replaced' OR due_on IS NULL));
UPDATE child SET unborn = 'registered' WHERE birth_date > CURRENT_DATE;

-- A due date can come and go, so each of its values can be missing.
ALTER TABLE correction ALTER COLUMN after_value DROP NOT NULL;
ALTER TABLE correction DROP CONSTRAINT correction_field_check;
ALTER TABLE correction DROP CONSTRAINT correction_check1;
ALTER TABLE correction ADD CONSTRAINT correction_field_check
    CHECK (field IN ('child_name', 'birth_date', 'national_id', 'guardian_name', 'due_on'));
ALTER TABLE correction ADD CONSTRAINT correction_before_check CHECK (field IN ('national_id', 'due_on') OR before_value IS NOT NULL);
ALTER TABLE correction ADD CONSTRAINT correction_after_check CHECK (field = 'due_on' OR after_value IS NOT NULL);
ALTER TABLE correction ADD CONSTRAINT correction_values_check CHECK (before_value IS NOT NULL OR after_value IS NOT NULL);
