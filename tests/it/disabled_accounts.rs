//! A disabled account counts for nothing, and keeps its roles and seats until it is enabled. A role ends by itself on its day.

use chrono::{Months, TimeDelta};
use serde_json::json;
use stafett::{
    fetch_one, handovers,
    kernel::ids::{CaseId, PersonId},
};

use crate::{
    sessions::Tokens,
    support::{Answer, PASSWORD, Role, Staff, User, World, both_engines},
};

async fn switch(administrator: &Staff, person: PersonId, how: &str) -> Answer {
    administrator.post(format!("/v1/municipalities/4014/accounts/{person}/{how}")).send().await
}

async fn holder(world: &World, case: CaseId) -> PersonId {
    let mut tx = world.db.read().await.expect("a transaction");
    let sql = "SELECT person_id FROM contact_person WHERE case_id = $1";
    fetch_one!(&mut tx, (PersonId,), sql, case).expect("exactly one holder").0
}

async fn staff_of(reader: &User, staff: &Staff) -> Vec<String> {
    let list = reader.get(format!("/v1/units/{}/staff", staff.unit.id)).send().await.expect(200);
    list.each("person_id").into_iter().map(ToOwned::to_owned).collect()
}

both_engines! {
    async fn an_account_that_is_enabled_again_has_its_roles_and_seats(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let tokens = Tokens::log_in(&world, &cast.nurse).await;
        switch(&administrator, cast.nurse.id, "disable").await.expect(204);
        world.anonymous().log_in(&cast.nurse.username, PASSWORD).await.expect_problem(401, "login-failed");
        let nurse = cast.nurse.id.to_string();
        let seat = async || {
            let team = cast.teacher.get(cast.path("/team")).send().await.expect(200);
            team.items().iter().find(|seat| seat["person_id"] == json!(nurse)).expect("a seat").clone()
        };
        assert_eq!((&seat().await["in_force"], &seat().await["left_at"]), (&json!(false), &json!(null)));
        assert!(!staff_of(&administrator, &cast.nurse).await.contains(&nurse), "nobody can ask them for help");
        let measure = json!({
            "title": "Play group", "level": "selective", "contains": [], "responsible_id": nurse,
            "responsible_unit_id": cast.nurse.unit.id, "evaluate_on": world.in_days(30),
        });
        let refused = cast.teacher.post(cast.path("/measures")).json(measure.clone()).send().await;
        refused.expect_invalid("/responsible_id");

        switch(&administrator, cast.nurse.id, "enable").await.expect(204);
        assert_eq!(seat().await["in_force"], true);
        assert!(staff_of(&administrator, &cast.nurse).await.contains(&nurse));
        cast.teacher.post(cast.path("/measures")).json(measure).send().await.expect(201);
        world.anonymous().get("/v1/me").bearer(&tokens.access).send().await.expect(401);
        let again = Tokens::log_in(&world, &cast.nurse).await;
        world.anonymous().get(cast.path("")).bearer(&again.access).send().await.expect(200);
        switch(&administrator, cast.nurse.id, "enable").await.expect_problem(409, "conflict");
    }

    async fn nobody_who_is_disabled_gets_the_baton_and_it_returns_when_they_are_enabled(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let absent = world.staff("kragero/skole", Role::UnitLeader).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        switch(&administrator, absent.id, "disable").await.expect(204);
        switch(&administrator, cast.teacher.id, "disable").await.expect(204);
        assert_eq!(holder(&world, cast.case).await, leader.id);
        leader.get(cast.path("/notes")).send().await.expect(200);
        switch(&administrator, cast.teacher.id, "enable").await.expect(204);
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 0);
        leader.get(cast.path("/notes")).send().await.expect_problem(403, "forbidden");
        // A second time, it is the same.
        switch(&administrator, cast.teacher.id, "disable").await.expect(204);
        switch(&administrator, cast.teacher.id, "enable").await.expect(204);
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
    }

    async fn a_baton_that_somebody_handed_over_meanwhile_does_not_return(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        switch(&administrator, cast.teacher.id, "disable").await.expect(204);
        let handover = world.offer_baton(&leader, cast.case, &cast.nurse).await;
        let accept = cast.path(&format!("/handovers/{handover}/accept"));
        cast.nurse.post(accept).json(json!({})).send().await.expect(200);
        switch(&administrator, cast.teacher.id, "enable").await.expect(204);
        assert_eq!(holder(&world, cast.case).await, cast.nurse.id);
    }

    async fn a_person_who_may_not_hold_a_baton_any_more_does_not_get_it_back(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        switch(&administrator, cast.teacher.id, "disable").await.expect(204);
        let end = "UPDATE staff_role SET ended_at = started_at WHERE role = 'worker'";
        world.try_execute(end).await.expect("the role ends");
        switch(&administrator, cast.teacher.id, "enable").await.expect(204);
        assert_eq!(holder(&world, cast.case).await, leader.id);
    }

    async fn only_an_administrator_of_the_municipality_enables_an_account(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let user = world.worker("kragero/skole").await;
        let elsewhere = world.user_with_new_number("4001").await;
        switch(&administrator, user.id, "disable").await.expect(204);
        switch(&administrator, elsewhere.id, "enable").await.expect_problem(404, "not-found");
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        switch(&leader, user.id, "enable").await.expect_problem(403, "forbidden");
        let other = world.staff("porsgrunn/skole", Role::Administrator).await;
        switch(&other, user.id, "enable").await.expect_problem(403, "forbidden");
        world.anonymous().log_in(&user.username, PASSWORD).await.expect(401);
    }

    async fn a_role_counts_for_nothing_from_the_day_it_ends(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let end = world.in_days(3);
        let sql = format!("UPDATE staff_role SET ends_on = '{end}' WHERE role = 'worker'");
        world.try_execute(sql).await.expect("the roles have an end");
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        world.advance(TimeDelta::days(2));
        cast.nurse.get(cast.path("")).send().await.expect(200);
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        world.advance(TimeDelta::days(1));
        // No job has run yet.
        for former in [&cast.nurse, &cast.teacher] {
            former.get(cast.path("")).send().await.expect_problem(404, "not-found");
            assert_eq!(former.get("/v1/me").send().await.expect(200).body["roles"], json!([]));
        }
        assert!(staff_of(&administrator, &cast.nurse).await.is_empty());
        assert_eq!(handovers::sweep(&world.db, &world.clock).await.expect("swept"), 1);
        assert_eq!(holder(&world, cast.case).await, leader.id);
        // A new role can follow an ended role.
        let body = json!({"person_id": cast.nurse.id, "role": "worker"});
        let granted = administrator.post(format!("/v1/units/{}/staff", cast.nurse.unit.id)).json(body).send().await;
        let year = world.today().checked_add_months(Months::new(12)).expect("a day").to_string();
        assert_eq!(granted.expect(201).body["ends_on"], json!(year));
        assert!(!staff_of(&administrator, &cast.nurse).await.is_empty());
    }

    async fn a_role_is_granted_for_a_year_at_most(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let user = world.user_with_new_number("4014").await;
        let unit = world.unit("kragero/skole").await;
        let path = format!("/v1/units/{}/staff", unit.id);
        let year = world.today().checked_add_months(Months::new(12)).expect("a day");
        for wrong in [world.today(), world.today() - TimeDelta::days(1), year + TimeDelta::days(1)] {
            let body = json!({"person_id": user.id, "role": "worker", "ends_on": wrong});
            administrator.post(&path).json(body).send().await.expect_invalid("/ends_on");
        }
        let body = json!({"person_id": user.id, "role": "worker", "ends_on": world.in_days(1)});
        administrator.post(&path).json(body).send().await.expect(201);
        world.advance(TimeDelta::days(1));
        assert_eq!(user.get("/v1/me").send().await.expect(200).body["roles"], json!([]));
    }
}
