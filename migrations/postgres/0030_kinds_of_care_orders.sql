-- Kinds of care orders, with what follows from each as data (`data/care_orders.toml`): a child has one order of each kind that has not
-- ended, and some orders have a last day. The person named in an order accepts it, and what an order said before a change is kept. The
-- orders of before keep their words, and are accepted.
ALTER TABLE care_order DROP CONSTRAINT care_order_kind_check;
ALTER TABLE care_order ADD CONSTRAINT care_order_kind_check CHECK (kind IN ('taken_into_care', 'moving_prohibited', 'acute_care',
    'acute_institution', 'institution', 'institution_by_consent', 'acute_trafficking', 'trafficking',
    'voluntary_placement', 'parental_responsibility_removed', 'acute_leaving_prohibited', 'leaving_prohibited'));
-- The last day on which it gives anybody a power, if the decision has one.
ALTER TABLE care_order ADD COLUMN in_force_until DATE;
ALTER TABLE care_order ADD CHECK (in_force_until IS NULL OR in_force_until >= in_force_from);
ALTER TABLE care_order ADD CHECK (in_force_until IS NOT NULL OR kind NOT IN ('acute_care', 'acute_institution',
    'acute_trafficking', 'acute_leaving_prohibited'));
-- Who named the person in child welfare, and when that person accepted it. Until then nobody consents by the order.
ALTER TABLE care_order ADD COLUMN named_by UUID REFERENCES person (id);
ALTER TABLE care_order ADD COLUMN named_at TIMESTAMPTZ;
ALTER TABLE care_order ADD COLUMN accepted_at TIMESTAMPTZ;
UPDATE care_order SET named_by = recorded_by, named_at = recorded_at, accepted_at = recorded_at;
ALTER TABLE care_order ALTER COLUMN named_by SET NOT NULL;
ALTER TABLE care_order ALTER COLUMN named_at SET NOT NULL;
ALTER TABLE care_order ADD CHECK (accepted_at IS NULL OR accepted_at >= named_at);
DROP INDEX care_order_live;
CREATE UNIQUE INDEX care_order_live ON care_order (municipality, child_id, kind) WHERE ended_at IS NULL;
CREATE INDEX care_order_unit ON care_order (child_welfare_unit_id) WHERE ended_at IS NULL;

-- What a care order said before it named another person or had another last day.
CREATE TABLE care_order_change (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    care_order_id UUID NOT NULL,
    former_unit_id UUID NOT NULL REFERENCES unit (id),
    former_person_id UUID NOT NULL REFERENCES person (id),
    former_until DATE,
    -- Sealed: the decision, or the record of who answers for the child, that the change rests on.
    reference TEXT NOT NULL,
    changed_by UUID NOT NULL REFERENCES person (id),
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, care_order_id) REFERENCES care_order (municipality, id)
);
CREATE INDEX care_order_change_order ON care_order_change (municipality, care_order_id, id);

-- The ages that an arena is for, in whole years, where the plan says so. The conditions of an arena are checked when a meeting is called
-- there and when its minutes are recorded.
ALTER TABLE arena ADD COLUMN age_from BIGINT CHECK (age_from >= 0 AND age_from <= 25);
ALTER TABLE arena ADD COLUMN age_to BIGINT CHECK (age_to >= 0 AND age_to <= 25);
