-- A party, who is a guardian or the young person, can demand that the leader of a team member decides whether they are disqualified
-- (fvl § 8). Until then, it closes nothing.
ALTER TABLE conflict_of_interest ADD COLUMN as_party INTEGER NOT NULL DEFAULT FALSE CHECK (as_party IN (0, 1));
-- Why the leader confirmed it. Sealed.
ALTER TABLE conflict_of_interest ADD COLUMN confirm_reason TEXT CHECK (confirm_reason IS NULL OR confirmed_at IS NOT NULL);
-- What the person themself says about what others state. Sealed.
ALTER TABLE conflict_of_interest ADD COLUMN own_view TEXT;
ALTER TABLE conflict_of_interest ADD COLUMN own_view_at TEXT CHECK ((own_view IS NULL) = (own_view_at IS NULL));
-- What nobody has decided yet.
CREATE INDEX conflict_of_interest_waiting ON conflict_of_interest (municipality, recorded_at) WHERE ended_at IS NULL AND confirmed_at IS NULL;
CREATE INDEX conflict_of_interest_case ON conflict_of_interest (municipality, case_id, id) WHERE case_id IS NOT NULL;
