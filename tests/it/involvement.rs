//! The involvement of a service can itself be secret, and so can the people who would reveal where a child is.

use serde_json::{Value, json};
use stafett::kernel::ids::{MeetingId, PersonId};

use crate::{
    cast::{Cast, finds_nothing, walk},
    support::{Call, Role, Staff, User, World, both_engines},
};

async fn consent(world: &World, cast: &Cast, units: &[&Staff], kinds: &[&str]) {
    let units: Vec<_> = units.iter().map(|staff| staff.unit.id).collect();
    for guardian in &cast.family.guardians {
        let body = json!({
            "unit_ids": units, "kinds": kinds, "purpose": "Cooperation.", "valid_until": world.in_days(100),
            "text_version": "2026-1",
        });
        guardian.post(cast.path("/consents")).json(body).send().await.expect(201);
    }
}

/// A person consents to the nurse's unit, and the answer is the id of the consent.
pub async fn consent_of(world: &World, giver: &User, cast: &Cast, kind: &str) -> String {
    let body = json!({
        "unit_ids": [cast.nurse.unit.id], "kinds": [kind], "purpose": "Help.", "valid_until": world.in_days(90),
        "text_version": "2026-1",
    });
    giver.post(cast.path("/consents")).json(body).send().await.expect(201).text("/id")
}

/// Everything in the case that a team member reads.
async fn all_of(user: &User, cast: &Cast) -> String {
    let mut all = String::new();
    for below in ["", "/team", "/handovers", "/goals", "/measures", "/meetings", "/notes", "/history"] {
        let path = cast.path(&format!("{below}{}", if below.is_empty() { "" } else { "?limit=200" }));
        all.push_str(&user.get(path).send().await.expect(200).text);
    }
    for path in ["/v1/cases", "/v1/follow-ups"] {
        all.push_str(&user.get(path).send().await.expect(200).text);
    }
    all
}

async fn called_meeting(world: &World, by: &Staff, cast: &Cast, invited: &[PersonId]) -> String {
    let body = json!({
        "starts_at": world.now() + chrono::TimeDelta::days(2), "contains": [], "agenda": "What comes next.",
        "participants": invited, "guardians_not_invited": world.absent_guardians(cast.case, invited).await,
    });
    by.post(cast.path("/meetings")).json(body).send().await.expect(201).text("/id")
}

both_engines! {
    async fn that_child_welfare_helps_is_in_nothing_that_a_colleague_without_consent_to_it_reads(world: World) {
        let cast = world.shared_case().await;
        let welfare = world.worker("kragero/barnevern").await;
        let adviser = world.worker("kragero/ppt").await;
        consent(&world, &cast, &[&welfare, &adviser], &["agreed"]).await;
        consent(&world, &cast, &[&welfare, &adviser], &["child_welfare"]).await;
        for staff in [&welfare, &adviser] {
            world.add_to_team(&cast.teacher, cast.case, staff).await;
        }
        let soon = json!({
            "title": "Home visits", "level": "indicated", "contains": [], "responsible_id": welfare.id,
            "responsible_unit_id": welfare.unit.id, "evaluate_on": world.in_days(7),
        });
        let measure = cast.teacher.post(cast.path("/measures")).json(soon).send().await.expect(201).text("/id");
        world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        world.note(&welfare, cast.case, "team", "Was at home with them.").await;
        let guardian = cast.family.guardians[0].id;
        called_meeting(&world, &cast.teacher, &cast, &[welfare.id, cast.nurse.id, guardian]).await;
        called_meeting(&world, &welfare, &cast, &[cast.nurse.id, guardian]).await;
        let offer = world.offer_baton(&cast.teacher, cast.case, &welfare).await;
        let unit = welfare.get("/v1/me").send().await.expect(200).text("/roles/0/unit_name");
        let signs = [welfare.id.to_string(), welfare.name.clone(), welfare.unit.id.to_string(), unit, measure.clone()];

        let nurse = all_of(&cast.nurse, &cast).await;
        for sign in &signs {
            assert!(!nurse.contains(sign), "{sign} in {nurse}");
        }
        let case = cast.nurse.get(cast.path("")).send().await.expect(200);
        assert_eq!(case.text("/next_evaluation_on"), world.in_days(42), "not the day of a measure one may not know of");
        assert_eq!(cast.nurse.get("/v1/cases").send().await.expect(200).items()[0]["next_evaluation_on"], json!(world.in_days(42)));
        let below = format!("/measures/{measure}");
        finds_nothing(&cast.nurse, &[cast.path(&below), cast.path(&format!("{below}/evaluations"))]).await;

        for who in [&cast.teacher.user, &adviser.user, &cast.family.guardians[0].user, &welfare.user] {
            let all = all_of(who, &cast).await;
            for sign in &signs {
                assert!(all.contains(sign), "{sign}");
            }
            assert_eq!(who.get(cast.path("")).send().await.expect(200).text("/next_evaluation_on"), world.in_days(7));
        }
        // Naming a person does not reveal them either: a person the caller may not know of counts as missing.
        let stranger = world.worker("kragero/barnevern").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        for person in [&welfare, &stranger] {
            let meeting = json!({
                "starts_at": world.now(), "contains": [], "agenda": "All.", "participants": [person.id, guardian],
            });
            cast.nurse.post(cast.path("/meetings")).json(meeting).send().await.expect_invalid("/participants/0");
            let conflict = json!({"person_id": person.id, "ground": "friend"});
            leader.post(cast.path("/conflicts-of-interest")).json(conflict).send().await.expect_invalid("/person_id");
            let own = cast.nurse.get(cast.path("/measures")).send().await.expect(200);
            let takes_over = json!({"responsible_id": person.id, "responsible_unit_id": person.unit.id});
            let path = cast.path(&format!("/measures/{}", own.text("/items/0/id")));
            cast.nurse.patch(path).json(takes_over).if_match(1).send().await.expect_invalid("/responsible_id");
        }
        // Everyone on the team knows who holds the baton.
        world.accept_baton(&welfare, cast.case, offer).await;
        let case = cast.nurse.get(cast.path("")).send().await.expect(200);
        assert_eq!(case.text("/contact_person_id"), welfare.id.to_string());
    }

    async fn a_clinic_that_only_the_youth_lets_help_is_in_nothing_that_the_guardians_read(world: World) {
        let cast = world.family_of_sixteen().await;
        let (nurse, youth) = (&cast.nurse, world.youth(&cast.family.child).await);
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        // A guardian who releases something about themself does not consent that the clinic takes part.
        consent_of(&world, mother, &cast, "parents_health").await;
        let consents = [consent_of(&world, &youth, &cast, "agreed").await, consent_of(&world, &youth, &cast, "confidential_health").await];
        consent_of(&world, father, &cast, "parents_health").await;
        world.add_to_team(&cast.teacher, cast.case, nurse).await;
        let measure = world.measure(&cast.teacher, cast.case, nurse).await.to_string();
        let note = world.note(nurse, cast.case, "team", "Comes on Mondays.").await.to_string();
        let secret = called_meeting(&world, nurse, &cast, &[youth.id, cast.teacher.id]).await;
        let open = called_meeting(&world, nurse, &cast, &[cast.family.guardians[0].id, cast.teacher.id]).await;
        world.offer_baton(&cast.teacher, cast.case, nurse).await;
        let unit = nurse.get("/v1/me").send().await.expect(200).text("/roles/0/unit_name");
        let signs = [nurse.id.to_string(), nurse.name.clone(), nurse.unit.id.to_string(), unit, measure.clone(), note.clone(), secret.clone()];

        for withdrawn in [None, Some(&consents[1]), Some(&consents[0])] {
            if let Some(consent) = withdrawn {
                youth.post(cast.path(&format!("/consents/{consent}/withdraw"))).json(json!({})).send().await.expect(200);
            }
            for guardian in &cast.family.guardians {
                let all = all_of(guardian, &cast).await;
                for sign in &signs {
                    assert!(!all.contains(sign), "{sign} in {all}");
                }
                assert!(all.contains(&open), "a meeting that one of them is invited to");
                let case = guardian.get(cast.path("")).send().await.expect(200);
                assert_eq!(case.body["next_evaluation_on"], Value::Null, "not the day of a measure one may not know of");
                let below = [format!("/measures/{measure}"), format!("/measures/{measure}/evaluations"), format!("/notes/{note}"), format!("/meetings/{secret}")];
                finds_nothing(guardian, &below.map(|below| cast.path(&below))).await;
            }
        }
        let all = all_of(&youth, &cast).await;
        for sign in &signs {
            assert!(all.contains(sign), "{sign}");
        }
    }

    async fn a_clinic_that_a_guardian_consented_to_as_well_is_no_secret(world: World) {
        let cast = world.shared_case().await;
        world.note(&cast.nurse, cast.case, "team", "Comes on Mondays.").await;
        assert!(all_of(&cast.family.guardians[0], &cast).await.contains(&cast.nurse.name));
    }

    async fn it_is_known_from_the_next_request_after_a_consent_to_that_and_not_after_its_withdrawal(world: World) {
        let cast = world.shared_case().await;
        let welfare = world.worker("kragero/barnevern").await;
        consent(&world, &cast, &[&welfare], &["agreed"]).await;
        world.add_to_team(&cast.teacher, cast.case, &welfare).await;
        let knows = async || walk(&cast.nurse, &cast.path("/team")).await.iter().any(|seat| seat["person_id"] == json!(welfare.id));
        assert!(!knows().await);
        let units = json!([welfare.unit.id, cast.nurse.unit.id]);
        let mut given = Vec::new();
        for guardian in &cast.family.guardians {
            assert!(!knows().await, "both must consent");
            let body = json!({
                "unit_ids": units, "kinds": ["child_welfare"], "purpose": "Cooperation.", "valid_until": world.in_days(9),
                "text_version": "2026-1",
            });
            given.push(guardian.post(cast.path("/consents")).json(body).send().await.expect(201).id("/id"));
        }
        assert!(knows().await);
        world.withdraw(&cast.family.guardians[1], cast.case, given[1]).await;
        assert!(!knows().await);
    }

    async fn an_office_whose_contact_is_secret_has_no_part_in_a_record(world: World) {
        let cast = world.school_case().await;
        let counsellor = world.worker("kragero/familievernkontoret").await;
        let body = json!({
            "unit_ids": [cast.nurse.unit.id, counsellor.unit.id], "purpose": "Cooperation.",
            "valid_until": world.in_days(100), "text_version": "2026-1",
        });
        cast.family.guardians[0].post(cast.path("/consents")).json(body).send().await.expect_invalid("/unit_ids/1");
        let seat = json!({"person_id": counsellor.id, "unit_id": counsellor.unit.id, "contains": [], "task": "Helps."});
        cast.teacher.post(cast.path("/team")).json(seat).send().await.expect_invalid("/unit_id");
        let child = world.child(&counsellor, 7).await;
        let concern = world.concern(&counsellor, &child).await;
        let open = json!({
            "decision": "open_case", "reason": "Agreed.", "contains": [], "case_reason": "Help.", "level": 1,
            "agreed_with": "guardians", "agreed_on": world.in_days(-1), "next_step": world.next_step(),
        });
        let path = format!("/v1/concerns/{concern}/decision");
        counsellor.post(path).json(open).if_match(1).send().await.expect_problem(409, "conflict");
        // The duty to report applies.
        world.report(&counsellor, &child, &world.unit("kragero/barnevern").await).await;
    }

    async fn of_a_hidden_child_an_emergency_tells_nothing_of_who_helps_and_from_where(world: World) {
        for protection in ["confidential", "strictly_confidential"] {
            let cast = world.shared_case().await;
            world.measure(&cast.teacher, cast.case, &cast.nurse).await;
            world.goal(&cast.teacher, cast.case).await;
            let note = world.note(&cast.nurse, cast.case, "team", "Takes insulin.").await;
            let measure = walk(&cast.teacher, &cast.path("/measures")).await[0]["id"].clone();
            let responder = world.worker("kragero/ppt").await;
            world.open_in_emergency(&responder, json!({"case_id": cast.case})).await;
            let before = responder.get(cast.path("")).send().await.expect(200);
            assert_eq!(before.text("/contact_person_id"), cast.teacher.id.to_string(), "of a child who is not hidden");
            responder.get(cast.path("/team")).send().await.expect(200);

            let details = json!({"protection": protection});
            let path = format!("/v1/children/{}/contact-details", cast.family.child.id);
            cast.teacher.put(path).json(details).if_match(0).send().await.expect(200);
            let school = cast.teacher.get("/v1/me").send().await.expect(200).text("/roles/0/unit_name");
            let mut told = String::new();
            for below in ["".to_owned(), "/goals".into(), "/measures".into(), format!("/measures/{}", measure.as_str().unwrap_or_default()), "/notes".into(), format!("/notes/{note}")] {
                told.push_str(&responder.get(cast.path(&below)).send().await.expect(200).text);
            }
            let signs = [
                cast.teacher.id.to_string(), cast.teacher.name.clone(), cast.teacher.unit.id.to_string(), school,
                cast.nurse.id.to_string(), cast.nurse.name.clone(), cast.nurse.unit.id.to_string(),
            ];
            for sign in signs {
                assert!(!told.contains(&sign), "{protection}: {sign} in {told}");
            }
            assert!(told.contains("Takes insulin.") && told.contains("Play group"));
            for below in ["/team", "/meetings", "/handovers"] {
                responder.get(cast.path(below)).send().await.expect_problem(403, "forbidden");
            }
            // Those who help read it as before.
            let case = cast.nurse.get(cast.path("")).send().await.expect(200);
            assert_eq!(case.text("/contact_person_id"), cast.teacher.id.to_string());
        }
    }

    async fn with_whom_a_graded_child_lives_is_told_to_those_who_may_know_where(world: World) {
        let cast = world.shared_case().await;
        let path = format!("/v1/children/{}", cast.family.child.id);
        let lives = async |who: &User| -> Vec<Value> {
            let rows = who.get(format!("{path}/guardians")).send().await.expect(200);
            rows.items().iter().map(|row| row["lives_with_child"].clone()).collect()
        };
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        for who in [&cast.teacher.user, &cast.nurse.user, &leader.user] {
            assert_eq!(lives(who).await, [json!(true), json!(true)]);
        }
        let grade = async |protection: &str, version: i64| {
            let details = json!({"protection": protection});
            cast.teacher.put(format!("{path}/contact-details")).json(details).if_match(version).send().await.expect(200);
        };
        grade("confidential", 0).await;
        assert_eq!(lives(&cast.nurse).await, [json!(true), json!(true)], "fortrolig: those with a task know");
        assert_eq!(lives(&leader).await, [Value::Null, Value::Null], "the leader of the registering unit has none");
        grade("strictly_confidential", 1).await;
        assert_eq!(lives(&cast.nurse).await, [Value::Null, Value::Null]);
        assert_eq!(lives(&cast.teacher).await, [json!(true), json!(true)], "who keeps it up to date");
    }

    async fn what_is_due_in_a_case_is_told_to_those_who_see_what_it_is(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let seat = world.add_to_team(&cast.teacher, cast.case, &leader).await;
        world.measure(&cast.teacher, cast.case, &leader).await;
        called_meeting(&world, &cast.teacher, &cast, &[leader.id, cast.family.guardians[0].id]).await;
        let due = async || leader.get("/v1/follow-ups").send().await.expect(200).items().len();
        assert_eq!(due().await, 2);
        cast.teacher.delete(cast.path(&format!("/team/{seat}"))).send().await.expect(204);
        leader.get(cast.path("")).send().await.expect(200);
        assert_eq!(due().await, 0, "knows of the case, and of nothing that is agreed");
    }
}

/// A referral that both guardians agree to, without an answer to what its text contains.
fn referral_in(world: &World, cast: &Cast) -> Call {
    let agreed: Vec<_> = cast.family.guardians.iter().map(|guardian| guardian.id).collect();
    cast.teacher.post(cast.path("/referrals")).json(json!({
        "kind": "agreed", "to_outside": "BUP", "to_sector": "health", "sent_on": world.in_days(0), "agreed_by": agreed,
        "agreed_on": world.in_days(0), "expected_on": world.in_days(20), "text": "Help with sleep.",
    }))
}

/// The texts about a meeting, likewise.
fn of_meetings(world: &World, cast: &Cast, held: MeetingId) -> Vec<Call> {
    let teacher = &cast.teacher;
    vec![
        teacher.post(cast.path("/meetings")).json(json!({
            "starts_at": world.now(), "agenda": "All.", "participants": [cast.family.guardians[0].id],
        })),
        teacher
            .put(cast.path(&format!("/meetings/{held}/minutes")))
            .json(json!({"minutes": "Talked.", "attended": []}))
            .if_match(1),
        teacher
            .post(cast.path(&format!("/meetings/{held}/move")))
            .json(json!({
                "starts_at": world.now() + chrono::TimeDelta::days(1), "reason": "Illness.",
            }))
            .if_match(1),
        teacher
            .post(cast.path(&format!("/meetings/{held}/invitations")))
            .json(json!({"add": [cast.nurse.id]}))
            .if_match(1),
        teacher
            .post(cast.path(&format!("/meetings/{held}/cancel")))
            .json(json!({"reason": "Illness."}))
            .if_match(1),
        teacher
            .post(cast.path(&format!("/meetings/{held}/minutes/correct")))
            .json(json!({"text": "We talked.", "reason": "Clearer."}))
            .if_match(1),
    ]
}

both_engines! {
    async fn what_must_not_be_in_the_record_is_asked_about_wherever_something_is_written_for_all(world: World) {
        let cast = world.shared_case().await;
        let goal = world.goal(&cast.teacher, cast.case).await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let held = world.meeting(&cast.teacher, cast.case, &[cast.family.guardians[0].id]).await;
        let note = world.note(&cast.teacher, cast.case, "team", "Sings every day.").await;
        let (teacher, colleague) = (&cast.teacher, world.worker("kragero/skole").await);
        let referral = referral_in(&world, &cast).with(&json!({"contains": []}));
        let referral = referral.send().await.expect(201).text("/id");
        let offered = world.offer_baton(teacher, cast.case, &cast.nurse).await;
        let handover = |answer: &str| cast.path(&format!("/handovers/{offered}/{answer}"));
        let writes = [
            teacher.post(cast.path("/team")).json(json!({"person_id": colleague.id, "unit_id": colleague.unit.id, "task": "Helps."})),
            teacher.post(cast.path("/handovers")).json(json!({
                "to_person_id": cast.nurse.id, "to_unit_id": cast.nurse.unit.id, "message": "She starts in August.",
            })),
            teacher.post(handover("withdraw")).json(json!({"answer": "Not yet."})),
            cast.nurse.post(handover("decline")).json(json!({"answer": "On leave."})),
            cast.nurse.post(handover("accept")).json(json!({"answer": "Gladly."})),
            teacher.post(cast.path("/goals")).json(json!({"description": "Sleeps."})),
            teacher.post(cast.path("/waiting-times/reasons")).json(json!({"step": "meeting", "reason": "The holidays."})),
            teacher.patch(cast.path(&format!("/goals/{goal}"))).json(json!({"description": "Sleeps well.", "reason": "It is clearer."})).if_match(1),
            teacher.post(cast.path("/measures")).json(json!({
                "title": "Talks", "level": "selective", "responsible_id": teacher.id, "responsible_unit_id": teacher.unit.id,
                "evaluate_on": world.in_days(9),
            })),
            teacher.patch(cast.path(&format!("/measures/{measure}"))).json(json!({"description": "Daily."})).if_match(1),
            teacher.post(cast.path(&format!("/measures/{measure}/evaluations"))).json(json!({
                "held_on": world.in_days(0), "outcome": "end_reached", "assessment": "It helped.", "child_view": "Good.",
            })).if_match(1),
            teacher.post(cast.path(&format!("/notes/{note}/correct"))).json(json!({"text": "Sings.", "reason": "Clearer."})).if_match(1),
            teacher.post(cast.path(&format!("/notes/{note}/strike-out"))).json(json!({"reason": "Another child."})).if_match(1),
            teacher.patch(cast.path(&format!("/notes/{referral}/referral"))).json(json!({"expected_on": world.in_days(9), "reason": "Later."})).if_match(1),
            teacher.post(cast.path(&format!("/notes/{referral}/referral/answer"))).json(json!({"answer": "started", "answered_on": world.in_days(0)})).if_match(1),
            teacher.post(cast.path(&format!("/notes/{referral}/referral/withdraw"))).json(json!({"withdrawn_on": world.in_days(0), "reason": "Moves."})).if_match(1),
            teacher.patch(cast.path("")).json(json!({"level": 2, "level_reason": "More help."})).if_match(1),
            teacher.post(cast.path("/close")).json(json!({"reason": "Done.", "final_evaluation": "Well."})).if_match(1),
        ];
        for write in writes.into_iter().chain(of_meetings(&world, &cast, held)).chain([referral_in(&world, &cast)]) {
            write.clone().send().await.expect_invalid("/contains");
            for refused in ["violence_suspicion", "child_welfare_report", "third_party", "journal", "secret_contact"] {
                let told = write.clone().with(&json!({"contains": [refused]})).send().await;
                told.expect_invalid("/contains/0");
            }
            write.clone().with(&json!({"contains": ["health"]})).send().await.expect_invalid("/contains/0");
        }
        assert_eq!((world.rows("goal").await, world.rows("measure").await, world.rows("evaluation").await), (1, 1, 0));
        // Texts that belong to the author and the leader are not asked about, nor operations without text.
        cast.nurse.post(handover("decline")).json(json!({})).send().await.expect(200);
        teacher.patch(cast.path(&format!("/goals/{goal}"))).json(json!({"status": "reached"})).if_match(1).send().await.expect(200);
    }

    async fn what_must_not_be_in_the_record_is_asked_about_when_a_case_is_opened(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        let concern = world.concern(&teacher, &child).await;
        let mut open = json!({
            "decision": "open_case", "reason": "Agreed.", "case_reason": "Help.", "level": 1, "agreed_with": "guardians",
            "agreed_on": world.in_days(-1), "next_step": world.next_step(),
        });
        let path = format!("/v1/concerns/{concern}/decision");
        teacher.post(&path).json(open.clone()).if_match(1).send().await.expect_invalid("/contains");
        open["contains"] = json!(["violence_suspicion"]);
        let refused = teacher.post(&path).json(open).if_match(1).send().await;
        let refused = refused.expect_invalid("/contains/0");
        assert!(refused.text.contains("report to child welfare"), "{refused:?}");
    }

    async fn a_decision_of_a_meeting_is_asked_about_once_with_the_minutes(world: World) {
        let cast = world.shared_case().await;
        let held = world.meeting(&cast.teacher, cast.case, &[cast.family.guardians[0].id]).await;
        let measure = |contains: Value| json!({
            "title": "Talks", "level": "selective", "contains": contains, "responsible_id": cast.teacher.id,
            "responsible_unit_id": cast.teacher.unit.id, "evaluate_on": world.in_days(9),
        });
        let minutes = |measure: Value| {
            let body = json!({"contains": [], "minutes": "Talked.", "attended": [], "outcome": "We talked.", "decisions": [{"text": "Talks.", "measure": measure}]});
            cast.teacher.put(cast.path(&format!("/meetings/{held}/minutes"))).json(body).if_match(1)
        };
        let refused = minutes(measure(json!(["third_party"]))).send().await;
        refused.expect_invalid("/decisions/0/measure/contains/0");
        minutes(measure(Value::Null)).send().await.expect(200);
    }

    async fn what_was_made_is_not_told_again_to_one_who_may_not_read_it_any_more(world: World) {
        let cast = world.shared_case().await;
        let doctor = world.worker("kragero/bup").await;
        let note = world.note(&cast.nurse, cast.case, "team", "Does not sleep.").await;
        let body = json!({
            "case_id": cast.case, "basis": "danger_to_life_or_health", "note_ids": [note], "to_unit_id": doctor.unit.id,
            "to_person_id": doctor.id, "reason": "Is treated there tonight.",
        });
        let concern = json!({"child_id": cast.family.child.id, "facts": "Sits alone."});
        let report = json!({
            "child_id": cast.family.child.id, "grounds": ["mistreatment_or_neglect"], "text": "Says that he is hit.",
            "sent_on": world.in_days(0), "guardians_told": false, "guardians_not_told_reason": "Danger.",
            "receiving_unit_id": world.unit("kragero/barnevern").await.id,
        });
        let below = |what: &str| format!("/v1/units/{}/{what}", cast.teacher.unit.id);
        let calls = [
            cast.teacher.post(below("disclosures")).json(body).idempotency_key("a"),
            cast.teacher.post(below("concerns")).json(concern).idempotency_key("b"),
            cast.teacher.post(below("child-welfare-reports")).json(report).idempotency_key("c"),
        ];
        for call in &calls {
            let first = call.clone().send().await.expect(201);
            let again = call.clone().send().await.expect(201);
            assert_eq!(first.body, again.body);
        }
        let conflict = json!({"national_id": cast.family.child.national_id.as_str(), "ground": "relative"});
        cast.teacher.post("/v1/me/conflicts-of-interest").json(conflict).send().await.expect(201);
        for call in &calls {
            call.clone().send().await.expect_problem(404, "not-found");
        }
        let seen = "SELECT COUNT(*) FROM access_log WHERE decision = 'permit' AND object_type = 'Disclosure'";
        assert_eq!(world.number_of(seen).await, 2, "answered twice, logged twice");
    }
}
