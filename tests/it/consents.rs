//! Consents: who must give them, what they allow, and how they end.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    cast::finds_nothing,
    support::{Role, Unit, World, both_engines},
};

fn consent(units: &[&Unit], valid_until: String) -> Value {
    let units: Vec<_> = units.iter().map(|unit| unit.id).collect();
    json!({"unit_ids": units, "purpose": "Cooperation.", "valid_until": valid_until, "text_version": "2026-1"})
}

fn with(mut body: Value, more: Value) -> Value {
    let (Some(body_of), Value::Object(more)) = (body.as_object_mut(), more) else { return body };
    body_of.extend(more);
    body
}

both_engines! {
    async fn every_holder_of_parental_responsibility_must_consent_before_a_unit_joins(world: World) {
        let cast = world.school_case().await;
        let seat = json!({"person_id": cast.nurse.id, "unit_id": cast.nurse.unit.id, "contains": [], "task": "Health."});
        let join = || cast.teacher.post(cast.path("/team")).json(seat.clone()).send();
        join().await.expect_problem(409, "conflict");
        world.consent(&cast.family.guardians[0], cast.case, &[&cast.nurse.unit]).await;
        join().await.expect_problem(409, "conflict");
        cast.nurse.get(cast.path("")).send().await.expect(404);
        world.consent(&cast.family.guardians[1], cast.case, &[&cast.nurse.unit]).await;
        join().await.expect(201);
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn where_nobody_can_consent_no_other_unit_is_let_in(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let child = world.child(&teacher, 7).await;
        let case = world.open_case(&teacher, &child).await;
        let seat = json!({"person_id": nurse.id, "unit_id": nurse.unit.id, "contains": [], "task": "Health."});
        teacher.post(format!("/v1/cases/{case}/team")).json(seat).send().await.expect_problem(409, "conflict");
    }

    async fn a_guardian_without_parental_responsibility_neither_reads_nor_consents(world: World) {
        let cast = world.school_case().await;
        let other = world.guardian_of(&cast.teacher, &cast.family.child, false).await;
        finds_nothing(&other, &[cast.path(""), cast.path("/consents"), cast.path("/notes")]).await;
        let body = consent(&[&cast.nurse.unit], world.in_days(30));
        other.post(cast.path("/consents")).json(body.clone()).send().await.expect_problem(404, "not-found");
        let recorded = with(body, json!({"given_by": other.id, "form": "paper", "document": "26/1234-1"}));
        cast.teacher.post(cast.path("/consents")).json(recorded).send().await.expect_invalid("/given_by");
        // Theirs is not reported as missing either.
        world.all_consent(&cast.family, cast.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
    }

    async fn a_consent_withdrawn_for_one_unit_still_carries_the_others(world: World) {
        let cast = world.school_case().await;
        let adviser = world.worker("kragero/ppt").await;
        let mut given = Vec::new();
        for guardian in &cast.family.guardians {
            given.push(world.consent(guardian, cast.case, &[&cast.nurse.unit, &adviser.unit]).await);
        }
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        world.add_to_team(&cast.teacher, cast.case, &adviser).await;
        let path = cast.path(&format!("/consents/{}/withdraw", given[0]));
        let body = json!({"unit_ids": [cast.nurse.unit.id]});
        let after = cast.family.guardians[0].post(path).json(body).send().await.expect(200);
        for unit in after.body["units"].as_array().expect("units") {
            assert_eq!(unit["withdrawn_at"].is_string(), unit["unit_id"] == json!(cast.nurse.unit.id));
        }
        cast.nurse.get(cast.path("")).send().await.expect(404);
        adviser.get(cast.path("")).send().await.expect(200);
    }

    async fn a_withdrawal_counts_from_the_next_request_for_reads_and_writes(world: World) {
        let cast = world.shared_case().await;
        let note = world.note(&cast.nurse, cast.case, "team", "Seen at the health centre.").await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let goal = json!({"audience": "team", "kind": "agreed", "contains": [], "text": "One more."});
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        let first = own.id("/items/0/id");
        world.withdraw(&cast.family.guardians[0], cast.case, first).await;
        let below = ["", "/team", "/notes", "/goals", "/measures", "/meetings", "/handovers", "/consents"];
        let mut paths: Vec<String> = below.iter().map(|below| cast.path(below)).collect();
        paths.push(cast.path(&format!("/notes/{note}")));
        paths.push(cast.path(&format!("/measures/{measure}")));
        paths.push(format!("/v1/children/{}", cast.family.child.id));
        finds_nothing(&cast.nurse, &paths).await;
        cast.nurse.post(cast.path("/notes")).json(goal).send().await.expect_problem(404, "not-found");
        let change = json!({"contains": [], "description": "Changed."});
        let path = cast.path(&format!("/measures/{measure}"));
        cast.nurse.patch(path).json(change).if_match(1).send().await.expect_problem(404, "not-found");
        assert_eq!(cast.nurse.get("/v1/cases").send().await.expect(200).items().len(), 0);
    }

    async fn a_withdrawal_leaves_what_rests_on_another_consent_of_the_same_person(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let second = world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        world.withdraw(mother, cast.case, second).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        // She holds the baton, and can use it.
        world.goal(&cast.nurse, cast.case).await;
    }

    async fn a_consent_given_anew_does_not_give_back_the_seat(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(mother, cast.case, own.id("/items/0/id")).await;
        world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn a_consent_counts_to_the_end_of_its_last_day_in_norway(world: World) {
        let cast = world.school_case().await;
        for guardian in &cast.family.guardians {
            let body = consent(&[&cast.nurse.unit], world.in_days(1));
            guardian.post(cast.path("/consents")).json(body).send().await.expect(201);
        }
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        // From 10 o'clock to one second before midnight of the next day.
        world.advance(TimeDelta::hours(38) - TimeDelta::seconds(1));
        cast.nurse.get(cast.path("")).send().await.expect(200);
        world.advance(TimeDelta::seconds(1));
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn a_consent_for_later_does_not_count_before_its_first_day(world: World) {
        let cast = world.school_case().await;
        for guardian in &cast.family.guardians {
            let body = consent(&[&cast.nurse.unit], world.in_days(30));
            let body = with(body, json!({"valid_from": world.in_days(2)}));
            guardian.post(cast.path("/consents")).json(body).send().await.expect(201);
        }
        let seat = json!({"person_id": cast.nurse.id, "unit_id": cast.nurse.unit.id, "contains": [], "task": "Health."});
        let join = || cast.teacher.post(cast.path("/team")).json(seat.clone()).send();
        world.advance(TimeDelta::days(1));
        join().await.expect_problem(409, "conflict");
        world.advance(TimeDelta::days(1));
        join().await.expect(201);
    }

    async fn from_the_age_of_their_own_record_the_young_person_consents_as_well(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let child = world.child_born(&teacher, "2011-11-23").await;
        let guardian = world.guardian_of(&teacher, &child, true).await;
        let youth = world.youth(&child).await;
        let case = world.open_case(&teacher, &child).await;
        let path = format!("/v1/cases/{case}/consents");
        let body = consent(&[&nurse.unit], world.in_days(30));
        youth.post(&path).json(body.clone()).send().await.expect_problem(404, "not-found");
        world.consent(&guardian, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        nurse.get(format!("/v1/cases/{case}")).send().await.expect(200);

        world.advance(TimeDelta::days(1));
        nurse.get(format!("/v1/cases/{case}")).send().await.expect_problem(404, "not-found");
        // The law on education lets the youth decide alone from this age.
        let school = consent(&[&world.unit("kragero/ppt").await], world.in_days(30));
        guardian.post(&path).json(school).send().await.expect_invalid("/given_by");
        world.consent(&youth, case, &[&nurse.unit]).await;
        nurse.get(format!("/v1/cases/{case}")).send().await.expect(200);
        // The guardian can still follow the case of a child under 18.
        guardian.get(format!("/v1/cases/{case}")).send().await.expect(200);
    }

    async fn a_youth_of_sixteen_releases_help_to_nav_only_together_with_the_guardians(world: World) {
        let cast = world.family_of_sixteen().await;
        let (youth, adviser) = (world.youth(&cast.family.child).await, world.worker("kragero/nav").await);
        let path = cast.path(&format!("/consent-status/{}", adviser.unit.id));
        let given = |units: Value| json!({
            "unit_ids": units, "purpose": "Cooperation.", "valid_until": world.in_days(100), "text_version": "2026-1",
        });
        let may_take_part = async || cast.teacher.get(path.clone()).send().await.expect(200).body["may_take_part"].clone();
        for giver in [&youth.user, &cast.family.guardians[0].user, &cast.family.guardians[1].user] {
            assert_eq!(may_take_part().await, json!(false));
            giver.post(cast.path("/consents")).json(given(json!([adviser.unit.id]))).send().await.expect(201);
        }
        assert_eq!(may_take_part().await, json!(true));
        // The law lets the youth alone decide about the health centre: a guardian is not asked.
        let both = given(json!([adviser.unit.id, cast.nurse.unit.id]));
        cast.family.guardians[0].post(cast.path("/consents")).json(both).send().await.expect_invalid("/unit_ids/1");
    }

    async fn a_consent_rests_on_the_laws_on_the_person_who_gives_it(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.family(&teacher, 15, 1).await;
        let youth = world.youth(&family.child).await;
        let case = world.open_case(&teacher, &family.child).await;
        let path = format!("/v1/cases/{case}/consents");
        let body = json!({
            "unit_ids": [nurse.unit.id], "purpose": "Cooperation.", "valid_until": world.in_days(90), "text_version": "2026-1",
        });
        for (who, on_behalf) in [(&family.guardians[0].user, true), (&youth, false)] {
            let given = who.post(&path).json(body.clone()).send().await.expect(201);
            let basis = given.text("/secrecy_basis");
            assert!(basis.contains("fvl § 13 a no. 1"), "{basis}");
            assert_eq!((basis.contains("barnelova § 30"), basis.contains("pbrl § 4-3")), (on_behalf, !on_behalf), "{basis}");
        }
    }

    async fn a_municipality_may_set_the_age_of_the_own_record_at_sixteen(world: World) {
        let raised = "UPDATE municipality SET own_record_age = 16 WHERE number = '4014'";
        assert_eq!(world.try_execute(raised).await.expect("changed"), 1);
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 15).await;
        let guardian = world.guardian_of(&teacher, &child, true).await;
        let youth = world.youth(&child).await;
        let case = world.open_case(&teacher, &child).await;
        youth.get(format!("/v1/cases/{case}")).send().await.expect_problem(404, "not-found");
        world.consent(&guardian, case, &[&world.unit("kragero/ppt").await]).await;
    }

    async fn one_guardian_neither_sees_nor_touches_the_consent_of_another(world: World) {
        let cast = world.school_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let hers = world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        let his = world.consent(father, cast.case, &[&cast.nurse.unit]).await;
        father.get(cast.path(&format!("/consents/{hers}"))).send().await.expect_problem(404, "not-found");
        let withdraw = cast.path(&format!("/consents/{hers}/withdraw"));
        father.post(withdraw).json(json!({})).send().await.expect_problem(404, "not-found");
        for (guardian, own) in [(mother, hers), (father, his)] {
            let list = guardian.get(cast.path("/consents?limit=1")).send().await.expect(200);
            assert_eq!(list.each("id"), [own.to_string()]);
            assert!(list.body.get("next_cursor").is_none(), "nothing reveals the other");
            guardian.get(cast.path(&format!("/consents/{own}"))).send().await.expect(200);
        }
        let all = cast.teacher.get(cast.path("/consents")).send().await.expect(200);
        assert_eq!(all.each("id"), [hers.to_string(), his.to_string()]);
    }

    async fn the_contact_person_records_a_consent_given_on_paper(world: World) {
        let cast = world.school_case().await;
        let mother = &cast.family.guardians[0];
        let body = with(
            consent(&[&cast.nurse.unit], world.in_days(30)),
            json!({"given_by": mother.id, "form": "paper", "document": "26/1234-1"}),
        );
        let recorded = cast.teacher.post(cast.path("/consents")).json(body).send().await.expect(201);
        assert_eq!(recorded.text("/given_by"), mother.id.to_string());
        assert_eq!(recorded.text("/recorded_by"), cast.teacher.id.to_string());
        assert_eq!(recorded.text("/form"), "paper");
        world.consent(&cast.family.guardians[1], cast.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        // It is hers, to read and to withdraw.
        let path = recorded.header("location").expect("a place").to_owned();
        mother.get(&path).send().await.expect(200);
        mother.post(format!("{path}/withdraw")).json(json!({})).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(404);
    }

    async fn nobody_records_a_digital_consent_for_another(world: World) {
        let cast = world.school_case().await;
        let body = consent(&[&cast.nurse.unit], world.in_days(30));
        for form in [json!({}), json!({"form": "digital"})] {
            let for_another = with(with(body.clone(), json!({"given_by": cast.family.guardians[0].id})), form);
            cast.teacher.post(cast.path("/consents")).json(for_another).send().await.expect_invalid("/form");
        }
        let for_oneself = with(body, json!({"form": "paper", "document": "26/1234-1"}));
        cast.family.guardians[0].post(cast.path("/consents")).json(for_oneself).send().await.expect_invalid("/form");
        assert_eq!(world.rows("consent").await, 0);
    }

    async fn one_guardian_cannot_record_the_consent_of_another(world: World) {
        let cast = world.school_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        for form in ["paper", "oral", "digital"] {
            let body = with(
                consent(&[&cast.nurse.unit], world.in_days(30)),
                json!({"given_by": mother.id, "form": form}),
            );
            let answer = father.post(cast.path("/consents")).json(body).send().await;
            assert!([403, 422].contains(&answer.status), "a father gave the mother's consent: {}", answer.text);
        }
        assert_eq!(world.rows("consent").await, 0);
    }

    async fn only_the_contact_person_records_consents_of_others(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/skole").await;
        let body = with(
            consent(&[&world.unit("kragero/ppt").await], world.in_days(30)),
            json!({"given_by": cast.family.guardians[0].id, "form": "paper", "document": "26/1234-1"}),
        );
        for (who, status) in [(&cast.nurse, 403), (&leader, 403), (&colleague, 404)] {
            who.post(cast.path("/consents")).json(body.clone()).send().await.expect(status);
            who.get(cast.path("/consents")).send().await.expect(status);
        }
    }

    async fn when_the_unit_of_the_contact_person_loses_its_consent_the_leader_of_the_first_unit_holds_the_baton(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(&cast.family.guardians[0], cast.case, own.id("/items/0/id")).await;

        let case = leader.get(cast.path("")).send().await.expect(200);
        assert_eq!(case.text("/contact_person_id"), leader.id.to_string());
        assert_eq!(case.text("/contact_unit_id"), leader.unit.id.to_string());
        let handovers = leader.get(cast.path("/handovers")).send().await.expect(200);
        assert_eq!(handovers.each("status"), ["accepted", "assigned"]);
        assert_eq!(handovers.text("/items/1/to_person_id"), leader.id.to_string());
        leader.get(cast.path("/notes")).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(404);
        leader.post(cast.path("/goals")).json(json!({"contains": [], "description": "Goes on."})).send().await.expect(201);
    }

    async fn a_consent_is_withdrawn_also_when_the_case_is_closed_but_not_given(world: World) {
        let cast = world.shared_case().await;
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.close_case(&cast.teacher, cast.case).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let body = consent(&[&cast.nurse.unit], world.in_days(30));
        let give = cast.family.guardians[0].post(cast.path("/consents")).json(body);
        give.send().await.expect_problem(409, "conflict");
        world.withdraw(&cast.family.guardians[0], cast.case, own.id("/items/0/id")).await;
        cast.nurse.get(cast.path("")).send().await.expect(404);
    }

    async fn the_contact_person_records_a_withdrawal_told_to_them_and_others_do_not(world: World) {
        let cast = world.shared_case().await;
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        let path = cast.path(&format!("/consents/{}/withdraw", own.text("/items/0/id")));
        cast.nurse.post(&path).json(json!({})).send().await.expect(404);
        cast.teacher.post(&path).json(json!({})).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(404);
    }

    async fn only_units_that_serve_the_municipality_are_consented_to(world: World) {
        let cast = world.school_case().await;
        let elsewhere = world.unit("porsgrunn/helsestasjon").await;
        let mother = &cast.family.guardians[0];
        let give = |units: &[&Unit]| {
            mother.post(cast.path("/consents")).json(consent(units, world.in_days(30))).send()
        };
        give(&[&cast.nurse.unit, &elsewhere]).await.expect_invalid("/unit_ids/1");
        give(&[&cast.nurse.unit, &cast.nurse.unit]).await.expect_invalid("/unit_ids/1");
        give(&[]).await.expect_invalid("/unit_ids");
        let nowhere = Unit { id: stafett::kernel::Id::new(), municipality: "4014".to_owned() };
        give(&[&nowhere]).await.expect_invalid("/unit_ids/0");
        assert_eq!(world.rows("consent").await, 0);
    }

    async fn a_consent_lasts_until_today_at_least_and_from_its_first_day(world: World) {
        let cast = world.school_case().await;
        let mother = &cast.family.guardians[0];
        let past = consent(&[&cast.nurse.unit], world.in_days(-1));
        mother.post(cast.path("/consents")).json(past).send().await.expect_invalid("/valid_until");
        let backwards = consent(&[&cast.nurse.unit], world.in_days(2));
        let backwards = with(backwards, json!({"valid_from": world.in_days(3)}));
        mother.post(cast.path("/consents")).json(backwards).send().await.expect_invalid("/valid_until");
        let long = consent(&[&cast.nurse.unit], world.in_days(700));
        let long = with(long, json!({"valid_from": world.in_days(-60)}));
        mother.post(cast.path("/consents")).json(long).send().await.expect_invalid("/valid_until");
        let today = consent(&[&cast.nurse.unit], world.in_days(0));
        mother.post(cast.path("/consents")).json(today).send().await.expect(201);
    }

    async fn a_withdrawal_that_names_a_unit_not_consented_to_withdraws_nothing(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        let path = cast.path(&format!("/consents/{}/withdraw", own.text("/items/0/id")));
        let other = world.unit("kragero/ppt").await;
        let body = json!({"unit_ids": [cast.nurse.unit.id, other.id]});
        mother.post(path).json(body).send().await.expect_invalid("/unit_ids/1");
        cast.nurse.get(cast.path("")).send().await.expect(200);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM consent_unit WHERE withdrawn_at IS NOT NULL").await, 0);
    }

    async fn a_new_holder_of_parental_responsibility_must_consent_too(world: World) {
        let cast = world.shared_case().await;
        let third = world.guardian_of(&cast.teacher, &cast.family.child, true).await;
        cast.nurse.get(cast.path("")).send().await.expect(404);
        world.consent(&third, cast.case, &[&cast.nurse.unit]).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }
}
