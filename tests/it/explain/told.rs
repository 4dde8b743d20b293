//! The reasons for a decision, and the facts that would change it.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;
use stafett::{
    access::{NoAnswer, Policies, Question, explain_to_operator},
    identity::StaffFactor,
    kernel::ids::PersonId,
};

use super::{
    about, ask, auditor, change_guardian, end_role, forbids, hints, is_of_nothing, of_case, own, refused,
    ways,
};
use crate::support::{Role, World, both_engines};

both_engines! {
    async fn one_is_told_the_rule_and_the_law_that_let_one_in(world: World) {
        let cast = world.shared_case().await;
        let answer = own(&cast.nurse, "read_case", of_case(&cast)).await;
        assert_eq!((&answer.body["decision"], &answer.body["known"]), (&json!("permit"), &json!(true)));
        assert_eq!(answer.body["person_id"], json!(cast.nurse.id));
        assert_eq!(answer.body["day"], world.in_days(0));
        let rule = &answer.body["rules"][0];
        assert_eq!(rule["id"], "case.team");
        assert_eq!(rule["legal_basis"], json!(["fvl § 13 a no. 1", "hpl § 22", "bvl § 13-1", "sotjl § 44", "fvl § 13 b no. 2"]));
        assert!(rule["summary_no"].as_str().is_some_and(|text| text.starts_with("De som deltar")));
        assert_eq!(ways(&answer), [["seat"], ["disqualified"]], "without the seat, or disqualified, it is refused");
        let answer = own(&cast.family.guardians[0], "read_case", of_case(&cast)).await;
        assert_eq!(answer.body["rules"][0]["id"], "case.family");
        let answer = own(&cast.nurse, "list_cases", json!({})).await;
        assert_eq!(answer.body["rules"][0]["id"], "desk.own");
    }

    async fn without_consent_it_is_told_whose_is_missing(world: World) {
        let cast = world.school_case().await;
        let (nav, auditor) = (world.worker("kragero/nav").await, auditor(&world).await);
        let answer = about(&auditor, nav.id, "read_case", of_case(&cast)).await;
        assert_eq!(
            ways(&answer),
            [["seat"], ["child_welfare"], ["emergency"], ["guardian"], ["leads_contact_unit"], ["young_person"]]
        );
        refused(&answer, "seat_missing");
        let missing = hints(&answer, "consent_missing");
        let from: Vec<_> = missing.iter().map(|hint| hint["person_id"].clone()).collect();
        let mut expected: Vec<_> = cast.family.guardians.iter().map(|guardian| guardian.id).collect();
        expected.sort();
        let mut from: Vec<PersonId> = from.into_iter().map(|id| serde_json::from_value(id).expect("an id")).collect();
        from.sort();
        assert_eq!(from, expected);
        assert!(missing.iter().all(|hint| hint["unit_id"] == json!(nav.unit.id)), "{}", answer.text);
        assert_eq!(answer.body["would_change"][0]["rules"], json!(["case.team"]));
        refused(&answer, "not_guardian");
        assert_eq!(refused(&answer, "leader_only")["unit_id"], json!(cast.teacher.unit.id));
        // The first has consented; the consent of the second is still missing.
        let body = json!({
            "unit_ids": [nav.unit.id], "purpose": "Cooperation.", "valid_from": world.in_days(3),
            "valid_until": world.in_days(30), "text_version": "2026-1",
        });
        let first = &cast.family.guardians[0];
        first.post(cast.path("/consents")).json(body).send().await.expect(201);
        let answer = about(&auditor, nav.id, "read_case", of_case(&cast)).await;
        let coming = refused(&answer, "consent_not_begun");
        assert_eq!((&coming["person_id"], &coming["day"]), (&json!(first.id), &json!(world.in_days(3))));
        assert_eq!(hints(&answer, "consent_missing").len(), 1);
    }

    async fn a_consent_that_was_withdrawn_or_ran_out_is_told_with_its_day(world: World) {
        let cast = world.school_case().await;
        let auditor = auditor(&world).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let consent = world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        world.consent(father, cast.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let at = world.now() + chrono::TimeDelta::days(183);
        let question = json!({"person_id": cast.nurse.id, "action": "read_case", "resource": of_case(&cast), "at": at});
        let answer = ask(&auditor, question).await;
        assert_eq!(answer.body["day"], world.in_days(183));
        let ended = hints(&answer, "consent_ended");
        assert_eq!(ended.len(), 2);
        assert_eq!((&ended[0]["day"], &ended[0]["unit_id"]), (&json!(world.in_days(182)), &json!(cast.nurse.unit.id)));
        assert_eq!(about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await.body["decision"], "permit");
        world.withdraw(mother, cast.case, consent).await;
        let answer = about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        let withdrawn = refused(&answer, "consent_withdrawn");
        assert_eq!((&withdrawn["person_id"], &withdrawn["day"]), (&json!(mother.id), &json!(world.in_days(0))));
    }

    async fn where_nobody_can_consent_it_is_told(world: World) {
        let (teacher, nurse) = (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let family = world.family(&teacher, 7, 1).await;
        let case = world.open_case(&teacher, &family.child).await;
        let guardian = family.guardians[0].id;
        let without = json!({"parental_responsibility": false, "lives_with_child": true});
        change_guardian(&teacher, &family.child, guardian, without).await;
        let auditor = auditor(&world).await;
        let answer = about(&auditor, nurse.id, "read_case", json!({"case_id": case})).await;
        refused(&answer, "nobody_can_consent");
        let answer = about(&auditor, guardian, "read_case", json!({"case_id": case})).await;
        refused(&answer, "no_parental_responsibility");
        let ended = json!({"parental_responsibility": false, "lives_with_child": false, "ended": true});
        change_guardian(&teacher, &family.child, guardian, ended).await;
        let answer = about(&auditor, guardian, "read_case", json!({"case_id": case})).await;
        assert_eq!(refused(&answer, "guardianship_ended")["day"], world.in_days(0));
    }

    async fn a_seat_or_a_role_that_has_ended_is_told_with_its_day(world: World) {
        let cast = world.shared_case().await;
        let auditor = auditor(&world).await;
        end_role(&world, &cast.nurse).await;
        let answer = about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        let ended = refused(&answer, "role_ended");
        assert_eq!((&ended["unit_id"], &ended["day"]), (&json!(cast.nurse.unit.id), &json!(world.in_days(0))));
        let cast = world.shared_case().await;
        let team = cast.teacher.get(cast.path("/team")).send().await.expect(200);
        let seat = team.items().iter().find(|seat| seat["person_id"] == json!(cast.nurse.id)).expect("a seat");
        let path = cast.path(&format!("/team/{}", seat["id"].as_str().expect("an id")));
        cast.teacher.delete(path).send().await.expect(204);
        let answer = about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        assert_eq!(refused(&answer, "seat_ended")["unit_id"], json!(cast.nurse.unit.id));
        assert_eq!(hints(&answer, "consent_missing").len(), 0, "they have consented");
        let unit = json!({"unit_id": cast.teacher.unit.id});
        let answer = own(&cast.nurse, "record_concern", unit).await;
        assert_eq!(refused(&answer, "role_missing")["unit_id"], json!(cast.teacher.unit.id));
    }

    async fn disqualification_and_roles_without_content_are_stated(world: World) {
        let cast = world.school_case().await;
        let auditor = auditor(&world).await;
        let mother = &cast.family.guardians[0];
        world.grant(mother, &cast.teacher.unit, Role::UnitLeader).await;
        let answer = about(&auditor, mother.id, "reopen_case", of_case(&cast)).await;
        refused(&answer, "disqualified");
        let answer = own(mother, "update_case", of_case(&cast)).await;
        refused(&answer, "disqualified");
        let concern = world.concern(&cast.teacher, &cast.family.child).await;
        let answer = about(&auditor, mother.id, "read_concern", json!({"concern_id": concern})).await;
        refused(&answer, "disqualified");
        assert_eq!(ways(&answer)[0], ["disqualified"]);
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        let answer = about(&auditor, administrator.id, "read_case", of_case(&cast)).await;
        refused(&answer, "role_excludes_content");
        assert_eq!(forbids(&answer), ["role.content"]);
    }

    async fn the_rule_that_keeps_staff_out_is_named_as_the_reason(world: World) {
        let cast = world.shared_case().await;
        let auditor = auditor(&world).await;
        let declared = json!({"case_id": cast.case, "ground": "relative"});
        cast.nurse.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        let answer = about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        assert_eq!(refused(&answer, "forbidden")["rule"], "disqualification.case");
        refused(&answer, "disqualified");
        assert_eq!((forbids(&answer), ways(&answer)[0].clone()), (vec!["disqualification.case"], vec!["disqualified"]));

        let cast = world.shared_case().await;
        world.grant(&cast.nurse, &cast.teacher.unit, Role::Analyst).await;
        let answer = about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        assert_eq!(refused(&answer, "forbidden")["rule"], "role.content");
        refused(&answer, "role_excludes_content");
        assert_eq!((forbids(&answer), ways(&answer)[0].clone()), (vec!["role.content"], vec!["roles"]));
    }

    async fn what_is_for_the_contact_person_or_another_alone_is_told(world: World) {
        let cast = world.shared_case().await;
        let (nurse, teacher) = (&cast.nurse, &cast.teacher);
        let answer = own(nurse, "update_case", of_case(&cast)).await;
        assert_eq!(refused(&answer, "contact_person_only")["person_id"], json!(teacher.id));
        assert_eq!(ways(&answer), [["contact_person"]]);
        let answer = own(nurse, "read_case_access_log", of_case(&cast)).await;
        refused(&answer, "not_guardian");
        let answer = own(nurse, "reopen_case", of_case(&cast)).await;
        refused(&answer, "leader_only");
        let measure = world.measure(teacher, cast.case, teacher).await;
        let answer = own(nurse, "update_measure", json!({"case_id": cast.case, "measure_id": measure})).await;
        assert_eq!(ways(&answer), [["contact_person"], ["responsible"]]);
        let note = world.note(nurse, cast.case, "sector", "For health.").await;
        let answer = about(&auditor(&world).await, teacher.id, "read_note", json!({"case_id": cast.case, "note_id": note})).await;
        assert_eq!(ways(&answer), [["seat_in_sector"], ["author"]]);
        assert_eq!(answer.body["would_change"][0]["if"][0]["sector"], "health");
    }

    async fn an_age_is_told_with_the_day_that_it_is_reached(world: World) {
        let (teacher, auditor) = (world.worker("kragero/skole").await, auditor(&world).await);
        let child = world.child_born(&teacher, "2011-12-24").await;
        let guardian = world.guardian_of(&teacher, &child, true).await;
        let youth = world.youth(&child).await;
        let case = world.open_case(&teacher, &child).await;
        let of_case = json!({"case_id": case});
        let answer = about(&auditor, youth.id, "read_case", of_case.clone()).await;
        let young = refused(&answer, "too_young");
        assert_eq!(young["day"], "2026-12-24");
        assert_eq!(young["says"], "the young person is 14, and sees the record and consents from 15");
        let on = |person: PersonId, at: &str| {
            json!({"person_id": person, "action": "read_case", "resource": of_case, "at": at})
        };
        assert_eq!(ask(&auditor, on(youth.id, "2026-12-23T22:59:59Z")).await.body["decision"], "deny");
        let answer = ask(&auditor, on(youth.id, "2026-12-23T23:00:00Z")).await;
        assert_eq!((&answer.body["decision"], &answer.body["rules"][0]["id"]), (&json!("permit"), &json!("case.family")));
        let answer = ask(&guardian, on(guardian.id, "2029-12-24T12:00:00Z")).await;
        assert_eq!(refused(&answer, "of_age")["day"], "2029-12-24");
        // Today the young person may not know of the case. A question about another day must not reveal it.
        is_of_nothing(&ask(&youth, on(youth.id, "2026-12-24T12:00:00Z")).await);
    }

    async fn who_cannot_log_in_gets_nothing_whatever_the_rules_say(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let father = &cast.family.guardians[1];
        let path = format!("/v1/municipalities/4014/accounts/{}/disable", father.id);
        administrator.post(path).json(json!({})).send().await.expect(204);
        let answer = about(&auditor(&world).await, father.id, "read_case", of_case(&cast)).await;
        refused(&answer, "account_closed");
    }

    async fn a_stricter_rule_of_the_municipality_is_told_by_its_name(world: World) {
        let cast = world.shared_case().await;
        let folder = std::env::temp_dir().join(format!("stafett-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("a folder");
        let rule = "@id(\"local.history\") @legal_basis(\"fvl § 13\") @summary(\"s\") @summary_no(\"s\")
            forbid (principal, action == Stafett::Action::\"list_case_history\", resource is Stafett::Case);";
        std::fs::write(folder.join("local.cedar"), rule).expect("a file");
        let policies = Arc::new(Policies::load_local(&folder).expect("rules"));
        std::fs::remove_dir_all(&folder).expect("gone");
        let ids = BTreeMap::from([("case_id".to_owned(), cast.case.to_string())]);
        let question = Question {
            person: cast.nurse.id, action: "list_case_history".to_owned(), ids, day: world.today(),
        };
        let mut tx = world.db.read().await.expect("a transaction");
        let (answer, entry) =
            explain_to_operator(&mut tx, &policies, StaffFactor::Password, question.clone(), world.now()).await.expect("an answer");
        let answer = serde_json::to_value(&answer).expect("JSON");
        assert_eq!((&answer["decision"], &answer["rules"][0]["id"]), (&json!("deny"), &json!("local.history")));
        assert_eq!(answer["rules"][0]["forbids"], true);
        let hint = &answer["would_change"][0]["because"][0];
        assert_eq!((&hint["kind"], &hint["rule"]), (&json!("forbidden"), &json!("local.history")));
        assert!(entry.client.as_deref().is_some_and(|client| client.starts_with("command-line")));
        assert_eq!((entry.case, entry.action), (Some(cast.case.uuid()), "explain_access"));
        let other = Question { action: "fly".to_owned(), ..question };
        let none = explain_to_operator(&mut tx, &policies, StaffFactor::Password, other, world.now()).await;
        assert!(matches!(none, Err(NoAnswer::Action)));
    }
}
