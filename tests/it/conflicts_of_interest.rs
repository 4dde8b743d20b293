//! Declared or recorded conflicts of interest: from the next request, the child counts as the person's own family.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::{
    fetch_one,
    handovers::sweep,
    kernel::ids::{CaseId, PersonId},
};

use crate::{
    cast::{Cast, at_once, exactly_one_wins, finds_nothing, ids, walk},
    support::{Answer, Call, Child, Role, Staff, User, World, both_engines},
};

const OWN: &str = "/v1/me/conflicts-of-interest";

fn declaration(by: &User, told: Value) -> Call {
    let mut body = told;
    body["ground"] = json!("relative");
    by.post(OWN).json(body)
}

async fn declare(by: &User, child: &Child) -> Answer {
    declaration(by, json!({"national_id": child.national_id.as_str()})).send().await.expect(201)
}

fn record(by: &User, cast: &Cast, person: &User) -> Call {
    let body = json!({"person_id": person.id, "ground": "friend", "note": "They informed us."});
    by.post(cast.path("/conflicts-of-interest")).json(body)
}

fn end(by: &User, unit: &Staff, conflict: &Answer) -> Call {
    let path = format!("/v1/units/{}/conflicts-of-interest/{}/end", unit.unit.id, conflict.text("/id"));
    by.post(path).json(json!({"reason": "Another child was meant."})).if_match(1)
}

fn confirm(by: &User, unit: &Staff, conflict: &Answer) -> Call {
    by.post(format!("/v1/units/{}/conflicts-of-interest/{}/confirm", unit.unit.id, conflict.text("/id")))
        .json(json!({"reason": "They are close."}))
        .if_match(1)
}

fn note(by: &User, cast: &Cast) -> Call {
    by.post(cast.path("/notes"))
        .json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A word."}))
}

fn seat(by: &User, cast: &Cast, who: &Staff) -> Call {
    by.post(cast.path("/team"))
        .json(json!({"person_id": who.id, "unit_id": who.unit.id, "contains": [], "task": "Helps."}))
}

async fn holder(world: &World, case: CaseId) -> PersonId {
    let mut tx = world.db.read().await.expect("a transaction");
    let sql = "SELECT person_id FROM contact_person WHERE case_id = $1";
    fetch_one!(&mut tx, (PersonId,), sql, case).expect("exactly one holder").0
}

both_engines! {
    async fn who_declares_has_no_seat_from_the_next_request(world: World) {
        let cast = world.shared_case().await;
        let other = world.team_mate(&cast, "kragero/skole").await;
        declaration(&cast.nurse, json!({"case_id": cast.case})).send().await.expect(201);
        declare(&other, &cast.family.child).await;
        for who in [&cast.nurse, &other] {
            finds_nothing(who, &[cast.path(""), cast.path("/notes"), format!("/v1/children/{}", cast.family.child.id)]).await;
            note(who, &cast).send().await.expect_problem(404, "not-found");
            assert!(who.get("/v1/cases").send().await.expect(200).items().is_empty());
            seat(&cast.teacher, &cast, who).send().await.expect_problem(409, "conflict");
            let offer = json!({"to_person_id": who.id, "to_unit_id": who.unit.id});
            let offer = cast.teacher.post(cast.path("/handovers")).json(offer);
            offer.send().await.expect_invalid("/to_person_id");
        }
        // Another child is unaffected.
        let second = world.school_case().await;
        world.all_consent(&second.family, second.case, &[&cast.nurse.unit]).await;
        seat(&second.teacher, &second, &cast.nurse).send().await.expect(201);
        cast.nurse.get(second.path("")).send().await.expect(200);
    }

    async fn the_baton_of_one_who_declares_goes_to_the_leader_at_once(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        declare(&cast.teacher, &cast.family.child).await;
        assert_eq!(holder(&world, cast.case).await, leader.id);
        finds_nothing(&cast.teacher, &[cast.path("")]).await;
        leader.get(cast.path("/goals")).send().await.expect(200);
        let list = leader.get(cast.path("/handovers")).send().await.expect(200);
        assert_eq!(list.each("status"), ["assigned"]);
    }

    async fn a_leader_who_has_declared_is_passed_over_and_sees_nothing_of_the_case(world: World) {
        let cast = world.shared_case().await;
        let first = world.staff("kragero/skole", Role::UnitLeader).await;
        let second = world.staff("kragero/skole", Role::UnitLeader).await;
        first.get(cast.path("")).send().await.expect(200);
        declare(&first, &cast.family.child).await;
        finds_nothing(&first, &[cast.path(""), format!("/v1/children/{}", cast.family.child.id)]).await;
        declare(&cast.teacher, &cast.family.child).await;
        assert_eq!(holder(&world, cast.case).await, second.id);
    }

    async fn a_concern_about_the_child_is_theirs_no_longer(world: World) {
        let author = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let other = world.staff("kragero/skole", Role::UnitLeader).await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        for who in [&author, &leader] {
            declare(who, &child).await;
            finds_nothing(who, &[format!("/v1/concerns/{concern}"), format!("/v1/children/{}", child.id)]).await;
            assert!(who.get("/v1/concerns").send().await.expect(200).items().is_empty());
            assert!(who.get("/v1/follow-ups").send().await.expect(200).items().is_empty());
            let decision = json!({"decision": "no_need", "reason": "None."});
            let path = format!("/v1/concerns/{concern}/decision");
            who.post(path).json(decision).if_match(1).send().await.expect_problem(404, "not-found");
        }
        other.get(format!("/v1/concerns/{concern}")).send().await.expect(200);
    }

    async fn a_declaration_tells_nothing_of_whether_the_child_is_known(world: World) {
        let cast = world.school_case().await;
        let stranger = world.worker("kragero/ppt").await;
        let known = declare(&stranger, &cast.family.child).await;
        let number = world.child_number(9);
        let unknown = declaration(&stranger, json!({"national_id": number.as_str()})).send().await.expect(201);
        for member in ["case_id", "note", "ended_at", "version", "ground", "recorded_at"] {
            assert_eq!(known.body[member], unknown.body[member], "{member}");
        }
        // If declared before the child is registered, it applies from then on, no matter who registers the child.
        let child = world.register(&stranger, number).await;
        finds_nothing(&stranger, &[format!("/v1/children/{}", child.id)]).await;
        // A missing one and someone else's get the same answer.
        let nothing = declaration(&stranger, json!({"case_id": uuid::Uuid::now_v7()})).send().await;
        let others = declaration(&stranger, json!({"case_id": cast.case})).send().await;
        assert_eq!((nothing.status, &nothing.text), (422, &others.text));
        declaration(&stranger, json!({})).send().await.expect_invalid("/national_id");
        let both = json!({"case_id": cast.case, "national_id": world.child_number(3).as_str()});
        declaration(&stranger, both).send().await.expect_invalid("/case_id");
        let untold = json!({"national_id": world.child_number(3).as_str(), "ground": "other"});
        stranger.post(OWN).json(untold).send().await.expect_invalid("/note");
    }

    async fn it_holds_in_every_registration_of_the_child_and_when_its_number_comes_later(world: World) {
        let cast = world.school_case().await;
        let kindergarten = world.worker("kragero/barnehage").await;
        let same = world.register(&kindergarten, cast.family.child.national_id.clone()).await;
        let later = world.open_case(&kindergarten, &same).await;
        world.staff("kragero/barnehage", Role::UnitLeader).await;
        declare(&kindergarten, &cast.family.child).await;
        finds_nothing(&kindergarten, &[format!("/v1/cases/{later}")]).await;

        // A child without a number: what was recorded follows the child to the person it turns out to be.
        let path = format!("/v1/units/{}/children", cast.teacher.unit.id);
        let born = json!({"name": world.name(), "birth_date": "2019-05-17"});
        let child = cast.teacher.post(path).json(born).send().await.expect(201);
        let path = format!("/v1/children/{}", child.text("/id"));
        let number = world.child_number(7);
        let unnumbered = Child {
            id: child.id("/id"), name: String::new(), national_id: number.clone(), municipality: "4014".to_owned(),
        };
        let case = world.open_case(&cast.teacher, &unnumbered).await;
        let mate = world.worker("kragero/skole").await;
        world.add_to_team(&cast.teacher, case, &mate).await;
        declaration(&mate, json!({"case_id": case})).send().await.expect(201);
        let patch = json!({"national_id": number.as_str(), "reason": "It has a number now."});
        cast.teacher.patch(&path).json(patch).if_match(1).send().await.expect(200);
        finds_nothing(&mate, &[format!("/v1/cases/{case}")]).await;
    }

    async fn it_gives_nothing_and_takes_nothing_from_a_guardian_as_a_guardian(world: World) {
        let cast = world.school_case().await;
        let stranger = world.worker("kragero/ppt").await;
        declare(&stranger, &cast.family.child).await;
        finds_nothing(&stranger, &[cast.path(""), cast.path("/access-log")]).await;
        let mother = &cast.family.guardians[0];
        declare(mother, &cast.family.child).await;
        for below in ["", "/notes", "/consents", "/access-log"] {
            mother.get(cast.path(below)).send().await.expect(200);
        }
        world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
    }

    async fn an_auditor_who_has_declared_does_not_find_the_child_in_the_log(world: World) {
        let cast = world.school_case().await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        world.open_in_emergency(&cast.nurse, json!({"case_id": cast.case})).await;
        let search = format!("/v1/access-log?case_id={}", cast.case);
        assert!(!auditor.get(&search).send().await.expect(200).items().is_empty());
        declare(&auditor, &cast.family.child).await;
        assert!(auditor.get(&search).send().await.expect(200).items().is_empty());
        assert!(auditor.get("/v1/emergency-access").send().await.expect(200).items().is_empty());
    }
}

both_engines! {
    async fn the_contact_person_records_it_of_one_on_the_team_and_their_leader_confirms_it(world: World) {
        let cast = world.shared_case().await;
        let stranger = world.worker("kragero/ppt").await;
        record(&cast.teacher, &cast, &stranger).send().await.expect_invalid("/person_id");
        record(&cast.teacher, &cast, &cast.teacher).send().await.expect_invalid("/person_id");
        record(&cast.nurse, &cast, &cast.teacher).send().await.expect_problem(403, "forbidden");
        record(&stranger, &cast, &cast.nurse).send().await.expect_problem(404, "not-found");
        let recorded = record(&cast.teacher, &cast, &cast.nurse).send().await.expect(201);
        assert_eq!(recorded.text("/person_name"), cast.nurse.name);
        assert_eq!(recorded.body["confirmed_at"], Value::Null);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        confirm(&cast.teacher, &cast.nurse, &recorded).send().await.expect_problem(403, "forbidden");
        confirm(&leader, &cast.nurse, &recorded).if_match(7).send().await.expect_problem(412, "version-mismatch");
        confirm(&leader, &cast.nurse, &recorded).send().await.expect(200);
        confirm(&leader, &cast.nurse, &recorded).if_match(2).send().await.expect_problem(409, "conflict");
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        let own = walk(&cast.nurse, OWN).await;
        assert_eq!((ids(&own), &own[0]["note"]), (vec![recorded.text("/id")], &json!("They informed us.")));
        assert!(walk(&cast.teacher, OWN).await.is_empty());
    }

    async fn the_leader_records_it_of_the_one_who_holds_the_baton(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let elsewhere = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        record(&elsewhere, &cast, &cast.teacher).send().await.expect_problem(404, "not-found");
        let other = world.staff("kragero/skole", Role::UnitLeader).await;
        record(&leader, &cast, &cast.teacher).send().await.expect(201);
        assert_eq!(holder(&world, cast.case).await, other.id, "the baton does not go to the person who recorded it");
        finds_nothing(&cast.teacher, &[cast.path("")]).await;
        leader.get(cast.path("/goals")).send().await.expect_problem(403, "forbidden");
        other.get(cast.path("/goals")).send().await.expect(200);
    }

    async fn a_leader_does_not_get_the_content_by_recording_it_of_the_one_who_holds_the_baton(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let note = world.note(&cast.teacher, cast.case, "team", "Does not sleep.").await;
        record(&leader, &cast, &cast.teacher).send().await.expect(201);
        let sees_nothing = async || {
            finds_nothing(&cast.teacher, &[cast.path("")]).await;
            for below in ["/goals", "/measures", "/notes", "/meetings", "/history", "/consents"] {
                leader.get(cast.path(below)).send().await.expect_problem(403, "forbidden");
            }
            finds_nothing(&leader, &[cast.path(&format!("/notes/{note}"))]).await;
            let case = leader.get(cast.path("")).send().await.expect(200);
            assert_eq!(case.body["reason"], Value::Null);
        };
        sees_nothing().await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id, "in name, until another can take it");
        assert_eq!(sweep(&world.db, &world.clock).await.expect("a sweep"), 0);
        sees_nothing().await;
        let other = world.staff("kragero/skole", Role::UnitLeader).await;
        assert_eq!(sweep(&world.db, &world.clock).await.expect("a sweep"), 1);
        assert_eq!(holder(&world, cast.case).await, other.id);
        sees_nothing().await;
    }

    async fn where_the_leader_alone_could_take_it_one_on_the_team_does(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        record(&leader, &cast, &cast.teacher).send().await.expect(201);
        assert_eq!(holder(&world, cast.case).await, cast.nurse.id);
        leader.get(cast.path("/goals")).send().await.expect_problem(404, "not-found");
    }

    async fn a_leader_where_the_person_works_ends_it_and_never_the_person(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let elsewhere = world.staff("kragero/skole", Role::UnitLeader).await;
        let conflict = declare(&cast.nurse, &cast.family.child).await;
        end(&cast.nurse, &cast.nurse, &conflict).send().await.expect_problem(403, "forbidden");
        end(&elsewhere, &cast.nurse, &conflict).send().await.expect_problem(403, "forbidden");
        end(&elsewhere, &elsewhere, &conflict).send().await.expect_problem(404, "not-found");
        end(&leader, &cast.nurse, &conflict).if_match(9).send().await.expect_problem(412, "version-mismatch");
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        end(&leader, &cast.nurse, &conflict).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        end(&leader, &cast.nurse, &conflict).if_match(2).send().await.expect_problem(409, "conflict");
        assert_eq!(walk(&cast.nurse, OWN).await[0]["end_reason"], "Another child was meant.");
        // Another leader must end a leader's own.
        let own = declare(&leader, &cast.family.child).await;
        end(&leader, &leader, &own).send().await.expect_problem(409, "conflict");
        let other = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        end(&other, &leader, &own).send().await.expect(200);
    }

    async fn a_leader_lists_those_of_the_staff_and_not_about_whom(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let elsewhere = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/helsestasjon").await;
        let mut told = json!({"national_id": cast.family.child.national_id.as_str(), "note": "Sentinelord."});
        told["ground"] = json!("in_law");
        let first = cast.nurse.post(OWN).json(told).send().await.expect(201);
        let second = declare(&colleague, &cast.family.child).await;
        declare(&cast.teacher, &cast.family.child).await;
        let path = format!("/v1/units/{}/conflicts-of-interest", leader.unit.id);
        let items = walk(&leader, &path).await;
        assert_eq!(ids(&items), [first.text("/id"), second.text("/id")]);
        let mut members: Vec<&str> = items[0].as_object().expect("an item").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["as_party", "confirmed_at", "demand", "ended_at", "ground", "id", "own_view", "person_id", "person_name", "recorded_at", "version"]);
        for who in [&elsewhere.user, &cast.nurse.user, &cast.family.guardians[0].user] {
            who.get(&path).send().await.expect_problem(403, "forbidden");
        }
        end(&leader, &leader, &first).send().await.expect(200);
        assert_eq!(ids(&walk(&leader, &path).await), [second.text("/id")]);
    }

    async fn what_is_said_of_it_lies_sealed(world: World) {
        let cast = world.school_case().await;
        let told = json!({
            "national_id": cast.family.child.national_id.as_str(), "ground": "other", "note": "Sentinelord.",
        });
        cast.nurse.post(OWN).json(told).send().await.expect(201);
        let number = cast.family.child.national_id.as_str();
        let readable = format!(
            "SELECT COUNT(*) FROM conflict_of_interest WHERE note LIKE '%Sentinel%' OR national_id LIKE '%{number}%'"
        );
        assert_eq!((world.number_of(readable).await, walk(&cast.nurse, OWN).await[0]["note"].as_str()), (0, Some("Sentinelord.")));
    }
}

both_engines! {
    async fn no_write_of_theirs_succeeds_after_the_declaration(world: World) {
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        leader.token().await;
        for by_another in [false, true] {
            for _ in 0..3 {
                let cast = world.shared_case().await;
                cast.nurse.token().await;
                cast.teacher.token().await;
                let (declaring, status) = if by_another {
                    let recorded = record(&cast.teacher, &cast, &cast.nurse).send().await.expect(201);
                    (confirm(&leader, &cast.nurse, &recorded), 200)
                } else {
                    (declaration(&cast.nurse, json!({"case_id": cast.case})), 201)
                };
                let writes = tokio::spawn(at_once((0..6).map(|_| note(&cast.nurse, &cast)).collect::<Vec<_>>()));
                declaring.send().await.expect(status);
                let written = "SELECT COUNT(*) FROM note";
                let when_declared = world.number_of(written).await;
                for answer in writes.await.expect("all are answered") {
                    assert!([201, 404].contains(&answer.status), "{answer:?}");
                }
                assert_eq!(world.number_of(written).await, when_declared, "written after it was declared");
            }
        }
    }

    async fn declared_twice_at_once_it_stands_and_the_baton_falls_once(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        cast.teacher.token().await;
        let number = json!({"national_id": cast.family.child.national_id.as_str()});
        let calls = (0..4).map(|_| declaration(&cast.teacher, number.clone()));
        for answer in at_once(calls).await {
            answer.expect(201);
        }
        assert_eq!((holder(&world, cast.case).await, world.rows("handover").await), (leader.id, 1));
    }

    async fn one_end_of_several_at_once_counts(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        leader.token().await;
        let conflict = declare(&cast.nurse, &cast.family.child).await;
        world.advance(TimeDelta::minutes(1));
        exactly_one_wins(&at_once((0..4).map(|_| end(&leader, &leader, &conflict))).await, 200, &[409, 412]);
    }

    async fn a_baton_offered_before_is_not_accepted_after(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        declare(&cast.nurse, &cast.family.child).await;
        let path = cast.path(&format!("/handovers/{handover}/accept"));
        cast.nurse.post(path).json(json!({})).send().await.expect_problem(404, "not-found");
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
    }
}
