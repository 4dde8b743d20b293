//! Each unit has a controller. Only units that the municipality controls have people who act for the municipality.

use serde_json::{Value, json};

use crate::support::{Role, Staff, Unit, World, both_engines};

const NUMBER: &str = "974760673";

fn county() -> Value {
    json!({"kind": "county", "name": "Eksempel fylkeskommune", "organisation_number": NUMBER})
}

fn unit(key: &str, controller: Value) -> Value {
    json!({"key": key, "name": "Eksempel videregående skole", "kind": "school", "sector": "school", "controller": controller})
}

/// A unit of the county in Kragerø.
async fn upper_secondary(administrator: &Staff) -> Unit {
    let made = administrator
        .post("/v1/municipalities/4014/units")
        .json(unit("vgs", county()))
        .send()
        .await
        .expect(201);
    assert_eq!(made.body["controller"], county());
    Unit { id: made.id("/id"), municipality: "4014".to_owned() }
}

both_engines! {
    async fn a_unit_has_a_controller_with_a_name_and_a_number(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let call = administrator.post("/v1/municipalities/4014/units");
        let before = world.all_rows().await;
        let mut without = unit("vgs", Value::Null);
        without.as_object_mut().expect("an object").remove("controller");
        call.clone().json(without).send().await.expect_invalid("/controller");
        let municipality = |more: (&str, &str)| json!({"kind": "municipality", more.0: more.1});
        for (controller, place) in [
            (json!({"kind": "church"}), "/controller/kind"),
            (json!({"kind": "county", "organisation_number": NUMBER}), "/controller/name"),
            (json!({"kind": "state", "name": "Eksempel sykehus"}), "/controller/organisation_number"),
            (json!({"kind": "private_body", "name": "Barnehagen AS", "organisation_number": "974760674"}), "/controller/organisation_number"),
            (json!({"kind": "private_body", "name": "Barnehagen AS", "organisation_number": "97476067"}), "/controller/organisation_number"),
            (municipality(("name", "Kragerø kommune")), "/controller/name"),
            (municipality(("organisation_number", NUMBER)), "/controller/organisation_number"),
        ] {
            call.clone().json(unit("vgs", controller)).send().await.expect_invalid(place);
        }
        assert_eq!(world.all_rows().await, before);
        let of_county = upper_secondary(&administrator).await;
        let listed = world.anonymous().get("/v1/municipalities/4014/units?limit=200").send().await.expect(200);
        for row in listed.items() {
            let expected = if row["id"] == json!(of_county.id) { county() } else { json!({"kind": "municipality"}) };
            for field in ["kind", "name", "organisation_number"] {
                assert_eq!(row["controller"][field], expected[field], "{row}");
            }
        }
    }

    async fn nobody_acts_for_the_municipality_through_a_unit_of_another_controller(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let of_county = upper_secondary(&administrator).await;
        let person = world.user_with_new_number("4014").await;
        let path = format!("/v1/units/{}/role-proposals", of_county.id);
        let body = json!({"person_id": person.id, "role": "administrator", "reason": "Leads the school."});
        let refused = administrator.post(path).json(body).send().await.expect_invalid("/role");
        assert!(refused.text("/errors/0/detail").contains("that the municipality controls"), "{refused:?}");
        let body = json!({"person_id": person.id, "role": "analyst"});
        administrator.post(format!("/v1/units/{}/staff", of_county.id)).json(body).send().await.expect_invalid("/role");
        // Roles that came about in another way give no power over the municipality.
        for role in [Role::Administrator, Role::Auditor] {
            let user = world.user_with_new_number("4014").await;
            world.grant(&user, &of_county, role).await;
            for path in ["/v1/municipalities/4014/accounts", "/v1/access-log", "/v1/access-log/reviews"] {
                user.get(path).send().await.expect_problem(403, "forbidden");
            }
        }
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        auditor.get("/v1/access-log").send().await.expect(200);
    }

    async fn the_staff_of_another_controller_work_as_others_do_and_the_municipality_controls_their_reads(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let of_county = upper_secondary(&administrator).await;
        let user = world.user_with_new_number("4014").await;
        world.grant(&user, &of_county, Role::Worker).await;
        let teacher = Staff { user, unit: of_county };
        let child = world.child(&teacher, 17).await;
        let case = world.open_case(&teacher, &child).await;
        teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let found = auditor.get(format!("/v1/access-log?case_id={case}&action=read_case")).send().await.expect(200);
        assert_eq!(found.items().len(), 1);
    }

    async fn the_roles_of_another_controller_count_nowhere_in_the_municipality(world: World) {
        let first = world.staff("kragero/barnehage", Role::Administrator).await;
        let auditor = world.staff("kragero/barnehage", Role::Auditor).await;
        let analyst = world.staff("kragero/barnehage", Role::Analyst).await;
        let second = world.staff("kragero/oppvekst", Role::Administrator).await;
        let (number, leader) = (world.adult_number(), world.staff("kragero/skole", Role::UnitLeader).await);
        let person = world.user("4014", &number).await;
        let soon = format!("UPDATE staff_role SET ends_on = '{}' WHERE person_id IN (SELECT person_id FROM staff_role WHERE role = 'unit_leader')", world.in_days(9));
        world.try_execute(soon).await.expect("a role that ends soon");
        let proposals = format!("/v1/units/{}/role-proposals", leader.unit.id);
        let body = json!({"person_id": person.id, "role": "unit_leader", "reason": "Leads the school."});
        let role = first.post(&proposals).json(body).send().await.expect(201).text("/id");
        let codes = format!("/v1/municipalities/4014/accounts/{}/activations", person.id);
        let code = first.post(&codes).json(json!({"username": "alma"})).send().await.expect(201).text("/id");

        let of_administrator = ["accounts", "role-proposals", "number-proposals"].map(|what| format!("/v1/municipalities/4014/{what}"));
        let of_auditor = ["/v1/access-log", "/v1/access-log/reviews", "/v1/access-log/reviews/report?month=2026-11"];
        for path in &of_administrator {
            first.get(path).send().await.expect(200);
        }
        for path in of_auditor {
            auditor.get(path).send().await.expect(200);
        }
        let reminders = async || first.get("/v1/follow-ups").send().await.expect(200).items().len();
        assert_eq!(reminders().await, 1);
        let of_another = "UPDATE unit SET controller = 'private_body', controller_name = 'Barnehagen AS', organisation_number = '974760673' \
            WHERE municipality = '4014' AND key = 'barnehage'";
        assert_eq!(world.try_execute(of_another).await.expect("changed"), 1);

        for path in &of_administrator {
            first.get(path).send().await.expect_problem(403, "forbidden");
        }
        for path in of_auditor {
            auditor.get(path).send().await.expect_problem(403, "forbidden");
        }
        assert_eq!(reminders().await, 0);
        for who in [&first, &analyst] {
            assert_eq!(who.get("/v1/me").send().await.expect(200).body["roles"], json!([]));
        }
        // The auditor controls what the staff of the unit do, and nothing else.
        assert_eq!(auditor.get("/v1/me").send().await.expect(200).body["roles"][0]["role"], "auditor");
        first.post(&codes).json(json!({"username": "alma"})).send().await.expect_problem(403, "forbidden");
        first.post("/v1/municipalities/4014/units").json(unit("sfo", json!({"kind": "municipality"}))).send().await.expect_problem(403, "forbidden");
        let numbers = json!({"known_national_id": number.as_str(), "national_id": world.adult_number().as_str(), "reason": "A new number."});
        first.post("/v1/municipalities/4014/number-proposals").json(numbers).send().await.expect_problem(403, "forbidden");
        // Nobody confirms their proposals: it takes two administrators.
        let confirm = format!("/v1/municipalities/4014/role-proposals/{role}/confirm");
        second.post(confirm).send().await.expect_problem(403, "forbidden");
        let approve = format!("/v1/municipalities/4014/activations/{code}/approve");
        second.post(approve).json(json!({"national_id": number.as_str()})).send().await.expect_problem(403, "forbidden");
    }

    async fn the_auditor_of_another_controller_sees_what_its_staff_did_and_nothing_else(world: World) {
        let [first, second] = [world.staff("kragero/oppvekst", Role::Administrator).await, world.staff("kragero/oppvekst", Role::Administrator).await];
        let of_county = upper_secondary(&first).await;
        let auditor = world.user_with_new_number("4014").await;
        let proposals = format!("/v1/units/{}/role-proposals", of_county.id);
        let body = json!({"person_id": auditor.id, "role": "auditor", "reason": "Controls the log for the county."});
        let proposed = first.post(proposals).json(body).send().await.expect(201).text("/id");
        let confirm = format!("/v1/municipalities/4014/role-proposals/{proposed}/confirm");
        second.post(confirm).send().await.expect(201);

        let teacher = Staff { user: world.user_with_new_number("4014").await, unit: of_county.clone() };
        world.grant(&teacher.user, &of_county, Role::Worker).await;
        let both = world.worker("kragero/helsestasjon").await;
        world.grant(&both, &of_county, Role::Worker).await;
        let child = world.child(&teacher, 17).await;
        let case = world.open_case(&teacher, &child).await;
        teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
        for who in [&teacher.user, &both.user] {
            who.get("/v1/cases").send().await.expect(200);
        }
        let stranger = world.worker("kragero/skole").await;
        stranger.get(format!("/v1/cases/{case}")).send().await.expect(404);
        world.seal().await;

        let log = format!("/v1/units/{}/access-log", of_county.id);
        let found = auditor.get(format!("{log}?limit=200")).send().await.expect(200);
        let by: Vec<&str> = found.each("person_id");
        assert!(by.iter().all(|person| [teacher.id.to_string(), auditor.id.to_string()].contains(&(*person).to_owned())), "{by:?}");
        let reads = auditor.get(format!("{log}?action=read_case&case_id={case}")).send().await.expect(200);
        assert_eq!(reads.each("person_id"), [teacher.id.to_string()]);
        // The municipality's auditor controls those who worked for the municipality as well.
        let of_both = auditor.get(format!("{log}?person_id={}", both.id)).send().await.expect(200);
        assert_eq!(of_both.items().len(), 0);
        auditor.get(format!("{log}?unit_id={}", of_county.id)).send().await.expect_invalid("?unit_id");
        let pages = auditor.get(format!("{log}?limit=1")).send().await.expect(200);
        let next = pages.body["next_cursor"].as_str().expect("another page");
        auditor.get(format!("{log}?limit=1&cursor={next}")).send().await.expect(200);
        for path in [
            format!("/v1/units/{}/access-log", stranger.unit.id),
            "/v1/access-log".to_owned(),
            "/v1/access-log/export/csv".to_owned(),
            "/v1/access-log/reviews".to_owned(),
            "/v1/municipalities/4014/accounts".to_owned(),
        ] {
            auditor.get(path).send().await.expect_problem(403, "forbidden");
        }
        auditor.get(format!("/v1/cases/{case}")).send().await.expect_problem(404, "not-found");
        let ours = world.staff("kragero/oppvekst", Role::Auditor).await;
        for who in [&first.user, &teacher.user, &ours.user] {
            who.get(&log).send().await.expect_problem(403, "forbidden");
        }
        // An administrator finds the role, and ends it.
        let staff = format!("/v1/units/{}/staff", of_county.id);
        let listed = first.get(&staff).send().await.expect(200);
        let role = listed.items().iter().find(|row| row["role"] == "auditor").expect("the auditor")["id"].clone();
        first.delete(format!("{staff}/{}", role.as_str().expect("an id"))).send().await.expect(204);
        auditor.get(&log).send().await.expect_problem(403, "forbidden");
    }

    async fn the_auditor_of_another_controller_sees_nothing_about_their_own_family(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let of_county = upper_secondary(&administrator).await;
        let teacher = Staff { user: world.user_with_new_number("4014").await, unit: of_county.clone() };
        world.grant(&teacher.user, &of_county, Role::Worker).await;
        let ours = world.staff("kragero/oppvekst", Role::Auditor).await;
        let family = world.family(&teacher, 16, 1).await;
        let parent = &family.guardians[0].user;
        world.grant(parent, &of_county, Role::Auditor).await;
        teacher.get(format!("/v1/children/{}", family.child.id)).send().await.expect(200);
        world.seal().await;
        let other = world.user_with_new_number("4014").await;
        world.grant(&other, &of_county, Role::Auditor).await;
        let log = format!("/v1/units/{}/access-log?limit=200&child_id={}", of_county.id, family.child.id);
        assert_eq!(parent.get(&log).send().await.expect(200).items().len(), 0);
        let of_child = format!("/v1/access-log?child_id={}", family.child.id);
        assert_ne!(ours.get(of_child).send().await.expect(200).items().len(), 0);
        assert_ne!(other.get(&log).send().await.expect(200).items().len(), 0);
    }

    async fn nobody_whom_a_controllers_auditor_controls_can_blind_the_auditor(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let of_county = upper_secondary(&administrator).await;
        let at_work = async |role| {
            let user = world.user_with_new_number("4014").await;
            world.grant(&user, &of_county, role).await;
            Staff { user, unit: of_county.clone() }
        };
        let (teacher, leader) = (at_work(Role::Worker).await, at_work(Role::UnitLeader).await);
        world.staff("kragero/oppvekst", Role::Auditor).await;
        let number = world.adult_number();
        let auditor = world.user("4014", &number).await;
        world.grant(&auditor, &of_county, Role::Auditor).await;
        let child = world.child(&teacher, 16).await;
        teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        let named = json!({
            "national_id": number.as_str(), "name": "A guardian", "parental_responsibility": false,
            "lives_with_child": false,
        });
        world.seal().await;
        let log = format!("/v1/units/{}/access-log?limit=200&child_id={}", of_county.id, child.id);
        let before = auditor.get(&log).send().await.expect(200).items().len();
        assert!(before > 0);
        teacher.post(format!("/v1/children/{}/guardians", child.id)).json(named).send().await.expect(201);
        world.seal().await;
        assert!(auditor.get(&log).send().await.expect(200).items().len() > before);
        // Nor does a leader, who is controlled too, decide that it is true.
        let unit = format!("/v1/units/{}/conflicts-of-interest", of_county.id);
        let list = leader.get(&unit).send().await.expect(200);
        assert!(list.items().is_empty(), "{list:?}");
        // Their own word counts.
        let own = json!({"national_id": child.national_id.as_str(), "ground": "relative"});
        auditor.post("/v1/me/conflicts-of-interest").json(own).send().await.expect(201);
        assert_eq!(auditor.get(&log).send().await.expect(200).items().len(), 0);
    }

    async fn what_staff_do_as_parents_is_not_for_their_employer(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let of_county = upper_secondary(&administrator).await;
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0].user;
        world.grant(mother, &of_county, Role::Worker).await;
        let auditor = world.user_with_new_number("4014").await;
        world.grant(&auditor, &of_county, Role::Auditor).await;
        let child = format!("/v1/children/{}", cast.family.child.id);
        for path in [cast.path(""), child.clone(), format!("{child}/guardians"), format!("{child}/contact-details")] {
            mother.get(path).send().await.expect(200);
        }
        mother.post(cast.path("/goals")).json(json!({"contains": [], "description": "A goal."})).send().await.expect(403);
        let why = json!({"action": "read_case", "resource": {"case_id": cast.case}});
        mother.post("/v1/access/explain").json(why).send().await.expect(200);
        mother.get("/v1/cases").send().await.expect(200);
        world.seal().await;
        let log = format!("/v1/units/{}/access-log?limit=200&person_id={}", of_county.id, mother.id);
        let found = auditor.get(&log).send().await.expect(200);
        for id in [cast.case.to_string(), cast.family.child.id.to_string()] {
            assert!(!found.text.contains(&id), "{found:?}");
        }
        let family = cast.family.guardians[1].get(cast.path("/access-log?limit=200")).send().await.expect(200);
        let of_mother = family.items().iter().filter(|entry| entry["person_name"] == json!(mother.name));
        for entry in of_mother {
            assert_eq!(entry["roles"], json!([]), "{entry}");
        }
    }

    async fn a_new_controller_sees_nothing_from_before_its_time(world: World) {
        let teacher = world.worker("kragero/barnehage").await;
        let child = world.child(&teacher, 4).await;
        let read = async || teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        read().await;
        world.advance(chrono::TimeDelta::hours(1));
        let of_another = format!("UPDATE unit SET controller = 'private_body', controller_name = 'Barnehagen AS', organisation_number = '974760673', \
            controller_since = '{}' WHERE municipality = '4014' AND key = 'barnehage'", world.now().to_rfc3339());
        assert_eq!(world.try_execute(of_another).await.expect("changed"), 1);
        world.advance(chrono::TimeDelta::hours(1));
        read().await;
        let auditor = world.user_with_new_number("4014").await;
        world.grant(&auditor, &teacher.unit, Role::Auditor).await;
        world.seal().await;
        let log = format!("/v1/units/{}/access-log?action=read_child", teacher.unit.id);
        assert_eq!(auditor.get(&log).send().await.expect(200).items().len(), 1);
    }

    async fn the_municipalitys_auditors_role_becomes_the_controllers_with_the_unit(world: World) {
        let auditor = world.staff("kragero/barnehage", Role::Auditor).await;
        let log = format!("/v1/units/{}/access-log", auditor.unit.id);
        auditor.get("/v1/access-log").send().await.expect(200);
        auditor.get(&log).send().await.expect_problem(403, "forbidden");
        let of_another = "UPDATE unit SET controller = 'private_body', controller_name = 'Barnehagen AS', organisation_number = '974760673' \
            WHERE municipality = '4014' AND key = 'barnehage'";
        assert_eq!(world.try_execute(of_another).await.expect("changed"), 1);
        auditor.get("/v1/access-log").send().await.expect_problem(403, "forbidden");
        auditor.get(&log).send().await.expect(200);
    }
}
