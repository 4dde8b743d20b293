//! The record follows the child: from kindergarten to school, with the family, and what follows is chosen item by item.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::{CaseId, NoteId, TransitionId};

use crate::{
    handovers::end_role,
    support::{Answer, Family, Role, Staff, User, World, Youth, both_engines},
};

/// A case at a kindergarten, of a child with two guardians, and a teacher and a leader at the school.
pub struct Moving {
    world: World,
    pub pedagogue: Staff,
    pub teacher: Staff,
    pub rector: Staff,
    pub family: Family,
    pub case: CaseId,
}

impl Moving {
    pub async fn of(world: &World) -> Self {
        let pedagogue = world.worker("kragero/barnehage").await;
        let teacher = world.worker("kragero/skole").await;
        let rector = world.staff("kragero/skole", Role::UnitLeader).await;
        let family = world.child_with_two_guardians(&pedagogue).await;
        let case = world.open_case(&pedagogue, &family.child).await;
        Self { world: world.clone(), pedagogue, teacher, rector, family, case }
    }

    /// A case at the school of a young person of sixteen, and a teacher at the upper secondary school.
    pub async fn of_sixteen(world: &World) -> (Self, Youth) {
        let pedagogue = world.worker("kragero/skole").await;
        let family = world.family(&pedagogue, 16, 2).await;
        let case = world.open_case(&pedagogue, &family.child).await;
        let youth = world.youth(&family.child).await;
        let teacher = world.worker("kragero/kragero-videregaende-skole").await;
        let rector = world.staff("kragero/kragero-videregaende-skole", Role::UnitLeader).await;
        (Self { world: world.clone(), pedagogue, teacher, rector, family, case }, youth)
    }

    pub fn path(&self, below: &str) -> String {
        format!("/v1/cases/{}{below}", self.case)
    }

    pub fn at(&self, transition: TransitionId, below: &str) -> String {
        self.path(&format!("/transitions/{transition}{below}"))
    }

    /// The move to the school, where the teacher is asked, from today.
    fn plan(&self, world: &World) -> Value {
        json!({"to_unit_id": self.teacher.unit.id, "to_person_id": self.teacher.id, "moves_on": world.in_days(0)})
    }

    pub async fn planned(&self, world: &World) -> TransitionId {
        let plan = self.plan(world);
        self.pedagogue.post(self.path("/transitions")).json(plan).send().await.expect(201).id("/id")
    }

    pub async fn answer(&self, by: &User, transition: TransitionId, answer: Value) -> Answer {
        by.post(self.at(transition, "/answers")).json(answer).send().await
    }

    /// Both guardians agree, and let the same notes follow.
    pub async fn agreed(&self, transition: TransitionId, notes: &[NoteId]) {
        for guardian in &self.family.guardians {
            let answer = json!({"agrees": true, "follows": {"notes": notes}});
            self.answer(guardian, transition, answer).await.expect(201);
        }
    }

    pub async fn accepted(&self, by: &User, transition: TransitionId) -> Answer {
        // Everything that is written until now is from before the move.
        self.world.advance(TimeDelta::minutes(1));
        by.post(self.at(transition, "/accept")).send().await
    }

    /// The record moves to the school, with these notes.
    pub async fn moved(&self, world: &World, notes: &[NoteId]) -> TransitionId {
        let transition = self.planned(world).await;
        self.agreed(transition, notes).await;
        self.accepted(&self.teacher, transition).await.expect(200);
        transition
    }

    pub async fn notes(&self, by: &User) -> Vec<Value> {
        let notes = by.get(self.path("/notes")).send().await.expect(200);
        notes.items().iter().map(|note| note["id"].clone()).collect()
    }
}

pub async fn tasks(user: &User, kind: &str) -> Vec<Value> {
    let list = user.get("/v1/follow-ups").send().await.expect(200);
    list.items().iter().filter(|task| task["kind"] == kind).map(|task| task["object_id"].clone()).collect()
}

both_engines! {
    async fn the_record_moves_when_the_family_agrees_and_the_school_accepts(world: World) {
        let moving = Moving::of(&world).await;
        let transition = moving.planned(&world).await;
        moving.accepted(&moving.teacher, transition).await.expect_problem(404, "not-found");
        moving.agreed(transition, &[]).await;
        moving.teacher.get(moving.path("")).send().await.expect_problem(404, "not-found");

        let moved = moving.accepted(&moving.teacher, transition).await.expect(200);
        assert_eq!(moved.text("/status"), "moved");
        let case = moving.teacher.get(moving.path("")).send().await.expect(200);
        assert_eq!(case.body["unit_id"], json!(moving.teacher.unit.id));
        assert_eq!(case.body["contact_person_id"], json!(moving.teacher.id));
        assert_eq!(case.text("/reason"), moving.family.guardians[0].get(moving.path("")).send().await.expect(200).text("/reason"));
        moving.pedagogue.get(moving.path("")).send().await.expect_problem(404, "not-found");
        let handovers = moving.teacher.get(moving.path("/handovers")).send().await.expect(200);
        assert_eq!(handovers.each("status"), ["accepted"]);
        let list = moving.family.guardians[1].get(moving.path("/transitions")).send().await.expect(200);
        assert_eq!(list.each("status"), ["moved"]);
    }

    async fn the_school_needs_no_consent_afterwards_and_the_kindergarten_does(world: World) {
        let moving = Moving::of(&world).await;
        moving.moved(&world, &[]).await;
        let colleague = world.worker("kragero/skole").await;
        world.add_to_team(&moving.teacher, moving.case, &colleague).await;
        let body = json!({"person_id": moving.pedagogue.id, "unit_id": moving.pedagogue.unit.id, "task": "Knows her.", "contains": []});
        let added = moving.teacher.post(moving.path("/team")).json(body.clone()).send().await;
        added.expect_problem(409, "conflict");
        world.all_consent(&moving.family, moving.case, &[&moving.pedagogue.unit]).await;
        moving.teacher.post(moving.path("/team")).json(body).send().await.expect(201);
        moving.pedagogue.get(moving.path("")).send().await.expect(200);
    }

    async fn the_kindergarten_stays_on_the_team_with_consent(world: World) {
        let moving = Moving::of(&world).await;
        world.all_consent(&moving.family, moving.case, &[&moving.pedagogue.unit]).await;
        let note = world.note(&moving.pedagogue, moving.case, "team", "She likes to build.").await;
        moving.moved(&world, &[]).await;
        assert_eq!(moving.notes(&moving.pedagogue).await, [json!(note)]);
        assert_eq!(moving.notes(&moving.teacher).await, [] as [Value; 0]);
    }

    async fn each_guardian_sees_only_their_own_answer_and_the_contact_person_who_is_missing(world: World) {
        let moving = Moving::of(&world).await;
        let note = world.note(&moving.pedagogue, moving.case, "team", "She likes to build.").await;
        let transition = moving.planned(&world).await;
        let [mother, father] = [&moving.family.guardians[0], &moving.family.guardians[1]];
        let hers = moving.answer(mother, transition, json!({"agrees": true, "follows": {"notes": [note]}})).await.expect(201);
        assert_eq!(hers.body["answers"][0]["follows"]["notes"], json!([note]));
        assert_eq!(hers.body["missing"], Value::Null);
        let his = father.get(moving.at(transition, "")).send().await.expect(200);
        assert_eq!((&his.body["answers"], &his.body["missing"]), (&json!([]), &Value::Null));
        let keeps = moving.pedagogue.get(moving.at(transition, "")).send().await.expect(200);
        assert_eq!(keeps.body["missing"], json!([father.id]));
        assert_eq!(keeps.body["answers"][0]["follows"], Value::Null);
        assert_eq!((&his.body["version"], &keeps.body["version"]), (&json!(1), &json!(1)), "an answer changes no version");
    }

    async fn a_no_stops_the_move_until_it_is_a_yes(world: World) {
        let moving = Moving::of(&world).await;
        let transition = moving.planned(&world).await;
        moving.agreed(transition, &[]).await;
        let father = &moving.family.guardians[1];
        moving.answer(father, transition, json!({"agrees": false})).await.expect(201);
        moving.accepted(&moving.teacher, transition).await.expect_problem(404, "not-found");
        let with_entries = moving.answer(father, transition, json!({"agrees": false, "follows": {}})).await;
        with_entries.expect_invalid("/follows");
        moving.answer(father, transition, json!({"agrees": true})).await.expect(201);
        moving.accepted(&moving.teacher, transition).await.expect(200);
    }

    async fn the_contact_person_records_answers_on_paper(world: World) {
        let moving = Moving::of(&world).await;
        let transition = moving.planned(&world).await;
        let [mother, father] = [&moving.family.guardians[0], &moving.family.guardians[1]];
        let paper = json!({"agrees": true, "given_by": mother.id, "form": "paper", "document": "24/1182-7"});
        moving.answer(father, transition, paper.clone()).await.expect_invalid("/given_by");
        moving.answer(&moving.pedagogue, transition, json!({"agrees": true})).await.expect_invalid("/given_by");
        moving.answer(&moving.pedagogue, transition, paper).await.expect(201);
        moving.answer(&moving.pedagogue, transition, json!({"agrees": true, "given_by": father.id, "form": "oral"})).await.expect(201);
        moving.accepted(&moving.teacher, transition).await.expect(200);
    }

    async fn the_leader_of_the_school_accepts_where_nobody_is_named(world: World) {
        let moving = Moving::of(&world).await;
        let plan = json!({"to_unit_id": moving.teacher.unit.id, "moves_on": world.in_days(0)});
        let transition: TransitionId = moving.pedagogue.post(moving.path("/transitions")).json(plan).send().await.expect(201).id("/id");
        assert_eq!(tasks(&moving.rector, "accept_transition").await, [] as [Value; 0]);
        moving.agreed(transition, &[]).await;
        assert_eq!(tasks(&moving.rector, "accept_transition").await, [json!(transition)]);
        assert_eq!(tasks(&moving.teacher, "accept_transition").await, [] as [Value; 0]);
        moving.accepted(&moving.teacher, transition).await.expect_problem(404, "not-found");
        moving.accepted(&moving.rector, transition).await.expect(200);
        let case = moving.rector.get(moving.path("")).send().await.expect(200);
        assert_eq!(case.body["contact_person_id"], json!(moving.rector.id));
    }

    async fn everyone_with_a_part_in_the_move_has_it_among_their_tasks(world: World) {
        let moving = Moving::of(&world).await;
        let transition = moving.planned(&world).await;
        let (mother, task) = (&moving.family.guardians[0], [json!(transition)]);
        assert_eq!(tasks(&moving.pedagogue, "transition").await, task);
        assert_eq!(tasks(mother, "answer_transition").await, task);
        moving.agreed(transition, &[]).await;
        assert_eq!(tasks(mother, "answer_transition").await, [] as [Value; 0]);
        assert_eq!(tasks(&moving.teacher, "accept_transition").await, task);
        moving.accepted(&moving.teacher, transition).await.expect(200);
        for user in [&*moving.pedagogue, &moving.teacher, &moving.rector] {
            for kind in ["transition", "accept_transition"] {
                assert_eq!(tasks(user, kind).await, [] as [Value; 0]);
            }
        }
    }

    async fn a_record_is_accepted_from_its_day_on(world: World) {
        let moving = Moving::of(&world).await;
        let plan = json!({"to_unit_id": moving.teacher.unit.id, "to_person_id": moving.teacher.id, "moves_on": world.in_days(20)});
        let transition: TransitionId = moving.pedagogue.post(moving.path("/transitions")).json(plan).send().await.expect(201).id("/id");
        moving.agreed(transition, &[]).await;
        moving.accepted(&moving.teacher, transition).await.expect_problem(409, "conflict");
        world.advance(TimeDelta::days(20));
        moving.accepted(&moving.teacher, transition).await.expect(200);
    }

    async fn a_plan_is_declined_or_given_up_and_another_made(world: World) {
        let moving = Moving::of(&world).await;
        let transition = moving.planned(&world).await;
        let again = moving.pedagogue.post(moving.path("/transitions")).json(moving.plan(&world)).send().await;
        again.expect_problem(409, "conflict");
        let closing = json!({"contains": [], "reason": "Done.", "final_evaluation": "Well."});
        let case = moving.pedagogue.get(moving.path("")).send().await.expect(200);
        let close = moving.pedagogue.post(moving.path("/close")).json(closing).if_match(case.etag());
        close.send().await.expect_problem(409, "conflict");
        moving.pedagogue.post(moving.at(transition, "/withdraw")).send().await.expect(200);
        let late = moving.answer(&moving.family.guardians[0], transition, json!({"agrees": true})).await;
        late.expect_problem(403, "forbidden");
        let transition = moving.planned(&world).await;
        moving.agreed(transition, &[]).await;
        let declined = moving.teacher.post(moving.at(transition, "/decline")).send().await.expect(200);
        assert_eq!(declined.text("/status"), "declined");
        moving.teacher.get(moving.at(transition, "")).send().await.expect_problem(404, "not-found");
        moving.planned(&world).await;
    }

    async fn a_plan_names_a_unit_that_can_keep_the_record(world: World) {
        let moving = Moving::of(&world).await;
        let plan = |plan: Value| {
            let call = moving.pedagogue.post(moving.path("/transitions")).json(moving.plan(&world));
            async move { call.with(&plan).send().await }
        };
        let nurse = world.worker("kragero/helsestasjon").await;
        let welfare = world.worker("kragero/barnevern").await;
        let elsewhere = world.worker("orland/opphaug-skole").await;
        plan(json!({"to_unit_id": moving.pedagogue.unit.id})).await.expect_invalid("/to_unit_id");
        plan(json!({"to_unit_id": welfare.unit.id})).await.expect_invalid("/to_unit_id");
        plan(json!({"to_unit_id": elsewhere.unit.id})).await.expect_invalid("/to_unit_id");
        plan(json!({"to_person_id": nurse.id})).await.expect_invalid("/to_person_id");
        plan(json!({"moves_on": world.in_days(-1)})).await.expect_invalid("/moves_on");
        plan(json!({"message": "She starts in August."})).await.expect_invalid("/contains");
    }

    async fn what_falls_after_the_move_goes_to_the_leader_of_the_school(world: World) {
        let moving = Moving::of(&world).await;
        world.staff("kragero/barnehage", Role::UnitLeader).await;
        moving.moved(&world, &[]).await;
        end_role(&world, &moving.teacher).await;
        let case = moving.rector.get(moving.path("")).send().await.expect(200);
        assert_eq!(case.body["contact_person_id"], json!(moving.rector.id));
    }

    async fn the_holder_at_the_school_leaves_and_the_baton_falls_to_the_leader_of_the_school(world: World) {
        let moving = Moving::of(&world).await;
        world.staff("kragero/barnehage", Role::UnitLeader).await;
        world.all_consent(&moving.family, moving.case, &[&moving.teacher.unit]).await;
        world.add_to_team(&moving.pedagogue, moving.case, &moving.teacher).await;
        let handover = world.offer_baton(&moving.pedagogue, moving.case, &moving.teacher).await;
        world.accept_baton(&moving.teacher, moving.case, handover).await;
        end_role(&world, &moving.teacher).await;
        let case = moving.rector.get(moving.path("")).send().await.expect(200);
        assert_eq!(case.body["contact_person_id"], json!(moving.rector.id));
        assert_eq!(case.body["unit_id"], json!(moving.pedagogue.unit.id), "the record stays without a transition");
    }

    async fn the_contact_person_does_not_change_an_answer_that_a_guardian_gave(world: World) {
        let moving = Moving::of(&world).await;
        let transition = moving.planned(&world).await;
        let [mother, father] = [&moving.family.guardians[0], &moving.family.guardians[1]];
        moving.answer(mother, transition, json!({"agrees": true})).await.expect(201);
        moving.answer(father, transition, json!({"agrees": false})).await.expect(201);
        let oral = json!({"agrees": true, "given_by": father.id, "form": "oral"});
        moving.answer(&moving.pedagogue, transition, oral).await.expect_problem(409, "conflict");
        moving.accepted(&moving.teacher, transition).await.expect_problem(404, "not-found");
    }

    async fn the_school_sees_no_plan_that_was_given_up_and_no_answers(world: World) {
        let moving = Moving::of(&world).await;
        let given_up = moving.planned(&world).await;
        moving.answer(&moving.family.guardians[0], given_up, json!({"agrees": true})).await.expect(201);
        moving.pedagogue.post(moving.at(given_up, "/withdraw")).send().await.expect(200);
        let moved = moving.moved(&world, &[]).await;
        let list = moving.teacher.get(moving.path("/transitions")).send().await.expect(200);
        assert_eq!((list.each("id"), &list.body["items"][0]["answers"]), (vec![moved.to_string().as_str()], &json!([])));
        moving.teacher.get(moving.at(given_up, "")).send().await.expect_problem(404, "not-found");
        let mother = &moving.family.guardians[0];
        let list = mother.get(moving.path("/transitions")).send().await.expect(200);
        assert_eq!(list.each("status"), ["withdrawn", "moved"]);
        assert_eq!(list.body["items"][0]["answers"][0]["person_id"], json!(mother.id));
    }

    async fn a_unit_that_serves_the_municipality_no_more_does_not_accept(world: World) {
        let moving = Moving::of(&world).await;
        let transition = moving.planned(&world).await;
        moving.agreed(transition, &[]).await;
        let unit = world.sql_id(moving.teacher.unit.id.uuid());
        world.try_execute(format!("DELETE FROM unit_serves WHERE unit_id = {unit}")).await.expect("it serves no more");
        moving.accepted(&moving.teacher, transition).await.expect_problem(409, "conflict");
    }
}
