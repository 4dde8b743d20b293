//! HTTP as proxies and clients expect it: `HEAD`, `OPTIONS`, encodings, ids of requests and `Retry-After`.

use std::io::Write as _;

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Operation, Stage, World, both_engines, logged};

/// Headers that a `HEAD` and a `GET` share.
fn shared(answer: &Answer) -> Vec<(String, String)> {
    let aside = ["date", "request-id"];
    let headers = answer.headers.iter().filter(|(name, _)| !aside.contains(&name.as_str()));
    let text = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let mut text: Vec<_> = text.collect();
    text.sort_unstable();
    text
}

both_engines! {
    async fn head_answers_as_get_without_a_body(stage: Stage) {
        let world = stage.world();
        let mut met = 0;
        for operation in Operation::all().iter().filter(|operation| operation.method == Method::GET) {
            let actor = stage.actor(operation);
            let get = actor.get(stage.path(operation)).send().await;
            // A cursor or an address in an answer can differ from one request to the next, and the log has an entry more.
            let lasts = get.header("content-length").is_some();
            let entries = world.rows("access_log").await;
            let head = actor.call(Method::HEAD, stage.path(operation)).send().await;
            assert_eq!((head.status, head.bytes.len()), (get.status, 0), "{}", operation.id);
            let names = |answer: &Answer| shared(answer).into_iter().map(|(name, _)| name).filter(|name| name != "link").collect::<Vec<_>>();
            assert_eq!(names(&head), names(&get), "{}", operation.id);
            if operation.id == "read_case" || operation.id == "list_units" {
                assert_eq!(shared(&head), shared(&get), "{}", operation.id);
            }
            assert_eq!(head.header("content-length").is_some(), lasts, "{}", operation.id);
            // Reads of strangers are counted, and written each minute.
            let logged = operation.says["security"] != serde_json::json!([]);
            assert_eq!(world.rows("access_log").await > entries, logged, "{} is logged", operation.id);
            met += 1;
        }
        assert!(met > 40, "only {met}");
    }

    async fn options_and_405_name_the_methods_of_every_path(world: World) {
        let stranger = world.anonymous();
        for operation in Operation::all() {
            let path = operation.path_to_nothing();
            let options = stranger.call(Method::OPTIONS, &path).send().await.expect(204);
            let allow = options.header("allow").expect("methods").to_owned();
            let methods: Vec<&str> = allow.split(", ").collect();
            assert!(methods.contains(&operation.method.as_str()) && methods.contains(&"OPTIONS"), "{allow}");
            assert_eq!(methods.contains(&"GET"), methods.contains(&"HEAD"), "{allow}");
            assert!(options.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
            for method in [Method::TRACE, Method::DELETE, Method::PUT, Method::HEAD] {
                if !methods.contains(&method.as_str()) {
                    let answer = stranger.call(method.clone(), &path).send().await.expect(405);
                    assert_eq!(answer.header("allow"), Some(allow.as_str()), "{method} {path}");
                    assert!(method == Method::HEAD || answer.problem() == "method-not-allowed");
                }
            }
        }
        for path in ["/openapi.json", "/docs/", "/docs/index.html"] {
            let allow = "GET, HEAD, OPTIONS";
            assert_eq!(stranger.call(Method::OPTIONS, path).send().await.expect(204).header("allow"), Some(allow));
            let answer = stranger.post(path).send().await.expect_problem(405, "method-not-allowed");
            assert_eq!(answer.header("allow"), Some(allow), "{path}");
            assert_eq!(stranger.call(Method::HEAD, path).send().await.expect(200).text, "");
        }
        stranger.call(Method::OPTIONS, "/nowhere").send().await.expect_problem(404, "not-found");
        stranger.call(Method::HEAD, "/nowhere").send().await.expect(404);
        let entries = world.rows("access_log").await;
        assert_eq!(entries, 0, "nothing was read");
    }

    async fn an_encoded_body_is_refused(stage: Stage) {
        for operation in Operation::all().into_iter().filter(|operation| operation.method != Method::GET) {
            let body = operation.example.as_ref().map_or_else(|| json!({}), |_| stage.example(&operation));
            let call = stage.actor(&operation).call(operation.method.clone(), stage.path(&operation)).json(body);
            for coding in ["gzip", "br", "identity, gzip", "x"] {
                let answer = call.clone().header("content-encoding", coding).send().await;
                let answer = answer.expect_problem(415, "unsupported-media-type");
                assert_eq!(answer.pointers(), ["Content-Encoding"]);
            }
        }
    }

    async fn only_what_is_the_same_for_everyone_is_compressed(stage: Stage) {
        let stranger = stage.world().anonymous();
        for path in ["/openapi.json", "/v1/policies", "/v1/municipalities"] {
            let plain = stranger.get(path).send().await.expect(200);
            assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")), "{path}");
        }
        assert_eq!(stranger.get("/docs/").send().await.expect(200).header("content-encoding"), Some("gzip"));
        for path in ["/openapi.json", "/v1/policies"] {
            let plain = stranger.get(path).send().await.expect(200);
            for (accepted, coding) in [("gzip", "gzip"), ("br", "br"), ("gzip;q=0.5, br", "br"), ("gzip, br;q=0", "gzip")] {
                let answer = stranger.get(path).header("accept-encoding", accepted).send().await.expect(200);
                assert_eq!(answer.header("content-encoding"), Some(coding), "{path}");
                assert_eq!(answer.header("vary"), Some("accept-encoding"), "{path}");
                assert_eq!(answer.headers.get_all("vary").iter().count(), 1, "{path}");
                assert!(answer.header("etag").is_none_or(|tag| tag.starts_with("W/")), "{path}");
                assert!(answer.bytes.len() * 2 < plain.bytes.len(), "{path}: {} bytes", answer.bytes.len());
                if coding == "gzip" {
                    let mut whole = flate2::write::GzDecoder::new(Vec::new());
                    whole.write_all(&answer.bytes).expect("gzip");
                    assert_eq!(whole.finish().expect("gzip"), plain.bytes);
                }
            }
        }
        for accepted in ["identity", "zstd", "*;q=0", "gzip;q=0", ";;"] {
            let answer = stranger.get("/v1/policies").header("accept-encoding", accepted).send().await.expect(200);
            assert_eq!(answer.header("content-encoding"), None, "{accepted}");
        }
        for operation in Operation::all().iter().filter(|operation| !operation.is_public()) {
            let call = stage.actor(operation).call(operation.method.clone(), stage.path(operation));
            let call = call.header("accept-encoding", "gzip, br");
            let answer = if operation.method == Method::GET { call } else { call.json(json!({"no": "such"})) }.send().await;
            assert_eq!((answer.header("content-encoding"), answer.header("vary")), (None, None), "{}", operation.id);
        }
    }

    async fn the_id_of_a_request_is_in_its_answer_and_in_both_logs(world: World) {
        let cast = world.shared_case().await;
        // The test client checks the id of every answer.
        let read = cast.nurse.get(cast.path("")).send().await.expect(200);
        let refused = world.worker("porsgrunn/skole").await.get(cast.path("")).send().await.expect(404);
        let chosen = cast.nurse.get(cast.path("")).header("request-id", "mine").send().await.expect(200);
        for answer in [&read, &refused, &chosen] {
            let id = answer.header("request-id").expect("an id");
            assert_eq!(world.number_of(format!("SELECT COUNT(*) FROM access_log WHERE request_id = '{id}'")).await, 1);
            assert!(logged().lines().any(|line| line.contains(id) && line.contains("answered")));
        }
        for path in ["/nowhere", "/openapi.json", "/docs/"] {
            world.anonymous().get(path).send().await;
        }
    }

    async fn an_answer_that_asks_the_client_to_wait_says_how_long(world: World) {
        let stranger = world.anonymous();
        let answer = loop {
            let answer = stranger.log_in("nobody-of-this-name", "a password that is wrong").await;
            if answer.status != 401 {
                break answer;
            }
        };
        let wait = |answer: &Answer| answer.header("retry-after").expect("a time").parse::<u32>().expect("seconds");
        assert!(wait(&answer.expect_problem(429, "too-many-attempts")) > 0);
        world.db.close().await;
        for path in ["/health/ready", "/v1/municipalities"] {
            assert!(wait(&stranger.get(path).send().await.expect_problem(503, "unavailable")) > 0, "{path}");
        }
    }

    async fn a_long_address_is_refused(world: World) {
        let long = format!("/v1/municipalities?q={}", "x".repeat(9_000));
        world.anonymous().get(&long).send().await.expect_problem(414, "uri-too-long");
    }
}
