//! HTTP over a plain socket, for requests that a client library does not send: broken heads, slow clients and announced bodies.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{World, both_engines, logged};

/// Longer than the service waits for a slow client.
const PATIENCE: Duration = Duration::from_secs(40);

async fn connect(world: &World) -> TcpStream {
    let address = world.base().strip_prefix("http://").expect("an address");
    TcpStream::connect(address).await.expect("a connection")
}

/// Reads until the service closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // The service may close while data of ours are under way.
    let _closed =
        timeout(PATIENCE, stream.read_to_end(&mut all)).await.expect("the service ends the connection");
    String::from_utf8(all).expect("text")
}

/// Sends bytes, and returns what comes back until the service closes.
async fn exchange(world: &World, sent: &[u8]) -> String {
    let mut stream = connect(world).await;
    let _sent = stream.write_all(sent).await;
    rest(&mut stream).await
}

/// Requires one answer, which is a problem document. Returns its request id.
#[track_caller]
fn expect_problem(answer: &str, status: u16, slug: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {answer:?}"));
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    let header = |name: &str| {
        let found = head.lines().filter_map(|line| line.split_once(": ")).filter(|(own, _)| *own == name);
        let all: Vec<&str> = found.map(|(_, value)| value).collect();
        assert_eq!(all.len(), 1, "{name} in {head}");
        all.concat()
    };
    assert_eq!(header("content-type"), "application/problem+json");
    assert_eq!(header("content-length"), body.len().to_string());
    assert_eq!(header("cache-control"), "no-store");
    assert!(header("date").ends_with(" GMT"));
    let document: Value = serde_json::from_str(body).expect("a document");
    assert_eq!(document["type"], format!("https://stafett.example/problems/{slug}"));
    assert_eq!(
        (&document["status"], &document["request_id"]),
        (&status.into(), &header("request-id").into())
    );
    header("request-id")
}

/// The status of the first answer.
async fn status(stream: &mut TcpStream) -> String {
    let mut first = vec![0; 12];
    timeout(PATIENCE, stream.read_exact(&mut first)).await.expect("in time").expect("a status");
    String::from_utf8(first).expect("text")
}

both_engines! {
    async fn what_the_parser_refuses_is_answered_by_a_problem_document(world: World) {
        for sent in [
            "nonsense\r\n\r\n",
            "GET  /v1/me HTTP/1.1\r\n\r\n",
            "GET /v1/me HTTP/9.9\r\n\r\n",
            "GET /v1/me HTTP/1.1\r\nno colon\r\n\r\n",
            "GET /v1/me HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
            "GET /v1/me HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
        ] {
            let answer = exchange(&world, sent.as_bytes()).await;
            let id = expect_problem(&answer, 400, "bad-request");
            assert!(logged().contains(&id), "the refusal is logged");
        }
        let many: String = (0..200).map(|number| format!("x-{number}: y\r\n")).collect();
        let answer = exchange(&world, format!("GET /v1/me HTTP/1.1\r\n{many}\r\n").as_bytes()).await;
        expect_problem(&answer, 431, "headers-too-large");
    }

    async fn a_refusal_after_an_answer_on_the_same_connection_leaves_the_answer_whole(world: World) {
        let answers = exchange(&world, b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\nnonsense\r\n\r\n").await;
        let (first, second) = answers.split_at(answers.rfind("HTTP/1.1").expect("an answer"));
        assert!(first.starts_with("HTTP/1.1 200 OK\r\n") && first.ends_with("{\"status\":\"ok\"}"), "{first}");
        expect_problem(second, 400, "bad-request");
    }

    async fn a_slow_request_is_ended(world: World) {
        let mut stream = connect(&world).await;
        stream.write_all(b"GET /v1/me HTTP/1.1\r\nhost: a\r\n").await.expect("sent");
        expect_problem(&rest(&mut stream).await, 408, "request-timeout");
        let mut stream = connect(&world).await;
        let head = b"POST /v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        stream.write_all(head).await.expect("sent");
        expect_problem(&rest(&mut stream).await, 408, "request-timeout");
    }

    async fn a_body_that_is_too_large_is_refused_before_it_is_sent(world: World) {
        let head = "POST /v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
        for more in [
            "content-length: 10000000000\r\n",
            "content-length: 8193\r\n",
            "authorization: Bearer x\r\ncontent-length: 8193\r\n",
            "expect: 100-continue\r\ncontent-length: 8193\r\n",
            "authorization: Bearer x\r\nexpect: 100-continue\r\ncontent-length: 262145\r\n",
        ] {
            let answer = exchange(&world, format!("{head}{more}\r\n").as_bytes()).await;
            expect_problem(&answer, 413, "too-large");
        }
        let mut stream = connect(&world).await;
        let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
        stream.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n{}", chunk.repeat(9)).as_bytes()).await.expect("sent");
        // The body never ends.
        assert_eq!(status(&mut stream).await, "HTTP/1.1 413");
    }

    async fn a_client_that_asks_first_may_send_its_body(world: World) {
        let mut stream = connect(&world).await;
        let head = b"POST /v1/auth/login HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
        stream.write_all(head).await.expect("sent");
        assert_eq!(status(&mut stream).await, "HTTP/1.1 100");
        stream.write_all(b"{}").await.expect("sent");
        assert!(rest(&mut stream).await.contains("HTTP/1.1 415"), "it has no type");
    }

    async fn a_connection_goes_on_after_head(world: World) {
        let mut stream = connect(&world).await;
        for _ in 0..2 {
            stream.write_all(b"HEAD /v1/municipalities HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(timeout(PATIENCE, stream.read_u8()).await.expect("in time").expect("a byte"));
            }
            let head = String::from_utf8(head).expect("text");
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("content-length: "), "{head}");
        }
        stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.expect("sent");
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    }

    async fn no_other_body_follows_when_head_and_get_are_sent_together(world: World) {
        let both = "HEAD /v1/municipalities HTTP/1.1\r\nhost: a\r\n\r\nGET /health/live HTTP/1.1\r\nhost: a\r\n\r\n";
        let answers = exchange(&world, both.as_bytes()).await;
        // The parser knows one method for each connection. It ends the connection instead of sending a body that nobody expects.
        let (head, after) = answers.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.is_empty() || head.starts_with("HTTP/1.1 200 OK\r\n"), "{answers}");
        assert!(after.is_empty() || after.starts_with("HTTP/1.1 200 OK\r\n"), "{answers}");
    }

    async fn what_a_stranger_sends_is_no_fault_of_the_service(world: World) {
        exchange(&world, b"nonsense-of-a-stranger\r\n\r\n").await;
        let stranger = world.anonymous();
        stranger.post("/v1/auth/login").body("application/json", "{").send().await.expect(400);
        stranger.get("/v1/cases/%00").send().await;
        let log = logged();
        assert!(!log.contains("nonsense-of-a-stranger"));
    }
}
