-- Cases in any number, as SQL for both engines. `[[kind|number]]` is an id, `{{seconds}}` a time and `<<seconds>>` a day.
-- Every unit has 600 cases and every worker 31 of them. Unit 0, its leader and its first worker have accounts. Nurses of a
-- health unit share every case, and hold those that unit 1 has opened. The cases of a unit are scattered among all others: slot `m` of case `n`. All that a
-- unit has follows from the slots, so that it is the same however many other units there are.

CREATE TABLE bench_unit (u BIGINT PRIMARY KEY, id $ID, leader $ID);
CREATE TABLE bench_health (h BIGINT PRIMARY KEY, id $ID);
CREATE TABLE bench_worker (p BIGINT PRIMARY KEY, id $ID, unit_id $ID);
CREATE TABLE bench_case (n BIGINT PRIMARY KEY, m BIGINT, unit_id $ID, leader $ID, worker $ID, previous $ID, health $ID, nurse $ID,
    guardian $ID, holder $ID, held_in $ID);

INSERT INTO bench_unit SELECT n, CASE WHEN n = 0 THEN $UNIT ELSE [[101|n]] END, CASE n WHEN 0 THEN $LEADER WHEN 1 THEN $REFUSED ELSE [[102|n]] END
FROM $SERIES AS s WHERE n < ($CASES + 599) / 600;
INSERT INTO bench_health SELECT n, CASE WHEN n = 0 THEN $HEALTH ELSE [[108|n]] END FROM $SERIES AS s WHERE n < ($CASES + 5999) / 6000;
INSERT INTO bench_worker SELECT n, CASE WHEN n = 0 THEN $WORKER ELSE [[103|n]] END, b.id
FROM $SERIES AS s JOIN bench_unit b ON b.u = n / 20;
INSERT INTO bench_case
SELECT n, m, b.id, b.leader, w.id, v.id, h.id, [[104|m / 31]], CASE WHEN m = 0 THEN $GUARDIAN ELSE [[2|n]] END,
    CASE WHEN m / 600 = 1 THEN [[104|m / 31]] ELSE w.id END, CASE WHEN m / 600 = 1 THEN h.id ELSE b.id END
FROM (SELECT n, n * 7919 % $CASES AS m FROM $SERIES AS s) AS c
JOIN bench_unit b ON b.u = m / 600
JOIN bench_health h ON h.h = m / 6000
JOIN bench_worker w ON w.p = m / 600 * 20 + m % 600 / 31
JOIN bench_worker v ON v.p = m / 600 * 20 + (m % 600 / 31 + 19) % 20
ORDER BY n;

INSERT INTO unit (id, municipality, key, name, kind, sector)
SELECT id, '4014', 'bench-health-' || h, 'Health ' || h, 'health_station', 'health' FROM bench_health WHERE h > 0;
INSERT INTO unit_serves (unit_id, municipality) SELECT id, '4014' FROM bench_health WHERE h > 0;
INSERT INTO unit (id, municipality, key, name, kind, sector)
SELECT id, '4014', 'bench-' || u, 'School ' || u, 'school', 'school' FROM bench_unit WHERE u > 0;
INSERT INTO unit_serves (unit_id, municipality) SELECT id, '4014' FROM bench_unit WHERE u > 0;
INSERT INTO person (id, municipality, name, birth_date, created_at)
SELECT leader, '4014', '$NAME', <<300000000>>, {{$NOW}} FROM bench_unit WHERE u > 1;
INSERT INTO person (id, municipality, name, birth_date, created_at)
SELECT id, '4014', '$NAME', <<300000000>>, {{$NOW}} FROM bench_worker WHERE p > 0;
INSERT INTO person (id, municipality, name, birth_date, created_at)
SELECT DISTINCT nurse, '4014', '$NAME', <<300000000>>, {{$NOW}} FROM bench_case;
INSERT INTO staff_role (id, person_id, unit_id, role, started_at, ends_on)
SELECT [[105|u]], leader, id, 'unit_leader', {{$NOW - 90000000}}, <<$NOW + 31000000>> FROM bench_unit WHERE u > 0;
INSERT INTO staff_role (id, person_id, unit_id, role, started_at, ends_on)
SELECT [[106|p]], id, unit_id, 'worker', {{$NOW - 90000000}}, <<$NOW + 31000000>> FROM bench_worker WHERE p > 0;
INSERT INTO staff_role (id, person_id, unit_id, role, started_at, ends_on)
SELECT [[107|n]], nurse, health, 'worker', {{$NOW - 90000000}}, <<$NOW + 31000000>> FROM bench_case WHERE m % 31 = 0;

INSERT INTO person (id, municipality, name, birth_date, created_at)
SELECT [[1|n]], '4014', '$NAME', <<$NOW - 86400 * (3000 + m % 1000)>>, {{$NOW}} FROM bench_case WHERE $CHUNK;
INSERT INTO person (id, municipality, name, birth_date, created_at)
SELECT guardian, '4014', '$NAME', <<300000000 + 86400 * (m % 3000)>>, {{$NOW}} FROM bench_case WHERE m > 0 AND $CHUNK;
INSERT INTO child (municipality, id, person_id, name, birth_date, registered_by, registered_unit, registered_at)
SELECT '4014', [[3|n]], [[1|n]], '$NAME', <<$NOW - 86400 * (3000 + m % 1000)>>, worker, unit_id, {{$NOW - 40000000}}
FROM bench_case WHERE $CHUNK;
INSERT INTO guardianship (municipality, id, child_id, guardian_id, guardian_name, parental_responsibility, lives_with_child, created_at)
SELECT '4014', [[4|n]], [[3|n]], guardian, '$NAME', TRUE, TRUE, {{$NOW - 40000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO care_case (municipality, id, child_id, unit_id, opened_by, reason, level, status, agreed_with, agreed_on, opened_at, next_step_of)
SELECT '4014', [[5|n]], [[3|n]], unit_id, worker, '$TEXT', m % 4, 'open', 'guardians', <<$NOW - 30000000>>, {{$NOW - 30000000}}, [[5|n]]
FROM bench_case WHERE $CHUNK;
INSERT INTO contact_person (municipality, case_id, person_id, unit_id, since)
SELECT '4014', [[5|n]], holder, held_in, {{$NOW - 30000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO next_step (municipality, id, case_id, kind, what, held_by, due_on, set_by, set_at, pending_in)
SELECT '4014', [[40|n]], [[5|n]], 'agreed', '$TEXT', 'contact_person', <<$NOW + 86400 * (m * 29 % 60 - 15)>>, worker, {{$NOW - 2600000}}, [[5|n]]
FROM bench_case WHERE $CHUNK;
INSERT INTO team_member (municipality, id, case_id, person_id, unit_id, task, added_by, joined_at)
SELECT '4014', [[6|n * 2]], [[5|n]], worker, unit_id, '$TEXT', worker, {{$NOW - 30000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO team_member (municipality, id, case_id, person_id, unit_id, task, added_by, joined_at)
SELECT '4014', [[6|n * 2 + 1]], [[5|n]], nurse, health, '$TEXT', worker, {{$NOW - 29000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO consent (municipality, id, case_id, given_by, recorded_by, form, purpose, text_version, secrecy_basis, processing_basis,
    valid_from, valid_until, given_at)
SELECT '4014', [[7|n]], [[5|n]], guardian, worker, 'paper', '$TEXT', '2026-1', 'fvl § 13 a no. 1', 'GDPR art. 6 (1) e',
    <<$NOW - 29500000>>, <<$NOW + 86400 * (1 + m % 360)>>, {{$NOW - 29500000}} FROM bench_case WHERE $CHUNK;
INSERT INTO consent_unit (municipality, consent_id, unit_id) SELECT '4014', [[7|n]], health FROM bench_case WHERE $CHUNK;
INSERT INTO consent_kind (municipality, consent_id, kind) SELECT '4014', [[7|n]], 'agreed' FROM bench_case WHERE $CHUNK;
INSERT INTO goal (municipality, id, case_id, description, status, created_by, created_at)
SELECT '4014', [[8|n]], [[5|n]], '$TEXT', 'active', worker, {{$NOW - 28000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO measure (municipality, id, case_id, goal_id, title, description, level, responsible_id, unit_id, starts_on, evaluate_on, status,
    created_by, created_at)
SELECT '4014', [[9|n * 2]], [[5|n]], [[8|n]], '$TEXT', '$TEXT', 'selective', worker, unit_id, <<$NOW - 86400 * 60>>,
    <<$NOW + 86400 * (m * 37 % 120 - 30)>>, 'in_force', worker, {{$NOW - 28000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO measure (municipality, id, case_id, title, level, responsible_id, unit_id, starts_on, evaluate_on, status, created_by, created_at)
SELECT '4014', [[9|n * 2 + 1]], [[5|n]], '$TEXT', 'selective', nurse, health, <<$NOW - 86400 * 60>>,
    CASE WHEN m % 5 > 0 THEN <<$NOW + 86400 * (m * 41 % 120 - 30)>> END, CASE WHEN m % 5 > 0 THEN 'in_force' ELSE 'ended_reached' END,
    worker, {{$NOW - 27000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO evaluation (municipality, id, case_id, measure_id, held_on, outcome, assessment, child_view, next_evaluation_on, evaluated_by, created_at)
SELECT '4014', [[10|n]], [[5|n]], [[9|n * 2]], <<$NOW - 86400 * 40>>, 'continue', '$TEXT', '$TEXT', <<$NOW + 86400 * (m * 37 % 120 - 30)>>,
    worker, {{$NOW - 3456000}} FROM bench_case WHERE $CHUNK;
INSERT INTO meeting (municipality, id, case_id, called_by, starts_at, agenda, status, minutes, minutes_by, minutes_at, created_at)
SELECT '4014', [[11|n]], [[5|n]], worker, {{$NOW + 3600 * (m % 400 - 100)}}, '$TEXT', CASE WHEN m % 4 = 0 THEN 'planned' ELSE 'held' END,
    CASE WHEN m % 4 > 0 THEN '$TEXT' END, CASE WHEN m % 4 > 0 THEN worker END, CASE WHEN m % 4 > 0 THEN {{$NOW - 86400}} END,
    {{$NOW - 26000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO meeting_participant (municipality, meeting_id, person_id, answer)
SELECT '4014', [[11|n]], worker, 'coming' FROM bench_case WHERE $CHUNK;
INSERT INTO meeting_participant (municipality, meeting_id, person_id, answer)
SELECT '4014', [[11|n]], guardian, 'awaited' FROM bench_case WHERE $CHUNK;
INSERT INTO note (municipality, id, case_id, author_id, unit_id, audience, body, kind, created_at)
SELECT '4014', [[12|n]], [[5|n]], worker, unit_id, 'team', '$TEXT', 'agreed', {{$NOW - 25000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO case_event (municipality, id, case_id, kind, level, reason, person_id, at)
SELECT '4014', [[13|n]], [[5|n]], 'opened', m % 4, '$TEXT', worker, {{$NOW - 30000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO concern (municipality, id, unit_id, author_id, child_id, facts, decide_by, decision, decision_reason, decided_at, decided_by, case_id,
    created_at)
SELECT '4014', [[14|n]], unit_id, worker, [[3|n]], '$TEXT', <<$NOW - 30500000>>, 'open_case', '$TEXT', {{$NOW - 30000000}}, worker, [[5|n]],
    {{$NOW - 31000000}} FROM bench_case WHERE $CHUNK;
INSERT INTO concern (municipality, id, unit_id, author_id, facts, decide_by, created_at)
SELECT '4014', [[15|n]], unit_id, worker, '$TEXT', <<$NOW + 86400 * (m % 21 - 7)>>, {{$NOW - 600000}}
FROM bench_case WHERE m % 15 = 0 AND $CHUNK;
INSERT INTO handover (municipality, id, case_id, from_person, from_unit, to_person, to_unit, offered_by, status, offered_at, answered_at)
SELECT '4014', [[16|n]], [[5|n]], worker, unit_id, worker, unit_id, worker, 'declined', {{$NOW - 9000000}}, {{$NOW - 8900000}}
FROM bench_case WHERE m % 10 = 0 AND $CHUNK;
-- To one who has no seat: a handover that awaits an answer and is refused.
INSERT INTO handover (municipality, id, case_id, from_person, from_unit, to_person, to_unit, offered_by, status, offered_at)
SELECT '4014', [[17|n]], [[5|n]], worker, unit_id, previous, unit_id, worker, 'offered', {{$NOW - 60 * (m % 9000)}}
FROM bench_case WHERE m % 29 = 7 AND $CHUNK;
INSERT INTO emergency_access (municipality, id, case_id, child_id, person_id, unit_id, danger, reason, started_at, ends_at, verdict, review_note,
    reviewed_by, reviewed_at)
SELECT '4014', [[18|n]], [[5|n]], [[3|n]], nurse, health, 'health', '$TEXT', {{$NOW - 8000000}}, {{$NOW - 7996400}},
    CASE WHEN m % 1000 <> 3 THEN 'justified' END, CASE WHEN m % 1000 <> 3 THEN '$TEXT' END, CASE WHEN m % 1000 <> 3 THEN leader END,
    CASE WHEN m % 1000 <> 3 THEN {{$NOW - 7000000}} END
FROM bench_case WHERE m % 200 = 3 AND $CHUNK;
INSERT INTO conflict_of_interest (municipality, id, person_id, child_person, case_id, ground, recorded_by, recorded_at)
SELECT '4014', [[19|n]], previous, [[1|n]], [[5|n]], 'friend', leader, {{$NOW - 6000000}}
FROM bench_case WHERE m % 31 = 5 AND $CHUNK;
INSERT INTO conflict_of_interest (municipality, id, person_id, child_person, case_id, ground, recorded_by, recorded_at)
SELECT '4014', [[20|n]], nurse, [[1|n]], [[5|n]], 'friend', leader, {{$NOW - 6000000}}
FROM bench_case WHERE m % 155 = 6 AND $CHUNK;
INSERT INTO child_welfare_report (municipality, id, unit_id, reporter_id, reporter_name, receiving_unit_id, child_id, child_name, child_birth_date,
    grounds, body, sent_on, guardians_told, law, law_valid_from, created_at)
SELECT '4014', [[21|n]], unit_id, worker, '$NAME', $WELFARE, [[3|n]], '$NAME', <<$NOW - 86400 * (3000 + m % 1000)>>,
    '$GROUNDS', '$TEXT', <<$NOW - 86400 * (m % 200)>>, TRUE, 'oppl § 24-3', <<1690000000>>, {{$NOW - 86400 * (m % 200)}}
FROM bench_case WHERE m % 10 = 4 AND $CHUNK;
INSERT INTO report_reply (municipality, id, report_id, outcome, answered_on, recorded_by, created_at)
SELECT '4014', [[22|n]], [[21|n]], 'received', <<$NOW - 86400>>, worker, {{$NOW - 86400}} FROM bench_case WHERE m % 20 = 4 AND $CHUNK;
INSERT INTO report_reply (municipality, id, report_id, outcome, answered_on, recorded_by, created_at)
SELECT '4014', [[23|n]], [[21|n]], 'investigation_opened', <<$NOW - 86400>>, worker, {{$NOW - 86000}} FROM bench_case WHERE m % 40 = 24 AND $CHUNK;
INSERT INTO disclosure (municipality, id, case_id, child_id, child_name, child_birth_date, unit_id, disclosed_by, disclosed_by_name, basis, to_unit_id,
    to_person_id, to_person_name, outside_recipient, outside_kind, reason, created_at)
SELECT '4014', [[24|n]], [[5|n]], [[3|n]], '$NAME', <<$NOW - 86400 * (3000 + m % 1000)>>, unit_id, worker, '$NAME', 'duty_to_avert',
    CASE WHEN m % 40 = 6 THEN $WELFARE END, CASE WHEN m % 40 = 6 THEN nurse END, CASE WHEN m % 40 = 6 THEN '$NAME' END,
    CASE WHEN m % 40 <> 6 THEN '$NAME' END, CASE WHEN m % 40 <> 6 THEN 'other' END, '$TEXT', {{$NOW - 5000000}} FROM bench_case WHERE m % 20 = 6 AND $CHUNK;
INSERT INTO disclosure_law (municipality, disclosure_id, law, valid_from)
SELECT '4014', [[24|n]], 'strl § 196', <<1450000000>> FROM bench_case WHERE m % 20 = 6 AND $CHUNK;
INSERT INTO disclosed_entry (municipality, disclosure_id, number, kind, entry_id, body, person_name, recorded_at)
SELECT '4014', [[24|n]], 1, 'note', [[12|n]], '$TEXT', '$NAME', {{$NOW - 5000000}} FROM bench_case WHERE m % 20 = 6 AND $CHUNK;
INSERT INTO withholding (municipality, id, case_id, guardian_id, note_id, legal_basis, reason, decided_by, decided_at)
SELECT '4014', [[25|n]], [[5|n]], guardian, [[12|n]], '$TEXT', '$TEXT', worker, {{$NOW - 4000000}} FROM bench_case WHERE m % 200 = 9 AND $CHUNK;
