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
        for role in ["administrator", "auditor"] {
            let path = format!("/v1/units/{}/role-proposals", of_county.id);
            let body = json!({"person_id": person.id, "role": role, "reason": "Leads the school."});
            let refused = administrator.post(path).json(body).send().await.expect_invalid("/role");
            assert!(refused.text("/errors/0/detail").contains("that the municipality controls"), "{refused:?}");
        }
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
}
