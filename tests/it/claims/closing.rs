//! A claim closes for a time, until the contact person or the auditor decides.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::handovers::sweep;

use super::{
    claims_of, confirm_at, decide, due, holder, known_by_number, only_claim, state_guardian, state_protection,
};
use crate::{
    cast::{Cast, finds_nothing, walk},
    support::{Role, World, both_engines},
};

both_engines! {
    async fn what_closes_to_a_colleague_lasts_fourteen_days(world: World) {
        let cast = world.school_case().await;
        let (leader, number) = known_by_number(&world, "kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/nav").await;
        leader.get(cast.path("")).send().await.expect(200);
        state_guardian(&world, &colleague, &cast.family.child, &number).await;
        finds_nothing(&leader, &[cast.path("")]).await;
        world.advance(TimeDelta::days(13));
        finds_nothing(&leader, &[cast.path("")]).await;
        world.advance(TimeDelta::days(1));
        leader.get(cast.path("")).send().await.expect(200);
    }

    async fn the_contact_person_undoes_what_closed_to_a_colleague(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let (leader, number) = known_by_number(&world, "kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/nav").await;
        state_guardian(&world, &colleague, child, &number).await;
        let tasks = due(&cast.teacher, "decide_claim").await;
        assert_eq!((tasks.len(), &tasks[0]["child_id"]), (1, &json!(child.id)));
        let claim = only_claim(&cast.teacher, child).await;
        assert_eq!((&claim["id"], &claim["kind"]), (&tasks[0]["object_id"], &json!("guardian")));
        assert_eq!((&claim["person_id"], &claim["confirmed"]), (&json!(leader.id), &Value::Null));
        for said in [colleague.name.clone(), colleague.unit.id.to_string()] {
            assert!(!claim.to_string().contains(&said), "not where it was stated");
        }
        let rejected = decide(&cast.teacher, child, &claim, false).await;
        leader.get(cast.path("")).send().await.expect(200);
        assert!(due(&cast.teacher, "decide_claim").await.is_empty());
        // It can be decided again, from the version that was read.
        let path = format!("{}/{}/decision", claims_of(child), claim["id"].as_str().expect("an id"));
        let again = cast.teacher.post(path).json(json!({"confirmed": true, "reason": "She is."}));
        again.if_match(&claim["version"]).send().await.expect_problem(412, "version-mismatch");
        decide(&cast.teacher, child, &rejected, true).await;
        world.advance(TimeDelta::days(60));
        finds_nothing(&leader, &[cast.path("")]).await;
    }

    async fn claims_are_for_those_who_answer_for_the_child(world: World) {
        let cast = world.shared_case().await;
        let child = &cast.family.child;
        let (auditor, number) = known_by_number(&world, "kragero/oppvekst", Role::Auditor).await;
        let colleague = world.worker("kragero/nav").await;
        state_guardian(&world, &colleague, child, &number).await;
        only_claim(&cast.teacher, child).await;
        // Nobody sees or decides what is stated about themselves.
        auditor.get(claims_of(child)).send().await.expect_problem(404, "not-found");
        assert!(due(&auditor, "decide_claim").await.is_empty());
        let other = world.staff("kragero/oppvekst", Role::Auditor).await;
        let elsewhere = world.staff("porsgrunn/skole", Role::Auditor).await;
        assert_eq!(due(&other, "decide_claim").await.len(), 1);
        assert!(due(&elsewhere, "decide_claim").await.is_empty());
        decide(&other, child, &only_claim(&other, child).await, false).await;
        for who in [&cast.nurse.user, &cast.family.guardians[0].user] {
            who.get(claims_of(child)).send().await.expect_problem(403, "forbidden");
        }
        for who in [&colleague.user, &elsewhere.user] {
            who.get(claims_of(child)).send().await.expect_problem(404, "not-found");
        }
    }
}

both_engines! {
    async fn a_protected_address_elsewhere_closes_at_once_and_not_for_ever(world: World) {
        let cast = world.school_case().await;
        let (child, parent) = (&cast.family.child, &cast.family.guardians[1]);
        let colleague = world.worker("kragero/nav").await;
        parent.get(cast.path("")).send().await.expect(200);
        state_protection(&world, &colleague, child).await;
        finds_nothing(parent, &[cast.path("")]).await;
        assert_eq!(due(&cast.teacher, "decide_claim").await.len(), 1);
        world.advance(TimeDelta::days(14));
        parent.get(cast.path("")).send().await.expect(200);
        assert_eq!(due(&cast.teacher, "decide_claim").await.len(), 1, "it is still to be decided");
        let claim = only_claim(&cast.teacher, child).await;
        assert_eq!(claim["kind"], "protected_address");
        let confirmed = decide(&cast.teacher, child, &claim, true).await;
        finds_nothing(parent, &[cast.path("")]).await;
        world.advance(TimeDelta::days(200));
        finds_nothing(parent, &[cast.path("")]).await;
        decide(&cast.teacher, child, &confirmed, false).await;
        parent.get(cast.path("")).send().await.expect(200);
    }

    async fn a_leader_does_not_take_the_baton_by_a_care_order_elsewhere(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        let welfare = world.worker("kragero/barnevern").await;
        let same = world.register(&leader, cast.family.child.national_id.clone()).await;
        let order = json!({
            "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(0),
            "child_welfare_unit_id": welfare.unit.id, "child_welfare_person_id": welfare.id,
        });
        leader.post(format!("/v1/children/{}/care-orders", same.id)).json(order).send().await.expect(201);
        assert_eq!(sweep(&world.db, &world.clock).await.expect("a sweep"), 0);
        assert_eq!(holder(&world, cast.case).await, cast.nurse.id);
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn a_registration_reveals_nothing_of_the_others_and_its_claims_begin_with_it(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 7, 2).await;
        let child = &family.child;
        state_protection(&world, &teacher, child).await;
        world.advance(TimeDelta::days(60));
        let nurse = world.worker("kragero/helsestasjon").await;
        let same = world.register(&nurse, child.national_id.clone()).await;
        nurse.get(claims_of(&same)).send().await.expect_problem(403, "forbidden");
        let father = &family.guardians[1];
        let body = json!({
            "national_id": father.national_id.as_str(), "name": father.name, "parental_responsibility": true,
            "lives_with_child": false,
        });
        nurse.post(format!("/v1/children/{}/guardians", same.id)).json(body).send().await.expect(201);
        let case = world.open_case(&nurse, &same).await;
        finds_nothing(father, &[format!("/v1/cases/{case}")]).await;
        assert_eq!(due(&nurse, "decide_claim").await.len(), 1);
        world.advance(TimeDelta::days(14));
        father.get(format!("/v1/cases/{case}")).send().await.expect(200);
    }

    async fn a_number_does_not_carry_what_was_confirmed_of_another_child(world: World) {
        let cast = world.school_case().await;
        let (auditor, number) = known_by_number(&world, "kragero/oppvekst", Role::Auditor).await;
        let leader = world.staff("kragero/oppvekst", Role::UnitLeader).await;
        let colleague = world.worker("kragero/nav").await;
        let path = format!("/v1/units/{}/children", colleague.unit.id);
        let born = json!({"name": world.name(), "birth_date": "2019-05-17"});
        let made = colleague.post(path).json(born).send().await.expect(201);
        let guardian = json!({
            "national_id": number, "name": world.name(), "parental_responsibility": false, "lives_with_child": false,
        });
        let path = format!("/v1/children/{}", made.text("/id"));
        colleague.post(format!("{path}/guardians")).json(guardian).send().await.expect(201);
        confirm_at(&leader, &auditor).await;
        cast.teacher.get(cast.path("")).send().await.expect(200);
        let merge = json!({"national_id": cast.family.child.national_id.as_str(), "reason": "It is the same child."});
        colleague.patch(&path).json(merge).if_match(1).send().await.expect(200);
        let search = format!("/v1/access-log?case_id={}", cast.case);
        assert!(!auditor.get(&search).send().await.expect(200).items().is_empty());
    }

    async fn one_statement_about_two_registrations_is_two_tasks(world: World) {
        let cast = world.school_case().await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let second = world.register(&nurse, cast.family.child.national_id.clone()).await;
        world.open_case(&nurse, &second).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let colleague = world.worker("kragero/nav").await;
        state_protection(&world, &colleague, &cast.family.child).await;
        let tasks = walk(&auditor, "/v1/follow-ups").await;
        let mut about: Vec<Value> = tasks.iter().map(|task| task["child_id"].clone()).collect();
        about.sort_by_key(Value::to_string);
        let mut both = vec![json!(cast.family.child.id), json!(second.id)];
        both.sort_by_key(Value::to_string);
        assert_eq!(about, both);
    }

    async fn a_leader_does_not_learn_who_helps_a_child_by_naming_a_guardian(world: World) {
        let (nurse, number) = known_by_number(&world, "kragero/helsestasjon", Role::Worker).await;
        let cast = Cast { nurse, ..world.school_case().await };
        world.all_consent(&cast.family, cast.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        state_guardian(&world, &leader, &cast.family.child, &number).await;
        let path = format!("/v1/units/{}/conflicts-of-interest", leader.unit.id);
        assert!(walk(&leader, &path).await.is_empty());
        assert!(due(&leader, "confirm_conflict").await.is_empty());
    }

    async fn a_care_order_elsewhere_is_undone_by_the_contact_person_or_the_auditor(world: World) {
        let cast = world.shared_case().await;
        let (child, mother) = (&cast.family.child, &cast.family.guardians[0]);
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let colleague = world.worker("kragero/barnevern").await;
        let named = world.worker("kragero/barnevern").await;
        let same = world.register(&colleague, child.national_id.clone()).await;
        let order = json!({
            "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(0),
            "child_welfare_unit_id": colleague.unit.id, "child_welfare_person_id": named.id,
        });
        colleague.post(format!("/v1/children/{}/care-orders", same.id)).json(order).send().await.expect(201);
        finds_nothing(mother, &[cast.path("")]).await;
        finds_nothing(&colleague, &[cast.path("")]).await;
        // It takes no consent: the nurse keeps her seat, and the baton stays.
        cast.nurse.get(cast.path("")).send().await.expect(200);
        assert_eq!(sweep(&world.db, &world.clock).await.expect("a sweep"), 0);
        let claim = only_claim(&auditor, child).await;
        assert_eq!(claim["kind"], "care_order");
        decide(&auditor, child, &claim, false).await;
        mother.get(cast.path("")).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        // Another order of the same registration closes nothing before it is confirmed.
        let acute = json!({
            "kind": "acute_care", "decision_reference": "BVHN-2026-0143", "in_force_from": world.in_days(0),
            "in_force_until": world.in_days(20), "child_welfare_unit_id": colleague.unit.id, "child_welfare_person_id": named.id,
        });
        colleague.post(format!("/v1/children/{}/care-orders", same.id)).json(acute).send().await.expect(201);
        mother.get(cast.path("")).send().await.expect(200);
        let claims = walk(&auditor, &claims_of(child)).await;
        let another = claims.iter().find(|claim| claim["confirmed"].is_null()).expect("a claim");
        decide(&auditor, child, another, true).await;
        finds_nothing(mother, &[cast.path("")]).await;
    }

    async fn an_order_that_begins_later_closes_from_its_day(world: World) {
        let cast = world.shared_case().await;
        let child = &cast.family.child;
        let colleague = world.worker("kragero/barnevern").await;
        let named = world.worker("kragero/barnevern").await;
        let same = world.register(&colleague, child.national_id.clone()).await;
        let order = json!({
            "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(20),
            "child_welfare_unit_id": colleague.unit.id, "child_welfare_person_id": named.id,
        });
        colleague.post(format!("/v1/children/{}/care-orders", same.id)).json(order).send().await.expect(201);
        let until = |claim: &Value| claim["closes_until"].as_str().expect("a time")[..10].to_owned();
        assert!(until(&only_claim(&cast.teacher, child).await) >= world.in_days(33));
        world.advance(TimeDelta::days(21));
        finds_nothing(&cast.family.guardians[0], &[cast.path("")]).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        assert_eq!(due(&auditor, "decide_claim").await.len(), 1, "log control still has it");
    }

    async fn a_baton_rests_with_someone_who_may_hold_it_when_a_claim_is_confirmed_while_it_falls(world: World) {
        let (teacher, number) = known_by_number(&world, "kragero/skole", Role::Worker).await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        let leaders = [world.staff("kragero/skole", Role::UnitLeader).await, world.staff("kragero/skole", Role::UnitLeader).await];
        let mate = world.worker("kragero/skole").await;
        world.add_to_team(&teacher, case, &mate).await;
        let colleague = world.worker("kragero/nav").await;
        state_guardian(&world, &colleague, &family.child, &number).await;
        let stated = due(&leaders[0], "confirm_conflict").await;
        let path = format!("/v1/units/{}/conflicts-of-interest/{}/confirm", teacher.unit.id, stated[0]["object_id"].as_str().expect("an id"));
        let confirming = leaders.each_ref().map(|leader| leader.post(&path).json(json!({"reason": "They are close."})).if_match(1).send());
        let [first, second] = confirming;
        let (first, second, swept) = tokio::join!(first, second, sweep(&world.db, &world.clock));
        swept.expect("a sweep");
        let (winner, lost) = if first.status == 200 { (0, second) } else { (1, first) };
        assert!([404, 409, 412].contains(&lost.status), "{lost:?}");
        assert_eq!(holder(&world, case).await, leaders[1 - winner].id, "the baton does not go to the leader who confirmed");
        finds_nothing(&teacher, &[format!("/v1/cases/{case}")]).await;
    }
}
