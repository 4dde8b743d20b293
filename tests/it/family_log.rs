//! The access log of a case as the family reads it: visits, with the sections that were opened and the acts that may be shown.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use stafett::{
    access::{
        Decision, Entry, Party, Policies, Rests, Rule,
        actions::{ALL, FamilyView, facts_of},
        cited, ground, insert_entries,
    },
    kernel::{clock::day_in_norway, vocabulary::Sector},
};

use crate::{
    cast::Cast,
    support::{Staff, User, World, both_engines, files},
};

const NEUTRAL: &str = "Det er et ledd i arbeidet med saken.";

async fn log_of(reader: &User, cast: &Cast) -> Vec<Value> {
    reader.get(cast.path("/access-log?limit=200")).send().await.expect(200).items().to_vec()
}

/// The newest visit of someone, as a reader sees it.
async fn newest_of(who: &User, reader: &User, cast: &Cast) -> Value {
    let all = log_of(reader, cast).await;
    all.into_iter().find(|visit| visit["person_name"] == json!(who.name)).expect("a visit")
}

/// Everything that a reader gets from the log: the list and each file of the archive.
async fn all_of_log(reader: &User, case: &str) -> String {
    let mut all = reader.get(format!("{case}/access-log?limit=200")).send().await.expect(200).text;
    let archive = reader.get(format!("{case}/access-log/download")).send().await.expect(200);
    for (name, text) in files(&archive.bytes) {
        // The verifier is the same for everyone.
        if !["verify.py", "README.txt"].contains(&name.as_str()) {
            all.push_str(&text);
        }
    }
    all
}

/// An entry about the case, as the log stores it.
fn entry(cast: &Cast, by: &Staff, action: &'static str, rule: &str, at: DateTime<Utc>) -> Entry {
    let roles = json!([{"role": "worker", "sector": "school", "unit": "The school", "unit_id": by.unit.id}]);
    let decision = Decision { allowed: true, policies: vec![rule.to_owned()], legal_basis: Vec::new() };
    Entry {
        municipality: "4014".to_owned(),
        person: Some(by.id),
        roles: roles.to_string(),
        case: Some(cast.case.uuid()),
        child: Some(cast.family.child.id.uuid()),
        status: 200,
        decision,
        ..Entry::of(None, action, "Case", at)
    }
}

async fn insert(world: &World, entries: &[Entry]) {
    let mut tx = world.db.write().await.expect("a transaction");
    insert_entries(&mut tx, entries).await.expect("entries");
    tx.commit().await.expect("a commit");
}

async fn pages(reader: &User, path: &str, between: impl AsyncFn()) -> Vec<Value> {
    let (mut items, mut query) = (Vec::new(), String::new());
    loop {
        let page = reader.get(format!("{path}{query}")).send().await.expect(200);
        items.extend(page.items().iter().cloned());
        between().await;
        let Some(cursor) = page.body["next_cursor"].as_str() else { return items };
        query = format!("&cursor={cursor}");
    }
}

both_engines! {
    async fn that_a_care_order_is_recorded_is_told_to_nobody(world: World) {
        let cast = world.family_of_sixteen().await;
        let worker = world.worker("kragero/barnevern").await;
        let youth = world.youth(&cast.family.child).await;
        world.advance(TimeDelta::hours(1));
        let order = json!({
            "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(7),
            "child_welfare_unit_id": worker.unit.id, "child_welfare_person_id": worker.id,
        });
        let path = format!("/v1/children/{}/care-orders", cast.family.child.id);
        cast.teacher.post(&path).json(order).send().await.expect(201);
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        for reader in [&mother.user, &father.user, &youth.user] {
            let visit = newest_of(&cast.teacher, reader, &cast).await;
            assert_eq!((&visit["kind"], &visit["sections"], &visit["acts"]), (&json!("worked"), &json!([]), &json!([])));
            assert!(visit["words"]["no"].as_str().expect("words").contains(") har arbeidet med saken. De som deltar, "), "{visit}");
            assert!(visit["words"]["en"].as_str().expect("words").contains(") worked on the case. Team members "), "{visit}");
            world.seal().await;
            let all = all_of_log(reader, &cast.path("")).await;
            for sign in ["msorgsovertak", "lytteforbud", "are order", "oppl § 24-4", "pbrl § 4-4", "bvl §", "care_order"] {
                assert!(!all.contains(sign), "{sign}");
            }
        }
        // Looking it up is a look at the case.
        world.advance(TimeDelta::hours(1));
        cast.teacher.get(&path).send().await.expect(200);
        let looked = newest_of(&cast.teacher, mother, &cast).await;
        world.advance(TimeDelta::hours(1));
        cast.teacher.get(cast.path("/withholdings")).send().await.expect(200);
        let other = newest_of(&cast.teacher, mother, &cast).await;
        for member in ["kind", "sections", "acts", "legal_basis", "roles"] {
            assert_eq!(looked[member], other[member]);
        }
        assert_eq!((&looked["kind"], &looked["sections"]), (&json!("looked"), &json!(["case"])));
    }

    async fn a_protected_address_is_recorded_without_a_trace_in_the_words(world: World) {
        let cast = world.shared_case().await;
        world.advance(TimeDelta::hours(1));
        let path = format!("/v1/children/{}/contact-details", cast.family.child.id);
        let details = json!({"protection": "strictly_confidential"});
        cast.teacher.put(path).json(details).if_match(0).send().await.expect(200);
        for reader in &cast.family.guardians {
            let visit = newest_of(&cast.teacher, reader, &cast).await;
            assert_eq!((&visit["kind"], &visit["sections"], &visit["acts"]), (&json!("worked"), &json!([]), &json!([])));
            assert_eq!(visit["roles"], json!(["worker"]), "no unit is named");
            let words = visit["words"].to_string();
            assert!(!words.contains("dress") && !words.contains("freg"), "{words}");
        }
    }

    async fn a_visit_is_one_line_with_its_sections_and_acts(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        world.advance(TimeDelta::hours(1));
        for below in ["", "/team", "/goals", "/measures", "/meetings", "/notes"] {
            cast.nurse.get(cast.path(below)).send().await.expect(200);
            cast.teacher.get(cast.path("")).send().await.expect(200);
        }
        world.advance(TimeDelta::minutes(30));
        cast.nurse.get(cast.path("/goals")).send().await.expect(200);
        world.goal(&cast.teacher, cast.case).await;
        let visit = newest_of(&cast.nurse, mother, &cast).await;
        assert_eq!((&visit["at"], &visit["until"]), (&json!("2026-11-22T10:00:00Z"), &json!("2026-11-22T10:30:00Z")));
        assert_eq!(visit["sections"], json!(["case", "team", "goals", "measures", "meetings", "notes"]));
        assert_eq!(visit["legal_basis"], json!(["hpl § 22"]));
        let said = |visit: &Value, tongue: &str| visit["words"][tongue].as_str().expect("words").to_owned();
        let no = said(&visit, "no");
        assert!(no.starts_with("22.11.2026 kl. 11.00–11.30: "), "{no}");
        assert!(no.contains(") så på saken, teamet, målene, tiltakene, møtene og notatene. De som deltar, "), "{no}");
        let en = said(&visit, "en");
        assert!(en.starts_with("2026-11-22 at 11:00–11:30: "), "{en}");
        assert!(en.contains(") viewed the case, the team, the goals, the measures, the meetings and the notes. "), "{en}");
        let worked = newest_of(&cast.teacher, mother, &cast).await;
        assert_eq!((&worked["kind"], &worked["acts"]), (&json!("worked"), &json!(["changed_goals"])));
        assert!(said(&worked, "no").contains(") så på saken, og endret målene. "), "{worked}");
        world.advance(TimeDelta::minutes(31));
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let later = newest_of(&cast.nurse, mother, &cast).await;
        assert_eq!((&later["at"], &later["sections"]), (&json!("2026-11-22T11:01:00Z"), &json!(["case"])));
    }

    async fn visits_that_overlap_are_the_same_page_by_page_while_the_log_grows(world: World) {
        let cast = world.shared_case().await;
        let (mother, nurse, teacher) = (&cast.family.guardians[0], &cast.nurse, &cast.teacher);
        for minutes in [25, 25, 40, 25] {
            world.advance(TimeDelta::minutes(minutes));
            for (who, below) in [(nurse, ""), (teacher, "/goals"), (nurse, "/team"), (teacher, "")] {
                who.get(cast.path(below)).send().await.expect(200);
            }
            world.advance(TimeDelta::minutes(5));
            teacher.get(cast.path("/notes")).send().await.expect(200);
        }
        for size in 1..=4 {
            log_of(mother, &cast).await;
            let whole = log_of(mother, &cast).await;
            assert!(whole.len() > 6, "{whole:?}");
            let path = cast.path(&format!("/access-log?limit={size}"));
            let grows = async || drop(nurse.get(cast.path("/meetings")).send().await.expect(200));
            assert_eq!(pages(mother, &path, grows).await, whole, "pages of {size}");
        }
        mother.get(cast.path("/access-log?cursor=~AAAA")).send().await.expect(422);
    }

    async fn a_page_reads_a_bounded_number_of_entries(world: World) {
        let cast = world.shared_case().await;
        let (mother, start) = (&cast.family.guardians[0], world.now() + TimeDelta::hours(1));
        let read = |second| entry(&cast, &cast.teacher, "read_case", "case.team", start + TimeDelta::seconds(second));
        insert(&world, &(0..4500).map(read).collect::<Vec<_>>()).await;
        let first = mother.get(cast.path("/access-log")).send().await.expect(200);
        let second = mother.get(cast.path(&format!("/access-log?cursor={}", first.text("/next_cursor")))).send().await;
        let second = second.expect(200);
        assert_eq!(first.items().len(), 1);
        let time = |visit: &Value, member: &str| visit[member].as_str().expect("a time").parse::<DateTime<Utc>>().expect("a time");
        let (newer, older) = (&first.items()[0], &second.items()[0]);
        assert_eq!(time(newer, "until"), start + TimeDelta::seconds(4499));
        assert_eq!(time(newer, "at") - time(older, "until"), TimeDelta::seconds(1), "nothing is left out or repeated");
        assert_eq!(time(older, "at"), start);
        assert!(second.body.get("next_cursor").is_none() && second.items().len() > 1);
    }

    async fn what_no_row_tells_is_neutral_by_whatever_rule(world: World) {
        let cast = world.shared_case().await;
        let policies = Policies::load().expect("rules");
        let (mother, start) = (&cast.family.guardians[0], world.now());
        let (mut entries, mut expected) = (Vec::new(), Vec::new());
        for action in ALL {
            for rule in policies.rules().filter(|rule| !rule.forbids && rule.actions.iter().any(|name| name == action)) {
                let at = start + TimeDelta::hours(i64::try_from(entries.len()).expect("a number") + 1);
                let entry = entry(&cast, &cast.nurse, action, &rule.id, at);
                let reason = match rule.told_as.as_deref() {
                    _ if rule.purpose.is_some_and(|purpose| purpose.as_str() == "own_case") => Some("case.family"),
                    told => told,
                };
                entries.push(entry);
                expected.push((*action, rule.id.clone(), reason.and_then(|id| policies.rule(id))));
            }
        }
        insert(&world, &entries).await;
        let mut lines = pages(mother, &cast.path("/access-log?limit=200"), async || ()).await;
        lines.retain(|line| line["person_name"] == json!(cast.nurse.name) && line["at"].as_str() > Some("2026-11-22T09:30"));
        assert_eq!(lines.len(), expected.len());
        lines.reverse();
        for (line, (action, rule, reason)) in lines.iter().zip(expected) {
            let no = line["words"]["no"].as_str().expect("words");
            let why = reason.map_or(NEUTRAL, |rule| rule.summary_no.as_str());
            assert!(no.ends_with(&format!(". {why}")), "{action} by {rule}: {no}");
            let day = day_in_norway(line["at"].as_str().expect("a time").parse::<DateTime<Utc>>().expect("a time"));
            // These entries are written without a ground, as before there was one: it is not known whether there was a consent.
            let by = if reason.is_some_and(|rule| rule.id == "case.family") { Party::Private } else { Party::Sector(Sector::School) };
            let theirs = |rule: &Rule| ground(&rule.legal_basis, &[by], Rests::Unknown);
            let basis = reason.map_or(vec!["fvl § 13 b no. 2"], |rule| cited(&theirs(rule), day));
            assert_eq!(line["legal_basis"], json!(basis), "{action} by {rule}");
            let is_family = reason.is_some_and(|rule| rule.id == "case.family");
            let did = match facts_of(action).family {
                FamilyView::Saw(section) if !is_family => format!("så på {}", section.norwegian()),
                FamilyView::Did(act) if !is_family => act.norwegian().to_owned(),
                FamilyView::Look | FamilyView::Saw(_) => "så på saken".to_owned(),
                FamilyView::Work | FamilyView::Did(_) => "har arbeidet med saken".to_owned(),
            };
            let who = if is_family { cast.nurse.name.clone() } else { ")".to_owned() };
            assert!(no.contains(&format!("{who} {did}. ")), "{action} by {rule}: {no}");
            for sign in ["msorgsovertak", "lytteforbud", "unntatt fra", "nhabil", "elsekontakt", "dresse", "objection"] {
                assert!(!no.contains(sign), "{action} by {rule}: {no}");
            }
        }
    }

    async fn what_one_guardian_reads_is_not_told_to_the_other(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        world.advance(TimeDelta::hours(1));
        for below in ["/consents", "/notes", "/meetings", "/access-log"] {
            father.get(cast.path(below)).send().await.expect(200);
        }
        father.get(format!("/v1/children/{}/contact-details", cast.family.child.id)).send().await.expect(200);
        for reader in [mother, father] {
            let visit = newest_of(father, reader, &cast).await;
            assert_eq!((&visit["kind"], &visit["sections"], &visit["roles"]), (&json!("looked"), &json!(["case"]), &json!([])));
            assert_eq!(visit["legal_basis"], json!(["GDPR art. 15", "pbrl § 5-1", "barnelova § 30", "barnelova § 47"]));
        }
    }

    async fn a_clinic_that_only_the_youth_lets_join_is_kept_from_the_guardians(world: World) {
        let cast = world.family_of_sixteen().await;
        let (nurse, youth) = (&cast.nurse, world.youth(&cast.family.child).await);
        let consent = async |kind: &str| {
            let body = json!({
                "unit_ids": [nurse.unit.id], "kinds": [kind], "purpose": "Help.", "valid_until": world.in_days(90),
                "text_version": "2026-1",
            });
            youth.post(cast.path("/consents")).json(body).send().await.expect(201).text("/id")
        };
        let consents = [consent("agreed").await, consent("confidential_health").await];
        world.add_to_team(&cast.teacher, cast.case, nurse).await;
        for below in ["", "/notes"] {
            nurse.get(cast.path(below)).send().await.expect(200);
        }
        youth.get(cast.path("")).send().await.expect(200);
        world.seal().await;
        let unit = nurse.get("/v1/me").send().await.expect(200).text("/roles/0/unit_name");
        let signs = [nurse.name.clone(), nurse.id.to_string(), nurse.unit.id.to_string(), unit, youth.id.to_string()];
        for withdrawn in [None, Some(&consents[1])] {
            if let Some(consent) = withdrawn {
                youth.post(cast.path(&format!("/consents/{consent}/withdraw"))).json(json!({})).send().await.expect(200);
                world.seal().await;
            }
            for guardian in &cast.family.guardians {
                let all = all_of_log(guardian, &cast.path("")).await;
                for sign in &signs {
                    assert!(!all.contains(sign), "{sign}");
                }
            }
            let all = all_of_log(&youth, &cast.path("")).await;
            for sign in &signs {
                assert!(all.contains(sign), "{sign}");
            }
        }
        // A unit that a guardian has consented to as well is known to them.
        let both = world.shared_case().await;
        both.nurse.get(both.path("")).send().await.expect(200);
        assert!(all_of_log(&both.family.guardians[0], &both.path("")).await.contains(&both.nurse.name));
    }

    async fn the_guardians_do_not_read_that_the_child_reads_of_its_own_health_contact(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.family(&teacher, 13, 1).await;
        let youth = world.youth(&family.child).await;
        let case = world.open_case(&teacher, &family.child).await;
        let cast = Cast { teacher, nurse, family, case };
        let mother = &cast.family.guardians[0];
        world.consent(mother, case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, case, &cast.nurse).await;
        let note = json!({"audience": "team", "kind": "confidential_health", "contains": [], "text": "Comes on Mondays."});
        cast.nurse.post(cast.path("/notes")).json(note).send().await.expect(201);
        youth.get(cast.path("/notes")).send().await.expect(200);
        world.seal().await;
        let all = all_of_log(mother, &cast.path("")).await;
        for sign in [youth.id.to_string(), youth.name.clone(), "helsekontakt".to_owned(), "health contact".to_owned()] {
            assert!(!all.contains(&sign), "{sign}");
        }
    }
}

#[test]
fn work_on_the_case_has_the_reason_of_the_team_by_whatever_rule() {
    // A reason of its own would single out what only some may know of. Child welfare by a care order has none at all.
    const BY_CARE_ORDER: &[&str] = &[
        "objection.child-welfare",
        "care-order.child-welfare",
        "child.child-welfare",
        "case.child-welfare",
        "note.team.child-welfare",
        "meeting.invited.child-welfare",
        "consent.child-welfare",
        "transition.answer.child-welfare",
        "consent-request.asked.child-welfare",
    ];
    for rule in Policies::load().expect("rules").rules().filter(|rule| !rule.forbids) {
        let is_work = rule.purpose.is_some_and(|purpose| purpose.as_str() == "coordination");
        let is_field = rule.actions.iter().all(|action| action.starts_with("see_"));
        if is_work && !is_field {
            assert_eq!(rule.told_as.is_none(), BY_CARE_ORDER.contains(&rule.id.as_str()), "{}", rule.id);
        }
    }
}
