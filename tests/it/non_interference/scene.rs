//! A scene with much to hide, and people who see some of it or nothing.

use serde_json::json;
use stafett::kernel::ids::{CaseId, ChildId, MeasureId, MeetingId, NoteId, PersonId, TransitionId, UnitId};
use uuid::Uuid;

use super::acts::{Step, made_by};
use crate::support::{Guardian, Role, Staff, User, World};

/// A person who sees a part of the scene, or nothing.
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
    Father,
    ChildWelfare,
    HealthColleague,
    AuditorAbroad,
}

/// Two cases of a school, one of a kindergarten, and everyone around them.
#[derive(Debug, Clone)]
pub struct Scene {
    pub teacher: Staff,
    pub nurse: Staff,
    pub(super) mother: Guardian,
    pub(super) father: Guardian,
    pub(super) youth: User,
    /// The contact person of another case.
    pub(super) carer: Staff,
    pub(super) foreigner: Staff,
    /// Works in another unit, and takes part in no case.
    pub(super) responder: Staff,
    pub(super) welfare: UnitId,
    pub(super) welfare_worker: PersonId,
    /// The national identity number of the child of the case.
    pub(super) number: String,
    pub(super) note: NoteId,
    pub(super) watchers: Vec<(Watcher, User)>,
    pub case: CaseId,
    pub youth_case: CaseId,
    pub other_case: CaseId,
    pub children: [ChildId; 3],
    pub(super) measure: MeasureId,
    pub(super) meeting: MeetingId,
    /// A move of the case to the kindergarten, which nobody has answered.
    pub(super) transition: TransitionId,
}

/// The ids of created objects, by the names of parameters; random ids for objects that were not created.
pub type Ids = Vec<(&'static str, Uuid)>;

/// People who take part in none of the cases.
async fn strangers(world: &World) -> Vec<(Watcher, User)> {
    vec![
        (Watcher::Leader, world.staff("kragero/skole", Role::UnitLeader).await.user),
        (Watcher::Colleague, world.worker("kragero/skole").await.user),
        (Watcher::Outsider, world.worker("kragero/nav").await.user),
        (Watcher::Abroad, world.worker("porsgrunn/skole").await.user),
        (Watcher::Administrator, world.staff("kragero/oppvekst", Role::Administrator).await.user),
        (Watcher::Analyst, world.staff("kragero/oppvekst", Role::Analyst).await.user),
        (Watcher::HealthColleague, world.worker("kragero/helsestasjon").await.user),
        (Watcher::AuditorAbroad, world.staff("porsgrunn/skole", Role::Auditor).await.user),
    ]
}

/// A colleague who was on the team of a case.
async fn left_the_team(world: &World, teacher: &Staff, case: CaseId) -> Staff {
    let left = world.worker("kragero/skole").await;
    let seat = world.add_to_team(teacher, case, &left).await;
    teacher.delete(format!("/v1/cases/{case}/team/{seat}")).send().await.expect(204);
    left
}

/// A move of a case to a unit, which nobody has answered.
async fn planned_move(by: &Staff, to: &Staff, case: CaseId, day: String) -> TransitionId {
    let plan = json!({"to_unit_id": to.unit.id, "to_person_id": to.id, "moves_on": day});
    by.post(format!("/v1/cases/{case}/transitions")).json(plan).send().await.expect(201).id("/id")
}

impl Scene {
    pub async fn set(world: &World) -> Self {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        world.all_consent(&family, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        let left = left_the_team(world, &teacher, case).await;
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
        let note = world.note(&teacher, case, "team", "Was glad at lunch.").await;
        let transition = planned_move(&teacher, &carer, case, world.in_days(30)).await;
        let (responder, child_welfare) =
            (world.worker("kragero/bup").await, world.worker("kragero/barnevern").await);
        let number = family.child.national_id.as_str().to_owned();
        let mut watchers = vec![
            (Watcher::Mother, mother.user.clone()),
            (Watcher::Youth, youth.user.clone()),
            (Watcher::Nurse, nurse.user.clone()),
            (Watcher::StepParent, world.guardian_of(&teacher, &family.child, false).await.user),
            (Watcher::LeftTheTeam, left.user.clone()),
            (Watcher::Father, father.user.clone()),
            (Watcher::ChildWelfare, child_welfare.user.clone()),
        ];
        watchers.extend(strangers(world).await);
        let (children, youth) = ([family.child.id, young.id, other.id], youth.user);
        Self {
            teacher,
            nurse,
            mother,
            father,
            youth,
            carer,
            foreigner,
            responder,
            welfare: child_welfare.unit.id,
            welfare_worker: child_welfare.id,
            number,
            note,
            watchers,
            case,
            youth_case,
            other_case,
            children,
            measure,
            meeting,
            transition,
        }
    }

    /// The same people and objects in a copy of the world.
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
            &mut scene.responder.user,
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

    /// Plays a script. Hidden acts are done if `done`; otherwise they are different or not done.
    pub async fn play(&self, world: &World, watcher: Watcher, script: &[Step], done: bool) -> Ids {
        let mut ids = vec![
            ("case_id", self.case.uuid()),
            ("case_id", self.youth_case.uuid()),
            ("case_id", self.other_case.uuid()),
            ("measure_id", self.measure.uuid()),
            ("meeting_id", self.meeting.uuid()),
            ("person_id", self.mother.id.uuid()),
            ("note_id", self.note.uuid()),
            ("transition_id", self.transition.uuid()),
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
}
