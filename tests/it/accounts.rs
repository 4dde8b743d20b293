//! The list of accounts: those who administer see who has one, in which state, and with which roles.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, Role, Staff, World, both_engines};

async fn list(administrator: &Staff, query: &str) -> Answer {
    administrator.get(format!("/v1/municipalities/4014/accounts?limit=200{query}")).send().await
}

fn of(list: &Answer, person: impl ToString) -> Option<&Value> {
    let person = person.to_string();
    list.items().iter().find(|account| account["person_id"] == json!(person))
}

both_engines! {
    async fn an_administrator_finds_every_account_of_the_municipality_and_no_other(world: World) {
        let cast = world.school_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let elsewhere = world.worker("orland/ppt").await;
        let all = list(&administrator, "").await.expect(200);
        let teacher = of(&all, cast.teacher.id).expect("an account");
        assert_eq!((&teacher["state"], &teacher["name"]), (&json!("active"), &json!(cast.teacher.name)));
        assert_eq!(teacher["roles"][0]["role"], "worker");
        assert_eq!(teacher["roles"][0]["unit_id"], json!(cast.teacher.unit.id));
        assert!(teacher["roles"][0]["ends_on"].is_string() && teacher.get("code").is_none(), "{teacher}");
        assert!(of(&all, elsewhere.id).is_none());
        // A guardian is a person with an account, and nothing says what they are to anyone.
        let guardian = of(&all, cast.family.guardians[0].id).expect("an account");
        let other = world.user_with_new_number("4014").await;
        let all = list(&administrator, "").await.expect(200);
        let keys = |account: &Value| account.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(guardian), keys(of(&all, other.id).expect("an account")));
        assert_eq!((&guardian["roles"], &guardian["state"]), (&json!([]), &json!("active")));
        for outsider in [&cast.teacher.user, &elsewhere.user, &cast.family.guardians[0].user] {
            outsider.get("/v1/municipalities/4014/accounts").send().await.expect_problem(403, "forbidden");
        }
        administrator.get("/v1/municipalities/5057/accounts").send().await.expect_problem(403, "forbidden");
    }

    async fn the_list_is_filtered_by_unit_role_and_state(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let (teacher, nurse) = (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let abroad = world.user_with_new_number("4014").await;
        world.grant(&abroad, &world.unit("orland/ppt").await, Role::Worker).await;
        let people = async |query: &str| {
            let list = list(&administrator, query).await.expect(200);
            let mut found: Vec<String> = list.each("person_id").into_iter().map(ToOwned::to_owned).collect();
            found.sort();
            found
        };
        let these = |all: &[&Staff]| {
            let mut ids: Vec<String> = all.iter().map(|staff| staff.id.to_string()).collect();
            ids.sort();
            ids
        };
        let school = format!("&unit_id={}", teacher.unit.id);
        assert_eq!(people(&school).await, these(&[&teacher, &leader]));
        assert_eq!(people(&format!("{school}&role=unit_leader")).await, these(&[&leader]));
        // Roles in units of other municipalities are not theirs to know.
        assert_eq!(people("&role=worker").await, these(&[&teacher, &nurse]));
        let all = list(&administrator, "").await.expect(200);
        assert_eq!(of(&all, abroad.id).expect("an account")["roles"], json!([]));
        let path = format!("/v1/municipalities/4014/accounts/{}/disable", nurse.id);
        administrator.post(path).send().await.expect(204);
        assert_eq!(people("&state=disabled").await, these(&[&nurse]));
        assert_eq!(people("&state=disabled&role=unit_leader").await, these(&[]));
        assert!(!people("&state=active").await.contains(&nurse.id.to_string()));
        list(&administrator, "&state=asleep").await.expect_invalid("?state");
        world.try_execute("UPDATE staff_role SET ends_on = '2026-01-01' WHERE role = 'unit_leader'").await.expect("ended");
        assert_eq!(people(&school).await, these(&[&teacher]));
    }

    async fn another_administrator_finds_the_codes_that_wait(world: World) {
        let asker = world.staff("kragero/oppvekst", Role::Administrator).await;
        let other = world.staff("kragero/oppvekst", Role::Administrator).await;
        let number = world.adult_number();
        let body = json!({"national_id": number.as_str(), "name": "Alma Fjellheim", "username": "alma"});
        let created = asker.post("/v1/municipalities/4014/accounts").json(body).send().await.expect(201);
        let waiting = list(&other, "&state=not_activated").await.expect(200);
        let account = of(&waiting, created.text("/person_id")).expect("an account");
        let code = &account["code"];
        assert_eq!((&code["id"], &code["asked_by"]), (&created.body["activation"]["id"], &json!(asker.id)));
        assert!(code.get("approved_at").is_none() && account["name"] == "Alma Fjellheim");
        assert!(!waiting.text.contains(&created.text("/activation/first_half")), "{waiting:?}");
        let path = format!("/v1/municipalities/4014/activations/{}/approve", code["id"].as_str().expect("an id"));
        other.post(path).json(json!({"national_id": number.as_str()})).send().await.expect(201);
        let waiting = list(&asker, "&state=not_activated").await.expect(200);
        assert!(of(&waiting, created.text("/person_id")).expect("an account")["code"]["approved_at"].is_string());
        world.advance(TimeDelta::days(14));
        let late = list(&asker, "&state=not_activated").await.expect(200);
        assert!(of(&late, created.text("/person_id")).expect("an account").get("code").is_none());
    }

    async fn the_pages_of_the_list_have_every_account_once(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        for _ in 0..6 {
            world.user_with_new_number("4014").await;
        }
        let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
        loop {
            let path = format!("/v1/municipalities/4014/accounts?{query}");
            let page = administrator.get(path).send().await.expect(200);
            seen.extend(page.each("person_id").into_iter().map(ToOwned::to_owned));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            query = format!("limit=2&cursor={next}");
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (7, 7));
    }
}
