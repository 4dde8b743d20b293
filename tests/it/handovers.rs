//! The baton: offered, answered, and never without a contact person.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::{
    db::DbError,
    execute, fetch_one, handovers,
    kernel::{
        Id,
        ids::{CaseId, Handover, PersonId},
    },
};

use crate::{
    cast::{Cast, at_once_on, exactly_one_wins},
    support::{Answer, Role, Staff, Unit, User, World, both_engines},
};

async fn offer(by: &Staff, cast: &Cast, to: &Staff, unit: &Unit) -> Answer {
    let body = json!({"to_person_id": to.id, "to_unit_id": unit.id});
    by.post(cast.path("/handovers")).json(body).send().await
}

fn answer(by: &User, cast: &Cast, handover: Id<Handover>, how: &str) -> crate::support::Call {
    by.post(cast.path(&format!("/handovers/{handover}/{how}"))).json(json!({}))
}

async fn holder(world: &World, case: CaseId) -> PersonId {
    let mut tx = world.db.read().await.expect("a transaction");
    let sql = "SELECT person_id FROM contact_person WHERE case_id = $1";
    fetch_one!(&mut tx, (PersonId,), sql, case).expect("exactly one holder").0
}

async fn statuses(by: &User, cast: &Cast) -> Vec<String> {
    let list = by.get(cast.path("/handovers")).send().await.expect(200);
    list.each("status").into_iter().map(ToOwned::to_owned).collect()
}

/// The administrator ends a person's role in their unit.
pub async fn end_role(world: &World, staff: &Staff) {
    let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
    let path = format!("/v1/units/{}/staff", staff.unit.id);
    let list = administrator.get(&path).send().await.expect(200);
    let row: &Value = list.items().iter().find(|row| row["person_id"] == json!(staff.id)).expect("a role");
    let role = row["id"].as_str().expect("an id");
    administrator.delete(format!("{path}/{role}")).send().await.expect(204);
}

both_engines! {
    async fn the_holder_keeps_the_baton_until_the_receiver_has_accepted(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        cast.teacher.post(cast.path("/goals")).json(json!({"contains": [], "description": "A goal."})).send().await.expect(201);
        let early = cast.nurse.post(cast.path("/goals")).json(json!({"contains": [], "description": "A goal."}));
        early.send().await.expect_problem(403, "forbidden");

        world.accept_baton(&cast.nurse, cast.case, handover).await;
        assert_eq!(holder(&world, cast.case).await, cast.nurse.id);
        cast.nurse.post(cast.path("/goals")).json(json!({"contains": [], "description": "A goal."})).send().await.expect(201);
        let late = cast.teacher.post(cast.path("/goals")).json(json!({"contains": [], "description": "A goal."}));
        late.send().await.expect_problem(403, "forbidden");
        // The first contact person stays a team member.
        cast.teacher.get(cast.path("")).send().await.expect(200);
        assert_eq!(statuses(&cast.family.guardians[0], &cast).await, ["accepted"]);
    }

    async fn one_offer_at_a_time_awaits_its_answer(world: World) {
        let cast = world.shared_case().await;
        let other = world.team_mate(&cast, "kragero/skole").await;
        world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        offer(&cast.teacher, &cast, &other, &other.unit).await.expect_problem(409, "conflict");
        offer(&cast.teacher, &cast, &cast.nurse, &cast.nurse.unit).await.expect_problem(409, "conflict");
        assert_eq!(world.rows("handover").await, 1);
    }

    async fn of_offers_made_at_the_same_time_one_stands(world: World) {
        let cast = world.shared_case().await;
        let other = world.team_mate(&cast, "kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let mut calls = Vec::new();
        for by in [&cast.teacher, &leader] {
            for to in [&cast.nurse, &other] {
                by.token().await;
                let body = json!({"to_person_id": to.id, "to_unit_id": to.unit.id});
                calls.push(by.post(cast.path("/handovers")).json(body));
            }
        }
        exactly_one_wins(&at_once_on(&world, "care_case", cast.case, calls).await, 201, &[409]);
    }

    async fn the_baton_is_offered_only_to_a_seat_in_force(world: World) {
        let cast = world.shared_case().await;
        let stranger = world.worker("kragero/skole").await;
        offer(&cast.teacher, &cast, &stranger, &stranger.unit).await.expect_invalid("/to_person_id");
        let elsewhere = world.unit("kragero/ppt").await;
        offer(&cast.teacher, &cast, &cast.nurse, &elsewhere).await.expect_invalid("/to_person_id");
        offer(&cast.teacher, &cast, &cast.teacher, &cast.teacher.unit).await.expect_invalid("/to_person_id");
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(&cast.family.guardians[0], cast.case, own.id("/items/0/id")).await;
        offer(&cast.teacher, &cast, &cast.nurse, &cast.nurse.unit).await.expect_invalid("/to_person_id");
        assert_eq!(world.rows("handover").await, 0);
    }

    async fn only_the_contact_person_and_the_leader_of_their_unit_offer_the_baton(world: World) {
        let cast = world.shared_case().await;
        let other = world.team_mate(&cast, "kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let elsewhere = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        offer(&cast.nurse, &cast, &other, &other.unit).await.expect_problem(403, "forbidden");
        offer(&elsewhere, &cast, &other, &other.unit).await.expect_problem(404, "not-found");
        let body = json!({"to_person_id": other.id, "to_unit_id": other.unit.id});
        let family = cast.family.guardians[0].post(cast.path("/handovers")).json(body);
        family.send().await.expect_problem(403, "forbidden");
        let made = offer(&leader, &cast, &other, &other.unit).await.expect(201);
        answer(&leader, &cast, made.id("/id"), "withdraw").send().await.expect(200);
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
    }

    async fn an_offer_declined_leaves_the_baton_where_it_is(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/handovers/{handover}/decline"));
        let declined = cast.nurse.post(path).json(json!({"contains": [], "answer": "On leave from May."})).send().await.expect(200);
        assert_eq!(declined.text("/status"), "declined");
        assert_eq!(declined.text("/answer"), "On leave from May.");
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
    }

    async fn an_offer_taken_back_cannot_be_accepted(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        answer(&cast.nurse, &cast, handover, "withdraw").send().await.expect_problem(403, "forbidden");
        let taken = answer(&cast.teacher, &cast, handover, "withdraw").send().await.expect(200);
        assert_eq!(taken.text("/status"), "withdrawn");
        let late = answer(&cast.nurse, &cast, handover, "accept").send().await;
        assert!([403, 409].contains(&late.status), "{}", late.text);
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
    }

    async fn an_old_offer_is_not_accepted_on_the_strength_of_a_new_one(world: World) {
        let cast = world.shared_case().await;
        let first = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        answer(&cast.teacher, &cast, first, "withdraw").send().await.expect(200);
        let second = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        answer(&cast.nurse, &cast, first, "accept").send().await.expect_problem(409, "conflict");
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        world.accept_baton(&cast.nurse, cast.case, second).await;
    }

    async fn nobody_but_the_receiver_answers_an_offer(world: World) {
        let cast = world.shared_case().await;
        let other = world.team_mate(&cast, "kragero/skole").await;
        let stranger = world.worker("kragero/nav").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        for how in ["accept", "decline"] {
            for who in [&cast.teacher.user, &other.user, &leader.user, &cast.family.guardians[0].user] {
                answer(who, &cast, handover, how).send().await.expect_problem(403, "forbidden");
            }
            answer(&stranger, &cast, handover, how).send().await.expect_problem(404, "not-found");
        }
        assert_eq!(statuses(&cast.teacher, &cast).await, ["offered"]);
    }

    async fn accepted_twice_at_the_same_time_the_baton_passes_once(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        cast.nurse.token().await;
        let calls = (0..4).map(|_| answer(&cast.nurse, &cast, handover, "accept"));
        exactly_one_wins(&at_once_on(&world, "handover", handover, calls).await, 200, &[403, 409]);
        assert_eq!(holder(&world, cast.case).await, cast.nurse.id);
        assert_eq!(statuses(&cast.nurse, &cast).await, ["accepted"]);
    }

    async fn accepted_and_taken_back_at_the_same_time_only_one_happens(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        cast.nurse.token().await;
        cast.teacher.token().await;
        let calls = [
            answer(&cast.nurse, &cast, handover, "accept"),
            answer(&cast.teacher, &cast, handover, "withdraw"),
        ];
        exactly_one_wins(&at_once_on(&world, "handover", handover, calls).await, 200, &[403, 409]);
        let accepted = statuses(&cast.nurse, &cast).await == ["accepted"];
        assert_eq!(holder(&world, cast.case).await == cast.nurse.id, accepted);
    }

    async fn the_baton_is_not_accepted_after_the_receivers_unit_has_lost_its_consent(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(&cast.family.guardians[0], cast.case, own.id("/items/0/id")).await;
        answer(&cast.nurse, &cast, handover, "accept").send().await.expect_problem(404, "not-found");
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
    }

    async fn a_seat_through_another_unit_does_not_make_up_for_the_one_offered(world: World) {
        let cast = world.shared_case().await;
        let school_health = world.unit("kragero/skolehelsetjenesten").await;
        world.grant(&cast.nurse, &school_health, Role::Worker).await;
        world.all_consent(&cast.family, cast.case, &[&school_health]).await;
        let there = Staff { user: cast.nurse.user.clone(), unit: school_health };
        world.add_to_team(&cast.teacher, cast.case, &there).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(&cast.family.guardians[0], cast.case, own.id("/items/0/id")).await;
        answer(&cast.nurse, &cast, handover, "accept").send().await.expect_problem(409, "conflict");
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        assert_eq!(statuses(&cast.teacher, &cast).await, ["offered"]);
    }

    async fn when_the_role_of_the_holder_ends_the_leader_holds_the_baton(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        end_role(&world, &cast.teacher).await;
        assert_eq!(holder(&world, cast.case).await, leader.id);
        cast.teacher.get(cast.path("")).send().await.expect_problem(404, "not-found");
        assert_eq!(statuses(&leader, &cast).await, ["withdrawn", "assigned"]);
    }

    async fn when_the_account_of_the_holder_is_closed_the_leader_holds_the_baton(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let path = format!("/v1/municipalities/4014/accounts/{}/disable", cast.teacher.id);
        administrator.post(path).json(json!({})).send().await.expect(204);
        assert_eq!(holder(&world, cast.case).await, leader.id);
        administrator.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn a_leader_of_the_childs_family_is_passed_over(world: World) {
        let cast = world.school_case().await;
        world.grant(&cast.family.guardians[0], &cast.teacher.unit, Role::UnitLeader).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        end_role(&world, &cast.teacher).await;
        assert_eq!(holder(&world, cast.case).await, leader.id);
    }

    async fn a_sweep_finds_the_baton_whose_consent_has_run_out(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 0);
        world.advance(TimeDelta::days(182));
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 0, "the last day");
        world.advance(TimeDelta::days(1));
        // Until the sweep, the leader of the unit that opened the case can offer it to someone else.
        leader.get(cast.path("")).send().await.expect(200);
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 1);
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 0, "once");
        assert_eq!(holder(&world, cast.case).await, leader.id);
        assert_eq!(statuses(&leader, &cast).await, ["accepted", "assigned"]);
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let log = auditor.get(format!("/v1/access-log?action=assign_baton&case_id={}", cast.case)).send().await;
        let log = log.expect(200);
        assert_eq!(log.items().len(), 1);
        assert_eq!(log.body["items"][0]["person_id"], Value::Null);
        assert_eq!(log.body["items"][0]["policies"], json!(["system.baton-falls-back"]));
    }

    async fn a_sweep_leaves_alone_the_batons_that_are_held_rightly_and_those_of_closed_cases(world: World) {
        let cast = world.shared_case().await;
        world.staff("kragero/skole", Role::UnitLeader).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        world.close_case(&cast.nurse, cast.case).await;
        world.school_case().await;
        world.advance(TimeDelta::days(400));
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 0);
        assert_eq!(holder(&world, cast.case).await, cast.nurse.id);
    }

    async fn without_a_leader_the_baton_stays_and_is_found_when_there_is_one(world: World) {
        let cast = world.school_case().await;
        end_role(&world, &cast.teacher).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 0);
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 1);
        assert_eq!(holder(&world, cast.case).await, leader.id);
    }

    async fn the_database_refuses_a_case_without_a_contact_person_or_with_two(world: World) {
        let cast = world.shared_case().await;
        let mut tx = world.db.write().await.expect("a transaction");
        let sql = "DELETE FROM contact_person WHERE case_id = $1";
        assert_eq!(execute!(&mut tx, sql, cast.case).expect("deleted, for now"), 1);
        assert!(tx.commit().await.is_err(), "a case lost its contact person");

        let second: Result<(), DbError> = async {
            let mut tx = world.db.write().await?;
            let sql = "INSERT INTO contact_person (municipality, case_id, person_id, unit_id, since)
                VALUES ('4014', $1, $2, $3, $4)";
            execute!(&mut tx, sql, cast.case, cast.nurse.id, cast.nurse.unit.id, world.now())?;
            tx.commit().await
        }
        .await;
        assert!(second.is_err(), "a case got a second contact person");

        let moved: Result<(), DbError> = async {
            let mut tx = world.db.write().await?;
            let sql = "UPDATE contact_person SET case_id = $2 WHERE case_id = $1";
            execute!(&mut tx, sql, cast.case, CaseId::new())?;
            tx.commit().await
        }
        .await;
        assert!(moved.is_err(), "a baton went to another case");
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
    }

    async fn the_family_and_the_team_see_who_has_held_the_baton(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        for who in [&cast.teacher.user, &cast.nurse.user, &cast.family.guardians[1].user] {
            let list = who.get(cast.path("/handovers")).send().await.expect(200);
            assert_eq!(list.text("/items/0/from_person_id"), cast.teacher.id.to_string());
            assert_eq!(list.text("/items/0/to_person_name"), cast.nurse.name);
        }
        let stranger = world.worker("kragero/helsestasjon").await;
        stranger.get(cast.path("/handovers")).send().await.expect(404);
    }
}
