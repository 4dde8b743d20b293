//! A scene with much to hide, and acts that some of those in it may not know of.

use serde_json::json;
use stafett::kernel::ids::{CaseId, ChildId, MeasureId, MeetingId};
use uuid::Uuid;

use crate::support::{Guardian, Role, Staff, User, World};

/// Something that somebody does.
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
    OtherCase,
    Abroad,
    YouthNote,
    YouthHealthNote,
}

impl Act {
    pub const ALL: [Self; 18] = [
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
        Self::Evaluation,
        Self::OtherCase,
        Self::YouthHealthNote,
        Self::Meeting,
        Self::Abroad,
        Self::Level,
        Self::YouthNote,
        Self::Offer,
    ];
}

/// An act of a script. Where it is hidden from the watcher, it is either absent or another in the other world.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub act: Act,
    pub absent: bool,
}

/// Someone who sees a part of it all, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watcher {
    Mother,
    Youth,
    Nurse,
    Leader,
    Colleague,
    Outsider,
    Abroad,
    Administrator,
    Analyst,
    StepParent,
    LeftTheTeam,
}

impl Watcher {
    /// Those who may know of none of the acts.
    pub const OUTSIDE: [Self; 7] = [
        Self::Colleague,
        Self::Outsider,
        Self::Abroad,
        Self::Administrator,
        Self::Analyst,
        Self::StepParent,
        Self::LeftTheTeam,
    ];

    /// May they know of this?
    pub fn may_know_of(self, act: Act) -> bool {
        use Act::{
            Concern, Evaluation, FamilyNote, Goal, HealthNote, Level, Measure, Meeting, Offer, TeamNote,
            YouthHealthNote, YouthNote,
        };
        let agreed = [TeamNote, FamilyNote, Goal, Measure, Evaluation, Meeting, Level, Offer].contains(&act);
        match self {
            Self::Mother => agreed,
            Self::Nurse => agreed || [HealthNote, Concern, YouthNote, YouthHealthNote].contains(&act),
            Self::Youth => act == YouthNote,
            Self::Leader => [Level, Offer].contains(&act),
            _ => false,
        }
    }
}

/// Two cases of a school, one of a kindergarten, and everyone around them.
#[derive(Debug, Clone)]
pub struct Scene {
    pub teacher: Staff,
    pub nurse: Staff,
    mother: Guardian,
    father: Guardian,
    youth: User,
    /// The contact person of another case.
    carer: Staff,
    foreigner: Staff,
    watchers: Vec<(Watcher, User)>,
    pub case: CaseId,
    pub youth_case: CaseId,
    pub other_case: CaseId,
    pub children: [ChildId; 3],
    measure: MeasureId,
    meeting: MeetingId,
}

/// The ids of what was made, by the names of parameters; of what was not, ids of nothing.
pub type Ids = Vec<(&'static str, Uuid)>;

impl Scene {
    pub async fn set(world: &World) -> Self {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        world.all_consent(&family, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        let left = world.worker("kragero/skole").await;
        let seat = world.add_to_team(&teacher, case, &left).await;
        teacher.delete(format!("/v1/cases/{case}/team/{seat}")).send().await.expect(204);
        let young = world.family(&teacher, 16, 1).await.child;
        let youth = world.youth(&young).await;
        let youth_case = world.open_case(&teacher, &young).await;
        world.consent(&youth, youth_case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, youth_case, &nurse).await;
        let carer = world.worker("kragero/barnehage").await;
        let other = world.family(&carer, 4, 1).await.child;
        let other_case = world.open_case(&carer, &other).await;
        let foreigner = world.worker("porsgrunn/skole").await;
        let measure = world.measure(&teacher, case, &nurse).await;
        let [mother, father] = <[Guardian; 2]>::try_from(family.guardians).expect("two");
        let meeting = world.meeting(&teacher, case, &[mother.id, nurse.id]).await;
        let watchers = vec![
            (Watcher::Mother, mother.user.clone()),
            (Watcher::Youth, youth.user.clone()),
            (Watcher::Nurse, nurse.user.clone()),
            (Watcher::Leader, world.staff("kragero/skole", Role::UnitLeader).await.user),
            (Watcher::Colleague, world.worker("kragero/skole").await.user),
            (Watcher::Outsider, world.worker("kragero/nav").await.user),
            (Watcher::Abroad, world.worker("porsgrunn/skole").await.user),
            (Watcher::Administrator, world.staff("kragero/oppvekst", Role::Administrator).await.user),
            (Watcher::Analyst, world.staff("kragero/oppvekst", Role::Analyst).await.user),
            (Watcher::StepParent, world.guardian_of(&teacher, &family.child, false).await.user),
            (Watcher::LeftTheTeam, left.user.clone()),
        ];
        let (children, youth) = ([family.child.id, young.id, other.id], youth.user);
        Self {
            teacher,
            nurse,
            mother,
            father,
            youth,
            carer,
            foreigner,
            watchers,
            case,
            youth_case,
            other_case,
            children,
            measure,
            meeting,
        }
    }

    /// The same people and things in a copy of the world.
    pub fn in_copy(&self, copy: &World) -> Self {
        let mut scene = self.clone();
        for user in [
            &mut scene.teacher.user,
            &mut scene.nurse.user,
            &mut scene.mother.user,
            &mut scene.father.user,
            &mut scene.youth,
            &mut scene.carer.user,
            &mut scene.foreigner.user,
        ] {
            *user = copy.same(user);
        }
        for (_, user) in &mut scene.watchers {
            *user = copy.same(user);
        }
        scene
    }

    pub fn user(&self, watcher: Watcher) -> &User {
        let found = self.watchers.iter().find(|(who, _)| *who == watcher);
        found.map(|(_, user)| user).expect("a watcher")
    }

    /// Plays a script. What is hidden from the watcher is `done`, or else it is another or not done.
    pub async fn play(&self, world: &World, watcher: Watcher, script: &[Step], done: bool) -> Ids {
        let mut ids = vec![
            ("case_id", self.case.uuid()),
            ("case_id", self.youth_case.uuid()),
            ("case_id", self.other_case.uuid()),
            ("measure_id", self.measure.uuid()),
            ("meeting_id", self.meeting.uuid()),
            ("person_id", self.mother.id.uuid()),
        ];
        ids.extend(self.children.map(|child| ("child_id", child.uuid())));
        for step in script {
            let hidden = !watcher.may_know_of(step.act);
            let text = if hidden && !done { "Nothing of the kind." } else { "She was glad today." };
            let made = if hidden && !done && step.absent {
                self.look(step.act).await;
                Uuid::now_v7()
            } else {
                self.act(world, step.act, text).await
            };
            ids.extend(made_by(step.act).map(|parameter| (parameter, made)));
        }
        ids
    }

    /// In place of an act in the case, those who would have done it look at the case.
    async fn look(&self, act: Act) {
        let (by, case, times): (&User, _, _) = match act {
            Act::Concern | Act::OtherCase | Act::Abroad => return,
            Act::HealthNote => (&self.nurse, self.case, 1),
            Act::FamilyNote | Act::FatherConsents => (&self.father, self.case, 1),
            Act::FatherWithdraws => (&self.father, self.case, 2),
            Act::YouthNote => (&self.teacher, self.youth_case, 1),
            Act::YouthHealthNote => (&self.nurse, self.youth_case, 1),
            _ => (&self.teacher, self.case, 1),
        };
        for _ in 0..times {
            by.get(format!("/v1/cases/{case}")).send().await.expect(200);
        }
    }

    async fn act(&self, world: &World, act: Act, text: &str) -> Uuid {
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
            Act::Concern => concern(nurse, text).await,
            Act::OtherCase => {
                world.measure(carer, *other_case, carer).await;
                world.note(carer, *other_case, "team", text).await.uuid()
            }
            Act::Abroad => {
                let child = world.child(foreigner, 6).await;
                world.open_case(foreigner, &child).await;
                concern(foreigner, text).await
            }
        }
    }

    async fn evaluate(&self, world: &World, text: &str) -> Uuid {
        let body = json!({
            "held_on": world.in_days(0), "outcome": "continue", "assessment": text, "child_view": text,
            "next_evaluation_on": world.in_days(20),
        });
        let path = format!("/v1/cases/{}/measures/{}/evaluations", self.case, self.measure);
        self.teacher.post(path).json(body).header("if-match", "*").send().await.expect(201);
        self.measure.uuid()
    }

    async fn change_level(&self, text: &str) -> Uuid {
        let body = json!({"level": 2, "level_reason": text});
        let path = format!("/v1/cases/{}", self.case);
        self.teacher.patch(path).json(body).header("if-match", "*").send().await.expect(200);
        self.case.uuid()
    }

    async fn offer(&self, text: &str) -> Uuid {
        let path = format!("/v1/cases/{}/handovers", self.case);
        let body = json!({"to_person_id": self.nurse.id, "to_unit_id": self.nurse.unit.id, "message": text});
        let offer = self.teacher.post(&path).json(body).send().await.expect(201).text("/id");
        let decline = format!("{path}/{offer}/decline");
        self.nurse.post(decline).json(json!({"answer": text})).send().await.expect(200);
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

async fn concern(by: &Staff, text: &str) -> Uuid {
    let path = format!("/v1/units/{}/concerns", by.unit.id);
    by.post(path).json(json!({"facts": text})).send().await.expect(201).text("/id").parse().expect("an id")
}

/// The parameter that the id of what is made stands for; none where nothing new is made.
fn made_by(act: Act) -> Option<&'static str> {
    Some(match act {
        Act::Level | Act::Evaluation => return None,
        Act::Goal => "goal_id",
        Act::Measure => "measure_id",
        Act::Meeting => "meeting_id",
        Act::Offer => "handover_id",
        Act::FatherConsents | Act::FatherWithdraws | Act::PaperConsent => "consent_id",
        Act::Concern | Act::Abroad => "concern_id",
        _ => "note_id",
    })
}
