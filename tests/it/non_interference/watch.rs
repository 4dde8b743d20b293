//! Everything that one person is shown, whatever they request. Ids are named by their first occurrence.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::{Ids, Scene, Watcher};
use crate::support::{Answer, Operation, User, files};

/// The requests and answers, one exchange after another.
pub type Transcript = Vec<String>;

/// The number of pages read of a list.
const PAGES: usize = 4;
/// Not sent: these end the caller's session, take the time of a password, or answer with a random code. Also excluded: actions that give the leader the
/// baton, and with it a right to hidden content, which are visible and logged; and the archive of the family's log, which
/// contains random bytes beside content that a list shows.
const NOT_SENT: [&str; 11] = [
    "log_out",
    "change_password",
    "create_account",
    "create_activation",
    "approve_activation",
    "enrol_second_factor",
    "end_second_factor",
    "begin_passkey",
    "end_passkey",
    "record_conflict_of_interest",
    "download_case_access_log",
];
/// A list whose rows have no ids, so that its cursor names a row that is not shown.
const WITHOUT_IDS: [&str; 1] = ["read_case_access_log"];

/// Gives ids their names.
#[derive(Default)]
struct Names(Vec<Uuid>);

impl Names {
    fn name(&mut self, id: Uuid) -> String {
        if let Some(at) = self.0.iter().position(|met| *met == id) {
            return format!("<{at}>");
        }
        // The cursor of a list by day is the day and the end of an id.
        if let Some(at) = self.0.iter().position(|met| same_end(*met, id)) {
            return format!("<{:x} of {at}>", id.as_u128() >> 112);
        }
        self.0.push(id);
        format!("<{}>", self.0.len() - 1)
    }

    /// The text with a name for each id and each cursor.
    fn write(&mut self, text: &str) -> String {
        let mut written = String::new();
        let mut word = String::new();
        for c in text.chars().chain(['\0']) {
            if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                word.push(c);
                continue;
            }
            match Uuid::parse_str(&word).ok().filter(|_| word.len() == 36).or_else(|| cursor(&word)) {
                Some(id) => written.push_str(&self.name(id)),
                None => written.push_str(&word),
            }
            word.clear();
            written.push(c);
        }
        written
    }
}

fn same_end(one: Uuid, other: Uuid) -> bool {
    one.as_bytes()[2..] == other.as_bytes()[2..]
}

/// The id in a cursor.
fn cursor(word: &str) -> Option<Uuid> {
    // A cursor is an id, a time and an id, or two ids and a flag.
    let bytes = URL_SAFE_NO_PAD.decode(word).ok()?;
    let id = match bytes.len() {
        16 | 24 => &bytes[bytes.len() - 16..],
        33 => &bytes[16..32],
        _ => return None,
    };
    Uuid::from_slice(id).ok()
}

/// The entries of a downloaded record, and the names of its files. The rest is random, and signatures on it.
fn entries(answer: &Answer) -> String {
    let files = files(&answer.bytes);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let record = files.iter().find(|(name, _)| name == "record.json").expect("the record");
    let record: Value = serde_json::from_str(&record.1).expect("JSON");
    format!("{names:?}\n{}", record["entries"])
}

/// A person who sends requests and records the answers.
struct Asking<'a> {
    user: &'a User,
    names: Names,
    transcript: Transcript,
}

impl Asking<'_> {
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut call = self.user.call(method, path);
        for (name, value) in headers {
            call = call.header(name, value);
        }
        let call = match body {
            Some(body) => call.json(body),
            None => call,
        };
        let answer = call.send().await;
        let asked = answer.request().lines().filter(|line| !line.starts_with("if-none-match"));
        let told =
            if path.ends_with("/record") && answer.status == 200 { entries(&answer) } else { answer.told() };
        let exchange = format!("{}\n{told}", asked.collect::<Vec<_>>().join("\n"));
        let exchange = self.names.write(&exchange);
        self.transcript.push(exchange);
        answer
    }

    /// Reads a path and, if it is a list, its pages of one, two and three items.
    async fn read(&mut self, operation: &Operation, path: &str) {
        let answer = self.ask(Method::GET, path, None, &[]).await;
        if let Some(etag) = answer.header("etag") {
            let etag = etag.to_owned();
            self.ask(Method::GET, path, None, &[("if-none-match", &etag)]).await;
        }
        if answer.status != 200 || !answer.body["items"].is_array() {
            return;
        }
        for limit in 1..=3 {
            let mut query = format!("limit={limit}");
            for _ in 0..PAGES {
                let page = self.ask(Method::GET, &format!("{path}?{query}"), None, &[]).await;
                let Some(next) = page.body["next_cursor"].as_str() else { break };
                let id = cursor(next).expect("a cursor is an id");
                let last = page.items().last().expect("a page with a next one is not empty").to_string();
                let shown = last.split('"').filter_map(|part| Uuid::parse_str(part).ok());
                let shown = shown.into_iter().any(|shown| same_end(shown, id));
                assert!(
                    shown || WITHOUT_IDS.contains(&operation.id.as_str()),
                    "a cursor of what is not shown: {page:?}"
                );
                query = format!("limit={limit}&cursor={next}");
            }
        }
    }
}

/// Every path of an operation, with the known ids.
fn paths(operation: &Operation, scene: &Scene, ids: &Ids) -> Vec<String> {
    let mut paths = vec![operation.path.clone()];
    while paths[0].contains('{') {
        paths = paths.iter().flat_map(|path| fill(path, scene, ids)).collect();
    }
    paths.sort_by_key(|path| position(path, ids));
    paths.dedup();
    paths
}

/// The position of a path's ids among all, which is the same in both worlds.
fn position(path: &str, ids: &Ids) -> Vec<usize> {
    let parts = path.split('/').filter_map(|part| Uuid::parse_str(part).ok());
    parts.map(|part| ids.iter().position(|(_, id)| *id == part).unwrap_or(usize::MAX)).collect()
}

fn fill(path: &str, scene: &Scene, ids: &Ids) -> Vec<String> {
    let (before, after) = path.split_once('{').expect("a parameter");
    let (name, after) = after.split_once('}').expect("a closed parameter");
    let mut values: Vec<String> = match name {
        "municipality" => vec!["4014".to_owned()],
        "unit_id" => vec![scene.teacher.unit.id.to_string(), scene.nurse.unit.id.to_string()],
        _ => ids.iter().filter(|(of, _)| *of == name).map(|(_, id)| id.to_string()).collect(),
    };
    values.dedup();
    if values.is_empty() {
        values.push(Uuid::nil().to_string());
    }
    values.into_iter().map(|value| format!("{before}{value}{after}")).collect()
}

/// The example in the API document, about existing people and units.
fn body(operation: &Operation, scene: &Scene) -> Option<Value> {
    let mut body = operation.example.clone()?;
    for (name, value) in [
        ("unit_ids", json!([scene.nurse.unit.id])),
        ("unit_id", json!(scene.teacher.unit.id)),
        ("to_unit_id", json!(scene.nurse.unit.id)),
        ("to_person_id", json!(scene.nurse.id)),
        ("person_id", json!(scene.teacher.id)),
        ("child_id", json!(scene.children[0])),
        ("case_id", json!(scene.case)),
        ("responsible_id", json!(scene.nurse.id)),
        ("responsible_unit_id", json!(scene.nurse.unit.id)),
        ("valid_until", json!("2027-06-30")),
    ] {
        if let Some(member) = body.get_mut(name) {
            *member = value;
        }
    }
    Some(body)
}

/// Everything shown to a person who requests everything, and then performs everything.
pub async fn watch(user: &User, scene: &Scene, watcher: Watcher, ids: &Ids) -> Transcript {
    let mut asking = Asking { user, names: Names::default(), transcript: Vec::new() };
    // All know all ids, including those of objects they may not see.
    for (_, id) in ids {
        asking.names.name(*id);
    }
    let reads =
        |o: &&Operation| o.method == Method::GET && !o.is_public() && !NOT_SENT.contains(&o.id.as_str());
    for operation in Operation::all().iter().filter(reads) {
        for path in paths(operation, scene, ids) {
            asking.read(operation, &path).await;
        }
        asking.ask(Method::GET, &format!("{}?limit=0", paths(operation, scene, ids)[0]), None, &[]).await;
    }
    let writes = Operation::writes();
    for operation in writes.iter().filter(|operation| !NOT_SENT.contains(&operation.id.as_str())) {
        // An administrator would disable the account of a person who has not been asked yet.
        if watcher == Watcher::Administrator && operation.id == "disable_account" {
            continue;
        }
        let all = paths(operation, scene, ids);
        for path in [all.first(), all.last()].into_iter().flatten() {
            let body = body(operation, scene);
            asking.ask(operation.method.clone(), path, body, &[("if-match", "*")]).await;
        }
    }
    asking.transcript
}
