//! The case and everything in it.

use serde_json::{Value, json};
use stafett::kernel::ids::CaseId;

use super::Stage;
use crate::support::{Family, Role, Staff, User, World, files};

impl Stage {
    pub(super) async fn fill_case(&mut self) {
        let Self { world, teacher, nurse, family, .. } = self;
        let case = world.open_case(teacher, &family.child).await;
        world.all_consent(family, case, &[&nurse.unit]).await;
        let recorded = json!({
            "given_by": family.guardians[0].id, "form": "paper", "document": "26/1234-1", "unit_ids": [nurse.unit.id],
            "purpose": "Cooperation.", "valid_until": "2027-06-30", "text_version": "2026-1",
        });
        let consent = create(teacher, case, "consents", recorded).await;
        let member = world.add_to_team(teacher, case, nurse).await;
        let measure = world.measure(teacher, case, teacher).await;
        let handover = world.offer_baton(teacher, case, nurse).await;
        let transition = agreed_move(world, teacher, nurse, family, case).await;
        let asked = asked(world, teacher, nurse, case).await;
        let settles = world.pending_step(teacher, case).await;
        let goal =
            create(teacher, case, "goals", json!({"contains": [], "description": "Plays every day."})).await;
        let to_all = |text| json!({"audience": "team", "kind": "agreed", "contains": [], "text": text});
        let note = create(teacher, case, "notes", to_all("A good day.")).await;
        let meeting = |hours| {
            json!({
                "starts_at": (world.now() + chrono::TimeDelta::hours(hours)), "contains": [], "agenda": "The first weeks.",
                "participants": [nurse.id, family.guardians[0].id],
                "guardians_not_invited": [{"person_id": family.guardians[1].id, "reason": "Works that day."}],
            })
        };
        let held = create(teacher, case, "meetings", meeting(-1)).await;
        let minutes =
            json!({"contains": [], "minutes": "All went well.", "attended": [], "outcome": "We wait."});
        let path = format!("/v1/cases/{case}/meetings/{}/minutes", held.as_str().expect("an id"));
        teacher.put(path).json(minutes).if_match(1).send().await.expect(200);
        let later = create(teacher, case, "meetings", meeting(48)).await;
        let meeting = create(teacher, case, "meetings", meeting(1)).await;
        let kept = create(teacher, case, "notes", to_all("Not for one of them.")).await;
        let withholding = json!({
            "guardian_id": family.guardians[1].id, "note_id": kept, "legal_basis": "children_act", "review_on": "2027-02-01",
            "reason": "It would harm the child.",
        });
        let withholding = create(teacher, case, "withholdings", withholding).await;
        let referral = referred(world, teacher, family, case).await;
        let signed = first_signed(&family.guardians[0], case).await;
        self.keep([
            ("signed", json!(signed)),
            ("case_id", json!(case)),
            ("consent_id", consent),
            ("member_id", json!(member)),
            ("measure_id", json!(measure)),
            ("handover_id", json!(handover)),
            ("transition_id", transition),
            ("request_id", asked),
            ("goal_id", goal),
            ("settles", json!(settles)),
            ("note_id", note),
            ("referral_id", referral),
            ("withholding_id", withholding),
            ("meeting_id", meeting),
            ("later_meeting_id", later),
            ("held_meeting_id", held),
        ]);
    }

    pub(super) async fn fill_the_rest(&mut self) {
        let Self { world, teacher, nurse, family, child_welfare, .. } = self;
        let other_child = world.child(teacher, 5).await;
        let concern = world.concern(teacher, &other_child).await;
        let guardians =
            teacher.get(format!("/v1/children/{}/guardians", family.child.id)).send().await.expect(200);
        let municipality = &teacher.unit.municipality;
        let colleague = world.user_with_new_number(municipality).await;
        let role = world.grant(&colleague, &teacher.unit, Role::Worker).await;
        let away = world.user_with_new_number(municipality).await;
        world.grant(&away, &teacher.unit, Role::Worker).await;
        let absent = world.user_with_new_number(municipality).await;
        world.grant(&absent, &teacher.unit, Role::Worker).await;
        let absence = json!({"person_id": absent.id, "from_on": world.in_days(0), "to_on": world.in_days(7)});
        let path = format!("/v1/units/{}/absences", teacher.unit.id);
        let absence = teacher.post(path).json(absence).send().await.expect(201).body["id"].clone();
        let contact = json!({"protection": "none"});
        let path = format!("/v1/children/{}/contact-details", family.child.id);
        teacher.put(path).json(contact).if_match(0).send().await.expect(200);
        let successor = world.worker(child_welfare_of(municipality)).await;
        // Not in force while the stage exists: the family still sees and decides.
        let order = json!({
            "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(300),
            "child_welfare_unit_id": child_welfare.unit.id, "child_welfare_person_id": child_welfare.id,
        });
        let path = format!("/v1/children/{}/care-orders", family.child.id);
        let order = teacher.post(path).json(order).send().await.expect(201).body["id"].clone();
        let catalogue = format!("/v1/catalogue/measures?municipality={municipality}");
        let catalogue = world.anonymous().get(catalogue).send().await.expect(200);
        let welfare = child_welfare.unit.clone();
        let report = world.report(teacher, &other_child, &welfare).await;
        let disclosure = world.disclosure(teacher, &self.ids["case_id"], nurse, &self.ids["note_id"]).await;
        let objection = json!({"objected_by": family.guardians[1].id, "form": "oral"});
        let path = format!("/v1/cases/{}/objections", self.ids["case_id"].as_str().expect("an id"));
        let objection = teacher.post(path).json(objection).send().await.expect(201).body["id"].clone();
        let (woman, _) = world.pregnant_woman(teacher).await;
        let of_woman = world.open_case_agreed_with(teacher, &woman, "youth").await;
        let keep = [
            ("pregnant_case_id", json!(of_woman)),
            ("report_id", json!(report)),
            ("disclosure_id", json!(disclosure)),
            ("objection_id", objection),
            ("receiving_unit_id", json!(welfare.id)),
            ("absence_id", absence),
            ("away_id", json!(away.id)),
            ("concern_id", json!(concern)),
            ("child_id", json!(other_child.id)),
            ("guardianship_id", guardians.body["items"][0]["id"].clone()),
            ("role_id", json!(role)),
            ("care_order_id", order),
            ("child_welfare_unit_id", json!(child_welfare.unit.id)),
            ("child_welfare_person_id", json!(successor.id)),
            ("person_id", json!(nurse.id)),
            ("unit_id", json!(teacher.unit.id)),
            ("catalogue_measure_id", catalogue.body["items"][0]["id"].clone()),
            ("municipality", json!(municipality)),
        ];
        self.keep(keep);
    }

    pub(super) async fn fill_emergency_and_conflict(&mut self) {
        let Self { world, responder, family, .. } = self;
        let number = family.child.national_id.as_str();
        let opened = world.open_in_emergency(responder, json!({"national_id": number})).await;
        let declared = json!({"national_id": world.child_number(6).as_str(), "ground": "friend"});
        let declared = responder.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        let keep = [
            ("emergency_access_id", opened.body["id"].clone()),
            ("conflict_id", declared.body["id"].clone()),
        ];
        self.keep(keep);
    }

    /// Child welfare has registered the child, too, and states that a teacher on the team is its guardian.
    pub(super) async fn fill_claim(&mut self) {
        let Self { world, teacher, nurse, family, .. } = self;
        let municipality = &teacher.unit.municipality;
        let number = world.adult_number();
        let mate = world.user(municipality, &number).await;
        world.grant(&mate, &teacher.unit, Role::Worker).await;
        let mate = Staff { user: mate, unit: teacher.unit.clone() };
        let case: CaseId = self.ids["case_id"].as_str().and_then(|id| id.parse().ok()).expect("a case");
        world.add_to_team(teacher, case, &mate).await;
        let child_welfare = world.worker(child_welfare_of(municipality)).await;
        let same = world.register(&child_welfare, family.child.national_id.clone()).await;
        let guardian = json!({
            "national_id": number.as_str(), "name": mate.name, "parental_responsibility": false, "lives_with_child": false,
        });
        let path = format!("/v1/children/{}/guardians", same.id);
        let stated = child_welfare.post(path).json(guardian).send().await.expect(201).body["id"].clone();
        // A guardian demands that the leader of the nurse decides whether she is disqualified.
        let superior = world.user_with_new_number(municipality).await;
        world.grant(&superior, &nurse.unit, Role::UnitLeader).await;
        let demand = json!({"person_id": nurse.id, "ground": "friend", "note": "They are old friends."});
        let demanded = create(&family.guardians[0], case, "conflicts-of-interest", demand).await;
        let demanded = ("demanded_conflict_id", demanded);
        self.keep([("claim_id", stated.clone()), ("stated_conflict_id", stated), demanded]);
    }

    /// Another leader of the unit views the case.
    pub(super) async fn look_without_a_task(&self) -> User {
        let Self { world, teacher, .. } = self;
        let leader = world.user_with_new_number(&teacher.unit.municipality).await;
        world.grant(&leader, &teacher.unit, Role::UnitLeader).await;
        let case = self.ids["case_id"].as_str().expect("an id");
        leader.get(format!("/v1/cases/{case}")).send().await.expect(200);
        leader
    }

    /// Entries from two hours ago are selected. One of them is found to be without need.
    pub(super) async fn fill_reviews(&mut self, looker: &User, other: &User) {
        self.world.pick().await;
        let review = self.world.review_of(self.family.child.id, looker.id).await;
        let without_need = self.world.review_of(self.family.child.id, other.id).await;
        let verdict = json!({"verdict": "unjustified", "note": "She had no task in the case."});
        let path = format!("/v1/access-log/reviews/{without_need}/verdict");
        self.auditor.post(path).json(verdict).if_match(1).send().await.expect(200);
        self.keep([("review_id", json!(review)), ("breach_id", json!(without_need))]);
    }

    /// The access log is sealed, so that there are proofs.
    pub(super) async fn fill_log(&mut self) {
        self.world.seal().await;
        let entry = self.world.newest_entry(&self.teacher.unit.municipality).await;
        self.keep([("entry_id", json!(entry))]);
    }
}

/// The child welfare service that serves a municipality.
pub(super) fn child_welfare_of(municipality: &str) -> &'static str {
    match municipality {
        "4014" => "kragero/barnevern",
        "4001" => "porsgrunn/barnevernstjenesten",
        _ => "orland/fosen-barnevernstjeneste",
    }
}

/// The first entry of the record that a member of the family downloads.
async fn first_signed(by: &User, case: CaseId) -> String {
    let taken = by.get(format!("/v1/cases/{case}/record")).send().await.expect(200);
    let entry = files(&taken.bytes).into_iter().find(|(name, _)| name == "0001.txt");
    entry.expect("an entry").1
}

/// A referral that both guardians agree to.
async fn referred(world: &World, teacher: &Staff, family: &Family, case: CaseId) -> Value {
    let referral = json!({
        "kind": "agreed", "to_outside": "BUP", "to_sector": "health", "sent_on": world.in_days(0), "agreed_on": world.in_days(0),
        "agreed_by": [family.guardians[0].id, family.guardians[1].id], "expected_on": world.in_days(20),
        "text": "Help with sleep.", "contains": [],
    });
    create(teacher, case, "referrals", referral).await
}

/// A move of the record to the unit of the nurse, which both guardians agree to.
async fn agreed_move(world: &World, teacher: &Staff, nurse: &Staff, family: &Family, case: CaseId) -> Value {
    let plan = json!({
        "to_unit_id": nurse.unit.id, "to_person_id": nurse.id, "moves_on": world.in_days(0), "contains": [],
        "message": "She starts here in August.",
    });
    let transition = create(teacher, case, "transitions", plan).await;
    for guardian in &family.guardians {
        let answers = format!("transitions/{}/answers", transition.as_str().expect("an id"));
        create(guardian, case, &answers, json!({"agrees": true})).await;
    }
    transition
}

/// A request for consent to the unit of the nurse.
async fn asked(world: &World, teacher: &Staff, nurse: &Staff, case: CaseId) -> Value {
    let question = json!({
        "unit_ids": [nurse.unit.id], "kinds": ["school_life"], "purpose": "Cooperation.", "contains": [],
        "valid_until": "2027-06-30", "text_version": "2026-1", "answer_by": world.in_days(14),
    });
    create(teacher, case, "consent-requests", question).await
}

/// Creates something in a case, and returns its id.
async fn create(by: &User, case: CaseId, what: &str, body: Value) -> Value {
    by.post(format!("/v1/cases/{case}/{what}")).json(body).send().await.expect(201).body["id"].clone()
}
