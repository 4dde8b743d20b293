//! Objections to sharing among health personnel, by the person who decides on the child's health care.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::CaseId;

use crate::{
    cast::{ids, walk},
    disclosures::{disclose, health_case, of_note},
    support::{Answer, Family, Guardian, User, World, both_engines},
};

async fn object(by: &User, case: CaseId, body: Value) -> Answer {
    by.post(format!("/v1/cases/{case}/objections")).json(body).send().await
}

/// Changes the mother's guardianship of the child.
async fn is_from_now_on(by: &User, family: &Family, guardianship: Value) {
    let path = format!("/v1/children/{}/guardians", family.child.id);
    let list = by.get(&path).send().await.expect(200);
    let mother = json!(family.guardians[0].id);
    let hers = list.items().iter().find(|item| item["guardian_id"] == mother).expect("hers");
    let path = format!("{path}/{}", hers["id"].as_str().expect("an id"));
    by.patch(path).json(guardianship).if_match(1).send().await.expect(200);
}

both_engines! {
    async fn an_objection_stops_sharing_in_health_from_the_next_request_until_it_is_withdrawn(world: World) {
        let (nurse, dentist, family, case, note) = health_case(&world, 9).await;
        let body = of_note(case, note, "health_personnel", &dentist);
        let [mother, father] = [&family.guardians[0], &family.guardians[1]];
        disclose(&nurse, &body).await.expect(201);
        let made = object(mother, case, json!({})).await.expect(201);
        assert_eq!((&made.body["form"], &made.body["objected_by"]), (&json!("digital"), &json!(mother.id)));
        object(mother, case, json!({})).await.expect_problem(409, "conflict");
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
        // Danger to life overrides it.
        disclose(&nurse, &of_note(case, note, "danger_to_life_or_health", &dentist)).await.expect(201);
        let below = format!("/v1/cases/{case}/objections");
        assert_eq!(ids(&walk(mother, &below).await), [made.text("/id")]);
        assert!(walk(father, &below).await.is_empty(), "one guardian's is not the other's to see");
        let withdraw = format!("{below}/{}/withdraw", made.text("/id"));
        father.post(&withdraw).send().await.expect_problem(404, "not-found");
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
        mother.post(&withdraw).send().await.expect(200);
        disclose(&nurse, &body).await.expect(201);
        mother.post(&withdraw).send().await.expect(200);
        object(mother, case, json!({})).await.expect(201);
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
    }

    async fn the_log_does_not_tell_one_guardian_that_the_other_objects(world: World) {
        let (nurse, _, family, case, _) = health_case(&world, 9).await;
        let [mother, father] = [&family.guardians[0], &family.guardians[1]];
        object(mother, case, json!({})).await.expect(201);
        mother.get(format!("/v1/cases/{case}/objections")).send().await.expect(200);
        let told = json!({"objected_by": father.id, "form": "oral"});
        object(&nurse, case, told).await.expect(201);
        let log = |who: &Guardian| who.get(format!("/v1/cases/{case}/access-log")).send();
        let (his, hers) = (log(father).await.expect(200), log(mother).await.expect(200));
        let by_her = |entry: &&Value| entry["person_name"] == json!(mother.name);
        let of_her: Vec<&Value> = his.items().iter().filter(by_her).collect();
        assert_eq!(of_her.len(), 1, "one visit");
        assert_eq!((&of_her[0]["kind"], &of_her[0]["sections"]), (&json!("looked"), &json!(["case"])), "{}", his.text);
        for log in [his, hers] {
            assert!(!log.text.contains("hpl § 29") && !log.text.contains("pbrl § 5-3"), "{}", log.text);
        }
    }

    async fn the_contact_person_records_what_a_guardian_has_told_them(world: World) {
        let (nurse, dentist, family, case, note) = health_case(&world, 9).await;
        let body = of_note(case, note, "health_personnel", &dentist);
        let mother = &family.guardians[0];
        let stranger = world.guardian_of(&nurse, &world.child(&nurse, 4).await, true).await;
        object(&nurse, case, json!({})).await.expect_invalid("/objected_by");
        object(&nurse, case, json!({"objected_by": stranger.id, "form": "oral"})).await.expect_invalid("/objected_by");
        object(&nurse, case, json!({"objected_by": family.child.id, "form": "oral"})).await.expect_invalid("/objected_by");
        object(&nurse, case, json!({"objected_by": mother.id})).await.expect_invalid("/form");
        object(mother, case, json!({"objected_by": family.guardians[1].id})).await.expect_invalid("/objected_by");
        object(mother, case, json!({"form": "paper"})).await.expect_invalid("/form");
        for who in [&dentist.user, &stranger.user] {
            object(who, case, json!({})).await.expect_problem(404, "not-found");
        }
        let made = object(&nurse, case, json!({"objected_by": mother.id, "form": "oral"})).await.expect(201);
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
        let below = format!("/v1/cases/{case}/objections");
        for who in [&mother.user, &nurse.user] {
            assert_eq!(ids(&walk(who, &below).await), [made.text("/id")]);
        }
        nurse.post(format!("{below}/{}/withdraw", made.text("/id"))).send().await.expect(200);
        disclose(&nurse, &body).await.expect(201);
    }

    async fn from_sixteen_the_young_person_alone_objects_and_may_withdraw_what_a_guardian_objected(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let dentist = world.worker("kragero/fylkeskommunal-tannlege").await;
        // Turns sixteen on the first of December.
        let child = world.child_born(&nurse, "2010-12-01").await;
        let mother = world.guardian_of(&nurse, &child, true).await;
        let case = world.open_case(&nurse, &child).await;
        let note = world.note(&nurse, case, "team", "Has pain in a tooth.").await;
        let body = of_note(case, note, "health_personnel", &dentist);
        let youth = world.youth(&child).await;
        object(&youth, case, json!({})).await.expect_problem(403, "forbidden");
        let made = object(&mother, case, json!({})).await.expect(201);
        let withdraw = format!("/v1/cases/{case}/objections/{}/withdraw", made.text("/id"));
        youth.post(&withdraw).send().await.expect_problem(404, "not-found");
        world.advance(TimeDelta::days(9));
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
        youth.post(&withdraw).send().await.expect(200);
        disclose(&nurse, &body).await.expect(201);
        object(&mother, case, json!({})).await.expect_problem(403, "forbidden");
        object(&nurse, case, json!({"objected_by": child.id, "form": "oral"})).await.expect(201);
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
    }

    async fn the_objection_of_one_who_has_lost_parental_responsibility_stands_no_more(world: World) {
        let (nurse, dentist, family, case, note) = health_case(&world, 9).await;
        let body = of_note(case, note, "health_personnel", &dentist);
        object(&family.guardians[0], case, json!({})).await.expect(201);
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
        is_from_now_on(&nurse, &family, json!({"parental_responsibility": false, "lives_with_child": true})).await;
        disclose(&nurse, &body).await.expect(201);
    }

    async fn who_decides_for_the_child_objects_and_no_other(world: World) {
        let (nurse, dentist, family, case, note) = health_case(&world, 9).await;
        let body = of_note(case, note, "health_personnel", &dentist);
        let child = format!("/v1/children/{}", family.child.id);
        object(&family.guardians[0], case, json!({})).await.expect(201);
        // Although the child is hidden from her from now on, the mother still decides.
        is_from_now_on(&nurse, &family, json!({"parental_responsibility": true, "lives_with_child": false})).await;
        let graded = nurse.put(format!("{child}/contact-details")).json(json!({"protection": "confidential"}));
        graded.if_match(0).send().await.expect(200);
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
        // Under a care order, child welfare decides.
        let worker = world.worker("kragero/barnevern").await;
        let order = json!({
            "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(0),
            "child_welfare_unit_id": worker.unit.id, "child_welfare_person_id": worker.id,
        });
        crate::care_orders::in_force(&nurse, &family.child, &worker, order).await;
        disclose(&nurse, &body).await.expect(201);
        object(&worker, case, json!({})).await.expect(201);
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
    }
}
