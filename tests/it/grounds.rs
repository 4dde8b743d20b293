//! The ground of each look: the law of the sector of the person who looked, in the wording of the day, and the consents behind it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stafett::{kernel::ids::ConsentId, log_tree::erase_before};

use crate::{
    cast::Cast,
    log_tree::{ids, verified, without_records},
    support::{Engine, Role, Staff, Stage, User, World, both_engines},
};

async fn auditor(world: &World) -> Staff {
    world.staff("kragero/oppvekst", Role::Auditor).await
}

/// The newest entry of someone.
async fn newest(auditor: &User, of: &User) -> Value {
    let page = auditor.get(format!("/v1/access-log?limit=1&person_id={}", of.id)).send().await.expect(200);
    page.items()[0].clone()
}

fn law(key: &str, citation: &str, valid_from: &str) -> Value {
    json!({"law": key, "citation": citation, "valid_from": valid_from})
}

fn consents(all: &[ConsentId]) -> Vec<Value> {
    let all: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    all.into_iter().map(Value::from).collect()
}

/// The guardians' consents to a unit.
async fn consent(world: &World, cast: &Cast, to: &Staff) -> Vec<ConsentId> {
    let mut given = Vec::new();
    for guardian in &cast.family.guardians {
        given.push(world.consent(guardian, cast.case, &[&to.unit]).await);
    }
    given
}

both_engines! {
    async fn a_disclosure_rests_on_the_law_of_its_basis_alone(world: World) {
        let (cast, auditor) = (world.shared_case().await, auditor(&world).await);
        let doctor = world.worker("kragero/bup").await;
        let note = world.note(&cast.teacher, cast.case, "team", "A word.").await;
        let body = json!({
            "case_id": cast.case, "basis": "danger_to_life_or_health", "note_ids": [note], "to_person_id": doctor.id,
            "to_unit_id": doctor.unit.id, "reason": "Danger.",
        });
        cast.teacher.post(format!("/v1/units/{}/disclosures", cast.teacher.unit.id)).json(body).send().await.expect(201);
        let page = auditor.get(format!("/v1/access-log?limit=5&person_id={}", cast.teacher.id)).send().await.expect(200);
        let entry = page.items().iter().find(|entry| entry["action"] == "disclose" && entry["object_type"] == "Unit").expect("an entry").clone();
        let danger = law("forvaltningsloven.fare-for-liv-eller-helse", "fvl § 13 b no. 7", "2021-07-01");
        assert_eq!(entry["ground"], json!([danger]), "{entry}");
    }

    async fn a_report_is_logged_with_the_paragraph_of_the_unit_that_reports_alone(world: World) {
        let auditor = auditor(&world).await;
        let welfare = world.unit("kragero/barnevern").await;
        for (unit, key, citation) in [
            ("kragero/skole", "opplæringslova.melding-til-barnevernet", "oppl § 24-3"),
            ("kragero/barnehage", "barnehageloven.melding-til-barnevernet", "bhl § 46"),
            ("kragero/amt", "helsepersonelloven.melding-til-barnevernet", "hpl § 33"),
        ] {
            let reporter = world.worker(unit).await;
            let child = world.child(&reporter, 5).await;
            world.report(&reporter, &child, &welfare).await;
            let page = auditor.get(format!("/v1/access-log?limit=9&person_id={}", reporter.id)).send().await.expect(200);
            let is_report = |entry: &&Value| entry["action"] == "report_to_child_welfare" && entry["object_type"] == "Unit";
            let entry = page.items().iter().find(is_report).expect("an entry").clone();
            let ground = entry["ground"].as_array().expect("laws").clone();
            assert_eq!((ground.len(), &ground[0]["law"], &ground[0]["citation"]), (1, &json!(key), &json!(citation)));
        }
    }

    async fn each_looks_by_the_law_of_their_own_sector(world: World) {
        let (cast, auditor) = (world.school_case().await, auditor(&world).await);
        let nav = world.worker("kragero/nav").await;
        let mut given = Vec::new();
        for member in [&cast.nurse, &nav] {
            given.push(consent(&world, &cast, member).await);
            world.add_to_team(&cast.teacher, cast.case, member).await;
        }
        let use_of_own = law("forvaltningsloven.bruk-etter-formålet", "fvl § 13 b no. 2", "2021-07-01");
        let of_health = law("helsepersonelloven.samtykke", "hpl § 22", "2026-07-01");
        let of_others = law("forvaltningsloven.samtykke", "fvl § 13 a no. 1", "2010-12-17");
        let nobody: Vec<ConsentId> = Vec::new();
        for (who, ground, by) in
            [(&cast.teacher, use_of_own, &nobody), (&cast.nurse, of_health, &given[0]), (&nav, of_others, &given[1])]
        {
            for below in ["", "/goals"] {
                who.get(cast.path(below)).send().await.expect(200);
                let entry = newest(&auditor, who).await;
                assert_eq!(entry["ground"], json!([ground]), "{below}");
                assert_eq!(entry["legal_basis"], json!([ground["citation"]]));
                assert_eq!(entry["consent_ids"], json!(consents(by)));
            }
        }
        let child = format!("/v1/children/{}", cast.family.child.id);
        nav.get(child).send().await.expect(200);
        assert_eq!(newest(&auditor, &nav).await["consent_ids"], json!(consents(&given[1])));
    }

    async fn a_note_is_read_by_the_consents_to_its_kind_also_of_its_own_unit(world: World) {
        let (cast, auditor) = (world.school_case().await, auditor(&world).await);
        let nav = world.worker("kragero/nav").await;
        let mut given = Vec::new();
        for member in [&cast.nurse, &nav] {
            given.extend(consent(&world, &cast, member).await);
            world.add_to_team(&cast.teacher, cast.case, member).await;
        }
        let note = world.note(&cast.nurse, cast.case, "team", "Agreed.").await;
        nav.get(cast.path(&format!("/notes/{note}"))).send().await.expect(200);
        assert_eq!(newest(&auditor, &nav).await["consent_ids"], json!(consents(&given)));
        cast.nurse.get(cast.path(&format!("/notes/{note}"))).send().await.expect(200);
        assert_eq!(newest(&auditor, &cast.nurse).await["consent_ids"], json!(consents(&given[..2])), "her own");
        cast.teacher.get(cast.path(&format!("/notes/{note}"))).send().await.expect(200);
        assert_eq!(newest(&auditor, &cast.teacher).await["consent_ids"], json!(consents(&given[..2])), "from her unit");
    }

    async fn a_refusal_has_no_ground_and_an_emergency_the_law_of_the_sector(world: World) {
        let (cast, auditor) = (world.school_case().await, auditor(&world).await);
        let nav = world.worker("kragero/nav").await;
        nav.get(cast.path("")).send().await.expect(404);
        let refused = newest(&auditor, &nav).await;
        assert_eq!((&refused["ground"], &refused["consent_ids"]), (&json!([]), &json!([])));
        let danger = law("forvaltningsloven.fare-for-liv-eller-helse", "fvl § 13 b no. 7", "2021-07-01");
        let weighty = law("helsepersonelloven.tungtveiende-interesser", "hpl § 23", "2026-07-01");
        for (who, ground) in [(&nav, json!([danger])), (&cast.nurse, json!([danger, weighty]))] {
            world.open_in_emergency(who, json!({"case_id": cast.case})).await;
            who.get(cast.path("")).send().await.expect(200);
            assert_eq!(newest(&auditor, who).await["ground"], ground);
        }
    }

    async fn every_entry_that_a_rule_allowed_has_a_ground(world: World) {
        let stage = Stage::set(&world).await;
        let case = stage.ids()["case_id"].clone();
        for asker in [&stage.teacher.user, &stage.auditor.user] {
            let question = json!({"person_id": stage.teacher.id, "action": "read_case", "resource": {"case_id": case}});
            asker.post("/v1/access/explain").json(question).send().await.expect(200);
        }
        let asked = "SELECT COUNT(*) FROM access_log WHERE action = 'explain_access' AND ground <> '[]'";
        assert_eq!(world.number_of(asked).await, 2);
        let without = "SELECT COUNT(*) FROM access_log WHERE decision = 'permit' AND policies <> '[]' AND ground = '[]'";
        assert_eq!(world.number_of(without).await, 0);
        let of_law = "SELECT COUNT(*) FROM access_log WHERE ground <> '[]' AND legal_basis = '[]'";
        assert_eq!(world.number_of(of_law).await, 0);
    }

    async fn the_export_has_the_ground_in_each_format(world: World) {
        let (cast, auditor) = (world.school_case().await, auditor(&world).await);
        let given = consent(&world, &cast, &cast.nurse).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let wording = "helsepersonelloven.samtykke hpl § 22 2026-07-01";
        for (format, says) in [("csv", wording), ("fhir", wording), ("ndjson", "\"helsepersonelloven.samtykke\"")] {
            let path = format!("/v1/access-log/export/{format}?action=read_case&person_id={}", cast.nurse.id);
            let text = auditor.get(path).send().await.expect(200).text;
            assert!(text.contains(says), "{format}: {text}");
            assert!(given.iter().all(|consent| text.contains(&consent.to_string())), "{format}: {text}");
        }
    }

    async fn the_family_reads_no_sector_where_the_unit_is_not_told(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let ground_of = async |who: &User| {
            let log = mother.get(cast.path("/access-log?limit=200")).send().await.expect(200);
            log.items().iter().find(|visit| visit["person_name"] == json!(who.name)).expect("a visit")["ground"].clone()
        };
        cast.nurse.get(cast.path("")).send().await.expect(200);
        assert_eq!(ground_of(&cast.nurse).await[0]["law"], "helsepersonelloven.samtykke");
        let path = format!("/v1/children/{}/contact-details", cast.family.child.id);
        let details = json!({"protection": "strictly_confidential"});
        cast.teacher.put(path).json(details).if_match(0).send().await.expect(200);
        let common = json!([law("forvaltningsloven.bruk-etter-formålet", "fvl § 13 b no. 2", "2021-07-01")]);
        for who in [&cast.nurse, &cast.teacher] {
            assert_eq!(ground_of(who).await, common);
        }
    }

    async fn entries_from_before_the_ground_was_recorded_still_verify(world: World) {
        let cast = world.shared_case().await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let columns = "municipality, at, request_id, client, person_id, roles, action, object_type, object_id, case_id,
            child_id, decision, policies, legal_basis, shown, status, kind, salt";
        let id = match world.engine {
            Engine::Sqlite => "CAST(x'01a20000000070008000' || randomblob(6) AS BLOB)",
            Engine::Postgres => "gen_random_uuid()",
        };
        let copy = format!("INSERT INTO access_log (id, {columns}) SELECT {id}, {columns} FROM access_log WHERE action = 'read_case'");
        assert!(world.try_execute(copy).await.expect("entries without a ground") > 0);
        world.seal().await;
        let old = "SELECT COUNT(*) FROM access_log WHERE ground IS NULL";
        assert!(world.number_of(old).await > 0 && ids(&world).await.len() > 2);
        assert_eq!(verified(&world, None).await.findings, []);
        let auditor = auditor(&world).await;
        let read = auditor.get(format!("/v1/access-log?action=read_case&person_id={}", cast.nurse.id)).send().await.expect(200);
        assert!(read.items().iter().any(|entry| entry["ground"] == json!([])), "{}", read.text);
        world.seal().await;
        without_records(&world).await;
        erase_before(&world.db, "4014", world.now() + chrono::TimeDelta::hours(1)).await.expect("erased");
        assert_eq!(verified(&world, None).await.findings, []);
    }
}
