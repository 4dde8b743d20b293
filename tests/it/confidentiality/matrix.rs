//! The matrix of `docs/confidentiality.md`: access to each kind of information, as the running service answers.

use std::{collections::BTreeMap, fmt::Write as _};

use stafett::{
    access::{Kinds, Policies},
    rules,
};

use super::{
    scene::{AUDIENCES, Scene},
    situations::{Line, Plan, Verb, play_those},
    vocabulary::vocabulary,
};
use crate::support::{Engine, Operation, User, World, kept};

const HEAD: &str = "
## Who sees each kind of information / Hvem ser hver type opplysninger

This part is generated from the answers of the running service: the tests set up a case with notes of every kind, and ask for them as
each person. `tests/confidentiality/matrix` describes the cases. A cell shows the notes that the person can read:

- **T**: a note for the team (til teamet)
- **S**: a note for one sector in the team (til sektoren)
- **E**: a note for the unit that wrote it (til enheten)
- **–**: none (ingen). An empty cell: the person has no part in that case (personen er ikke med i saken).

Denne delen er laget av svarene fra tjenesten selv: testene lager en sak med notater av hver type, og spør etter dem som hver person.
`tests/confidentiality/matrix` beskriver sakene. En celle viser hvilke notater personen kan lese.
";

const CASE_HEAD: &str = "
### The case itself / Saken selv

● sees it (ser det) · – does not see it (ser det ikke)
";

/// The parts of a case that are in the matrix.
const OF_THE_CASE: [&str; 12] = [
    "that there is a case",
    "why help is given",
    "who is on the team",
    "the goals",
    "a measure",
    "how a measure was evaluated",
    "the minutes of a meeting",
    "the list of consents",
    "the calendar of rights",
    "who has looked at the case",
    "the child as registered",
    "where the child lives",
];

/// The situations in which the case itself is in the matrix.
const CASES: [&str; 4] = ["11", "15", "consent to every kind", "consent withdrawn"];

/// Everything that one person can read in one situation.
#[derive(Default)]
struct Seen {
    /// The letters of the audiences of the notes of each kind.
    notes: BTreeMap<&'static str, String>,
    /// The parts of the case.
    of_the_case: Vec<bool>,
}

/// The answers to everyone, by situation and person.
type Answers = BTreeMap<(&'static str, &'static str), Seen>;

/// Sets up the cases, and reads everything as everyone.
async fn ask(world: &World) -> Answers {
    let mut answers = Answers::new();
    let operations: BTreeMap<String, Operation> =
        Operation::all().into_iter().map(|operation| (operation.id.clone(), operation)).collect();
    for plan in Plan::of_the_matrix() {
        let scenes = play_those(world, plan, None).await;
        for tale in &plan.situations {
            let scene = scenes.get(tale.en.as_str()).unwrap_or_else(|| panic!("{} was set up", tale.en));
            for who in &plan.who {
                let Some(user) = scene.person(who) else { continue };
                let mut seen = Seen { notes: notes(scene, user, &operations).await, of_the_case: Vec::new() };
                if CASES.contains(&tale.en.as_str()) {
                    for what in OF_THE_CASE {
                        seen.of_the_case.push(sees(scene, user, what, &operations).await);
                    }
                }
                answers.insert((tale.en.as_str(), who.as_str()), seen);
            }
        }
    }
    answers
}

/// Returns the notes that a person finds in the list of the case. A list shows exactly what can be read by itself.
async fn notes(
    scene: &Scene,
    user: &User,
    operations: &BTreeMap<String, Operation>,
) -> BTreeMap<&'static str, String> {
    let path = scene.path("that there are notes", &operations["list_notes"]).expect("a case");
    let answer = user.get(format!("{path}?limit=200")).send().await;
    assert!([200, 403, 404].contains(&answer.status), "{}: {}", answer.status, answer.text);
    let mut notes = BTreeMap::new();
    for rule in Kinds::rules() {
        let mut letters = String::new();
        for (audience, letter) in AUDIENCES.iter().zip(["T", "S", "E"]) {
            let id =
                scene.note_of(rule.key.as_str(), audience).expect("a note of each kind for each audience");
            if answer.status == 200 && answer.text.contains(id) {
                letters.push_str(letter);
            }
        }
        notes.insert(rule.key.as_str(), letters);
    }
    notes
}

async fn sees(scene: &Scene, user: &User, what: &str, operations: &BTreeMap<String, Operation>) -> bool {
    let content = vocabulary().content(what).expect("something to read");
    let path = scene.path(what, &operations[content.read_by]).unwrap_or_else(|| panic!("{what} is there"));
    let signs = scene.signs(what).unwrap_or_else(|| panic!("{what} is there"));
    let answer = user.get(path).send().await;
    answer.status == 200 && signs.first().is_none_or(|words| answer.text.contains(words))
}

/// Returns the page: the rules, and their results.
fn page(answers: &Answers) -> String {
    let mut page = rules::markdown(&Policies::load().expect("valid rules"));
    page.push_str(HEAD);
    for rule in Kinds::rules() {
        let key = rule.key.as_str();
        let _ = write!(page, "\n### `{key}`: {} / {}\n", rule.name, rule.name_no);
        for plan in Plan::of_the_matrix() {
            let author = author(plan, key);
            let _ =
                write!(page, "\nWritten by {author} / skrevet av {}.\n\n", vocabulary().norwegian(author));
            notes_table(&mut page, plan, answers, key);
        }
    }
    page.push_str(CASE_HEAD);
    for plan in Plan::of_the_matrix() {
        for tale in plan.situations.iter().filter(|tale| CASES.contains(&tale.en.as_str())) {
            let _ = write!(page, "\n**{} / {}**\n\n", tale.en, tale.no);
            case_table(&mut page, plan, answers, &tale.en);
        }
    }
    page
}

/// Returns the author of the notes of a kind.
fn author(plan: &'static Plan, kind: &str) -> &'static str {
    let lines = plan.lines(&plan.situations[0]);
    let author = lines.iter().find_map(|line| match line {
        Line::Said(said) if said.verb == Verb::WriteForEach => {
            (vocabulary().kinds[said.object()].key == kind).then_some(said.who)
        }
        _ => None,
    });
    author.unwrap_or_else(|| panic!("nobody writes of {kind}"))
}

fn notes_table(page: &mut String, plan: &'static Plan, answers: &Answers, kind: &str) {
    let columns = plan.situations.iter().map(|tale| format!("{} / {}", tale.en, tale.no));
    head(page, columns);
    for who in &plan.who {
        let cells = plan.situations.iter().map(|tale| match answers.get(&(tale.en.as_str(), who.as_str())) {
            Some(seen) if seen.notes[kind].is_empty() => "–",
            Some(seen) => &seen.notes[kind],
            None => "",
        });
        row(page, who, cells);
    }
}

fn case_table(page: &mut String, plan: &'static Plan, answers: &Answers, situation: &str) {
    head(page, OF_THE_CASE.iter().map(|what| format!("{what} / {}", vocabulary().norwegian(what))));
    for who in &plan.who {
        let Some(seen) = answers.get(&(situation, who.as_str())) else { continue };
        row(page, who, seen.of_the_case.iter().map(|sees| if *sees { "●" } else { "–" }));
    }
}

fn head(page: &mut String, columns: impl Iterator<Item = String>) {
    let columns: Vec<String> = columns.collect();
    let _ = writeln!(page, "| who / hvem | {} |", columns.join(" | "));
    let _ = writeln!(page, "|---|{}", "---|".repeat(columns.len()));
}

fn row<'a>(page: &mut String, who: &str, cells: impl Iterator<Item = &'a str>) {
    let cells: Vec<&str> = cells.collect();
    let _ = writeln!(page, "| {who} / {} | {} |", vocabulary().norwegian(who), cells.join(" | "));
}

async fn the_matrix_is_what_the_service_answers(engine: Engine) {
    engine
        .tell(async |world: World| {
            let answers = ask(&world).await;
            kept("docs/confidentiality.md", &page(&answers));
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_matrix_is_what_the_service_answers_on_sqlite() {
    the_matrix_is_what_the_service_answers(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_matrix_is_what_the_service_answers_on_postgres() {
    the_matrix_is_what_the_service_answers(Engine::Postgres).await;
}
