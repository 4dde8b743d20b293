//! Who will read this? The writer of a note sees it before the note is written, and it is true.

use serde_json::{Value, json};

use crate::{
    cast::Cast,
    support::{Role, Unit, User, World, both_engines},
};

async fn readers(writer: &User, cast: &Cast, note: &Value) -> Value {
    writer.post(cast.path("/note-readers")).json(note.clone()).send().await.expect(200).body
}

fn note(audience: &str, kind: &str) -> Value {
    let mut note = json!({"audience": audience, "kind": kind, "contains": [], "text": "He slept well."});
    if kind == "child_statement" {
        note["heard_on"] = json!("2026-11-20");
        note["heard_how"] = json!("alone");
        note["heard_weight"] = json!("Much weight.");
    }
    note
}

/// The people in one list of an answer.
fn people(answer: &Value, list: &str) -> Vec<Value> {
    answer[list].as_array().expect("a list").iter().map(|person| person["person_id"].clone()).collect()
}

/// Writes a note, and compares its readers with those that were shown before.
async fn comes_true(writer: &User, cast: &Cast, note: &Value, team: &[&User]) {
    let shown = readers(writer, cast, note).await;
    let id = writer.post(cast.path("/notes")).json(note.clone()).send().await.expect(201).text("/id");
    let path = cast.path(&format!("/notes/{id}"));
    for member in team {
        let reads = member.get(&path).send().await.status == 200;
        let (list, other) = if reads { ("readers", "others") } else { ("others", "readers") };
        assert!(
            people(&shown, list).contains(&json!(member.id)),
            "{note}: {} is not among the {list} of {shown}",
            member.name
        );
        assert!(!people(&shown, other).contains(&json!(member.id)));
    }
    let mut guardians = false;
    for guardian in &cast.family.guardians {
        guardians |= guardian.get(&path).send().await.status == 200 && guardian.id != writer.id;
    }
    assert_eq!(shown["guardians"], guardians, "{note}");
}

/// Both guardians consent to sharing with a unit what is agreed, and what is about health.
async fn shares_health(world: &World, cast: &Cast, unit: &Unit) {
    for guardian in &cast.family.guardians {
        let body = json!({
            "unit_ids": [unit.id], "kinds": ["agreed", "health"], "purpose": "Help with sleep.", "valid_until": world.in_days(90),
            "text_version": "2026-1",
        });
        guardian.post(cast.path("/consents")).json(body).send().await.expect(201);
    }
}

both_engines! {
    async fn the_writer_sees_who_will_read_a_note_and_then_they_do(world: World) {
        let cast = world.shared_case().await;
        let same_unit = world.worker("kragero/helsestasjon").await;
        world.add_to_team(&cast.teacher, cast.case, &same_unit).await;
        let same_sector = world.team_mate(&cast, "kragero/skolehelsetjenesten").await;
        let adviser = world.team_mate(&cast, "kragero/ppt").await;
        let team = [&cast.teacher.user, &cast.nurse.user, &same_unit.user, &same_sector.user, &adviser.user];
        for (writer, kinds) in [(&cast.nurse, ["agreed", "health", "confidential_health"]), (&adviser, ["agreed", "ppt_assessment", "child_statement"])] {
            for audience in ["team", "sector", "unit"] {
                for kind in kinds {
                    comes_true(writer, &cast, &note(audience, kind), &team).await;
                }
            }
        }
        comes_true(&cast.family.guardians[0], &cast, &json!({"text": "For you."}), &team).await;
        let for_the_team = json!({"audience": "team", "contains": [], "text": "For all.", "shown_to": [cast.family.guardians[1].id]});
        comes_true(&cast.family.guardians[0], &cast, &for_the_team, &team).await;
    }

    async fn a_note_for_the_team_that_nobody_else_may_read_is_seen_to_reach_nobody(world: World) {
        let cast = world.shared_case().await;
        let shown = readers(&cast.nurse, &cast, &note("team", "health")).await;
        assert_eq!(people(&shown, "readers"), [json!(cast.nurse.id)]);
        assert_eq!(people(&shown, "others"), [json!(cast.teacher.id)]);
        let other = &shown["others"][0];
        assert_eq!((&other["unit_id"], &other["person_name"]), (&json!(cast.teacher.unit.id), &json!(cast.teacher.name)));
        for unit in [&cast.teacher.unit, &cast.nurse.unit] {
            shares_health(&world, &cast, unit).await;
        }
        let shown = readers(&cast.nurse, &cast, &note("team", "health")).await;
        assert_eq!(people(&shown, "others"), [json!(null); 0]);
    }

    async fn a_preview_writes_nothing_and_names_the_same_faults(world: World) {
        let cast = world.shared_case().await;
        let before = world.rows("note").await;
        readers(&cast.nurse, &cast, &note("team", "agreed")).await;
        assert_eq!(world.rows("note").await, before);
        let body = json!({"audience": "team", "contains": [], "text": "He slept well."});
        cast.nurse.post(cast.path("/note-readers")).json(body).send().await.expect_invalid("/kind");
        let body = json!({"audience": "sector", "contains": [], "text": "For you."});
        cast.family.guardians[0].post(cast.path("/note-readers")).json(body).send().await.expect_invalid("/audience");
    }

    async fn what_is_withheld_from_a_guardian_is_not_seen_in_a_preview(world: World) {
        let cast = world.shared_case().await;
        let before = readers(&cast.nurse, &cast, &note("team", "agreed")).await;
        assert_eq!(before["guardians"], true);
        for guardian in &cast.family.guardians {
            let body = json!({"guardian_id": guardian.id, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "It would endanger the child."});
            cast.teacher.post(cast.path("/withholdings")).json(body).send().await.expect(201);
        }
        assert_eq!(readers(&cast.nurse, &cast, &note("team", "agreed")).await, before);
    }

    async fn a_member_whom_the_writer_may_not_know_of_is_not_listed(world: World) {
        let cast = world.shared_case().await;
        let child_welfare = world.team_mate(&cast, "kragero/barnevern").await;
        let listed = |answer: &Value| {
            people(answer, "readers").into_iter().chain(people(answer, "others")).any(|person| person == json!(child_welfare.id))
        };
        assert!(!listed(&readers(&cast.nurse, &cast, &note("team", "agreed")).await));
        assert!(listed(&readers(&cast.teacher, &cast, &note("team", "agreed")).await), "the contact person knows");
    }

    async fn a_seat_that_the_writer_may_not_know_of_makes_no_difference(world: World) {
        let cast = world.shared_case().await;
        let adviser = world.team_mate(&cast, "kragero/ppt").await;
        shares_health(&world, &cast, &cast.nurse.unit).await;
        let before = readers(&cast.nurse, &cast, &note("team", "health")).await;
        assert!(people(&before, "others").contains(&json!(adviser.id)));
        let child_welfare = world.unit("kragero/barnevern").await;
        world.grant(&adviser, &child_welfare, Role::Worker).await;
        shares_health(&world, &cast, &child_welfare).await;
        let body = json!({"person_id": adviser.id, "unit_id": child_welfare.id, "task": "Child welfare.", "contains": []});
        cast.teacher.post(cast.path("/team")).json(body).send().await.expect(201);
        assert_eq!(readers(&cast.nurse, &cast, &note("team", "health")).await, before);
        let known = readers(&cast.teacher, &cast, &note("team", "agreed")).await;
        assert!(people(&known, "readers").contains(&json!(adviser.id)));
    }
}
