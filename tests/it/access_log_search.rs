//! Searching and exporting the access log: each filter from both sides, pages without gaps, and exports of any length.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::access::Entry;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::{
    cast::Cast,
    support::{Role, User, World, both_engines},
};

async fn auditor(world: &World) -> User {
    world.staff("kragero/oppvekst", Role::Auditor).await.user
}

async fn found(auditor: &User, query: &str) -> Vec<Value> {
    let page = auditor.get(format!("/v1/access-log?limit=200&{query}")).send().await.expect(200);
    page.items().to_vec()
}

/// Creates work on a case by two people, an emergency access, and attempts by others.
async fn worked_on(world: &World) -> Cast {
    let cast = world.shared_case().await;
    for below in ["", "/team", "/goals"] {
        cast.nurse.get(cast.path(below)).send().await.expect(200);
    }
    world.worker("kragero/nav").await.get(cast.path("")).send().await.expect(404);
    let responder = world.worker("kragero/bup").await;
    world.open_in_emergency(&responder, json!({"case_id": cast.case})).await;
    responder.get(cast.path("")).send().await.expect(200);
    world.seal().await;
    cast
}

both_engines! {
    async fn each_filter_leaves_what_fits_and_nothing_else(world: World) {
        let (cast, auditor) = (worked_on(&world).await, auditor(&world).await);
        let Cast { nurse, case, family, .. } = &cast;
        let unit = nurse.unit.id;
        let has_role = |entry: &Value, name: &str, value: &Value| {
            entry["roles"].as_array().expect("roles").iter().any(|role| &role[name] == value)
        };
        let among = |entry: &Value, name: &str, value: &str| {
            entry[name].as_array().expect("a list").iter().any(|item| item == value)
        };
        type Fits<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
        let filters: Vec<(String, Fits)> = vec![
            (format!("person_id={}", nurse.id), Box::new(|entry| entry["person_id"] == json!(nurse.id))),
            (format!("case_id={case}"), Box::new(|entry| entry["case_id"] == json!(case))),
            (format!("child_id={}", family.child.id), Box::new(|entry| entry["child_id"] == json!(family.child.id))),
            ("action=read_case".to_owned(), Box::new(|entry| entry["action"] == "read_case")),
            ("decision=deny".to_owned(), Box::new(|entry| entry["decision"] == "deny")),
            ("decision=permit".to_owned(), Box::new(|entry| entry["decision"] == "permit")),
            (format!("unit_id={unit}"), Box::new(move |entry| has_role(entry, "unit_id", &json!(unit)))),
            ("role=auditor".to_owned(), Box::new(move |entry| has_role(entry, "role", &json!("auditor")))),
            ("role=worker".to_owned(), Box::new(move |entry| has_role(entry, "role", &json!("worker")))),
            ("emergency=only".to_owned(), Box::new(|entry| entry["purpose"] == "emergency")),
            ("rule=case.team".to_owned(), Box::new(move |entry| among(entry, "policies", "case.team"))),
            ("legal_basis=hpl%20%C2%A7%2022".to_owned(), Box::new(move |entry| among(entry, "legal_basis", "hpl § 22"))),
        ];
        found(&auditor, "").await;
        world.seal().await;
        for (query, fits) in &filters {
            let all = found(&auditor, &format!("until={}", later(&world))).await;
            world.seal().await;
            let some = found(&auditor, query).await;
            assert!(!some.is_empty() && some.iter().all(fits), "{query}: {some:?}");
            let newest = all.first().and_then(|entry| entry["id"].as_str()).expect("an id").to_owned();
            let until = |entries: &[Value]| -> BTreeSet<String> {
                let ids = entries.iter().map(|entry| entry["id"].as_str().expect("an id").to_owned());
                ids.filter(|id| *id <= newest).collect()
            };
            let fitting: Vec<Value> = all.iter().filter(|entry| fits(entry)).cloned().collect();
            assert_eq!(until(&some), until(&fitting), "{query}");
        }
        let both = found(&auditor, &format!("unit_id={unit}&rule=case.team&role=worker&action=read_case")).await;
        assert!(!both.is_empty() && both.iter().all(|entry| entry["person_id"] == json!(nurse.id)), "{both:?}");
        assert_eq!(found(&auditor, &format!("unit_id={unit}&role=auditor")).await, Vec::<Value>::new());
    }

    async fn entries_are_found_by_when_they_were_made(world: World) {
        let (cast, auditor) = (worked_on(&world).await, auditor(&world).await);
        let first = world.now();
        world.advance(TimeDelta::days(2));
        cast.nurse.get(cast.path("/team")).send().await.expect(200);
        world.advance(TimeDelta::days(2));
        cast.nurse.get(cast.path("/goals")).send().await.expect(200);
        let at = |days: i64| (first + TimeDelta::days(days)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let case = cast.case;
        let middle = found(&auditor, &format!("case_id={case}&from={}&until={}", at(1), at(3))).await;
        assert_eq!(middle.iter().map(|entry| &entry["action"]).collect::<Vec<_>>(), ["list_team"]);
        let last = found(&auditor, &format!("case_id={case}&from={}", at(3))).await;
        assert_eq!(last.iter().map(|entry| &entry["action"]).collect::<Vec<_>>(), ["list_goals"]);
        let exact = found(&auditor, &format!("case_id={case}&from={}&until={}", at(2), at(2))).await;
        assert_eq!(exact, Vec::<Value>::new(), "until is before");
        let early = found(&auditor, &format!("case_id={case}&until={}", at(1))).await;
        let is_early = |entry: &Value| entry["at"].as_str().is_some_and(|time| time < at(1).as_str());
        assert!(early.len() > 5 && early.iter().all(is_early), "{early:?}");
        assert_eq!(found(&auditor, "from=2030-01-01T00:00:00Z").await, Vec::<Value>::new());
        assert_eq!(found(&auditor, "until=1990-01-01T00:00:00Z").await, Vec::<Value>::new());
    }

    async fn entries_are_found_by_when_they_were_made_also_where_their_ids_are_in_another_order(world: World) {
        let auditor = auditor(&world).await;
        world.advance(TimeDelta::minutes(20));
        let now = world.now();
        // Concurrent requests, after a quiet period and before another.
        let entries = [30, 0, 20, 10].map(|milliseconds| {
            let entry = Entry::of(None, "read_child", "Person", now + TimeDelta::milliseconds(milliseconds));
            Entry { municipality: "4014".to_owned(), status: 200, ..entry }
        });
        world.log().append(entries.into()).await.expect("the log is written");
        world.advance(TimeDelta::minutes(20));
        auditor.get("/v1/me").send().await.expect(200);
        let at = |milliseconds: i64| (now + TimeDelta::milliseconds(milliseconds)).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        for (query, expected) in [
            (format!("from={}", at(0)), 4), (format!("from={}", at(15)), 2), (format!("until={}", at(31)), 4), (format!("until={}", at(20)), 2),
            (format!("from={}&until={}", at(10), at(30)), 2), (format!("from={}&until={}&decision=deny", at(0), at(31)), 4),
        ] {
            let query = format!("action=read_child&{query}");
            assert_eq!(found(&auditor, &query).await.len(), expected, "{query}");
        }
    }

    async fn pages_of_any_filter_have_no_gap_and_nothing_twice(world: World) {
        let (cast, auditor) = (worked_on(&world).await, auditor(&world).await);
        let (case, unit, nurse) = (cast.case, cast.nurse.unit.id, cast.nurse.id);
        for query in [
            format!("case_id={case}"), format!("unit_id={unit}"), "role=worker".to_owned(),
            format!("case_id={case}&person_id={nurse}"), format!("unit_id={unit}&role=worker&person_id={nurse}&decision=permit"),
        ] {
            let whole: Vec<String> = found(&auditor, &query).await.iter().map(|entry| entry["id"].to_string()).collect();
            let (mut paged, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = auditor.get(format!("/v1/access-log?limit=2&{query}{cursor}")).send().await.expect(200);
                paged.extend(page.items().iter().map(|entry| entry["id"].to_string()));
                let Some(next) = page.body["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert!(whole.len() > 1 && paged == whole, "{query}");
        }
    }

    async fn filters_together_find_what_each_of_them_finds(world: World) {
        let auditor = auditor(&world).await;
        let [first, second] = [world.worker("kragero/skole").await.id, world.worker("kragero/skole").await.id];
        // The first has read cases, then the second children. The first has also read a child now and then.
        let entries = (0..1400).map(|number| {
            let (person, action) = match number {
                _ if number % 7 == 0 => (first, "read_child"),
                0..700 => (first, "read_case"),
                _ => (second, "read_child"),
            };
            let entry = Entry::of(None, action, "Person", world.now());
            Entry { municipality: "4014".to_owned(), person: Some(person), status: 200, ..entry }
        });
        world.log().append(entries.collect()).await.expect("the log is written");
        let later = later(&world);
        for (query, expected) in [
            (format!("person_id={first}&action=read_child"), 200),
            (format!("person_id={first}&action=read_child&decision=deny&until={later}"), 200),
            (format!("person_id={second}&action=read_case"), 0),
            (format!("person_id={second}&action=read_child"), 600),
        ] {
            let (mut ids, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = auditor.get(format!("/v1/access-log?limit=70&{query}{cursor}")).send().await.expect(200);
                ids.extend(page.items().iter().map(|entry| entry["id"].to_string()));
                let Some(next) = page.body["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert!(ids.len() == expected && ids.is_sorted_by(|newer, older| newer > older), "{query}: {}", ids.len());
        }
    }

    async fn an_export_has_what_the_search_finds_in_every_format(world: World) {
        let (cast, auditor) = (worked_on(&world).await, auditor(&world).await);
        let query = format!("case_id={}", cast.case);
        let listed = found(&auditor, &query).await;
        let export = async |format: &str| {
            auditor.get(format!("/v1/access-log/export/{format}?{query}")).send().await.expect(200)
        };
        let ndjson = export("ndjson").await;
        assert_eq!(ndjson.header("content-type"), Some("application/x-ndjson"));
        let lines: Vec<Value> = ndjson.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines, listed);
        let csv = export("csv").await;
        assert_eq!(csv.text.split("\r\n").filter(|line| !line.is_empty()).count(), listed.len() + 1);
        assert!(csv.text.starts_with("at,id,municipality,person_id,person_name,"));
        let fhir = export("fhir").await;
        let events: Vec<Value> = fhir.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(events.len(), listed.len());
        for (event, entry) in events.iter().zip(&listed) {
            is_an_audit_event(event, entry);
        }
        let searches = found(&auditor, "action=export_access_log").await;
        assert_eq!(searches.len(), 3, "each export is an entry");
        auditor.get("/v1/access-log/export/pdf").send().await.expect(404);
        auditor.get("/v1/access-log/export/csv?limit=5").send().await.expect_invalid("?limit");
        cast.teacher.get("/v1/access-log/export/csv").send().await.expect(403);
        let other = world.staff("porsgrunn/skole", Role::Auditor).await;
        let foreign = other.get(format!("/v1/access-log/export/ndjson?{query}")).send().await.expect(200);
        assert_eq!(foreign.text, "", "of another municipality there is nothing");
    }

    async fn an_export_is_longer_than_a_batch(world: World) {
        let (cast, auditor) = (worked_on(&world).await, auditor(&world).await);
        many_entries(&world, 1700).await;
        let query = format!("case_id={}&action=read_case", cast.case);
        let export = auditor.get(format!("/v1/access-log/export/ndjson?{query}")).send().await.expect(200);
        let ids: BTreeSet<String> = export.text.lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].to_string()).collect();
        assert!(ids.len() > 1700 && ids.len() == export.text.lines().count(), "{}", ids.len());
    }

    async fn an_export_breaks_off_when_the_role_of_the_one_who_asked_ends(world: World) {
        let (_cast, auditor) = (worked_on(&world).await, auditor(&world).await);
        // More than the buffers between the service and a slow reader can hold.
        many_entries(&world, 30_000).await;
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let address = world.base().trim_start_matches("http://").parse().expect("an address");
        let mut stream = socket.connect(address).await.expect("connected");
        let token = auditor.token().await;
        let request = format!("GET /v1/access-log/export/ndjson HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("asked");
        let mut begun = [0; 4096];
        stream.read_exact(&mut begun).await.expect("it begins");
        assert!(begun.starts_with(b"HTTP/1.1 200"));
        let ended = world.try_execute("UPDATE staff_role SET ended_at = started_at WHERE role = 'auditor'").await;
        assert!(ended.expect("the role ends") > 0);
        let mut rest = Vec::new();
        // Closed or reset, depending on timing.
        let _closed = stream.read_to_end(&mut rest).await;
        let entries = String::from_utf8_lossy(&rest).matches("\"request_id\"").count();
        assert!(!rest.ends_with(b"0\r\n\r\n") && entries < 30_000, "it went on to the end: {entries}");
    }
}

/// Adds this many copies of an entry for an access to a case.
async fn many_entries(world: &World, how_many: usize) {
    let columns =
        "municipality, at, request_id, client, person_id, roles, action, object_type, object_id, case_id,
        child_id, decision, policies, legal_basis, ground, consents, shown, status, kind, salt";
    let numbers =
        format!("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {how_many})");
    let id = match world.engine {
        crate::support::Engine::Sqlite => "CAST(x'01a20000000070008000' || randomblob(6) AS BLOB)",
        crate::support::Engine::Postgres => "gen_random_uuid()",
    };
    let fill = format!(
        "{numbers} INSERT INTO access_log (id, {columns}) SELECT {id}, {columns} FROM n,
         (SELECT {columns} FROM access_log WHERE action = 'read_case' AND decision = 'permit' LIMIT 1) one"
    );
    let fill = match world.engine {
        crate::support::Engine::Sqlite => {
            fill.replacen(&numbers, "", 1).replacen("SELECT ", &format!("{numbers} SELECT "), 1)
        }
        crate::support::Engine::Postgres => fill,
    };
    world.try_execute(fill).await.expect("many entries");
}

/// A time after all events.
fn later(world: &World) -> String {
    (world.now() + TimeDelta::days(1)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The cardinalities of R4 and of the BALP patterns for reading a patient's data.
fn is_an_audit_event(event: &Value, entry: &Value) {
    assert_eq!(event["resourceType"], "AuditEvent");
    assert!(event["type"]["code"] == "rest" && event["subtype"].as_array().expect("subtypes").len() == 2);
    assert!(["C", "R", "U", "D", "E"].contains(&event["action"].as_str().expect("an action")));
    assert_eq!(event["recorded"].as_str().map(|at| at.contains('T')), Some(true));
    let refused = entry["decision"] == "deny";
    assert_eq!(event["outcome"], if refused { "4" } else { "0" });
    let agents = event["agent"].as_array().expect("agents");
    let types: Vec<&str> =
        agents.iter().filter_map(|agent| agent["type"]["coding"][0]["code"].as_str()).collect();
    let (user, rest) = if entry["person_id"].is_null() { (0, &types[..]) } else { (1, &types[1..]) };
    assert!(types[..user].iter().all(|kind| *kind == "IRCP") && rest == ["110153", "110152"], "{types:?}");
    assert_eq!(agents.iter().filter(|agent| agent["requestor"] == true).count(), 1);
    assert!(agents[0]["requestor"] == true && agents.iter().all(|agent| agent["who"].is_object()));
    assert!(!event.to_string().contains(":null"), "FHIR has no null: {event}");
    assert_eq!(
        agents[0]["policy"].as_array().map_or(0, Vec::len),
        entry["policies"].as_array().expect("rules").len()
    );
    assert!(event["source"]["observer"].is_object());
    let entities = event["entity"].as_array().expect("entities");
    let patients = entities.iter().filter(|entity| entity["role"]["code"] == "1").collect::<Vec<_>>();
    let child = entry["child_id"].as_str().map(|child| format!("Patient/{child}"));
    assert_eq!(
        patients
            .iter()
            .map(|patient| patient["what"]["reference"].as_str().map(ToOwned::to_owned))
            .collect::<Vec<_>>(),
        [child]
    );
    assert!(entities.iter().any(|entity| entity["type"]["code"] == "XrequestId"));
    assert_eq!(event["purposeOfEvent"].is_null(), entry["purpose"].is_null());
}
