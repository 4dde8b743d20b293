//! Care orders: from the first day the parents see and decide nothing here, and child welfare acts in their place.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    cast::{Cast, finds_nothing, walk},
    support::{Answer, Call, Child, Guardian, Role, Staff, User, World, both_engines},
};

pub fn path(child: &Child) -> String {
    format!("/v1/children/{}/care-orders", child.id)
}

pub fn order(worker: &Staff, from: String) -> Value {
    json!({
        "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": from,
        "child_welfare_unit_id": worker.unit.id, "child_welfare_person_id": worker.id,
    })
}

pub fn record(by: &User, child: &Child, body: Value) -> Call {
    by.post(path(child)).json(body)
}

/// The person named in an order accepts it.
pub async fn accept(by: &User, child: &Child, order: &Answer) -> Answer {
    let path = format!("{}/{}/accept", path(child), order.text("/id"));
    by.post(path).if_match(&order.body["version"]).send().await.expect(200)
}

/// An order that is recorded, and accepted by the person named in it.
pub async fn in_force(by: &User, child: &Child, worker: &User, body: Value) -> Answer {
    let made = record(by, child, body).send().await.expect(201);
    accept(worker, child, &made).await
}

/// An order that is in force from today.
async fn taken_into_care(world: &World, cast: &Cast) -> (Staff, Answer) {
    let worker = world.worker("kragero/barnevern").await;
    let body = order(&worker, world.in_days(0));
    let made = in_force(&cast.teacher, &cast.family.child, &worker, body).await;
    (worker, made)
}

pub fn end(by: &User, child: &Child, order: &Answer) -> Call {
    let path = format!("{}/{}/end", path(child), order.text("/id"));
    by.post(path).json(json!({"decision_reference": "BVHN-2026-0377"})).if_match(&order.body["version"])
}

pub async fn foster_parent(world: &World, by: &User, child: &Child) -> Guardian {
    let guardian = world.guardian(&child.municipality, world.adult_number()).await;
    let body = json!({
        "national_id": guardian.national_id.as_str(), "name": guardian.name, "parental_responsibility": false,
        "lives_with_child": true, "capacity": "foster_parent",
    });
    by.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
    guardian
}

pub fn consent_to(world: &World, unit: &Staff) -> Value {
    json!({
        "unit_ids": [unit.unit.id], "purpose": "Cooperation.", "valid_until": world.in_days(90), "text_version": "2026-1",
    })
}

/// The change of an order to another person.
fn change_to(person: &Staff) -> Value {
    json!({"child_welfare_unit_id": person.unit.id, "child_welfare_person_id": person.id, "reference": "Has a new contact."})
}

/// Everything that a guardian sees of a case and its child.
pub fn everything(cast: &Cast) -> Vec<String> {
    let below = [
        "",
        "/history",
        "/team",
        "/handovers",
        "/consents",
        "/goals",
        "/measures",
        "/meetings",
        "/notes",
        "/access-log",
    ];
    let child = format!("/v1/children/{}", cast.family.child.id);
    let mut paths: Vec<String> = below.iter().map(|below| cast.path(below)).collect();
    paths.extend([
        format!("{child}/guardians"),
        format!("{child}/contact-details"),
        path(&cast.family.child),
        child,
    ]);
    paths
}

/// The person named in an order sees the order, and nothing else by it.
async fn finds_nothing_but_the_order(worker: &User, cast: &Cast) {
    let orders = path(&cast.family.child);
    let others: Vec<String> = everything(cast).into_iter().filter(|path| *path != orders).collect();
    finds_nothing(worker, &others).await;
    assert_eq!(worker.get(orders).send().await.expect(200).items().len(), 1);
}

both_engines! {
    async fn from_its_day_the_parents_see_nothing_and_foster_parents_and_child_welfare_see_the_case(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let worker = world.worker("kragero/barnevern").await;
        let colleague = world.worker("kragero/barnevern").await;
        let foster = foster_parent(&world, &cast.teacher, child).await;
        let made = in_force(&cast.teacher, child, &worker, order(&worker, world.in_days(1))).await;
        for parent in &cast.family.guardians {
            parent.get(cast.path("")).send().await.expect(200);
        }
        finds_nothing(&foster, &everything(&cast)).await;
        finds_nothing_but_the_order(&worker, &cast).await;

        world.advance(TimeDelta::days(1));
        for parent in &cast.family.guardians {
            finds_nothing(parent, &everything(&cast)).await;
            assert!(parent.get("/v1/cases").send().await.expect(200).items().is_empty());
        }
        for user in [&foster.user, &worker.user] {
            for below in ["", "/team", "/goals", "/measures", "/meetings", "/notes", "/consents"] {
                user.get(cast.path(below)).send().await.expect(200);
            }
            assert_eq!(user.get("/v1/cases").send().await.expect(200).items().len(), 1);
        }
        finds_nothing(&colleague, &everything(&cast)).await;
        worker.get(cast.path("/access-log")).send().await.expect_problem(403, "forbidden");
        worker.post(cast.path("/notes")).json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A word."})).send().await.expect(403);
        foster.post(cast.path("/consents")).json(consent_to(&world, &cast.nurse)).send().await.expect_problem(403, "forbidden");

        end(&worker, child, &made).send().await.expect(200);
        for parent in &cast.family.guardians {
            parent.get(cast.path("")).send().await.expect(200);
        }
        finds_nothing(&foster, &everything(&cast)).await;
        finds_nothing(&worker, &everything(&cast)).await;
    }

    async fn child_welfare_consents_in_the_place_of_the_parents(world: World) {
        let cast = world.shared_case().await;
        let child = &cast.family.child;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let (worker, made) = taken_into_care(&world, &cast).await;
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
        let given = worker.post(cast.path("/consents")).json(consent_to(&world, &cast.nurse)).send().await.expect(201);
        assert_eq!(given.text("/form"), "digital");
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let mut of_a_parent = consent_to(&world, &cast.nurse);
        of_a_parent["given_by"] = json!(cast.family.guardians[0].id);
        of_a_parent["form"] = json!("paper");
        of_a_parent["document"] = json!("2026/118-2");
        cast.teacher.post(cast.path("/consents")).json(of_a_parent).send().await.expect_invalid("/given_by");
        let withdraw = cast.path(&format!("/consents/{}/withdraw", given.text("/id")));
        worker.post(withdraw).json(json!({})).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
        // As before, with the consents that the parents gave. The membership ended with the withdrawal.
        end(&cast.teacher, child, &made).send().await.expect(200);
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn the_contact_person_records_what_child_welfare_consents_to_on_paper(world: World) {
        let cast = world.school_case().await;
        let (worker, _) = taken_into_care(&world, &cast).await;
        let mut consent = consent_to(&world, &cast.nurse);
        consent["given_by"] = json!(worker.id);
        consent["form"] = json!("paper");
        consent["document"] = json!("26/1234-1");
        cast.teacher.post(cast.path("/consents")).json(consent).send().await.expect(201);
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
    }

    async fn a_parent_withdraws_an_earlier_consent_under_an_order_and_learns_of_no_unit(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let consents = mother.get(cast.path("/consents")).send().await.expect(200);
        let consent = cast.path(&format!("/consents/{}", consents.text("/items/0/id")));
        taken_into_care(&world, &cast).await;
        finds_nothing(mother, std::slice::from_ref(&consent)).await;
        let withdrawn = mother.post(format!("{consent}/withdraw")).json(json!({})).send().await.expect(200);
        assert_eq!(withdrawn.body["units"], json!([]));
    }

    async fn a_baton_held_on_the_parents_consent_falls_back(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        let worker = world.worker("kragero/barnevern").await;
        let body = order(&worker, world.in_days(0));
        in_force(&cast.nurse, &cast.family.child, &worker, body).await;
        let case = worker.get(cast.path("")).send().await.expect(200);
        assert_eq!(case.text("/contact_person_id"), leader.id.to_string());
    }

    async fn the_contact_person_records_orders_and_before_a_case_the_registrant_and_the_leader(world: World) {
        let cast = world.shared_case().await;
        let child = &cast.family.child;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let worker = world.worker("kragero/barnevern").await;
        let body = order(&worker, world.in_days(0));
        for user in [&cast.nurse.user, &cast.family.guardians[0].user, &leader.user] {
            record(user, child, body.clone()).send().await.expect_problem(403, "forbidden");
            user.get(path(child)).send().await.expect_problem(403, "forbidden");
        }
        record(&worker, child, body.clone()).send().await.expect_problem(404, "not-found");
        record(&cast.teacher, child, body.clone()).send().await.expect(201);
        record(&cast.teacher, child, body.clone()).send().await.expect_problem(409, "conflict");

        let other = world.child(&cast.teacher, 7).await;
        let made = record(&leader, &other, body).send().await.expect(201);
        let listed = cast.teacher.get(path(&other)).send().await.expect(200);
        assert_eq!(listed.text("/items/0/decision_reference"), "BVHN-2026-0142");
        assert_eq!(world.number_of("SELECT COUNT(*) FROM care_order WHERE decision_reference LIKE '%BVHN%'").await, 0, "sealed");
        let ended = end(&cast.teacher, &other, &made).send().await.expect(200);
        assert_eq!(ended.text("/end_reference"), "BVHN-2026-0377");
        end(&cast.teacher, &other, &ended).send().await.expect_problem(409, "conflict");
        end(&cast.teacher, &other, &made).send().await.expect_problem(412, "version-mismatch");
    }

    async fn only_someone_at_work_in_child_welfare_decides_by_an_order(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let worker = world.worker("kragero/barnevern").await;
        let elsewhere = world.worker("porsgrunn/barnevernstjenesten").await;
        let refused = |unit: &Staff, person: &User| {
            let mut body = order(unit, world.in_days(0));
            body["child_welfare_person_id"] = json!(person.id);
            record(&cast.teacher, child, body).send()
        };
        for (unit, person) in [(&cast.nurse, &cast.nurse.user), (&worker, &cast.nurse.user), (&elsewhere, &elsewhere.user)] {
            refused(unit, person).await.expect_invalid("/child_welfare_person_id");
        }
        // Not for their own family (fvl § 6).
        world.grant(&cast.family.guardians[0], &worker.unit, Role::Worker).await;
        refused(&worker, &cast.family.guardians[0]).await.expect_invalid("/child_welfare_person_id");
    }

    async fn one_who_leaves_child_welfare_decides_no_more(world: World) {
        let cast = world.school_case().await;
        let unit = world.unit("kragero/barnevern").await;
        let user = world.user_with_new_number("4014").await;
        let role = world.grant(&user, &unit, Role::Worker).await;
        let worker = Staff { user, unit };
        in_force(&cast.teacher, &cast.family.child, &worker, order(&worker, world.in_days(0))).await;
        worker.get(cast.path("")).send().await.expect(200);
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        administrator.delete(format!("/v1/units/{}/staff/{role}", worker.unit.id)).send().await.expect(204);
        finds_nothing(&worker, &everything(&cast)).await;
        finds_nothing(&cast.family.guardians[0], &everything(&cast)).await;
    }

    async fn no_consent_counts_of_one_who_has_left_child_welfare_or_is_disqualified(world: World) {
        let cast = world.school_case().await;
        let unit = world.unit("kragero/barnevern").await;
        let user = world.user_with_new_number("4014").await;
        let role = world.grant(&user, &unit, Role::Worker).await;
        let worker = Staff { user, unit };
        let made = in_force(&cast.teacher, &cast.family.child, &worker, order(&worker, world.in_days(0))).await;
        let on_paper = |by: &Staff| {
            let mut body = consent_to(&world, &cast.nurse);
            body["given_by"] = json!(by.id);
            body["form"] = json!("paper");
            body["document"] = json!("2026/17");
            cast.teacher.post(cast.path("/consents")).json(body).send()
        };
        on_paper(&worker).await.expect(201);
        let status = || cast.teacher.get(cast.path(&format!("/consent-status/{}", cast.nurse.unit.id))).send();
        assert_eq!(status().await.expect(200).body["may_take_part"], true);
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        administrator.delete(format!("/v1/units/{}/staff/{role}", worker.unit.id)).send().await.expect(204);
        assert_eq!(status().await.expect(200).body["may_take_part"], false, "her consent counts no more");
        on_paper(&worker).await.expect(422);

        let other = world.worker("kragero/barnevern").await;
        let one = format!("{}/{}", path(&cast.family.child), made.text("/id"));
        let named = cast.teacher.patch(&one).json(change_to(&other)).if_match(2).send().await.expect(200);
        on_paper(&other).await.expect(422);
        accept(&other, &cast.family.child, &named).await;
        on_paper(&other).await.expect(201);
        let own = json!({"national_id": cast.family.child.national_id.as_str(), "ground": "relative"});
        other.post("/v1/me/conflicts-of-interest").json(own).send().await.expect(201);
        assert_eq!(status().await.expect(200).body["may_take_part"], false);
        on_paper(&other).await.expect(422);
        finds_nothing(&cast.family.guardians[0], &everything(&cast)).await;
    }

    async fn an_order_is_left_to_a_colleague_who_consents_anew(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let (worker, made) = taken_into_care(&world, &cast).await;
        worker.post(cast.path("/consents")).json(consent_to(&world, &cast.nurse)).send().await.expect(201);
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let colleague = world.worker("kragero/barnevern").await;
        let one = format!("{}/{}", path(child), made.text("/id"));
        cast.nurse.patch(&one).json(change_to(&colleague)).if_match(2).send().await.expect_problem(403, "forbidden");
        worker.patch(&one).json(change_to(&cast.nurse)).if_match(2).send().await.expect_invalid("/child_welfare_person_id");
        let named = worker.patch(&one).json(change_to(&colleague)).if_match(2).send().await.expect(200);
        assert_eq!(named.body["accepted_at"], Value::Null);
        assert_eq!(named.text("/changes/0/former_person_id"), worker.id.to_string());
        colleague.get(cast.path("")).send().await.expect_problem(404, "not-found");
        accept(&colleague, child, &named).await;
        finds_nothing(&worker, &everything(&cast)).await;
        colleague.get(cast.path("")).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
        colleague.post(cast.path("/consents")).json(consent_to(&world, &cast.nurse)).send().await.expect(201);
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn an_order_in_one_registration_closes_the_others_and_opens_none_of_them(world: World) {
        let cast = world.school_case().await;
        let mother = &cast.family.guardians[0];
        let same = world.register(&cast.nurse, cast.family.child.national_id.clone()).await;
        let as_mother = json!({
            "national_id": mother.national_id.as_str(), "name": mother.name, "parental_responsibility": true, "lives_with_child": true,
        });
        cast.nurse.post(format!("/v1/children/{}/guardians", same.id)).json(as_mother).send().await.expect(201);
        let child = format!("/v1/children/{}", same.id);
        mother.get(&child).send().await.expect(200);
        let (worker, _) = taken_into_care(&world, &cast).await;
        for user in [&mother.user, &worker.user] {
            finds_nothing(user, std::slice::from_ref(&child)).await;
        }
        assert!(cast.nurse.get(path(&same)).send().await.expect(200).items().is_empty());
    }

    async fn the_young_person_of_age_consents_alone_under_an_order_too_and_sees_it(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.family(&teacher, 17, 1).await;
        let youth = world.youth(&family.child).await;
        let case = world.open_case(&teacher, &family.child).await;
        let cast = Cast { teacher, nurse, family, case };
        let (worker, _) = taken_into_care(&world, &cast).await;
        assert_eq!(youth.get(path(&cast.family.child)).send().await.expect(200).items().len(), 1);
        worker.post(cast.path("/consents")).json(consent_to(&world, &cast.nurse)).send().await.expect_invalid("/given_by");
        world.consent(&youth, case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, case, &cast.nurse).await;
        finds_nothing(&cast.family.guardians[0], &everything(&cast)).await;
    }

    async fn a_foster_parent_has_no_parental_responsibility_and_is_not_told_of_afterwards(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let mother = &cast.family.guardians[0];
        let foster = foster_parent(&world, &cast.teacher, child).await;
        let guardians = format!("/v1/children/{}/guardians", child.id);
        let both = json!({
            "national_id": world.adult_number().as_str(), "name": world.name(), "parental_responsibility": true,
            "lives_with_child": true, "capacity": "foster_parent",
        });
        cast.teacher.post(&guardians).json(both).send().await.expect_invalid("/parental_responsibility");
        let rows = walk(&cast.teacher, &guardians).await;
        let theirs = rows.iter().find(|row| row["capacity"] == "foster_parent").expect("a foster parent");
        let change = json!({"parental_responsibility": true, "lives_with_child": true});
        let one = format!("{guardians}/{}", theirs["id"].as_str().expect("an id"));
        cast.teacher.patch(one).json(change).if_match(1).send().await.expect_invalid("/parental_responsibility");
        let (_, made) = taken_into_care(&world, &cast).await;
        assert_eq!(walk(&foster, &guardians).await.len(), 3);
        end(&cast.teacher, child, &made).send().await.expect(200);
        assert_eq!(walk(mother, &guardians).await.len(), 2);
        assert!(!mother.get(&guardians).send().await.expect(200).text.contains(&foster.name));
    }

    async fn child_welfare_is_invited_to_meetings_in_the_place_of_the_parents(world: World) {
        let cast = world.school_case().await;
        let (worker, _) = taken_into_care(&world, &cast).await;
        let meeting = |participant: &User| {
            let body = json!({"starts_at": world.in_days(3) + "T10:00:00Z", "contains": [], "agenda": "Next.", "participants": [participant.id]});
            cast.teacher.post(cast.path("/meetings")).json(body).send()
        };
        meeting(&cast.family.guardians[0]).await.expect_invalid("/participants/0");
        let made = meeting(&worker).await.expect(201);
        let answer = cast.path(&format!("/meetings/{}/answer", made.text("/id")));
        worker.post(answer).json(json!({"answer": "coming"})).send().await.expect(200);
    }
}
