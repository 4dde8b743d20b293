-- The name of an account that was corrected, such as after a marriage. What others wrote keeps who wrote it, and shows the new name.
CREATE TABLE name_correction (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    -- Sealed, as the next two are.
    before_name TEXT NOT NULL,
    after_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    corrected_by UUID NOT NULL REFERENCES person (id),
    corrected_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    CHECK (corrected_by <> person_id)
);
CREATE INDEX name_correction_person ON name_correction (person_id, id);

-- Since when the unit has its controller. Null means: for as long as the unit is known. An auditor of the controller sees nothing from
-- before.
ALTER TABLE unit ADD COLUMN controller_since TIMESTAMPTZ;
