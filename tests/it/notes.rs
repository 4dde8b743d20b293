//! Notes: written once, read by the people they are meant for, and unknown to all others.

use serde_json::{Value, json};
use stafett::{db::migrate, kernel::ids::NoteId};

use crate::{
    cast::{Cast, at_once, finds_nothing, ids, walk},
    support::{Engine, Role, Staff, User, World, both_engines},
};

/// The triggers of the migrations on earlier wordings.
const LATER_TRIGGERS: [&str; 13] = [
    "goal_description_is_kept",
    "measure_description_is_kept",
    "note_body_is_kept",
    "meeting_minutes_is_kept",
    "concern_facts_is_kept",
    "concern_risk_factors_is_kept",
    "concern_protective_factors_is_kept",
    "concern_child_says_is_kept",
    "concern_tried_so_far_is_kept",
    "concern_own_practice_is_kept",
    "concern_seen_risk_factors_is_kept",
    "concern_seen_protective_factors_is_kept",
    "note_stays_struck_out",
];

/// The notes that a person can list are exactly those they can read.
async fn reads_exactly(user: &User, cast: &Cast, readable: &[NoteId], hidden: &[NoteId]) {
    let listed = ids(&walk(user, &cast.path("/notes")).await);
    let expected: Vec<String> = readable.iter().map(ToString::to_string).collect();
    assert_eq!(listed, expected, "the list of {}", user.name);
    for note in readable {
        user.get(cast.path(&format!("/notes/{note}"))).send().await.expect(200);
    }
    let nothing = user.get(cast.path(&format!("/notes/{}", NoteId::new()))).send().await.expect(404);
    for note in hidden {
        let answer = user.get(cast.path(&format!("/notes/{note}"))).send().await.expect(404);
        assert_eq!(answer.text, nothing.text, "a hidden note is as one that is not there");
    }
}

both_engines! {
    async fn a_note_is_read_by_those_it_is_meant_for_and_by_no_other(world: World) {
        let cast = world.shared_case().await;
        let same_unit = world.worker("kragero/helsestasjon").await;
        world.add_to_team(&cast.teacher, cast.case, &same_unit).await;
        let same_sector = world.team_mate(&cast, "kragero/skolehelsetjenesten").await;
        let adviser = world.team_mate(&cast, "kragero/ppt").await;
        let unit = world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await;
        let team = world.note(&cast.nurse, cast.case, "team", "For all.").await;
        let sector = world.note(&cast.nurse, cast.case, "sector", "For health.").await;

        reads_exactly(&cast.nurse, &cast, &[unit, team, sector], &[]).await;
        reads_exactly(&same_unit, &cast, &[unit, team, sector], &[]).await;
        reads_exactly(&same_sector, &cast, &[team, sector], &[unit]).await;
        for user in [&cast.teacher.user, &adviser.user, &cast.family.guardians[0].user] {
            reads_exactly(user, &cast, &[team], &[unit, sector]).await;
        }
        let one = |note: NoteId| cast.path(&format!("/notes/{note}"));
        let all = [cast.path("/notes"), one(unit), one(team), one(sector)];
        let colleague = world.worker("kragero/helsestasjon").await;
        finds_nothing(&colleague, &all).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        leader.get(cast.path("/notes")).send().await.expect_problem(403, "forbidden");
        finds_nothing(&leader, &all[1..]).await;
    }

    async fn not_even_the_contact_person_learns_that_there_are_notes_for_others(world: World) {
        let cast = world.shared_case().await;
        let empty = cast.teacher.get(cast.path("/notes")).send().await.expect(200);
        for _ in 0..3 {
            world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await;
        }
        for query in ["", "?limit=1", "?limit=2"] {
            let list = cast.teacher.get(cast.path(&format!("/notes{query}"))).send().await.expect(200);
            assert_eq!(list.text, empty.text, "the same as when there was none");
        }
    }

    async fn a_page_is_filled_with_what_may_be_read_and_hides_nothing_of_it(world: World) {
        let cast = world.shared_case().await;
        let mut readable = Vec::new();
        for round in 0..4 {
            world.note(&cast.nurse, cast.case, "unit", "Hidden.").await;
            world.note(&cast.nurse, cast.case, "sector", "Hidden.").await;
            readable.push(world.note(&cast.teacher, cast.case, "team", &format!("Round {round}.")).await.to_string());
            world.note(&cast.nurse, cast.case, "unit", "Hidden.").await;
        }
        let mother = &cast.family.guardians[0];
        assert_eq!(ids(&walk(mother, &cast.path("/notes")).await), readable);
        let page = mother.get(cast.path("/notes?limit=3")).send().await.expect(200);
        assert_eq!(page.items().len(), 3);
        let last = mother.get(cast.path("/notes?limit=4")).send().await.expect(200);
        assert!(last.body.get("next_cursor").is_none(), "the rest is for others, and is not revealed");
    }

    async fn an_author_without_a_seat_no_longer_reads_their_own_note(world: World) {
        let cast = world.school_case().await;
        world.all_consent(&cast.family, cast.case, &[&cast.nurse.unit]).await;
        let seat = world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let note = world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await;
        let path = cast.path(&format!("/notes/{note}"));
        cast.nurse.get(&path).send().await.expect(200);
        cast.teacher.delete(cast.path(&format!("/team/{seat}"))).send().await.expect(204);
        cast.nurse.get(&path).send().await.expect_problem(404, "not-found");
        // The note stays with the unit: a new member from the unit can read it.
        let next = world.worker("kragero/helsestasjon").await;
        world.add_to_team(&cast.teacher, cast.case, &next).await;
        next.get(&path).send().await.expect(200);
    }

    async fn what_one_parent_writes_reaches_the_other_only_by_choice(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0].user, &cast.family.guardians[1].user];
        let write = async |body: Value| mother.post(cast.path("/notes")).json(body).send().await.expect(201);
        let afraid = write(json!({"text": "I am afraid of him. He has hit me."})).await;
        assert_eq!((&afraid.body["audience"], &afraid.body["unit_id"]), (&json!("contact_person"), &Value::Null));
        let for_team = write(json!({"audience": "team", "contains": [], "text": "He slept well."})).await;
        let for_both = write(json!({"contains": [], "shown_to": [father.id], "text": "Who fetches him?"})).await;
        assert_eq!(for_both.body["shown_to"], json!([father.id]));
        let [afraid, for_team, for_both] = [afraid, for_team, for_both].map(|note| note.id("/id"));
        reads_exactly(mother, &cast, &[afraid, for_team, for_both], &[]).await;
        reads_exactly(&cast.teacher, &cast, &[afraid, for_team, for_both], &[]).await;
        reads_exactly(&cast.nurse, &cast, &[for_team], &[afraid, for_both]).await;
        reads_exactly(father, &cast, &[for_both], &[afraid, for_team]).await;
        let read = father.get(cast.path(&format!("/notes/{for_both}"))).send().await.expect(200);
        assert_eq!(read.body["shown_to"], json!([father.id]));
    }

    async fn what_the_family_writes_follows_the_baton(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let note = mother.post(cast.path("/notes")).json(json!({"text": "Only for you."})).send().await.expect(201).id("/id");
        reads_exactly(&cast.nurse, &cast, &[], &[note]).await;
        let body = json!({"to_person_id": cast.nurse.id, "to_unit_id": cast.nurse.unit.id, "contains": [], "message": "Please take over."});
        let offer = cast.teacher.post(cast.path("/handovers")).json(body).send().await.expect(201).text("/id");
        let accept = cast.path(&format!("/handovers/{offer}/accept"));
        cast.nurse.post(accept).json(json!({"contains": []})).send().await.expect(200);
        reads_exactly(&cast.nurse, &cast, &[note], &[]).await;
        reads_exactly(&cast.teacher, &cast, &[], &[note]).await;
    }

    async fn the_family_chooses_readers_in_the_family_and_from_no_unit(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let other = world.guardian_of(&cast.teacher, &cast.family.child, false).await;
        let before = world.all_rows().await;
        for (more, place) in [
            (json!({"audience": "sector"}), "/audience"),
            (json!({"audience": "unit"}), "/audience"),
            (json!({"unit_id": cast.teacher.unit.id}), "/unit_id"),
            (json!({"kind": "health"}), "/kind"),
            (json!({"audience": "team"}), "/contains"),
            (json!({"shown_to": [father.id]}), "/contains"),
            (json!({"audience": "team", "contains": ["violence_suspicion"]}), "/contains/0"),
            (json!({"contains": [], "shown_to": [mother.id]}), "/shown_to/0"),
            (json!({"contains": [], "shown_to": [father.id, father.id]}), "/shown_to/1"),
            (json!({"contains": [], "shown_to": [other.id]}), "/shown_to/0"),
            (json!({"contains": [], "shown_to": [cast.teacher.id]}), "/shown_to/0"),
            (json!({"contains": [], "shown_to": [cast.family.child.id]}), "/shown_to/0"),
        ] {
            let mut body = json!({"text": "For some."});
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            mother.post(cast.path("/notes")).json(body).send().await.expect_invalid(place);
        }
        let of_staff = |more: (&str, Value)| json!({"audience": "team", "kind": "agreed", "contains": [], "text": "For some.", more.0: more.1});
        for (more, place) in [
            (("audience", json!("contact_person")), "/audience"),
            (("audience", Value::Null), "/audience"),
            (("shown_to", json!([father.id])), "/shown_to"),
        ] {
            cast.nurse.post(cast.path("/notes")).json(of_staff(more)).send().await.expect_invalid(place);
        }
        assert_eq!(world.all_rows().await, before);
    }

    async fn notes_of_the_family_from_before_it_chose_are_shown_to_nobody_else_in_it(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0].user, &cast.family.guardians[1].user];
        let old = world.note(mother, cast.case, "team", "He slept well.").await;
        let of_staff = world.note(&cast.teacher, cast.case, "team", "A good day.").await;
        world.note(&cast.nurse, cast.case, "unit", "For the unit.").await;
        let withhold = json!({"guardian_id": father.id, "note_id": of_staff, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "It would harm the child."});
        cast.teacher.post(cast.path("/withholdings")).json(withhold).send().await.expect(201);
        // SQLite makes the table of notes again, and with it all that later migrations have added.
        let is_made_again = world.engine == Engine::Sqlite;
        let later: &[&str] = if is_made_again { &LATER_TRIGGERS } else { &[] };
        for trigger in later {
            world.try_execute(format!("DROP TRIGGER {trigger}")).await.expect(trigger);
        }
        if is_made_again {
            for table in ["referral_event", "referral_agreement", "referral", "earlier_approval", "earlier_wording"] {
                world.try_execute(format!("DROP TABLE {table}")).await.expect(table);
            }
            world.try_execute("ALTER TABLE concern DROP COLUMN had_another_child").await.expect("dropped");
            world.try_execute("DELETE FROM _sqlx_migrations WHERE version IN (38, 41)").await.expect("forgotten");
        }
        for sql in [
            "DROP TABLE note_reader",
            "ALTER TABLE note DROP COLUMN heard_weight", "ALTER TABLE note DROP COLUMN heard_how", "ALTER TABLE note DROP COLUMN heard_on",
            "ALTER TABLE note DROP COLUMN about_person_id", "ALTER TABLE note DROP COLUMN guardians_need",
            "DELETE FROM _sqlx_migrations WHERE version IN (25, 29)",
        ] {
            world.try_execute(sql).await.expect(sql);
        }
        migrate(&world.db).await.expect("migrated");
        migrate(&world.db).await.expect("there is nothing more to do");
        assert_eq!(world.rows("note").await, 3);
        reads_exactly(mother, &cast, &[old, of_staff], &[]).await;
        reads_exactly(father, &cast, &[], &[old, of_staff]).await;
        reads_exactly(&cast.teacher, &cast, &[old, of_staff], &[]).await;
    }

    async fn only_those_with_a_seat_and_the_family_write(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/skole").await;
        let other = world.guardian_of(&cast.teacher, &cast.family.child, false).await;
        let write = |user: &User| {
            user.post(cast.path("/notes")).json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Hello."})).send()
        };
        write(&leader).await.expect_problem(403, "forbidden");
        write(&colleague).await.expect_problem(404, "not-found");
        write(&other).await.expect_problem(404, "not-found");
        assert_eq!(world.rows("note").await, 0);
    }

    async fn a_note_is_written_from_a_seat_of_ones_own(world: World) {
        let cast = world.shared_case().await;
        let body = |unit| json!({"audience": "sector", "kind": "agreed", "contains": [], "text": "From where?", "unit_id": unit});
        let from_school = cast.nurse.post(cast.path("/notes")).json(body(json!(cast.teacher.unit.id)));
        from_school.send().await.expect_invalid("/unit_id");
        let second = world.unit("kragero/skolehelsetjenesten").await;
        world.grant(&cast.nurse, &second, Role::Worker).await;
        // Without a membership, work in the unit is not enough.
        cast.nurse.post(cast.path("/notes")).json(body(json!(second.id))).send().await.expect_invalid("/unit_id");
        world.all_consent(&cast.family, cast.case, &[&second]).await;
        let there = Staff { user: cast.nurse.user.clone(), unit: second.clone() };
        world.add_to_team(&cast.teacher, cast.case, &there).await;
        cast.nurse.post(cast.path("/notes")).json(body(json!(null))).send().await.expect_invalid("/unit_id");
        let written = cast.nurse.post(cast.path("/notes")).json(body(json!(second.id))).send().await.expect(201);
        assert_eq!(written.text("/unit_id"), second.id.to_string());
    }

    async fn many_notes_written_at_the_same_time_are_all_kept(world: World) {
        let cast = world.shared_case().await;
        cast.nurse.token().await;
        let calls = (0..16).map(|at| {
            let body = json!({"audience": "team", "kind": "agreed", "contains": [], "text": format!("Note {at}.")});
            cast.nurse.post(cast.path("/notes")).json(body)
        });
        for answer in at_once(calls).await {
            answer.expect(201);
        }
        assert_eq!(world.rows("note").await, 16);
    }
}
