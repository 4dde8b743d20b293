-- Each list has an index in its own order, so that a page costs the same however long the list and the table are.

-- Cases: of a team member, and of the units that opened or hold them.
CREATE INDEX team_member_seat ON team_member (person_id, case_id) WHERE left_at IS NULL;
DROP INDEX care_case_unit;
CREATE INDEX care_case_unit ON care_case (unit_id, id);
DROP INDEX contact_person_unit;
CREATE INDEX contact_person_unit ON contact_person (unit_id, case_id);

-- Concerns: of an author, and those that await a decision.
CREATE INDEX concern_author ON concern (author_id, id);
CREATE INDEX concern_author_due ON concern (author_id, decide_by, id) WHERE decision IS NULL;
CREATE INDEX concern_unit_due ON concern (unit_id, decide_by, id) WHERE decision IS NULL;

-- What is due in a case and to a person.
DROP INDEX measure_responsible;
CREATE INDEX measure_responsible ON measure (responsible_id, evaluate_on, id) WHERE status = 'in_force';
CREATE INDEX measure_due ON measure (case_id, evaluate_on) WHERE status = 'in_force';
DROP INDEX handover_to;
CREATE INDEX handover_to ON handover (to_person, offered_at, id) WHERE status = 'offered';
DROP INDEX consent_case_id;
CREATE INDEX consent_case_id ON consent (case_id, valid_until);

-- Emergency access: of a person, and of the cases of a unit.
CREATE INDEX emergency_access_of ON emergency_access (person_id, id);
CREATE INDEX emergency_access_case_open ON emergency_access (case_id) WHERE reviewed_at IS NULL;
CREATE INDEX emergency_access_case_id ON emergency_access (case_id, id);

-- Reports that await an answer.
CREATE INDEX child_welfare_report_reporter ON child_welfare_report (reporter_id, sent_on);

-- Staff of a unit, and units of a municipality.
DROP INDEX staff_role_unit;
CREATE INDEX staff_role_unit ON staff_role (unit_id, id);
CREATE INDEX unit_serves_municipality ON unit_serves (municipality, unit_id);
