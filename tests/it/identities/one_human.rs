//! Two persons turn out to be one human, or a number was wrong: nothing opens, and nothing is lost.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    KRAGERO, as_guardian, log_of,
    numbers::{Office, confirm, employed, propose},
};
use crate::{
    cast::{finds_nothing, walk},
    claims::{due, state_protection},
    disclosures::{disclose, health_case, of_note},
    support::{Role, Staff, User, World, both_engines},
};

/// A leader records that one of the staff has a conflict of interest in a case, which counts at once.
async fn record(leader: &User, case: impl std::fmt::Display, person: &Staff) {
    let body = json!({"person_id": person.id, "ground": "friend"});
    leader.post(format!("/v1/cases/{case}/conflicts-of-interest")).json(body).send().await.expect(201);
}

/// The contact person corrects the number of a child.
async fn renumber(by: &Staff, child: impl std::fmt::Display, number: &str, version: i64) {
    let body = json!({"national_id": number, "reason": "The number was wrong."});
    by.patch(format!("/v1/children/{child}")).json(body).if_match(version).send().await.expect(200);
}

fn seat(person: &Staff) -> Value {
    json!({"person_id": person.id, "unit_id": person.unit.id, "contains": [], "task": "Helps."})
}

both_engines! {
    async fn an_objection_stays_in_force(world: World) {
        let office = Office::of(&world).await;
        let (nurse, dentist, family, case, note) = health_case(&world, 9).await;
        let number = world.adult_number();
        let (mother, child) = (&family.guardians[0], &family.child);
        // She objects as the newer of her two persons.
        world.advance(TimeDelta::seconds(1));
        let other = nurse.post(format!("/v1/children/{}/guardians", child.id)).json(as_guardian(&world, &number));
        other.send().await.expect(201);
        let user = world.user(KRAGERO, &number).await;
        user.post(format!("/v1/cases/{case}/objections")).json(json!({})).send().await.expect(201);
        disclose(&nurse, &of_note(case, note, "health_personnel", &dentist)).await.expect_problem(409, "conflict");
        office.add(&mother.national_id, &number).await;
        disclose(&nurse, &of_note(case, note, "health_personnel", &dentist)).await.expect_problem(409, "conflict");
    }

    async fn a_protected_address_closes_from_the_day_two_registrations_meet(world: World) {
        let office = Office::of(&world).await;
        let cast = world.school_case().await;
        let (child, parent) = (&cast.family.child, &cast.family.guardians[1]);
        let nurse = world.worker("kragero/helsestasjon").await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let other = crate::support::Child { national_id: world.child_number(7), ..child.clone() };
        world.advance(TimeDelta::days(1));
        state_protection(&world, &nurse, &other).await;
        world.advance(TimeDelta::days(60));
        parent.get(cast.path("")).send().await.expect(200);
        office.add(&child.national_id, &other.national_id).await;
        finds_nothing(parent, &[cast.path("")]).await;
        for reviewer in [&cast.teacher, &auditor] {
            assert!(!due(reviewer, "decide_claim").await.is_empty());
        }
        world.advance(TimeDelta::days(14));
        parent.get(cast.path("")).send().await.expect(200);
    }

    async fn a_correction_takes_only_what_is_about_its_own_registration(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/skole").await;
        cast.teacher.post(cast.path("/team")).json(seat(&colleague)).send().await.expect(201);
        record(&leader, cast.case, &colleague).await;
        finds_nothing(&colleague, &[cast.path("")]).await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let same = world.register(&nurse, cast.family.child.national_id.clone()).await;
        renumber(&nurse, same.id, world.child_number(7).as_str(), 1).await;
        finds_nothing(&colleague, &[cast.path("")]).await;
    }

    async fn nobody_gets_back_in_by_a_number_that_is_corrected_twice(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/skole").await;
        cast.teacher.post(cast.path("/team")).json(seat(&colleague)).send().await.expect(201);
        record(&leader, cast.case, &colleague).await;
        world.advance(TimeDelta::days(60));
        let nurse = world.worker("kragero/helsestasjon").await;
        let other = world.child_number(7);
        world.register(&nurse, other.clone()).await;
        let (child, number) = (cast.family.child.id, cast.family.child.national_id.clone());
        renumber(&cast.teacher, child, other.as_str(), 1).await;
        finds_nothing(&colleague, &[cast.path("")]).await;
        renumber(&cast.teacher, child, number.as_str(), 2).await;
        finds_nothing(&colleague, &[cast.path("")]).await;
    }

    async fn a_name_that_is_corrected_meanwhile_moves_no_registration_back(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        for _ in 0..4 {
            let (d_number, number) = (world.child_number(7), world.child_number(7));
            world.register(&teacher, d_number.clone()).await;
            let child = world.register(&teacher, number.clone()).await;
            let proposal = propose(&office.first, &d_number, &number).await.expect(201).text("/id");
            let body = json!({"name": "Iben Marie", "reason": "The middle name was missing."});
            let corrected = teacher.patch(format!("/v1/children/{}", child.id)).json(body).if_match(1).send();
            let (corrected, confirmed) = tokio::join!(corrected, confirm(&office.second, &proposal, &d_number, &number));
            assert!([200, 412].contains(&corrected.status), "{corrected:?}");
            confirmed.expect(201);
            let apart = "SELECT COUNT(*) FROM child c JOIN person p ON p.id = c.person_id WHERE p.canonical_id <> p.id";
            assert_eq!(world.number_of(apart).await, 0);
        }
    }

    async fn a_person_whose_number_could_not_be_read_is_found_by_it_again(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let number = world.child_number(7);
        world.register(&teacher, number.clone()).await;
        for sql in ["DELETE FROM identity_number", "UPDATE person SET identity_id = id"] {
            world.try_execute(sql).await.expect("as after a migration without the key");
        }
        world.register(&teacher, number.clone()).await;
        world.register(&teacher, number).await;
        assert_eq!(world.number_of("SELECT COUNT(DISTINCT person_id) FROM child").await, 1);
    }

    async fn the_auditor_finds_the_looks_of_one_human_together(world: World) {
        let office = Office::of(&world).await;
        let (teacher, known) = employed(&world, "kragero/skole", Role::Worker).await;
        let (nurse, number) = employed(&world, "kragero/helsestasjon", Role::Worker).await;
        world.child(&teacher, 7).await;
        world.child(&nurse, 7).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let registered = async |person: &Staff| {
            let path = format!("/v1/access-log?action=register_child&person_id={}", person.id);
            auditor.get(path).send().await.expect(200).items().len()
        };
        assert_eq!((registered(&teacher).await, registered(&nurse).await), (1, 1));
        office.add(&known, &number).await;
        assert_eq!((registered(&teacher).await, registered(&nurse).await), (2, 2));
        assert!(!log_of(&world, KRAGERO).await.is_empty());
    }

    async fn a_leader_in_one_municipality_ends_no_conflict_of_interest_in_another(world: World) {
        let (nurse, number) = employed(&world, "kragero/helsestasjon", Role::Worker).await;
        let there = world.user("4001", &number).await;
        let unit = world.unit("porsgrunn/helsestasjon").await;
        world.grant(&there, &unit, Role::Worker).await;
        let declared = json!({"national_id": world.child_number(7).as_str(), "ground": "friend"});
        nurse.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        let leaders = [world.staff("kragero/helsestasjon", Role::UnitLeader).await, world.staff("porsgrunn/helsestasjon", Role::UnitLeader).await];
        let of_unit = |leader: &Staff| format!("/v1/units/{}/conflicts-of-interest", leader.unit.id);
        for leader in &leaders {
            assert_eq!(walk(leader, &of_unit(leader)).await.len(), 1, "each knows of it in their own municipality");
        }
        let id = walk(&leaders[1], &of_unit(&leaders[1])).await[0]["id"].as_str().expect("an id").to_owned();
        let path = format!("{}/{id}/end", of_unit(&leaders[1]));
        leaders[1].post(path).json(json!({"reason": "They are no longer friends."})).if_match(1).send().await.expect(200);
        assert!(walk(&leaders[1], &of_unit(&leaders[1])).await.is_empty());
        assert_eq!(walk(&leaders[0], &of_unit(&leaders[0])).await.len(), 1);
        let own = walk(&nurse, "/v1/me/conflicts-of-interest").await;
        assert!(own[0]["ended_at"].is_null(), "it is in force in one municipality still");
    }
}
