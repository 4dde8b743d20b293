-- A note of the family goes to its writer and the contact person unless the writer chooses more.
ALTER TABLE note DROP CONSTRAINT note_audience_check;
ALTER TABLE note ADD CONSTRAINT note_audience_check CHECK (audience IN ('team', 'sector', 'unit', 'contact_person'));
ALTER TABLE note DROP CONSTRAINT note_check;
ALTER TABLE note ADD CONSTRAINT note_check CHECK (CASE audience
    WHEN 'team' THEN TRUE WHEN 'contact_person' THEN unit_id IS NULL ELSE unit_id IS NOT NULL END);

-- Who else in the family may read a note, as its writer has chosen. Notes from before there was a choice are shown to nobody else: the
-- writer did not choose the other guardian.
CREATE TABLE note_reader (
    municipality TEXT NOT NULL,
    note_id UUID NOT NULL,
    case_id UUID NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    PRIMARY KEY (municipality, note_id, person_id),
    FOREIGN KEY (municipality, note_id) REFERENCES note (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id)
);
CREATE INDEX note_reader_case ON note_reader (municipality, case_id);
