//! Contact details: access to them, and that a protected address hides the child from those who must not find it.

use serde_json::{Value, json};

use crate::{
    cast::{Cast, finds_nothing, walk},
    support::{Call, Child, Guardian, Role, User, World, both_engines},
};

pub(crate) const ADDRESS: &str = "Seljefløytveien 7319, 3770 Kragerø";
pub(crate) const PHONE: &str = "40 73 19 73";

pub(crate) fn path(child: &Child) -> String {
    format!("/v1/children/{}/contact-details", child.id)
}

pub(crate) fn put(by: &User, child: &Child, version: i64, body: Value) -> Call {
    by.put(path(child)).if_match(version).json(body)
}

pub(crate) fn details(protection: &str) -> Value {
    json!({"protection": protection, "address": ADDRESS, "phone": PHONE})
}

pub(crate) fn graded(protection: &str) -> Value {
    json!({"protection": protection})
}

async fn guardianship(by: &User, child: &Child, guardian: &User) -> Value {
    let rows = walk(by, &format!("/v1/children/{}/guardians", child.id)).await;
    rows.into_iter().find(|row| row["guardian_id"] == json!(guardian.id)).expect("a guardianship")
}

/// From now on, the child lives only with the other guardian.
pub(crate) async fn moves_out(by: &User, child: &Child, guardian: &Guardian) {
    let row = guardianship(by, child, guardian).await;
    let path = format!("/v1/children/{}/guardians/{}", child.id, row["id"].as_str().expect("an id"));
    let apart = json!({"parental_responsibility": true, "lives_with_child": false});
    by.patch(path).json(apart).if_match(&row["version"]).send().await.expect(200);
}

/// A case with a nurse on the team; the child lives with its mother, the first of the guardians, and not with its father.
async fn family_apart(world: &World) -> Cast {
    let cast = world.shared_case().await;
    moves_out(&cast.teacher, &cast.family.child, &cast.family.guardians[1]).await;
    cast
}

/// The case and everything below it, and the child.
fn everything(cast: &Cast) -> Vec<String> {
    let below = [
        "",
        "/history",
        "/team",
        "/handovers",
        "/consents",
        "/goals",
        "/measures",
        "/meetings",
        "/notes",
        "/access-log",
    ];
    let child = format!("/v1/children/{}", cast.family.child.id);
    let mut paths: Vec<String> = below.iter().map(|below| cast.path(below)).collect();
    paths.extend([format!("{child}/guardians"), format!("{child}/contact-details"), child]);
    paths
}

both_engines! {
    async fn where_nothing_is_protected_those_who_help_and_the_family_read_where_the_child_is(world: World) {
        let cast = family_apart(&world).await;
        let child = &cast.family.child;
        let (mother, father) = (&cast.family.guardians[0], &cast.family.guardians[1]);
        let none = cast.teacher.get(path(child)).send().await.expect(200);
        assert_eq!((none.version(), &none.body["protection"], &none.body["address"]), ("0", &json!("none"), &Value::Null));
        let mut body = details("none");
        body["school_unit_id"] = json!(cast.teacher.unit.id);
        let (hers, his) = (guardianship(&cast.teacher, child, mother).await, guardianship(&cast.teacher, child, father).await);
        body["guardians"] = json!([
            {"guardianship_id": hers["id"], "address": ADDRESS}, {"guardianship_id": his["id"], "phone": "40 00 00 09"},
        ]);
        put(&cast.teacher, child, 0, body).send().await.expect(200);
        for staff in [&cast.teacher, &cast.nurse] {
            let read = staff.get(path(child)).send().await.expect(200);
            assert_eq!((read.text("/address"), read.text("/phone")), (ADDRESS.into(), PHONE.into()));
            assert!(!read.text("/school_unit_name").is_empty());
            assert_eq!(read.body["guardians"].as_array().map(Vec::len), Some(2));
        }
        for (guardian, own) in [(mother, &hers), (father, &his)] {
            let read = guardian.get(path(child)).send().await.expect(200);
            assert_eq!(read.text("/address"), ADDRESS);
            let guardians = read.body["guardians"].as_array().expect("guardians");
            assert!(guardians.len() == 1 && guardians[0]["guardianship_id"] == own["id"], "only their own");
            put(guardian, child, 1, graded("none")).send().await.expect_problem(403, "forbidden");
        }
        put(&cast.nurse, child, 1, graded("none")).send().await.expect_problem(403, "forbidden");
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        leader.get(path(child)).send().await.expect_problem(403, "forbidden");
        for stranger in [world.worker("kragero/skole").await, world.worker("kragero/ppt").await] {
            stranger.get(path(child)).send().await.expect_problem(404, "not-found");
            put(&stranger, child, 1, graded("none")).send().await.expect_problem(404, "not-found");
        }
    }

    async fn a_guardian_does_not_see_that_the_other_has_a_new_address(world: World) {
        let cast = family_apart(&world).await;
        let (child, [mother, father]) = (&cast.family.child, [&cast.family.guardians[0], &cast.family.guardians[1]]);
        let (hers, his) = (guardianship(&cast.teacher, child, mother).await, guardianship(&cast.teacher, child, father).await);
        let body = |of_hers: &str, of_his: &str| {
            let mut body = details("none");
            body["guardians"] = json!([{"guardianship_id": hers["id"], "address": of_hers}, {"guardianship_id": his["id"], "phone": of_his}]);
            body
        };
        put(&cast.teacher, child, 0, body(ADDRESS, PHONE)).send().await.expect(200);
        let read = || father.get(path(child)).send();
        let before = read().await.expect(200);
        assert_eq!((&before.body["version"], &before.body["changed_at"]), (&Value::Null, &Value::Null));
        put(&cast.teacher, child, 1, body("Solbakken 9, 3770 Kragerø", PHONE)).send().await.expect(200);
        let after = read().await.expect(200);
        assert_eq!((before.etag(), &before.text), (after.etag(), &after.text));
        father.get(path(child)).header("if-none-match", before.etag()).send().await.expect(304);
        put(&cast.teacher, child, 2, body(ADDRESS, "40 00 00 09")).send().await.expect(200);
        assert_ne!(read().await.etag(), before.etag(), "what he sees has changed");
    }

    async fn before_a_case_the_registrant_and_the_leader_keep_the_contact_details(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let child = world.child(&teacher, 7).await;
        put(&teacher, &child, 0, details("none")).send().await.expect(200);
        let changed = put(&leader, &child, 1, graded("strictly_confidential")).send().await.expect(200);
        assert_eq!(changed.body["address"], Value::Null);
        assert_eq!(teacher.get(path(&child)).send().await.expect(200).body["protection"], "strictly_confidential");
    }

    async fn what_is_written_of_where_people_are_found_lies_sealed(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 7, 1).await;
        let hers = guardianship(&teacher, &family.child, &family.guardians[0]).await;
        let mut body = details("confidential");
        body["guardians"] = json!([{"guardianship_id": hers["id"], "address": ADDRESS, "phone": PHONE}]);
        put(&teacher, &family.child, 0, body).send().await.expect(200);
        for table in ["child_contact", "guardian_contact"] {
            assert_eq!(world.rows(table).await, 1);
            let bare = format!("SELECT COUNT(*) FROM {table} WHERE address LIKE '%Seljefl%' OR phone LIKE '%73%73%'");
            assert_eq!(world.number_of(bare).await, 0, "{table}");
        }
    }

    async fn a_confidential_address_hides_the_child_from_the_guardian_it_does_not_live_with(world: World) {
        let cast = family_apart(&world).await;
        let child = &cast.family.child;
        let (mother, father) = (&cast.family.guardians[0], &cast.family.guardians[1]);
        father.get(cast.path("")).send().await.expect(200);
        put(&cast.teacher, child, 0, details("confidential")).send().await.expect(200);
        for user in [&cast.teacher.user, &cast.nurse.user, &mother.user] {
            assert_eq!(user.get(path(child)).send().await.expect(200).text("/address"), ADDRESS);
            user.get(cast.path("")).send().await.expect(200);
        }
        finds_nothing(father, &everything(&cast)).await;
        for list in ["/v1/cases", "/v1/concerns", "/v1/follow-ups"] {
            assert!(father.get(list).send().await.expect(200).items().is_empty(), "{list}");
        }
        put(father, child, 1, graded("none")).send().await.expect_problem(404, "not-found");
        father.post(cast.path("/notes")).json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Where?"})).send().await.expect(404);
    }

    async fn what_is_strictly_confidential_is_not_kept(world: World) {
        let cast = family_apart(&world).await;
        let child = &cast.family.child;
        let (mother, father) = (&cast.family.guardians[0], &cast.family.guardians[1]);
        let hers = guardianship(&cast.teacher, child, mother).await;
        let mut kept = details("none");
        kept["guardians"] = json!([{"guardianship_id": hers["id"], "address": ADDRESS}]);
        put(&cast.teacher, child, 0, kept.clone()).send().await.expect(200);
        for (member, value) in [
            ("address", json!(ADDRESS)), ("phone", json!(PHONE)), ("school_unit_id", json!(cast.teacher.unit.id)),
            ("guardians", kept["guardians"].clone()),
        ] {
            let mut body = graded("strictly_confidential");
            body[member] = value;
            put(&cast.teacher, child, 1, body).send().await.expect_invalid(&format!("/{member}"));
        }
        assert_eq!((world.rows("child_contact").await, world.rows("guardian_contact").await), (1, 1));
        put(&cast.teacher, child, 1, graded("strictly_confidential")).send().await.expect(200);
        assert_eq!((world.rows("child_contact").await, world.rows("guardian_contact").await), (0, 0), "gone, not hidden");
        for user in [&cast.teacher.user, &mother.user] {
            let read = user.get(path(child)).send().await.expect(200);
            assert_eq!(read.body["protection"], "strictly_confidential");
            assert!(!read.text.contains("Seljefløytveien") && read.body["school_unit_id"].is_null());
        }
        cast.nurse.get(path(child)).send().await.expect_problem(403, "forbidden");
        cast.nurse.get(cast.path("")).send().await.expect(200);
        finds_nothing(father, &everything(&cast)).await;
        for protection in ["strictly_confidential", "none"] {
            let row = format!("INSERT INTO child_contact (municipality, child_id, protection, address)
                               SELECT municipality, child_id, '{protection}', 'x' FROM address_protection");
            assert!(world.try_execute(row).await.is_err(), "the database itself takes none");
        }
    }

    async fn lower_protection_has_a_reason_and_counts_at_once(world: World) {
        let cast = family_apart(&world).await;
        let child = &cast.family.child;
        let father = &cast.family.guardians[1];
        put(&cast.teacher, child, 0, graded("strictly_confidential")).send().await.expect(200);
        put(&cast.teacher, child, 1, details("confidential")).send().await.expect_invalid("/reason");
        let with_reason = |protection: &str| {
            let mut body = details(protection);
            body["reason"] = json!("The grade has ended in the register.");
            body
        };
        put(&cast.teacher, child, 1, with_reason("confidential")).send().await.expect(200);
        finds_nothing(father, &everything(&cast)).await;
        put(&cast.teacher, child, 2, with_reason("none")).send().await.expect(200);
        let seen = father.get(path(child)).send().await.expect(200);
        assert_eq!((seen.text("/address"), &seen.body["lowered_because"]), (ADDRESS.into(), &Value::Null));
        father.get(cast.path("")).send().await.expect(200);
        let kept = cast.teacher.get(path(child)).send().await.expect(200);
        assert_eq!(kept.text("/lowered_because"), "The grade has ended in the register.");
        put(&cast.teacher, child, 3, with_reason("none")).send().await.expect_invalid("/reason");
    }

    async fn contact_details_are_changed_on_the_version_one_has_read(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        teacher.put(path(&child)).json(details("none")).send().await.expect_problem(428, "precondition-required");
        put(&teacher, &child, 1, details("none")).send().await.expect_problem(412, "version-mismatch");
        put(&teacher, &child, 0, details("none")).send().await.expect(200);
        put(&teacher, &child, 0, details("none")).send().await.expect_problem(412, "version-mismatch");
        put(&teacher, &child, 1, details("none")).send().await.expect(200);
    }

    async fn only_the_childs_own_guardians_and_a_school_are_named(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 7, 1).await;
        let other = world.family(&teacher, 8, 1).await;
        let hers = guardianship(&teacher, &family.child, &family.guardians[0]).await;
        let theirs = guardianship(&teacher, &other.child, &other.guardians[0]).await;
        let named = |ids: &[&Value]| {
            let guardians: Vec<_> = ids.iter().map(|id| json!({"guardianship_id": id, "phone": PHONE})).collect();
            json!({"protection": "none", "guardians": guardians})
        };
        let place = |at: usize| format!("/guardians/{at}/guardianship_id");
        let child = &family.child;
        put(&teacher, child, 0, named(&[&theirs["id"]])).send().await.expect_invalid(&place(0));
        put(&teacher, child, 0, named(&[&hers["id"], &hers["id"]])).send().await.expect_invalid(&place(1));
        let nurse = world.worker("kragero/helsestasjon").await;
        let elsewhere = world.unit("porsgrunn/skole").await;
        for unit in [nurse.unit.id, elsewhere.id] {
            let body = json!({"protection": "none", "school_unit_id": unit});
            put(&teacher, child, 0, body).send().await.expect_invalid("/school_unit_id");
        }
        put(&teacher, child, 0, named(&[&hers["id"]])).send().await.expect(200);
    }

    async fn a_guardian_the_child_is_hidden_from_withdraws_and_learns_of_no_unit(world: World) {
        let cast = family_apart(&world).await;
        let father = &cast.family.guardians[1];
        let ppt = world.worker("kragero/ppt").await;
        let consent = world.consent(father, cast.case, &[&cast.nurse.unit, &ppt.unit]).await;
        let nurse_name = father.get(cast.path(&format!("/consents/{consent}"))).send().await.expect(200).text("/units/0/unit_name");
        put(&cast.teacher, &cast.family.child, 0, graded("confidential")).send().await.expect(200);
        finds_nothing(father, &[cast.path("/consents"), cast.path(&format!("/consents/{consent}"))]).await;
        let path = cast.path(&format!("/consents/{consent}/withdraw"));
        let one = father.post(&path).json(json!({"unit_ids": [ppt.unit.id]})).send().await.expect(200);
        assert_eq!(one.body["units"].as_array().map(Vec::len), Some(1));
        assert_eq!((&one.body["units"][0]["unit_id"], &one.body["units"][0]["unit_name"]), (&json!(ppt.unit.id), &Value::Null));
        let all = father.post(&path).json(json!({})).send().await.expect(200);
        assert_eq!(all.body["units"], json!([]));
        assert!(!all.text.contains(&nurse_name) && !all.text.contains(&cast.nurse.unit.id.to_string()));
    }

    async fn a_guardian_the_child_is_hidden_from_still_must_consent_and_does_so_on_paper(world: World) {
        let cast = world.school_case().await;
        let (mother, father) = (&cast.family.guardians[0], &cast.family.guardians[1]);
        moves_out(&cast.teacher, &cast.family.child, father).await;
        put(&cast.teacher, &cast.family.child, 0, graded("strictly_confidential")).send().await.expect(200);
        world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        let seat = json!({"person_id": cast.nurse.id, "unit_id": cast.nurse.unit.id, "contains": [], "task": "Health."});
        let join = || cast.teacher.post(cast.path("/team")).json(seat.clone()).send();
        join().await.expect_problem(409, "conflict");
        let mut consent = json!({
            "unit_ids": [cast.nurse.unit.id], "purpose": "Cooperation.", "valid_until": world.in_days(90), "text_version": "2026-1",
        });
        father.post(cast.path("/consents")).json(consent.clone()).send().await.expect_problem(404, "not-found");
        consent["given_by"] = json!(father.id);
        consent["form"] = json!("paper");
        consent["document"] = json!("26/1234-1");
        cast.teacher.post(cast.path("/consents")).json(consent).send().await.expect(201);
        join().await.expect(201);
    }

    async fn a_guardianship_that_ends_opens_nothing_of_a_graded_child(world: World) {
        let cast = family_apart(&world).await;
        let (child, father) = (&cast.family.child, &cast.family.guardians[1]);
        let consents = father.get(cast.path("/consents")).send().await.expect(200);
        let consent = cast.path(&format!("/consents/{}", consents.text("/items/0/id")));
        put(&cast.teacher, child, 0, graded("confidential")).send().await.expect(200);
        let row = guardianship(&cast.teacher, child, father).await;
        let end = json!({"parental_responsibility": true, "lives_with_child": true, "ended": true});
        let path = format!("/v1/children/{}/guardians/{}", child.id, row["id"].as_str().expect("an id"));
        cast.teacher.patch(path).json(end).if_match(&row["version"]).send().await.expect(200);
        finds_nothing(father, std::slice::from_ref(&consent)).await;
        father.post(format!("{consent}/withdraw")).json(json!({})).send().await.expect(200);
    }

    async fn where_a_meeting_is_held_is_not_told_of_a_strictly_graded_child(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let call = |place: Value| {
            let body = json!({"starts_at": world.now(), "contains": [], "agenda": "Next.", "participants": [mother.id, cast.family.guardians[1].id], "place": place});
            cast.teacher.post(cast.path("/meetings")).json(body).send()
        };
        let made = call(json!("Seljefløyt school, room 2")).await.expect(201);
        put(&cast.teacher, &cast.family.child, 0, graded("strictly_confidential")).send().await.expect(200);
        call(json!("Another place")).await.expect_invalid("/place");
        call(Value::Null).await.expect(201);
        for user in [&cast.teacher.user, &cast.nurse.user, &mother.user] {
            let one = user.get(cast.path(&format!("/meetings/{}", made.text("/id")))).send().await.expect(200);
            let all = user.get(cast.path("/meetings")).send().await.expect(200);
            assert!(!one.text.contains("Seljefløyt") && !all.text.contains("Seljefløyt"));
        }
    }

    async fn with_whom_the_child_lives_is_for_those_who_help(world: World) {
        let cast = family_apart(&world).await;
        let mother = &cast.family.guardians[0];
        for (who, lives) in [(&mother.user, Value::Null), (&cast.teacher.user, json!(false)), (&cast.nurse.user, json!(false))] {
            let his = guardianship(who, &cast.family.child, &cast.family.guardians[1]).await;
            assert_eq!(his["lives_with_child"], lives);
        }
        assert_eq!(guardianship(mother, &cast.family.child, mother).await["lives_with_child"], true);
    }

    async fn a_grade_in_one_registration_hides_the_child_in_the_others_and_is_not_told_there(world: World) {
        let cast = world.school_case().await;
        let father = &cast.family.guardians[1];
        let same = world.register(&cast.nurse, cast.family.child.national_id.clone()).await;
        let as_father = json!({
            "national_id": father.national_id.as_str(), "name": father.name, "parental_responsibility": true, "lives_with_child": true,
        });
        cast.nurse.post(format!("/v1/children/{}/guardians", same.id)).json(as_father).send().await.expect(201);
        let child = format!("/v1/children/{}", same.id);
        father.get(&child).send().await.expect(200);
        moves_out(&cast.teacher, &cast.family.child, father).await;
        put(&cast.teacher, &cast.family.child, 0, graded("confidential")).send().await.expect(200);
        finds_nothing(father, &[child, path(&same)]).await;
        assert_eq!(cast.nurse.get(path(&same)).send().await.expect(200).body["protection"], "none");
    }
}
