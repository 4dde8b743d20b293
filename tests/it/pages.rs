//! Lists that combine several sources: the pages together are the whole list, in order, without duplicates.

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    cast::{ids, walk},
    support::{Role, User, World, both_engines},
};

/// The kinds and objects of a person's pending tasks, read in pages of a size.
async fn due_in_pages_of(user: &User, size: usize) -> Vec<(String, String)> {
    let (mut items, mut query) = (Vec::<Value>::new(), format!("?limit={size}"));
    loop {
        let page = user.get(format!("/v1/follow-ups{query}")).send().await.expect(200);
        items.extend(page.items().iter().cloned());
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        assert_eq!(page.items().len(), size, "a page that is not the last is full");
        query = format!("?limit={size}&cursor={cursor}");
    }
    let text = |item: &Value, member: &str| item[member].as_str().expect("text").to_owned();
    items.iter().map(|item| (text(item, "kind"), text(item, "object_id"))).collect()
}

/// Copies a meeting with its invitations.
async fn copies_of(world: &World, meeting: &str, number: usize) {
    const MEETING: &str = "
        INSERT INTO meeting (municipality, id, case_id, called_by, starts_at, agenda, family_absent_reason, status, created_at)
        SELECT municipality, $1, case_id, called_by, starts_at, agenda, family_absent_reason, status, created_at
        FROM meeting WHERE id = $2";
    const INVITED: &str = "
        INSERT INTO meeting_participant (municipality, meeting_id, person_id, answer)
        SELECT municipality, $1, person_id, answer FROM meeting_participant WHERE meeting_id = $2";
    let meeting: Uuid = meeting.parse().expect("an id");
    let mut tx = world.db.write().await.expect("a transaction");
    for _ in 0..number {
        let copy = Uuid::now_v7();
        stafett::execute!(&mut tx, MEETING, copy, meeting).expect("a copy");
        stafett::execute!(&mut tx, INVITED, copy, meeting).expect("its invitations");
    }
    tx.commit().await.expect("the copies are kept");
}

both_engines! {
    async fn what_is_due_on_one_day_is_cut_anywhere_and_nothing_is_lost_or_shown_twice(world: World) {
        // On a Monday, so that 14 days from then is a working day.
        world.advance(TimeDelta::days(1));
        let cast = world.shared_case().await;
        let (teacher, nurse) = (&cast.teacher, &cast.nurse);
        // The case's next step is due on the same day.
        let next_step = world.pending_step(teacher, cast.case).await.to_string();
        let mut on_the_day = vec![("next_step".to_owned(), next_step)];
        // A concern must be decided in 14 days. The contact person is responsible for two of the measures.
        for responsible in [teacher, nurse, teacher] {
            let body = json!({
                "title": "Play group", "level": "selective", "contains": [], "responsible_id": responsible.id,
                "responsible_unit_id": responsible.unit.id, "starts_on": world.in_days(0), "evaluate_on": world.in_days(14),
            });
            let made = teacher.post(cast.path("/measures")).json(body).send().await.expect(201);
            on_the_day.push(("evaluate_measure".to_owned(), made.text("/id").to_owned()));
        }
        for _ in 0..2 {
            let child = world.child(teacher, 7).await;
            on_the_day.push(("decide_concern".to_owned(), world.concern(teacher, &child).await.to_string()));
        }
        let mut meetings = Vec::new();
        for minutes in [90, 30, 60] {
            let starts_at = world.now() + TimeDelta::days(14) + TimeDelta::minutes(minutes);
            let body = json!({
                "starts_at": starts_at, "contains": [], "agenda": "What has helped.", "participants": [nurse.id],
                "family_absent_reason": "They have asked not to come.",
            });
            let made = teacher.post(cast.path("/meetings")).json(body).send().await.expect(201);
            meetings.push((minutes, ("meeting".to_owned(), made.text("/id").to_owned())));
        }
        meetings.sort();
        let mut expected = on_the_day;
        expected.sort_by(|a, b| a.1.cmp(&b.1));
        expected.extend(meetings.into_iter().map(|(_, meeting)| meeting));
        for size in 1..=expected.len() + 1 {
            assert_eq!(due_in_pages_of(teacher, size).await, expected, "pages of {size}");
        }
    }

    async fn what_may_not_be_seen_leaves_no_gap_in_a_page(world: World) {
        let cast = world.shared_case().await;
        let mut expected = Vec::new();
        for day in 1..=6 {
            let by = if day % 3 == 0 { &cast.teacher } else { &cast.nurse };
            let body = json!({
                "starts_at": world.now() + TimeDelta::days(day), "contains": [], "agenda": "What has helped.",
                "participants": [cast.teacher.id, cast.nurse.id], "family_absent_reason": "They have asked not to come.",
            });
            let made = by.post(cast.path("/meetings")).json(body).send().await.expect(201);
            expected.push(("meeting".to_owned(), made.text("/id").to_owned()));
        }
        let other = world.school_case().await;
        world.all_consent(&other.family, other.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&other.teacher, other.case, &cast.nurse).await;
        for day in 1..=6 {
            let body = json!({
                "starts_at": world.now() + TimeDelta::days(day), "contains": [], "agenda": "What has helped.",
                "participants": [cast.nurse.id], "family_absent_reason": "They have asked not to come.",
            });
            other.teacher.post(other.path("/meetings")).json(body).send().await.expect(201);
        }
        let mother = &other.family.guardians[0];
        let consents = mother.get(other.path("/consents")).send().await.expect(200);
        world.withdraw(mother, other.case, consents.id("/items/0/id")).await;
        for size in 1..=7 {
            assert_eq!(due_in_pages_of(&cast.nurse, size).await, expected, "pages of {size}");
        }
    }

    async fn a_request_passes_over_a_bounded_number_of_tasks_and_its_cursor_reveals_no_place(world: World) {
        let cast = world.shared_case().await;
        let nurse = &cast.nurse;
        let visible = world.measure(&cast.teacher, cast.case, nurse).await;
        let other = world.school_case().await;
        world.all_consent(&other.family, other.case, &[&nurse.unit]).await;
        world.add_to_team(&other.teacher, other.case, nurse).await;
        let body = json!({
            "starts_at": world.now() + TimeDelta::days(1), "contains": [], "agenda": "What has helped.",
            "participants": [nurse.id], "family_absent_reason": "They have asked not to come.",
        });
        let hidden = other.teacher.post(other.path("/meetings")).json(body).send().await.expect(201);
        copies_of(&world, &hidden.text("/id"), 450).await;
        let mother = &other.family.guardians[0];
        let consents = mother.get(other.path("/consents")).send().await.expect(200);
        world.withdraw(mother, other.case, consents.id("/items/0/id")).await;

        let first = nurse.get("/v1/follow-ups").send().await.expect(200);
        assert_eq!(first.items().len(), 0, "nothing of the case that she has lost");
        let cursor = first.text("/next_cursor");
        assert!(cursor.starts_with('~'), "the position of a hidden task is encrypted: {cursor}");
        let path = format!("/v1/follow-ups?cursor={cursor}");
        cast.teacher.get(&path).send().await.expect(422);
        let last = nurse.get(&path).send().await.expect(200);
        assert_eq!(last.each("object_id"), [visible.to_string()]);
        assert!(last.body.get("next_cursor").is_none());
    }

    async fn a_leader_of_two_units_who_sits_on_teams_lists_each_case_once_in_order(world: World) {
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let second = world.unit("kragero/helsestasjon").await;
        world.grant(&leader, &second, Role::UnitLeader).await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let mut cases = Vec::new();
        for number in 0..6 {
            let by = if number % 2 == 0 { world.worker("kragero/skole").await } else { nurse.clone() };
            let family = world.child_with_two_guardians(&by).await;
            let case = world.open_case(&by, &family.child).await;
            if number % 3 == 0 {
                world.all_consent(&family, case, &[&leader.unit, &second]).await;
                world.add_to_team(&by, case, &leader).await;
            }
            if number == 0 {
                // Opened by one of the units, and held by the other.
                world.add_to_team(&by, case, &nurse).await;
                let handover = world.offer_baton(&by, case, &nurse).await;
                world.accept_baton(&nurse, case, handover).await;
            }
            cases.push(case.to_string());
        }
        assert_eq!(ids(&walk(&leader, "/v1/cases").await), cases);
        assert_eq!(ids(&walk(&nurse, "/v1/cases").await), [&cases[0], &cases[1], &cases[3], &cases[5]].map(Clone::clone));
    }

    async fn a_leader_of_two_units_who_has_written_concerns_lists_each_once_in_order(world: World) {
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        world.grant(&leader, &leader.unit, Role::Worker).await;
        let second = world.unit("kragero/helsestasjon").await;
        world.grant(&leader, &second, Role::UnitLeader).await;
        let (teacher, nurse) = (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let mut concerns = Vec::new();
        for by in [&nurse, &leader, &teacher, &leader, &nurse] {
            let child = world.child(by, 7).await;
            concerns.push(world.concern(by, &child).await.to_string());
        }
        assert_eq!(ids(&walk(&leader, "/v1/concerns").await), concerns);
        let due: Vec<String> = due_in_pages_of(&leader, 2).await.into_iter().map(|(_, id)| id).collect();
        assert_eq!(due, concerns);
    }

    async fn a_unit_that_reports_to_itself_lists_the_report_once(world: World) {
        let worker = world.worker("kragero/barnevern").await;
        let leader = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let teacher = world.worker("kragero/skole").await;
        let mut reports = Vec::new();
        for by in [&teacher, &worker, &teacher] {
            let child = world.child(by, 7).await;
            reports.push(world.report(by, &child, &worker.unit).await.to_string());
        }
        let list = format!("/v1/units/{}/child-welfare-reports", worker.unit.id);
        assert_eq!(ids(&walk(&leader, &list).await), reports);
    }
}
