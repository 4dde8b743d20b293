//! Rights that are lost while in use: a request sent after the loss was confirmed is refused, however many are running. Of
//! two acts that exclude each other, only one is done.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;
use stafett::kernel::ids::CaseId;
use tokio::task::JoinSet;

use crate::{
    cast::{Cast, at_once, exactly_one_wins},
    support::{Answer, Call, Role, Staff, User, World, both_engines},
};

const ROUNDS: usize = 3;
/// The number of people who use the right at the same time.
const USERS: usize = 4;
/// The maximum number of requests of each before the loss, and after it.
const BEFORE: usize = 20;
const AFTER: usize = 2;

/// Removes a right while others use it. Requests sent after the answer to the loss must be refused as `lost` describes;
/// earlier requests are either done or refused the same way. Returns what was done before.
async fn taken_away(loss: Call, uses: Vec<Call>, lost: &[u16]) -> usize {
    let told = Arc::new(AtomicBool::new(false));
    let mut users = JoinSet::new();
    for at in 0..USERS {
        let (told, uses) = (told.clone(), uses.clone());
        users.spawn(async move { use_it(at, &told, &uses).await });
    }
    let loss = loss.send().await;
    assert!(loss.status < 300, "{loss:?}");
    told.store(true, Ordering::SeqCst);
    let mut done = 0;
    for (sent_after, answer) in users.join_all().await.into_iter().flatten() {
        let refused = lost.contains(&answer.status);
        assert!(
            refused || (!sent_after && answer.status < 300),
            "sent after the loss: {sent_after}\n{answer:?}"
        );
        done += usize::from(!refused);
    }
    done
}

async fn use_it(at: usize, told: &AtomicBool, uses: &[Call]) -> Vec<(bool, Answer)> {
    let mut all = Vec::new();
    let mut after = 0;
    for call in uses.iter().cycle().skip(at) {
        let sent_after = told.load(Ordering::SeqCst);
        if sent_after || all.len() < BEFORE {
            all.push((sent_after, call.clone().send().await));
        } else {
            tokio::task::yield_now().await;
        }
        after += usize::from(sent_after);
        if after == AFTER * uses.len() {
            break;
        }
    }
    all
}

/// Reads and writes that every team member, and the family, may do.
fn work(by: &User, case: CaseId) -> Vec<Call> {
    let note = json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A good day."});
    vec![
        by.get(format!("/v1/cases/{case}")),
        by.post(format!("/v1/cases/{case}/notes")).json(note),
        by.get(format!("/v1/cases/{case}/measures?limit=1")),
    ]
}

/// The nurse on the team, and the paths of her membership and of the mother's only consent.
async fn nurse_joins(world: &World, cast: &Cast) -> (Staff, String, String) {
    let nurse = world.worker("kragero/helsestasjon").await;
    let consent = world.consent(&cast.family.guardians[0], cast.case, &[&nurse.unit]).await;
    world.consent(&cast.family.guardians[1], cast.case, &[&nurse.unit]).await;
    let seat = world.add_to_team(&cast.teacher, cast.case, &nurse).await;
    let withdraw = cast.path(&format!("/consents/{consent}/withdraw"));
    (nurse, cast.path(&format!("/team/{seat}")), withdraw)
}

both_engines! {
    async fn nothing_is_read_or_written_on_a_consent_after_it_is_withdrawn(world: World) {
        let cast = world.school_case().await;
        for _ in 0..ROUNDS {
            let (nurse, _, withdraw) = nurse_joins(&world, &cast).await;
            let loss = cast.family.guardians[0].post(withdraw).json(json!({}));
            taken_away(loss, work(&nurse, cast.case), &[404]).await;
            // The next round rests on a consent of its own.
            let rest = "SELECT COUNT(*) FROM team_member WHERE left_at IS NULL";
            assert_eq!(world.number_of(rest).await, 1, "the seat has ended");
        }
    }

    async fn nothing_is_read_or_written_from_a_seat_after_it_has_ended(world: World) {
        let cast = world.school_case().await;
        for _ in 0..ROUNDS {
            let (nurse, seat, _) = nurse_joins(&world, &cast).await;
            taken_away(cast.teacher.delete(seat), work(&nurse, cast.case), &[404]).await;
        }
    }

    async fn nothing_is_read_or_written_in_a_role_after_it_has_ended(world: World) {
        let cast = world.school_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        for _ in 0..ROUNDS {
            let colleague = world.user_with_new_number("4014").await;
            let role = world.grant(&colleague, &cast.teacher.unit, Role::Worker).await;
            let colleague = Staff { user: colleague, unit: cast.teacher.unit.clone() };
            world.add_to_team(&cast.teacher, cast.case, &colleague).await;
            let mut uses = work(&colleague, cast.case);
            uses.push(colleague.get(format!("/v1/units/{}/staff?limit=1", colleague.unit.id)));
            let loss = administrator.delete(format!("/v1/units/{}/staff/{role}", colleague.unit.id));
            taken_away(loss, uses, &[403, 404]).await;
        }
    }

    async fn nothing_is_read_or_written_by_one_whose_account_is_closed(world: World) {
        let cast = world.school_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        for _ in 0..ROUNDS {
            let (nurse, ..) = nurse_joins(&world, &cast).await;
            nurse.token().await;
            let loss = administrator.post(format!("/v1/municipalities/4014/accounts/{}/disable", nurse.id));
            // A person with a session but no role any more is a stranger to the case.
            taken_away(loss, work(&nurse, cast.case), &[401, 404]).await;
        }
    }

    async fn nothing_is_read_or_written_by_a_guardian_after_the_responsibility_is_lost(world: World) {
        for _ in 0..ROUNDS {
            let cast = world.school_case().await;
            let mother = &cast.family.guardians[0];
            let children = format!("/v1/children/{}/guardians", cast.family.child.id);
            let list = cast.teacher.get(&children).send().await.expect(200);
            let hers = list.items().iter().find(|row| row["guardian_id"] == json!(mother.id)).expect("hers").clone();
            let path = format!("{children}/{}", hers["id"].as_str().expect("an id"));
            let body = json!({"parental_responsibility": false, "lives_with_child": true});
            let loss = cast.teacher.patch(path).json(body).if_match(1);
            let note = json!({"audience": "team", "kind": "agreed", "contains": [], "text": "At home all is well."});
            let uses = vec![
                mother.get(cast.path("")),
                mother.post(cast.path("/notes")).json(note),
                mother.get(cast.path("/access-log?limit=1")),
                mother.get(format!("/v1/children/{}", cast.family.child.id)),
            ];
            taken_away(loss, uses, &[404]).await;
        }
    }

    async fn nothing_is_read_or_written_by_a_guardian_after_the_case_is_withheld(world: World) {
        for _ in 0..ROUNDS {
            let cast = world.school_case().await;
            let mother = &cast.family.guardians[0];
            let body = json!({
                "guardian_id": mother.id, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "The child is in danger at home.",
            });
            let loss = cast.teacher.post(cast.path("/withholdings")).json(body);
            taken_away(loss, work(mother, cast.case), &[404]).await;
        }
    }

    async fn nothing_is_read_or_written_by_a_guardian_after_a_care_order_is_in_force(world: World) {
        let welfare = world.worker("kragero/barnevern").await;
        for _ in 0..ROUNDS {
            let cast = world.school_case().await;
            let mother = &cast.family.guardians[0];
            let body = json!({
                "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(0),
                "child_welfare_unit_id": welfare.unit.id, "child_welfare_person_id": welfare.id,
            });
            let loss = cast.teacher.post(format!("/v1/children/{}/care-orders", cast.family.child.id)).json(body);
            taken_away(loss, work(mother, cast.case), &[403, 404]).await;
        }
    }

    async fn nothing_is_read_in_an_emergency_after_it_has_ended(world: World) {
        let cast = world.school_case().await;
        for _ in 0..ROUNDS {
            let responder = world.worker("kragero/bup").await;
            let opened = world.open_in_emergency(&responder, json!({"case_id": cast.case})).await.text("/id");
            let uses = vec![
                responder.get(cast.path("")),
                responder.get(cast.path("/measures?limit=1")),
                responder.get(cast.path("/team?limit=1")),
            ];
            let loss = responder.post(format!("/v1/emergency-access/{opened}/end")).json(json!({})).if_match(1);
            taken_away(loss, uses, &[403, 404]).await;
        }
    }

    async fn nothing_is_read_or_written_after_a_conflict_of_interest_is_declared(world: World) {
        let cast = world.school_case().await;
        let number = cast.family.child.national_id.as_str();
        for _ in 0..ROUNDS {
            let (nurse, ..) = nurse_joins(&world, &cast).await;
            let body = json!({"national_id": number, "ground": "friend"});
            let loss = nurse.post("/v1/me/conflicts-of-interest").json(body);
            taken_away(loss, work(&nurse, cast.case), &[403, 404]).await;
        }
    }

    async fn an_offer_accepted_and_taken_back_again_and_again_is_one_of_the_two(world: World) {
        for round in 0..ROUNDS {
            let cast = world.shared_case().await;
            let offer = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
            let path = |answer| cast.path(&format!("/handovers/{offer}/{answer}"));
            let mut both = vec![
                cast.nurse.post(path("accept")).json(json!({})),
                cast.teacher.post(path("withdraw")).json(json!({})),
            ];
            both.rotate_left(round % 2);
            let answers = at_once(both).await;
            exactly_one_wins(&answers, 200, &[403, 404, 409]);
            let list = cast.teacher.get(cast.path("/handovers")).send().await.expect(200);
            let status = list.text("/items/0/status");
            let holder = cast.teacher.get(cast.path("")).send().await.expect(200).text("/contact_person_id");
            let held = if status == "accepted" { cast.nurse.id } else { cast.teacher.id };
            assert_eq!(holder, held.to_string(), "{status}");
        }
    }

    async fn a_baton_accepted_while_the_consent_is_withdrawn_is_held_rightly(world: World) {
        for _ in 0..ROUNDS {
            world.staff("kragero/skole", Role::UnitLeader).await;
            let cast = world.school_case().await;
            let (nurse, _, withdraw) = nurse_joins(&world, &cast).await;
            let offer = world.offer_baton(&cast.teacher, cast.case, &nurse).await;
            let answers = at_once([
                nurse.post(cast.path(&format!("/handovers/{offer}/accept"))).json(json!({})),
                cast.family.guardians[0].post(withdraw).json(json!({})),
            ]).await;
            let withdrawn = answers.iter().filter(|answer| answer.status == 200 && answer.body["given_by"].is_string());
            assert_eq!(withdrawn.count(), 1, "nothing stands in the way of a withdrawal: {answers:?}");
            nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
            let father = &cast.family.guardians[1];
            let holder = father.get(cast.path("")).send().await.expect(200).text("/contact_person_id");
            assert_ne!(holder, nurse.id.to_string(), "who has no seat holds no baton");
        }
    }
}
