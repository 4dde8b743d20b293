//! Evaluates the tables: asks the service about each row, and reports where it answers otherwise.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use reqwest::Method;
use serde_json::{Value, json};
use stafett::access::PolicyQuestion;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    recorder::{Asked, Recorder},
    scene::Scene,
    table::{Answer, Row},
    vocabulary::{Content, What, meaning},
};
use crate::support::{Operation, User};

/// An answer to one person.
type Reply = (u16, String);

/// Everything that one person was shown in a situation, by path.
type Sweep = HashMap<String, Reply>;

/// The result of a row.
#[derive(Debug)]
pub struct Outcome {
    pub row: Row,
    /// The reason the row does not hold, if it does not.
    pub fault: Option<String>,
    /// The question that the rules were asked for it.
    pub asked: Option<Asked>,
    /// The question about a field that it was not asked, because the object is refused.
    pub implied: Option<PolicyQuestion>,
}

/// The lists that everyone has. They must contain nothing hidden.
const DESK: [&str; 4] = ["list_cases", "list_concerns", "list_follow_ups", "read_me"];
/// People who read at a time: more would wait for a connection until the service gives up.
const AT_A_TIME: usize = 8;
/// Makes a change invalid in one respect only, so that it is tried completely but leaves nothing.
const STRAY: &str = "?unknown=1";

/// The operations of the service.
struct Api(BTreeMap<String, Operation>);

impl Api {
    fn read() -> Self {
        Self(Operation::all().into_iter().map(|operation| (operation.id.clone(), operation)).collect())
    }

    fn named(&self, id: &str) -> &Operation {
        self.0.get(id).unwrap_or_else(|| panic!("there is no operation {id}"))
    }
}

/// The path of a read, with the largest page.
fn reading(operation: &Operation, path: &str) -> String {
    if operation.is_paged() { format!("{path}?limit=200") } else { path.to_owned() }
}

/// Evaluates all rows about the given situations.
pub async fn ask(rows: &[Row], scenes: &HashMap<&'static str, Scene>, recorder: &Recorder) -> Vec<Outcome> {
    let api = Api::read();
    let mut sweeps = JoinSet::new();
    let turns = Arc::new(Semaphore::new(AT_A_TIME));
    for (situation, scene) in scenes {
        for (name, user) in scene.people() {
            let asked = rows.iter().any(|row| row.situation == *situation && row.who == name);
            if asked {
                let (paths, questions) = (paths(&api, scene), questions(&api, scene));
                let (situation, user) = (*situation, user.clone());
                let turns = turns.clone();
                sweeps.spawn(async move {
                    let _turn = turns.acquire_owned().await.expect("an open semaphore");
                    ((situation, name), sweep(user, paths, questions).await)
                });
            }
        }
    }
    let sweeps: HashMap<_, _> = sweeps.join_all().await.into_iter().collect();
    let mut outcomes = Vec::new();
    for row in rows {
        let Some(scene) = scenes.get(row.situation.as_str()) else {
            outcomes.push(unasked(row, "there is no such situation"));
            continue;
        };
        let Some(user) = scene.person(&row.who) else {
            outcomes.push(unasked(row, "nobody of that name is in it"));
            continue;
        };
        let shown = &sweeps[&(row.situation.as_str(), row.who.as_str())];
        outcomes.push(Asking { api: &api, scene, user, shown, recorder, row }.outcome().await);
    }
    outcomes
}

fn unasked(row: &Row, fault: &str) -> Outcome {
    Outcome { row: row.clone(), fault: Some(fault.to_owned()), asked: None, implied: None }
}

/// The paths to all planted content of a situation, and to the lists that everyone has.
fn paths(api: &Api, scene: &Scene) -> Vec<String> {
    let mut paths = Vec::new();
    for content in scene.contents() {
        for operation in [Some(content.read_by), content.listed_by].into_iter().flatten() {
            let operation = api.named(operation);
            if operation.method != Method::GET {
                continue;
            }
            if let Some(path) = scene.path(content.name, operation) {
                paths.push(reading(operation, &path));
            }
        }
    }
    for list in DESK {
        let operation = api.named(list);
        paths.push(reading(operation, &operation.path));
    }
    paths.sort();
    paths.dedup();
    paths
}

/// The questions that read planted content of a situation, with their paths.
fn questions(api: &Api, scene: &Scene) -> Vec<(String, Value)> {
    let questions = scene.contents().filter_map(|content| {
        let question = scene.question_to(content.read_by)?;
        Some((scene.path(content.name, api.named(content.read_by))?, question.clone()))
    });
    questions.collect()
}

async fn sweep(user: User, paths: Vec<String>, questions: Vec<(String, Value)>) -> Sweep {
    let mut shown = Sweep::new();
    for (path, question) in questions {
        let answer = user.post(&path).json(question).send().await;
        shown.insert(path, (answer.status, answer.text));
    }
    for path in paths {
        let answer = user.get(&path).send().await;
        shown.insert(path, (answer.status, answer.text));
    }
    shown
}

/// A row during evaluation.
struct Asking<'a> {
    api: &'a Api,
    scene: &'a Scene,
    user: &'a User,
    shown: &'a Sweep,
    recorder: &'a Recorder,
    row: &'a Row,
}

impl Asking<'_> {
    async fn outcome(&self) -> Outcome {
        let (mut refused, what) = (None, meaning(&self.row.what));
        let (asked, found) = match &what {
            What::Content(content) => {
                refused = self.refused(content);
                self.content(content).await
            }
            What::Deed(operation) => self.deed(self.api.named(operation)).await,
        };
        // Of an object that is refused, no field is shown, whatever the rule about the field says.
        let decisive = asked.as_ref().filter(|_| refused.is_none() || self.row.answer.is_yes());
        let fault = found.err().or_else(|| self.ruled_otherwise(decisive));
        let implied = match (&what, &refused, &asked) {
            (What::Content(content), Some(refused), None) => {
                let object = self.scene.object_of(content.name);
                self.recorder.implied(&refused.question, content.decided_by, object)
            }
            _ => None,
        };
        Outcome { row: self.row.clone(), fault, asked, implied }
    }

    /// The question about the object of a field, where the object is refused.
    fn refused(&self, content: &Content) -> Option<Asked> {
        let path = self.scene.path(content.name, self.api.named(content.read_by))?;
        let asked = self.recorder.question(&self.user.id.to_string(), content.read_by, &path);
        asked.filter(|asked| content.decided_by != content.read_by && !asked.decision.allowed)
    }

    /// Checks that the rules decided the result, by the rule that the row names.
    fn ruled_otherwise(&self, asked: Option<&Asked>) -> Option<String> {
        let Row { answer, rule, .. } = self.row;
        let Some(Asked { decision, .. }) = asked else {
            return answer.is_yes().then(|| "the rules were not asked".to_owned());
        };
        if decision.allowed != answer.is_yes() {
            return Some(format!("the rules said {}, by {:?}", decision.allowed, decision.policies));
        }
        let rule = rule.as_ref().filter(|rule| !decision.policies.contains(rule))?;
        Some(format!("not by {rule}, but by {:?}", decision.policies))
    }

    async fn content(&self, content: &Content) -> (Option<Asked>, Result<(), String>) {
        let operation = self.api.named(content.read_by);
        let Some((path, signs)) =
            self.scene.path(content.name, operation).zip(self.scene.signs(content.name))
        else {
            return (None, Err("there is no such thing in it".to_owned()));
        };
        let mut named = path.clone();
        if content.read_by == "explain_access" {
            // Asks whether anyone may, by asking about nobody in particular.
            named = format!("{named}/{}", uuid::Uuid::nil());
        }
        if let Some(object) = self.scene.object_of(content.name) {
            named = format!("{named}/{object}");
        }
        let asked = self.recorder.question(&self.user.id.to_string(), content.decided_by, &named);
        (asked, self.shown_as_said(content, operation, &path, signs).await)
    }

    async fn shown_as_said(
        &self,
        content: &Content,
        operation: &Operation,
        path: &str,
        signs: &[String],
    ) -> Result<(), String> {
        let (status, text) = &self.shown[&reading(operation, path)];
        let is_shown = *status == 200 && signs.first().is_none_or(|words| text.contains(words));
        match self.row.answer {
            Answer::Sees if !is_shown => Err(format!("{status}, and {text}")),
            Answer::Sees => self.is_listed(content, signs),
            Answer::SeesNot if is_shown || ![200, 403].contains(status) => {
                Err(format!("{status}, and {text}"))
            }
            Answer::SeesNot => self.shown_nowhere(signs),
            Answer::DoesNotKnowOf => {
                self.as_nothing(operation, &(*status, text.clone())).await?;
                self.shown_nowhere(signs)
            }
            Answer::May | Answer::MayNot => Err("what is written is seen or not seen".to_owned()),
        }
    }

    /// Checks that content that can be read is also in its list.
    fn is_listed(&self, content: &Content, signs: &[String]) -> Result<(), String> {
        let Some(list) = content.listed_by else { return Ok(()) };
        let list = self.api.named(list);
        let path = self.scene.path(content.name, list).ok_or("there is no such list")?;
        let (status, text) = &self.shown[&reading(list, &path)];
        let is_there = signs.iter().any(|sign| text.contains(sign));
        if is_there { Ok(()) } else { Err(format!("it is not in {path}: {status}")) }
    }

    /// Checks that nothing shown to this person reveals it.
    fn shown_nowhere(&self, signs: &[String]) -> Result<(), String> {
        let shown = self.shown.iter().find(|(_, (_, text))| signs.iter().any(|sign| text.contains(sign)));
        shown.map_or(Ok(()), |(path, _)| Err(format!("{path} reveals it")))
    }

    /// Checks that the answer is the same as for a missing object.
    async fn as_nothing(&self, operation: &Operation, reply: &Reply) -> Result<(), String> {
        let nothing = send(self.user, operation, &operation.path_to_nothing()).await;
        if reply.0 == 404 && *reply == nothing {
            Ok(())
        } else {
            Err(format!("{reply:?}, and of what does not exist: {nothing:?}"))
        }
    }

    async fn deed(&self, operation: &Operation) -> (Option<Asked>, Result<(), String>) {
        let Some(path) = self.scene.path(&self.row.what, operation) else {
            return (None, Err("there is no such thing in it".to_owned()));
        };
        let reply = send(self.user, operation, &path).await;
        let asked = self.recorder.question(&self.user.id.to_string(), &operation.id, &path);
        let is_done = operation.method == Method::GET;
        let said = match (self.row.answer, reply.0) {
            (Answer::May, 200) if is_done => Ok(()),
            (Answer::May, 400 | 409 | 412 | 422 | 428) | (Answer::MayNot, 403) => Ok(()),
            (Answer::DoesNotKnowOf, _) => self.as_nothing(operation, &reply).await,
            _ => Err(format!("{reply:?}")),
        };
        (asked, said)
    }
}

/// Reads, or tries a change without completing it.
async fn send(user: &User, operation: &Operation, path: &str) -> Reply {
    let answer = if operation.method == Method::GET {
        user.get(reading(operation, path)).send().await
    } else {
        let call = user.call(operation.method.clone(), format!("{path}{STRAY}"));
        if operation.takes_body() { call.json(json!({})).send().await } else { call.send().await }
    };
    assert!(operation.method == Method::GET || answer.status >= 400, "{} was done: {path}", operation.id);
    (answer.status, answer.text)
}
