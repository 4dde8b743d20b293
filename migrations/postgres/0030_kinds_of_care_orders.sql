-- Kinds of care orders, with what follows from each as data (`data/care_orders.toml`): a child has one order of each kind that has not
-- ended, and some orders have a last day. The orders of before keep their words.
ALTER TABLE care_order DROP CONSTRAINT care_order_kind_check;
ALTER TABLE care_order ADD CONSTRAINT care_order_kind_check CHECK (kind IN ('taken_into_care', 'moving_prohibited', 'acute_care',
    'acute_institution', 'institution', 'acute_trafficking', 'trafficking', 'voluntary_placement',
    'parental_responsibility_removed', 'acute_leaving_prohibited', 'leaving_prohibited'));
-- The last day on which it gives anybody a power, if the decision has one.
ALTER TABLE care_order ADD COLUMN in_force_until DATE;
ALTER TABLE care_order ADD CHECK (in_force_until IS NULL OR in_force_until >= in_force_from);
ALTER TABLE care_order ADD CHECK (in_force_until IS NOT NULL OR kind NOT IN ('acute_care', 'acute_institution',
    'acute_trafficking', 'acute_leaving_prohibited'));
DROP INDEX care_order_live;
CREATE UNIQUE INDEX care_order_live ON care_order (municipality, child_id, kind) WHERE ended_at IS NULL;

-- The ages that an arena is for, in whole years, where the plan says so. The conditions of an arena are checked when a meeting is called
-- there and when its minutes are recorded.
ALTER TABLE arena ADD COLUMN age_from BIGINT CHECK (age_from >= 0 AND age_from <= 25);
ALTER TABLE arena ADD COLUMN age_to BIGINT CHECK (age_to >= 0 AND age_to <= 25);
