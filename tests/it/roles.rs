//! Roles that decide over others need two administrators, and every role ends.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    cast::walk,
    support::{Answer, Role, Staff, Unit, User, World, both_engines},
};

/// Two administrators of Kragerø, and a person with an account and no role.
struct Town {
    world: World,
    first: Staff,
    second: Staff,
    person: User,
    school: Unit,
}

impl Town {
    async fn of(world: World) -> Self {
        let first = world.staff("kragero/oppvekst", Role::Administrator).await;
        let second = world.staff("kragero/oppvekst", Role::Administrator).await;
        let person = world.user_with_new_number("4014").await;
        let school = world.unit("kragero/skole").await;
        Self { world, first, second, person, school }
    }

    async fn propose(&self, by: &User, body: Value) -> Answer {
        by.post(format!("/v1/units/{}/role-proposals", self.school.id)).json(body).send().await
    }

    async fn decide(&self, by: &User, proposal: &str, how: &str) -> Answer {
        by.post(format!("/v1/municipalities/4014/role-proposals/{proposal}/{how}")).send().await
    }

    fn leader(&self) -> Value {
        json!({"person_id": self.person.id, "role": "unit_leader", "reason": "Leads the school from August."})
    }

    async fn roles(&self) -> Value {
        self.person.get("/v1/me").send().await.expect(200).body["roles"].clone()
    }
}

both_engines! {
    async fn a_proposed_leader_is_none_until_another_administrator_confirms(world: World) {
        let town = Town::of(world).await;
        let proposed = town.propose(&town.first, town.leader()).await.expect(201);
        let id = proposed.text("/id");
        assert_eq!((&proposed.body["status"], &proposed.body["decided_at"]), (&json!("proposed"), &json!(null)));
        assert_eq!(town.roles().await, json!([]));
        town.decide(&town.first, &id, "confirm").await.expect_problem(403, "forbidden");
        town.propose(&town.second, town.leader()).await.expect_problem(409, "conflict");
        let waiting = town.second.get("/v1/municipalities/4014/role-proposals").send().await.expect(200);
        assert_eq!((waiting.text("/items/0/id"), waiting.items().len()), (id.clone(), 1));
        assert_eq!(waiting.body["items"][0]["reason"], "Leads the school from August.");
        let granted = town.decide(&town.second, &id, "confirm").await.expect(201);
        assert_eq!(granted.body["role"], "unit_leader");
        assert_eq!(town.roles().await[0]["role"], "unit_leader");
        town.decide(&town.second, &id, "confirm").await.expect_problem(409, "conflict");
        town.decide(&town.second, &id, "decline").await.expect_problem(409, "conflict");
    }

    async fn a_role_that_needs_two_is_not_granted_by_one(world: World) {
        let town = Town::of(world).await;
        let path = format!("/v1/units/{}/staff", town.school.id);
        for role in ["unit_leader", "administrator", "auditor"] {
            let body = json!({"person_id": town.person.id, "role": role});
            town.first.post(&path).json(body).send().await.expect_invalid("/role");
        }
        assert_eq!(town.roles().await, json!([]));
        for role in ["worker", "analyst"] {
            let body = json!({"person_id": town.person.id, "role": role, "reason": "Works there."});
            town.propose(&town.first, body).await.expect_invalid("/role");
        }
        let own = json!({"person_id": town.first.id, "role": "auditor", "reason": "Wants it."});
        town.propose(&town.first, own).await.expect_invalid("/person_id");
    }

    async fn a_declined_proposal_grants_nothing_and_another_can_follow(world: World) {
        let town = Town::of(world).await;
        let id = town.propose(&town.first, town.leader()).await.expect(201).text("/id");
        town.decide(&town.first, &id, "decline").await.expect(204);
        town.decide(&town.second, &id, "confirm").await.expect_problem(409, "conflict");
        assert_eq!(town.roles().await, json!([]));
        let id = town.propose(&town.second, town.leader()).await.expect(201).text("/id");
        town.decide(&town.first, &id, "confirm").await.expect(201);
        let stranger = town.world.staff("porsgrunn/skole", Role::Administrator).await;
        for outsider in [&stranger.user, &town.person] {
            town.decide(outsider, &id, "decline").await.expect_problem(404, "not-found");
            let list = outsider.get("/v1/municipalities/4014/role-proposals").send().await;
            list.expect_problem(403, "forbidden");
        }
    }

    async fn what_a_person_may_hold_is_decided_again_when_it_is_confirmed(world: World) {
        let town = Town::of(world).await;
        let id = town.propose(&town.first, town.leader()).await.expect(201).text("/id");
        let office = town.world.unit("kragero/oppvekst").await;
        town.world.grant(&town.person, &office, Role::Analyst).await;
        town.decide(&town.second, &id, "confirm").await.expect_problem(409, "conflict");
        let late = json!({
            "person_id": town.person.id, "role": "auditor", "reason": "Until summer.", "ends_on": town.world.in_days(2),
        });
        let id = town.propose(&town.first, late).await.expect(201).text("/id");
        town.world.advance(TimeDelta::days(2));
        town.decide(&town.second, &id, "confirm").await.expect_problem(409, "conflict");
    }

    async fn a_proposal_of_a_role_that_the_person_has_extends_it(world: World) {
        let town = Town::of(world).await;
        let short = json!({
            "person_id": town.person.id, "role": "unit_leader", "reason": "To begin with.", "ends_on": town.world.in_days(20),
        });
        let id = town.propose(&town.first, short).await.expect(201).text("/id");
        let role = town.decide(&town.second, &id, "confirm").await.expect(201);
        let extend = format!("/v1/units/{}/staff/{}/extend", town.school.id, role.text("/id"));
        let body = json!({"ends_on": town.world.in_days(90), "reason": "Goes on."});
        town.first.post(extend).json(body).send().await.expect_problem(409, "conflict");
        let id = town.propose(&town.second, town.leader()).await.expect(201).text("/id");
        let again = town.decide(&town.first, &id, "confirm").await.expect(201);
        assert_eq!(again.body["id"], role.body["id"]);
        assert!(again.text("/ends_on") > role.text("/ends_on"), "{again:?}");
        assert_eq!(town.world.rows("role_extension").await, 1);
    }

    async fn administrators_are_reminded_of_the_roles_that_need_two_of_them(world: World) {
        let town = Town::of(world).await;
        let proposal = json!({
            "person_id": town.person.id, "role": "unit_leader", "reason": "To begin with.", "ends_on": town.world.in_days(30),
        });
        let id = town.propose(&town.first, proposal).await.expect(201).text("/id");
        let role = town.decide(&town.second, &id, "confirm").await.expect(201).text("/id");
        for (reader, expected) in [(&town.first, 1), (&town.world.staff("porsgrunn/skole", Role::Administrator).await, 0)] {
            let list = reader.get("/v1/follow-ups").send().await.expect(200);
            assert_eq!(list.items().iter().filter(|item| item["object_id"] == json!(role)).count(), expected);
        }
    }

    async fn a_role_that_has_lapsed_and_is_granted_again_brings_no_seat_back(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let lapse = format!("UPDATE staff_role SET ends_on = '{}' WHERE unit_id = (SELECT id FROM unit WHERE municipality = '4014' AND key = 'helsestasjon')", world.today());
        assert!(world.try_execute(lapse).await.expect("lapsed") > 0);
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
        let grant = json!({"person_id": cast.nurse.id, "role": "worker"});
        administrator.post(format!("/v1/units/{}/staff", cast.nurse.unit.id)).json(grant).send().await.expect(201);
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn the_role_of_a_worker_is_extended_with_a_reason_and_its_leader_is_reminded(world: World) {
        let town = Town::of(world).await;
        let leader = town.world.staff("kragero/skole", Role::UnitLeader).await;
        let path = format!("/v1/units/{}/staff", town.school.id);
        let body = json!({"person_id": town.person.id, "role": "worker", "ends_on": town.world.in_days(31)});
        let role = town.first.post(&path).json(body).send().await.expect(201).text("/id");
        let reminders = async || {
            let list = leader.get("/v1/follow-ups").send().await.expect(200);
            list.items().iter().filter(|item| item["kind"] == "role_ends").cloned().collect::<Vec<_>>()
        };
        assert!(reminders().await.is_empty());
        town.world.advance(TimeDelta::days(1));
        let due = reminders().await;
        assert_eq!((due.len(), &due[0]["object_id"], &due[0]["overdue"]), (1, &json!(role), &json!(false)));
        let extend = format!("{path}/{role}/extend");
        let year = town.world.in_days(400);
        let body = |day: &str| json!({"ends_on": day, "reason": "Still works with the same class."});
        town.first.post(&extend).json(body(&year)).send().await.expect_invalid("/ends_on");
        town.first.post(&extend).json(json!({"ends_on": town.world.in_days(90)})).send().await.expect_invalid("/reason");
        leader.post(&extend).json(body(&town.world.in_days(90))).send().await.expect_problem(403, "forbidden");
        let extended = town.first.post(&extend).json(body(&town.world.in_days(90))).send().await.expect(201);
        assert_eq!(extended.body["ends_on"], json!(town.world.in_days(90)));
        assert!(reminders().await.is_empty());
        town.world.advance(TimeDelta::days(90));
        assert_eq!(town.roles().await, json!([]));
        let late = body(&town.world.in_days(90));
        town.first.post(&extend).json(late).send().await.expect_problem(409, "conflict");
        assert!(reminders().await.is_empty());
    }

    async fn a_unit_where_nobody_leads_is_a_task_of_the_administrators(world: World) {
        let worker = world.worker("kragero/nav").await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let elsewhere = world.staff("porsgrunn/skole", Role::Administrator).await;
        let leaderless = async |user: &Staff| {
            let due = walk(user, "/v1/follow-ups").await;
            let of_kind = due.into_iter().filter(|task| task["kind"] == "name_leader");
            of_kind.map(|task| task["object_id"].clone()).collect::<Vec<_>>()
        };
        assert!(leaderless(&administrator).await.contains(&json!(worker.unit.id)));
        assert!(!leaderless(&elsewhere).await.contains(&json!(worker.unit.id)));
        assert!(leaderless(&worker).await.is_empty());
        world.staff("kragero/nav", Role::UnitLeader).await;
        assert!(!leaderless(&administrator).await.contains(&json!(worker.unit.id)));
    }
}
