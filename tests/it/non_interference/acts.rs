//! The acts of the scene, and the people who may know of them.

use serde_json::json;
use stafett::kernel::ids::ChildId;
use uuid::Uuid;

use super::scene::{Scene, Watcher};
use crate::support::{Call, Staff, User, World};

/// An act of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    TeamNote,
    FamilyNote,
    SchoolNote,
    HealthNote,
    Goal,
    Measure,
    Evaluation,
    Meeting,
    Level,
    Offer,
    FatherConsents,
    FatherWithdraws,
    PaperConsent,
    Concern,
    SchoolConcern,
    SameChild,
    OtherCase,
    Abroad,
    YouthNote,
    YouthHealthNote,
    Report,
    ReportReply,
    Disclosure,
    NoteWithheldFromMother,
    ChildStatement,
    Emergency,
    Conflict,
    Address,
    FatherObjects,
    CareOrder,
    FatherAnswers,
    YouthMove,
    FathersReferral,
}

impl Act {
    pub const ALL: [Self; 33] = [
        Self::HealthNote,
        Self::TeamNote,
        Self::SchoolNote,
        Self::FamilyNote,
        Self::FatherConsents,
        Self::Goal,
        Self::FatherWithdraws,
        Self::Measure,
        Self::PaperConsent,
        Self::Concern,
        Self::SchoolConcern,
        Self::Evaluation,
        Self::SameChild,
        Self::OtherCase,
        Self::YouthHealthNote,
        Self::Meeting,
        Self::Abroad,
        Self::Level,
        Self::YouthNote,
        Self::Offer,
        Self::Report,
        Self::Disclosure,
        Self::ReportReply,
        Self::NoteWithheldFromMother,
        Self::ChildStatement,
        Self::Conflict,
        Self::Emergency,
        Self::FatherObjects,
        Self::Address,
        Self::YouthMove,
        Self::FatherAnswers,
        Self::CareOrder,
        Self::FathersReferral,
    ];
}

/// An act of a script. If it is hidden from the watcher, it is absent or different in the other world.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub act: Act,
    pub absent: bool,
}

impl Watcher {
    /// The people who may know of none of the acts.
    pub const OUTSIDE: [Self; 9] = [
        Self::Colleague,
        Self::Outsider,
        Self::Abroad,
        Self::Administrator,
        Self::Analyst,
        Self::StepParent,
        Self::LeftTheTeam,
        Self::ChildWelfare,
        Self::HealthColleague,
    ];

    /// Returns whether they may know of this.
    pub fn may_know_of(self, act: Act) -> bool {
        use Act::{
            Abroad, Address, CareOrder, ChildStatement, Concern, Disclosure, Emergency, Evaluation,
            FamilyNote, FatherAnswers, FatherConsents, FatherObjects, FatherWithdraws, FathersReferral, Goal,
            HealthNote, Level, Measure, Meeting, NoteWithheldFromMother, Offer, PaperConsent, Report,
            ReportReply, SameChild, SchoolConcern, TeamNote, YouthHealthNote, YouthMove, YouthNote,
        };
        let agreed = [TeamNote, FamilyNote, Goal, Measure, Evaluation, Meeting, Level, Offer].contains(&act);
        let of_the_home = agreed || [Address, Emergency, CareOrder].contains(&act);
        match self {
            Self::Mother => of_the_home,
            Self::Father => {
                let own = [
                    FatherConsents,
                    FatherWithdraws,
                    FatherObjects,
                    FatherAnswers,
                    FathersReferral,
                    PaperConsent,
                ];
                of_the_home || own.contains(&act) || act == NoteWithheldFromMother
            }
            Self::Nurse => {
                let own = [
                    HealthNote,
                    Concern,
                    SameChild,
                    YouthNote,
                    YouthHealthNote,
                    YouthMove,
                    ChildStatement,
                    FathersReferral,
                ];
                agreed || own.contains(&act) || [NoteWithheldFromMother, Address].contains(&act)
            }
            Self::Youth => [YouthNote, YouthMove].contains(&act),
            Self::Leader => {
                [Level, Offer, Report, ReportReply, Disclosure, Emergency, SchoolConcern].contains(&act)
            }
            Self::AuditorAbroad => act == Abroad,
            _ => false,
        }
    }
}

impl Scene {
    /// In place of an act in the case, the people who would have done it view the case.
    pub async fn look(&self, act: Act) {
        let (by, case, times): (&User, _, _) = match act {
            Act::Concern
            | Act::SchoolConcern
            | Act::SameChild
            | Act::OtherCase
            | Act::Abroad
            | Act::Report
            | Act::ReportReply
            | Act::Disclosure
            | Act::Conflict
            | Act::Emergency
            | Act::Address
            | Act::CareOrder => return,
            Act::HealthNote | Act::ChildStatement => (&self.nurse, self.case, 1),
            Act::FathersReferral => (&self.nurse, self.case, 2),
            Act::NoteWithheldFromMother => (&self.teacher, self.case, 2),
            Act::FamilyNote | Act::FatherConsents | Act::FatherAnswers => (&self.father, self.case, 1),
            Act::FatherWithdraws | Act::FatherObjects => (&self.father, self.case, 2),
            Act::YouthNote => (&self.teacher, self.youth_case, 1),
            Act::YouthMove => (&self.teacher, self.youth_case, 2),
            Act::YouthHealthNote => (&self.nurse, self.youth_case, 1),
            _ => (&self.teacher, self.case, 1),
        };
        for _ in 0..times {
            by.get(format!("/v1/cases/{case}")).send().await.expect(200);
        }
    }

    pub async fn act(&self, world: &World, act: Act, text: &str) -> Uuid {
        let Self { teacher, nurse, father, carer, foreigner, case, youth_case, other_case, .. } = self;
        match act {
            Act::TeamNote => world.note(teacher, *case, "team", text).await.uuid(),
            Act::FamilyNote => world.note(father, *case, "team", text).await.uuid(),
            Act::SchoolNote => world.note(teacher, *case, "unit", text).await.uuid(),
            Act::HealthNote => world.note(nurse, *case, "sector", text).await.uuid(),
            Act::YouthNote => world.note(teacher, *youth_case, "team", text).await.uuid(),
            Act::YouthHealthNote => world.note(nurse, *youth_case, "sector", text).await.uuid(),
            Act::Goal => world.goal(teacher, *case).await.uuid(),
            Act::Measure => world.measure(teacher, *case, nurse).await.uuid(),
            Act::Meeting => world.meeting(teacher, *case, &[father.id, nurse.id]).await.uuid(),
            Act::Evaluation => self.evaluate(world, text).await,
            Act::Level => self.change_level(text).await,
            Act::Offer => self.offer(text).await,
            Act::FatherConsents => self.consent(world, father, text, false).await,
            Act::FatherWithdraws => {
                let consent = self.consent(world, father, text, false).await;
                let path = format!("/v1/cases/{case}/consents/{consent}/withdraw");
                father.post(path).json(json!({})).send().await.expect(200);
                consent
            }
            Act::PaperConsent => self.consent(world, teacher, text, true).await,
            Act::Concern => concern(nurse, None, text).await,
            Act::SchoolConcern => concern(teacher, Some(self.children[0]), text).await,
            Act::SameChild => concern(nurse, Some(self.children[0]), text).await,
            Act::OtherCase => {
                world.measure(carer, *other_case, carer).await;
                world.note(carer, *other_case, "team", text).await.uuid()
            }
            Act::Abroad => {
                let child = world.child(foreigner, 6).await;
                world.open_case(foreigner, &child).await;
                concern(foreigner, None, text).await
            }
            Act::Report => self.report(world, text).await,
            Act::ReportReply => self.reply(world, text).await,
            Act::Disclosure => self.disclose(world, text).await,
            Act::NoteWithheldFromMother => self.withhold_note(world, text).await,
            Act::ChildStatement => self.child_statement(world, text).await,
            Act::FathersReferral => self.refer_father(world, text).await,
            Act::Emergency => self.emergency(text).await,
            Act::Conflict => self.conflict().await,
            Act::Address => self.address(text).await,
            Act::FatherObjects => self.object().await,
            Act::CareOrder => self.care_order(world).await,
            Act::FatherAnswers => self.answer_move(text).await,
            Act::YouthMove => self.plan_move(world, text).await,
        }
    }

    /// The father answers yes, or no in the other world, and the mother has not answered.
    async fn answer_move(&self, text: &str) -> Uuid {
        let path = format!("/v1/cases/{}/transitions/{}/answers", self.case, self.transition);
        let answer = json!({"agrees": text.starts_with("She")});
        self.father.post(path).json(answer).send().await.expect(201);
        self.transition.uuid()
    }

    /// The teacher plans the move of another case, and gives the plan up.
    async fn plan_move(&self, world: &World, text: &str) -> Uuid {
        let plan = json!({
            "to_unit_id": self.carer.unit.id, "to_person_id": self.carer.id, "moves_on": world.in_days(30), "contains": [], "message": text,
        });
        let path = format!("/v1/cases/{}/transitions", self.youth_case);
        let planned = made(self.teacher.post(&path).json(plan)).await;
        self.teacher.post(format!("{path}/{planned}/withdraw")).send().await.expect(200);
        planned
    }

    async fn report(&self, world: &World, text: &str) -> Uuid {
        let body = json!({
            "child_id": self.children[0], "grounds": ["mistreatment_or_neglect"], "text": text,
            "sent_on": world.in_days(0), "guardians_told": false,
            "guardians_not_told_reason": "It may put the child in danger.", "receiving_unit_id": self.welfare,
        });
        let path = format!("/v1/units/{}/child-welfare-reports", self.teacher.unit.id);
        made(self.teacher.post(path).json(body)).await
    }

    async fn reply(&self, world: &World, text: &str) -> Uuid {
        let report = self.report(world, text).await;
        let body = json!({"outcome": "received", "answered_on": world.in_days(0), "text": text});
        let path = format!("/v1/child-welfare-reports/{report}/replies");
        self.teacher.post(path).json(body).send().await.expect(201);
        report
    }

    async fn disclose(&self, world: &World, text: &str) -> Uuid {
        let body = json!({
            "case_id": self.case, "basis": "danger_to_life_or_health", "note_ids": [self.note],
            "to_unit_id": self.responder.unit.id, "to_person_id": self.responder.id, "reason": text,
            "delay": world.delay(30),
        });
        made(self.teacher.post(format!("/v1/units/{}/disclosures", self.teacher.unit.id)).json(body)).await
    }

    async fn withhold_note(&self, world: &World, text: &str) -> Uuid {
        let note = world.note(&self.teacher, self.case, "team", text).await;
        let body = json!({
            "guardian_id": self.mother.id, "note_id": note, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": text,
            "letter_delay": {"letter_from": world.in_days(30), "ground": "criminal_proceedings", "reason": text},
        });
        made(self.teacher.post(format!("/v1/cases/{}/withholdings", self.case)).json(body)).await;
        note.uuid()
    }

    async fn child_statement(&self, world: &World, text: &str) -> Uuid {
        let body = json!({"audience": "team", "kind": "child_statement", "contains": [], "text": text, "heard_on": world.in_days(0), "heard_how": "alone", "heard_weight": text});
        made(self.nurse.post(format!("/v1/cases/{}/notes", self.case)).json(body)).await
    }

    /// A referral about the father, with its answer, is his own.
    async fn refer_father(&self, world: &World, text: &str) -> Uuid {
        let today = world.in_days(0);
        let body = json!({
            "kind": "parents_health", "about_person_id": self.father.id, "to_outside": text, "to_sector": "health", "sent_on": today,
            "agreed_by": [self.father.id], "agreed_on": today, "expected_on": world.in_days(20), "text": text, "contains": [],
        });
        let referral = made(self.nurse.post(format!("/v1/cases/{}/referrals", self.case)).json(body)).await;
        let path = format!("/v1/cases/{}/notes/{referral}/referral/answer", self.case);
        let answer = json!({"answer": "started", "answered_on": today, "reason": text, "contains": []});
        self.nurse.post(path).json(answer).if_match(1).send().await.expect(200);
        referral
    }

    async fn emergency(&self, text: &str) -> Uuid {
        let body = json!({"case_id": self.case, "danger": "health", "reason": text});
        let opened = made(
            self.responder.post(format!("/v1/units/{}/emergency-access", self.responder.unit.id)).json(body),
        )
        .await;
        self.responder
            .post(format!("/v1/emergency-access/{opened}/end"))
            .json(json!({}))
            .if_match(1)
            .send()
            .await
            .expect(200);
        opened
    }

    async fn conflict(&self) -> Uuid {
        let body = json!({"national_id": self.number, "ground": "friend"});
        let declared = self.carer.post("/v1/me/conflicts-of-interest").json(body).send().await;
        declared.body["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(Uuid::now_v7)
    }

    async fn address(&self, text: &str) -> Uuid {
        let path = format!("/v1/children/{}/contact-details", self.children[0]);
        let body = json!({"protection": "none", "address": text});
        self.teacher.put(path).json(body).header("if-match", "*").send().await.expect(200);
        self.children[0].uuid()
    }

    async fn object(&self) -> Uuid {
        let path = format!("/v1/cases/{}/objections", self.case);
        let objection = made(self.father.post(&path).json(json!({}))).await;
        self.father.post(format!("{path}/{objection}/withdraw")).json(json!({})).send().await.expect(200);
        objection
    }

    async fn care_order(&self, world: &World) -> Uuid {
        let body = json!({
            "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(300),
            "child_welfare_unit_id": self.welfare, "child_welfare_person_id": self.welfare_worker,
        });
        let path = format!("/v1/children/{}/care-orders", self.children[0]);
        let order = made(self.teacher.post(&path).json(body)).await;
        let end = json!({"decision_reference": "BVHN-2026-0143"});
        self.teacher
            .post(format!("{path}/{order}/end"))
            .json(end)
            .header("if-match", "*")
            .send()
            .await
            .expect(200);
        order
    }

    async fn evaluate(&self, world: &World, text: &str) -> Uuid {
        let body = json!({
            "held_on": world.in_days(0), "outcome": "continue", "contains": [], "assessment": text, "child_view": text,
            "next_evaluation_on": world.in_days(20),
        });
        let path = format!("/v1/cases/{}/measures/{}/evaluations", self.case, self.measure);
        self.teacher.post(path).json(body).header("if-match", "*").send().await.expect(201);
        self.measure.uuid()
    }

    async fn change_level(&self, text: &str) -> Uuid {
        let body = json!({"level": 2, "contains": [], "level_reason": text});
        let path = format!("/v1/cases/{}", self.case);
        self.teacher.patch(path).json(body).header("if-match", "*").send().await.expect(200);
        self.case.uuid()
    }

    async fn offer(&self, text: &str) -> Uuid {
        let path = format!("/v1/cases/{}/handovers", self.case);
        let body = json!({"to_person_id": self.nurse.id, "to_unit_id": self.nurse.unit.id, "contains": [], "message": text});
        let offer = self.teacher.post(&path).json(body).send().await.expect(201).text("/id");
        let decline = format!("{path}/{offer}/decline");
        self.nurse.post(decline).json(json!({"contains": [], "answer": text})).send().await.expect(200);
        offer.parse().expect("an id")
    }

    async fn consent(&self, world: &World, by: &User, purpose: &str, recorded: bool) -> Uuid {
        let nav = world.unit("kragero/nav").await;
        let mut body = json!({
            "unit_ids": [nav.id], "purpose": purpose, "valid_until": world.in_days(20), "text_version": "2026-1",
        });
        if recorded {
            body["given_by"] = json!(self.father.id);
            body["form"] = json!("paper");
            body["document"] = json!("26/1234-1");
        }
        let path = format!("/v1/cases/{}/consents", self.case);
        by.post(path).json(body).send().await.expect(201).text("/id").parse().expect("an id")
    }
}

/// Creates something, and returns its id.
async fn made(call: Call) -> Uuid {
    call.send().await.expect(201).text("/id").parse().expect("an id")
}

async fn concern(by: &Staff, child: Option<ChildId>, text: &str) -> Uuid {
    let path = format!("/v1/units/{}/concerns", by.unit.id);
    by.post(path)
        .json(json!({"child_id": child, "facts": text}))
        .send()
        .await
        .expect(201)
        .text("/id")
        .parse()
        .expect("an id")
}

/// The parameter for the id of what is created; none if nothing new is created.
pub fn made_by(act: Act) -> Option<&'static str> {
    Some(match act {
        Act::Level | Act::Evaluation | Act::Address | Act::FatherAnswers => return None,
        Act::YouthMove => "transition_id",
        Act::Report | Act::ReportReply => "report_id",
        Act::Disclosure => "disclosure_id",
        Act::Emergency => "emergency_access_id",
        Act::Conflict => "conflict_id",
        Act::FatherObjects => "objection_id",
        Act::CareOrder => "care_order_id",
        Act::Goal => "goal_id",
        Act::Measure => "measure_id",
        Act::Meeting => "meeting_id",
        Act::Offer => "handover_id",
        Act::FatherConsents | Act::FatherWithdraws | Act::PaperConsent => "consent_id",
        Act::Concern | Act::SchoolConcern | Act::SameChild | Act::Abroad => "concern_id",
        _ => "note_id",
    })
}
