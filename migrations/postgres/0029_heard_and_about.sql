-- The guardian that a note is about, for the kinds that are about one guardian. Older notes name nobody, so they stay in their unit.
ALTER TABLE note ADD COLUMN about_person_id UUID REFERENCES person (id);
-- When and how a child was heard before its words were written down, and the weight that they were given, sealed.
ALTER TABLE note ADD COLUMN heard_on DATE;
ALTER TABLE note ADD COLUMN heard_how TEXT CHECK (heard_how IN ('alone', 'with_someone', 'through_someone', 'otherwise'));
ALTER TABLE note ADD COLUMN heard_weight TEXT CHECK (
    (heard_on IS NULL) = (heard_weight IS NULL) AND (heard_how IS NULL) = (heard_weight IS NULL));
-- Why the guardians need health information for their parental responsibility until the child is 18 (pbrl § 3-4), sealed.
ALTER TABLE note ADD COLUMN guardians_need TEXT;
