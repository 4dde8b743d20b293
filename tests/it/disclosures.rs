//! Disclosures without consent: selected entries, to a named recipient, under a section of law.

use serde_json::{Value, json};
use stafett::kernel::ids::{CaseId, DisclosureId, NoteId};

use crate::{
    cast::{Cast, finds_nothing, ids, walk},
    support::{Answer, Family, Role, Staff, Unit, User, World, both_engines},
};

fn list(unit: &Unit) -> String {
    format!("/v1/units/{}/disclosures", unit.id)
}

fn path(disclosure: DisclosureId) -> String {
    format!("/v1/disclosures/{disclosure}")
}

/// A disclosure of a note to a staff member, on a basis.
pub fn of_note(case: CaseId, note: NoteId, basis: &str, to: &Staff) -> Value {
    let mut body = json!({
        "case_id": case, "basis": basis, "note_ids": [note], "to_unit_id": to.unit.id, "to_person_id": to.id,
        "reason": "It is needed tonight.",
    });
    match basis {
        "health_personnel" => body["would_object"] = json!(false),
        "school_change" => body["request"] = json!({"reference": "26/1871", "made_on": "2026-11-20"}),
        _ => {}
    }
    body
}

/// A person discloses from their unit.
pub async fn disclose(by: &Staff, body: &Value) -> Answer {
    by.post(list(&by.unit)).json(body.clone()).send().await
}

/// A body with some changes.
pub fn with(good: &Value, changes: &Value) -> Value {
    let mut body = good.clone();
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// A case opened at the health centre by a nurse, with a note, and a dentist to give it to.
pub async fn health_case(world: &World, age: u32) -> (Staff, Staff, Family, CaseId, NoteId) {
    let nurse = world.worker("kragero/helsestasjon").await;
    let dentist = world.worker("kragero/fylkeskommunal-tannlege").await;
    let family = world.family(&nurse, age, 2).await;
    let case = world.open_case(&nurse, &family.child).await;
    let note = world.note(&nurse, case, "team", "Has pain in a tooth.").await;
    (nurse, dentist, family, case, note)
}

/// The family's view of the log, without their own accesses.
async fn family_log(cast: &Cast) -> Vec<Value> {
    let log = cast.family.guardians[0].get(cast.path("/access-log?limit=200")).send().await.expect(200);
    let names: Vec<&str> = cast.family.guardians.iter().map(|guardian| guardian.name.as_str()).collect();
    let own = |entry: &&Value| entry["person_name"].as_str().is_some_and(|name| names.contains(&name));
    log.items().iter().filter(|entry| !own(entry)).cloned().collect()
}

async fn all_of(user: &User, cast: &Cast) -> Vec<String> {
    let mut all = Vec::new();
    for below in [
        "",
        "/history",
        "/team",
        "/handovers",
        "/goals",
        "/measures",
        "/meetings",
        "/notes",
        "/consents",
        "/disclosures",
    ] {
        all.push(user.get(cast.path(below)).send().await.text);
    }
    for path in ["/v1/cases", "/v1/follow-ups"] {
        all.push(user.get(path).send().await.text);
    }
    all
}

both_engines! {
    async fn the_recipient_reads_exactly_the_entries_that_were_disclosed(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let doctor = world.worker("kragero/bup").await;
        let (given, kept) = (
            world.note(&cast.nurse, cast.case, "team", "Does not sleep.").await,
            world.note(&cast.nurse, cast.case, "team", "Likes to draw.").await,
        );
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let body = with(&of_note(cast.case, given, "danger_to_life_or_health", &doctor), &json!({"measure_ids": [measure]}));
        let made = disclose(&cast.teacher, &body).await.expect(201);
        let disclosure = made.id("/id");
        for who in [&cast.teacher, &leader, &doctor] {
            let read = who.get(path(disclosure)).send().await.expect(200);
            let entries = read.body["entries"].as_array().expect("entries");
            assert_eq!(entries.len(), 2);
            // The leader controls the disclosure, and is not let into what another service has written.
            let words = |text: &str| if who.id == leader.id { Value::Null } else { json!(text) };
            assert_eq!((&entries[0]["text"], &entries[0]["person_name"]), (&words("Does not sleep."), &words(&cast.nurse.name)));
            assert_eq!((&entries[1]["title"], &entries[1]["kind"]), (&words("Play group"), &json!("measure")));
            assert_eq!(read.body["laws"], json!([{"law": "fvl § 13 b no. 7", "valid_from": "2021-07-01"}]));
            assert_eq!([read.text("/child_name"), read.text("/to_person_name")], [cast.family.child.name.as_str(), doctor.name.as_str()]);
            assert!(!read.text.contains("Likes to draw") && read.text("/disclosed_by_name") == cast.teacher.name);
            assert_eq!(ids(&walk(who, &list(&who.unit)).await), [disclosure.to_string()]);
        }
        let child = format!("/v1/children/{}", cast.family.child.id);
        finds_nothing(&doctor, &[
            cast.path(""), cast.path("/notes"), cast.path(&format!("/notes/{given}")), cast.path(&format!("/notes/{kept}")),
            cast.path(&format!("/measures/{measure}")), child,
        ]).await;
        assert!(walk(&doctor, "/v1/cases").await.is_empty());
    }

    async fn a_disclosure_does_not_exist_to_the_team_or_anyone_else_nor_to_the_family_before_its_day(world: World) {
        let cast = world.shared_case().await;
        let doctor = world.worker("kragero/bup").await;
        let note = world.note(&cast.teacher, cast.case, "team", "Does not sleep.").await;
        let readers = [&cast.family.guardians[0].user, &cast.family.guardians[1].user, &cast.nurse.user];
        let mut before = Vec::new();
        for who in readers {
            before.push(all_of(who, &cast).await);
        }
        let log = family_log(&cast).await;
        let disclosure = world.disclosure(&cast.teacher, cast.case, &doctor, &json!(note)).await;
        cast.teacher.get(path(disclosure)).send().await.expect(200);
        doctor.get(path(disclosure)).send().await.expect(200);
        doctor.get(list(&doctor.unit)).send().await.expect(200);
        assert_eq!(family_log(&cast).await, log, "the family's view of the log");
        for (who, before) in readers.into_iter().zip(before) {
            assert_eq!(all_of(who, &cast).await, before);
        }
        let in_a_case = "SELECT COUNT(*) FROM access_log WHERE case_id IS NOT NULL
                         AND action IN ('disclose', 'read_disclosure', 'list_disclosures', 'inform_of_disclosure')";
        assert_eq!(world.number_of(in_a_case).await, 0);
        let noted = "SELECT COUNT(*) FROM access_log WHERE object_type = 'Disclosure' AND child_id IS NOT NULL";
        assert_eq!(world.number_of(noted).await, 4);

        let youth = world.youth(&cast.family.child).await;
        for who in [
            &cast.nurse.user, &world.worker("kragero/skole").await.user, &world.worker("kragero/bup").await.user,
            &world.staff("kragero/bup", Role::UnitLeader).await.user, &world.staff("kragero/ppt", Role::UnitLeader).await.user,
            &world.staff("porsgrunn/skole", Role::UnitLeader).await.user, &youth.user, &cast.family.guardians[0].user,
            &world.staff("kragero/skole", Role::Administrator).await.user, &world.staff("kragero/skole", Role::Auditor).await.user,
            &world.staff("kragero/skole", Role::Analyst).await.user,
        ] {
            finds_nothing(who, &[path(disclosure)]).await;
        }
        for who in [&cast.nurse.user, &cast.family.guardians[0].user, &youth.user] {
            who.get(list(&cast.teacher.unit)).send().await.expect_problem(403, "forbidden");
        }
        let colleague = world.worker("kragero/skole").await;
        assert!(walk(&colleague, &list(&colleague.unit)).await.is_empty());
    }

    async fn only_who_takes_part_through_the_unit_discloses_and_only_what_they_may_read(world: World) {
        let cast = world.shared_case().await;
        let doctor = world.worker("kragero/bup").await;
        let colleague = world.worker("kragero/skole").await;
        let (open, hidden) = (
            world.note(&cast.teacher, cast.case, "team", "For all.").await,
            world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await,
        );
        let good = of_note(cast.case, open, "danger_to_life_or_health", &doctor);
        disclose(&colleague, &good).await.expect_invalid("/case_id");
        disclose(&cast.teacher, &with(&good, &json!({"case_id": uuid::Uuid::now_v7()}))).await.expect_invalid("/case_id");
        cast.teacher.post(list(&cast.nurse.unit)).json(good.clone()).send().await.expect_problem(403, "forbidden");
        cast.family.guardians[0].post(list(&cast.teacher.unit)).json(good.clone()).send().await.expect_problem(403, "forbidden");
        // A person who works in two units, but takes part through only one.
        world.grant(&cast.teacher, &world.unit("kragero/ppt").await, Role::Worker).await;
        let ppt = world.unit("kragero/ppt").await;
        cast.teacher.post(list(&ppt)).json(good.clone()).send().await.expect_invalid("/case_id");

        let nothing = disclose(&cast.teacher, &with(&good, &json!({"note_ids": [open, uuid::Uuid::now_v7()]}))).await;
        let secret = disclose(&cast.teacher, &with(&good, &json!({"note_ids": [open, hidden]}))).await;
        assert_eq!(nothing.expect_invalid("/note_ids/1").body["errors"], secret.expect_invalid("/note_ids/1").body["errors"]);
        let other = world.school_case().await;
        let elsewhere = world.note(&other.teacher, other.case, "team", "Another child.").await;
        disclose(&cast.teacher, &with(&good, &json!({"note_ids": [elsewhere]}))).await.expect_invalid("/note_ids/0");
        disclose(&cast.teacher, &with(&good, &json!({"note_ids": [], "measure_ids": [open]}))).await.expect_invalid("/measure_ids/0");
        disclose(&cast.teacher, &with(&good, &json!({"note_ids": [open, open]}))).await.expect_invalid("/note_ids/1");
        disclose(&cast.teacher, &with(&good, &json!({"note_ids": []}))).await.expect_invalid("/note_ids");
        assert_eq!(world.rows("disclosure").await, 0);
        disclose(&cast.nurse, &with(&good, &json!({"note_ids": [open, hidden]}))).await.expect(201);

        let consents = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(&cast.family.guardians[0], cast.case, consents.id("/items/0/id")).await;
        disclose(&cast.nurse, &good).await.expect_invalid("/case_id");
        world.close_case(&cast.teacher, cast.case).await;
        disclose(&cast.teacher, &good).await.expect(201);
    }

    async fn the_entries_stay_as_they_were_when_they_were_disclosed(world: World) {
        let cast = world.shared_case().await;
        let doctor = world.worker("kragero/bup").await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let body = json!({
            "case_id": cast.case, "basis": "danger_to_life_or_health", "measure_ids": [measure], "to_unit_id": doctor.unit.id,
            "to_person_id": doctor.id, "reason": "Is treated there.",
        });
        let made = disclose(&cast.teacher, &body).await.expect(201);
        assert_eq!(made.body["entries"][0]["text"], Value::Null);
        let change = json!({"contains": [], "description": "Four days a week."});
        let below = format!("/measures/{measure}");
        cast.teacher.patch(cast.path(&below)).json(change).if_match(1).send().await.expect(200);
        let consents = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(&cast.family.guardians[0], cast.case, consents.id("/items/0/id")).await;
        let read = doctor.get(path(made.id("/id"))).send().await.expect(200);
        assert_eq!(read.body, made.body);
    }

    async fn who_has_left_the_unit_no_longer_reads_what_it_gave_or_got(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let doctor = world.worker("kragero/bup").await;
        let note = world.note(&cast.teacher, cast.case, "team", "Does not sleep.").await;
        let disclosure = world.disclosure(&cast.teacher, cast.case, &doctor, &json!(note)).await;
        let left = "UPDATE staff_role SET ended_at = started_at WHERE role = 'worker'";
        world.try_execute(left).await.expect("the roles have ended");
        finds_nothing(&doctor, &[path(disclosure)]).await;
        finds_nothing(&cast.teacher, &[path(disclosure)]).await;
        leader.get(path(disclosure)).send().await.expect(200);
    }

    async fn each_basis_has_its_paragraph_its_givers_and_its_receivers(world: World) {
        let cast = world.shared_case().await;
        let note = world.note(&cast.teacher, cast.case, "team", "For all.").await;
        let of_health = world.note(&cast.nurse, cast.case, "team", "For all.").await;
        let welfare = world.worker("kragero/barnevern").await;
        let police = world.worker("kragero/politiet").await;
        let library = world.worker("kragero/biblioteket").await;
        let dentist = world.worker("kragero/fylkeskommunal-tannlege").await;
        let upper = world.worker("kragero/kragero-videregaende-skole").await;
        let kindergarten = world.worker("kragero/barnehage").await;
        for (by, basis, to, law) in [
            (&cast.teacher, "child_welfare_report", &welfare, "oppl § 24-3"), (&cast.nurse, "child_welfare_report", &welfare, "hpl § 33"),
            (&cast.teacher, "duty_to_avert", &police, "strl § 196"), (&cast.nurse, "danger_to_life_or_health", &police, "hpl § 31"),
            (&cast.nurse, "danger_to_life_or_health", &dentist, "hpl § 23"), (&cast.teacher, "school_change", &upper, "oppl § 25-1"),
            (&cast.teacher, "school_change_duty", &upper, "oppl § 25-1 (4)"), (&cast.nurse, "health_personnel", &dentist, "hpl § 25"),
        ] {
            let note = if by.id == cast.nurse.id { of_health } else { note };
            let made = disclose(by, &of_note(cast.case, note, basis, to)).await.expect(201);
            assert_eq!(made.text("/laws/0/law"), law, "{basis}");
        }
        for (by, basis, to, place) in [
            (&cast.teacher, "child_welfare_report", &police, "/to_unit_id"), (&cast.teacher, "duty_to_avert", &library, "/to_unit_id"),
            (&cast.teacher, "health_personnel", &dentist, "/basis"), (&cast.nurse, "health_personnel", &upper, "/to_unit_id"),
            (&cast.nurse, "school_change", &upper, "/basis"), (&cast.teacher, "school_change", &kindergarten, "/to_unit_id"),
        ] {
            disclose(by, &of_note(cast.case, note, basis, to)).await.expect_invalid(place);
        }
        // Health does not give the entries of a school for health care.
        disclose(&cast.nurse, &of_note(cast.case, note, "health_personnel", &dentist)).await.expect_invalid("/note_ids/0");
        let order = of_note(cast.case, note, "child_welfare_order", &welfare);
        disclose(&cast.teacher, &order).await.expect_invalid("/order_reference");
        let made = disclose(&cast.teacher, &with(&order, &json!({"order_reference": "26/1147"}))).await.expect(201);
        assert_eq!([made.text("/laws/0/law"), made.text("/order_reference")], ["bvl § 13-4", "26/1147"]);
        let unasked = with(&of_note(cast.case, note, "duty_to_avert", &police), &json!({"order_reference": "26/1147"}));
        disclose(&cast.teacher, &unasked).await.expect_invalid("/order_reference");
    }

    async fn a_school_in_another_municipality_gets_exactly_the_entries_and_nothing_else(world: World) {
        let cast = world.shared_case().await;
        let (given, kept) = (
            world.note(&cast.teacher, cast.case, "team", "Reads with a ruler under the line.").await,
            world.note(&cast.teacher, cast.case, "team", "Likes to draw.").await,
        );
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let head = world.worker("porsgrunn/skole").await;
        let body = with(&of_note(cast.case, given, "school_change", &head), &json!({"measure_ids": [measure]}));
        let made = disclose(&cast.teacher, &body).await.expect(201);
        assert_eq!(made.text("/laws/0/law"), "oppl § 25-1");
        let processing: Vec<&str> =
            made.body["processing"].as_array().expect("laws").iter().filter_map(|law| law["law"].as_str()).collect();
        assert_eq!(processing, ["GDPR art. 6(1)(e)", "GDPR art. 9(2)(g)"]);
        let read = head.get(path(made.id("/id"))).send().await.expect(200);
        assert_eq!(read.body, made.body);
        assert_eq!(read.body["entries"].as_array().map(Vec::len), Some(2));
        assert!(!read.text.contains("Likes to draw"));
        assert_eq!(ids(&walk(&head, &list(&head.unit)).await), [made.text("/id")]);
        let child = format!("/v1/children/{}", cast.family.child.id);
        let everything = [
            cast.path(""), cast.path("/notes"), cast.path(&format!("/notes/{given}")), cast.path(&format!("/notes/{kept}")),
            cast.path(&format!("/measures/{measure}")), cast.path("/team"), child,
        ];
        finds_nothing(&head, &everything).await;
        head.get(format!("/v1/units/{}/staff", cast.teacher.unit.id)).send().await.expect_problem(403, "forbidden");
        assert!(walk(&head, "/v1/cases").await.is_empty());
        // Neither the leader there nor a colleague is the recipient.
        for who in [world.staff("porsgrunn/skole", Role::UnitLeader).await, world.worker("porsgrunn/skole").await] {
            finds_nothing(&who, &[path(made.id("/id"))]).await;
            assert!(walk(&who, &list(&who.unit)).await.is_empty());
        }
        // Nothing else crosses the border: no other section, and not from a school to another service.
        let centre = world.worker("porsgrunn/barnevernstjenesten").await;
        for (basis, to) in [("danger_to_life_or_health", &head), ("child_welfare_report", &centre), ("school_change", &centre)] {
            disclose(&cast.teacher, &of_note(cast.case, given, basis, to)).await.expect_invalid("/to_unit_id");
        }
    }

    async fn a_parent_at_the_new_school_is_not_the_one_who_gets_it(world: World) {
        let cast = world.school_case().await;
        let note = world.note(&cast.teacher, cast.case, "team", "Reads slowly.").await;
        let unit = world.unit("porsgrunn/skole").await;
        // The mother has an account in the municipality where she works, which knows her by another id.
        let mother = world.user("4001", &cast.family.guardians[0].national_id).await;
        world.grant(&mother, &unit, Role::Worker).await;
        let at_work = Staff { user: mother, unit };
        let body = of_note(cast.case, note, "school_change", &at_work);
        disclose(&cast.teacher, &body).await.expect_invalid("/to_person_id");
        assert_eq!(world.rows("disclosure").await, 0);
    }

    async fn a_paragraph_lets_out_only_the_kinds_that_it_is_about(world: World) {
        let cast = world.shared_case().await;
        let write = async |by: &Staff, kind: &str| -> NoteId {
            let mut body = json!({"audience": "team", "kind": kind, "contains": [], "text": "A word."});
            if kind == "parents_health" {
                body["about_person_id"] = json!(cast.family.guardians[0].id);
            }
            if kind == "child_statement" {
                body["heard_on"] = json!(world.in_days(0));
                body["heard_how"] = json!("alone");
                body["heard_weight"] = json!("Great weight.");
            }
            by.post(cast.path("/notes")).json(body).send().await.expect(201).id("/id")
        };
        let upper = world.worker("kragero/kragero-videregaende-skole").await;
        let dentist = world.worker("kragero/fylkeskommunal-tannlege").await;
        let welfare = world.worker("kragero/barnevern").await;
        let said = write(&cast.teacher, "child_statement").await;
        let kept = write(&cast.nurse, "confidential_health").await;
        let parents = write(&cast.nurse, "parents_health").await;
        let agreed_with_health = write(&cast.nurse, "agreed").await;
        let by_mother = world.note(&cast.family.guardians[0], cast.case, "team", "He reads at home.").await;
        // To the next school: information from schools, but not information that others gave to this school.
        for note in [said, agreed_with_health, by_mother] {
            disclose(&cast.teacher, &of_note(cast.case, note, "school_change", &upper)).await.expect_invalid("/note_ids/0");
        }
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let of_health = with(&of_note(cast.case, said, "school_change", &upper), &json!({"note_ids": [], "measure_ids": [measure]}));
        disclose(&cast.teacher, &of_health).await.expect_invalid("/measure_ids/0");
        for kind in ["school_life", "absence", "agreed"] {
            let note = write(&cast.teacher, kind).await;
            disclose(&cast.teacher, &of_note(cast.case, note, "school_change", &upper)).await.expect(201);
        }
        // Among health personnel: not what the child keeps from the guardians. To child welfare: what the duty to report requires.
        disclose(&cast.nurse, &of_note(cast.case, kept, "health_personnel", &dentist)).await.expect_invalid("/note_ids/0");
        disclose(&cast.nurse, &of_note(cast.case, parents, "health_personnel", &dentist)).await.expect_invalid("/note_ids/0");
        // The parents' own health, for the needs of the child, has a section of its own.
        let made = disclose(&cast.nurse, &of_note(cast.case, parents, "patients_children", &dentist)).await.expect(201);
        assert_eq!([made.text("/laws/0/law"), made.text("/laws/1/law")], ["hpl § 10 a", "hpl § 28 f"]);
        disclose(&cast.nurse, &of_note(cast.case, agreed_with_health, "patients_children", &dentist)).await.expect_invalid("/note_ids/0");
        // To prevent behaviour that affects others, the school shares what it knows itself, unasked, and no absence.
        let absence = write(&cast.teacher, "absence").await;
        disclose(&cast.teacher, &of_note(cast.case, absence, "school_change_duty", &upper)).await.expect_invalid("/note_ids/0");
        disclose(&cast.nurse, &of_note(cast.case, kept, "child_welfare_report", &welfare)).await.expect(201);
    }

    async fn the_recipient_is_someone_who_works_in_a_unit_of_the_municipality_and_not_of_the_family(world: World) {
        let cast = world.shared_case().await;
        let note = world.note(&cast.teacher, cast.case, "team", "For all.").await;
        let doctor = world.worker("kragero/bup").await;
        let abroad = world.worker("porsgrunn/skole").await;
        let parent = world.guardian_of(&cast.teacher, &cast.family.child, true).await;
        world.grant(&parent, &doctor.unit, Role::Worker).await;
        let auditor = world.staff("kragero/bup", Role::Auditor).await;
        let good = of_note(cast.case, note, "danger_to_life_or_health", &doctor);
        for (place, changes) in [
            ("/to_person_id", json!({"to_person_id": cast.nurse.id})), ("/to_person_id", json!({"to_person_id": null})),
            ("/to_person_id", json!({"to_person_id": parent.id})), ("/to_person_id", json!({"to_person_id": auditor.id})),
            ("/to_person_id", json!({"to_unit_id": cast.teacher.unit.id, "to_person_id": cast.teacher.id})),
            ("/to_unit_id", json!({"to_unit_id": abroad.unit.id, "to_person_id": abroad.id})),
            ("/to_unit_id", json!({"to_unit_id": null, "to_person_id": null})),
            ("/outside_kind", json!({"outside_kind": "police"})),
        ] {
            disclose(&cast.teacher, &with(&good, &changes)).await.expect_invalid(place);
        }
        // A recipient who later becomes family can no longer read it, once they have declared it.
        let disclosure = disclose(&cast.teacher, &good).await.expect(201).id("/id");
        doctor.get(path(disclosure)).send().await.expect(200);
        let guardian = "UPDATE guardianship SET guardian_id = (SELECT to_person_id FROM disclosure)
             WHERE guardian_id IN (SELECT person_id FROM staff_role)";
        assert_eq!(world.try_execute(guardian).await.expect("a guardian"), 1);
        doctor.get(path(disclosure)).send().await.expect(200);
        let own = json!({"national_id": cast.family.child.national_id.as_str(), "ground": "relative"});
        doctor.post("/v1/me/conflicts-of-interest").json(own).send().await.expect(201);
        finds_nothing(&doctor, &[path(disclosure)]).await;
        assert!(walk(&doctor, &list(&doctor.unit)).await.is_empty());
    }
}
