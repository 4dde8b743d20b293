//! Frequent steps over HTTP: register a child, open a case, consent, join a team.

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::{Value, json};
use stafett::kernel::{
    NationalId,
    ids::{
        CaseId, ChildWelfareReportId, ConcernId, ConsentId, DisclosureId, GoalId, HandoverId, MeasureId,
        MeetingId, NextStepId, NoteId, PersonId, TeamMemberId,
    },
};

use super::{Answer, Child, Family, Guardian, Staff, Unit, User, World};

impl World {
    /// A child of an age, registered by a staff member in their unit.
    pub async fn child(&self, by: &Staff, age: u32) -> Child {
        self.register(by, self.child_number(age)).await
    }

    /// A child born on a date, registered by a staff member in their unit.
    pub async fn child_born(&self, by: &Staff, born: &str) -> Child {
        let born = born.parse().expect("a date");
        self.register(by, NationalId::synthetic(born, self.number()).expect("a number")).await
    }

    /// The child with a number, registered by a staff member in their unit under a new name.
    pub async fn register(&self, by: &Staff, national_id: NationalId) -> Child {
        self.register_in(by, national_id, &by.unit.municipality).await
    }

    /// The child with a number, who lives in a municipality that the unit of the staff member serves.
    pub async fn register_in(&self, by: &Staff, national_id: NationalId, municipality: &str) -> Child {
        let name = self.name();
        let body = json!({"national_id": national_id.as_str(), "name": name, "municipality": municipality});
        let answer =
            by.post(format!("/v1/units/{}/children", by.unit.id)).json(body).send().await.expect(201);
        Child { id: answer.id("/id"), name, national_id, municipality: municipality.to_owned() }
    }

    /// A new guardian of a child, registered by a staff member, with an account.
    pub async fn guardian_of(&self, by: &Staff, child: &Child, parental_responsibility: bool) -> Guardian {
        let guardian = self.guardian(&child.municipality, self.adult_number()).await;
        let body = json!({
            "national_id": guardian.national_id.as_str(), "name": guardian.name,
            "parental_responsibility": parental_responsibility, "lives_with_child": true,
        });
        by.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
        guardian
    }

    /// A child of an age with this many guardians who have parental responsibility.
    pub async fn family(&self, by: &Staff, age: u32, guardians: usize) -> Family {
        let child = self.child(by, age).await;
        let mut all = Vec::new();
        for _ in 0..guardians {
            all.push(self.guardian_of(by, &child, true).await);
        }
        Family { child, guardians: all }
    }

    /// A child of seven with two guardians.
    pub async fn child_with_two_guardians(&self, by: &Staff) -> Family {
        self.family(by, 7, 2).await
    }

    /// An undecided concern about a child.
    pub async fn concern(&self, by: &Staff, child: &Child) -> ConcernId {
        let body = json!({"child_id": child.id, "facts": "Has stopped playing with the others."});
        by.post(format!("/v1/units/{}/concerns", by.unit.id)).json(body).send().await.expect(201).id("/id")
    }

    /// A woman with an account, who is registered by a staff member since she is pregnant.
    pub async fn pregnant_woman(&self, by: &Staff) -> (Child, User) {
        let (national_id, name) = (self.adult_number(), self.name());
        let body = json!({"national_id": national_id.as_str(), "name": name, "due_on": self.in_days(60)});
        let registered =
            by.post(format!("/v1/units/{}/children", by.unit.id)).json(body).send().await.expect(201);
        let municipality = by.unit.municipality.clone();
        let user = self.user(&municipality, &national_id).await;
        (Child { id: registered.id("/id"), name, national_id, municipality }, user)
    }

    /// A case, opened from a concern as agreed with the guardians. The person who opens it is its contact person.
    pub async fn open_case(&self, by: &Staff, child: &Child) -> CaseId {
        self.open_case_agreed_with(by, child, "guardians").await
    }

    /// A case, opened from a concern as agreed with the guardians or the youth.
    pub async fn open_case_agreed_with(&self, by: &Staff, child: &Child, with: &str) -> CaseId {
        let concern = self.concern(by, child).await;
        let body = json!({
            "decision": "open_case", "reason": "The guardians agree that help is needed.",
            "contains": [], "case_reason": "Finds it hard to join in play.", "level": 0,
            "agreed_with": with, "agreed_on": self.in_days(-1), "next_step": self.next_step(),
        });
        let path = format!("/v1/concerns/{concern}/decision");
        by.post(path).json(body).if_match(1).send().await.expect(200).id("/case_id")
    }

    /// A person consents on their own behalf to units taking part in a case, for half a year.
    pub async fn consent(&self, by: &User, case: CaseId, units: &[&Unit]) -> ConsentId {
        let units: Vec<_> = units.iter().map(|unit| unit.id).collect();
        let body = json!({
            "unit_ids": units, "purpose": "Cooperation on help with play.",
            "valid_until": self.in_days(182), "text_version": "2026-1",
        });
        by.post(format!("/v1/cases/{case}/consents")).json(body).send().await.expect(201).id("/id")
    }

    /// Every guardian of a family consents to units taking part in a case.
    pub async fn all_consent(&self, family: &Family, case: CaseId, units: &[&Unit]) {
        for guardian in &family.guardians {
            self.consent(guardian, case, units).await;
        }
    }

    /// A next step that the contact person takes within two weeks.
    pub fn next_step(&self) -> Value {
        json!({"what": "Talk with the class.", "held_by": "contact_person", "due_on": self.in_days(14), "contains": []})
    }

    /// The pending step of a case.
    pub async fn pending_step(&self, by: &User, case: CaseId) -> NextStepId {
        by.get(format!("/v1/cases/{case}")).send().await.expect(200).id("/next_step/id")
    }

    /// Settles the pending step of a case as done, with another one.
    pub async fn set_next_step(&self, by: &User, case: CaseId, next: Value) -> Answer {
        let settles = self.pending_step(by, case).await;
        let body = json!({"settles": settles, "outcome": "done", "contains": [], "next": next});
        by.post(format!("/v1/cases/{case}/next-steps")).json(body).send().await
    }

    /// The contact person adds a person to the team, through their unit.
    pub async fn add_to_team(&self, by: &Staff, case: CaseId, member: &Staff) -> TeamMemberId {
        let body = json!({"person_id": member.id, "unit_id": member.unit.id, "contains": [], "task": "Helps with play."});
        by.post(format!("/v1/cases/{case}/team")).json(body).send().await.expect(201).id("/id")
    }

    /// A person offers the baton to a team member.
    pub async fn offer_baton(&self, by: &Staff, case: CaseId, to: &Staff) -> HandoverId {
        let body = json!({"to_person_id": to.id, "to_unit_id": to.unit.id});
        by.post(format!("/v1/cases/{case}/handovers")).json(body).send().await.expect(201).id("/id")
    }

    /// A measure in force with a responsible person, to be evaluated in six weeks.
    pub async fn measure(&self, by: &Staff, case: CaseId, responsible: &Staff) -> MeasureId {
        let body = json!({
            "title": "Play group", "level": "selective", "contains": [], "responsible_id": responsible.id,
            "responsible_unit_id": responsible.unit.id, "starts_on": self.in_days(0), "evaluate_on": self.in_days(42),
        });
        by.post(format!("/v1/cases/{case}/measures")).json(body).send().await.expect(201).id("/id")
    }

    /// A note by a person.
    pub async fn note(&self, by: &User, case: CaseId, audience: &str, text: &str) -> NoteId {
        let body = json!({"audience": audience, "kind": "agreed", "contains": [], "text": text});
        by.post(format!("/v1/cases/{case}/notes")).json(body).send().await.expect(201).id("/id")
    }

    /// A goal set by the contact person.
    pub async fn goal(&self, by: &Staff, case: CaseId) -> GoalId {
        let body = json!({"contains": [], "description": "Takes part in play in every long break."});
        by.post(format!("/v1/cases/{case}/goals")).json(body).send().await.expect(201).id("/id")
    }

    /// A meeting called by a team member. It began an hour ago, so its minutes can be recorded.
    pub async fn meeting(&self, by: &Staff, case: CaseId, invited: &[PersonId]) -> MeetingId {
        let body = json!({
            "starts_at": self.now() - TimeDelta::hours(1), "contains": [], "agenda": "What has helped, and what comes next.",
            "participants": invited, "guardians_not_invited": self.absent_guardians(case, invited).await,
        });
        by.post(format!("/v1/cases/{case}/meetings")).json(body).send().await.expect(201).id("/id")
    }

    /// A person opens a case by emergency access, identified as `{"case_id": …}` or `{"national_id": …}`.
    pub async fn open_in_emergency(&self, by: &Staff, told: Value) -> Answer {
        by.post(format!("/v1/units/{}/emergency-access", by.unit.id))
            .json(emergency(told))
            .send()
            .await
            .expect(201)
    }

    /// A person withdraws a whole consent.
    pub async fn withdraw(&self, by: &User, case: CaseId, consent: ConsentId) {
        let path = format!("/v1/cases/{case}/consents/{consent}/withdraw");
        by.post(path).json(json!({})).send().await.expect(200);
    }

    /// The recipient accepts the baton.
    pub async fn accept_baton(&self, by: &Staff, case: CaseId, handover: HandoverId) {
        let path = format!("/v1/cases/{case}/handovers/{handover}/accept");
        by.post(path).json(json!({})).send().await.expect(200);
    }

    /// The contact person closes a case.
    pub async fn close_case(&self, by: &Staff, case: CaseId) {
        let version = by.get(format!("/v1/cases/{case}")).send().await.expect(200).etag().to_owned();
        let body = json!({"reason": "The goal is reached.", "contains": [], "final_evaluation": "Takes part in play every day."});
        by.post(format!("/v1/cases/{case}/close")).json(body).if_match(version).send().await.expect(200);
    }

    /// A person reports a child that they registered to child welfare. It is sent today, and the guardians are not informed.
    pub async fn report(&self, by: &Staff, child: &Child, to: &Unit) -> ChildWelfareReportId {
        let body = json!({
            "child_id": child.id, "grounds": ["mistreatment_or_neglect"], "text": "Says that he is hit at home.",
            "sent_on": self.in_days(0), "guardians_told": false,
            "guardians_not_told_reason": "It may put the child in danger.", "receiving_unit_id": to.id,
        });
        let path = format!("/v1/units/{}/child-welfare-reports", by.unit.id);
        by.post(path).json(body).send().await.expect(201).id("/id")
    }

    /// A team member discloses a note to a staff member because of danger to life or health. The family is informed in a month.
    pub async fn disclosure(
        &self,
        by: &Staff,
        case: impl Serialize,
        to: &Staff,
        note: &Value,
    ) -> DisclosureId {
        let body = json!({
            "case_id": case, "basis": "danger_to_life_or_health", "note_ids": [note],
            "to_unit_id": to.unit.id, "to_person_id": to.id, "reason": "Is treated there tonight.", "delay": self.delay(30),
        });
        let path = format!("/v1/units/{}/disclosures", by.unit.id);
        by.post(path).json(body).send().await.expect(201).id("/id")
    }
}

impl World {
    /// A ground for informing the family in some days.
    pub fn delay(&self, days: i64) -> Value {
        json!({"inform_from": self.in_days(days), "ground": "criminal_proceedings", "reason": "A witness is heard first."})
    }
}

/// The body that opens a case by emergency access.
pub fn emergency(mut told: Value) -> Value {
    told["danger"] = json!("health");
    told["reason"] = json!("Found unconscious; the ambulance asks who knows of the medicines.");
    told
}
