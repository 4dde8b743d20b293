//! What happens if I withdraw? The person who gave a consent, and the contact person, see it before they decide.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::ConsentId;

use crate::{
    cast::Cast,
    kinds::lives_elsewhere,
    support::{Role, Unit, User, World, both_engines},
};

fn path(cast: &Cast, consent: ConsentId) -> String {
    cast.path(&format!("/consents/{consent}/withdrawal-preview"))
}

async fn preview(reader: &User, cast: &Cast, consent: ConsentId) -> Value {
    reader.get(path(cast, consent)).send().await.expect(200).body
}

/// Consents for the caller to some kinds for some units.
async fn consent(world: &World, by: &User, cast: &Cast, units: &[&Unit], kinds: &[&str]) -> ConsentId {
    let units: Vec<_> = units.iter().map(|unit| unit.id).collect();
    let body = json!({
        "unit_ids": units, "kinds": kinds, "purpose": "Help with play.", "text_version": "2026-1",
        "valid_until": world.in_days(100),
    });
    by.post(cast.path("/consents")).json(body).send().await.expect(201).id("/id")
}

/// The members of the team whose seats are in force.
async fn team(reader: &User, cast: &Cast) -> Vec<Value> {
    let team = reader.get(cast.path("/team")).send().await.expect(200);
    team.items().iter().filter(|seat| seat["in_force"] == true).cloned().collect()
}

/// A case that the nurse takes part in, by consents of both guardians; with those consents.
async fn shared(world: &World) -> (Cast, [ConsentId; 2]) {
    let cast = world.school_case().await;
    let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
    let first = consent(world, mother, &cast, &[&cast.nurse.unit], &["agreed", "health"]).await;
    let second = consent(world, father, &cast, &[&cast.nurse.unit], &["agreed"]).await;
    world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
    (cast, [first, second])
}

/// Records a consent that is enough alone, of a guardian that the child lives with, for the other lives elsewhere.
async fn alone(world: &World, cast: &Cast, guardian: usize) -> ConsentId {
    lives_elsewhere(cast, 1 - guardian, true).await;
    let body = json!({
        "given_by": cast.family.guardians[guardian].id, "form": "oral", "unit_ids": [cast.nurse.unit.id], "kinds": ["agreed"],
        "purpose": "Cooperation.", "valid_until": world.in_days(100), "text_version": "2026-1",
        "alone": {"legal_basis": "barnelova § 37", "reason": "The other cannot be reached."},
    });
    cast.teacher.post(cast.path("/consents")).json(body).send().await.expect(201).id("/id")
}

both_engines! {
    async fn a_guardian_sees_who_leaves_and_then_it_happens(world: World) {
        let (cast, [consent, _]) = shared(&world).await;
        let mother = &cast.family.guardians[0];
        let nurse = team(mother, &cast).await.into_iter().find(|seat| seat["person_id"] == json!(cast.nurse.id)).expect("a seat");
        let leaving = json!([{"person_id": nurse["person_id"], "person_name": nurse["person_name"]}]);
        assert_eq!(
            preview(mother, &cast, consent).await,
            json!({
                "units": [{
                    "unit_id": nurse["unit_id"], "unit_name": nurse["unit_name"], "kinds": ["agreed", "health"], "leaving": leaving,
                }],
                "contact_person_leaves": false, "next_contact_unit_id": null, "next_contact_unit_name": null,
            })
        );
        assert!(team(mother, &cast).await.contains(&nurse), "a preview withdraws nothing");
        world.withdraw(mother, cast.case, consent).await;
        assert!(!team(mother, &cast).await.contains(&nurse));
        assert_eq!(preview(mother, &cast, consent).await["units"], json!([]), "there is nothing left to withdraw");
    }

    async fn a_guardian_sees_that_the_contact_person_loses_the_case_and_which_unit_then_holds_it(world: World) {
        let (cast, [consent, _]) = shared(&world).await;
        let mother = &cast.family.guardians[0];
        let principal = world.staff("kragero/skole", Role::UnitLeader).await;
        let offer = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, offer).await;
        let shown = preview(mother, &cast, consent).await;
        assert_eq!(shown["contact_person_leaves"], true);
        assert_eq!(shown["next_contact_unit_id"], json!(principal.unit.id));
        world.withdraw(mother, cast.case, consent).await;
        let case = mother.get(cast.path("")).send().await.expect(200);
        assert_eq!(case.body["contact_person_id"], json!(principal.id));
        assert_eq!(case.body["contact_unit_id"], shown["next_contact_unit_id"]);
        assert_eq!(case.body["contact_unit_name"], shown["next_contact_unit_name"]);
    }

    async fn what_the_other_guardian_has_consented_to_makes_no_difference_to_a_guardian(world: World) {
        let cast = world.school_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let own = consent(&world, mother, &cast, &[&cast.nurse.unit], &["agreed", "health"]).await;
        let alone = preview(mother, &cast, own).await;
        assert_eq!(alone["units"][0]["kinds"], json!(["agreed", "health"]));
        let other = consent(&world, father, &cast, &[&cast.nurse.unit], &["agreed", "health"]).await;
        assert_eq!(preview(mother, &cast, own).await, alone, "nobody of the unit has a seat yet");
        world.withdraw(father, cast.case, other).await;
        assert_eq!(preview(mother, &cast, own).await, alone);
        mother.get(path(&cast, other)).send().await.expect(404);
    }

    async fn the_contact_person_sees_what_the_case_loses(world: World) {
        let (cast, [of_mother, of_father]) = shared(&world).await;
        for consent in [of_mother, of_father] {
            let shown = preview(&cast.teacher, &cast, consent).await;
            assert_eq!(shown["units"][0]["kinds"], json!(["agreed"]), "the father has not consented to health");
            assert_eq!(shown["units"][0]["leaving"][0]["person_id"], json!(cast.nurse.id));
        }
        cast.nurse.get(path(&cast, of_mother)).send().await.expect(404);
    }

    async fn a_unit_that_another_own_consent_covers_loses_nothing(world: World) {
        let (cast, [first, _]) = shared(&world).await;
        let mother = &cast.family.guardians[0];
        let ppt = world.worker("kragero/ppt").await.unit;
        let second = consent(&world, mother, &cast, &[&cast.nurse.unit, &ppt], &["agreed"]).await;
        let of_first = preview(mother, &cast, first).await;
        assert_eq!(of_first["units"][0]["kinds"], json!(["health"]));
        assert_eq!(of_first["units"][0]["leaving"], json!([]));
        let of_second = preview(mother, &cast, second).await;
        let units: Vec<_> = of_second["units"].as_array().expect("units").iter().map(|unit| &unit["unit_id"]).collect();
        assert_eq!(units, [&json!(ppt.id)]);
    }

    async fn a_consent_of_the_other_guardian_that_is_enough_alone_makes_no_difference(world: World) {
        let (cast, [of_mother, _]) = shared(&world).await;
        let mother = &cast.family.guardians[0];
        let before = preview(mother, &cast, of_mother).await;
        alone(&world, &cast, 1).await;
        assert_eq!(preview(mother, &cast, of_mother).await, before);
    }

    async fn another_consent_does_not_replace_one_that_is_enough_alone(world: World) {
        for also_of_father in [false, true] {
            let cast = world.school_case().await;
            let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
            let given_alone = alone(&world, &cast, 0).await;
            consent(&world, mother, &cast, &[&cast.nurse.unit], &["agreed"]).await;
            world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
            if also_of_father {
                consent(&world, father, &cast, &[&cast.nurse.unit], &["agreed"]).await;
            }
            let shown = preview(mother, &cast, given_alone).await;
            assert_eq!(shown["units"][0]["kinds"], json!(["agreed"]), "whatever the father has consented to");
            assert_eq!(shown["units"][0]["leaving"][0]["person_id"], json!(cast.nurse.id));
        }
    }

    async fn a_guardian_whom_the_case_is_withheld_from_sees_nobody_who_helps(world: World) {
        let (cast, [_, of_father]) = shared(&world).await;
        let father = &cast.family.guardians[1];
        let body = json!({"guardian_id": father.id, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "It would endanger the child."});
        cast.teacher.post(cast.path("/withholdings")).json(body).send().await.expect(201);
        father.get(cast.path("/team")).send().await.expect(404);
        let shown = preview(father, &cast, of_father).await;
        assert_eq!(shown["units"][0]["kinds"], json!(["agreed"]), "he may read his own consent");
        assert_eq!(shown["units"][0]["leaving"], json!([]));
    }

    async fn a_seat_that_rests_ends_too(world: World) {
        let cast = world.school_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let of_mother = consent(&world, mother, &cast, &[&cast.nurse.unit], &["agreed"]).await;
        let short = json!({
            "unit_ids": [cast.nurse.unit.id], "kinds": ["agreed"], "purpose": "Help with play.", "text_version": "2026-1",
            "valid_until": world.in_days(5),
        });
        father.post(cast.path("/consents")).json(short).send().await.expect(201);
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        world.advance(TimeDelta::days(10));
        for reader in [&cast.teacher.user, &mother.user] {
            let shown = preview(reader, &cast, of_mother).await;
            assert_eq!(shown["units"][0]["leaving"][0]["person_id"], json!(cast.nurse.id), "a renewal brings her back, until this is withdrawn");
        }
        world.withdraw(mother, cast.case, of_mother).await;
        let team = cast.teacher.get(cast.path("/team")).send().await.expect(200);
        let seat = team.items().iter().find(|seat| seat["person_id"] == json!(cast.nurse.id)).expect("a seat");
        assert_ne!(seat["left_at"], json!(null));
    }
}
