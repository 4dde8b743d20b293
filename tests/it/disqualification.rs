//! A party demands a decision on whether a team member is disqualified (fvl §§ 6 and 8), the person gives their view, and their leader, or
//! somebody above the leader, answers.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    cast::{Cast, finds_nothing, walk},
    support::{Answer, Call, Role, Staff, User, World, both_engines},
};

const OWN: &str = "/v1/me/conflicts-of-interest";

fn demand(by: &User, cast: &Cast, person: &User) -> Call {
    let body = json!({"person_id": person.id, "ground": "friend", "note": "They are old friends of his."});
    by.post(cast.path("/conflicts-of-interest")).json(body)
}

fn answer(by: &User, unit: &Staff, conflict: &Answer, how: &str) -> Call {
    let path = format!("/v1/units/{}/conflicts-of-interest/{}/{how}", unit.unit.id, conflict.text("/id"));
    by.post(path).json(json!({"reason": "They are cousins."})).if_match(1)
}

fn of_unit(unit: &Staff) -> String {
    format!("/v1/units/{}/conflicts-of-interest", unit.unit.id)
}

fn view(by: &User, conflict: &Answer) -> Call {
    by.post(format!("{OWN}/{}/view", conflict.text("/id"))).json(json!({"view": "We met once."})).if_match(1)
}

async fn tasks(who: &User, kind: &str) -> Vec<Value> {
    let mut due = walk(who, "/v1/follow-ups").await;
    due.retain(|task| task["kind"] == kind);
    due
}

async fn declares(who: &User, cast: &Cast) -> Answer {
    let declared = json!({"national_id": cast.family.child.national_id.as_str(), "ground": "relative"});
    who.post(OWN).json(declared).send().await.expect(201)
}

both_engines! {
    async fn a_guardian_demands_a_decision_and_the_leader_answers_with_a_reason(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let made = demand(mother, &cast, &cast.nurse).send().await.expect(201);
        assert_eq!((&made.body["as_party"], &made.body["confirmed_at"]), (&json!(true), &Value::Null));
        demand(mother, &cast, &cast.nurse).send().await.expect_problem(409, "conflict");
        // It closes nothing: the nurse keeps her seat, and may be offered the baton.
        cast.nurse.get(cast.path("/notes")).send().await.expect(200);
        world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;

        let task = &tasks(&leader, "confirm_conflict").await[0];
        assert_eq!((&task["unit_id"], &task["due_on"]), (&json!(leader.unit.id), &json!(world.in_days(14))));
        let own = walk(&cast.nurse, OWN).await;
        assert_eq!((&own[0]["note"], tasks(&cast.nurse, "give_view").await.len()), (&json!("They are old friends of his."), 1));
        view(&cast.nurse, &made).send().await.expect(200);
        assert!(tasks(&cast.nurse, "give_view").await.is_empty());

        let stated = walk(&leader, &of_unit(&leader)).await;
        assert_eq!((&stated[0]["demand"], &stated[0]["own_view"]), (&json!("They are old friends of his."), &json!("We met once.")));
        let confirm = answer(&leader, &leader, &made, "confirm");
        confirm.send().await.expect_problem(412, "version-mismatch");
        let unreasoned = answer(&leader, &leader, &made, "confirm").json(json!({})).if_match(2);
        unreasoned.send().await.expect_invalid("/reason");
        answer(&leader, &leader, &made, "confirm").if_match(2).send().await.expect(200);
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        assert!(tasks(&leader, "confirm_conflict").await.is_empty());
        for list in [walk(&cast.nurse, OWN).await, walk(mother, &cast.path("/conflicts-of-interest")).await] {
            assert_eq!(list[0]["confirm_reason"], "They are cousins.");
        }
        for other in [&father.user, &cast.teacher.user] {
            assert!(walk(other, &cast.path("/conflicts-of-interest")).await.is_empty());
        }
    }

    async fn only_the_unit_of_the_seat_reads_and_decides_a_demand(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let nav = world.unit("kragero/nav").await;
        world.grant(&cast.nurse, &nav, Role::Worker).await;
        let [of_seat, elsewhere] =
            [world.staff("kragero/helsestasjon", Role::UnitLeader).await, world.staff("kragero/nav", Role::UnitLeader).await];
        let made = demand(mother, &cast, &cast.nurse).send().await.expect(201);
        assert!(walk(&elsewhere, &of_unit(&elsewhere)).await.is_empty() && tasks(&elsewhere, "confirm_conflict").await.is_empty());
        answer(&elsewhere, &elsewhere, &made, "confirm").send().await.expect_problem(404, "not-found");
        answer(&elsewhere, &elsewhere, &made, "end").send().await.expect_problem(404, "not-found");
        assert_eq!(walk(&of_seat, &of_unit(&of_seat)).await.len(), 1);
        answer(&of_seat, &of_seat, &made, "confirm").send().await.expect(200);
    }

    async fn a_leader_says_no_and_the_person_keeps_the_seat(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let made = demand(mother, &cast, &cast.nurse).send().await.expect(201);
        answer(&leader, &leader, &made, "end").send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let answered = walk(mother, &cast.path("/conflicts-of-interest")).await;
        assert_eq!(answered[0]["end_reason"], "They are cousins.");
        view(&cast.nurse, &made).if_match(2).send().await.expect_problem(409, "conflict");
        // New facts can be stated.
        demand(mother, &cast, &cast.nurse).send().await.expect(201);
    }

    async fn the_task_of_the_leader_stays_until_it_is_answered(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        demand(&cast.family.guardians[0], &cast, &cast.nurse).send().await.expect(201);
        assert_eq!(tasks(&leader, "confirm_conflict").await[0]["overdue"], false);
        world.advance(TimeDelta::days(20));
        assert_eq!(tasks(&leader, "confirm_conflict").await[0]["overdue"], true);
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn the_family_demands_it_only_of_those_on_the_team_and_never_decides(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let stranger = world.worker("kragero/ppt").await;
        demand(mother, &cast, &stranger).send().await.expect_invalid("/person_id");
        demand(&stranger, &cast, &cast.nurse).send().await.expect_problem(404, "not-found");
        demand(&cast.nurse, &cast, &cast.teacher).send().await.expect_problem(403, "forbidden");
        cast.nurse.get(cast.path("/conflicts-of-interest")).send().await.expect_problem(403, "forbidden");
        // A guardian who leads the unit at work meets the case as a guardian.
        world.grant(mother, &cast.nurse.unit, Role::UnitLeader).await;
        let made = demand(mother, &cast, &cast.nurse).send().await.expect(201);
        assert_eq!(made.body["confirmed_at"], Value::Null);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        view(&stranger, &made).send().await.expect_problem(404, "not-found");
    }

    async fn a_young_person_demands_it_too(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 15, 1).await;
        let case = world.open_case(&teacher, &family.child).await;
        let youth = world.youth(&family.child).await;
        let body = json!({"person_id": teacher.id, "ground": "opponent"});
        let path = format!("/v1/cases/{case}/conflicts-of-interest");
        youth.post(&path).json(body).send().await.expect(201);
        assert_eq!(walk(&youth, &path).await.len(), 1);
        teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
    }
}

both_engines! {
    async fn what_is_about_the_only_leader_goes_to_a_leader_of_the_sector_and_else_to_any(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        world.add_to_team(&cast.teacher, cast.case, &leader).await;
        let head = world.staff("kragero/skole", Role::UnitLeader).await;
        let elsewhere = world.staff("porsgrunn/skole", Role::UnitLeader).await;
        let made = demand(&cast.family.guardians[0], &cast, &leader).send().await.expect(201);
        answer(&leader, &leader, &made, "confirm").send().await.expect_problem(409, "conflict");
        answer(&elsewhere, &leader, &made, "confirm").send().await.expect_problem(403, "forbidden");
        assert!(tasks(&leader, "confirm_conflict").await.is_empty());
        let task = &tasks(&head, "confirm_conflict").await[0];
        assert_eq!((&task["unit_id"], &task["object_id"]), (&json!(leader.unit.id), &made.body["id"]));
        assert_eq!(walk(&head, &of_unit(&leader)).await.len(), 1);

        // A leader of the sector may end a declaration of her own, and no other leader.
        let declared = declares(&leader, &cast).await;
        assert_eq!(walk(&head, &of_unit(&leader)).await.len(), 1, "the demand alone");
        answer(&head, &leader, &declared, "end").send().await.expect_problem(404, "not-found");

        // A leader of another unit of the sector comes first.
        let nearer = world.staff("kragero/skolehelsetjenesten", Role::UnitLeader).await;
        assert!(tasks(&head, "confirm_conflict").await.is_empty());
        head.get(of_unit(&leader)).send().await.expect_problem(403, "forbidden");
        assert_eq!(tasks(&nearer, "confirm_conflict").await.len(), 1);
        answer(&nearer, &leader, &made, "confirm").send().await.expect(200);
        finds_nothing(&leader, &[cast.path("")]).await;
    }

    async fn a_leader_who_is_disqualified_does_not_decide_about_others(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let nearer = world.staff("kragero/skolehelsetjenesten", Role::UnitLeader).await;
        let made = demand(&cast.family.guardians[0], &cast, &cast.nurse).send().await.expect(201);
        nearer.get(of_unit(&leader)).send().await.expect_problem(403, "forbidden");
        declares(&leader, &cast).await;
        assert!(tasks(&leader, "confirm_conflict").await.is_empty());
        answer(&leader, &leader, &made, "end").send().await.expect_problem(404, "not-found");
        assert_eq!(walk(&leader, &of_unit(&leader)).await.len(), 1, "their own");
        // Both are for the leader above, without the words of the mother: nobody nearer can end what the leader has declared.
        let above = walk(&nearer, &of_unit(&leader)).await;
        assert!(above.len() == 2 && above.iter().all(|one| one["demand"].is_null()), "{above:?}");
        answer(&nearer, &leader, &made, "end").send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        // Another leader of the unit decides before.
        world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        nearer.get(of_unit(&leader)).send().await.expect_problem(403, "forbidden");
    }

    async fn what_the_contact_person_states_closes_what_is_not_held_and_a_demand_closes_nothing(world: World) {
        for (by_party, status) in [(false, 409), (true, 201)] {
            let cast = world.shared_case().await;
            let mate = world.worker("kragero/helsestasjon").await;
            let seat = world.add_to_team(&cast.teacher, cast.case, &mate).await;
            let by = if by_party { &cast.family.guardians[0].user } else { &cast.teacher.user };
            let stated = demand(by, &cast, &mate).send().await.expect(201);
            assert_eq!((&stated.body["as_party"], stated.body["demand"].is_null()), (&json!(by_party), !by_party));
            assert_eq!(walk(by, &cast.path("/conflicts-of-interest")).await.len(), 1);
            mate.get(cast.path("/notes")).send().await.expect(200);
            cast.teacher.delete(cast.path(&format!("/team/{seat}"))).send().await.expect(204);
            let again = json!({"person_id": mate.id, "unit_id": mate.unit.id, "contains": [], "task": "Helps."});
            let again = cast.teacher.post(cast.path("/team")).json(again).send().await;
            assert_eq!(again.status, status, "{again:?}");
        }
    }
}
