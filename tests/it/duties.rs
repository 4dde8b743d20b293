//! A duty rests with someone who can carry it out: when they lose access, the contact person has it.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::handovers;

use crate::{
    cast::{Cast, at_once},
    support::{Call, Role, Staff, User, World, both_engines},
};

/// A measure and the next step, both with the nurse on the team. Returns the path of the measure.
async fn nurse_has_duties(world: &World, cast: &Cast) -> String {
    let mut step = world.next_step();
    step["held_by"] = json!("member");
    step["person_id"] = json!(cast.nurse.id);
    step["unit_id"] = json!(cast.nurse.unit.id);
    world.set_next_step(&cast.teacher, cast.case, step).await.expect(201);
    let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
    cast.path(&format!("/measures/{measure}"))
}

/// The person responsible for the measure, and the holder of the next step, as the contact person sees it.
async fn with(reader: &User, cast: &Cast, measure: &str) -> (Value, Value) {
    let measure = reader.get(measure).send().await.expect(200);
    let case = reader.get(cast.path("")).send().await.expect(200);
    (measure.body["responsible_id"].clone(), case.body["next_step"]["held_by"].clone())
}

async fn passed_to(reader: &Staff, cast: &Cast, measure: &str) {
    let (responsible, holder) = with(reader, cast, measure).await;
    assert_eq!((responsible, holder), (json!(reader.id), json!("contact_person")));
    let due = reader.get("/v1/follow-ups").send().await.expect(200);
    for kind in ["evaluate_measure", "next_step"] {
        assert!(due.each("kind").contains(&kind), "{kind}");
    }
}

async fn end_role(world: &World, who: &Staff) -> Call {
    let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
    let roles = administrator.get(format!("/v1/units/{}/staff", who.unit.id)).send().await.expect(200);
    let role =
        roles.items().iter().find(|row| row["person_id"] == json!(who.id)).expect("a role")["id"].clone();
    administrator.delete(format!("/v1/units/{}/staff/{}", who.unit.id, role.as_str().expect("an id")))
}

async fn seat_of(cast: &Cast, who: &Staff) -> String {
    let team = cast.teacher.get(cast.path("/team")).send().await.expect(200);
    let seat = team.items().iter().find(|seat| seat["person_id"] == json!(who.id)).expect("a seat").clone();
    cast.path(&format!("/team/{}", seat["id"].as_str().expect("an id")))
}

/// Duties of open cases with someone who has no seat that counts, where the contact person has one; and open cases without exactly one
/// pending step.
async fn wrong(world: &World) -> (i64, i64) {
    let today = world.today();
    let seat = |person: &str, unit: &str| {
        format!(
            "EXISTS (SELECT 1 FROM team_member t JOIN staff_role r ON r.person_id = t.person_id AND r.unit_id = t.unit_id
                     LEFT JOIN account a ON a.person_id = t.person_id
                     WHERE t.case_id = c.id AND t.left_at IS NULL AND t.person_id = {person} AND t.unit_id = {unit}
                       AND r.ended_at IS NULL AND r.ends_on > '{today}' AND a.disabled_at IS NULL
                       AND (t.unit_id = c.unit_id OR EXISTS (
                           SELECT 1 FROM consent s JOIN consent_unit u ON u.consent_id = s.id
                           WHERE s.case_id = c.id AND u.unit_id = t.unit_id AND u.withdrawn_at IS NULL AND s.valid_until >= '{today}')))"
        )
    };
    let dangling = format!(
        "SELECT COUNT(*) FROM care_case c JOIN contact_person cp ON cp.case_id = c.id
         JOIN (SELECT case_id, responsible_id AS person, unit_id FROM measure WHERE status = 'in_force'
               UNION ALL SELECT case_id, person_id, unit_id FROM next_step WHERE pending_in IS NOT NULL AND held_by = 'member') d
           ON d.case_id = c.id
         WHERE c.status = 'open' AND d.person <> cp.person_id AND NOT {} AND {}",
        seat("d.person", "d.unit_id"),
        seat("cp.person_id", "cp.unit_id"),
    );
    let stepless = "SELECT COUNT(*) FROM care_case c WHERE (c.status = 'open')
                    <> ((SELECT COUNT(*) FROM next_step n WHERE n.pending_in = c.id) = 1)";
    (world.number_of(dangling).await, world.number_of(stepless).await)
}

both_engines! {
    async fn a_member_who_leaves_the_team_passes_the_duties_to_the_contact_person(world: World) {
        let cast = world.shared_case().await;
        let measure = nurse_has_duties(&world, &cast).await;
        assert_eq!(with(&cast.teacher, &cast, &measure).await, (json!(cast.nurse.id), json!("member")));
        cast.teacher.delete(seat_of(&cast, &cast.nurse).await).send().await.expect(204);
        passed_to(&cast.teacher, &cast, &measure).await;
        let steps = cast.family.guardians[0].get(cast.path("/next-steps")).send().await.expect(200);
        assert_eq!(steps.items()[1]["passed_on_from"], json!(cast.nurse.id), "the family sees that she had it");
    }

    async fn a_unit_that_loses_consent_passes_its_duties_to_the_contact_person(world: World) {
        let cast = world.shared_case().await;
        let measure = nurse_has_duties(&world, &cast).await;
        let consents = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        let hers = consents.items().iter().find(|row| row["given_by"] == json!(cast.family.guardians[0].id)).expect("hers");
        let path = cast.path(&format!("/consents/{}/withdraw", hers["id"].as_str().expect("an id")));
        cast.family.guardians[0].post(path).json(json!({})).send().await.expect(200);
        passed_to(&cast.teacher, &cast, &measure).await;
    }

    async fn someone_whose_role_ends_or_whose_account_is_disabled_passes_the_duties_on(world: World) {
        let cast = world.shared_case().await;
        let measure = nurse_has_duties(&world, &cast).await;
        end_role(&world, &cast.nurse).await.send().await.expect(204);
        passed_to(&cast.teacher, &cast, &measure).await;
        let cast = world.shared_case().await;
        let measure = nurse_has_duties(&world, &cast).await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let path = format!("/v1/municipalities/4014/accounts/{}/disable", cast.nurse.id);
        administrator.post(path).send().await.expect(204);
        passed_to(&cast.teacher, &cast, &measure).await;
        assert_eq!(wrong(&world).await, (0, 0));
    }

    async fn the_duties_of_a_contact_person_who_quits_are_those_of_the_leader_who_takes_over(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        end_role(&world, &cast.teacher).await.send().await.expect(204);
        passed_to(&leader, &cast, &cast.path(&format!("/measures/{measure}"))).await;
    }

    async fn a_sweep_passes_on_the_duties_of_a_unit_whose_consent_has_run_out(world: World) {
        let cast = world.shared_case().await;
        let measure = nurse_has_duties(&world, &cast).await;
        assert_eq!(handovers::sweep_duties(&world.db, &world.clock).await.expect("swept"), 0);
        world.advance(TimeDelta::days(183));
        assert_eq!(handovers::sweep_duties(&world.db, &world.clock).await.expect("swept"), 1);
        assert_eq!(handovers::sweep_duties(&world.db, &world.clock).await.expect("swept"), 0, "once");
        passed_to(&cast.teacher, &cast, &measure).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let log = auditor.get(format!("/v1/access-log?action=pass_on_duties&case_id={}", cast.case)).send().await.expect(200);
        assert_eq!(log.each("object_type"), ["Case"]);
        assert_eq!(log.body["items"][0]["policies"], json!(["system.duty-falls-back"]));
    }

    async fn the_measure_of_child_welfare_stays_hidden_when_it_passes_on(world: World) {
        let cast = world.shared_case().await;
        let helper = world.team_mate(&cast, "kragero/barnevern").await;
        let measure = world.measure(&cast.teacher, cast.case, &helper).await;
        let path = cast.path(&format!("/measures/{measure}"));
        cast.nurse.get(&path).send().await.expect(404);
        cast.teacher.delete(seat_of(&cast, &helper).await).send().await.expect(204);
        assert_eq!(cast.teacher.get(&path).send().await.expect(200).body["responsible_id"], json!(cast.teacher.id));
        cast.nurse.get(&path).send().await.expect(404);
    }

    async fn a_measure_ends_because_it_could_not_be_carried_out(world: World) {
        let cast = world.shared_case().await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/measures/{measure}"));
        let mut ending = json!({
            "held_on": world.in_days(0), "outcome": "end_not_carried_out", "contains": [],
            "child_view_missing_reason": "It never began.",
        });
        cast.nurse.post(format!("{path}/evaluations")).json(ending.clone()).if_match(1).send().await.expect(422);
        ending["assessment"] = json!("There was no free place.");
        cast.nurse.post(format!("{path}/evaluations")).json(ending).if_match(1).send().await.expect(201);
        let ended = cast.family.guardians[0].get(&path).send().await.expect(200);
        assert_eq!(ended.text("/status"), "ended_not_carried_out");
    }

    /// Random acts, several at once: an open case is never without a next step, and no duty is left with someone who cannot act.
    async fn whatever_happens_at_once_every_duty_rests_with_someone_who_can_act(world: World) {
        static SEED: AtomicU64 = AtomicU64::new(0x5851_F42D_4C95_7F2D);
        let below = |most: usize| {
            let next = SEED.load(Ordering::SeqCst).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            SEED.store(next, Ordering::SeqCst);
            usize::try_from(next >> 33).expect("a number") % most
        };
        let cast = world.shared_case().await;
        world.staff("kragero/skole", Role::UnitLeader).await;
        let mut team = vec![cast.teacher.clone(), cast.nurse.clone()];
        for unit in ["kragero/skole", "kragero/helsestasjon", "kragero/ppt", "kragero/skole"] {
            team.push(world.team_mate(&cast, unit).await);
        }
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        for _ in 0..12 {
            let mut acts = Vec::new();
            for _ in 0..4 {
                let who = &team[below(team.len())];
                acts.push(act(&world, &cast, &administrator, (&cast.teacher, who), below(7)).await);
            }
            for answer in at_once(acts.into_iter().flatten()).await {
                assert!(answer.status < 500, "{answer:?}");
            }
            let (_, stepless) = wrong(&world).await;
            assert_eq!(stepless, 0, "a case without its next step");
            handovers::sweep(&world.db, &world.clock).await.expect("swept");
            handovers::sweep_duties(&world.db, &world.clock).await.expect("swept");
            assert_eq!(wrong(&world).await, (0, 0));
        }
        assert!(world.number_of("SELECT COUNT(*) FROM next_step WHERE from_person IS NOT NULL").await
            + world.number_of("SELECT COUNT(*) FROM measure WHERE version > 1").await > 0, "some duties passed on");
    }
}

/// One of the acts that give duties or end access; none if it is not possible now.
async fn act(
    world: &World,
    cast: &Cast,
    administrator: &Staff,
    (by, who): (&Staff, &Staff),
    which: usize,
) -> Option<Call> {
    // A session of a disabled account has ended, and the teacher gives the duties.
    if which > 4 && who.id == by.id {
        return None;
    }
    let accounts = format!("/v1/municipalities/4014/accounts/{}", who.id);
    let settles = by.get(cast.path("")).send().await.body["next_step"]["id"].clone();
    Some(match which {
        0 | 1 => by.post(cast.path("/measures")).json(json!({
            "title": "Play group", "level": "selective", "contains": [], "responsible_id": who.id,
            "responsible_unit_id": who.unit.id, "evaluate_on": world.in_days(42),
        })),
        2 | 3 => by.post(cast.path("/next-steps")).json(json!({
            "settles": settles, "outcome": "done", "contains": [], "next": {
                "what": "Ring the home.", "held_by": "member", "person_id": who.id, "unit_id": who.unit.id,
                "due_on": world.in_days(9), "contains": [],
            },
        })),
        4 => {
            let team = by.get(cast.path("/team")).send().await;
            let items = team.body["items"].as_array().cloned().unwrap_or_default();
            let seat = items
                .into_iter()
                .find(|seat| seat["person_id"] == json!(who.id) && seat["left_at"].is_null())?;
            by.delete(cast.path(&format!("/team/{}", seat["id"].as_str()?)))
        }
        5 => administrator.post(format!("{accounts}/disable")),
        _ => administrator.post(format!("{accounts}/enable")),
    })
}
