//! The calendar of rights: what a case loses by the passing of time, found in time by everyone who can act, and until it is settled.

use chrono::{Months, TimeDelta};
use serde_json::{Value, json};
use stafett::kernel::ids::ConsentId;

use crate::{
    care_orders::{self, consent_to, end, in_force, order},
    cast::Cast,
    support::{Role, Unit, User, World, both_engines},
};

/// Consents for the caller to some kinds for a unit, for some days from today.
async fn consent(by: &User, cast: &Cast, unit: &Unit, kinds: &[&str], until: String) -> ConsentId {
    let body = json!({
        "unit_ids": [unit.id], "kinds": kinds, "purpose": "Help with play.", "valid_until": until, "text_version": "2026-1",
    });
    by.post(cast.path("/consents")).json(body).send().await.expect(201).id("/id")
}

async fn calendar(reader: &User, cast: &Cast) -> Vec<Value> {
    let calendar = reader.get(cast.path("/rights-calendar")).send().await.expect(200);
    calendar.body["endings"].as_array().expect("a list").clone()
}

/// The tasks of a person about consents, each with its object and whether it is overdue.
async fn due(who: &User) -> Vec<(String, String, bool)> {
    let due = who.get("/v1/follow-ups?limit=200").send().await.expect(200);
    let about_consent = due
        .items()
        .iter()
        .filter(|item| ["renew_consent", "new_consents"].contains(&item["kind"].as_str().expect("a kind")));
    let text = |item: &Value, member: &str| item[member].as_str().expect("text").to_owned();
    let task = |item: &Value| (text(item, "kind"), text(item, "object_id"), item["overdue"] == true);
    about_consent.map(task).collect()
}

fn renew(consent: ConsentId) -> (String, String, bool) {
    ("renew_consent".to_owned(), consent.to_string(), false)
}

/// A case that the nurse takes part in, by consents of both guardians for some days; with those consents.
async fn shared_for(world: &World, days: i64) -> (Cast, [ConsentId; 2]) {
    let cast = world.school_case().await;
    let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
    let until = world.in_days(days);
    let first = consent(mother, &cast, &cast.nurse.unit, &["agreed"], until.clone()).await;
    let second = consent(father, &cast, &cast.nurse.unit, &["agreed"], until).await;
    world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
    (cast, [first, second])
}

both_engines! {
    async fn a_consent_that_ends_is_a_task_of_the_contact_person_and_of_those_who_gave_it_until_it_is_renewed(world: World) {
        let (cast, given) = shared_for(&world, 31).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        for who in [&cast.teacher.user, &mother.user, &father.user] {
            assert!(due(who).await.is_empty(), "it is more than 30 days away");
        }
        let endings = calendar(&cast.teacher, &cast).await;
        assert_eq!(endings.len(), 1);
        let ending = &endings[0];
        assert_eq!((&ending["on"], &ending["cause"], &ending["overdue"]), (&json!(world.in_days(32)), &json!("consent_ends"), &json!(false)));
        assert_eq!((&ending["unit_id"], &ending["kinds"]), (&json!(cast.nurse.unit.id), &json!(["agreed"])));
        assert_eq!(ending["to_consent"].as_array().expect("a list").len(), 2);
        world.advance(TimeDelta::days(1));
        assert_eq!(due(&cast.teacher).await, given.map(renew));
        assert_eq!(due(mother).await, [renew(given[0])]);
        assert_eq!(due(father).await, [renew(given[1])], "one guardian's consent is not the other's to see");
        assert!(due(&cast.nurse).await.is_empty());

        world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        assert!(due(mother).await.is_empty(), "she has renewed hers");
        let of_mother = calendar(mother, &cast).await;
        assert!(of_mother.iter().all(|ending| ending["on"] != json!(world.in_days(31))), "what the father does is not hers to see");
        assert_eq!(due(&cast.teacher).await, [renew(given[1])]);
        world.advance(TimeDelta::days(40));
        assert_eq!(due(father).await, [(renew(given[1]).0, given[1].to_string(), true)], "it has ended, and is missed");
        assert_eq!(calendar(&cast.teacher, &cast).await[0]["overdue"], true);
        world.consent(father, cast.case, &[&cast.nurse.unit]).await;
        for who in [&cast.teacher.user, &mother.user, &father.user] {
            assert!(due(who).await.is_empty());
            assert!(calendar(who, &cast).await.is_empty());
        }
    }

    async fn what_has_ended_is_settled_by_the_end_of_the_seats_too_and_by_a_withdrawal(world: World) {
        let (cast, _) = shared_for(&world, 10).await;
        world.advance(TimeDelta::days(11));
        assert_eq!(due(&cast.teacher).await.len(), 2);
        let team = cast.teacher.get(cast.path("/team")).send().await.expect(200);
        let seat = team.items().iter().find(|seat| seat["person_id"] == json!(cast.nurse.id)).expect("the nurse's seat");
        cast.teacher.delete(cast.path(&format!("/team/{}", seat["id"].as_str().expect("an id")))).send().await.expect(204);
        assert!(due(&cast.teacher).await.is_empty());

        let (cast, given) = shared_for(&world, 10).await;
        assert_eq!(due(&cast.teacher).await.len(), 2);
        world.withdraw(&cast.family.guardians[0], cast.case, given[0]).await;
        assert!(due(&cast.teacher).await.is_empty(), "there is nothing to lose any more");
        assert!(due(&cast.family.guardians[0]).await.is_empty());
        assert_eq!(due(&cast.family.guardians[1]).await, [renew(given[1])], "what the mother does is not his to see");
    }

    async fn a_consent_that_was_renewed_and_then_withdrawn_is_not_asked_for_again(world: World) {
        let (cast, _) = shared_for(&world, 60).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        for guardian in [mother, father] {
            consent(guardian, &cast, &cast.nurse.unit, &["health"], world.in_days(5)).await;
        }
        world.advance(TimeDelta::days(4));
        let renewed = consent(mother, &cast, &cast.nurse.unit, &["health"], world.in_days(50)).await;
        world.advance(TimeDelta::days(10));
        assert_eq!(due(&cast.teacher).await.len(), 1, "the father's");
        world.withdraw(mother, cast.case, renewed).await;
        assert!(due(mother).await.is_empty());
        assert!(due(&cast.teacher).await.is_empty());
    }

    async fn each_guardian_sees_the_kinds_of_their_own_consent(world: World) {
        let cast = world.school_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let until = world.in_days(20);
        consent(mother, &cast, &cast.nurse.unit, &["agreed"], until.clone()).await;
        consent(father, &cast, &cast.nurse.unit, &["agreed", "family_economy"], until).await;
        assert_eq!(calendar(mother, &cast).await[0]["kinds"], json!(["agreed"]));
        assert_eq!(calendar(father, &cast).await[0]["kinds"], json!(["agreed", "family_economy"]));
        assert_eq!(calendar(&cast.teacher, &cast).await[0]["kinds"], json!(["agreed", "family_economy"]));
    }

    async fn the_parents_do_not_see_a_care_order_before_its_day(world: World) {
        for days in [25, 80] {
            let (cast, given) = shared_for(&world, days).await;
            let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
            let before = [calendar(mother, &cast).await, calendar(father, &cast).await];
            let tasks = [due(mother).await, due(father).await];
            assert_eq!(before[0][0]["consent_ids"], json!([given[0]]));
            assert_eq!(tasks[0].len(), usize::from(days == 25));
            let holder = world.worker("kragero/barnevern").await;
            in_force(&cast.teacher, &cast.family.child, &holder, order(&holder, world.in_days(20))).await;
            let of_teacher = calendar(&cast.teacher, &cast).await;
            assert_eq!((&of_teacher[0]["cause"], &of_teacher[0]["to_consent"]), (&json!("consenters_change"), &json!([holder.id])));
            assert!(due(&cast.teacher).await.contains(&("new_consents".to_owned(), cast.case.to_string(), false)));
            assert_eq!([calendar(mother, &cast).await, calendar(father, &cast).await], before);
            assert_eq!([due(mother).await, due(father).await], tasks);
        }
    }

    async fn on_the_day_of_a_care_order_the_person_in_child_welfare_is_asked_and_after_its_end_the_parents_are(world: World) {
        let (cast, _) = shared_for(&world, 80).await;
        let child = &cast.family.child;
        let holder = world.worker("kragero/barnevern").await;
        let made = in_force(&cast.teacher, child, &holder, order(&holder, world.in_days(0))).await;
        let asked = [("new_consents".to_owned(), cast.case.to_string(), false)];
        assert_eq!((due(&holder).await, due(&cast.teacher).await), (asked.to_vec(), asked.to_vec()));
        let mut all = consent_to(&world, &cast.nurse);
        all["kinds"] = json!(["agreed", "health"]);
        holder.post(cast.path("/consents")).json(all).send().await.expect(201);
        assert!(due(&holder).await.is_empty() && due(&cast.teacher).await.is_empty());
        let mut current = holder.get(care_orders::path(child)).send().await.expect(200);
        current.body = current.body["items"][0].clone();
        assert_eq!(current.text("/id"), made.text("/id"));
        end(&cast.teacher, child, &current).send().await.expect(200);
        let endings = calendar(&cast.teacher, &cast).await;
        let kinds: Vec<_> = endings.iter().map(|ending| (&ending["kinds"], &ending["overdue"])).collect();
        let (health, agreed) = (json!(["health"]), json!(["agreed"]));
        assert_eq!(kinds, [(&health, &json!(true)), (&agreed, &json!(false))], "the parents have consented to what is agreed");
        assert_eq!(due(&cast.teacher).await, asked);
    }

    async fn a_new_guardian_who_must_consent_is_a_task_of_the_contact_person(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.family(&teacher, 6, 1).await;
        let case = world.open_case(&teacher, &family.child).await;
        let cast = Cast { teacher, nurse, family, case };
        consent(&cast.family.guardians[0], &cast, &cast.nurse.unit, &["agreed"], world.in_days(200)).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let father = world.guardian_of(&cast.teacher, &cast.family.child, true).await;
        let endings = calendar(&cast.teacher, &cast).await;
        assert_eq!((&endings[0]["on"], &endings[0]["cause"]), (&json!(world.in_days(0)), &json!("consenters_change")));
        assert_eq!(endings[0]["to_consent"], json!([father.id]));
        assert_eq!(due(&cast.teacher).await, [("new_consents".to_owned(), cast.case.to_string(), false)]);
        assert!(due(&cast.family.guardians[0]).await.is_empty());
    }

    async fn a_unit_that_the_young_person_keeps_from_the_guardians_is_in_no_calendar_of_theirs(world: World) {
        let cast = world.family_of_sixteen().await;
        let mother = &cast.family.guardians[0];
        consent(mother, &cast, &cast.nurse.unit, &["parents_health"], world.in_days(5)).await;
        world.advance(TimeDelta::days(10));
        assert!(calendar(mother, &cast).await.is_empty());
        let youth = world.youth(&cast.family.child).await;
        consent(&youth, &cast, &cast.nurse.unit, &["agreed", "confidential_health"], world.in_days(100)).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        assert!(calendar(mother, &cast).await.is_empty());
        assert!(due(mother).await.is_empty());
    }

    async fn the_unit_that_opened_the_case_needs_consent_to_the_other_kinds_of_the_family_alone(world: World) {
        let (cast, _) = shared_for(&world, 80).await;
        for guardian in &cast.family.guardians {
            consent(guardian, &cast, &cast.teacher.unit, &["agreed", "health"], world.in_days(20)).await;
            assert_eq!(calendar(guardian, &cast).await[0]["kinds"], json!(["health"]));
        }
        assert_eq!(calendar(&cast.teacher, &cast).await[0]["kinds"], json!(["health"]));
    }

    async fn a_birthday_is_in_the_calendar_before_it_comes_and_then_a_task_of_the_young_person(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let adviser = world.worker("kragero/ppt").await;
        let birthday = world.today() + TimeDelta::days(60);
        let child = world.child_born(&teacher, &(birthday - Months::new(15 * 12)).to_string()).await;
        let guardian = world.guardian_of(&teacher, &child, true).await;
        let family = crate::support::Family { child, guardians: vec![guardian] };
        let case = world.open_case(&teacher, &family.child).await;
        let cast = Cast { teacher, nurse: adviser, family, case };
        world.all_consent(&cast.family, cast.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let endings = calendar(&cast.teacher, &cast).await;
        assert_eq!((&endings[0]["on"], &endings[0]["cause"]), (&json!(birthday), &json!("comes_of_age")));
        assert_eq!(endings[0]["to_consent"], json!([cast.family.child.id]));
        let of_guardian = calendar(&cast.family.guardians[0], &cast).await;
        assert_eq!((&of_guardian[0]["on"], &of_guardian[0]["to_consent"]), (&json!(birthday), &json!([])));
        assert!(due(&cast.teacher).await.is_empty());
        world.advance(TimeDelta::days(40));
        let passes = |overdue| ("new_consents".to_owned(), cast.case.to_string(), overdue);
        assert_eq!(due(&cast.teacher).await, [passes(false)]);
        world.advance(TimeDelta::days(20));
        let youth = world.youth(&cast.family.child).await;
        for who in [&cast.teacher.user, &youth.user] {
            assert_eq!(due(who).await, [passes(false)], "nobody could consent before today");
            assert_eq!(calendar(who, &cast).await[0]["to_consent"], json!([cast.family.child.id]));
        }
        world.consent(&youth, cast.case, &[&cast.nurse.unit]).await;
        assert!(due(&youth).await.is_empty() && due(&cast.teacher).await.is_empty());
    }

    async fn a_consent_of_the_young_person_alone_is_in_no_calendar_of_a_guardian(world: World) {
        let cast = world.family_of_sixteen().await;
        let youth = world.youth(&cast.family.child).await;
        let until = world.in_days(20);
        let secret = consent(&youth, &cast, &cast.nurse.unit, &["agreed", "confidential_health"], until).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        for who in [&youth.user, &cast.teacher.user] {
            let endings = calendar(who, &cast).await;
            assert_eq!((endings.len(), &endings[0]["consent_ids"]), (1, &json!([secret])));
            assert_eq!(due(who).await, [renew(secret)]);
        }
        for guardian in &cast.family.guardians {
            assert!(calendar(guardian, &cast).await.is_empty());
            assert!(due(guardian).await.is_empty());
        }
        cast.nurse.get(cast.path("/rights-calendar")).send().await.expect_problem(403, "forbidden");
        world.worker("kragero/nav").await.get(cast.path("/rights-calendar")).send().await.expect_problem(404, "not-found");
    }

    async fn a_care_order_with_a_last_day_is_in_the_calendar_and_nobody_consents_until_its_end_is_recorded(world: World) {
        let cast = world.school_case().await;
        let holder = world.worker("kragero/barnevern").await;
        let mut acute = order(&holder, world.in_days(0));
        acute["kind"] = json!("acute_care");
        acute["in_force_until"] = json!(world.in_days(25));
        in_force(&cast.teacher, &cast.family.child, &holder, acute).await;
        let given: ConsentId = holder.post(cast.path("/consents")).json(consent_to(&world, &cast.nurse)).send().await.expect(201).id("/id");
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        for who in [&holder.user, &cast.teacher.user] {
            let endings = calendar(who, &cast).await;
            let ending = endings.first().expect("an ending");
            assert_eq!((&ending["on"], &ending["cause"]), (&json!(world.in_days(26)), &json!("consenters_change")));
            assert_eq!((&ending["consent_ids"], &ending["to_consent"]), (&json!([given]), &json!([])));
            let tasks = who.get("/v1/follow-ups?limit=200").send().await.expect(200);
            assert!(tasks.each("kind").contains(&"care_order_ends"), "somebody records the end, or a later day");
        }
        for guardian in &cast.family.guardians {
            guardian.get(cast.path("/rights-calendar")).send().await.expect_problem(404, "not-found");
            assert!(due(guardian).await.is_empty(), "they may not know of the case");
        }
    }

    async fn the_role_of_a_member_that_ends_is_in_the_calendar_of_the_contact_person_alone(world: World) {
        let cast = world.shared_case().await;
        assert!(calendar(&cast.teacher, &cast).await.is_empty());
        world.advance(TimeDelta::days(300));
        let endings = calendar(&cast.teacher, &cast).await;
        let seats = endings.iter().filter(|ending| ending["cause"] == "role_ends");
        let people: Vec<&Value> = seats.map(|ending| &ending["person_id"]).collect();
        assert!(people.len() == 2 && [cast.teacher.id, cast.nurse.id].iter().all(|id| people.contains(&&json!(id))));
        assert!(!calendar(&cast.family.guardians[0], &cast).await.iter().any(|ending| ending["cause"] == "role_ends"));
    }

    async fn the_leader_of_a_contact_person_who_loses_the_case_has_it_as_a_task(world: World) {
        let (cast, given) = shared_for(&world, 20).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        assert!(due(&leader).await.is_empty(), "the nurse is not the contact person");
        let offer = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, offer).await;
        let lost = |overdue| ("new_consents".to_owned(), cast.case.to_string(), overdue);
        assert_eq!(due(&leader).await, [lost(false)]);
        assert_eq!(due(&cast.nurse).await, given.map(renew));
        assert!(due(&cast.teacher).await.is_empty());
        leader.get(cast.path("/rights-calendar")).send().await.expect_problem(403, "forbidden");
        let principal = world.staff("kragero/skole", Role::UnitLeader).await;
        assert!(due(&principal).await.is_empty());
        world.advance(TimeDelta::days(21));
        assert!(due(&leader).await.is_empty(), "her unit is not responsible any more");
        assert_eq!(due(&principal).await, [lost(true)]);
    }

    async fn a_leader_who_is_a_guardian_has_the_tasks_of_a_guardian(world: World) {
        let cast = world.family_of_sixteen().await;
        let youth = world.youth(&cast.family.child).await;
        let mother = &cast.family.guardians[0];
        world.grant(mother, &cast.nurse.unit, Role::UnitLeader).await;
        let secret = consent(&youth, &cast, &cast.nurse.unit, &["agreed"], world.in_days(20)).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let offer = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, offer).await;
        assert_eq!(due(&youth).await, [renew(secret)]);
        assert!(due(mother).await.is_empty(), "she does not meet the case as a leader");
    }

    async fn nothing_ends_in_a_closed_case(world: World) {
        let (cast, _) = shared_for(&world, 20).await;
        world.close_case(&cast.teacher, cast.case).await;
        assert!(calendar(&cast.teacher, &cast).await.is_empty());
        assert!(due(&cast.teacher).await.is_empty() && due(&cast.family.guardians[0]).await.is_empty());
    }
}
