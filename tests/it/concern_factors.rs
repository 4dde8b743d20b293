//! The factors that a concern names, the adults' own practice, and the advice that is the same about every child.

use serde_json::{Value, json};

use crate::support::{Answer, Role, Staff, World, both_engines};

const RISKS: [&str; 8] = [
    "harmful_care",
    "emotionally_unavailable_guardians",
    "serious_violations",
    "substance_use",
    "serious_mental_illness",
    "developmental_difficulties_not_met",
    "harmful_environment",
    "living_conditions",
];
const PROTECTIVE: [&str; 7] = [
    "good_care",
    "integrated_carers",
    "friends_and_belonging",
    "functioning_for_age",
    "adapts_well",
    "hobby_and_mastery",
    "optimism_and_self_esteem",
];

async fn record(by: &Staff, body: Value) -> Answer {
    by.post(format!("/v1/units/{}/concerns", by.unit.id)).json(body).send().await
}

/// The fields of a problem that are at fault.
fn pointers(refused: &Answer) -> Vec<String> {
    let errors = refused.body["errors"].as_array().expect("errors").iter();
    errors.map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect()
}

both_engines! {
    async fn everyone_reads_the_lists_of_factors(world: World) {
        let lists = world.anonymous().get("/v1/concern-factors").send().await.expect(200);
        let codes = |side: &str| -> Vec<String> {
            let of_side = lists.items().iter().filter(|factor| factor["side"] == side);
            of_side.map(|factor| factor["code"].as_str().expect("a code").to_owned()).collect()
        };
        assert_eq!((codes("risk"), codes("protective")), (RISKS.map(String::from).into(), PROTECTIVE.map(String::from).into()));
        let ages: Vec<_> = lists.items().iter().filter_map(|factor| factor["from_age"].as_i64().filter(|age| *age > 0)).collect();
        assert_eq!(ages, [8, 10]);
        for factor in lists.items() {
            for member in ["name", "name_no", "source"] {
                assert!(factor[member].as_str().is_some_and(|text| !text.is_empty()), "{factor}");
            }
        }
    }

    async fn a_concern_names_the_factors_that_are_seen_beside_its_texts(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 11).await;
        let plain = record(&author, json!({"child_id": child.id, "facts": "Seen."})).await.expect(201);
        assert_eq!((&plain.body["seen_risk_factors"], &plain.body["seen_protective_factors"]), (&json!([]), &json!([])));
        // Each once, in any order; shown in the order of the list.
        let mut upside_down = RISKS;
        upside_down.reverse();
        let all = json!({
            "child_id": child.id, "facts": "Seen.", "risk_factors": "At home.", "own_practice": "We rarely ask her first.",
            "seen_risk_factors": upside_down, "seen_protective_factors": PROTECTIVE,
        });
        let made = record(&author, all).await.expect(201);
        assert_eq!((&made.body["seen_risk_factors"], &made.body["seen_protective_factors"]), (&json!(RISKS), &json!(PROTECTIVE)));
        assert_eq!((made.text("/risk_factors"), made.text("/own_practice")), ("At home.".into(), "We rarely ask her first.".into()));
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        for who in [&author, &leader] {
            let read = who.get(format!("/v1/concerns/{}", made.text("/id"))).send().await.expect(200);
            assert_eq!(read.body["seen_protective_factors"], json!(PROTECTIVE));
            let listed = who.get("/v1/concerns").send().await.expect(200);
            assert_eq!(listed.items()[1]["seen_risk_factors"], json!(RISKS));
        }
    }

    async fn a_factor_that_is_unknown_or_named_twice_or_on_the_other_side_is_refused(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 11).await;
        let before = world.all_rows().await;
        for (member, factors, pointer) in [
            ("seen_risk_factors", json!(["harmful_care", "rain"]), "/seen_risk_factors/1"),
            ("seen_risk_factors", json!(["harmful_care", "harmful_care"]), "/seen_risk_factors/1"),
            ("seen_risk_factors", json!(["good_care"]), "/seen_risk_factors/0"),
            ("seen_protective_factors", json!(["harmful_care"]), "/seen_protective_factors/0"),
            ("seen_protective_factors", json!(["good_care", 1]), "/seen_protective_factors/1"),
            ("seen_protective_factors", json!("good_care"), "/seen_protective_factors"),
            ("own_practice", json!(" "), "/own_practice"),
        ] {
            let mut body = json!({"child_id": child.id, "facts": "Seen."});
            body[member] = factors;
            record(&author, body).await.expect_invalid(pointer);
        }
        assert_eq!(world.all_rows().await, before);
    }

    async fn a_factor_that_says_nothing_at_the_childs_age_is_refused(world: World) {
        let author = world.worker("kragero/skole").await;
        let named = |child, factors: &[&str]| json!({"child_id": child, "facts": "Seen.", "seen_protective_factors": factors});
        let (younger, middle) = (world.child_born(&author, "2018-11-23").await, world.child_born(&author, "2018-11-22").await);
        let older = world.child_born(&author, "2016-11-22").await;
        let both = ["hobby_and_mastery", "good_care", "optimism_and_self_esteem"];
        // The world begins on 2026-11-22: one child is 8 on the next day.
        let refused = record(&author, named(younger.id, &both)).await.expect(422);
        assert_eq!(pointers(&refused), ["/seen_protective_factors/0", "/seen_protective_factors/2"]);
        let refused = record(&author, named(middle.id, &both)).await.expect(422);
        assert_eq!(pointers(&refused), ["/seen_protective_factors/2"]);
        record(&author, named(older.id, &both)).await.expect(201);
        record(&author, named(middle.id, &both[..2])).await.expect(201);
        assert_eq!(world.rows("concern").await, 2);
        // Nobody knows the age of a child without a name; it is checked when the child is named.
        let unnamed = json!({"facts": "Seen.", "seen_protective_factors": both});
        let unnamed = record(&author, unnamed).await.expect(201).text("/id");
        let path = format!("/v1/concerns/{unnamed}");
        author.put(&path).json(named(younger.id, &both[..2])).if_match(1).send().await.expect_invalid("/seen_protective_factors/0");
        world.advance(chrono::TimeDelta::days(1));
        author.put(&path).json(named(younger.id, &both[..2])).if_match(1).send().await.expect(200);
    }

    async fn factors_and_own_practice_that_are_replaced_are_kept(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 11).await;
        let first = json!({
            "child_id": child.id, "facts": "Seen.", "own_practice": "We rarely ask her first.",
            "seen_risk_factors": ["living_conditions", "substance_use"], "seen_protective_factors": ["good_care"],
        });
        let path = format!("/v1/concerns/{}", record(&author, first.clone()).await.expect(201).text("/id"));
        let same = json!({"seen_risk_factors": ["substance_use", "living_conditions"]});
        let same = author.put(&path).json(first.clone()).with(&same).if_match(1).send().await.expect(200);
        assert_eq!(same.body["earlier"], json!([]), "the same factors in another order replace nothing");
        let moot = author.put(&path).json(first.clone()).with(&json!({"change_reason": "No."})).if_match(2).send().await;
        moot.expect_invalid("/change_reason");
        let change = json!({
            "seen_risk_factors": ["substance_use"], "seen_protective_factors": [], "own_practice": null, "change_reason": "It was rent.",
        });
        let changed = author.put(&path).json(first).with(&change).if_match(2).send().await.expect(200);
        let earlier: Vec<(Value, Value)> =
            changed.body["earlier"].as_array().expect("a list").iter().map(|one| (one["part"].clone(), one["text"].clone())).collect();
        let expected = [
            ("own_practice", "We rarely ask her first."), ("seen_risk_factors", "substance_use, living_conditions"),
            ("seen_protective_factors", "good_care"),
        ];
        assert_eq!(earlier, expected.map(|(part, text)| (json!(part), json!(text))));
        assert!(changed.body["earlier"].as_array().expect("a list").iter().all(|one| one["reason"] == "It was rent."));
        let strike = json!({"child_id": child.id, "facts": "Seen.", "strike_out": true});
        let struck = author.put(&path).json(strike).if_match(3).send().await.expect(200);
        assert!(!struck.text.contains("substance_use") && !struck.text.contains("good_care"), "{}", struck.text);
        for column in ["own_practice", "seen_risk_factors", "seen_protective_factors"] {
            let set = format!("UPDATE concern SET {column} = 'first', version = version + 1");
            world.try_execute(set).await.expect("the first");
            let sql = format!("UPDATE concern SET {column} = 'new', version = version + 1");
            let error = format!("{:?}", world.try_execute(sql).await.expect_err(column));
            assert!(error.contains("the earlier wording of a text is kept"), "{column}: {error}");
        }
    }

    async fn an_undecided_concern_about_a_child_always_has_the_same_advice(world: World) {
        let author = world.worker("kragero/skole").await;
        let other = world.worker("kragero/barnehage").await;
        let child = world.child(&author, 7).await;
        let known = world.register(&other, child.national_id.clone()).await;
        let concern = |child: Value| json!({"child_id": child, "facts": "Sits alone."});
        let first = record(&author, concern(json!(child.id))).await.expect(201);
        let second = record(&other, concern(json!(known.id))).await.expect(201);
        let third = record(&author, concern(json!(child.id))).await.expect(201);
        let alone = record(&other, concern(json!(world.child(&other, 5).await.id))).await.expect(201);
        assert_eq!(first.text("/advice/code"), "ask_guardians_to_let_you_talk");
        for made in [&second, &third, &alone] {
            assert_eq!(made.body["advice"], first.body["advice"]);
        }
        let path = format!("/v1/concerns/{}", first.text("/id"));
        assert_eq!(author.get(&path).send().await.expect(200).body["advice"], first.body["advice"]);
        assert_eq!(author.get("/v1/concerns").send().await.expect(200).items()[0]["advice"], first.body["advice"]);
        let decision = json!({"decision": "no_need", "reason": "It has passed."});
        let decided = author.post(format!("{path}/decision")).json(decision).if_match(1).send().await.expect(200);
        assert_eq!(decided.body["advice"], Value::Null, "a concern that is decided needs none");
        let unnamed = record(&author, json!({"facts": "A pupil sits alone."})).await.expect(201);
        assert_eq!(unnamed.body["advice"], Value::Null);
    }

    async fn nobody_learns_of_the_concern_of_another_unit(world: World) {
        let author = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let other = world.worker("kragero/barnehage").await;
        let child = world.child(&author, 7).await;
        let known = world.register(&other, child.national_id.clone()).await;
        world.freeze().await;
        let mut seen = Vec::new();
        for is_there in [false, true] {
            let copy = world.copy().await;
            let units = (author.unit.id, other.unit.id);
            let (author, leader, other) = (copy.same(&author), copy.same(&leader), copy.same(&other));
            if is_there {
                let path = format!("/v1/units/{}/concerns", units.1);
                other.post(path).json(json!({"child_id": known.id, "facts": "Sits alone."})).send().await.expect(201);
            }
            let path = format!("/v1/units/{}/concerns", units.0);
            let made = author.post(path).json(json!({"child_id": child.id, "facts": "Is sad."})).send().await.expect(201);
            let (id, at) = (made.text("/id"), format!("/v1/concerns/{}", made.text("/id")));
            let wait = json!({"look_again_on": copy.in_days(20), "reason": "The class has a new seating."});
            let waited = author.post(format!("{at}/postpone")).json(wait).if_match(1).send().await.expect(200);
            let mut texts = vec![made.text.clone(), waited.text.clone()];
            for who in [&author, &leader] {
                for path in [at.as_str(), "/v1/concerns", "/v1/follow-ups"] {
                    texts.push(who.get(path).send().await.expect(200).text);
                }
            }
            // Only the ids of what is made differ.
            seen.push(texts.iter().map(|text| text.replace(&id, "<id>")).collect::<Vec<_>>());
            copy.finish().await;
        }
        assert_eq!(seen[0], seen[1]);
    }
}
