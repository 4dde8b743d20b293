//! Every text that the API can store.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::Planted;
use crate::support::{Answer, Operation, PASSWORD, SecurityKey, Stage, User, World};

/// Writes into every text of a case, each with an idempotency key, and finally closes it.
pub(super) async fn write_everywhere(world: &World, stage: &Stage, planted: &mut Planted) {
    let case = stage.path(&Operation::named("read_case"));
    let Stage { teacher, nurse, family, .. } = stage;
    let said = async |by: &User, path: &str, body: Value| write(by, &format!("{case}{path}"), body).await;
    let mut p = || planted.word();
    let pending = teacher.get(format!("{case}/handovers")).send().await.expect(200).text("/items/0/id");
    said(teacher, &format!("/handovers/{pending}/withdraw"), json!({"contains": [], "answer": p()})).await;
    let offer =
        json!({"to_person_id": nurse.id, "to_unit_id": nurse.unit.id, "contains": [], "message": p()});
    let offered = said(teacher, "/handovers", offer).await.text("/id");
    said(nurse, &format!("/handovers/{offered}/decline"), json!({"contains": [], "answer": p()})).await;
    write_moves(world, stage, &case, &mut p).await;
    let waits = json!({"step": "meeting", "reason": p(), "contains": []});
    said(teacher, "/waiting-times/reasons", waits).await;
    let goal = said(teacher, "/goals", json!({"contains": [], "description": p()})).await.text("/id");
    let reworded = json!({"contains": [], "description": p(), "reason": p()});
    teacher.patch(format!("{case}/goals/{goal}")).json(reworded).if_match(1).send().await.expect(200);
    write_measures(world, stage, &case, &mut p).await;
    write_meetings(world, stage, &case, &mut p).await;
    write_notes(world, stage, &case, &mut p).await;
    let consent = json!({
        "unit_ids": [nurse.unit.id], "purpose": p(), "valid_until": world.in_days(90), "text_version": "2026-1",
    });
    said(&family.guardians[1], "/consents", consent).await;
    let recorded = json!({
        "given_by": family.guardians[0].id, "form": "paper", "document": p(), "unit_ids": [nurse.unit.id],
        "purpose": p(), "valid_until": world.in_days(90), "text_version": "2026-1",
        "kinds": ["health"], "alone": {"legal_basis": "pbrl § 4-4", "reason": p()},
    });
    said(teacher, "/consents", recorded).await;
    let asked = json!({
        "unit_ids": [nurse.unit.id], "purpose": p(), "contains": [], "valid_until": world.in_days(90), "text_version": "2026-1",
        "answer_by": world.in_days(14),
    });
    let asked = said(teacher, "/consent-requests", asked).await.text("/id");
    let refused = json!({"agrees": false, "reason": p()});
    said(&family.guardians[1], &format!("/consent-requests/{asked}/answers"), refused).await;
    let withholding = json!({"guardian_id": family.guardians[0].id, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": p()});
    let mut withholding = withholding;
    withholding["letter_delay"] =
        json!({"letter_from": world.in_days(9), "ground": "criminal_proceedings", "reason": p()});
    let withheld = said(teacher, "/withholdings", withholding).await.text("/id");
    let review = json!({"review_on": world.in_days(90), "reason": p()});
    said(teacher, &format!("/withholdings/{withheld}/review"), review).await;
    write_outside_the_case(world, stage, &mut p).await;
    let colleague = world.worker("kragero/skole").await;
    let seat = json!({"person_id": colleague.id, "unit_id": colleague.unit.id, "contains": [], "task": p()});
    said(teacher, "/team", seat).await;
    let level = json!({"level": 2, "contains": [], "level_reason": p()});
    teacher.patch(&case).json(level).header("if-match", "*").send().await.expect(200);
    said(teacher, "/close", json!({"reason": p(), "contains": [], "final_evaluation": p()})).await;
    write_concern(world, stage, &mut p).await;
}

/// Writes to a path with an idempotency key.
async fn write_moves(world: &World, stage: &Stage, case: &str, p: &mut impl FnMut() -> String) {
    let Stage { teacher, nurse, family, .. } = stage;
    let said = async |by: &User, path: &str, body: Value| write(by, &format!("{case}{path}"), body).await;
    let planned = teacher.get(format!("{case}/transitions")).send().await.expect(200).text("/items/0/id");
    said(teacher, &format!("/transitions/{planned}/withdraw"), json!({})).await;
    let plan = json!({
        "to_unit_id": nurse.unit.id, "to_person_id": nurse.id, "moves_on": world.in_days(30), "contains": [], "message": p(),
    });
    let planned = said(teacher, "/transitions", plan).await.text("/id");
    let paper = json!({"agrees": true, "given_by": family.guardians[0].id, "form": "paper", "document": p()});
    said(teacher, &format!("/transitions/{planned}/answers"), paper).await;
    said(teacher, &format!("/transitions/{planned}/withdraw"), json!({})).await;
}

async fn write(by: &User, path: &str, body: Value) -> Answer {
    let call = by.post(path.to_owned()).json(body).header("if-match", "*");
    let answer = call.idempotency_key(&format!("Sleutel{}", uuid::Uuid::now_v7())).send().await;
    assert!(answer.status < 300, "{path}: {}", answer.text);
    answer
}

async fn write_notes(world: &World, stage: &Stage, case: &str, p: &mut impl FnMut() -> String) {
    let (nurse, mother) = (&stage.nurse, &stage.family.guardians[0]);
    let said = async |by: &User, path: &str, body: Value| write(by, &format!("{case}{path}"), body).await;
    let secret = json!({"audience": "unit", "kind": "confidential_health", "text": p()});
    let secret = said(nurse, "/notes", secret).await.text("/id");
    let correction = json!({"text": p(), "reason": p(), "contains": []});
    let path = format!("{case}/notes/{secret}");
    nurse.post(format!("{path}/correct")).json(correction).if_match(1).send().await.expect(200);
    let why = json!({"reason": p(), "contains": []});
    nurse.post(format!("{path}/strike-out")).json(why).if_match(2).send().await.expect(200);
    said(nurse, "/notes", json!({"audience": "unit", "kind": "health", "text": p(), "guardians_need": p()}))
        .await;
    let heard = json!({
        "audience": "unit", "kind": "child_statement", "text": p(), "heard_on": world.in_days(0), "heard_how": "alone", "heard_weight": p(),
    });
    said(nurse, "/notes", heard).await;
    said(mother, "/notes", json!({"audience": "team", "kind": "agreed", "contains": [], "text": p()})).await;
    let people: Vec<_> = stage.family.guardians.iter().map(|one| one.id).collect();
    let referral = json!({
        "kind": "agreed", "to_outside": p(), "to_sector": "health", "referred_by": p(), "sent_on": world.in_days(0),
        "agreed_by": people, "agreed_on": world.in_days(0), "expected_on": world.in_days(20), "text": p(), "contains": [],
    });
    let referral = said(nurse, "/referrals", referral).await.text("/id");
    let moved = json!({"expected_on": world.in_days(30), "reason": p(), "contains": []});
    nurse.patch(format!("{case}/notes/{referral}/referral")).json(moved).if_match(1).send().await.expect(200);
    let brought = json!({"entries": [{"signed": stage.parameter("signed")}]});
    said(mother, "/bring-entries", brought).await;
}

/// Writes into every text of meetings: two that are held, and one that is moved and cancelled.
async fn write_meetings(world: &World, stage: &Stage, case: &str, p: &mut impl FnMut() -> String) {
    let Stage { teacher, nurse, family, .. } = stage;
    for decides in [true, false] {
        let meeting = json!({
            "starts_at": world.now() - TimeDelta::hours(1), "place": p(), "contains": [], "agenda": p(),
            "participants": [nurse.id], "family_absent_reason": p(),
        });
        let meeting = write(teacher, &format!("{case}/meetings"), meeting).await.text("/id");
        let mut minutes = json!({
            "contains": [], "minutes": p(), "attended": [nurse.id], "others_present": [{"name": p(), "role": "interpreter"}],
        });
        if decides {
            minutes["decisions"] = json!([{"text": p()}, {"text": p()}]);
        } else {
            minutes["outcome"] = json!(p());
        }
        let path = format!("{case}/meetings/{meeting}/minutes");
        teacher.put(path).json(minutes).if_match(1).send().await.expect(200);
    }
    let meeting = json!({
        "starts_at": world.now() + TimeDelta::days(1), "place": p(), "contains": [], "agenda": p(),
        "participants": [family.guardians[0].id],
        "guardians_not_invited": [{"person_id": family.guardians[1].id, "reason": p()}],
    });
    let meeting = write(teacher, &format!("{case}/meetings"), meeting).await.text("/id");
    let path = format!("{case}/meetings/{meeting}");
    let moved = json!({
        "starts_at": world.now() + TimeDelta::days(2), "place": p(), "contains": [], "reason": p(),
    });
    write(teacher, &format!("{path}/move"), moved).await;
    write(teacher, &format!("{path}/cancel"), json!({"reason": p(), "contains": []})).await;
}

/// Writes into every text of a measure and of its evaluations.
async fn write_measures(world: &World, stage: &Stage, case: &str, p: &mut impl FnMut() -> String) {
    let teacher = &stage.teacher;
    let measure = json!({
        "title": p(), "description": p(), "level": "selective", "contains": [], "responsible_id": teacher.id,
        "responsible_unit_id": teacher.unit.id, "evaluate_on": world.in_days(20),
    });
    write(teacher, &format!("{case}/measures"), measure).await;
    let measures = teacher.get(format!("{case}/measures")).send().await.expect(200);
    let settles = teacher.get(case.to_owned()).send().await.expect(200).text("/next_step/id");
    let next = json!({
        "what": p(), "held_by": "outside", "outside": p(), "due_on": world.in_days(9), "contains": [],
    });
    let change =
        json!({"settles": settles, "outcome": "replaced", "reason": p(), "contains": [], "next": next});
    write(teacher, &format!("{case}/next-steps"), change).await;
    for (at, measure) in measures.each("id").into_iter().enumerate() {
        let moved = json!({"evaluate_on": world.in_days(25), "contains": [], "reason": p()});
        let path = format!("{case}/measures/{measure}");
        teacher.patch(path).json(moved).header("if-match", "*").send().await.expect(200);
        let mut body =
            json!({"held_on": world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": p()});
        body[if at == 0 { "child_view" } else { "child_view_missing_reason" }] = json!(p());
        body["guardians_view"] = json!(p());
        write(teacher, &format!("{case}/measures/{measure}/evaluations"), body).await;
    }
}

/// Writes into every text of a concern, which opens another case.
async fn write_concern(world: &World, stage: &Stage, p: &mut impl FnMut() -> String) {
    let teacher = &stage.teacher;
    let concern = json!({
        "child_id": stage.family.child.id, "facts": p(), "risk_factors": p(), "protective_factors": p(),
        "child_says": p(), "tried_so_far": p(), "own_practice": p(), "seen_risk_factors": ["living_conditions"],
        "seen_protective_factors": ["good_care"],
    });
    let concerns = format!("/v1/units/{}/concerns", teacher.unit.id);
    let concern = teacher.post(concerns).json(concern).idempotency_key("K").send().await.expect(201);
    let path = format!("/v1/concerns/{}", concern.text("/id"));
    let wait = json!({"look_again_on": world.in_days(20), "reason": p()});
    teacher.post(format!("{path}/postpone")).json(wait).if_match(1).send().await.expect(200);
    let decision = json!({
        "decision": "open_case", "reason": p(), "contains": [], "case_reason": p(), "level": 1, "agreed_with": "guardians",
        "agreed_on": world.in_days(-1), "next_step": world.next_step(),
    });
    teacher.post(format!("{path}/decision")).json(decision).if_match(2).send().await.expect(200);
}

/// The change of the care order to another person in child welfare.
fn to_another_person(stage: &Stage, reference: &str) -> Value {
    let named = |name: &str| stage.ids()[name].clone();
    json!({
        "child_welfare_unit_id": named("child_welfare_unit_id"), "child_welfare_person_id": named("child_welfare_person_id"),
        "reference": reference,
    })
}

/// Writes into every text outside cases.
async fn write_outside_the_case(world: &World, stage: &Stage, p: &mut impl FnMut() -> String) {
    let Stage { teacher, nurse, .. } = stage;
    let said = async |by: &User, operation: &str, body: Value| {
        let operation = Operation::named(operation);
        let call =
            by.call(operation.method.clone(), stage.path(&operation)).json(body).header("if-match", "*");
        let answer = call.send().await;
        assert!(answer.status < 300, "{}: {}", operation.id, answer.text);
    };
    let report = json!({
        "child_description": p(), "grounds": ["mistreatment_or_neglect"], "text": p(), "sent_on": world.in_days(0),
        "guardians_told": false, "guardians_not_told_reason": p(), "receiving_unit_id": stage.ids()["receiving_unit_id"],
    });
    said(teacher, "report_to_child_welfare", report).await;
    let reply = json!({"outcome": "received", "answered_on": world.in_days(0), "text": p()});
    said(teacher, "record_report_reply", reply).await;
    let disclosure = json!({
        "case_id": stage.ids()["case_id"], "basis": "child_welfare_order", "order_reference": p(),
        "measure_ids": [stage.ids()["measure_id"]], "reason": p(),
        "to_unit_id": stage.ids()["child_welfare_unit_id"], "to_person_id": stage.ids()["child_welfare_person_id"],
    });
    said(teacher, "disclose", disclosure).await;
    said(nurse, "enrol_second_factor", json!({"current_password": PASSWORD})).await;
    write_passkey(world, &stage.administrator, p).await;
    let extension = json!({"ends_on": world.in_days(90), "reason": p()});
    said(&stage.administrator, "extend_role", extension).await;
    let name = json!({"name": p(), "reason": p()});
    said(&stage.administrator, "correct_account_name", name).await;
    let number = stage.example(&Operation::named("confirm_number"));
    said(&stage.administrator, "confirm_number", number).await;
    said(teacher, "update_child", json!({"name": p(), "reason": p()})).await;
    write_disclosures(world, stage, p).await;
    said(teacher, "review_emergency_access", json!({"verdict": "justified", "note": p()})).await;
    said(&stage.auditor, "give_log_verdict", json!({"verdict": "unclear", "note": p()})).await;
    let told = json!({"step": "leader", "outcome": "done", "how": p()});
    said(&stage.auditor, "record_breach_step", told).await;
    let not_told = json!({"step": "data_protection_authority", "outcome": "not_required", "reason": p()});
    said(&stage.auditor, "record_breach_step", not_told).await;
    let conflict = json!({"person_id": nurse.id, "ground": "other", "note": p()});
    said(teacher, "record_conflict_of_interest", conflict).await;
    said(teacher, "end_conflict_of_interest", json!({"reason": p()})).await;
    said(teacher, "confirm_conflict_of_interest", json!({"reason": p()})).await;
    said(nurse, "give_view_on_conflict_of_interest", json!({"view": p()})).await;
    said(teacher, "decide_claim", json!({"confirmed": false, "reason": p()})).await;
    said(teacher, "change_care_order", to_another_person(stage, &p())).await;
    said(teacher, "end_care_order", json!({"decision_reference": p()})).await;
    for protection in ["confidential", "none"] {
        let mut contact = json!({
            "protection": protection, "address": p(), "phone": p(),
            "guardians": [{"guardianship_id": stage.ids()["guardianship_id"], "address": p(), "phone": p()}],
        });
        if protection == "none" {
            contact["reason"] = json!(p());
        }
        said(teacher, "update_contact_details", contact).await;
    }
}

/// Writes into every text of disclosures that depends on their basis.
async fn write_disclosures(world: &World, stage: &Stage, p: &mut impl FnMut() -> String) {
    let Stage { teacher, nurse, .. } = stage;
    let (school, dentist) = (
        world.worker("kragero/kragero-videregaende-skole").await,
        world.worker("kragero/fylkeskommunal-tannlege").await,
    );
    let case = stage.ids()["case_id"].as_str().and_then(|id| id.parse().ok()).expect("a case");
    let of_school = world.note(teacher, case, "team", "For all.").await;
    let of_health = world.note(nurse, case, "team", "For all.").await;
    let delay = json!({"inform_from": world.in_days(9), "ground": "criminal_proceedings", "reason": p()});
    for (by, note, mut body) in [
        (
            teacher,
            of_school,
            json!({"basis": "danger_to_life_or_health", "outside_kind": "other", "outside_recipient": p(), "delay": delay}),
        ),
        (
            teacher,
            of_school,
            json!({
                "basis": "school_change", "request": {"reference": p(), "made_on": world.in_days(0)},
                "to_unit_id": school.unit.id, "to_person_id": school.id,
            }),
        ),
        (
            nurse,
            of_health,
            json!({
                "basis": "health_personnel", "would_object": true, "weighty_reasons": p(),
                "to_unit_id": dentist.unit.id, "to_person_id": dentist.id,
            }),
        ),
    ] {
        body["case_id"] = json!(case);
        body["note_ids"] = json!([note]);
        body["reason"] = json!(p());
        by.post(format!("/v1/units/{}/disclosures", by.unit.id)).json(body).send().await.expect(201);
    }
}

/// Adds a passkey, and begins to log in with it.
async fn write_passkey(world: &World, by: &User, p: &mut impl FnMut() -> String) {
    let begun = json!({"current_password": PASSWORD});
    let begun = by.post("/v1/me/passkeys/begin").json(begun).send().await.expect(201);
    let credential = SecurityKey::new().create(&begun.body["options"]).await;
    let body = json!({"token": begun.body["token"], "name": p(), "credential": credential});
    by.post("/v1/me/passkeys").json(body).send().await.expect(201);
    let body = json!({"username": by.username, "password": PASSWORD});
    world.anonymous().post("/v1/auth/passkey/begin").json(body).send().await.expect(200);
}
