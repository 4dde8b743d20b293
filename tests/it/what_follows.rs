//! The family chooses, entry by entry, what follows the child to the next unit.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::TransitionId;

use crate::{
    support::{Role, World, both_engines},
    transitions::{Moving, tasks},
};

both_engines! {
    async fn what_was_written_before_follows_only_if_both_guardians_chose_it(world: World) {
        let moving = Moving::of(&world).await;
        let mut notes = Vec::new();
        for text in ["Chosen by both.", "Chosen by one.", "Chosen by none."] {
            notes.push(world.note(&moving.pedagogue, moving.case, "team", text).await);
        }
        let transition = moving.planned(&world).await;
        let [mother, father] = [&moving.family.guardians[0], &moving.family.guardians[1]];
        moving.answer(mother, transition, json!({"agrees": true, "follows": {"notes": [notes[0], notes[1]]}})).await.expect(201);
        moving.answer(father, transition, json!({"agrees": true, "follows": {"notes": [notes[0]]}})).await.expect(201);
        moving.accepted(&moving.teacher, transition).await.expect(200);
        assert_eq!(moving.notes(&moving.teacher).await, [json!(notes[0])]);
        for left in &notes[1..] {
            let note = moving.teacher.get(moving.path(&format!("/notes/{left}"))).send().await;
            note.expect_problem(404, "not-found");
        }
        assert_eq!(moving.notes(mother).await.len(), 3, "the family keeps all of its record");
        let new = world.note(&moving.teacher, moving.case, "team", "She has settled in.").await;
        assert_eq!(moving.notes(&moving.teacher).await, [json!(notes[0]), json!(new)]);
    }

    async fn a_note_of_one_guardian_follows_if_its_writer_chose_it(world: World) {
        let moving = Moving::of(&world).await;
        let [mother, father] = [&moving.family.guardians[0], &moving.family.guardians[1]];
        let hers = world.note(mother, moving.case, "team", "She sleeps badly.").await;
        let his = world.note(father, moving.case, "team", "I work nights.").await;
        let transition = moving.planned(&world).await;
        let of_other = moving.answer(mother, transition, json!({"agrees": true, "follows": {"notes": [his]}})).await;
        of_other.expect_invalid("/follows/notes/0");
        moving.answer(mother, transition, json!({"agrees": true, "follows": {"notes": [hers]}})).await.expect(201);
        moving.answer(father, transition, json!({"agrees": true})).await.expect(201);
        moving.accepted(&moving.teacher, transition).await.expect(200);
        assert_eq!(moving.notes(&moving.teacher).await, [json!(hers)]);
    }

    async fn a_nurse_who_took_part_before_reads_what_she_could_read(world: World) {
        let moving = Moving::of(&world).await;
        let nurse = world.worker("kragero/helsestasjon").await;
        world.all_consent(&moving.family, moving.case, &[&nurse.unit]).await;
        world.add_to_team(&moving.pedagogue, moving.case, &nurse).await;
        let note = world.note(&moving.pedagogue, moving.case, "team", "She likes to build.").await;
        moving.moved(&world, &[]).await;
        assert_eq!(moving.notes(&nurse).await, [json!(note)]);

        let adviser = world.worker("kragero/ppt").await;
        world.all_consent(&moving.family, moving.case, &[&adviser.unit]).await;
        world.add_to_team(&moving.teacher, moving.case, &adviser).await;
        assert_eq!(moving.notes(&adviser).await, [] as [Value; 0], "a unit that joins later sees what the school sees");
    }

    async fn the_plan_in_force_follows_with_its_duties(world: World) {
        let moving = Moving::of(&world).await;
        let goal = world.goal(&moving.pedagogue, moving.case).await;
        let measure = world.measure(&moving.pedagogue, moving.case, &moving.pedagogue).await;
        let mother = &moving.family.guardians[0];
        let meeting = world.meeting(&moving.pedagogue, moving.case, &[mother.id, moving.pedagogue.id]).await;
        for (of, words) in [(format!("/goals/{goal}"), "Plays, says Ida."), (format!("/measures/{measure}"), "With Ida.")] {
            let first = json!({"description": words, "contains": []});
            let new = json!({"description": "Plays in a group.", "contains": []});
            let change = |body: Value| moving.pedagogue.patch(moving.path(&of)).json(body).header("if-match", "*");
            let why = json!({"reason": "No names."});
            change(first).with(&if of.starts_with("/goals") { why.clone() } else { json!({}) }).send().await.expect(200);
            change(new).with(&why).send().await.expect(200);
        }
        moving.moved(&world, &[]).await;
        for list in ["/goals", "/measures"] {
            let seen = moving.teacher.get(moving.path(list)).send().await.expect(200);
            assert_eq!(seen.items()[0]["earlier"], json!([]), "words that were replaced before do not follow");
            let seen = mother.get(moving.path(list)).send().await.expect(200);
            assert!(seen.text.contains("Ida") && seen.text.contains("No names."), "{}", seen.text);
        }
        let goals = moving.teacher.get(moving.path("/goals")).send().await.expect(200);
        assert_eq!(goals.each("id"), [goal.to_string()]);
        let found = moving.teacher.get(moving.path(&format!("/measures/{measure}"))).send().await.expect(200);
        assert_eq!(found.body["responsible_id"], json!(moving.teacher.id), "the duty passes to the contact person");
        moving.teacher.get(moving.path(&format!("/meetings/{meeting}"))).send().await.expect(200);
        assert!(tasks(&moving.teacher, "evaluate_measure").await.contains(&json!(measure)));
    }

    async fn an_ended_measure_and_a_held_meeting_stay_behind_unless_they_are_chosen(world: World) {
        for chosen in [false, true] {
            let moving = Moving::of(&world).await;
            let measure = world.measure(&moving.pedagogue, moving.case, &moving.pedagogue).await;
            let mother = &moving.family.guardians[0];
            let meeting = world.meeting(&moving.pedagogue, moving.case, &[mother.id, moving.pedagogue.id]).await;
            world.advance(TimeDelta::days(60));
            let ended = json!({
                "held_on": world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": "Well.", "child_view": "Fun.",
            });
            moving.pedagogue.post(moving.path(&format!("/measures/{measure}/evaluations"))).json(ended).if_match(1).send().await.expect(201);
            let seen = moving.pedagogue.get(moving.path(&format!("/meetings/{meeting}"))).send().await.expect(200);
            let minutes = json!({"contains": [], "minutes": "We agreed.", "attended": [mother.id, moving.pedagogue.id], "decisions": [], "outcome": "We wait for the report."});
            let call = moving.pedagogue.put(moving.path(&format!("/meetings/{meeting}/minutes"))).json(minutes);
            call.if_match(seen.etag()).send().await.expect(200);
            let follows = if chosen { json!({"measures": [measure], "meetings": [meeting]}) } else { json!({}) };
            let transition = moving.planned(&world).await;
            for guardian in &moving.family.guardians {
                moving.answer(guardian, transition, json!({"agrees": true, "follows": follows})).await.expect(201);
            }
            moving.accepted(&moving.teacher, transition).await.expect(200);
            let paths = [
                format!("/measures/{measure}"), format!("/measures/{measure}/evaluations"), format!("/meetings/{meeting}"),
            ];
            for path in paths {
                let found = moving.teacher.get(moving.path(&path)).send().await;
                if chosen { found.expect(200) } else { found.expect_problem(404, "not-found") };
            }
            for list in ["/measures", "/meetings"] {
                let list = moving.teacher.get(moving.path(list)).send().await.expect(200);
                assert_eq!(list.items().len(), usize::from(chosen));
            }
        }
    }

    async fn minutes_that_stayed_behind_are_not_read_by_approving_them_for_another_unit(world: World) {
        let moving = Moving::of(&world).await;
        let nurse = world.worker("kragero/helsestasjon").await;
        world.all_consent(&moving.family, moving.case, &[&nurse.unit]).await;
        let seat = world.add_to_team(&moving.pedagogue, moving.case, &nurse).await;
        let people = [moving.family.guardians[0].id, nurse.id];
        let meeting = world.meeting(&moving.pedagogue, moving.case, &people).await;
        let path = moving.path(&format!("/meetings/{meeting}"));
        let seen = moving.pedagogue.get(&path).send().await.expect(200);
        let minutes = json!({"contains": [], "minutes": "We agreed.", "attended": people, "outcome": "We wait for the report."});
        moving.pedagogue.put(format!("{path}/minutes")).json(minutes).if_match(seen.etag()).send().await.expect(200);
        moving.moved(&world, &[]).await;
        let approve = nurse.post(format!("{path}/approve"));
        approve.clone().send().await.expect(200);

        moving.teacher.delete(moving.path(&format!("/team/{seat}"))).send().await.expect(204);
        let ppt = world.unit("kragero/ppt").await;
        world.grant(&nurse, &ppt, Role::Worker).await;
        world.all_consent(&moving.family, moving.case, &[&ppt]).await;
        let member = json!({"person_id": nurse.id, "unit_id": ppt.id, "contains": [], "task": "Advises."});
        moving.teacher.post(moving.path("/team")).json(member).send().await.expect(201);
        nurse.get(moving.path("")).send().await.expect(200);
        nurse.get(&path).send().await.expect_problem(404, "not-found");
        approve.send().await.expect_problem(404, "not-found");
    }

    async fn the_young_person_decides_alone_and_the_record_moves_twice(world: World) {
        let (moving, youth) = Moving::of_sixteen(&world).await;
        let note = world.note(&moving.pedagogue, moving.case, "team", "He likes to draw.").await;
        let transition = moving.planned(&world).await;
        let guardian = moving.answer(&moving.family.guardians[0], transition, json!({"agrees": false})).await;
        guardian.expect_invalid("/given_by");
        moving.answer(&youth, transition, json!({"agrees": true, "follows": {"notes": [note]}})).await.expect(201);
        moving.accepted(&moving.teacher, transition).await.expect(200);
        assert_eq!(moving.notes(&moving.teacher).await, [json!(note)]);

        let ppt = world.worker("kragero/ppt").await;
        let plan = json!({"to_unit_id": ppt.unit.id, "to_person_id": ppt.id, "moves_on": world.in_days(0)});
        let transition: TransitionId = moving.teacher.post(moving.path("/transitions")).json(plan).send().await.expect(201).id("/id");
        moving.answer(&youth, transition, json!({"agrees": true})).await.expect(201);
        moving.accepted(&ppt, transition).await.expect(200);
        assert_eq!(moving.notes(&ppt).await, [] as [Value; 0], "each move has its own choice");
        moving.teacher.get(moving.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn a_guardian_who_no_longer_decides_still_chooses_what_is_theirs(world: World) {
        let (moving, youth) = Moving::of_sixteen(&world).await;
        let mother = &moving.family.guardians[0];
        let hers = world.note(mother, moving.case, "team", "He sleeps badly.").await;
        let transition = moving.planned(&world).await;
        assert_eq!(tasks(mother, "answer_transition").await, [] as [Value; 0], "the youth decides");
        assert_eq!(tasks(&youth, "answer_transition").await, [json!(transition)]);
        moving.answer(mother, transition, json!({"agrees": true, "follows": {"notes": [hers]}})).await.expect(201);
        moving.accepted(&moving.teacher, transition).await.expect_problem(404, "not-found");
        moving.answer(&youth, transition, json!({"agrees": true})).await.expect(201);
        moving.accepted(&moving.teacher, transition).await.expect(200);
        assert_eq!(moving.notes(&moving.teacher).await, [json!(hers)]);
    }

    async fn what_is_withheld_from_a_guardian_is_neither_shown_nor_chosen_by_them(world: World) {
        let moving = Moving::of(&world).await;
        let [mother, father] = [&moving.family.guardians[0], &moving.family.guardians[1]];
        let note = world.note(&moving.pedagogue, moving.case, "team", "She likes to build.").await;
        let transition = moving.planned(&world).await;
        for guardian in [mother, father] {
            let paper = json!({"agrees": true, "given_by": guardian.id, "form": "oral", "follows": {"notes": [note]}});
            moving.answer(&moving.pedagogue, transition, paper).await.expect(201);
        }
        let withholding = json!({
            "guardian_id": father.id, "note_id": note, "legal_basis": "children_act", "review_on": world.in_days(60),
            "reason": "It would harm the child.",
        });
        moving.pedagogue.post(moving.path("/withholdings")).json(withholding).send().await.expect(201);
        let his = father.get(moving.at(transition, "")).send().await.expect(200);
        assert_eq!(his.body["answers"][0]["follows"]["notes"], json!([]));
        moving.accepted(&moving.teacher, transition).await.expect(200);
        assert_eq!(moving.notes(&moving.teacher).await, [] as [Value; 0]);
    }

    async fn a_measure_that_follows_does_not_show_the_meeting_that_stayed(world: World) {
        let moving = Moving::of(&world).await;
        let mother = &moving.family.guardians[0];
        let meeting = world.meeting(&moving.pedagogue, moving.case, &[mother.id, moving.pedagogue.id]).await;
        let seen = moving.pedagogue.get(moving.path(&format!("/meetings/{meeting}"))).send().await.expect(200);
        let measure = json!({
            "title": "Play group", "level": "selective", "contains": [], "responsible_id": moving.pedagogue.id,
            "responsible_unit_id": moving.pedagogue.unit.id, "starts_on": world.in_days(0), "evaluate_on": world.in_days(42),
        });
        let minutes = json!({
            "contains": [], "minutes": "We agreed.", "attended": [mother.id, moving.pedagogue.id],
            "decisions": [{"text": "A play group.", "measure": measure}], "outcome": "We agreed on a play group.",
        });
        let call = moving.pedagogue.put(moving.path(&format!("/meetings/{meeting}/minutes"))).json(minutes);
        let held = call.if_match(seen.etag()).send().await.expect(200);
        moving.moved(&world, &[]).await;
        let path = moving.path(&format!("/measures/{}", held.text("/decisions/0/measure_id")));
        let measure = moving.teacher.get(path).send().await.expect(200);
        assert_eq!((&measure.body["meeting_id"], &measure.body["meeting_starts_at"]), (&Value::Null, &Value::Null));
    }
}
