//! Members of staff keep what they hold until they or their leader confirm that they are close to a child.

use serde_json::json;
use stafett::handovers::sweep;

use super::{confirm_at, due, holder, known_by_number, name_guardian, state_guardian};
use crate::{
    cast::{Cast, finds_nothing, walk},
    support::{Role, World, both_engines},
};

both_engines! {
    async fn an_auditor_is_not_blinded_by_being_named_a_guardian(world: World) {
        let cast = world.school_case().await;
        let (auditor, number) = known_by_number(&world, "kragero/oppvekst", Role::Auditor).await;
        let colleague = world.worker("kragero/nav").await;
        let opened = world.open_in_emergency(&colleague, json!({"case_id": cast.case})).await;
        colleague.get(cast.path("")).send().await.expect(200);
        let same = state_guardian(&world, &colleague, &cast.family.child, &number).await;
        let search = format!("/v1/access-log?person_id={}&case_id={}", colleague.id, cast.case);
        assert!(auditor.get(&search).send().await.expect(200).items().len() >= 2);
        let emergencies = walk(&auditor, "/v1/emergency-access").await;
        assert!(emergencies.iter().any(|row| row["id"] == opened.body["id"]));
        // Nor by the registration of the case itself.
        name_guardian(&world, &cast.teacher, &cast.family.child, &number).await;
        assert!(!auditor.get(&search).send().await.expect(200).items().is_empty());
        finds_nothing(&auditor, &[cast.path(""), format!("/v1/children/{}", same.id)]).await;
        // Their leader confirms it.
        let leader = world.staff("kragero/oppvekst", Role::UnitLeader).await;
        assert_eq!(due(&leader, "confirm_conflict").await.len(), 2);
        let path = format!("/v1/units/{}/conflicts-of-interest", auditor.unit.id);
        let stated = walk(&leader, &path).await;
        let confirm = format!("{path}/{}/confirm", stated[0]["id"].as_str().expect("an id"));
        leader.post(confirm).json(json!({"reason": "They are close."})).if_match(1).send().await.expect(200);
        assert!(due(&leader, "confirm_conflict").await.is_empty(), "one decision is for every registration");
        assert!(auditor.get(&search).send().await.expect(200).items().is_empty());
    }

    async fn a_named_auditor_leaves_it_to_another_who_is_not_named(world: World) {
        let cast = world.school_case().await;
        let (auditor, number) = known_by_number(&world, "kragero/oppvekst", Role::Auditor).await;
        let (other, others_number) = known_by_number(&world, "kragero/oppvekst", Role::Auditor).await;
        let colleague = world.worker("kragero/nav").await;
        world.open_in_emergency(&colleague, json!({"case_id": cast.case})).await;
        let same = state_guardian(&world, &colleague, &cast.family.child, &number).await;
        let search = format!("/v1/access-log?person_id={}&case_id={}", colleague.id, cast.case);
        for path in [search.as_str(), "/v1/emergency-access"] {
            assert!(auditor.get(path).send().await.expect(200).items().is_empty(), "{path}");
            assert!(!other.get(path).send().await.expect(200).items().is_empty(), "{path}");
        }
        // Naming all of them hides it from none.
        name_guardian(&world, &colleague, &same, &others_number).await;
        for path in [search.as_str(), "/v1/emergency-access"] {
            for who in [&auditor, &other] {
                assert!(!who.get(path).send().await.expect(200).items().is_empty(), "{path}");
            }
        }
    }

    async fn a_leader_does_not_take_the_baton_by_naming_its_holder_a_guardian(world: World) {
        let (teacher, number) = known_by_number(&world, "kragero/skole", Role::Worker).await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        state_guardian(&world, &leader, &family.child, &number).await;
        assert_eq!(sweep(&world.db, &world.clock).await.expect("a sweep"), 0);
        assert_eq!(holder(&world, case).await, teacher.id);
        teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
        leader.get(format!("/v1/cases/{case}/notes")).send().await.expect_problem(403, "forbidden");
        // Another leader decides whether it is true (fvl § 8). Neither gets anything by it.
        let other = world.staff("kragero/skole", Role::UnitLeader).await;
        confirm_at(&other, &teacher).await;
        finds_nothing(&teacher, &[format!("/v1/cases/{case}")]).await;
        for who in [&leader, &other] {
            who.get(format!("/v1/cases/{case}/notes")).send().await.expect_problem(403, "forbidden");
        }
        assert_eq!(holder(&world, case).await, teacher.id, "in name, until another can take it");
        let third = world.staff("kragero/skole", Role::UnitLeader).await;
        assert_eq!(sweep(&world.db, &world.clock).await.expect("a sweep"), 1);
        assert_eq!(holder(&world, case).await, third.id);
    }

    async fn one_on_the_team_keeps_the_seat_until_their_leader_confirms(world: World) {
        let (nurse, number) = known_by_number(&world, "kragero/helsestasjon", Role::Worker).await;
        let cast = Cast { nurse, ..world.school_case().await };
        world.all_consent(&cast.family, cast.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let colleague = world.worker("kragero/nav").await;
        state_guardian(&world, &colleague, &cast.family.child, &number).await;
        for below in ["", "/notes"] {
            cast.nurse.get(cast.path(below)).send().await.expect(200);
        }
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let confirmed = confirm_at(&leader, &cast.nurse).await;
        assert_eq!(confirmed["ground"], "guardian");
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        // An error is ended with a reason.
        let path = format!("/v1/units/{}/conflicts-of-interest/{}/end", cast.nurse.unit.id, confirmed["id"].as_str().expect("an id"));
        leader.post(path).json(json!({"reason": "Another person."})).if_match(&confirmed["version"]).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        assert!(due(&leader, "confirm_conflict").await.is_empty());
    }

    async fn a_leader_rejects_what_is_stated_of_one_on_the_team(world: World) {
        let (nurse, number) = known_by_number(&world, "kragero/helsestasjon", Role::Worker).await;
        let cast = Cast { nurse, ..world.school_case().await };
        world.all_consent(&cast.family, cast.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let colleague = world.worker("kragero/nav").await;
        let same = state_guardian(&world, &colleague, &cast.family.child, &number).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let stated = due(&leader, "confirm_conflict").await;
        let path = format!("/v1/units/{}/conflicts-of-interest/{}", cast.nurse.unit.id, stated[0]["object_id"].as_str().expect("an id"));
        cast.nurse.post(format!("{path}/confirm")).if_match(1).send().await.expect_problem(403, "forbidden");
        let reject = leader.post(format!("{path}/end")).json(json!({"reason": "It is not so."}));
        reject.if_match(1).send().await.expect(200);
        leader.post(format!("{path}/confirm")).json(json!({"reason": "They are close."})).if_match(2).send().await.expect_problem(409, "conflict");
        assert!(due(&leader, "confirm_conflict").await.is_empty());
        cast.nurse.get(cast.path("")).send().await.expect(200);
        drop(same);
    }

    async fn a_leader_does_not_learn_of_children_that_their_staff_do_not_help(world: World) {
        let cast = world.school_case().await;
        let (mother, number) = known_by_number(&world, "kragero/ppt", Role::Worker).await;
        let leader = world.staff("kragero/ppt", Role::UnitLeader).await;
        let colleague = world.worker("kragero/barnevern").await;
        state_guardian(&world, &colleague, &cast.family.child, &number).await;
        let path = format!("/v1/units/{}/conflicts-of-interest", leader.unit.id);
        assert!(walk(&leader, &path).await.is_empty());
        assert!(due(&leader, "confirm_conflict").await.is_empty());
        assert!(walk(&mother, "/v1/me/conflicts-of-interest").await.is_empty());
    }
}
