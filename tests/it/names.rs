//! The name of an account is corrected by another administrator, with the reason, and nothing of it is hidden from the person.

use serde_json::{Value, json};

use crate::support::{Role, World, both_engines};

fn corrections(municipality: &str, person: impl ToString) -> String {
    format!("/v1/municipalities/{municipality}/accounts/{}/name-corrections", person.to_string())
}

fn marriage(name: &str) -> Value {
    json!({"name": name, "reason": "She has married."})
}

both_engines! {
    async fn a_corrected_name_is_shown_wherever_the_person_is_named(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let path = corrections("4014", cast.teacher.id);
        let made = administrator.post(&path).json(marriage("Tone Aas Berg")).send().await.expect(201);
        assert_eq!((&made.body["before"], &made.body["after"]), (&json!(cast.teacher.name), &json!("Tone Aas Berg")));
        assert_eq!(made.body["corrected_by"], json!(administrator.id));
        let team = cast.nurse.get(cast.path("/team")).send().await.expect(200);
        assert!(team.text.contains("Tone Aas Berg") && !team.text.contains(&cast.teacher.name), "{team:?}");
        let staff = format!("/v1/units/{}/staff", cast.teacher.unit.id);
        assert!(cast.nurse.get(staff).send().await.expect(200).text.contains("Tone Aas Berg"));
        let again = administrator.post(&path).json(marriage("Tone Berg")).send().await.expect(201);
        let listed = administrator.get(&path).send().await.expect(200);
        assert_eq!(listed.items(), [made.body, again.body]);
        let me = cast.teacher.get("/v1/me").send().await.expect(200);
        assert_eq!(me.text("/name"), "Tone Berg");
        let own = &me.body["name_corrections"][0];
        assert_eq!((&own["before"], &own["reason"]), (&json!("Tone Aas Berg"), &json!("She has married.")));
        assert_eq!(own["corrected_by_name"], json!(administrator.name));
    }

    async fn nobody_corrects_their_own_name_or_one_of_another_municipality(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let elsewhere = world.staff("orland/nav", Role::Administrator).await;
        let teacher = world.worker("kragero/skole").await;
        let before = world.all_rows().await;
        let own = administrator.post(corrections("4014", administrator.id)).json(marriage("Another"));
        own.send().await.expect_problem(409, "conflict");
        for (who, municipality, person) in [
            (&administrator, "4014", elsewhere.id.to_string()),
            (&elsewhere, "5057", teacher.id.to_string()),
            (&administrator, "4014", uuid::Uuid::new_v4().to_string()),
        ] {
            let path = corrections(municipality, person);
            who.post(&path).json(marriage("Another")).send().await.expect_problem(404, "not-found");
            who.get(&path).send().await.expect_problem(404, "not-found");
        }
        let path = corrections("4014", teacher.id);
        for who in [&teacher, &elsewhere] {
            who.post(&path).json(marriage("Another")).send().await.expect_problem(403, "forbidden");
            who.get(&path).send().await.expect_problem(403, "forbidden");
        }
        for (body, place) in [
            (marriage(&teacher.name), "/name"),
            (marriage(" "), "/name"),
            (json!({"name": "Another"}), "/reason"),
            (json!({"name": "Another", "reason": ""}), "/reason"),
        ] {
            administrator.post(&path).json(body).send().await.expect_invalid(place);
        }
        assert_eq!(world.all_rows().await, before);
    }

    async fn a_child_and_a_guardian_keep_the_names_of_their_registration(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let guardian = &cast.family.guardians[0];
        administrator.post(corrections("4014", guardian.id)).json(marriage("Somebody else")).send().await.expect(201);
        let path = format!("/v1/children/{}/guardians", cast.family.child.id);
        let guardians = cast.teacher.get(path).send().await.expect(200);
        assert!(!guardians.text.contains("Somebody else"), "{guardians:?}");
    }

    async fn nobody_gets_a_role_confirmed_for_somebody_who_only_has_the_right_name(world: World) {
        let first = world.staff("kragero/oppvekst", Role::Administrator).await;
        let second = world.staff("kragero/oppvekst", Role::Administrator).await;
        let third = world.staff("kragero/oppvekst", Role::Administrator).await;
        let person = world.user_with_new_number("4014").await;
        let proposals = format!("/v1/units/{}/role-proposals", first.unit.id);
        let proposal = json!({"person_id": person.id, "role": "administrator", "reason": "Keeps the accounts."});
        let confirm = |id: &str| format!("/v1/municipalities/4014/role-proposals/{id}/confirm");
        first.post(corrections("4014", person.id)).json(marriage("Ragnhild Foss")).send().await.expect(201);
        first.post(&proposals).json(proposal.clone()).send().await.expect_problem(409, "conflict");
        // Nor by somebody who does not know of it.
        let made = second.post(&proposals).json(proposal.clone()).send().await.expect(201);
        assert_eq!(made.body["former_names"][0]["name"], json!(person.name));
        first.post(confirm(&made.text("/id"))).send().await.expect_problem(409, "conflict");
        let listed = third.get("/v1/municipalities/4014/role-proposals").send().await.expect(200);
        assert_eq!(listed.items()[0]["former_names"], made.body["former_names"]);
        // A name that is corrected after the proposal counts too.
        second.post(corrections("4014", person.id)).json(marriage("Ragnhild Fosse")).send().await.expect(201);
        third.post(confirm(&made.text("/id"))).send().await.expect_problem(409, "conflict");
        world.advance(chrono::TimeDelta::days(15));
        third.post(confirm(&made.text("/id"))).send().await.expect(201);
        person.get("/v1/municipalities/4014/accounts").send().await.expect(200);
    }
}
